//! Where a dialogue that does not fit may begin.
//!
//! What goes, goes in whole exchanges, oldest first: a user message with everything up to the next
//! one. System messages stay, and so does the last exchange.
//!
//! A beginning that moved with every turn would change the prompt's first tokens each time, and all
//! keys and values behind them would be computed again. So a dialogue may begin only at some of its
//! exchanges: at the first one in each stretch of `step` bytes, counted from the dialogue's own first
//! byte. The beginning stays where it is until the rest does not fit any more, and then moves by a
//! whole stretch. Nothing has to be remembered for that: the same messages begin at the same place
//! after a reload, in a dialogue that was left and is taken up again, and on another device.

use super::{Message, Role};

/// A message weighs so much beside its text: its role, and where it begins and ends.
pub const MESSAGE_BYTES: usize = 16;

/// The exchanges of a dialogue.
pub struct Cuts {
    exchanges: Vec<Exchange>,
    /// Of system messages, which stay.
    kept_bytes: usize,
    n_bytes: usize,
}

#[derive(Clone, Copy)]
struct Exchange {
    /// Its first message.
    start: usize,
    /// Of the exchanges before it.
    bytes_before: usize,
}

impl Cuts {
    pub fn new(messages: &[Message]) -> Cuts {
        let mut cuts = Cuts { exchanges: Vec::new(), kept_bytes: 0, n_bytes: 0 };
        let mut asked = false;
        for (start, message) in messages.iter().enumerate() {
            // What stands before the first question belongs to it.
            let opens = message.role == Role::User && asked;
            if opens || start == 0 {
                cuts.exchanges.push(Exchange { start, bytes_before: cuts.n_bytes });
            }
            asked |= message.role == Role::User;
            let n_bytes = MESSAGE_BYTES + message.content.len();
            match message.role {
                Role::System => cuts.kept_bytes += n_bytes,
                Role::User | Role::Assistant | Role::Tool => cuts.n_bytes += n_bytes,
            }
        }
        cuts
    }

    /// The messages at which the dialogue may begin, in their order; the first is 0, the last begins
    /// the last exchange.
    pub fn starts(&self, step_bytes: usize) -> Vec<usize> {
        let stretch = |exchange: &Exchange| exchange.bytes_before / step_bytes.max(1);
        let opens = |pair: &[Exchange]| stretch(&pair[0]) < stretch(&pair[1]);
        let mut starts = vec![0];
        starts
            .extend(self.exchanges.windows(2).filter(|pair| opens(pair)).map(|pair| pair[1].start));
        let last = self.last();
        if starts.last() != Some(&last) {
            starts.push(last);
        }
        starts
    }

    /// Where the last exchange begins.
    pub fn last(&self) -> usize {
        self.exchanges.last().map_or(0, |exchange| exchange.start)
    }

    /// Weight of what is kept where the dialogue begins at `start`, one of its exchanges.
    pub fn bytes_from(&self, start: usize) -> usize {
        let place = self.exchanges.partition_point(|exchange| exchange.start < start);
        let before = self.exchanges.get(place).map_or(0, |exchange| exchange.bytes_before);
        self.kept_bytes + self.n_bytes - before
    }

    /// Where the dialogue begins if what is kept may weigh so much; `None` if not even the last
    /// exchange does.
    pub fn within(&self, room_bytes: usize) -> Option<usize> {
        let starts = self.starts(step(room_bytes));
        starts.into_iter().find(|&start| self.bytes_from(start) <= room_bytes)
    }
}

/// A quarter to a half of `room`; a power of two, so that a room that varies a little has one step.
pub fn step(room: usize) -> usize {
    1 << (room / 2).max(1).ilog2()
}

/// The dialogue from `start` on, and the system messages before it.
pub fn kept(messages: &[Message], start: usize) -> Vec<Message> {
    let (before, rest) = messages.split_at(start);
    let system = before.iter().filter(|message| message.role == Role::System);
    system.chain(rest).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::*;

    fn messages(roles: &[Role]) -> Vec<Message> {
        roles.iter().enumerate().map(|(i, role)| Message::new(*role, i.to_string())).collect()
    }

    /// What is left when the oldest exchange goes; `None` if there is only one.
    #[track_caller]
    fn check(roles: &[Role], expected: Option<&[&str]>) {
        let messages = messages(roles);
        let starts = Cuts::new(&messages).starts(1);
        let left = starts.get(1).map(|&start| kept(&messages, start));
        let texts = left.as_ref().map(|left| left.iter().map(|m| &*m.content).collect::<Vec<_>>());
        assert_eq!(texts.as_deref(), expected, "{roles:?}");
    }

    #[test]
    fn the_oldest_exchange_goes_and_the_system_prompt_stays() {
        check(&[User], None);
        check(&[System, User], None);
        check(&[User, Assistant, User], Some(&["2"]));
        check(&[System, User, Assistant, User, Assistant], Some(&["0", "3", "4"]));
        check(&[System, Assistant, User, Assistant, User], Some(&["0", "4"]));
        check(&[User, User, Assistant, User], Some(&["1", "2", "3"]));
    }

    fn dialogue(n_exchanges: usize, bytes: usize) -> Vec<Message> {
        let exchange = |i: usize| {
            let question = format!("{i:0>width$}", width = bytes / 3);
            [Message::new(User, question), Message::new(Assistant, "a".repeat(bytes - bytes / 3))]
        };
        (0..n_exchanges).flat_map(exchange).collect()
    }

    #[test]
    fn the_beginning_stays_for_several_turns_and_moves_by_a_stretch() {
        let whole = dialogue(200, 300);
        let room = 4000;
        let mut before = 0;
        let mut n_moves = 0;
        for n in 1..200 {
            let messages = &whole[..2 * n + 1];
            let cuts = Cuts::new(messages);
            let start = cuts.within(room).unwrap();
            let n_bytes = cuts.bytes_from(start);
            assert!(n_bytes <= room, "turn {n}: {n_bytes}");
            assert!(start == 0 || n_bytes > room / 3, "turn {n}: {n_bytes}");
            assert!(start >= before, "turn {n}: {start} after {before}");
            n_moves += usize::from(start != before);
            before = start;
        }
        let stretches = 200 * (300 + 2 * MESSAGE_BYTES) / step(room);
        assert!((stretches - 3..=stretches).contains(&n_moves), "{n_moves} of {stretches}");
    }

    #[test]
    fn a_dialogue_begins_at_one_place_whatever_came_before() {
        let messages = dialogue(500, 200);
        let start = Cuts::new(&messages).within(3000);
        let again: Vec<Message> =
            messages.iter().map(|m| Message::new(m.role, &*m.content)).collect();
        assert_eq!(Cuts::new(&again).within(3000), start);
        // Another system prompt weighs something and shifts no stretch.
        let led = [&[Message::new(System, "Be brief.")], &messages[..]].concat();
        assert_eq!(
            Cuts::new(&led).starts(1024),
            Cuts::new(&messages)
                .starts(1024)
                .iter()
                .map(|&start| if start == 0 { 0 } else { start + 1 })
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn steps_are_a_quarter_to_a_half() {
        assert_eq!([1, 2, 3, 4, 100, 3072, 4096].map(step), [1, 1, 1, 2, 32, 1024, 2048]);
    }
}
