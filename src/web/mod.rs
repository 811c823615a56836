//! The browser: what the worker calls, and the world behind [`crate::host::Host`].
//!
//! The only room that knows JavaScript; within it only `convert` knows how
//! values cross. Nothing here decides anything.

mod convert;
mod core;
mod device;
mod guest;
mod host;
mod kept;
mod models;
mod source;
mod threads;

pub use core::{Core, Sha256};
pub use models::{DeviceModel, Encoder};
pub use threads::{help, prepare_threads};
