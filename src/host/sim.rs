//! The test half of [`Host`]: a virtual clock and a scripted edge.
//!
//! Nothing sleeps and nothing is sent. Time passes only where the script says
//! so, and by [`SimHost::step`] at each yield, so that computing takes time.
//! Turns are run by [`SimHost::run`].

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use super::clock::VirtualClock;
use super::{
    EdgeBody, EdgeHints, EdgeRequest, EdgeResponse, Event, Host, ProbeReply, ProbeRequest,
};
use crate::dialogue::Date;
use crate::{Error, Result};

/// What the scripted edge does with the next chat request.
#[derive(Debug, Clone)]
pub enum SimEdge {
    /// No connection.
    Unreachable,
    /// Never answers: the caller's timeout passes.
    Silent,
    /// Answers with a status and a body.
    Status(u16, String),
    /// Streams these pieces, each after a pause; then ends.
    Stream(Vec<(Duration, Vec<u8>)>),
    /// As `Stream`, but the connection breaks at the end.
    Broken(Vec<(Duration, Vec<u8>)>),
    /// As `Stream`, but goes silent at the end.
    Stuck(Vec<(Duration, Vec<u8>)>),
}

impl SimEdge {
    /// A complete, correct answer, one event a word.
    pub fn answer(text: &str) -> SimEdge {
        let mut pieces = words(text);
        let n_words = pieces.len();
        pieces.push(event(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#));
        pieces.push(event(&format!(
            r#"{{"choices":[],"usage":{{"prompt_tokens":9,"completion_tokens":{n_words}}}}}"#
        )));
        pieces.push(event("[DONE]"));
        SimEdge::Stream(pieces)
    }

    /// The words of an answer that does not end.
    pub fn words(text: &str) -> Vec<(Duration, Vec<u8>)> {
        words(text)
    }
}

fn words(text: &str) -> Vec<(Duration, Vec<u8>)> {
    text.split_inclusive(' ')
        .map(|word| {
            let content = serde_json::Value::from(word);
            event(&format!(r#"{{"choices":[{{"delta":{{"content":{content}}}}}]}}"#))
        })
        .collect()
}

fn event(json: &str) -> (Duration, Vec<u8>) {
    (Duration::from_millis(10), format!("data: {json}\n\n").into_bytes())
}

/// A host without a world.
pub struct SimHost {
    clock: Rc<VirtualClock>,
    /// Round trip of the link; `None`: the edge is unreachable to probes.
    pub rtt: Cell<Option<Duration>>,
    /// See [`SimHost::leave_for`].
    away_until: Cell<Duration>,
    pub today: Cell<Date>,
    /// How much virtual time a yield takes.
    pub step: Cell<Duration>,
    /// Whether the edge is a server that has no endpoint for probes but its models list.
    pub foreign: Cell<bool>,
    /// What the link carries upwards; `None`: any request at once.
    pub up_bytes_per_s: Cell<Option<f64>>,
    pub hints: Cell<EdgeHints>,
    /// One entry a chat request; when it is empty the edge is unreachable.
    pub edge: RefCell<VecDeque<SimEdge>>,
    /// Bodies of the chat requests that were sent.
    pub sent: RefCell<Vec<String>>,
    pub n_probes: Cell<usize>,
    /// Events as JSON, in order.
    pub events: RefCell<Vec<serde_json::Value>>,
    pub stored: RefCell<BTreeMap<String, String>>,
    /// The caller aborts once so many events were emitted.
    pub abort_after_events: Cell<Option<usize>>,
}

impl Default for SimHost {
    fn default() -> SimHost {
        SimHost::new()
    }
}

impl SimHost {
    /// How much virtual time a yield takes unless told otherwise.
    pub const STEP: Duration = Duration::from_millis(5);

    /// A reachable edge, 20 ms away, that has nothing scripted yet.
    pub fn new() -> SimHost {
        SimHost {
            clock: Rc::new(VirtualClock::starting_at(Duration::from_secs(100))),
            rtt: Cell::new(Some(Duration::from_millis(20))),
            away_until: Cell::default(),
            today: Cell::new(Date::new(2026, 1, 1).expect("the year begins with a day")),
            step: Cell::new(SimHost::STEP),
            foreign: Cell::default(),
            up_bytes_per_s: Cell::default(),
            hints: Cell::default(),
            edge: RefCell::default(),
            sent: RefCell::default(),
            n_probes: Cell::default(),
            events: RefCell::default(),
            stored: RefCell::default(),
            abort_after_events: Cell::default(),
        }
    }

    /// Scripts the edge's next answer.
    pub fn then(&self, edge: SimEdge) -> &SimHost {
        self.edge.borrow_mut().push_back(edge);
        self
    }

    pub fn advance(&self, by: Duration) {
        self.clock.pass(by);
    }

    /// Runs a turn, or whatever else waits for this host, to its end.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.clock.run(future)
    }

    /// Answers of the edge that somebody still reads.
    pub fn n_open_streams(&self) -> usize {
        Rc::strong_count(&self.clock) - 1
    }

    /// The edge can be reached from so long from now on.
    pub fn leave_for(&self, time: Duration) {
        self.away_until.set(self.clock.now() + time);
    }

    fn away(&self) -> bool {
        self.clock.now() < self.away_until.get()
    }

    async fn wait(&self, time: Duration) {
        self.clock.until(self.clock.now() + time).await;
    }

    /// Requests of any kind that left the page.
    pub fn n_requests(&self) -> usize {
        self.n_probes.get() + self.sent.borrow().len()
    }
}

impl Host for &SimHost {
    type EdgeBody = SimBody;

    fn now(&self) -> Duration {
        self.clock.now()
    }

    fn today(&self) -> Date {
        self.today.get()
    }

    async fn probe(&self, request: &ProbeRequest) -> Result<ProbeReply> {
        self.n_probes.set(self.n_probes.get() + 1);
        let there = self.rtt.get().filter(|rtt| *rtt <= request.timeout && !self.away());
        let Some(rtt) = there else {
            self.wait(request.timeout).await;
            return Err(Error::EdgeUnreachable("no route in the script".to_owned()));
        };
        self.wait(rtt).await;
        let first_byte_s = rtt.as_secs_f64();
        let found = !self.foreign.get() || request.url.ends_with("/models");
        Ok(ProbeReply {
            status: if found { 204 } else { 404 },
            first_byte_s,
            total_s: first_byte_s,
            received_bytes: 0,
            hints: self.hints.get(),
        })
    }

    async fn call_edge(&self, request: &EdgeRequest) -> Result<EdgeResponse<SimBody>> {
        self.sent.borrow_mut().push(request.body.clone());
        if self.away() {
            return Err(Error::EdgeUnreachable("it is away by the script".to_owned()));
        }
        let script = self.edge.borrow_mut().pop_front().unwrap_or(SimEdge::Unreachable);
        let upload_s = self.up_bytes_per_s.get().map_or(0.0, |up| request.body.len() as f64 / up);
        let upload = Duration::from_secs_f64(upload_s);
        self.wait(self.rtt.get().unwrap_or_default() + upload).await;
        let (status, pieces, end) = match script {
            SimEdge::Unreachable => {
                return Err(Error::EdgeUnreachable("no route in the script".to_owned()));
            }
            SimEdge::Silent => {
                self.wait(request.timeout).await;
                return Err(Error::EdgeTimeout(request.timeout.as_millis() as u64));
            }
            SimEdge::Status(status, body) => {
                (status, vec![(Duration::ZERO, body.into_bytes())], SimEnd::Clean)
            }
            SimEdge::Stream(pieces) => (200, pieces, SimEnd::Clean),
            SimEdge::Broken(pieces) => (200, pieces, SimEnd::Broken),
            SimEdge::Stuck(pieces) => (200, pieces, SimEnd::Silent),
        };
        let clock = Rc::clone(&self.clock);
        let body = SimBody { arrived: clock.now(), clock, pieces: pieces.into(), end };
        Ok(EdgeResponse { status, retry_after_s: Some(2), hints: self.hints.get(), body })
    }

    fn load(&self, key: &str) -> Option<String> {
        self.stored.borrow().get(key).cloned()
    }

    fn save(&self, key: &str, value: &str) {
        self.stored.borrow_mut().insert(key.to_owned(), value.to_owned());
    }

    async fn yield_now(&self) {
        self.advance(self.step.get());
        self.clock.yield_now().await;
    }

    async fn sleep(&self, time: Duration) {
        self.wait(time).await;
    }

    fn cancelled(&self) -> bool {
        self.abort_after_events.get().is_some_and(|n| self.events.borrow().len() >= n)
    }

    fn emit(&self, event: Event<'_>) {
        let json = serde_json::to_value(event).expect("events are plain data");
        self.events.borrow_mut().push(json);
    }
}

/// A scripted body. Its pieces arrive whether or not they are waited for.
pub struct SimBody {
    clock: Rc<VirtualClock>,
    /// When the last piece came.
    arrived: Duration,
    pieces: VecDeque<(Duration, Vec<u8>)>,
    end: SimEnd,
}

enum SimEnd {
    Clean,
    Broken,
    Silent,
}

impl EdgeBody for SimBody {
    async fn next(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>> {
        match (self.pieces.pop_front(), &self.end) {
            (Some((pause, piece)), _) if pause <= timeout => {
                self.arrived += pause;
                self.clock.until(self.arrived).await;
                Ok(Some(piece))
            }
            (None, SimEnd::Clean) => Ok(None),
            (None, SimEnd::Broken) => Err(Error::EdgeBrokeOff),
            _ => {
                self.clock.until(self.arrived + timeout).await;
                Err(Error::EdgeTimeout(timeout.as_millis() as u64))
            }
        }
    }
}
