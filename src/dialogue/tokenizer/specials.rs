//! Special tokens: what they look like in text and where they stand in it.

use std::{cmp::Reverse, collections::HashMap, ops::Range};

/// A token that stands for itself and not for a piece of language.
#[derive(Debug, Clone, PartialEq)]
pub struct Special {
    pub id: u32,
    pub text: String,
    /// A control token, such as a turn marker; it has no text to show. Others, such as `<think>`,
    /// are part of what is written.
    pub control: bool,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fragment<'t> {
    Text(&'t str),
    Special(u32),
}

/// All special tokens of a vocabulary; Gemma 3 has six thousand.
pub struct Specials {
    /// By first byte, and of those with the same one the longest first, so that the first match is
    /// the longest.
    all: Vec<Special>,
    /// Where in `all` those with a first byte lie.
    beginning_with: [Range<usize>; 256],
    /// Where in `all` an id lies.
    places: HashMap<u32, usize>,
    first_characters: Vec<char>,
}

impl Specials {
    pub fn new(mut all: Vec<Special>) -> Specials {
        let first = |special: &Special| special.text.as_bytes()[0];
        all.sort_by_key(|special| (first(special), Reverse(special.text.len()), special.id));
        let from = |byte: usize| all.partition_point(|special| usize::from(first(special)) < byte);
        let beginning_with = std::array::from_fn(|byte| from(byte)..from(byte + 1));
        let places = all.iter().enumerate().map(|(place, special)| (special.id, place)).collect();
        let mut first_characters: Vec<char> =
            all.iter().filter_map(|special| special.text.chars().next()).collect();
        first_characters.sort_unstable();
        first_characters.dedup();
        Specials { all, beginning_with, places, first_characters }
    }

    pub fn get(&self, id: u32) -> Option<&Special> {
        Some(&self.all[*self.places.get(&id)?])
    }

    pub fn ids_of(&self, texts: &[&str]) -> impl Iterator<Item = u32> {
        let named = self.all.iter().filter(move |special| texts.contains(&special.text.as_str()));
        named.map(|special| special.id)
    }

    /// The special tokens that `text` begins with, the longest first.
    fn at_start(&self, text: &str) -> impl Iterator<Item = &Special> {
        let candidates = match text.as_bytes().first() {
            Some(&byte) => &self.all[self.beginning_with[usize::from(byte)].clone()],
            None => &[],
        };
        candidates.iter().filter(move |special| text.starts_with(&special.text))
    }

    /// `text` cut at its special tokens: the leftmost first, the longest where several begin.
    pub fn split<'t>(&self, text: &'t str) -> Vec<Fragment<'t>> {
        let mut fragments = Vec::new();
        let mut start = 0;
        let mut at = 0;
        while at < text.len() {
            match self.at_start(&text[at..]).next() {
                Some(special) => {
                    if start < at {
                        fragments.push(Fragment::Text(&text[start..at]));
                    }
                    fragments.push(Fragment::Special(special.id));
                    at += special.text.len();
                    start = at;
                }
                None => at += text[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        if start < text.len() {
            fragments.push(Fragment::Text(&text[start..]));
        }
        fragments
    }

    /// The characters that special tokens begin with.
    pub fn first_characters(&self) -> &[char] {
        &self.first_characters
    }

    /// `text` with the first character of every special token that `hides` names replaced, so that
    /// `split` does not find it.
    pub fn hidden(
        &self,
        text: &str,
        hides: impl Fn(&Special) -> bool,
        replacement: impl Fn(char) -> char,
    ) -> String {
        let hidden_at = |at: usize| self.at_start(&text[at..]).any(&hides);
        text.char_indices().map(|(at, c)| if hidden_at(at) { replacement(c) } else { c }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specials() -> Specials {
        let special = |id, text: &str| Special { id, text: text.to_owned(), control: true };
        Specials::new(vec![special(1, "<a>"), special(2, "<a>b"), special(3, "é")])
    }

    #[test]
    fn the_longest_special_wins() {
        use Fragment::{Special, Text};
        let specials = specials();
        assert_eq!(specials.split("x<a>y"), [Text("x"), Special(1), Text("y")]);
        assert_eq!(specials.split("<a>b<a>"), [Special(2), Special(1)]);
        assert_eq!(specials.split("日é<a"), [Text("日"), Special(3), Text("<a")]);
        assert_eq!(specials.split(""), []);
    }

    #[test]
    fn a_hidden_special_is_text() {
        let specials = specials();
        let hidden = specials.hidden("<a>b é <a><a>", |_| true, |_| '|');
        assert_eq!(hidden, "|a>b | |a>|a>");
        assert_eq!(specials.first_characters(), ['<', 'é']);
    }
}
