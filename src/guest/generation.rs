//! An answer of another's engine: its pieces as the steps that a turn takes.

use std::collections::VecDeque;

use super::seam::Seam;
use super::{Capabilities, Piece, transcript};
use crate::dialogue::TextStream;
use crate::engine::{Finish, GenerateRequest, Step};
use crate::turn::models::Progress;
use crate::{Error, Result};

pub struct GuestGeneration<A> {
    pub(super) answer: A,
    n_reused: usize,
    n_prompt: usize,
    /// What the engine was asked, and then with what it has written.
    sent: Vec<u32>,
    n_asked: usize,
    max_tokens: usize,
    seam: Seam,
    stream: TextStream,
    /// Whether the prompt is read, and whether anything was said.
    read: bool,
    spoke: bool,
    /// Whether the answer has ended, and whether it was the engine that ended it.
    ended: bool,
    ended_by_itself: bool,
    n_generated: usize,
    logprobs: Vec<f32>,
    /// What is known and was not told yet.
    ready: VecDeque<Step>,
}

impl<A> GuestGeneration<A> {
    pub(super) fn new(
        answer: A,
        request: &GenerateRequest,
        sent: Vec<u32>,
        n_reused: usize,
        seam: Seam,
    ) -> GuestGeneration<A> {
        GuestGeneration {
            answer,
            n_reused,
            n_prompt: request.prompt.len(),
            n_asked: sent.len(),
            sent,
            max_tokens: request.max_tokens,
            seam,
            stream: TextStream::new(request.stop.clone()),
            read: false,
            spoke: false,
            ended: false,
            ended_by_itself: false,
            n_generated: 0,
            logprobs: Vec::new(),
            ready: VecDeque::new(),
        }
    }

    pub(super) fn next_step(&mut self) -> Option<Step> {
        self.ready.pop_front()
    }

    pub(super) fn is_read(&self) -> bool {
        self.read
    }

    pub(super) fn sent(&self) -> &Vec<u32> {
        &self.sent
    }

    /// Whether the engine has said all, so that it knows what it has answered.
    pub(super) fn ended_by_itself(&self) -> bool {
        self.ended_by_itself
    }

    pub(super) fn logprobs(&self) -> &[f32] {
        &self.logprobs
    }

    pub(super) fn progress(&self) -> Progress {
        Progress { reused_tokens: self.n_reused, n_generated: self.n_generated }
    }

    /// Takes in what has come; what follows from it is ready then.
    pub(super) fn take(&mut self, piece: Piece, can: Capabilities) -> Result<()> {
        // A character may come in several tokens.
        let says_something =
            !piece.text.is_empty() || piece.tokens.is_some_and(|tokens| tokens > 0);
        match piece.read {
            _ if says_something || piece.finish.is_some() => self.finish_reading(),
            Some(share) => self.read_on(share),
            None => {}
        }
        if says_something {
            self.write(&piece, can);
        }
        self.ended_by_itself = piece.finish.is_some();
        match piece.finish {
            _ if self.ended => Ok(()),
            Some(_) if !self.spoke && self.max_tokens > 0 => Err(Error::EngineEmpty),
            Some(finish) => {
                self.end(finish);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn read_on(&mut self, share: f64) {
        let total = self.n_prompt;
        let done = (share.clamp(0.0, 1.0) * total as f64) as usize;
        // That all is read shows with the first word.
        if !self.read && done < total {
            self.ready.push_back(Step::Prefilled { done, total });
        }
    }

    fn finish_reading(&mut self) {
        if !std::mem::replace(&mut self.read, true) {
            let total = self.n_prompt;
            self.ready.push_back(Step::Prefilled { done: total, total });
        }
    }

    fn write(&mut self, piece: &Piece, can: Capabilities) {
        transcript::append(&mut self.sent, &piece.text);
        self.spoke |= !piece.text.is_empty();
        self.n_generated = match piece.tokens.filter(|_| can.token_counts) {
            Some(n_tokens) => self.n_generated + n_tokens,
            None => self.sent.len().saturating_sub(self.n_asked).max(1),
        };
        self.logprobs.extend(&piece.logprobs);
        let new = self.seam.push(&piece.text);
        let shown = self.stream.push(new.as_bytes());
        self.ready.push_back(Step::Text(shown));
        if self.stream.stopped() {
            self.end(Finish::Stop);
        } else if self.n_generated >= self.max_tokens && (can.token_counts || !can.limits_length) {
            self.end(Finish::Length);
        }
    }

    /// What was held back comes out first.
    fn end(&mut self, finish: Finish) {
        let rest = self.stream.flush();
        if !rest.is_empty() {
            self.ready.push_back(Step::Text(rest));
        }
        self.ready.push_back(Step::Done(finish));
        self.ended = true;
    }
}
