//! The body of an answer, read as it arrives, whatever it turns out to be.
//!
//! A stream of events was asked for. What comes may be that, under any content type; a whole
//! completion as JSON (GPT4All, proxies that buffer), or JSON line by line; a page in HTML; or
//! nothing. The first bytes tell.

use serde_json::Value;

use super::chunk::{Chunk, ChunkReader};
use super::failure::html_sentence;
use super::json::{mended, parse};
use super::sse::{Event, EventStream};
use crate::{Error, Result};

/// Of a page in HTML, so much is read to tell what it says.
const MAX_HTML_BYTES: usize = 4096;
const MAX_JSON_BYTES: usize = 8 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes in, pieces of an answer out.
#[derive(Debug, Default)]
pub struct ReplyReader {
    kind: Option<Kind>,
    /// Bytes that are not taken apart yet.
    bytes: Vec<u8>,
    /// So many of them are known to hold no line that is a JSON value.
    n_scanned: usize,
    /// JSON values that are no events'.
    n_values: usize,
    events: EventStream,
    chunks: ChunkReader,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Events,
    Json,
    Html,
}

impl ReplyReader {
    /// Takes in a piece of the body; appends what it says to `chunks`.
    ///
    /// # Errors
    /// What the server reports, or `edge_protocol` for what is no answer. Chunks before the error
    /// are kept.
    pub fn push(&mut self, bytes: &[u8], chunks: &mut Vec<Chunk>) -> Result<()> {
        self.bytes.extend_from_slice(bytes);
        if self.kind.is_none() {
            self.kind = kind_of(&self.bytes);
        }
        match self.kind {
            None => Ok(()),
            Some(Kind::Events) => self.take_events(chunks),
            Some(Kind::Json) => self.take_lines(chunks),
            Some(Kind::Html) if self.bytes.len() >= MAX_HTML_BYTES => Err(self.html()),
            Some(Kind::Html) => Ok(()),
        }
    }

    /// The body has ended.
    ///
    /// # Errors
    /// As [`ReplyReader::push`], and where nothing that came was an answer.
    pub fn end(&mut self, chunks: &mut Vec<Chunk>) -> Result<()> {
        match self.kind {
            Some(Kind::Html) => return Err(self.html()),
            Some(Kind::Json) => self.take_rest(chunks)?,
            Some(Kind::Events) | None => {
                let mut events = Vec::new();
                self.events.end(&mut events)?;
                self.take(events, chunks)?;
            }
        }
        if self.chunks.understood() { Ok(()) } else { Err(self.nothing()) }
    }

    /// Whether the body is JSON, so that its end is the answer's.
    pub fn is_json(&self) -> bool {
        self.kind == Some(Kind::Json)
    }

    /// Whether it is one JSON value, which was there in full before its first byte was sent.
    pub fn is_one_body(&self) -> bool {
        self.is_json() && self.n_values == 1
    }

    fn take_events(&mut self, chunks: &mut Vec<Chunk>) -> Result<()> {
        let mut events = Vec::new();
        let parsed = self.events.push(&std::mem::take(&mut self.bytes), &mut events);
        self.take(events, chunks)?;
        parsed
    }

    fn take(&mut self, events: Vec<Event>, chunks: &mut Vec<Chunk>) -> Result<()> {
        events.iter().try_for_each(|event| self.chunks.take_event(&event.name, &event.data, chunks))
    }

    /// Lines that are JSON values by themselves are taken as they come.
    fn take_lines(&mut self, chunks: &mut Vec<Chunk>) -> Result<()> {
        while let Some(n) = self.bytes[self.n_scanned..].iter().position(|byte| *byte == b'\n') {
            let end = self.n_scanned + n + 1;
            // A value over several lines is read once the body has ended.
            let Some(value) = json(&self.bytes[self.n_scanned..end]) else {
                self.n_scanned = end;
                continue;
            };
            if self.bytes[..self.n_scanned].trim_ascii().is_empty() {
                self.bytes.drain(..end);
                (self.n_scanned, self.n_values) = (0, self.n_values + 1);
                self.chunks.take(&value, chunks)?;
            } else {
                self.n_scanned = end;
            }
        }
        if self.bytes.len() > MAX_JSON_BYTES {
            return Err(Error::EdgeProtocol("JSON of more than 8 MiB".to_owned()));
        }
        Ok(())
    }

    fn take_rest(&mut self, chunks: &mut Vec<Chunk>) -> Result<()> {
        let bytes = std::mem::take(&mut self.bytes);
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
        let text = mended(&String::from_utf8_lossy(bytes), &mut None);
        for value in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
            let value = value.map_err(|error| {
                Error::EdgeProtocol(format!("JSON that is broken or cut off ({error})"))
            })?;
            self.n_values += 1;
            self.chunks.take(&value, chunks)?;
        }
        Ok(())
    }

    fn html(&self) -> Error {
        let html = String::from_utf8_lossy(&self.bytes);
        Error::EdgeProtocol(format!("a page in HTML that says “{}”", html_sentence(&html)))
    }

    /// What came instead of an answer.
    fn nothing(&self) -> Error {
        Error::EdgeProtocol(match (self.chunks.strange(), self.events.strange_line()) {
            (Some(json), _) => format!("JSON without an answer, “{json}”"),
            (None, Some(line)) => format!("a text that says “{line}”"),
            (None, None) => "an empty body".to_owned(),
        })
    }
}

/// By the first byte that is neither a mark nor a space; `None` until that has come.
fn kind_of(bytes: &[u8]) -> Option<Kind> {
    let after_mark = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let may_be_mark = BYTE_ORDER_MARK.starts_with(bytes);
    match after_mark.trim_ascii_start().first() {
        None => None,
        Some(_) if may_be_mark => None,
        Some(b'{' | b'[') => Some(Kind::Json),
        Some(b'<') => Some(Kind::Html),
        Some(_) => Some(Kind::Events),
    }
}

fn json(line: &[u8]) -> Option<Value> {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    parse(std::str::from_utf8(line).ok()?, &mut None).ok()
}
