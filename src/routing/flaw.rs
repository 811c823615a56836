//! What can be seen to be wrong with an answer without knowing what would be right: it says the same
//! thing again and again, it refuses, or it ends before it is done. No model judges here, so it
//! works before any scorer has arrived, on either side.

use serde::Serialize;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// It ends in the same words, again and again, and would have gone on so.
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

/// An answer repeats itself once its end is this long, in bytes, and consists of one piece over and
/// over. Lists, tables and refrains that people ask for are shorter.
const MIN_REPEATED_BYTES: usize = 320;
/// And once the piece came so many times.
const MIN_TIMES: usize = 4;
/// No longer piece is looked for.
const MAX_PIECE_BYTES: usize = 400;
/// What is drawn rather than said, such as a rule or the line below a table's head, may be longer.
const MIN_DRAWN_BYTES: usize = 640;

/// Looks for repetition while a text grows, at little cost a piece.
#[derive(Debug, Clone, Default)]
pub struct Repetition {
    /// The end of the text.
    tail: String,
    n_bytes: usize,
}

impl Repetition {
    /// Takes in what came next. Once the text repeats itself: how long it was, in bytes, when the
    /// piece had been said for the first time.
    pub fn push(&mut self, text: &str) -> Option<usize> {
        const LONGEST: usize = MAX_PIECE_BYTES * MIN_TIMES;
        self.tail.push_str(text);
        self.n_bytes += text.len();
        if self.tail.len() > 2 * LONGEST {
            self.tail.drain(..last(&self.tail, LONGEST));
        }
        let (n_piece, n_repeated) = repeated(&self.tail[last(&self.tail, LONGEST)..])?;
        // To the end of the sentence or the word, rather than to the same letter as before it.
        let rest = &self.tail[self.tail.len() - n_repeated + n_piece..];
        let n_ending: usize = rest
            .chars()
            .take_while(|c| !c.is_alphanumeric())
            .map(char::len_utf8)
            .take_while(|_| n_piece > 1)
            .sum();
        Some(self.n_bytes - n_repeated + n_piece + n_ending)
    }
}

/// Where the last `n_bytes` of a text begin, at a character.
fn last(text: &str, n_bytes: usize) -> usize {
    let start = text.len().saturating_sub(n_bytes);
    (start..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// The length of the piece that the text's end consists of, and of that end.
fn repeated(text: &str) -> Option<(usize, usize)> {
    // Backwards, the repeated end is a beginning. For each beginning, the prefix function of Knuth,
    // Morris and Pratt gives the shortest period that it has.
    let bytes: Vec<u8> = text.bytes().rev().collect();
    let mut borders = vec![0; bytes.len()];
    let mut found = None;
    for end in 1..bytes.len() {
        let mut border = borders[end - 1];
        while border > 0 && bytes[border] != bytes[end] {
            border = borders[border - 1];
        }
        border += usize::from(bytes[border] == bytes[end]);
        borders[end] = border;
        let (n_repeated, n_piece) = (end + 1, end + 1 - border);
        let often = n_repeated >= MIN_TIMES * n_piece && n_piece <= MAX_PIECE_BYTES;
        if often && n_repeated >= least_bytes(&bytes[..n_piece]) {
            found = Some((n_piece, n_repeated));
        }
    }
    found
}

fn least_bytes(piece: &[u8]) -> usize {
    let says_something = piece.iter().any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    if says_something { MIN_REPEATED_BYTES } else { MIN_DRAWN_BYTES }
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

    /// Where it was found that the text repeats itself: after so many bytes of it, to be cut to so
    /// many.
    fn found(text: &str) -> Option<(usize, usize)> {
        let mut watch = Repetition::default();
        let mut n_bytes = 0;
        text.chars().find_map(|c| {
            n_bytes += c.len_utf8();
            watch.push(c.encode_utf8(&mut [0; 4])).map(|kept| (n_bytes, kept))
        })
    }

    #[track_caller]
    fn check(text: &str, kept: Option<&str>) {
        assert_eq!(found(text).map(|(_, kept)| &text[..kept]), kept, "{text:.80}");
    }

    #[test]
    fn a_loop_is_found_and_its_first_round_kept() {
        let tail = "Je suis toujou, ".repeat(40);
        let (n_bytes, kept) = found(&tail).unwrap();
        assert!(n_bytes <= MIN_REPEATED_BYTES + 16, "{n_bytes}");
        assert_eq!(kept, 16);
        check(&format!("Voilà: {tail}"), Some("Voilà: Je suis toujou, "));
        let sentence = "The quick brown fox jumps over the lazy dog, and then it goes home again. ";
        check(
            &format!("It begins. {}", sentence.repeat(9)),
            Some(&format!("It begins. {sentence}")),
        );
        check(&"春眠不觉晓，".repeat(30), Some("春眠不觉晓，"));
        check(&format!("{}{}", "a b c d. ".repeat(500), "end"), Some("a b c d. "));
        // Long before its end a long answer is no loop.
        let long: String = (0..2000).map(|i| format!("Line {i}. ")).collect();
        check(&format!("{long}{}", "again and ".repeat(40)), Some(&format!("{long}again and ")));
    }

    #[test]
    fn what_people_ask_for_is_no_loop() {
        check("", None);
        check(&"hello ".repeat(10), None);
        check(&(1..=200).map(|i| format!("{i}, ")).collect::<String>(), None);
        check(&format!("| a | b |\n{}\n| 1 | 2 |", "|---|".repeat(60)), None);
        check(&"=".repeat(300), None);
        check(&"-".repeat(3000), Some("-"));
        let list: String =
            ["one", "two", "three", "four", "five"].map(|n| format!("- item {n}\n")).concat();
        check(&list, None);
        let refrain = "Row, row, row your boat, gently down the stream.\n";
        check(
            &format!("{refrain}Merrily, merrily.\n{refrain}Life is but a dream.\n{refrain}"),
            None,
        );
    }

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
