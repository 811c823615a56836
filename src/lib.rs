//! Nearside.
pub mod dialogue;
pub mod engine;
pub mod error;

pub use error::{Error, Result};
