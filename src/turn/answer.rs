//! The answer of one turn while it grows, on one side or across both.

use std::time::Duration;

use super::reader::DraftRead;
use super::report::{FinishReason, StartedBoth, Switched, TurnReport, TurnUsage};
use super::seconds;
use super::thought::{Said, Thought};
use crate::Error;
use crate::edge::ToolCalls;
use crate::host::{Event, Host};
use crate::routing::{Decision, Flaw, Look, Route};

/// The reasons of switches that no error caused, and what is said of them.
const SECOND_LOOK: &str = "second_look";
const EDGE_FIRST: &str = "edge_first";
const EDGE_FIRST_SENTENCE: &str =
    "The edge has said all before the device's answer could be judged, so its answer stands.";
const EDGE_BACK: &str = "edge_back";
const EDGE_BACK_SENTENCE: &str = "The edge can be reached again, and is worth going back to.";

/// Text, times and counts of the turn so far.
pub(super) struct Answer {
    pub route: Route,
    /// What an earlier turn has written of the answer; `text` is only what is new.
    pub begun: String,
    pub text: String,
    /// What was thought, which no side is told of.
    pub thinking: String,
    /// Thinking included.
    pub n_tokens: usize,
    /// Those that were thinking.
    pub n_thinking_tokens: usize,
    pub tool_calls: ToolCalls,
    /// Whether the text is a refusal.
    pub refused: bool,
    pub finish: FinishReason,
    pub usage: TurnUsage,
    pub looks: Vec<Look>,
    pub reading: Option<DraftRead>,
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
    /// Tells what the side that writes thinks from what it answers.
    thought: Thought,
    /// Where in the text that side began, and in the thinking.
    begun_at: (usize, usize),
    /// Whether what it said was taken for its answer, and was thinking.
    pub rethought: bool,
    /// Bytes of the text that were shown, and of the thinking.
    n_shown: usize,
    n_shown_thinking: usize,
    /// Whether what is written is kept back.
    held: bool,
    /// Whether it was begun by a side that failed.
    pub inherited: bool,
    started: Duration,
    first_thinking: Option<Duration>,
    first_text: Option<Duration>,
    switched: Option<Switched>,
}

/// An answer that was set aside.
pub(super) struct SetAside {
    text: String,
    thinking: String,
    n_tokens: usize,
    n_thinking_tokens: usize,
    complete: bool,
    flaw: Option<Flaw>,
}

impl Answer {
    pub fn new(route: Route, started: Duration) -> Answer {
        Answer {
            route,
            begun: String::new(),
            text: String::new(),
            thinking: String::new(),
            n_tokens: 0,
            n_thinking_tokens: 0,
            tool_calls: ToolCalls::default(),
            refused: false,
            finish: FinishReason::Stop,
            usage: TurnUsage::default(),
            looks: Vec::new(),
            reading: None,
            started_both: None,
            edge_warmed: false,
            fetch_error: None,
            complete: false,
            flaw: None,
            limit_tokens: 0,
            n_moves: 0,
            thought: Thought::new(false),
            begun_at: (0, 0),
            rethought: false,
            n_shown: 0,
            n_shown_thinking: 0,
            held: false,
            inherited: false,
            started,
            first_thinking: None,
            first_text: None,
            switched: None,
        }
    }

    /// From here on another side writes, which is `inside` a thought where its prompt ends in one.
    pub fn begin(&mut self, inside: bool) {
        self.thought = Thought::new(inside);
        self.begun_at = (self.text.len(), self.thinking.len());
        self.rethought = false;
    }

    /// Takes in what the side writes, thinking and answer alike, and shows it unless it is held.
    pub fn write<H: Host>(&mut self, written: &str, host: &H) {
        let said = self.thought.push(written);
        self.take(said, host);
    }

    /// The side has written all.
    pub fn end<H: Host>(&mut self, host: &H) {
        let said = self.thought.end();
        self.take(said, host);
    }

    /// Takes in thinking that the side has told from its answer itself.
    pub fn think<H: Host>(&mut self, thinking: &str, host: &H) {
        self.thought.note_thinking();
        self.take(vec![Said::Thinking(thinking.to_owned())], host);
    }

    /// Takes in a refusal.
    pub fn refuse<H: Host>(&mut self, text: &str, host: &H) {
        self.release(host);
        self.refused = true;
        self.text.push_str(text);
        self.n_shown = self.text.len();
        self.first_text.get_or_insert_with(|| host.now());
        host.emit(Event::Refusal { text, route: self.route });
    }

    /// Takes in a piece of a call of a tool.
    pub fn call_tool<H: Host>(&mut self, piece: &serde_json::Value, host: &H) {
        let call = self.tool_calls.take(piece);
        host.emit(Event::ToolCall { call: &call, route: self.route });
    }

    /// So many tokens are written by now.
    pub fn count(&mut self, n_tokens: usize) {
        let n_written = n_tokens.saturating_sub(self.n_tokens);
        self.n_tokens = n_tokens;
        if self.thought.is_thinking() {
            self.n_thinking_tokens += n_written;
        }
    }

    /// Tokens of the answer itself.
    pub fn n_text_tokens(&self) -> usize {
        self.n_tokens.saturating_sub(self.n_thinking_tokens)
    }

    /// Whether nothing was said that is an answer.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.tool_calls.is_empty()
    }

    /// Whether the side has only thought.
    pub fn never_closed_thought(&self) -> bool {
        self.text.len() == self.begun_at.0 && self.thinking.len() > self.begun_at.1
    }

    /// The side was taken to begin inside a thought, ended well, and never closed one: all of it
    /// was its answer.
    pub fn was_no_thought<H: Host>(&mut self, host: &H) {
        let text = self.thinking.split_off(self.begun_at.1);
        self.n_shown_thinking = self.n_shown_thinking.min(self.thinking.len());
        self.n_thinking_tokens = 0;
        self.text.push_str(&text);
        self.show(host);
    }

    fn take<H: Host>(&mut self, said: Vec<Said>, host: &H) {
        for said in said {
            match said {
                Said::Text(text) => self.text.push_str(&text),
                Said::Thinking(text) => self.add_thinking(&text),
                Said::Rethought => self.rethink(host),
            }
        }
        if !self.held {
            self.show(host);
        }
    }

    /// What another side has thought stands apart.
    fn add_thinking(&mut self, text: &str) {
        let begins = self.thinking.len() == self.begun_at.1 && !self.thinking.is_empty();
        if begins {
            self.thinking.push_str("\n\n");
        }
        self.thinking.push_str(text);
    }

    /// What this side has said so far was thinking.
    fn rethink<H: Host>(&mut self, host: &H) {
        let shown = self.n_shown > self.begun_at.0;
        if shown {
            self.show(host);
        }
        let text = self.text.split_off(self.begun_at.0);
        self.n_shown = self.n_shown.min(self.begun_at.0);
        self.n_thinking_tokens = self.n_tokens;
        self.rethought = true;
        self.add_thinking(text.trim_end());
        if shown {
            self.n_shown_thinking = self.thinking.len();
            if self.begun_at.0 == 0 {
                let first = self.first_text.take();
                self.first_thinking = self.first_thinking.or(first);
            }
            host.emit(Event::Thought { text: &text, route: self.route });
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
        // What was thought before is no part of the text, so nobody knows where that byte is.
        if self.thinking.is_empty() {
            self.text.truncate(kept.saturating_sub(self.begun.len()).max(self.n_shown));
        }
        (self.flaw, self.complete) = (Some(Flaw::Repetition), true);
    }

    /// The turn was stopped: what was written by then is the reader's, also if it was held.
    pub fn abort<H: Host>(&mut self, host: &H) {
        self.end(host);
        self.release(host);
        self.finish = FinishReason::Abort;
    }

    fn show<H: Host>(&mut self, host: &H) {
        let thinking = &self.thinking[self.n_shown_thinking..];
        if !thinking.is_empty() {
            self.first_thinking.get_or_insert_with(|| host.now());
            host.emit(Event::Thinking { text: thinking, route: self.route });
            self.n_shown_thinking = self.thinking.len();
        }
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
        self.end(host);
        self.release(host);
        self.inherited = !self.text.is_empty();
        if !self.inherited {
            // Nothing is gone on with: the other side has all the room.
            (self.n_tokens, self.n_thinking_tokens) = (0, 0);
        }
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

    /// Moves to the edge, which has said all before the text could be judged.
    pub fn overtake<H: Host>(&mut self, host: &H) -> SetAside {
        self.give_way(EDGE_FIRST, EDGE_FIRST_SENTENCE.to_owned(), host)
    }

    /// Moves to the edge, in whose place the device began.
    pub fn return_to_edge<H: Host>(&mut self, replaces: bool, host: &H) -> Option<SetAside> {
        self.leave(EDGE_BACK, EDGE_BACK_SENTENCE.to_owned(), replaces, host)
    }

    /// Moves to the edge, which goes on from the text unless it `replaces` it.
    fn leave<H: Host>(
        &mut self,
        reason: &str,
        sentence: String,
        replaces: bool,
        host: &H,
    ) -> Option<SetAside> {
        self.end(host);
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
        let shown = self.n_shown + self.n_shown_thinking > 0;
        (self.n_shown, self.n_shown_thinking) = (0, 0);
        self.held = false;
        let aside = SetAside {
            text: draft.clone(),
            thinking: std::mem::take(&mut self.thinking),
            n_tokens: self.n_tokens,
            n_thinking_tokens: self.n_thinking_tokens,
            complete: self.complete,
            flaw: self.flaw,
        };
        (self.n_tokens, self.n_thinking_tokens) = (0, 0);
        (self.complete, self.flaw) = (false, None);
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
            self.n_thinking_tokens = aside.n_thinking_tokens;
            (self.text, self.thinking) = (aside.text, aside.thinking);
            self.n_shown_thinking = 0;
            self.show(host);
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
        usage.reasoning_tokens = self.n_thinking_tokens.min(self.n_tokens);
        let thought = self.first_thinking.zip(self.first_text);
        let first = self.first_thinking.into_iter().chain(self.first_text).min();
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
            ttft_s: first.map(|at| seconds(self.started, at)),
            thought_s: thought.map(|(from, to)| seconds(from, to)),
            total_s: seconds(self.started, ended),
            text: self.text,
            thinking: self.thinking,
            refused: self.refused,
            tool_calls: self.tool_calls.to_json(),
            finish_reason: self.finish,
            flaw: self.flaw,
            max_tokens: self.limit_tokens,
            usage,
            switched: self.switched,
            looks: self.looks,
            reading: self.reading,
            started_both: self.started_both,
            edge_warmed: self.edge_warmed,
            fetch_error: self.fetch_error.map(|error| error.code().to_owned()),
            dropped_messages,
            n_moves: self.n_moves,
            decision,
        }
    }
}
