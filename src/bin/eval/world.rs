//! The world of a replay: a clock that only moves when something takes time, and the link and the
//! edge behind [`Host`].

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use nearside::dialogue::{Date, Message, Role};
use nearside::host::clock::VirtualClock;
use nearside::host::{
    EdgeBody, EdgeHints, EdgeRequest, EdgeResponse, Event, Host, ProbeReply, ProbeRequest,
};
use nearside::{Error, Result};
use serde::Deserialize;
use serde_json::json;

use crate::outcomes::Question;
use crate::pieces::{TOKEN_BYTES, pieces, prompt_tokens, token};
use crate::predictions::Prediction;
use crate::prefix_memory::PrefixMemory;
use crate::speeds::Speeds;
use crate::trace::{Row, Trace};

/// Bytes of the event stream per answer token, as real servers send them.
const STREAM_BYTES_PER_TOKEN: f64 = 220.0;
/// The edge's answer comes in so many pieces after its first token.
const N_PIECES: usize = 8;

/// What the host and the recorded models share.
pub struct World<'r> {
    pub speeds: &'r Speeds,
    trace: Cell<&'r Trace>,
    /// How far the trace is ahead of the clock.
    ahead: Cell<Duration>,
    pub clock: VirtualClock,
    asked: Cell<Option<(&'r Question, &'r Prediction)>>,
    /// Answers to it that the edge began.
    n_calls: Cell<u8>,
    /// What the edge holds of earlier prompts, for its own model and for the device's.
    pub edge_memory: RefCell<PrefixMemory>,
    pub kv_memory: RefCell<PrefixMemory>,
    /// When the pause ends that the reader makes; `None` while a turn runs.
    pub idle_until: Cell<Option<Duration>>,
    stored: RefCell<BTreeMap<String, String>>,
}

impl<'r> World<'r> {
    /// With an edge that remembers dialogues for so long.
    pub fn new(trace: &'r Trace, speeds: &'r Speeds, ttl: Duration) -> World<'r> {
        World {
            speeds,
            trace: Cell::new(trace),
            ahead: Cell::new(Duration::ZERO),
            clock: VirtualClock::default(),
            asked: Cell::new(None),
            n_calls: Cell::new(0),
            edge_memory: RefCell::new(PrefixMemory::new(ttl)),
            kv_memory: RefCell::new(PrefixMemory::new(ttl)),
            idle_until: Cell::new(None),
            stored: RefCell::default(),
        }
    }

    /// From here on the link behaves like this trace from `share` of its length on.
    pub fn follow(&self, trace: &'r Trace, share: f64) {
        // Wherever the clock is, that is some rounds of the trace later.
        let (start, length) = (trace.length().mul_f64(share), trace.length());
        let n_rounds = (self.clock.now().as_secs_f64() / length.as_secs_f64()).ceil();
        self.trace.set(trace);
        self.ahead.set(length.mul_f64(n_rounds) + start - self.clock.now());
    }

    /// From here on the turn is about this question.
    pub fn ask(&self, question: &'r Question, prediction: &'r Prediction) {
        self.asked.set(Some((question, prediction)));
        self.n_calls.set(0);
    }

    /// # Panics
    /// Before the first [`World::ask`].
    pub fn asked(&self) -> (&'r Question, &'r Prediction) {
        self.asked.get().expect("a question is asked before anything is computed")
    }

    pub fn n_calls(&self) -> u8 {
        self.n_calls.get()
    }

    /// Something on the device takes so long; meanwhile nothing else goes on there.
    pub fn compute(&self, seconds: f64) {
        self.clock.pass(Duration::from_secs_f64(seconds));
    }

    /// How the link is at a time.
    pub fn link(&self, at: Duration) -> &'r Row {
        self.trace.get().at(at + self.ahead.get())
    }

    /// When the link is up, from a time on.
    pub fn reach(&self, at: Duration, timeout: Duration) -> Option<Duration> {
        let wait = self.trace.get().until(true, at + self.ahead.get(), timeout)?;
        Some(at + wait)
    }

    /// When so much has passed on an open connection, which survives outages of up to `timeout`.
    /// `Err`: when it was given up.
    fn connected(
        &self,
        at: Duration,
        seconds: f64,
        timeout: Duration,
    ) -> Result<Duration, Duration> {
        let (mut at, mut left) = (at, Duration::from_secs_f64(seconds));
        while let Some(good) = self.trace.get().until(false, at + self.ahead.get(), left) {
            at += good;
            left -= good;
            at = self.reach(at, timeout).ok_or(at + timeout)?;
        }
        Ok(at + left)
    }

    /// How the link is once it is up, and when that is.
    async fn connect(&self, timeout: Duration) -> Result<(&'r Row, Duration)> {
        let started = self.clock.now();
        match self.reach(started, timeout) {
            Some(reached) => Ok((self.link(reached), reached)),
            None => Err(self.time_out(started + timeout, timeout).await),
        }
    }

    async fn time_out(&self, at: Duration, timeout: Duration) -> Error {
        self.clock.until(at).await;
        Error::EdgeTimeout(timeout.as_millis() as u64)
    }

    /// What a Nearside gateway says of itself.
    fn hints(&self) -> EdgeHints {
        let queue_s = Some(self.link(self.clock.now()).queue_s);
        EdgeHints {
            queue_s,
            prefill_tps: Some(self.speeds.edge_prefill_tps),
            decode_tps: Some(self.speeds.edge_decode_tps),
            kv: None,
        }
    }
}

impl<'w, 'r> Host for &'w World<'r> {
    type EdgeBody = Stream<'w, 'r>;

    fn now(&self) -> Duration {
        self.clock.now()
    }

    /// What is replayed has no calendar.
    fn today(&self) -> Date {
        Date::UNKNOWN
    }

    async fn probe(&self, request: &ProbeRequest) -> Result<ProbeReply> {
        let (started, timeout) = (self.clock.now(), request.timeout);
        let (link, reached) = self.connect(timeout).await?;
        // A probe of the way down asks for so many: `…/probe/down?bytes=N`.
        let asked_for = request.url.rsplit_once("?bytes=");
        let received_bytes = asked_for.and_then(|(_, n_bytes)| n_bytes.parse().ok()).unwrap_or(0);
        let waited_s = (reached - started).as_secs_f64();
        let first_byte_s = link.rtt_s + request.sent_bytes as f64 / link.up_bytes_per_s;
        let total_s = first_byte_s + received_bytes as f64 / link.down_bytes_per_s;
        if waited_s + total_s > timeout.as_secs_f64() {
            return Err(self.time_out(reached + timeout, timeout).await);
        }
        self.clock.until(reached + Duration::from_secs_f64(total_s)).await;
        Ok(ProbeReply {
            status: 200,
            first_byte_s: waited_s + first_byte_s,
            total_s: waited_s + total_s,
            received_bytes,
            hints: self.hints(),
        })
    }

    /// The head comes at once, the first token after the queue and the prefill.
    async fn call_edge(&self, request: &EdgeRequest) -> Result<EdgeResponse<Stream<'w, 'r>>> {
        let timeout = request.timeout;
        let (link, reached) = self.connect(timeout).await?;
        let head_s = link.rtt_s + request.body.len() as f64 / link.up_bytes_per_s;
        if head_s > timeout.as_secs_f64() {
            return Err(self.time_out(reached + timeout, timeout).await);
        }
        self.n_calls.set(self.n_calls.get().saturating_add(1));
        let at = reached + Duration::from_secs_f64(head_s);
        self.clock.until(at).await;
        let n_prompt = request.body.len().div_ceil(TOKEN_BYTES);
        let messages = sent_messages(&request.body);
        let prompt = prompt_tokens(&messages);
        // An answer that has begun is gone on with.
        let begun = messages.last().filter(|message| message.role == Role::Assistant);
        let n_begun = begun.map_or(0, |message| message.content.len());
        let n_held = self.edge_memory.borrow().held(&prompt, self.clock.now());
        let share = n_held as f64 / prompt.len().max(1) as f64;
        let n_cached = (share * n_prompt as f64) as usize;
        let (question, _) = self.asked();
        let n_tokens = question.edge_chars.saturating_sub(n_begun).div_ceil(TOKEN_BYTES).max(1);
        let begins_s = link.queue_s + (n_prompt - n_cached) as f64 / self.speeds.edge_prefill_tps;
        let body =
            Stream { world: self, at, begins_s, n_prompt, n_cached, prompt, n_tokens, n_sent: 0 };
        Ok(EdgeResponse { status: 200, retry_after_s: None, hints: self.hints(), body })
    }

    fn load(&self, key: &str) -> Option<String> {
        self.stored.borrow().get(key).cloned()
    }

    fn save(&self, key: &str, value: &str) {
        self.stored.borrow_mut().insert(key.to_owned(), value.to_owned());
    }

    async fn yield_now(&self) {
        self.clock.yield_now().await;
    }

    async fn sleep(&self, time: Duration) {
        self.clock.until(self.clock.now() + time).await;
    }

    /// What is done in a pause ends with it.
    fn cancelled(&self) -> bool {
        self.idle_until.get().is_some_and(|until| self.clock.now() >= until)
    }

    fn emit(&self, _event: Event<'_>) {}
}

/// The messages of a chat request.
fn sent_messages(body: &str) -> Vec<Message> {
    #[derive(Deserialize)]
    struct Body {
        messages: Vec<Message>,
    }
    let body: Option<Body> = serde_json::from_str(body).ok();
    body.map_or_else(Vec::new, |body| body.messages)
}

/// The edge's answer: its first token alone, the rest in a few pieces.
pub struct Stream<'w, 'r> {
    world: &'w World<'r>,
    /// When the last piece came: pieces come whether or not they are waited for.
    at: Duration,
    /// Wait and prefill, in seconds.
    begins_s: f64,
    n_prompt: usize,
    n_cached: usize,
    /// As the device counts them.
    prompt: Vec<u32>,
    n_tokens: usize,
    n_sent: usize,
}

impl EdgeBody for Stream<'_, '_> {
    async fn next(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>> {
        let n_left = self.n_tokens - self.n_sent;
        if n_left == 0 {
            return Ok(None);
        }
        let is_first = self.n_sent == 0;
        if is_first && self.begins_s > timeout.as_secs_f64() {
            return Err(self.world.time_out(self.at + timeout, timeout).await);
        }
        let n_new = if is_first { 1 } else { n_left.min(self.n_tokens.div_ceil(N_PIECES)) };
        let waits_s = if is_first { self.begins_s } else { 0.0 };
        let takes_s = waits_s + n_new as f64 * self.token_s();
        match self.world.connected(self.at, takes_s, timeout) {
            Ok(at) => self.at = at,
            Err(at) => return Err(self.world.time_out(at, timeout).await),
        }
        self.world.clock.until(self.at).await;
        self.n_sent += n_new;
        Ok(Some(self.piece(n_new)))
    }
}

impl Stream<'_, '_> {
    /// A token takes as long as the slower of the edge and the link.
    fn token_s(&self) -> f64 {
        let download_s = STREAM_BYTES_PER_TOKEN / self.world.link(self.at).down_bytes_per_s;
        download_s.max(1.0 / self.world.speeds.edge_decode_tps)
    }

    /// The next tokens as events, and after the last one what ends a stream.
    fn piece(&mut self, n_new: usize) -> Vec<u8> {
        let text = "text".repeat(n_new);
        let mut events = event(&format!(r#"{{"choices":[{{"delta":{{"content":"{text}"}}}}]}}"#));
        if self.n_sent == self.n_tokens {
            let Stream { n_prompt, n_cached, n_tokens, .. } = *self;
            let mut computed = std::mem::take(&mut self.prompt);
            computed.extend(pieces(&"text".repeat(n_tokens)).map(token));
            self.world.edge_memory.borrow_mut().remember(computed, self.world.clock.now());
            events += &event(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#);
            let usage = json!({"prompt_tokens": n_prompt, "completion_tokens": n_tokens,
                "prompt_tokens_details": {"cached_tokens": n_cached}});
            events += &event(&json!({"usage": usage}).to_string());
            events += &event("[DONE]");
        }
        events.into_bytes()
    }
}

fn event(data: &str) -> String {
    format!("data: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::row;

    const UP: Row = row([0.1, 1e4, 2200.0, 0.5], true);
    const DOWN: Row = Row { online: false, ..UP };

    fn question() -> Question {
        Question {
            id: "q".to_owned(),
            prompt: "?".to_owned(),
            device_correct: false,
            edge_correct: true,
            answer: String::new(),
            answer_known: false,
            logprobs: Vec::new(),
            edge_chars: 36,
        }
    }

    /// A call for nine tokens; its end, in seconds, or the error's code.
    fn check(steps: &[Row], expected: std::result::Result<f64, &str>) {
        let (trace, question, prediction) = (Trace::of(steps), question(), Prediction::default());
        let speeds = Speeds { edge_prefill_tps: 500.0, edge_decode_tps: 40.0, ..Speeds::default() };
        let world = World::new(&trace, &speeds, Duration::ZERO);
        world.ask(&question, &prediction);
        let request = EdgeRequest {
            url: String::new(),
            headers: Vec::new(),
            body: "b".repeat(1000),
            timeout: Duration::from_secs(15),
        };
        let outcome = world.clock.run(async {
            let mut body = (&&world).call_edge(&request).await?.body;
            while body.next(Duration::from_secs(2)).await?.is_some() {}
            Ok(world.clock.now().as_secs_f64())
        });
        match (outcome.map_err(|error: Error| error.code()), expected) {
            (Ok(seconds), Ok(expected)) => assert!((seconds - expected).abs() < 1e-6, "{seconds}"),
            (outcome, expected) => assert_eq!(outcome, expected),
        }
    }

    #[test]
    fn a_call_takes_what_its_parts_take() {
        // Round trip 0.1, upload 0.1, queue 0.5, prefill of 250 tokens 0.5, nine tokens at 10/s.
        check(&[UP], Ok(2.1));
        // Half a second later, as the link is away when it is wanted, or in mid-answer.
        check(&[DOWN, UP, UP, UP, UP, UP], Ok(3.1));
        check(&[UP, DOWN, UP, UP, UP, UP], Ok(3.1));
        check(&[UP, DOWN, DOWN, DOWN, DOWN], Err("edge_timeout"));
    }

    #[test]
    fn probes_measure_the_link() {
        let (trace, speeds) = (Trace::of(&[UP]), Speeds::default());
        let world = World::new(&trace, &speeds, Duration::ZERO);
        let probe = |url: &str, sent_bytes| {
            let (url, timeout) = (url.to_owned(), Duration::from_secs(3));
            let request = ProbeRequest { url, headers: Vec::new(), sent_bytes, timeout };
            world.clock.run((&&world).probe(&request))
        };
        let total_s = |url, sent_bytes| probe(url, sent_bytes).map(|reply| reply.total_s);
        assert_eq!(total_s("e/probe", 0), Ok(0.1));
        assert_eq!(total_s("e/probe/down?bytes=2200", 0), Ok(1.1));
        assert_eq!(total_s("e/probe/up", 1000), Ok(0.2));
        assert_eq!(probe("e/probe/up", 100_000).unwrap_err().code(), "edge_timeout");
    }
}
