//! Where the dialogue at hand stands: which turn it is, what staying has cost it, how often it moved.

use std::time::Duration;

use super::models::{DeviceModel, ScoringModel};
use super::{Counted, Router};
use crate::config::Mode;
use crate::dialogue::{Message, Role};
use crate::handoff::plan::cheapest;
use crate::routing::ahead::{Outlook, Prospect};
use crate::routing::{Decision, Route};

/// What a dialogue's earlier turns leave for the next.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Course {
    /// The user's messages up to the last turn.
    pub n_turns: usize,
    /// See [`Outlook::regret_s`].
    pub regret_s: f64,
    pub n_moves: usize,
}

/// Number of the turn that these messages ask for, from 1.
pub(super) fn turn_number(messages: &[Message]) -> usize {
    messages.iter().filter(|message| message.role == Role::User).count()
}

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// What looking ahead weighs; `None` where that is off, or where nobody holds the dialogue yet.
    pub(super) fn prospect(
        &self,
        mode: Mode,
        messages: &[Message],
        counted: &Counted,
        now: Duration,
    ) -> Option<Prospect> {
        let holder = self.last_route?;
        if !self.config.look_ahead || self.config.alpha_per_s <= 0.0 {
            return None;
        }
        let Counted { vocabulary, tokens, .. } = counted;
        let missing = |side| self.ledger.missing(side, vocabulary, tokens, now);
        let (device, edge) = (missing(Route::Device), missing(Route::Edge));
        // Tokens that neither side has seen are nobody's debt.
        let n_known = device.computed.max(edge.computed).min(tokens.len().saturating_sub(1));
        let n_new = tokens.len() - n_known;
        let fresh = cheapest(&self.prices(mode, tokens, now), n_known, tokens.len());
        let device_s = self.plan(mode, vocabulary, tokens, now).total_s;
        let turn = turn_number(messages);
        // An answer that is asked for once more, or another dialogue, begins without regrets.
        let goes_on = turn > self.course.n_turns && turn > 1;
        Some(Prospect {
            outlook: Outlook {
                holder,
                regret_s: if goes_on { self.course.regret_s } else { 0.0 },
                turns_left: self.habits.turns_left(turn),
                better_s: self.habits.better_s(holder.other()),
            },
            device_debt_s: (device_s - fresh.total_s).max(0.0),
            edge_debt_s: (edge.tokens - n_new as f64).max(0.0) / self.edge_rates.prefill_tps,
        })
    }

    /// The turn was answered on `answered`.
    pub(super) fn note_course(
        &mut self,
        messages: &[Message],
        decision: &Decision,
        answered: Route,
    ) {
        let turn = turn_number(messages);
        if turn == 1 {
            self.course = Course::default();
        }
        let moved = self.last_route.is_some_and(|last| last != answered) && turn > 1;
        self.course.n_moves += usize::from(moved);
        self.course.n_turns = turn;
        self.course.regret_s = decision.ahead.map_or(0.0, |ahead| ahead.regret_after(answered));
        if let Some(edge_better_s) = decision.edge_better_s() {
            self.habits.observe(turn, edge_better_s);
        }
    }
}
