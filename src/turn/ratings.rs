//! Turns that a person may have something to say about.

use std::collections::VecDeque;

use crate::routing::{Item, Route};
use crate::{Error, Result};

/// Turns that can still be rated.
const MAX_RATEABLE: usize = 32;

/// One of them.
pub(super) struct Rateable {
    pub turn: u64,
    pub route: Route,
    /// What it was like, as the scorer sees it.
    pub state: Vec<f32>,
    /// As the scorer had it, with earlier verdicts.
    pub p: f64,
    /// What it asked of the model that answered.
    pub item: Option<Item>,
}

/// The last ones.
#[derive(Default)]
pub(super) struct Ratings {
    rateable: VecDeque<Rateable>,
    n_turns: u64,
}

impl Ratings {
    /// A turn has ended; gives its number.
    pub fn remember(&mut self, rateable: Rateable) -> u64 {
        self.n_turns += 1;
        if self.rateable.len() == MAX_RATEABLE {
            self.rateable.pop_front();
        }
        self.rateable.push_back(Rateable { turn: self.n_turns, ..rateable });
        self.n_turns
    }

    pub fn turn(&self, turn: u64) -> Result<&Rateable> {
        self.rateable.iter().find(|rateable| rateable.turn == turn).ok_or_else(|| {
            Error::InvalidRequest(format!("turn {turn} is not one of the last {MAX_RATEABLE}"))
        })
    }
}
