//! The answer of one turn while it grows, on one side or across both.

use std::time::Duration;

use super::report::{FinishReason, Look, StartedBoth, Switched, TurnReport, TurnUsage};
use super::seconds;
use crate::Error;
use crate::host::{Event, Host};
use crate::routing::{Decision, Flaw, Route};

/// The reason of a switch that no error caused.
const SECOND_LOOK: &str = "second_look";

/// Text, times and counts of the turn so far.
pub(super) struct Answer {
    pub route: Route,
    /// What an earlier turn has written of the answer; `text` is only what is new.
    pub begun: String,
    pub text: String,
    pub n_tokens: usize,
    pub finish: FinishReason,
    pub usage: TurnUsage,
    pub looks: Vec<Look>,
    pub started_both: Option<StartedBoth>,
    /// Whether the edge was shown the prompt while the device wrote.
    pub edge_warmed: bool,
    /// Why keys and values did not come that were asked for.
    pub fetch_error: Option<Error>,
    /// Whether the side that writes has said all.
    pub complete: bool,
    /// What is wrong with the text, as far as can be seen.
    pub flaw: Option<Flaw>,
    /// How long the answer may get on the side that writes, in tokens.
    pub limit_tokens: usize,
    /// How often the dialogue has changed sides, this turn included.
    pub n_moves: usize,
    /// Bytes of the text that were shown.
    n_shown: usize,
    /// Whether what is written is kept back.
    held: bool,
    /// Whether it was begun by a side that failed.
    pub inherited: bool,
    started: Duration,
    first_text: Option<Duration>,
    switched: Option<Switched>,
}

/// An answer that was set aside.
pub(super) struct SetAside {
    text: String,
    n_tokens: usize,
    complete: bool,
    flaw: Option<Flaw>,
}

impl Answer {
    pub fn new(route: Route, started: Duration) -> Answer {
        Answer {
            route,
            begun: String::new(),
            text: String::new(),
            n_tokens: 0,
            finish: FinishReason::Stop,
            usage: TurnUsage::default(),
            looks: Vec::new(),
            started_both: None,
            edge_warmed: false,
            fetch_error: None,
            complete: false,
            flaw: None,
            limit_tokens: 0,
            n_moves: 0,
            n_shown: 0,
            held: false,
            inherited: false,
            started,
            first_text: None,
            switched: None,
        }
    }

    /// Takes in a piece of text, and shows it unless the answer is held.
    pub fn push<H: Host>(&mut self, text: &str, host: &H) {
        self.text.push_str(text);
        if !self.held {
            self.show(host);
        }
    }

    /// All of the answer, with what an earlier turn has written.
    pub fn whole(&self) -> String {
        format!("{}{}", self.begun, self.text)
    }

    /// From here on nothing is shown.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// Whether the reader has seen any of it.
    pub fn shown(&self) -> bool {
        self.n_shown > 0
    }

    /// Shows what was held, and all that follows.
    pub fn release<H: Host>(&mut self, host: &H) {
        self.held = false;
        self.show(host);
    }

    /// The end of the whole repeats itself from byte `kept` on: what of that was not shown yet goes.
    pub fn end_repetition(&mut self, kept: usize) {
        self.text.truncate(kept.saturating_sub(self.begun.len()).max(self.n_shown));
        (self.flaw, self.complete) = (Some(Flaw::Repetition), true);
    }

    /// The turn was stopped: what was written by then is the reader's, also if it was held.
    pub fn abort<H: Host>(&mut self, host: &H) {
        self.release(host);
        self.finish = FinishReason::Abort;
    }

    fn show<H: Host>(&mut self, host: &H) {
        let text = &self.text[self.n_shown..];
        if text.is_empty() {
            return;
        }
        self.first_text.get_or_insert_with(|| host.now());
        host.emit(Event::Delta { text, route: self.route });
        self.n_shown = self.text.len();
    }

    /// Moves to the other side because of `error`; the text stays.
    pub fn switch<H: Host>(&mut self, to: Route, error: &Error, host: &H) {
        self.release(host);
        self.inherited = !self.text.is_empty();
        self.change_sides(to, error.code(), error.to_string(), false, None, host);
    }

    /// Moves to the edge because the last look doubted the text, which is set aside if the edge
    /// `replaces` it.
    pub fn doubt<H: Host>(&mut self, replaces: bool, host: &H) -> Option<SetAside> {
        let sentence = match self.flaw {
            Some(flaw) => flaw.sentence().to_owned(),
            None => {
                let percent = self.looks.last().map_or(0.0, |look| 100.0 * look.p).round();
                format!(
                    "What the device wrote is likely wrong ({percent} % that the edge is needed), \
                     so the edge answers."
                )
            }
        };
        self.leave(SECOND_LOOK, sentence, replaces, host)
    }

    /// Moves to the edge, which goes on from the text unless it `replaces` it.
    pub fn leave<H: Host>(
        &mut self,
        reason: &str,
        sentence: String,
        replaces: bool,
        host: &H,
    ) -> Option<SetAside> {
        // What a side began that failed is not written anew; a complete answer has no rest.
        if self.inherited || !replaces && !self.complete {
            self.release(host);
            self.change_sides(Route::Edge, reason, sentence, false, None, host);
            return None;
        }
        Some(self.give_way(reason, sentence, host))
    }

    /// Moves to the edge, whose answer takes the place of the text, which is set aside.
    pub fn give_way<H: Host>(&mut self, reason: &str, sentence: String, host: &H) -> SetAside {
        let draft = std::mem::take(&mut self.text);
        let shown = std::mem::take(&mut self.n_shown) > 0;
        self.held = false;
        let aside =
            SetAside {
                text: draft.clone(),
                n_tokens: self.n_tokens,
                complete: self.complete,
                flaw: self.flaw,
            };
        (self.n_tokens, self.complete, self.flaw) = (0, false, None);
        self.change_sides(Route::Edge, reason, sentence, shown, Some(draft), host);
        aside
    }

    /// Back to the device, as the edge failed: to what was set aside unless the edge has said
    /// something. Gives whether the answer is complete.
    pub fn go_back<H: Host>(&mut self, aside: Option<SetAside>, error: &Error, host: &H) -> bool {
        self.change_sides(Route::Device, error.code(), error.to_string(), false, None, host);
        if let Some(aside) = aside.filter(|_| self.text.is_empty()) {
            (self.n_tokens, self.complete) = (aside.n_tokens, aside.complete);
            self.flaw = aside.flaw;
            self.push(&aside.text, host);
        }
        self.complete
    }

    fn change_sides<H: Host>(
        &mut self,
        to: Route,
        reason: &str,
        sentence: String,
        replaces: bool,
        draft: Option<String>,
        host: &H,
    ) {
        let from = std::mem::replace(&mut self.route, to);
        host.emit(Event::Switch { from, to, reason, sentence: &sentence, replaces });
        self.switched = Some(Switched { from, to, reason: reason.to_owned(), sentence, draft });
    }

    pub fn into_report(
        self,
        turn: u64,
        decision: Decision,
        decided: Duration,
        ended: Duration,
        dropped_messages: usize,
    ) -> TurnReport {
        let mut usage = self.usage;
        usage.completion_tokens = self.n_tokens;
        usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
        TurnReport {
            turn,
            route: self.route,
            reason: decision.reason,
            sentence: decision.sentence.clone(),
            p: decision.p,
            t_device_s: decision.device.total_s,
            t_edge_s: decision.edge.total_s,
            missing_device: decision.device.missing_tokens,
            missing_edge: decision.edge.missing_tokens,
            decided_s: seconds(self.started, decided),
            ttft_s: self.first_text.map(|at| seconds(self.started, at)),
            total_s: seconds(self.started, ended),
            text: self.text,
            finish_reason: self.finish,
            flaw: self.flaw,
            max_tokens: self.limit_tokens,
            usage,
            switched: self.switched,
            looks: self.looks,
            started_both: self.started_both,
            edge_warmed: self.edge_warmed,
            fetch_error: self.fetch_error.map(|error| error.code().to_owned()),
            dropped_messages,
            n_moves: self.n_moves,
            decision,
        }
    }
}
