//! What can be seen to be wrong with an answer without knowing what would be right: it says the same
//! thing again and again, it refuses, or it ends before it is done. No model judges here, so it
//! works before any scorer has arrived, on either side.

use serde::Serialize;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// It says the same again and again, and would have gone on so ([`super::Repetition`]).
    Repetition,
    /// It says that it cannot or will not answer.
    Refusal,
    /// There was no room for more, and it was not done.
    Truncation,
    /// It says nothing.
    Empty,
}

impl Flaw {
    /// What is wrong, for a reader.
    pub fn sentence(self) -> &'static str {
        match self {
            Flaw::Repetition => "The device began to repeat itself, so the edge answers.",
            Flaw::Refusal => "The device says that it cannot answer, so the edge does.",
            Flaw::Empty => "The device said nothing, so the edge answers.",
            Flaw::Truncation => "The device had no room to end its answer, so the edge answers.",
        }
    }
}

/// A longer answer than this goes on after its excuse, and may be one all the same.
const MAX_REFUSAL_BYTES: usize = 400;

/// How a refusal begins, in small letters with plain apostrophes. Models that were tuned to refuse
/// use few forms of words.
const OPENINGS: [&str; 26] = [
    "i'm sorry, but i can",
    "i am sorry, but i can",
    "i'm sorry, but i don't have",
    "i'm sorry, but as a",
    "i'm sorry, i can",
    "i'm really sorry, but i can",
    "sorry, but i can",
    "sorry, i can",
    "i apologize, but i can",
    "i can't assist with",
    "i can't help with",
    "i cannot assist with",
    "i cannot help with",
    "i'm unable to",
    "i am unable to",
    "i'm not able to",
    "i am not able to",
    "as an ai",
    "es tut mir leid, aber ich kann",
    "tut mir leid, aber ich kann",
    "je suis désolé, mais je ne peux",
    "désolé, mais je ne peux",
    "lo siento, pero no puedo",
    "抱歉，我",
    "对不起，我",
    "申し訳ありませんが、",
];

/// Whether the answer says that it cannot or will not answer.
pub fn is_refusal(text: &str) -> bool {
    let text = text.trim_start();
    if text.len() > MAX_REFUSAL_BYTES {
        return false;
    }
    let opening: String = text.chars().take(40).flat_map(char::to_lowercase).collect();
    let opening = opening.replace('\u{2019}', "'").replace("cannot", "can't");
    OPENINGS.iter().any(|known| opening.starts_with(&known.replace("cannot", "can't")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals() {
        let check = |text: &str, expected| assert_eq!(is_refusal(text), expected, "{text}");
        check("I'm sorry, but I can't assist with that.", true);
        check("I\u{2019}m sorry, but I cannot do this.", true);
        check("  As an AI language model, I don't have access to the weather.", true);
        check("Es tut mir leid, aber ich kann dabei nicht helfen.", true);
        check("抱歉，我无法回答这个问题。", true);
        check("I can't wait to see you!", false);
        check("I'm sorry for your loss. Here is a letter of condolence:", false);
        check("Sorry, the answer is 42.", false);
        check("", false);
        check(&format!("I'm sorry, but I can't be brief. {}", "It goes on. ".repeat(40)), false);
    }
}
