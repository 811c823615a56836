//! On which day each of the latest dialogues began.
//!
//! Templates write a date into the prompt. One that followed the calendar would change the first
//! tokens of a dialogue at midnight, and with them everything that is kept of it; so a dialogue keeps
//! the date of its first turn.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Date, Message, Role};

/// Dialogues whose first day is remembered.
const MAX_KNOWN: usize = 256;

/// Dialogues are told apart by what they begin with, up to the user's first message.
#[derive(Debug, Clone, Default)]
pub struct Beginnings {
    /// The one used last comes last.
    known: VecDeque<(u64, Date)>,
    /// Of the dialogue that an earlier visit left, which has not gone on yet.
    carried: Option<Date>,
}

impl Beginnings {
    /// The day on which this dialogue began: `today` if this is its first turn, or if nothing is known.
    pub fn day_of(&mut self, messages: &[Message], today: Date) -> Date {
        let n_begun = messages.iter().position(|message| message.role == Role::User);
        let (begun, rest) = messages.split_at(n_begun.map_or(messages.len(), |at| at + 1));
        let dialogue = fingerprint(begun);
        let place = self.known.iter().position(|(known, _)| *known == dialogue);
        let known = place.and_then(|place| self.known.remove(place)).map(|(_, date)| date);
        let goes_on = rest.iter().any(|message| message.role != Role::System);
        let date = match (goes_on, known) {
            (false, _) => today,
            (true, Some(known)) => known,
            (true, None) => self.carried.take().unwrap_or(today),
        };
        self.known.push_back((dialogue, date));
        if self.known.len() > MAX_KNOWN {
            self.known.pop_front();
        }
        date
    }

    /// What goes on next, and is not known, began on this day.
    pub fn carry(&mut self, date: Date) {
        self.carried = Some(date);
    }
}

fn fingerprint(messages: &[Message]) -> u64 {
    let mut hasher = DefaultHasher::new();
    messages.iter().for_each(|message| (message.role, &message.content).hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u8) -> Date {
        Date::new(2026, 11, day).unwrap()
    }

    fn dialogue(texts: &[&str]) -> Vec<Message> {
        let role = |i: usize| if i.is_multiple_of(2) { Role::User } else { Role::Assistant };
        texts.iter().enumerate().map(|(i, text)| Message::new(role(i), *text)).collect()
    }

    #[test]
    fn a_dialogue_keeps_the_day_of_its_first_turn() {
        let mut beginnings = Beginnings::default();
        assert_eq!(beginnings.day_of(&dialogue(&["a"]), day(1)), day(1));
        assert_eq!(beginnings.day_of(&dialogue(&["b"]), day(2)), day(2));
        assert_eq!(beginnings.day_of(&dialogue(&["a", "x", "y"]), day(3)), day(1));
        assert_eq!(beginnings.day_of(&dialogue(&["b", "x", "y"]), day(3)), day(2));
        assert_eq!(
            beginnings.day_of(&dialogue(&["a"]), day(4)),
            day(4),
            "asked for the first time"
        );
        assert_eq!(beginnings.day_of(&dialogue(&["c", "x", "y"]), day(5)), day(5), "unknown");
    }

    #[test]
    fn a_dialogue_of_an_earlier_visit_goes_on_with_its_day() {
        let mut beginnings = Beginnings::default();
        beginnings.carry(day(1));
        assert_eq!(beginnings.day_of(&dialogue(&["new"]), day(2)), day(2));
        assert_eq!(beginnings.day_of(&dialogue(&["old", "x", "y"]), day(2)), day(1));
        assert_eq!(beginnings.day_of(&dialogue(&["old", "x", "y", "z", "w"]), day(3)), day(1));
        assert_eq!(beginnings.day_of(&dialogue(&["other", "x", "y"]), day(3)), day(3));
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let mut beginnings = Beginnings::default();
        beginnings.day_of(&dialogue(&["a"]), day(1));
        for i in 0..MAX_KNOWN {
            beginnings.day_of(&dialogue(&[&i.to_string()]), day(2));
        }
        assert_eq!(beginnings.day_of(&dialogue(&["a", "x", "y"]), day(3)), day(3));
        assert_eq!(beginnings.day_of(&dialogue(&["9", "x", "y"]), day(3)), day(2));
    }
}
