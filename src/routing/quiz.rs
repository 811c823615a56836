//! A short quiz: checkable questions by whose answers the router learns how able a model is.
//!
//! The questions are those of train/everyday that tell most of abilities, `train/everyday/quiz.py` picks them;
//! models/quiz.json has them. Each has an answer that a few words or a number can be compared with.

use std::sync::LazyLock;

use serde::Deserialize;

/// Longest answer to a question, in tokens.
pub const MAX_ANSWER_TOKENS: usize = 64;

static QUESTIONS: LazyLock<Vec<Question>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../models/quiz.json")).expect("a test reads it too")
});

/// A question, and what its answer must have.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub prompt: String,
    check: Check,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Check {
    /// One of these is in the answer as whole words.
    Says { value: Vec<String> },
    /// Of `labels`, the one that is named first is `value`.
    Label { value: String, labels: Vec<String> },
    /// The last number of the answer.
    Number { value: f64 },
}

/// All of them, in the order in which they are asked.
pub fn questions() -> &'static [Question] {
    &QUESTIONS
}

/// Results as a catalogue or a manifest has them, `1` for right and `0` for wrong; `None` where it is neither,
/// or has more of them than there are questions.
pub fn results(text: &str) -> Option<Vec<bool>> {
    let results: Option<Vec<bool>> = text
        .chars()
        .map(|digit| match digit {
            '0' => Some(false),
            '1' => Some(true),
            _ => None,
        })
        .collect();
    results.filter(|results| results.len() <= QUESTIONS.len())
}

impl Question {
    pub fn is_right(&self, answer: &str) -> bool {
        match &self.check {
            Check::Says { value } => value.iter().any(|one| place_of(one, answer).is_some()),
            Check::Label { value, labels } => {
                let places = labels.iter().filter_map(|one| Some((place_of(one, answer)?, one)));
                places.min().is_some_and(|(_, first)| first == value)
            }
            Check::Number { value } => {
                last_number(answer).is_some_and(|found| (found - value).abs() < 1e-9)
            }
        }
    }
}

/// Where `one` stands in `text` as whole words, in any case.
fn place_of(one: &str, text: &str) -> Option<usize> {
    let (one, text) = (plain(one), plain(text));
    let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    text.match_indices(&one).map(|(at, _)| at).find(|&at| {
        !is_word(text[..at].chars().next_back()) && !is_word(text[at + one.len()..].chars().next())
    })
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace('’', "'")
}

/// The last number of a text; `1,200` is one, and so is the first half of `3-4`.
pub fn last_number(text: &str) -> Option<f64> {
    let text = text.replace(['−', '–'], "-");
    let mut end = text.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let start = text[..end]
        .rfind(|letter: char| !(letter.is_ascii_digit() || matches!(letter, ',' | '.')))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    // A list, `1, 2`, has spaces; `.5` has no digit before its point.
    let start = start + text[start..end].find(|letter: char| letter.is_ascii_digit())?;
    if let Some(second) = text[start..end].match_indices('.').nth(1) {
        end = start + second.0;
    }
    let before = text[..start].chars().rev().take(2).collect::<Vec<_>>();
    let negative = before.first() == Some(&'-')
        && !before.get(1).is_some_and(|letter| letter.is_alphanumeric());
    let value: f64 = text[start..end].replace(',', "").parse().ok()?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quiz_is_one() {
        assert!((16..=48).contains(&questions().len()));
        for question in questions() {
            assert!(!question.prompt.is_empty());
            assert!(!question.is_right("I do not know."), "{}", question.prompt);
        }
    }

    #[test]
    fn checks() {
        let check = |json: &str, answer: &str| {
            let check = serde_json::from_str(json).unwrap();
            Question { prompt: String::new(), check }.is_right(answer)
        };
        let says = r#"{"type":"says","value":["Lima"]}"#;
        assert!(check(says, "It is **lima**."));
        assert!(!check(says, "Limassol") && !check(says, ""));
        let label = r#"{"type":"label","value":"cold","labels":["hot","cold"]}"#;
        assert!(
            check(label, "Cold, not hot.") && !check(label, "Hot, not cold.") && !check(label, "?")
        );
        let number = r#"{"type":"number","value":1200}"#;
        assert!(check(number, "3 + 4 is not it; it is 1,200.") && !check(number, "1200 or 7"));
    }

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("", None),
            ("none", None),
            ("It is 42.", Some(42.0)),
            ("x = -7", Some(-7.0)),
            ("from 3-4", Some(4.0)),
            ("1, 2, 3", Some(3.0)),
            ("$1,250.50!", Some(1250.5)),
            ("0.5 kg", Some(0.5)),
            ("version 1.2.3", Some(1.2)),
        ] {
            assert_eq!(last_number(text), expected, "{text}");
        }
    }

    #[test]
    fn results_are_ones_and_zeros() {
        assert_eq!(results("101"), Some(vec![true, false, true]));
        assert_eq!(results(""), Some(Vec::new()));
        assert_eq!(results("1x"), None);
        assert_eq!(results(&"1".repeat(1000)), None);
    }
}
