//! Turns token bytes into text that can be shown: no half characters, no part of a stop text.

/// Collects bytes and hands out text once nothing can still change it.
#[derive(Debug, Default)]
pub struct TextStream {
    stop: Vec<String>,
    /// The end of a character that has not fully arrived.
    bytes: Vec<u8>,
    /// Text that may be the beginning of a stop text.
    held: String,
    stopped: bool,
    /// Whether white space that comes now belongs to the format.
    skips_space: bool,
}

impl TextStream {
    /// `stop` are texts that end the stream; none of them is empty.
    pub fn new(stop: Vec<String>) -> TextStream {
        TextStream { stop, ..TextStream::default() }
    }

    /// Without the spaces that the text begins with.
    pub fn without_first_spaces(self) -> TextStream {
        TextStream { skips_space: true, ..self }
    }

    /// Adds a token's bytes and returns the text that is now certain. Bytes that can never become
    /// UTF-8 turn into U+FFFD.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        if self.stopped {
            return String::new();
        }
        self.bytes.extend_from_slice(bytes);
        let complete = take_complete(&mut self.bytes);
        let shown = if self.skips_space { complete.trim_start_matches(' ') } else { &complete };
        self.skips_space &= shown.is_empty();
        self.held.push_str(shown);
        if let Some(at) = self.stop.iter().filter_map(|stop| self.held.find(stop)).min() {
            self.stopped = true;
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let n_held = self.stop.iter().map(|stop| open_end(&self.held, stop)).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - n_held);
        std::mem::replace(&mut self.held, rest)
    }

    /// Whether a stop text has appeared; the stream gives no more text.
    pub fn stopped(&self) -> bool {
        self.stopped
    }

    /// What is still held, at the end of the answer. An unfinished character is dropped.
    pub fn flush(&mut self) -> String {
        self.bytes.clear();
        std::mem::take(&mut self.held)
    }
}

/// Removes all but an unfinished last character from `bytes`.
fn take_complete(bytes: &mut Vec<u8>) -> String {
    let mut text = String::new();
    let mut n_taken = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        n_taken += chunk.valid().len();
        let invalid = chunk.invalid();
        let at_end = n_taken + invalid.len() == bytes.len();
        if at_end && may_become_char(invalid) {
            break;
        }
        if !invalid.is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
            n_taken += invalid.len();
        }
    }
    bytes.drain(..n_taken);
    text
}

/// Whether `bytes`, not valid by themselves, are the beginning of a valid character.
fn may_become_char(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// The length of the longest end of `text` that begins `stop`, in bytes.
fn open_end(text: &str, stop: &str) -> usize {
    let longest = text.len().min(stop.len() - 1);
    (1..=longest)
        .rev()
        .find(|&n| stop.is_char_boundary(n) && text.ends_with(&stop[..n]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes the pieces and compares what comes out after each, and at the end.
    fn check(stop: &[&str], steps: &[(&[u8], &str)], flushed: &str) {
        let mut stream = TextStream::new(stop.iter().map(|&s| s.to_owned()).collect());
        for (bytes, text) in steps {
            assert_eq!(stream.push(bytes), *text, "after {bytes:?}");
        }
        assert_eq!(stream.flush(), flushed);
    }

    #[test]
    fn characters_are_never_cut() {
        check(&[], &[(b"a\xF0", "a"), (b"\x9F\x99", ""), (b"\x82b", "🙂b")], "");
        check(&[], &[(b"\xE2\x82", "")], "");
        check(&[], &[(b"\xFF", "\u{FFFD}"), (b"\xE2x", "\u{FFFD}x")], "");
        check(&[], &[(b"\xE2", ""), (b"\xE2", "\u{FFFD}"), (b"\x82\xAC", "€")], "");
    }

    #[test]
    fn stop_texts_are_seen_across_tokens() {
        check(&["END"], &[(b"x E", "x "), (b"N", ""), (b"D more", "")], "");
        check(&["END"], &[(b"x E", "x "), (b"N", ""), (b"!", "EN!")], "");
        check(&["END"], &[(b"E", ""), (b"E", "E"), (b"ND", "")], "");
        check(&["END"], &[(b"EN", "")], "EN");
        check(&["\nUser:", "\n\n"], &[(b"a\n", "a"), (b"b\nUser", "\nb"), (b": x", "")], "");
        check(&["bc", "abcd"], &[(b"a", ""), (b"b", ""), (b"c", "a")], "");
        check(&["é"], &[(b"x\xC3", "x"), (b"\xA9y", "")], "");
    }

    #[test]
    fn the_formats_own_space_is_not_shown() {
        let mut stream = TextStream::new(vec!["\nUser:".to_owned()]).without_first_spaces();
        let texts = [" ", " It", " is", "\nUser", ": no"].map(|text| stream.push(text.as_bytes()));
        assert_eq!(texts, ["", "It", " is", "", ""]);
        assert!(stream.stopped());
    }

    #[test]
    fn nothing_follows_a_stop_text() {
        let mut stream = TextStream::new(vec!["<end>".to_owned()]);
        assert_eq!(stream.push(b"yes<end>no"), "yes");
        assert!(stream.stopped());
        assert_eq!(stream.push(b"no") + &stream.flush(), "");
    }
}
