//! Templates as Python's Jinja reads them, where minijinja reads something else.
//!
//! Chat templates are written for Hugging Face's transformers. What it sets up is here: its JSON, its
//! tag for training, Python's escapes in strings, and what counts as iterable.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

pub fn install(environment: &mut Environment) {
    // Neither is Python's None, which templates test `tools` for before they ask for its length.
    environment.add_test("iterable", |value: &Value| !value.is_none() && value.try_iter().is_ok());
    environment.add_filter("length", length);
    environment.add_filter("count", length);
    environment.add_filter("tojson", to_json);
}

/// The same template in minijinja's words: only tags and strings in tags and expressions change;
/// comments, raw blocks and text stay.
pub fn translated(source: &str) -> String {
    // Jinja takes every kind of line end for this one.
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let mut written = String::with_capacity(source.len());
    let mut rest = source.as_str();
    while let Some(start) = opening(rest) {
        written.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = match &rest[..2] {
            "{#" => after(rest, "#}"),
            "{%" if tag_name(rest) == "raw" => raw_end(rest),
            _ => {
                let end = code_end(rest);
                written.push_str(&code(&rest[..end]));
                rest = &rest[end..];
                continue;
            }
        };
        written.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    written + rest
}

/// Where the next tag, expression or comment begins.
fn opening(text: &str) -> Option<usize> {
    text.as_bytes().windows(2).position(|pair| matches!(pair, b"{{" | b"{%" | b"{#"))
}

/// Where `text` has come to the end of `mark`, which may begin behind its first two characters.
fn after(text: &str, mark: &str) -> usize {
    text[2..].find(mark).map_or(text.len(), |at| 2 + at + mark.len())
}

/// The end of the raw block that `text` begins with.
fn raw_end(text: &str) -> usize {
    let mut at = after(text, "%}");
    while let Some(start) = text[at..].find("{%") {
        at += start;
        let end = at + after(&text[at..], "%}");
        if tag_name(&text[at..]) == "endraw" {
            return end;
        }
        at += 2;
    }
    text.len()
}

/// The word that the tag at the beginning of `text` begins with.
fn tag_name(text: &str) -> &str {
    let inside = text[2..].trim_start_matches(['-', '+']).trim_start();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    &inside[..inside.find(|c| !is_word(c)).unwrap_or(inside.len())]
}

/// The end of the tag or expression that `text` begins with. Strings do not end it, nor do the
/// brackets of a mapping within.
fn code_end(text: &str) -> usize {
    let mark = if text.starts_with("{{") { "}}" } else { "%}" };
    let (mut at, mut depth) = (2, 0_usize);
    while let Some(c) = text[at..].chars().next() {
        match c {
            _ if depth == 0 && text[at..].starts_with(mark) => return at + mark.len(),
            '\'' | '"' => at += string_end(&text[at..]) - 1,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += c.len_utf8();
    }
    text.len()
}

/// The end of the string that `text` begins with, behind its quote.
fn string_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != bytes[0] {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// A tag or an expression, with its strings' escapes. `{% generation %}` marks for training what the
/// assistant said; for minijinja it is a scope, as it is for Jinja.
fn code(text: &str) -> String {
    let scope = match tag_name(text) {
        name @ ("generation" | "endgeneration") if text.starts_with("{%") => {
            let scope = if name == "generation" { "with" } else { "endwith" };
            Some(text.replacen(name, scope, 1))
        }
        _ => None,
    };
    let mut rest = scope.as_deref().unwrap_or(text);
    let mut written = String::with_capacity(rest.len());
    while let Some(start) = rest.find(['\'', '"']) {
        let (before, string) = rest.split_at(start);
        let (string, behind) = string.split_at(string_end(string));
        written.push_str(before);
        push_string(&mut written, string);
        rest = behind;
    }
    written + rest
}

/// A string's escapes as minijinja knows them, where Python's mean something else to it.
fn push_string(written: &mut String, string: &str) {
    let mut rest = string;
    while let Some(start) = rest.find('\\') {
        written.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        let Some(escape) = rest.chars().next() else { return written.push('\\') };
        let mut n_bytes = escape.len_utf8();
        match escape {
            '\n' => {}
            'a' => written.push_str("\\x07"),
            'v' => written.push_str("\\x0b"),
            '/' => written.push_str("\\\\/"),
            'U' => match code_point(rest) {
                Some(c) => {
                    n_bytes = 9;
                    written
                        .extend(c.encode_utf16(&mut [0; 2]).iter().map(|u| format!("\\u{u:04x}")));
                }
                None => written.push_str("\\U"),
            },
            _ => written.extend(['\\', escape]),
        }
        rest = &rest[n_bytes..];
    }
    written.push_str(rest);
}

/// Of `U0001F642`.
fn code_point(escape: &str) -> Option<char> {
    char::from_u32(u32::from_str_radix(escape.get(1..9)?, 16).ok()?)
}

/// Python's `len`, to which what is undefined is empty.
fn length(value: &Value) -> Result<usize, Error> {
    let no_length = || format!("cannot calculate length of value of type {}", value.kind());
    match value.is_undefined() {
        true => Ok(0),
        false => value.len().ok_or_else(|| Error::new(ErrorKind::InvalidOperation, no_length())),
    }
}

/// Python's `json.dumps`, with the options and the defaults that transformers gives it.
fn to_json(value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<Value> = options.get("indent")?;
    let indent = match indent.filter(|indent| !indent.is_none()) {
        Some(indent) => Some(match indent.as_str() {
            Some(text) => text.to_owned(),
            None => " ".repeat(usize::try_from(indent)?),
        }),
        None => None,
    };
    let separators: Option<Value> = options.get("separators")?;
    let separator = |index: usize, usual: &str| -> Result<String, Error> {
        match separators.as_ref().filter(|separators| !separators.is_none()) {
            Some(separators) => Ok(separators.get_item_by_index(index)?.to_string()),
            None => Ok(usual.to_owned()),
        }
    };
    let style = Style {
        item: separator(0, if indent.is_some() { "," } else { ", " })?,
        key: separator(1, ": ")?,
        indent,
        sorts: options.get::<Option<bool>>("sort_keys")?.unwrap_or(false),
        is_ascii: options.get::<Option<bool>>("ensure_ascii")?.unwrap_or(false),
    };
    options.assert_all_used()?;
    let mut written = String::new();
    style.write(value, 0, &mut written)?;
    Ok(written)
}

struct Style {
    item: String,
    key: String,
    indent: Option<String>,
    sorts: bool,
    is_ascii: bool,
}

impl Style {
    fn write(&self, value: &Value, depth: usize, written: &mut String) -> Result<(), Error> {
        match value.kind() {
            ValueKind::Map => {
                let mut keys: Vec<Value> = value.try_iter()?.collect();
                if self.sorts {
                    keys.sort();
                }
                self.write_all(['{', '}'], &keys, depth, written, |key, written| {
                    match key.as_str() {
                        Some(key) => self.write_text(key, written),
                        None => self.write_text(&serialized(key)?, written),
                    }
                    written.push_str(&self.key);
                    self.write(&value.get_item(key)?, depth + 1, written)
                })
            }
            ValueKind::Seq | ValueKind::Iterable => {
                let items: Vec<Value> = value.try_iter()?.collect();
                self.write_all(['[', ']'], &items, depth, written, |item, written| {
                    self.write(item, depth + 1, written)
                })
            }
            ValueKind::String => {
                self.write_text(value.as_str().unwrap_or_default(), written);
                Ok(())
            }
            ValueKind::None | ValueKind::Bool | ValueKind::Number => {
                written.push_str(&serialized(value)?);
                Ok(())
            }
            kind => Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("a value of type {kind} is not JSON serializable"),
            )),
        }
    }

    fn write_all(
        &self,
        [opens, closes]: [char; 2],
        items: &[Value],
        depth: usize,
        written: &mut String,
        mut write: impl FnMut(&Value, &mut String) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let line =
            |depth: usize| self.indent.as_ref().map(|indent| format!("\n{}", indent.repeat(depth)));
        written.push(opens);
        for (index, item) in items.iter().enumerate() {
            written.push_str(if index > 0 { &self.item } else { "" });
            written.extend(line(depth + 1));
            write(item, written)?;
        }
        written.extend(line(depth).filter(|_| !items.is_empty()));
        written.push(closes);
        Ok(())
    }

    fn write_text(&self, text: &str, written: &mut String) {
        let quoted = serde_json::Value::from(text).to_string();
        for c in quoted.chars() {
            match self.is_ascii && !c.is_ascii() {
                true => written
                    .extend(c.encode_utf16(&mut [0; 2]).iter().map(|u| format!("\\u{u:04x}"))),
                false => written.push(c),
            }
        }
    }
}

fn serialized(value: &Value) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| {
        Error::new(ErrorKind::InvalidOperation, "cannot serialize to JSON").with_source(error)
    })
}
