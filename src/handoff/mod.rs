//! Which side holds which part of the dialogue, and how keys and values move.
//!
//! In reading order: [`ledger`] knows what the edge holds, [`codec`] is the file that keys and
//! values travel in.

pub mod codec;
pub mod ledger;

pub use ledger::Ledger;
