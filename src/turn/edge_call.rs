//! One request to the edge while it is under way.
//!
//! Its future reads what comes and keeps it; whoever shows the answer takes it out from there. So
//! an answer can be read while the device still writes its own.

use std::cell::{Cell, Ref, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::answer::Answer;
use super::received::Received;
use super::report::TurnRequest;
use super::with_answer;
use crate::config::{Config, EdgeConfig};
use crate::dialogue::{Message, session::BYTES_PER_TOKEN, window};
use crate::edge::{Asked, Chunk, Finish, ReplyReader, Written, check_status};
use crate::host::{EdgeBody, EdgeRequest, Event, Host};
use crate::routing::Route;
use crate::{Error, Result};

/// Of an error's body, so much is read.
const MAX_ERROR_BYTES: usize = 4096;
/// How long a stream that has said why it ends is waited for: its counts may be still to come.
const AFTER_FINISH: Duration = Duration::from_secs(1);

/// A request, and what has come of it.
pub(super) struct EdgeCall<'t> {
    pub request: &'t TurnRequest,
    pub sent_at: Duration,
    /// Whether the device computes at the same time.
    pub beside_device: bool,
    config: Config,
    /// Longest answer, in tokens, if the edge is told one.
    max_tokens: Option<usize>,
    /// If it is not, so many pieces are taken of its answer.
    most_texts: usize,
    messages: Vec<Message>,
    /// What the edge is told begins here: later than the dialogue where that is too long for it.
    start: Cell<usize>,
    sending: Sending,
    received: RefCell<Received>,
    outcome: RefCell<Option<Result<()>>>,
    abandoned: Cell<bool>,
}

/// What is known of requests to this edge from turn to turn.
#[derive(Clone)]
pub(super) struct Sending(Rc<Sent>);

struct Sent {
    written: RefCell<Written>,
    /// How much of a dialogue it takes.
    room_bytes: Cell<usize>,
}

impl Sending {
    pub fn to(edge: &EdgeConfig) -> Sending {
        let room_bytes = Cell::new(BYTES_PER_TOKEN * edge.context_tokens);
        Sending(Rc::new(Sent { written: RefCell::default(), room_bytes }))
    }

    /// Where what the edge is told of a dialogue begins.
    fn start(&self, messages: &[Message]) -> usize {
        let room_bytes = self.0.room_bytes.get();
        let cuts = window::Cuts::new(messages);
        // Where not even the last exchange fits, the edge says so itself.
        cuts.within(room_bytes).unwrap_or_else(|| cuts.last())
    }

    /// The edge found `messages` too long from `start` on: it is told half of it from now on. `None`
    /// where there is nothing to leave out.
    fn halve(&self, messages: &[Message], start: usize) -> Option<usize> {
        let cuts = window::Cuts::new(messages);
        self.0.room_bytes.set(cuts.bytes_from(start) / 2);
        let shorter = self.start(messages);
        (shorter > start).then_some(shorter)
    }

    /// What the edge is told of a dialogue.
    pub fn told(&self, messages: &[Message]) -> Vec<Message> {
        window::kept(messages, self.start(messages))
    }

    pub fn expect(&self, messages: &[Message]) {
        self.0.written.borrow_mut().update(messages, self.start(messages));
    }

    pub fn request_bytes(&self, asked: &Asked, messages: &[Message]) -> usize {
        self.0.written.borrow_mut().request_bytes(asked, messages, self.start(messages))
    }
}

impl<'t> EdgeCall<'t> {
    /// Asks for an answer, or for the rest of the one that has begun. Nothing is sent yet.
    pub fn new(
        config: &Config,
        sending: &Sending,
        request: &'t TurnRequest,
        answer: &Answer,
        now: Duration,
    ) -> EdgeCall<'t> {
        let rest = |max_tokens: usize| max_tokens.saturating_sub(answer.n_text_tokens()).max(1);
        let messages = with_answer(&request.messages, &answer.text);
        EdgeCall {
            request,
            sent_at: now,
            beside_device: false,
            config: config.clone(),
            max_tokens: request.max_tokens.or(config.max_tokens).map(rest),
            most_texts: usize::MAX,
            start: Cell::new(sending.start(&messages)),
            messages,
            sending: sending.clone(),
            received: RefCell::default(),
            outcome: RefCell::new(None),
            abandoned: Cell::new(false),
        }
    }

    /// Asks for an answer of the edge's own, while the device writes another.
    pub fn beside_device(
        config: &Config,
        sending: &Sending,
        request: &'t TurnRequest,
        answer: &Answer,
        now: Duration,
    ) -> EdgeCall<'t> {
        EdgeCall { beside_device: true, ..EdgeCall::new(config, sending, request, answer, now) }
    }

    /// Where nobody says how long the answer may be, it ends after so many tokens.
    pub fn up_to(self, n_tokens: usize) -> EdgeCall<'t> {
        EdgeCall { most_texts: n_tokens.max(1), ..self }
    }

    /// What the edge is told.
    pub fn messages(&self) -> Vec<Message> {
        window::kept(&self.messages, self.start.get())
    }

    pub fn received(&self) -> Ref<'_, Received> {
        self.received.borrow()
    }

    /// When the response's head came.
    pub fn opened_at(&self) -> Duration {
        self.received().opened_at().unwrap_or(self.sent_at)
    }

    /// Whether the edge has said something that is an answer.
    pub fn answered(&self) -> bool {
        self.received().answered()
    }

    /// What it failed of. Being stopped is no failure.
    pub fn failure(&self) -> Option<Error> {
        let outcome = self.outcome.borrow();
        let error = outcome.as_ref().and_then(|outcome| outcome.as_ref().err());
        error.filter(|error| **error != Error::Aborted).cloned()
    }

    /// Whether there is an answer, or may yet be one.
    pub fn under_way(&self) -> bool {
        !self.abandoned.get() && self.failure().is_none()
    }

    /// Nobody wants the answer any more: the request ends as soon as it is polled again.
    pub fn abandon<H: Host>(&self, host: &H) {
        self.abandoned.set(true);
        host.emit(Event::Stopped { thrown_away_tokens: self.received().n_tokens() });
    }

    /// Reads the answer to its end. If the edge finds the prompt too long before it has said
    /// anything, the older half of the dialogue is left out and it is asked again; and so are later
    /// ones, without asking.
    async fn read<H: Host>(&self, host: &H) -> Result<()> {
        loop {
            match self.read_once(host).await {
                Err(error @ Error::EdgePromptTooLong(_))
                    if self.received().first_text.is_none() =>
                {
                    let shorter = self.sending.halve(&self.messages, self.start.get());
                    self.start.set(shorter.ok_or(error)?);
                }
                outcome => return outcome,
            }
        }
    }

    async fn read_once<H: Host>(&self, host: &H) -> Result<()> {
        let mut body = self.open(host).await?;
        let mut reader = ReplyReader::default();
        while !self.received().ended {
            let bytes = match body.next(self.patience()).await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => break,
                // All is said, only the connection did not end as it should.
                Err(error) if self.received().finish.is_some() && error != Error::Aborted => break,
                Err(error) => return Err(error),
            };
            if host.cancelled() {
                return Err(Error::Aborted);
            }
            let mut chunks = Vec::new();
            let parsed = reader.push(&bytes, &mut chunks);
            self.take(bytes.len(), chunks, host)?;
            parsed?;
        }
        if !self.received().ended {
            let mut chunks = Vec::new();
            let parsed = reader.end(&mut chunks);
            self.take(0, chunks, host)?;
            parsed?;
        }
        self.close(&reader)
    }

    fn take<H: Host>(&self, n_bytes: usize, chunks: Vec<Chunk>, host: &H) -> Result<()> {
        let offered = !self.request.tools.tools.is_empty();
        let mut received = self.received.borrow_mut();
        received.take(n_bytes, chunks, offered, host.now())?;
        // An edge that was told a number counts better than pieces can be counted here.
        if self.max_tokens.is_none() && received.n_answer_pieces() >= self.most_texts {
            received.cut(Finish::Length);
        }
        Ok(())
    }

    /// How long the edge may be silent.
    fn patience(&self) -> Duration {
        let received = self.received();
        match (received.finish, received.first_text) {
            (Some(_), _) => self.config.idle_timeout().min(AFTER_FINISH),
            (None, None) => self.config.first_byte_timeout(),
            (None, Some(_)) => self.config.idle_timeout(),
        }
    }

    /// The body has ended. An answer that was cut off has no reason for its end.
    fn close(&self, reader: &ReplyReader) -> Result<()> {
        let mut received = self.received.borrow_mut();
        if reader.is_one_body() {
            received.note_whole();
        }
        match received.finish {
            Some(_) => Ok(()),
            None if !received.ended && !reader.is_json() => Err(Error::EdgeBrokeOff),
            None => {
                // A server that gives no reason.
                let n_written = received.usage.completion_tokens;
                let full = n_written
                    .is_some_and(|n_written| self.max_tokens.is_some_and(|most| n_written >= most));
                received.finish = Some(if full { Finish::Length } else { Finish::Stop });
                Ok(())
            }
        }
    }

    /// Posts the request, and gives the body of the answer.
    async fn open<H: Host>(&self, host: &H) -> Result<H::EdgeBody> {
        let call = self.http_request()?;
        self.received.borrow_mut().ask(call.body.len(), host.now());
        let mut response = host.call_edge(&call).await?;
        if host.cancelled() {
            return Err(Error::Aborted);
        }
        if !(200..300).contains(&response.status) {
            let text = read_error(&mut response.body, self.config.idle_timeout()).await;
            check_status(response.status, response.retry_after_s, &text)?;
        }
        self.received.borrow_mut().open(response.hints, host.now());
        Ok(response.body)
    }

    fn http_request(&self) -> Result<EdgeRequest> {
        let TurnRequest { stop, tools, passed, seed, .. } = self.request;
        let sampling = self.request.sampling.or(self.config.sampling);
        let (edge, max_tokens) = (&self.config.edge, self.max_tokens);
        let asked = Asked { edge, sampling, seed: *seed, max_tokens, stop, tools, passed };
        let mut written = self.sending.0.written.borrow_mut();
        let body = written.request(&asked, &self.messages, self.start.get());
        post(&self.config, "/chat/completions", body)
    }
}

/// A call whose future is polled beside others. Dropping it ends the request.
pub(super) struct Running<'c> {
    pub call: &'c EdgeCall<'c>,
    /// `None` once it has ended, or was abandoned.
    future: Option<Pin<Box<dyn Future<Output = Result<()>> + 'c>>>,
    /// Whether somebody has taken the outcome.
    told: bool,
}

impl<'c> Running<'c> {
    /// The request is sent at the first poll.
    pub fn start<H: Host>(call: &'c EdgeCall<'c>, host: &'c H) -> Running<'c> {
        Running { call, future: Some(Box::pin(call.read(host))), told: false }
    }

    /// Reads what has come.
    pub fn poll(&mut self, context: &mut Context<'_>) {
        if self.call.abandoned.get() {
            self.future = None;
        }
        let Some(future) = &mut self.future else { return };
        if let Poll::Ready(outcome) = future.as_mut().poll(context) {
            self.call.outcome.replace(Some(outcome));
            self.future = None;
        }
    }

    /// How the call ended, once.
    pub fn take_outcome(&mut self) -> Option<Result<()>> {
        let outcome = self.call.outcome.borrow().clone().filter(|_| !self.told);
        self.told |= outcome.is_some();
        outcome
    }

    /// Until the edge has said all, which nobody reads.
    pub async fn unseen(mut self) -> Result<()> {
        self.until_said(|_| ()).await
    }

    /// Shows what came already and what is still to come, until the edge has said all.
    pub async fn shown_in<H: Host>(&mut self, answer: &mut Answer, host: &H) -> Result<()> {
        let show = |received: &mut Received| {
            for chunk in received.waiting.drain(..) {
                match chunk {
                    Chunk::Text(text) => answer.write(&text, host),
                    Chunk::Thinking(text) => answer.think(&text, host),
                    Chunk::Refusal(text) => answer.refuse(&text, host),
                    Chunk::ToolCall(call) => answer.call_tool(&call, host),
                    Chunk::Logprobs(told) => {
                        host.emit(Event::Logprobs { logprobs: &told, route: Route::Edge });
                        continue;
                    }
                    Chunk::Finish(_) | Chunk::Usage(_) | Chunk::End => continue,
                }
                answer.count(answer.n_tokens + 1);
            }
        };
        let outcome = self.until_said(show).await;
        answer.end(host);
        outcome
    }

    /// Tells each time when something may have come.
    async fn until_said(&mut self, mut came: impl FnMut(&mut Received)) -> Result<()> {
        poll_fn(|context| {
            self.poll(context);
            came(&mut self.call.received.borrow_mut());
            match &*self.call.outcome.borrow() {
                Some(outcome) => Poll::Ready(outcome.clone()),
                None => Poll::Pending,
            }
        })
        .await
    }
}

/// A request with a JSON body, to a path below the edge's base URL.
pub(super) fn post(config: &Config, path: &str, body: String) -> Result<EdgeRequest> {
    let base_url = config
        .edge
        .base_url
        .as_deref()
        .ok_or_else(|| Error::EdgeUnreachable("no edge.base_url is configured".to_owned()))?;
    let mut headers = headers(&config.edge);
    headers.push(("content-type".to_owned(), "application/json".to_owned()));
    let url = format!("{}{path}", base_url.trim_end_matches('/'));
    Ok(EdgeRequest { url, headers, body, timeout: config.first_byte_timeout() })
}

/// Request headers that every request to the edge carries.
pub(super) fn headers(edge: &EdgeConfig) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> =
        edge.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(token) = &edge.token {
        headers.push(("authorization".to_owned(), format!("Bearer {token}")));
    }
    headers
}

pub(super) async fn read_error<B: EdgeBody>(body: &mut B, timeout: Duration) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = body.next(timeout).await {
        bytes.extend(piece);
        if bytes.len() >= MAX_ERROR_BYTES {
            break;
        }
    }
    bytes.truncate(MAX_ERROR_BYTES);
    String::from_utf8_lossy(&bytes).into_owned()
}
