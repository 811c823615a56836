//! Server-sent events, parsed as they arrive.
//!
//! As the WHATWG HTML standard has them, section 9.2: a byte order mark is ignored, lines end in CR,
//! LF or CRLF, comments and unknown fields are skipped, several `data` lines are one text, pieces are
//! cut anywhere, also inside a character. Two things go beyond it, since servers do them: `error` is a
//! field (llama.cpp wrote so), and the last event counts also where its blank line is missing.

use crate::{Error, Result};

/// A stream whose single event is longer than this is not a chat.
const MAX_EVENT_BYTES: usize = 1 << 20;
/// Of a line that is no field, so many characters are kept to tell what came.
const MAX_STRANGE_CHARS: usize = 60;

/// One event that has data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `event:`, or `error` where the data came in a field of that name; empty if it has none.
    pub name: String,
    pub data: String,
}

/// An incremental parser: bytes in, events out.
#[derive(Debug, Default)]
pub struct EventStream {
    /// Bytes of a line whose end has not come yet.
    line: Vec<u8>,
    /// The event whose blank line has not come yet.
    name: String,
    data: Option<String>,
    /// The last byte was a CR: an LF right after it belongs to the same break.
    after_cr: bool,
    /// A line has ended.
    begun: bool,
    strange: Option<String>,
}

impl EventStream {
    /// Takes in a piece of the body; appends what it completes to `events`.
    ///
    /// # Errors
    /// `edge_protocol` for an endless event or what is no UTF-8.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<()> {
        for &byte in bytes {
            let follows_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if follows_cr => {}
                b'\n' | b'\r' => self.end_line(events)?,
                _ => self.line.push(byte),
            }
        }
        if self.line.len() + self.data.as_ref().map_or(0, String::len) > MAX_EVENT_BYTES {
            return Err(Error::EdgeProtocol("an event longer than 1 MiB".to_owned()));
        }
        Ok(())
    }

    /// The body has ended: what it lacks at its end is only line breaks.
    pub fn end(&mut self, events: &mut Vec<Event>) -> Result<()> {
        if !self.line.is_empty() {
            self.end_line(events)?;
        }
        self.end_event(events);
        Ok(())
    }

    /// The beginning of the first line that is no field of an event; it was skipped.
    pub fn strange_line(&self) -> Option<&str> {
        self.strange.as_deref()
    }

    fn end_line(&mut self, events: &mut Vec<Event>) -> Result<()> {
        let line = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&line)
            .map_err(|_| Error::EdgeProtocol("a line that is not UTF-8".to_owned()))?;
        let line = match std::mem::replace(&mut self.begun, true) {
            true => line,
            false => line.strip_prefix('\u{feff}').unwrap_or(line),
        };
        if line.is_empty() {
            self.end_event(events);
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.add_data(value),
            "error" => {
                self.name = "error".to_owned();
                self.add_data(value);
            }
            "event" => self.name = value.to_owned(),
            // A comment, or a field that a chat does not need.
            "" | "id" | "retry" => {}
            _ => {
                let begin = || line.chars().take(MAX_STRANGE_CHARS).collect();
                self.strange.get_or_insert_with(begin);
            }
        }
        Ok(())
    }

    fn add_data(&mut self, value: &str) {
        match &mut self.data {
            None => self.data = Some(value.to_owned()),
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
        }
    }

    /// An event without data, or with nothing in it, only keeps the connection alive.
    fn end_event(&mut self, events: &mut Vec<Event>) {
        let name = std::mem::take(&mut self.name);
        if let Some(data) = self.data.take().filter(|data| !data.trim().is_empty()) {
            events.push(Event { name, data });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pieces: &[&[u8]]) -> Result<Vec<Event>> {
        let mut stream = EventStream::default();
        let mut events = Vec::new();
        for piece in pieces {
            stream.push(piece, &mut events)?;
        }
        stream.end(&mut events)?;
        Ok(events)
    }

    /// Gives the same events wherever the body is cut.
    #[track_caller]
    fn check(body: &str, expected: &[(&str, &str)]) {
        let bytes = body.as_bytes();
        for cut in 0..=bytes.len() {
            let events = parse(&[&bytes[..cut], &bytes[cut..]]).unwrap();
            let found: Vec<(&str, &str)> =
                events.iter().map(|event| (&*event.name, &*event.data)).collect();
            assert_eq!(found, expected, "cut at {cut}: {body:?}");
        }
        let each: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(parse(&each).unwrap(), parse(&[bytes]).unwrap(), "byte by byte: {body:?}");
    }

    #[test]
    fn events_are_as_the_standard_has_them() {
        check("data: a\n\ndata: b\n\n", &[("", "a"), ("", "b")]);
        check("data: a\r\rdata: b\r\r", &[("", "a"), ("", "b")]);
        check("data: a\r\n\r\ndata: b\r\n\r\n", &[("", "a"), ("", "b")]);
        check("data: a\n\r\ndata: b\r\n\n", &[("", "a"), ("", "b")]);
        check("\u{feff}data: é🙂\n\n", &[("", "é🙂")]);
        check("\u{feff}: hello\n\ndata: a\n\n", &[("", "a")]);
        check("data: \u{feff}a\n\n", &[("", "\u{feff}a")]);
        check(": ping\n\n:\n\ndata:a\n\n", &[("", "a")]);
        check("data: a\ndata:\ndata:  b\n\n", &[("", "a\n\n b")]);
        check("foo: bar\nfoo\nid: 7\nretry: 10\ndata: a\nfoo: bar\n\n", &[("", "a")]);
        check("event: error\ndata: a\n\ndata: b\n\n", &[("error", "a"), ("", "b")]);
        check("event: ping\n\ndata\n\ndata: \n\ndata: a\n\n", &[("", "a")]);
        check("error: {\"code\":400}\n\n", &[("error", "{\"code\":400}")]);
        check("data: a\n\ndata: [DONE]", &[("", "a"), ("", "[DONE]")]);
        check("", &[]);
    }

    #[test]
    fn what_was_skipped_is_told() {
        let mut stream = EventStream::default();
        stream.push(b"Internal Server Error\n\n", &mut Vec::new()).unwrap();
        assert_eq!(stream.strange_line(), Some("Internal Server Error"));
    }

    #[test]
    fn what_cannot_be_a_chat_is_an_error() {
        assert_eq!(parse(&[b"data: \xff\xfe\n\n"]).unwrap_err().code(), "edge_protocol");
        let endless = vec![b'a'; MAX_EVENT_BYTES + 1];
        assert_eq!(parse(&[&endless]).unwrap_err().code(), "edge_protocol");
        let lines = b"data: 0123456789\n".repeat(MAX_EVENT_BYTES / 10);
        assert_eq!(parse(&[&lines]).unwrap_err().code(), "edge_protocol");
    }
}
