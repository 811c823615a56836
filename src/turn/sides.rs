//! Who can answer, and who says which of them should: the device's model with its dialogues, the
//! scorer, and how one stands with the edge.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::edge_call::Sending;
use super::reader::Asks;
use crate::config::EdgeConfig;
use crate::handoff::{Dialogues, KvOffer};
use crate::routing::{Item, Route};

/// A side, the names of both models, and whether the scorer has learned this one.
pub(super) type Judged = (Route, (Option<String>, Option<String>), bool);

pub(super) struct Sides<D, S> {
    pub local: Local<D>,
    pub scorer: Option<S>,
    /// What the quiz's questions ask of a model, as the scorer sees it.
    pub quiz_items: RefCell<Vec<(Judged, Vec<Item>)>>,
    pub edge: EdgeStanding,
}

/// This device: its model, and the keys and values that it has beside those in the model's engine.
pub(super) struct Local<D> {
    pub device: Option<D>,
    pub dialogues: Option<Dialogues>,
    pub fetching: FetchState,
    /// Whether the model could not be asked the quiz's questions.
    pub quiz_failed: bool,
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
    /// How it is asked what it thinks of a draft.
    pub asks: Cell<Asks>,
    pub sending: Sending,
}

impl<D, S> Sides<D, S> {
    pub fn new(edge: &EdgeConfig) -> Sides<D, S> {
        Sides {
            local: Local {
                device: None,
                dialogues: None,
                fetching: FetchState::default(),
                quiz_failed: false,
            },
            scorer: None,
            quiz_items: RefCell::default(),
            edge: EdgeStanding::new(edge),
        }
    }
}

impl EdgeStanding {
    pub fn new(edge: &EdgeConfig) -> EdgeStanding {
        EdgeStanding {
            rests_until: Duration::ZERO,
            opens_thought: false,
            asks: Cell::new(Asks::Probabilities),
            sending: Sending::to(edge),
        }
    }
}
