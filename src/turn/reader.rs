//! The edge as a reader: it is shown what the device has written and says how likely each token is, or, where
//! it cannot, whether it is right.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;

use super::edge_call::{Sending, post, read_error};
use super::with_answer;
use crate::config::Config;
use crate::dialogue::Message;
use crate::edge::{Reading, Verdict, check_status, reading_request, verdict_request};
use crate::host::{EdgeBody, Host};
use crate::{Error, Result};

/// vLLM tells of every token of the prompt, some hundred bytes each.
const MAX_READING_BYTES: usize = 4 << 20;

/// In what words an edge is asked what it thinks of a draft: the first ones that it has not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// How likely each token is.
    Probabilities,
    /// Whether it is right, and how likely it is to say so.
    Verdict,
    /// Whether it is right, in the barest words.
    Word,
    Nothing,
}

impl Asks {
    /// What it is asked the next time. One that could not say how likely tokens are is asked for a verdict, and
    /// one that does not give it, or fails over it, for nothing any more.
    pub fn after(self, said: &Result<Option<Said>>) -> Asks {
        match (self, said) {
            (_, Ok(Some(_)) | Err(Error::Aborted)) | (Asks::Probabilities, Err(_)) => self,
            (Asks::Probabilities, Ok(None)) => Asks::Verdict,
            (Asks::Verdict, Ok(None)) => Asks::Word,
            _ => Asks::Nothing,
        }
    }

    /// What is read out of the answer.
    pub fn kind(self) -> ReadingKind {
        match self {
            Asks::Probabilities => ReadingKind::Probabilities,
            _ => ReadingKind::Verdict,
        }
    }
}

/// What an edge was asked to say of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingKind {
    /// How likely each of its tokens is.
    Probabilities,
    /// Whether it is right: yes or no.
    Verdict,
}

/// What an edge says of a draft.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    Probabilities(Reading),
    Verdict(Verdict),
}

impl Said {
    /// Tokens of the prompt, and of these those that were held already, if the edge counts them.
    pub fn counted(&self) -> (Option<usize>, Option<usize>) {
        match self {
            Said::Probabilities(reading) => (reading.prompt_tokens, reading.cached_tokens),
            Said::Verdict(verdict) => (verdict.prompt_tokens, verdict.cached_tokens),
        }
    }

    /// How likely a yes was, if it was asked for a verdict.
    pub fn yes(&self) -> Option<f64> {
        match self {
            Said::Probabilities(_) => None,
            Said::Verdict(verdict) => Some(verdict.yes),
        }
    }
}

/// What became of a draft that the edge was to read. Times in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DraftRead {
    pub kind: ReadingKind,
    /// Probability that the edge is needed, before it had read the draft and after.
    pub p_before: f64,
    /// `None` where it could not say.
    pub p: Option<f64>,
    /// How likely a yes was, where it has given a verdict.
    pub yes: Option<f64>,
    /// Predicted, and measured.
    pub expected_s: f64,
    pub took_s: f64,
    pub sent_bytes: usize,
    /// What the edge counts of it, and how much of that it held.
    pub prompt_tokens: Option<usize>,
    pub cached_tokens: Option<usize>,
    /// Why there was no reading: an error's code, or `not_offered`.
    pub error: Option<String>,
}

/// A reading under way. Dropping it ends the request.
pub(super) struct Reader<'r> {
    pub asks: Asks,
    pub asked_at: Duration,
    pub sent_bytes: usize,
    pub future: Pin<Box<dyn Future<Output = Result<Option<Said>>> + 'r>>,
}

impl<'r> Reader<'r> {
    /// Nothing is sent before it is polled.
    pub fn ask<H: Host>(
        config: &'r Config,
        sending: &Sending,
        asks: Asks,
        messages: &[Message],
        draft: &str,
        host: &'r H,
    ) -> Reader<'r> {
        let told = sending.told(&with_answer(messages, draft));
        let body = match asks {
            Asks::Probabilities => reading_request(&config.edge, &told),
            _ => verdict_request(&config.edge, &told, asks == Asks::Word),
        };
        let (sent_bytes, draft) = (body.len(), draft.to_owned());
        let future = Box::pin(async move {
            let Some(reply) = read(config, body, host).await? else { return Ok(None) };
            Ok(match asks {
                Asks::Probabilities => Reading::parse(&reply, &draft)?.map(Said::Probabilities),
                _ => Verdict::parse(&reply)?.map(Said::Verdict),
            })
        });
        Reader { asks, asked_at: host.now(), sent_bytes, future }
    }
}

/// The body of what it says; `None` where it refuses what it is asked.
async fn read<H: Host>(config: &Config, body: String, host: &H) -> Result<Option<Vec<u8>>> {
    let call = post(config, "/chat/completions", body)?;
    let mut response = host.call_edge(&call).await?;
    if !(200..300).contains(&response.status) {
        let text = read_error(&mut response.body, config.idle_timeout()).await;
        return match response.status {
            // It knows the words and not what they ask for, or does not know the words.
            400 | 404 | 405 | 422 | 501 => Ok(None),
            status => check_status(status, response.retry_after_s, &text).map(|()| None),
        };
    }
    let mut bytes = Vec::new();
    while let Some(piece) = response.body.next(config.idle_timeout()).await? {
        if host.cancelled() {
            return Err(Error::Aborted);
        }
        bytes.extend(piece);
        if bytes.len() > MAX_READING_BYTES {
            return Err(Error::EdgeProtocol("a reading has no end".to_owned()));
        }
    }
    Ok(Some(bytes))
}
