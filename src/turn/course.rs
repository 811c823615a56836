//! Where the dialogue at hand stands: which turn it is, what staying has cost it, how often it moved.

use std::time::Duration;

use super::models::{DeviceModel, ScoringModel};
use super::{Counted, Router};
use crate::config::Mode;
use crate::dialogue::{Message, Role, session};
use crate::handoff::{Missing, Plan, plan::cheapest};
use crate::routing::ahead::{Outlook, Prospect};
use crate::routing::{Decision, Route, Score};

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
        score: &Score,
        now: Duration,
    ) -> Option<Prospect> {
        let holder = self.dialogue.last_route?;
        if !self.config.look_ahead || self.config.alpha_per_s <= 0.0 {
            return None;
        }
        let Counted { vocabulary, tokens, .. } = counted;
        let (fresh, edge_fresh) = self.as_if_never_away(mode, counted, now);
        let edge = self.knowledge.ledger.missing(Route::Edge, vocabulary, tokens, now);
        let plan = self.plan(mode, vocabulary, tokens, now);
        // What is fetched costs as much less as it does now.
        let discount = plan.total_s / plan.compute_s.max(f64::MIN_POSITIVE);
        let device_missed = edge_fresh.tokens + score.edge_tokens;
        let edge_missed = edge_fresh.tokens + score.device_tokens;
        let turn = turn_number(messages);
        // An answer that is asked for once more, or another dialogue, begins without regrets.
        let goes_on = turn > self.dialogue.course.n_turns && turn > 1;
        Some(Prospect {
            outlook: Outlook {
                holder,
                regret_s: if goes_on { self.dialogue.course.regret_s } else { 0.0 },
                turns_left: self.knowledge.habits.turns_left(turn),
                advantages: self.knowledge.habits.advantages(holder.other()),
            },
            device_debt_s: (plan.total_s - fresh.total_s).max(0.0),
            edge_debt_s: (edge.tokens - edge_fresh.tokens).max(0.0)
                / self.knowledge.edge_rates.prefill_tps,
            device_per_turn_s: discount * device_missed / self.knowledge.device_rates.prefill_tps,
            edge_per_turn_s: edge_missed / self.knowledge.edge_rates.prefill_tps,
        })
    }

    /// What both sides would lack had neither been away: the tokens that none of them has seen.
    pub(super) fn as_if_never_away(
        &self,
        mode: Mode,
        counted: &Counted,
        now: Duration,
    ) -> (Plan, Missing) {
        let Counted { vocabulary, tokens, .. } = counted;
        let computed = |side| self.knowledge.ledger.missing(side, vocabulary, tokens, now).computed;
        let n_known = computed(Route::Device).max(computed(Route::Edge));
        let n_known = n_known.min(tokens.len().saturating_sub(1));
        let plan = cheapest(&self.prices(mode, tokens, now), n_known, tokens.len());
        let n_new = (tokens.len() - n_known) as f64;
        (plan, Missing { tokens: n_new, computed: n_known, kept: 1.0 })
    }

    /// The turn was answered on `answered`.
    pub(super) fn note_course(
        &mut self,
        messages: &[Message],
        decision: &Decision,
        answered: Route,
    ) {
        let turn = turn_number(messages);
        let goes_on = !session::begun(messages).is_empty();
        if turn == 1 && !goes_on {
            self.dialogue.course = Course::default();
        }
        let may_move = turn > 1 || goes_on;
        let moved = self.dialogue.last_route.is_some_and(|last| last != answered) && may_move;
        self.dialogue.course.n_moves += usize::from(moved);
        // The rest of an answer is no turn more.
        if goes_on {
            return;
        }
        self.dialogue.course.n_turns = turn;
        self.dialogue.course.regret_s =
            decision.ahead.map_or(0.0, |ahead| ahead.regret_after(answered));
        if let Some(edge_better_s) = decision.edge_better_s() {
            self.knowledge.habits.observe(turn, edge_better_s);
        }
    }
}
