//! Nearside answers each turn of a chat on the device or on an edge server,
//! whichever is worth it right now.
//!
//! A tour of one turn, in the order of the code:
//!
//! 1. [`dialogue`] renders the messages with the model's chat template and counts their tokens.
//! 2. [`routing::scorer`] gives the probability that the edge is needed, and how long answers get.
//! 3. [`routing::link`] knows what the link costs, and which probe would tell more.
//! 4. [`handoff::ledger`] says which tokens each side lacks; [`routing::cost`] prices them.
//! 5. [`routing::policy`] decides, with its reason.
//! 6. [`engine`] answers on the device, or [`edge`] reads the answer of an OpenAI-compatible server.
//! 7. [`turn`] holds it together, carries a failed side's answer on at the other, and learns rates.
//!
//! The core has no clock, no socket and no browser: [`host::Host`] is its only
//! door. The browser stands behind it in `web`, tests in [`host::sim`].

pub mod config;
pub mod dialogue;
pub mod edge;
pub mod engine;
pub mod error;
pub mod guest;
pub mod handoff;
pub mod host;
pub mod routing;
pub mod turn;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use config::{Config, Mode};
pub use error::{Error, Result};
pub use turn::{Router, TurnReport, TurnRequest};
