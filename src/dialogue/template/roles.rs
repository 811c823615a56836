//! Which orders of roles a template takes, and messages brought into such an order.
//!
//! Some templates insist that user and assistant alternate, some know no system role, or know it only
//! at the beginning; some leave out without a word what they do not expect. A turn that failed or
//! was stopped leaves two questions one after the other, and a system message may stand anywhere. So
//! a template is asked once, with small dialogues, what it takes. What it does not take is joined to
//! its neighbour of the same role, or folded into the user's next message; what is put together stays
//! so in later turns, so that a prompt's beginning keeps its tokens.

use std::borrow::Cow;

use crate::dialogue::{Message, Role};
use Role::{Assistant, System, Tool, User};

/// Between texts that become one message; as templates write it that fold the system prompt.
const SEAM: &str = "\n\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    system: SystemPlace,
    /// Whether one role may speak several times in a row.
    repeats: bool,
    repeats_system: bool,
    assistant_first: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SystemPlace {
    Anywhere,
    First,
    Nowhere,
}

impl Roles {
    /// Of a template that is left alone.
    pub const ANY: Roles = Roles {
        system: SystemPlace::Anywhere,
        repeats: true,
        repeats_system: true,
        assistant_first: true,
    };

    /// Asks a template: `takes` says whether it renders messages of these roles, each of them.
    pub fn of(takes: impl Fn(&[Role]) -> bool) -> Roles {
        if !takes(&[User, Assistant, User]) {
            // It fails anyway, or is made for something else than a dialogue.
            return Roles::ANY;
        }
        let anywhere =
            || takes(&[User, System, User]) && takes(&[System, User, Assistant, System, User]);
        let system = match takes(&[System, User, Assistant, User]) {
            false => SystemPlace::Nowhere,
            true if anywhere() => SystemPlace::Anywhere,
            true => SystemPlace::First,
        };
        Roles {
            system,
            repeats: takes(&[User, User, Assistant, User])
                && takes(&[User, Assistant, Assistant, User]),
            repeats_system: takes(&[System, System, User]),
            assistant_first: takes(&[Assistant, User]),
        }
    }

    /// The messages in an order that the template takes.
    pub fn arranged<'m>(&self, messages: &'m [Message]) -> Cow<'m, [Message]> {
        if *self == Roles::ANY {
            return Cow::Borrowed(messages);
        }
        let mut arrangement = Arrangement { roles: self, done: Vec::new(), folded: Vec::new() };
        messages.iter().for_each(|message| arrangement.add(message));
        arrangement.unfold();
        Cow::Owned(arrangement.done)
    }
}

struct Arrangement<'m> {
    roles: &'m Roles,
    done: Vec<Message>,
    /// System messages on their way into the user's next one.
    folded: Vec<&'m str>,
}

impl<'m> Arrangement<'m> {
    fn add(&mut self, message: &'m Message) {
        match message.role {
            System if self.takes_system() => self.push(System, &message.content),
            System => self.folded.push(&message.content),
            // What a tool found is what somebody told the assistant.
            User | Tool => {
                let mut parts = std::mem::take(&mut self.folded);
                match parts.is_empty() {
                    true => self.push(User, &message.content),
                    false => {
                        parts.push(&message.content);
                        self.push(User, &parts.join(SEAM));
                    }
                }
            }
            Assistant => {
                self.unfold();
                let begins = self.done.iter().all(|message| message.role == System);
                if begins && !self.roles.assistant_first {
                    self.push(User, "");
                }
                self.push(Assistant, &message.content);
            }
        }
    }

    fn takes_system(&self) -> bool {
        match self.roles.system {
            SystemPlace::Anywhere => true,
            SystemPlace::First => self.done.iter().all(|message| message.role == System),
            SystemPlace::Nowhere => false,
        }
    }

    /// What was folded and has no user message behind it becomes one.
    fn unfold(&mut self) {
        let parts = std::mem::take(&mut self.folded);
        if !parts.is_empty() {
            self.push(User, &parts.join(SEAM));
        }
    }

    fn push(&mut self, role: Role, content: &str) {
        let joins = match role {
            System => !self.roles.repeats_system || self.roles.system == SystemPlace::First,
            User | Assistant | Tool => !self.roles.repeats,
        };
        match self.done.last_mut().filter(|last| joins && last.role == role) {
            Some(last) => last.content = [&last.content, SEAM, content].concat().into(),
            None => self.done.push(Message::new(role, content)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: Roles = Roles {
        system: SystemPlace::First,
        repeats: false,
        repeats_system: false,
        assistant_first: false,
    };

    /// Roles by their first letter, each message by its number.
    #[track_caller]
    fn check(roles: &Roles, dialogue: &str, expected: &str) {
        let role = |letter| match letter {
            's' => System,
            'u' => User,
            _ => Assistant,
        };
        let messages: Vec<Message> = dialogue
            .chars()
            .enumerate()
            .map(|(i, letter)| Message::new(role(letter), i.to_string()))
            .collect();
        let arranged = roles.arranged(&messages);
        let shown: Vec<String> = arranged
            .iter()
            .map(|m| format!("{}{}", &format!("{:?}", m.role)[..1], m.content.replace(SEAM, "+")))
            .collect();
        assert_eq!(shown.join(" ").to_lowercase(), expected, "{dialogue}");
    }

    #[test]
    fn what_a_template_takes_is_left_alone() {
        check(&Roles::ANY, "suusaau", "s0 u1 u2 s3 a4 a5 u6");
        check(&STRICT, "suauau", "s0 u1 a2 u3 a4 u5");
    }

    #[test]
    fn neighbours_of_one_role_are_joined() {
        check(&STRICT, "uuau", "u0+1 a2 u3");
        check(&STRICT, "uaauu", "u0 a1+2 u3+4");
        check(&STRICT, "ssu", "s0+1 u2");
        check(&STRICT, "auau", "u a0 u1 a2 u3");
        check(&STRICT, "sau", "s0 u a1 u2");
    }

    #[test]
    fn system_messages_are_folded_into_the_users_next() {
        check(&STRICT, "suasu", "s0 u1 a2 u3+4");
        check(&STRICT, "usau", "u0+1 a2 u3");
        check(&STRICT, "usu", "u0+1+2");
        check(&STRICT, "us", "u0+1");
        let unknown = Roles { system: SystemPlace::Nowhere, ..STRICT };
        check(&unknown, "suau", "u0+1 a2 u3");
        check(&unknown, "ssuasau", "u0+1+2 a3 u4 a5 u6");
        check(&unknown, "s", "u0");
    }

    /// Whatever comes next, what a prompt has said stays its beginning.
    #[test]
    fn an_arrangement_only_grows() {
        let text = |roles: &Roles, messages: &[Message]| {
            let open = |m: &Message| format!("<{:?}>{}", m.role, m.content);
            roles.arranged(messages).iter().map(open).collect::<String>()
        };
        let unknown = Roles { system: SystemPlace::Nowhere, ..STRICT };
        for roles in [&STRICT, &unknown, &Roles::ANY] {
            for code in 0..4_usize.pow(6) {
                let role = |i: u32| [System, User, Assistant, User][code / 4_usize.pow(i) % 4];
                let messages: Vec<Message> =
                    (0..6).map(|i| Message::new(role(i), i.to_string())).collect();
                for n in 1..6 {
                    // A prompt ends with a question or in an answer.
                    if messages[n - 1].role != System {
                        let (shorter, longer) =
                            (text(roles, &messages[..n]), text(roles, &messages));
                        assert!(longer.starts_with(&shorter), "{shorter} {longer}");
                    }
                }
            }
        }
    }
}
