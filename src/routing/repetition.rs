//! Whether an answer goes round in circles, seen while it grows.
//!
//! Two signs are enough, each by itself. Its end is one short piece over and over ([`repeated`]), which
//! is seen soonest; or nearly all of its end was said before, three times at least and wherever
//! that was ([`Copied`]), which finds long rounds and those in which a word changes now and then. Lists,
//! tables, code and songs share words and lines; they do not consist of what was said before.

use std::collections::{HashMap, VecDeque};

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
    text: String,
    copied: Copied,
}

impl Repetition {
    /// Takes in what came next. Once the text repeats itself: how long it was, in bytes, when the
    /// piece had been said for the first time.
    pub fn push(&mut self, text: &str) -> Option<usize> {
        const LONGEST: usize = MAX_PIECE_BYTES * MIN_TIMES;
        let before = self.text.len();
        self.text.push_str(text);
        // All of it is taken in, whatever is found on the way.
        let copied = (text.bytes().enumerate())
            .filter_map(|(n, byte)| self.copied.push(byte, before + n))
            .last();
        let all = self.text.as_str();
        match repeated(&all[last(all, LONGEST)..]) {
            Some((n_piece, n_repeated)) => Some(end_of_piece(all, n_piece, n_repeated)),
            None => copied.map(|at| end_of_sentence(all, at)),
        }
    }
}

/// To the end of the sentence or the word, rather than to the same letter as before the piece.
fn end_of_piece(text: &str, n_piece: usize, n_repeated: usize) -> usize {
    // A piece may begin within a character, as bytes have it.
    let end = text.len() - n_repeated + n_piece;
    let end = (end..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let n_ending: usize = text[end..]
        .chars()
        .take_while(|c| !c.is_alphanumeric())
        .map(char::len_utf8)
        .take_while(|_| n_piece > 1)
        .sum();
    end + n_ending
}

/// The end of the sentence, or of the line, that byte `at` belongs to, with the space after it.
fn end_of_sentence(text: &str, at: usize) -> usize {
    let said = text.char_indices().take_while(|(n, _)| *n <= at);
    let start = said.filter(|(_, c)| !c.is_whitespace()).last().map_or(0, |(n, _)| n);
    let ends = text[start..].char_indices().find_map(|(n, c)| {
        let after = text[start + n + c.len_utf8()..].trim_start_matches(CLOSING);
        let closed = matches!(c, '.' | '!' | '?') && after.starts_with(char::is_whitespace);
        let ends = closed || matches!(c, '\n' | '。' | '！' | '？');
        ends.then(|| text.len() - after.trim_start().len())
    });
    ends.unwrap_or(text.len())
}

const CLOSING: [char; 8] = ['"', '\'', '”', '’', '»', ')', '*', '_'];

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

/// Strings of so many bytes are looked up among what was said before. A word or a common beginning is
/// shorter, so that lines that differ in little are not taken for the same.
const GRAM_BYTES: usize = 32;
/// So many of them must be letters: figures, rules and empty cells repeat in honest tables.
const MIN_LETTER_BYTES: usize = 8;
/// A string is a copy from this time on that it comes.
const COPY_TIMES: u8 = 4;
/// The end of a text that is looked at. A refrain, also one that grows by a line a verse, is shorter.
const END_BYTES: usize = 480;
/// Where so many of the end's bytes are the ends of copies, the text goes round in circles.
const MIN_COPIED: usize = END_BYTES * 9 / 10;
/// Of a text with more different strings than this, what came before them is forgotten.
const MAX_GRAMS: usize = 1 << 16;
/// The hash of a string is a polynomial of its bytes, modulo 2^64, in this odd number.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
const BASE_TO_GRAM: u64 = BASE.wrapping_pow(GRAM_BYTES as u32);

/// How much of a text's end was said before, at the cost of a look-up a byte.
#[derive(Debug, Clone, Default)]
struct Copied {
    /// Whether a line is under way, past its indent and what may be an item's number.
    in_line: bool,
    /// What may be that number.
    digits: Vec<(u8, usize)>,
    /// The last bytes, each with its place in the text.
    gram: VecDeque<(u8, usize)>,
    n_letters: usize,
    hash: u64,
    /// How often each string came, and where it began for the first time.
    seen: HashMap<u64, (u8, usize)>,
    /// For each of the last [`END_BYTES`]: where the copy that it ends began for the first time.
    firsts: VecDeque<Option<usize>>,
    /// How many of these there are.
    n_copied: usize,
}

impl Copied {
    /// Takes in the byte at `at`. Once the text goes round in circles: where the last string began
    /// that was new in the first round, or in what was looked at of it.
    fn push(&mut self, byte: u8, at: usize) -> Option<usize> {
        // The number of an item is new each time; that makes the item no other.
        if !self.in_line && byte.is_ascii_digit() {
            self.digits.push((byte, at));
            return None;
        }
        let digits = std::mem::take(&mut self.digits);
        let ends_number = !digits.is_empty() && matches!(byte, b'.' | b')');
        if !ends_number {
            digits.into_iter().for_each(|(digit, at)| self.count(digit, at));
        }
        let goes_on = self.in_line || !byte.is_ascii_whitespace();
        self.in_line = byte != b'\n' && goes_on;
        self.count(byte, at);
        (self.n_copied >= MIN_COPIED).then(|| self.firsts.iter().flatten().copied().max())?
    }

    fn count(&mut self, byte: u8, at: usize) {
        let first = self.look_up(byte, at);
        self.n_copied += usize::from(first.is_some());
        self.firsts.push_back(first);
        if self.firsts.len() > END_BYTES {
            let left = self.firsts.pop_front().flatten();
            self.n_copied -= usize::from(left.is_some());
        }
    }

    /// Where the string that ends in this byte began for the first time, if it is a copy.
    fn look_up(&mut self, byte: u8, at: usize) -> Option<usize> {
        self.gram.push_back((byte, at));
        self.hash = self.hash.wrapping_mul(BASE).wrapping_add(u64::from(byte));
        self.n_letters += usize::from(is_letter(byte));
        if self.gram.len() > GRAM_BYTES {
            let (left, _) = self.gram.pop_front()?;
            self.hash = self.hash.wrapping_sub(u64::from(left).wrapping_mul(BASE_TO_GRAM));
            self.n_letters -= usize::from(is_letter(left));
        }
        if self.gram.len() < GRAM_BYTES || self.n_letters < MIN_LETTER_BYTES {
            return None;
        }
        if self.seen.len() >= MAX_GRAMS {
            self.seen.clear();
        }
        let (_, began) = *self.gram.front()?;
        let (times, first) = self.seen.entry(self.hash).or_insert((0, began));
        *times = times.saturating_add(1);
        (*times >= COPY_TIMES).then_some(*first)
    }
}

/// Or a part of one, beyond ASCII.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || !byte.is_ascii()
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
        // Bytes repeat from within a character on.
        check(&format!("く{}", "わ".repeat(120)), Some("くわ"));
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

    /// Whether it is found, and not before `n_least` bytes.
    #[track_caller]
    fn check_found(text: &str, kept: &str) {
        let (n_bytes, n_kept) = found(text).unwrap_or_else(|| panic!("no loop: {text:.80}"));
        assert_eq!(&text[..n_kept], kept);
        assert!(n_bytes <= n_kept + 4 * kept.len() + 2 * END_BYTES, "{n_bytes}: {text:.80}");
    }

    #[test]
    fn long_rounds_and_those_that_change_a_word_are_loops() {
        let sentence = "They are highly intelligent and can be trained to perform various tasks, \
                        including hunting, agility, and obedience.";
        // As a small model wrote it 124 times, four to a paragraph.
        let paragraph = format!("{}\n\n", [sentence; 4].join(" "));
        check_found(
            &format!("Birds fly. {}", paragraph.repeat(8)),
            &format!("Birds fly. {sentence} "),
        );
        let of = |what: &str| {
            format!(
                "The sky is also made of {what}, which is made of tiny particles. When these \
                 particles reflect sunlight, they create a pattern of light that we see as the sky. \
                 This process is called refraction.\n\n"
            )
        };
        let both = format!("{}{}", of("glass"), of("water"));
        let sky = format!("It is blue. {}", both.repeat(9));
        let (n_bytes, n_kept) = found(&sky).unwrap();
        assert!(n_bytes < 2000 && sky[..n_kept].ends_with("refraction.\n\n"), "{n_bytes}");
        assert!(n_kept <= "It is blue. ".len() + both.len());
        let unsure = "Je ne sais pas pas, je ne sais pas, je sais que je ne sais pas, ".repeat(20);
        assert!(found(&unsure).is_some());
        let list: String = (1..40)
            .map(|i| format!("{i}. **Use a tripod**: It can help stabilize the camera you use.\n"))
            .collect();
        check_found(&list, list.split_inclusive('\n').next().unwrap());
        // A round of a kilobyte.
        let round: String =
            (0..30).map(|i| format!("Of all the words, word {} is one. ", i * i)).collect();
        assert!(found(&round.repeat(2)).is_none());
        let (n_bytes, n_kept) = found(&round.repeat(9)).unwrap();
        assert!(n_bytes < 4 * round.len() && n_kept <= round.len(), "{n_bytes}, {n_kept}");
    }

    #[test]
    fn texts_that_share_lines_are_no_loops() {
        let lines = |line: &dyn Fn(usize) -> String| (1..=60).map(line).collect::<String>();
        check(
            &lines(&|i| format!("    Some({i}) => return Err(Error::new(\"no such thing\")),\n")),
            None,
        );
        check(&lines(&|i| format!("        self.assertEqual(fibonacci({i}), {})\n", i * i)), None);
        check(
            &lines(&|i| {
                format!("{{\"id\": {i}, \"role\": \"user\", \"active\": true, \"tags\": []}},\n")
            }),
            None,
        );
        check(
            &lines(&|i| {
                format!(
                    "<li class=\"nav-item px-4 py-2 text-sm font-medium text-gray-700 hover:bg-gray-100\"><a href=\"/page/{i}\">Page {i}</a></li>\n"
                )
            }),
            None,
        );
        check(
            &lines(&|i| {
                format!(
                    "INSERT INTO users (id, name, country, active) VALUES ({i}, 'N{i}', 'Germany', TRUE);\n"
                )
            }),
            None,
        );
        check(&lines(&|i| format!("7 times {i} equals {}.\n", 7 * i)), None);
        check(&lines(&|i| format!("| {i} | 7 × {i} | {} | yes |\n", 7 * i)), None);
        check(
            &lines(&|i| {
                format!("{i}. Step {i}: turn the wheel to the left until it stops at {}.\n", i * 5)
            }),
            None,
        );
        let row =
            |i: usize| (0..20).map(|j| if i % 20 == j { "1, " } else { "0, " }).collect::<String>();
        check(&lines(&|i| format!("[{}],\n", row(i))), None);
        check(&lines(&|i| format!("{} |   |   |   |   |   |   |   |   |   |\n", i)), None);
        let truth =
            |i: usize| (0..6).map(|bit| ["| False ", "| True "][i >> bit & 1]).collect::<String>();
        check(&lines(&|i| truth(i) + "|\n"), None);
        check(&(1..100).rev().map(|i| format!("{i} bottles of beer on the wall, {i} bottles of beer.\nTake one down and pass it around, {} bottles of beer on the wall.\n\n", i - 1)).collect::<String>(), None);
    }

    #[test]
    fn songs_are_no_loops() {
        check(&"la la la ".repeat(35), None);
        // A refrain of 370 bytes, four times.
        let refrain: String =
            (1..=10).map(|i| format!("And here is line {i} of what we all sing\n")).collect();
        let song = |n: usize| {
            (0..n)
                .map(|i| format!("Verse {i} has words of its {i} own.\n{refrain}"))
                .collect::<String>()
        };
        assert!(refrain.len() > 370);
        check(&song(4), None);
        // Songs that grow by a line a verse.
        let jack = [
            "That lay in the house that Jack built.",
            "That ate the malt",
            "That killed the rat",
            "That worried the cat",
            "That tossed the dog",
            "That milked the cow with the crumpled horn",
            "That kissed the maiden all forlorn",
            "That married the man all tattered and torn",
            "That waked the priest all shaven and shorn",
            "That kept the cock that crowed in the morn",
            "That belonged to the farmer sowing his corn",
        ];
        let days = [
            "And a partridge in a pear tree.",
            "Two turtle doves,",
            "Three French hens,",
            "Four calling birds,",
            "Five golden rings,",
            "Six geese a-laying,",
            "Seven swans a-swimming,",
            "Eight maids a-milking,",
            "Nine ladies dancing,",
            "Ten lords a-leaping,",
            "Eleven pipers piping,",
            "Twelve drummers drumming,",
        ];
        let growing = |lines: &[&str]| -> String {
            let verse = |n: usize| {
                lines[..n].iter().rev().map(|line| format!("{line}\n")).collect::<String>()
            };
            (1..=lines.len())
                .map(|n| format!("On day {n} my true love gave to me\n{}\n", verse(n)))
                .collect()
        };
        check(&growing(&jack), None);
        check(&growing(&days), None);
    }
}
