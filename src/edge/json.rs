//! JSON as servers write it, which is not always JSON.
//!
//! Some cut a text between the two halves of a character beyond the sixteenth bit, so that each of two
//! events ends or begins with half a pair of escapes; Python writes `NaN` and `Infinity`. Neither is
//! a reason to lose an answer. What is no JSON at all stays an error.

use serde_json::Value;

/// Reads a value. A first half at the end of a text is kept in `half`, and joined with the second half
/// that comes with a later value.
pub fn parse(text: &str, half: &mut Option<u16>) -> serde_json::Result<Value> {
    serde_json::from_str(text).or_else(|error| {
        let mut kept = *half;
        let value = serde_json::from_str(&mended(text, &mut kept)).map_err(|_| error)?;
        *half = kept;
        Ok(value)
    })
}

/// The same with halves joined or replaced, and `null` for what is no number. JSON stays as it is.
pub fn mended(text: &str, half: &mut Option<u16>) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_text = false;
    while let Some(next) = rest.chars().next() {
        let n_taken = match next {
            '\\' if in_text => mend_escape(rest, half, &mut written),
            'N' | 'I' | '-' if !in_text => mend_number(rest, next, &mut written),
            _ => {
                in_text ^= next == '"';
                written.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[n_taken..];
    }
    written
}

/// Takes up the escape that `rest` begins with; gives its length.
fn mend_escape(rest: &str, half: &mut Option<u16>, written: &mut String) -> usize {
    let is_first = |unit: u16| (0xd800..0xdc00).contains(&unit);
    let is_second = |unit: u16| (0xdc00..0xe000).contains(&unit);
    let n_taken = match escaped_unit(rest) {
        None => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        Some(unit) if is_first(unit) && escaped_unit(&rest[6..]).is_some_and(is_second) => 12,
        Some(unit) if is_first(unit) && rest[6..].starts_with('"') => {
            *half = Some(unit);
            return 6;
        }
        Some(unit) if is_first(unit) || is_second(unit) => {
            let first = half.take().filter(|_| is_second(unit));
            *written +=
                &first.map_or("\\ufffd".to_owned(), |first| format!("\\u{first:04x}\\u{unit:04x}"));
            return 6;
        }
        Some(_) => 6,
    };
    *written += &rest[..n_taken];
    n_taken
}

fn mend_number(rest: &str, next: char, written: &mut String) -> usize {
    let no_numbers = ["NaN", "Infinity", "-Infinity", "-NaN"];
    match no_numbers.iter().find(|word| rest.starts_with(**word)) {
        Some(word) => {
            *written += "null";
            word.len()
        }
        None => {
            written.push(next);
            1
        }
    }
}

/// The unit of UTF-16 that the text begins with as an escape.
fn escaped_unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[&str], expected: &[&str]) {
        let mut half = None;
        let read: Vec<String> =
            texts.iter().map(|text| parse(text, &mut half).unwrap().to_string()).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn halves_of_a_character_are_joined_or_replaced() {
        check(
            &[r#"{"c":"a \ud83d"}"#, r#"{"c":"\ude42 b"}"#],
            &[r#"{"c":"a "}"#, r#"{"c":"🙂 b"}"#],
        );
        // What comes between them says nothing of it.
        check(&[r#"["\ud83d"]"#, "{}", r#"["\ude42"]"#], &[r#"[""]"#, "{}", r#"["🙂"]"#]);
        check(&[r#"["\ude42"]"#], &["[\"\u{fffd}\"]"]);
        check(
            &[r#"["\ud83d and on", "\ud83d\ude42\\ud83d"]"#],
            &["[\"\u{fffd} and on\",\"🙂\\\\ud83d\"]"],
        );
    }

    #[test]
    fn what_is_no_number_is_null() {
        check(
            &[r#"{"a":NaN,"b":[-Infinity,Infinity,-1.5],"c":"NaN, -Infinity \"NaN"}"#],
            &[r#"{"a":null,"b":[null,null,-1.5],"c":"NaN, -Infinity \"NaN"}"#],
        );
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for text in ["", "{", "Nat", "{\"a\":\"\\ud8", "[\"\\ud83d\"", "\"\\"] {
            assert!(parse(text, &mut None).is_err(), "{text}");
        }
    }
}
