//! The second look: while the device writes, what it has written is judged, and the edge takes over
//! as soon as that is worth it.
//!
//! The prompt alone says little about whether the device will be right; its answer says much more.
//! A look prices both sides anew: the device lacks only the rest of its answer, the edge all of
//! its own, or the rest of that where both began at once. The rule is the decision's,
//! `p − α·(T_edge − T_device) > θ`, with these two times, and with θ raised by what a later look is
//! worth ([`waiting`]).

use std::time::Duration;

use super::answer::Answer;
use super::judge::Found;
use super::models::ScoringModel;
use super::reader::{Asks, ReadingKind, Said};
use super::report::TurnRequest;
use super::seconds;
use crate::Result;
use crate::config::{Draft, DraftReading, SecondLook};
use crate::dialogue::Message;
use crate::host::{Event, Host};
use crate::routing::waiting::{Later, asking, waiting};
use crate::routing::{Confidence, Decision, EdgeTerms, Look, MIN_REST, Rates, Reason, YesOrNo};

/// A sentence shorter than this says too little, in bytes.
const MIN_SENTENCE_BYTES: usize = 24;
/// About as long is the question whether a draft is right, with what templates put around it.
const QUESTION_TOKENS: f64 = 24.0;

/// The looks at one answer.
pub(super) struct Looks<'t, S> {
    /// Without one only what is wrong for all to see is seen.
    scorer: Option<&'t S>,
    messages: &'t [Message],
    decision: &'t Decision,
    config: &'t SecondLook,
    theta: f64,
    /// The next look's number of tokens; `None` before the first.
    next_at: Option<f64>,
    /// Whether a look has found something wrong, for which there is no second one.
    saw_flaw: bool,
    /// What looking itself took.
    pub spent: Duration,
    /// What it takes to have the edge read a draft, where it may be asked.
    reading: Option<ReadingTerms>,
    /// What its yes and its no would be worth, as far as it is known.
    yes_or_no: Option<YesOrNo>,
    /// The newest look, and whether it found the answer bad.
    last: Option<(Look, Option<Confidence>)>,
}

/// What the edge is asked about a draft, and what that costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadingTerms {
    pub asks: Asks,
    /// Seconds for each token that it reads, and for one that it writes.
    token_s: f64,
    word_s: f64,
}

impl ReadingTerms {
    pub fn new(asks: Asks, edge: &Rates) -> ReadingTerms {
        let (token_s, word_s) = (1.0 / edge.prefill_tps, 1.0 / edge.decode_tps);
        ReadingTerms { asks, token_s, word_s }
    }

    /// Seconds for a draft of so many tokens, and for the question after it.
    fn draft_s(self, n_tokens: f64) -> f64 {
        match self.asks.kind() {
            ReadingKind::Probabilities => n_tokens * self.token_s,
            ReadingKind::Verdict => (n_tokens + QUESTION_TOKENS) * self.token_s + self.word_s,
        }
    }
}

impl<'t, S: ScoringModel> Looks<'t, S> {
    /// `None` where nobody could take over.
    pub fn new(
        scorer: Option<&'t S>,
        request: &'t TurnRequest,
        decision: &'t Decision,
        config: &'t SecondLook,
    ) -> Option<Looks<'t, S>> {
        let may = (config.enabled || config.flaws)
            && decision.edge.available
            && decision.reason != Reason::ModePreferDevice;
        may.then(|| Looks {
            scorer: scorer.filter(|scorer| config.enabled && scorer.can_look()),
            messages: &request.messages,
            decision,
            config,
            theta: config.theta.unwrap_or(decision.theta),
            next_at: None,
            saw_flaw: false,
            spent: Duration::ZERO,
            reading: None,
            yes_or_no: None,
            last: None,
        })
    }

    /// The edge may be asked what it thinks of the answer.
    pub fn with_reading(self, reading: Option<ReadingTerms>) -> Looks<'t, S> {
        let DraftReading { enabled, verdicts, .. } = self.config.reading;
        let can_read = self.scorer.is_some_and(ScoringModel::can_read);
        let understood = |reading: ReadingTerms| match reading.asks {
            // Nobody would know what they mean.
            Asks::Probabilities if !can_read => ReadingTerms { asks: Asks::Verdict, ..reading },
            _ => reading,
        };
        let may = |reading: &ReadingTerms| match reading.asks {
            Asks::Probabilities => enabled,
            Asks::Verdict | Asks::Word => enabled && verdicts,
            Asks::Nothing => false,
        };
        Looks { reading: reading.map(understood).filter(may), ..self }
    }

    /// Whether what is written will be judged, and not only seen to be no answer at all.
    pub fn judges(&self) -> bool {
        self.scorer.is_some()
    }

    /// Keeps the draft back until it was looked at, if the page wants that.
    pub fn hold(&self, answer: &mut Answer) {
        if self.judges() && self.config.draft == Draft::Held && !answer.shown() {
            answer.hold();
        }
    }

    /// Whether the answer should be looked at now. What was thought before it is none of it.
    pub fn due(&self, answer: &Answer) -> bool {
        match self.next_at {
            _ if self.config.flaws && answer.flaw.is_some() && !self.saw_flaw => true,
            _ if !self.judges() => false,
            _ if answer.complete => self.config.at_end && !answer.text.trim().is_empty(),
            None => {
                answer.n_text_tokens() >= self.config.first_tokens || has_sentence(&answer.text)
            }
            Some(next_at) => answer.n_text_tokens() as f64 >= next_at,
        }
    }

    /// Judges the answer, while an edge that was asked at `edge_began` writes too, if one does.
    pub fn take<H: Host>(
        &mut self,
        answer: &mut Answer,
        confidence: Option<Confidence>,
        edge_began: Option<Duration>,
        host: &H,
    ) -> Result<Found> {
        let (started, ended) = (host.now(), answer.complete);
        self.saw_flaw |= answer.flaw.is_some();
        let flaw = answer.flaw.filter(|_| self.config.flaws);
        let p = match (flaw, self.scorer) {
            (None, Some(scorer)) => scorer.look(self.messages, &answer.whole(), confidence)?,
            // Whatever is wrong with it, it is no answer.
            _ => 1.0,
        };
        let now = host.now();
        self.spent += now.saturating_sub(started);
        let n_tokens = answer.n_text_tokens() as f64;
        self.next_at = Some(self.next_after(n_tokens));
        let rest = if ended { 0.0 } else { self.decision.rest_tokens(n_tokens) };
        let (rest_s, edge_s) = (rest * self.decision.token_s(), self.edge_s(edge_began, now));
        let delay_s = edge_s - rest_s;
        let fused = p - self.decision.alpha_per_s * delay_s;
        let gain = fused - self.theta;
        // Nothing that is still to come would mend it.
        let waiting = if flaw.is_some() { 0.0 } else { self.waiting(gain, n_tokens, rest) };
        let look = Look {
            n_tokens: answer.n_text_tokens(),
            ended,
            p,
            fused,
            waiting,
            device_rest_s: rest_s,
            edge_s,
            flaw,
            read: false,
            doubted: gain > 0.0 && gain >= waiting,
            took_s: seconds(started, now),
        };
        self.last = Some((look, confidence));
        if ended && edge_began.is_none() && flaw.is_none() {
            let drift = self.expected_drift(p, answer, confidence, host)?;
            if self.worth_reading(gain, drift, n_tokens) {
                return Ok(Found::Unsure);
            }
        }
        Ok(self.keep(look, answer, host))
    }

    /// Notes a look, and says what it has found.
    fn keep<H: Host>(&self, look: Look, answer: &mut Answer, host: &H) -> Found {
        host.emit(Event::Look { look: &look });
        answer.looks.push(look);
        match look.doubted {
            true => Found::Bad,
            false if look.fused > self.theta => Found::Shaky,
            false => Found::Good,
        }
    }

    /// How far what the edge says of the whole answer is expected to move the probability, which is `p`; 0 where
    /// it is not asked.
    fn expected_drift<H: Host>(
        &mut self,
        p: f64,
        answer: &Answer,
        confidence: Option<Confidence>,
        host: &H,
    ) -> Result<f64> {
        let (Some(reading), Some(scorer)) = (self.reading, self.scorer) else { return Ok(0.0) };
        if reading.asks == Asks::Probabilities {
            return Ok(self.config.reading.drift);
        }
        let started = host.now();
        self.yes_or_no = scorer.yes_or_no(self.messages, &answer.whole(), confidence)?;
        self.spent += host.now().saturating_sub(started);
        Ok(self.yes_or_no.map_or(0.0, |words| words.drift(p)))
    }

    /// Whether the edge should be asked what it thinks of an answer of so many tokens.
    fn worth_reading(&self, gain: f64, drift: f64, n_tokens: f64) -> bool {
        self.reading.is_some() && {
            let price = self.config.reading.price * self.theta;
            asking(gain, drift, self.decision.alpha_per_s, self.reading_s(n_tokens), price) > 0.0
        }
    }

    /// What the edge is asked of a draft.
    pub fn asks(&self) -> Asks {
        self.reading.map_or(Asks::Nothing, |reading| reading.asks)
    }

    /// What a reading is expected to take, in seconds: the way there and back, the wait, and the prefill; and a
    /// verdict's question and its word.
    pub fn reading_s(&self, n_tokens: f64) -> f64 {
        let EdgeTerms { rtt_s, upload_s, queue_s, prefill_s, .. } = self.decision.edge;
        let draft_s = self.reading.map_or(0.0, |reading| reading.draft_s(n_tokens));
        rtt_s + upload_s + queue_s + prefill_s + draft_s
    }

    /// What the look before it found has to do.
    pub fn unread<H: Host>(&self, answer: &mut Answer, host: &H) -> Found {
        match self.last {
            Some((look, _)) => self.keep(look, answer, host),
            None => Found::Good,
        }
    }

    /// The probability that the edge is needed, before it has read the answer.
    pub fn last_p(&self) -> f64 {
        self.last.map_or(0.0, |(look, _)| look.p)
    }

    /// Judges the whole answer anew, now that the edge has read it.
    pub fn take_reading<H: Host>(
        &mut self,
        said: &Said,
        answer: &mut Answer,
        host: &H,
    ) -> Result<Found> {
        let (Some((look, confidence)), Some(scorer)) = (self.last, self.scorer) else {
            return Ok(Found::Good);
        };
        let started = host.now();
        let p = match said {
            Said::Probabilities(reading) => {
                scorer.read(self.messages, &answer.whole(), confidence, reading)?
            }
            Said::Verdict(verdict) => {
                self.yes_or_no.map_or(look.p, |words| words.heard(verdict.yes))
            }
        };
        let now = host.now();
        self.spent += now.saturating_sub(started);
        // It holds the prompt by now, so that what is left of its way is its answer.
        let EdgeTerms { rtt_s, queue_s, decode_s, download_s, .. } = self.decision.edge;
        let edge_s = rtt_s + queue_s + decode_s + download_s;
        let fused = p - self.decision.alpha_per_s * edge_s;
        let doubted = fused > self.theta;
        let took_s = seconds(started, now);
        let look = Look { p, fused, edge_s, read: true, doubted, took_s, ..look };
        Ok(self.keep(look, answer, host))
    }

    /// What the edge would take from here on, in seconds: all that it is expected to, or what is
    /// left of it.
    fn edge_s(&self, began: Option<Duration>, now: Duration) -> f64 {
        let expected_s = self.decision.edge.total_s;
        match began {
            Some(began) => (expected_s - seconds(began, now)).max(MIN_REST * expected_s),
            None => expected_s,
        }
    }

    /// How long the answer is at the look after one at `n_tokens`.
    fn next_after(&self, n_tokens: f64) -> f64 {
        (n_tokens * self.config.growth).max(n_tokens + 1.0)
    }

    /// What it is worth to read on until the next look, or until the last: at the end, if it is
    /// looked at.
    fn waiting(&self, gain: f64, n_tokens: f64, rest: f64) -> f64 {
        let end = n_tokens + rest;
        let after = |at: f64| Some(self.next_after(at)).filter(|at| *at < end);
        let mut looks = std::iter::successors(after(n_tokens), |at| after(*at));
        let next = looks.next();
        let last = if self.config.at_end && rest > 0.0 { Some(end) } else { looks.last() };
        let later = |at: f64| Later {
            share: (at - n_tokens) / end,
            seconds: (at - n_tokens) * self.decision.token_s(),
        };
        let later: Vec<Later> = next.into_iter().chain(last).map(later).collect();
        waiting(gain, self.decision.alpha_per_s, self.config.drift, &later)
    }
}

/// Whether the text holds a whole sentence, or a line, that says something.
fn has_sentence(text: &str) -> bool {
    let text = text.trim_start();
    let ends = |(at, end): (usize, char)| {
        let after = &text[at + end.len_utf8()..];
        let closed = matches!(end, '.' | '!' | '?' | ':') && after.starts_with(char::is_whitespace);
        at >= MIN_SENTENCE_BYTES && (closed || matches!(end, '\n' | '。' | '！' | '？'))
    };
    text.char_indices().any(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_a_reader_would_say_so() {
        assert!(!has_sentence(""));
        assert!(!has_sentence("It is 3.14159 or thereabouts, as one"));
        assert!(!has_sentence("Yes. No."), "too short to say anything");
        assert!(has_sentence("The capital of France is Paris. It"));
        assert!(has_sentence("First we look at the numbers:\n2"));
        assert!(!has_sentence("The capital of France is Paris."), "more may be meant");
        assert!(has_sentence("法国的首都是巴黎这座城市。它"));
    }
}
