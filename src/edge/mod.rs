//! How the edge is spoken to: any OpenAI-compatible server, over HTTP.
//!
//! Pure: bodies are built and parsed here, the host moves the bytes. Servers differ in what they
//! send, and [`servers`] lists how, row by row. In reading order: [`request`] is what is asked;
//! [`reply`] the body that comes back, out of [`sse`]'s events and [`json`]; [`chunk`] takes each apart, with
//! [`usage`], [`finish`] and [`tool_calls`]; [`failure`] is what a server says went wrong;
//! [`probe`] measures the way there, and [`reading`] is what an edge thinks of a draft, or [`verdict`] where it
//! cannot say that.

mod chunk;
mod failure;
mod finish;
mod json;
mod probe;
mod reading;
mod reply;
mod request;
#[cfg(test)]
mod servers;
mod sse;
mod tool_calls;
mod usage;
mod verdict;

pub use chunk::Chunk;
pub use failure::check_status;
pub use finish::Finish;
pub use probe::{EdgeHints, ProbeReply, ProbeRequest};
pub use reading::{Place, Reading, reading_request};
pub use reply::ReplyReader;
pub use request::{Asked, ToolOffer, Written};
pub use tool_calls::ToolCalls;
pub use usage::Usage;
pub use verdict::{Verdict, verdict_request};
