//! The edge as a reader: it is shown what the device has written and says how likely each token is.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;

use super::edge_call::{Sending, post, read_error};
use super::with_answer;
use crate::config::Config;
use crate::dialogue::Message;
use crate::edge::{Reading, check_status, reading_request};
use crate::host::{EdgeBody, Host};
use crate::{Error, Result};

/// vLLM tells of every token of the prompt, some hundred bytes each.
const MAX_READING_BYTES: usize = 4 << 20;

/// What became of a draft that the edge was to read. Times in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DraftRead {
    /// Probability that the edge is needed, before it had read the draft and after.
    pub p_before: f64,
    /// `None` where it could not say.
    pub p: Option<f64>,
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
    pub asked_at: Duration,
    pub sent_bytes: usize,
    pub future: Pin<Box<dyn Future<Output = Result<Option<Reading>>> + 'r>>,
}

impl<'r> Reader<'r> {
    /// Nothing is sent before it is polled.
    pub fn ask<H: Host>(
        config: &'r Config,
        sending: &Sending,
        messages: &[Message],
        draft: &str,
        host: &'r H,
    ) -> Reader<'r> {
        let told = sending.told(&with_answer(messages, draft));
        let body = reading_request(&config.edge, &told);
        let (sent_bytes, draft) = (body.len(), draft.to_owned());
        let future = Box::pin(read(config, body, draft, host));
        Reader { asked_at: host.now(), sent_bytes, future }
    }
}

/// `None` where the edge does not offer it.
async fn read<H: Host>(
    config: &Config,
    body: String,
    draft: String,
    host: &H,
) -> Result<Option<Reading>> {
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
    Reading::parse(&bytes, &draft)
}
