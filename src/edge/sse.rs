//! The event stream of a chat completion, parsed as it arrives.
//!
//! Server-sent events as in the WHATWG HTML standard, section 9.2, as far as
//! OpenAI-compatible servers use them: `data:` lines, blank lines between
//! events, comments, CR, LF or CRLF, pieces cut anywhere, also inside a
//! character.

use serde::Deserialize;

use crate::{Error, Result};

/// A stream whose single event is longer than this is not a chat.
const MAX_EVENT_BYTES: usize = 1 << 20;

/// One meaningful piece of the stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Chunk {
    Text(String),
    /// OpenAI's `finish_reason`.
    Finish(String),
    Usage(Usage),
    /// `[DONE]`.
    End,
}

/// Token counts as the edge reports them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub struct Usage {
    #[serde(default)]
    pub prompt_tokens: usize,
    #[serde(default)]
    pub completion_tokens: usize,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<usize>,
}

impl Usage {
    /// Prompt tokens that the edge's prefix cache spared; `None` if it does not say.
    pub fn cached_tokens(&self) -> Option<usize> {
        self.prompt_tokens_details.and_then(|details| details.cached_tokens)
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
}

/// An incremental parser: bytes in, chunks out.
#[derive(Debug, Default)]
pub struct EventStream {
    /// Bytes of a line whose end has not come yet.
    line: Vec<u8>,
    /// `data` of the event whose blank line has not come yet.
    data: String,
    /// The last byte was a CR: an LF right after it belongs to the same break.
    after_cr: bool,
}

impl EventStream {
    pub fn new() -> EventStream {
        EventStream::default()
    }

    /// Takes in a piece of the body; appends what it completes to `chunks`.
    ///
    /// # Errors
    /// `edge_protocol` if it is no such stream, `edge_failed` if the edge
    /// reports an error inside it. Chunks before the error are kept.
    pub fn push(&mut self, bytes: &[u8], chunks: &mut Vec<Chunk>) -> Result<()> {
        for &byte in bytes {
            let follows_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if follows_cr => {}
                b'\n' | b'\r' => self.end_line(chunks)?,
                _ => self.line.push(byte),
            }
        }
        if self.line.len() + self.data.len() > MAX_EVENT_BYTES {
            return Err(Error::EdgeProtocol("an event longer than 1 MiB".to_owned()));
        }
        Ok(())
    }

    fn end_line(&mut self, chunks: &mut Vec<Chunk>) -> Result<()> {
        let line = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&line)
            .map_err(|_| Error::EdgeProtocol("a line that is not UTF-8".to_owned()))?;
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return if data.is_empty() { Ok(()) } else { parse_event(&data, chunks) };
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        match field {
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value.strip_prefix(' ').unwrap_or(value));
                Ok(())
            }
            // A comment, or a field that a chat does not need.
            "" | "event" | "id" | "retry" => Ok(()),
            _ => Err(Error::EdgeProtocol(format!(
                "an unexpected line: {}",
                line.chars().take(60).collect::<String>()
            ))),
        }
    }
}

fn parse_event(data: &str, chunks: &mut Vec<Chunk>) -> Result<()> {
    if data.trim() == "[DONE]" {
        chunks.push(Chunk::End);
        return Ok(());
    }
    let body: Body = serde_json::from_str(data)
        .map_err(|error| Error::EdgeProtocol(format!("an event that is not a chunk ({error})")))?;
    if let Some(error) = body.error {
        let message = error.pointer("/message").and_then(|message| message.as_str());
        let message = message.map_or_else(|| error.to_string(), str::to_owned);
        return Err(Error::EdgeFailed { status: 200, message });
    }
    if let Some(choice) = body.choices.into_iter().next() {
        match choice.delta.and_then(|delta| delta.content) {
            Some(text) if !text.is_empty() => chunks.push(Chunk::Text(text)),
            _ => {}
        }
        if let Some(reason) = choice.finish_reason {
            chunks.push(Chunk::Finish(reason));
        }
    }
    if let Some(usage) = body.usage {
        chunks.push(Chunk::Usage(usage));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        ": a comment\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n",
        "event: message\ndata:{\"choices\":[{\"delta\":{\"content\":\"né 🙂\"}}]}\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\
         \"prompt_tokens_details\":{\"cached_tokens\":3}}}\n\n",
        "data: [DONE]\n\n",
    );

    fn parse(pieces: &[&[u8]]) -> Result<Vec<Chunk>> {
        let mut stream = EventStream::new();
        let mut chunks = Vec::new();
        for piece in pieces {
            stream.push(piece, &mut chunks)?;
        }
        Ok(chunks)
    }

    #[test]
    fn every_cut_gives_the_same_chunks() {
        let bytes = STREAM.as_bytes();
        let whole = parse(&[bytes]).unwrap();
        assert_eq!(whole[0], Chunk::Text("né 🙂".to_owned()));
        assert_eq!(whole[1], Chunk::Finish("stop".to_owned()));
        let Chunk::Usage(usage) = whole[2] else { panic!("{whole:?}") };
        assert_eq!((usage.prompt_tokens, usage.cached_tokens()), (5, Some(3)));
        assert_eq!(whole[3..], [Chunk::End]);
        for cut in 0..bytes.len() {
            assert_eq!(parse(&[&bytes[..cut], &bytes[cut..]]).unwrap(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn what_is_no_event_stream_is_an_error() {
        let check = |text: &str, code: &str| {
            let error = parse(&[text.as_bytes()]).expect_err(text);
            assert_eq!(error.code(), code, "{text}");
        };
        check("<html>\n<body>\n\n", "edge_protocol");
        check("data: {not json}\n\n", "edge_protocol");
        check("data: [1,2]\n\n", "edge_protocol");
        check("data: {\"error\":{\"message\":\"out of memory\"}}\n\n", "edge_failed");
        assert_eq!(parse(&[b"data: \xff\xfe\n\n"]).unwrap_err().code(), "edge_protocol");
        let endless = vec![b'a'; MAX_EVENT_BYTES + 1];
        assert_eq!(parse(&[&endless]).unwrap_err().code(), "edge_protocol");
    }
}
