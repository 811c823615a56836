//! Which side holds which part of the dialogue, and how keys and values move.
//!
//! In reading order: [`ledger`] knows what the edge holds, [`codec`] is the file that keys and
//! values travel in, [`dialogues`] holds those of the dialogues that are not in the engine.

pub mod codec;
pub mod dialogues;
pub mod ledger;

pub use dialogues::Dialogues;
pub use ledger::Ledger;
