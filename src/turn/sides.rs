//! Who can answer, and who says which of them should: the device's model with its dialogues, the
//! scorer, and how one stands with the edge.

use std::cell::Cell;
use std::time::Duration;

use super::edge_call::Sending;
use crate::config::EdgeConfig;
use crate::handoff::{Dialogues, KvOffer};

pub(super) struct Sides<D, S> {
    pub local: Local<D>,
    pub scorer: Option<S>,
    pub edge: EdgeStanding,
}

/// This device: its model, and the keys and values that it has beside those in the model's engine.
pub(super) struct Local<D> {
    pub device: Option<D>,
    pub dialogues: Option<Dialogues>,
    pub fetching: FetchState,
}

/// What is known of fetching, from turn to turn.
#[derive(Default)]
pub(super) struct FetchState {
    pub offer: Option<KvOffer>,
    /// The tokens that were fetched last: the gateway still knows them, most likely.
    pub fetched: Vec<u32>,
    pub rests_until: Duration,
}

/// How one stands with this edge.
pub(super) struct EdgeStanding {
    /// It asked to be left alone until then.
    pub rests_until: Duration,
    /// Whether its answers begin inside a thought that its template has opened.
    pub opens_thought: bool,
    /// Whether it may be asked what it thinks of a draft; not once it could not say.
    pub reads_drafts: Cell<bool>,
    pub sending: Sending,
}

impl<D, S> Sides<D, S> {
    pub fn new(edge: &EdgeConfig) -> Sides<D, S> {
        Sides {
            local: Local { device: None, dialogues: None, fetching: FetchState::default() },
            scorer: None,
            edge: EdgeStanding::new(edge),
        }
    }
}

impl EdgeStanding {
    pub fn new(edge: &EdgeConfig) -> EdgeStanding {
        EdgeStanding {
            rests_until: Duration::ZERO,
            opens_thought: false,
            reads_drafts: Cell::new(true),
            sending: Sending::to(edge),
        }
    }
}
