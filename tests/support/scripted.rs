//! A device that writes what a test tells it to, token by token.

use std::time::Duration;

use nearside::dialogue::Message;
use nearside::dialogue::{Prompt, Session};
use nearside::engine::{Finish, GenerateRequest, Step};
use nearside::routing::{Confidence, Rates};
use nearside::turn::models::{DeviceModel, Progress};
use nearside::{Error, Result};

/// One answer a turn, in pieces; a turn without one fails.
#[derive(Default)]
pub struct ScriptedDevice {
    pub answers: Vec<Vec<&'static str>>,
    /// What it was asked, as text.
    pub asked: Vec<String>,
    /// Whether its template opens a thought.
    pub opens_thought: bool,
    /// Fails once its pieces are out.
    pub breaks: bool,
    /// The prompt that it read last.
    pub held: Vec<u32>,
}

pub struct Writing {
    pieces: Vec<&'static str>,
    n_written: usize,
    read: bool,
    max_tokens: usize,
}

/// Each byte of what was said is a token.
fn tokens(messages: &[Message]) -> Vec<u32> {
    let text: String = messages.iter().map(|m| format!("{:?}: {}\n", m.role, m.content)).collect();
    text.bytes().map(u32::from).collect()
}

impl DeviceModel for ScriptedDevice {
    type Generation = Writing;

    fn name(&self) -> &str {
        "scripted"
    }

    fn vocabulary(&self) -> &str {
        "bytes of the script"
    }

    fn n_ctx(&self) -> usize {
        4096
    }

    fn fit(&self, _: &mut Session, messages: &[Message], _: usize) -> Result<Prompt> {
        Ok(Prompt { tokens: tokens(messages), dropped_messages: 0 })
    }

    fn opens_thought(&self, _: &[u32]) -> bool {
        self.opens_thought
    }

    fn tokens(&self) -> &[u32] {
        &self.held
    }

    fn clear(&mut self) {
        self.held.clear();
    }

    async fn measure(&mut self, _: &dyn Fn() -> Duration) -> Result<Rates> {
        Ok(Rates::DEVICE_PRIOR)
    }

    async fn start(&mut self, request: GenerateRequest) -> Result<Writing> {
        let text: Vec<u8> = request.prompt.iter().map(|token| *token as u8).collect();
        self.asked.push(String::from_utf8(text).unwrap());
        self.held = request.prompt;
        if self.answers.is_empty() {
            return Err(Error::ComputeFailed("the script has ended".to_owned()));
        }
        let pieces = self.answers.remove(0);
        Ok(Writing { pieces, n_written: 0, read: false, max_tokens: request.max_tokens })
    }

    async fn step(&mut self, writing: &mut Writing) -> Result<Step> {
        if !std::mem::replace(&mut writing.read, true) {
            return Ok(Step::Prefilled { done: self.held.len(), total: self.held.len() });
        }
        match writing.pieces.get(writing.n_written) {
            _ if writing.n_written == writing.max_tokens => Ok(Step::Done(Finish::Length)),
            Some(piece) => {
                writing.n_written += 1;
                Ok(Step::Text((*piece).to_owned()))
            }
            None if self.breaks => Err(Error::ComputeFailed("as the script says".to_owned())),
            None => Ok(Step::Done(Finish::Stop)),
        }
    }

    fn progress(&self, writing: &Writing) -> Progress {
        Progress { reused_tokens: 0, n_generated: writing.n_written }
    }

    fn confidence(&self, _: &Writing) -> Option<Confidence> {
        Some(Confidence::default())
    }
}
