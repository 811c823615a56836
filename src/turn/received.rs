//! What has come of a request to the edge so far: what it says, what it counts, and when.

use std::time::Duration;

use crate::edge::{Chunk, Finish, Usage};
use crate::host::EdgeHints;
use crate::routing::{Repetition, Transfers};
use crate::{Error, Result};

/// Pieces of text that are longer than this on average are more than a token each.
const MOST_TOKEN_BYTES: usize = 8;
/// What a token of such a text has, about.
const TOKEN_BYTES: usize = 4;
/// An answer whose text came in fewer arrivals was kept back on the way, unless it is short.
const MIN_ARRIVALS: usize = 3;
const MIN_TOKENS: usize = 16;
/// A pause after which nothing was waiting to be read, so that what comes next came since.
const DRAINED: Duration = Duration::from_millis(5);
/// A stretch of a stream that is shorter tells more of the clock than of the link.
const STRETCH: Duration = Duration::from_millis(30);

/// What has come out of the answer so far.
#[derive(Default)]
pub(super) struct Received {
    pub hints: EdgeHints,
    /// Of the request and of the response.
    pub n_bytes: usize,
    pub first_text: Option<Duration>,
    pub last_text: Option<Duration>,
    pub finish: Option<Finish>,
    pub usage: Usage,
    /// The stream says that it has ended.
    pub ended: bool,
    /// What was said and nobody has taken yet: text, thinking, refusals and calls of tools.
    pub waiting: Vec<Chunk>,
    request_bytes: usize,
    asked_at: Duration,
    opened_at: Option<Duration>,
    n_pieces: usize,
    n_piece_bytes: usize,
    /// Arrivals that brought text.
    n_arrivals: usize,
    /// Whether anything was an answer: not thinking alone.
    answered: bool,
    /// Pieces of the answer itself.
    n_answer_pieces: usize,
    repetition: Repetition,
    /// Whether what is said goes round in circles.
    repeats: bool,
    whole: bool,
    arrivals: Arrivals,
}

/// When the body's bytes came.
#[derive(Default)]
struct Arrivals {
    first: Option<Duration>,
    last: Duration,
    n_later_bytes: usize,
    /// A stretch before which nothing was waiting: since when, and its bytes.
    stretch: Option<(Duration, usize)>,
    fastest_bytes_per_s: Option<f64>,
}

impl Received {
    /// A request of so many bytes leaves.
    pub fn ask(&mut self, request_bytes: usize, now: Duration) {
        self.n_bytes += request_bytes;
        (self.request_bytes, self.asked_at) = (request_bytes, now);
    }

    /// The response's head is there.
    pub fn open(&mut self, hints: EdgeHints, now: Duration) {
        self.hints = hints;
        self.opened_at = Some(now);
        self.arrivals = Arrivals::default();
    }

    pub fn opened_at(&self) -> Option<Duration> {
        self.opened_at
    }

    /// Takes in an arrival of so many bytes, and what it says. Tools may be asked for if they are
    /// `offered`.
    pub fn take(
        &mut self,
        n_bytes: usize,
        chunks: Vec<Chunk>,
        offered: bool,
        now: Duration,
    ) -> Result<()> {
        self.n_bytes += n_bytes;
        self.arrivals.note(n_bytes, now);
        let n_before = self.n_pieces;
        for chunk in chunks {
            self.take_chunk(chunk, offered)?;
        }
        if self.n_pieces > n_before {
            self.first_text.get_or_insert(now);
            self.last_text = Some(now);
            self.n_arrivals += 1;
        }
        Ok(())
    }

    fn take_chunk(&mut self, chunk: Chunk, offered: bool) -> Result<()> {
        let n_bytes = match &chunk {
            Chunk::Finish(finish) => {
                self.finish = Some(self.finish.map_or(*finish, |known| known.and(*finish)));
                return Ok(());
            }
            Chunk::Usage(usage) => {
                self.usage.add(*usage);
                return Ok(());
            }
            Chunk::End => {
                self.ended = true;
                return Ok(());
            }
            Chunk::Logprobs(_) => {
                self.waiting.push(chunk);
                return Ok(());
            }
            Chunk::ToolCall(call) if !offered => {
                let name = call.pointer("/function/name").or(call.get("name"));
                let name = name.and_then(|name| name.as_str()).unwrap_or("unnamed");
                return Err(Error::EdgeToolCall(name.to_owned()));
            }
            Chunk::ToolCall(call) => call.to_string().len(),
            Chunk::Text(text) | Chunk::Thinking(text) | Chunk::Refusal(text) => text.len(),
        };
        let thinks = matches!(chunk, Chunk::Thinking(_));
        self.answered |= !thinks;
        self.n_answer_pieces += usize::from(!thinks);
        if let Chunk::Text(text) | Chunk::Thinking(text) = &chunk
            && self.repetition.push(text).is_some()
        {
            self.repeats = true;
            self.cut(Finish::Stop);
        }
        self.n_pieces += 1;
        self.n_piece_bytes += n_bytes;
        self.waiting.push(chunk);
        Ok(())
    }

    /// No more of the answer is wanted; dropping the body ends the request.
    pub fn cut(&mut self, finish: Finish) {
        self.finish.get_or_insert(finish);
        self.ended = true;
    }

    pub fn n_answer_pieces(&self) -> usize {
        self.n_answer_pieces
    }

    /// Whether it was cut because it goes round in circles.
    pub fn repeats(&self) -> bool {
        self.repeats
    }

    /// Of the request that is answered.
    pub fn request_bytes(&self) -> usize {
        self.request_bytes
    }

    /// The body was one that had been written in full before it was sent.
    pub fn note_whole(&mut self) {
        self.whole = true;
    }

    /// Whether the edge has said something that is an answer.
    pub fn answered(&self) -> bool {
        self.answered
    }

    /// Share of the prompt that the edge found in its cache; `None` if it does not say.
    pub fn cached_share(&self) -> Option<f64> {
        let n_prompt = self.usage.prompt_tokens.filter(|n_prompt| *n_prompt > 0)?;
        Some((self.usage.cached_tokens? as f64 / n_prompt as f64).min(1.0))
    }

    /// As the edge counts them; or one for each piece of text, unless these are too long for that.
    pub fn n_tokens(&self) -> usize {
        let by_pieces = match self.n_piece_bytes > MOST_TOKEN_BYTES * self.n_pieces {
            true => self.n_piece_bytes.div_ceil(TOKEN_BYTES),
            false => self.n_pieces,
        };
        self.usage.completion_tokens.unwrap_or(by_pieces)
    }

    /// Whether the text came as it was written, so that its pace is the edge's.
    pub fn came_as_written(&self) -> bool {
        self.n_arrivals >= MIN_ARRIVALS || self.n_tokens() < MIN_TOKENS
    }

    /// How long the edge took from the request to its first word, in seconds.
    pub fn first_word_s(&self) -> Option<f64> {
        Some(super::seconds(self.asked_at, self.first_text?))
    }

    /// What the transfers took; `None` until the response's head has come.
    pub fn transfers(&self) -> Option<Transfers> {
        let opened_at = self.opened_at?;
        let arrivals = &self.arrivals;
        let later = arrivals.first.map(|first| super::seconds(first, arrivals.last));
        Some(Transfers {
            sent_bytes: self.request_bytes,
            head_s: super::seconds(self.asked_at, opened_at),
            computed_s: self.first_text.map_or(0.0, |first| super::seconds(opened_at, first)),
            whole: later.filter(|_| self.whole).map(|later_s| (arrivals.n_later_bytes, later_s)),
            fastest_bytes_per_s: arrivals.fastest_bytes_per_s,
        })
    }
}

impl Arrivals {
    fn note(&mut self, n_bytes: usize, now: Duration) {
        let Some(_) = self.first else {
            (self.first, self.last) = (Some(now), now);
            return;
        };
        self.n_later_bytes += n_bytes;
        let drained = now.saturating_sub(self.last) >= DRAINED;
        let over = self.stretch.is_none_or(|(since, _)| self.last.saturating_sub(since) >= STRETCH);
        if drained && over {
            self.stretch = Some((self.last, 0));
        }
        self.last = now;
        let Some((since, n_before)) = &mut self.stretch else { return };
        *n_before += n_bytes;
        let took = now.saturating_sub(*since);
        if took >= STRETCH {
            let bytes_per_s = *n_before as f64 / took.as_secs_f64();
            let fastest = self.fastest_bytes_per_s.get_or_insert(bytes_per_s);
            *fastest = fastest.max(bytes_per_s);
        }
    }
}
