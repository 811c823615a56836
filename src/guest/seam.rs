//! Where an engine goes on with an answer that it was asked in words to go on with.
//!
//! Such an engine may say again what is there before it says more. As long as what it writes is the
//! beginning of what is there, it is kept back; if it comes to the end of that, it was repeated and goes,
//! and if it turns into something else, it was new and stands. What is still kept back when the answer ends
//! is nothing new.

/// What asks an engine to go on that can only be asked questions.
pub const GO_ON: &str = "Go on with your last answer exactly where it breaks off. Do not repeat any of it, \
                         and say nothing about this request.";

/// Lets the new text of a continuation through.
#[derive(Debug, Default)]
pub struct Seam {
    /// What is there; empty once it is clear what is new.
    begun: String,
    /// How it ends.
    ends: Option<char>,
    held: String,
}

impl Seam {
    /// For a continuation of `begun`, or of nothing.
    pub fn after(begun: &str) -> Seam {
        Seam { begun: begun.trim().to_owned(), ends: begun.chars().last(), held: String::new() }
    }

    /// Adds what was written, and returns what is certainly new.
    pub fn push(&mut self, text: &str) -> String {
        if self.begun.is_empty() {
            return text.to_owned();
        }
        self.held += text;
        let said = self.held.trim_start();
        if self.begun.starts_with(said) {
            return String::new();
        }
        let new = match said.strip_prefix(self.begun.as_str()) {
            Some(new) if self.ends.is_some_and(char::is_whitespace) => new.trim_start().to_owned(),
            Some(new) => new.to_owned(),
            // A model that begins a message does not begin it with the space that belongs here.
            None if in_word(self.ends) && in_word(self.held.chars().next()) => {
                format!(" {}", self.held)
            }
            None => std::mem::take(&mut self.held),
        };
        *self = Seam::default();
        new
    }
}

/// Whether this is a letter or a digit of a script that puts spaces between words.
fn in_word(letter: Option<char>) -> bool {
    letter.is_some_and(|letter| letter.is_alphanumeric() && letter < '\u{2e80}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(begun: &str, pieces: &[&str], expected: &str) {
        let mut seam = Seam::after(begun);
        let new: String = pieces.iter().map(|piece| seam.push(piece)).collect();
        assert_eq!(new, expected);
    }

    #[test]
    fn what_is_there_is_not_said_again() {
        let begun = "The edge answers in ";
        check(begun, &["several", " words."], "several words.");
        check(begun, &["The ", "edge answers in", " several words."], "several words.");
        check("The edge answers", &["The edge ", "answers", " at last."], " at last.");
        check(begun, &["\nThe edge ", "is away."], "\nThe edge is away.");
        check(begun, &["The edge"], "");
        check("", &["The ", "edge"], "The edge");
    }

    #[test]
    fn words_are_put_together_with_a_space() {
        check("The edge answers", &["in several words"], " in several words");
        check("The edge answers ", &["in several words"], "in several words");
        check("The edge answers", &[". And"], ". And");
        check("今日は", &["良い天気"], "良い天気");
    }
}
