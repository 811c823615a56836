//! The answer of one turn while it grows, on one side or across both.

use std::time::Duration;

use super::report::{FinishReason, Switched, TurnReport, TurnUsage};
use super::seconds;
use crate::Error;
use crate::host::{Event, Host};
use crate::routing::{Decision, Route};

/// Text, times and counts of the turn so far.
pub(super) struct Answer {
    pub route: Route,
    pub text: String,
    pub n_tokens: usize,
    pub finish: FinishReason,
    pub usage: TurnUsage,
    started: Duration,
    first_text: Option<Duration>,
    switched: Option<Switched>,
}

impl Answer {
    pub fn new(route: Route, started: Duration) -> Answer {
        Answer {
            route,
            text: String::new(),
            n_tokens: 0,
            finish: FinishReason::Stop,
            usage: TurnUsage::default(),
            started,
            first_text: None,
            switched: None,
        }
    }

    /// Shows a piece of text.
    pub fn push<H: Host>(&mut self, text: &str, host: &H) {
        if text.is_empty() {
            return;
        }
        self.first_text.get_or_insert_with(|| host.now());
        self.text.push_str(text);
        host.emit(Event::Delta { text, route: self.route });
    }

    /// Moves to the other side because of `error`; the text stays.
    pub fn switch<H: Host>(&mut self, to: Route, error: &Error, host: &H) {
        let from = std::mem::replace(&mut self.route, to);
        let switched =
            Switched { from, to, reason: error.code().to_owned(), sentence: error.to_string() };
        host.emit(Event::Switch {
            from,
            to,
            reason: &switched.reason,
            sentence: &switched.sentence,
        });
        self.switched = Some(switched);
    }

    pub fn into_report(
        self,
        decision: Decision,
        dropped_messages: usize,
        now: Duration,
    ) -> TurnReport {
        let mut usage = self.usage;
        usage.completion_tokens = self.n_tokens;
        usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
        TurnReport {
            route: self.route,
            reason: decision.reason,
            sentence: decision.sentence.clone(),
            p: decision.p,
            t_device_s: decision.device.total_s,
            t_edge_s: decision.edge.total_s,
            missing_device: decision.device.missing_tokens,
            missing_edge: decision.edge.missing_tokens,
            ttft_s: self.first_text.map(|at| seconds(self.started, at)),
            total_s: seconds(self.started, now),
            text: self.text,
            finish_reason: self.finish,
            usage,
            switched: self.switched,
            dropped_messages,
            decision,
        }
    }
}
