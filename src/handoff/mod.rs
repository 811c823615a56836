//! Which side holds which part of the dialogue.

pub mod ledger;

pub use ledger::Ledger;
