//! Which side holds which part of the dialogue, and how keys and values move.
//!
//! In reading order: [`ledger`] keeps the tokens that each side holds, [`survival`] learns how soon
//! the edge forgets them, [`plan`] finds the cheapest way to what the device lacks, [`offer`] is what an edge says it hands
//! over; [`codec`] is the
//! file that keys and values travel in, [`dialogues`] holds those of the dialogues that are not in
//! the engine.

pub mod codec;
pub mod dialogues;
pub mod ledger;
pub mod offer;
pub mod plan;
pub mod survival;

pub use dialogues::Dialogues;
pub use ledger::{Ledger, Missing};
pub use offer::KvOffer;
pub use plan::{Fetching, Plan, Prices};
pub use survival::Survival;
