//! A dialogue as a prompt: rendered, tokenised, and cut to the context.
//!
//! What this costs grows with what is new, not with the dialogue: which messages are kept is decided
//! from their lengths ([`window`]), only those are rendered, and of their text only what was not
//! seen before is tokenised ([`Fragments`]).

use super::fragments::Fragments;
use super::prompt::Prompting;
use super::window::{self, Cuts};
use super::{Beginnings, ChatTemplate, Date, Message, Role, Tokenizer};
use crate::{Error, Result};

/// About so many bytes a token, where nothing is known yet.
pub const BYTES_PER_TOKEN: usize = 4;
/// A dialogue does not begin at finer steps than this.
const LEAST_STEP_BYTES: usize = 64;

/// A prompt that fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub tokens: Vec<u32>,
    /// How many of the oldest messages were left out.
    pub dropped_messages: usize,
}

/// What is known of dialogues from turn to turn. All of it but the dates can be found again.
#[derive(Default)]
pub struct Session {
    beginnings: Beginnings,
    began: Option<Date>,
    known: Fragments,
    /// As the last prompt had them.
    bytes_per_token: Option<f64>,
}

impl Session {
    /// A turn of this dialogue begins.
    pub fn enter(&mut self, messages: &[Message], today: Date) {
        self.began = Some(self.beginnings.day_of(messages, today));
    }

    /// The day on which the dialogue at hand began.
    pub fn began(&self) -> Option<Date> {
        self.began
    }

    /// A dialogue of an earlier visit, which began on this day, is the next to go on.
    pub fn carry(&mut self, began: Date) {
        self.beginnings.carry(began);
        self.began = Some(began);
    }

    /// Renders `messages` to at most `n_room` tokens.
    ///
    /// If they do not fit, whole exchanges go, oldest first, and in steps; see [`window`]. If the last
    /// message is the assistant's, the prompt ends inside it.
    pub fn fit(
        &mut self,
        tokenizer: &Tokenizer,
        template: &ChatTemplate,
        messages: &[Message],
        n_room: usize,
    ) -> Result<Prompt> {
        let began = self.began.unwrap_or(Date::UNKNOWN);
        let prompting = Prompting { tokenizer, template, began };
        let cuts = Cuts::new(messages);
        let mut fitting = Fitting { prompting, session: self, messages, cuts: &cuts, n_room };
        let (start, tokens) = fitting.run()?;
        let rate = cuts.bytes_from(start) as f64 / tokens.len().max(1) as f64;
        self.bytes_per_token = Some(rate);
        let kept_before = messages[..start].iter().filter(|m| m.role == Role::System).count();
        Ok(Prompt { tokens, dropped_messages: start - kept_before })
    }
}

/// The search for the earliest beginning from which a dialogue fits.
struct Fitting<'f> {
    prompting: Prompting<'f>,
    session: &'f mut Session,
    messages: &'f [Message],
    cuts: &'f Cuts,
    n_room: usize,
}

/// Where a prompt begins, and its tokens.
type Fitted = (usize, Vec<u32>);

impl Fitting<'_> {
    fn run(&mut self) -> Result<Fitted> {
        let mut step = BYTES_PER_TOKEN * window::step(self.n_room);
        let mut starts = self.cuts.starts(step);
        let Some(mut fitted) = self.earliest(&starts)? else {
            return Err(self.too_long(starts.last().copied().unwrap_or(0)));
        };
        // Long exchanges, or a text with many tokens in few bytes: a smaller step keeps more.
        while 2 * fitted.1.len() < self.n_room && fitted.0 > 0 && step > LEAST_STEP_BYTES {
            step /= 2;
            let refused = starts.iter().rev().find(|&&start| start < fitted.0).copied();
            starts = self.cuts.starts(step);
            starts.retain(|&start| start <= fitted.0 && Some(start) > refused);
            if starts.len() > 1 {
                fitted = self.earliest(&starts)?.unwrap_or(fitted);
            }
            starts.extend(refused);
            starts.sort_unstable();
        }
        Ok(fitted)
    }

    /// Of some beginnings the earliest one that fits. The guess only saves work: the outcome is that
    /// of trying one after the other.
    fn earliest(&mut self, starts: &[usize]) -> Result<Option<Fitted>> {
        let bytes_per_token = self.session.bytes_per_token.unwrap_or(BYTES_PER_TOKEN as f64);
        let room_bytes = self.n_room as f64 * bytes_per_token;
        let too_long = |start: &usize| self.cuts.bytes_from(*start) as f64 > room_bytes;
        let mut place = starts.partition_point(too_long).min(starts.len() - 1);
        let mut tokens = self.tokens(starts[place], self.n_room)?;
        if tokens.is_some() {
            while let Some(before) = place.checked_sub(1) {
                let Some(more) = self.tokens(starts[before], self.n_room)? else { break };
                (place, tokens) = (before, Some(more));
            }
        }
        while tokens.is_none() && place + 1 < starts.len() {
            place += 1;
            tokens = self.tokens(starts[place], self.n_room)?;
        }
        Ok(tokens.map(|tokens| (starts[place], tokens)))
    }

    fn tokens(&mut self, start: usize, n_most: usize) -> Result<Option<Vec<u32>>> {
        let kept = window::kept(self.messages, start);
        let continues = kept.last().is_some_and(|message| message.role == Role::Assistant);
        self.prompting.tokens(&kept, !continues, n_most, &mut self.session.known)
    }

    fn too_long(&mut self, start: usize) -> Error {
        match self.tokens(start, usize::MAX) {
            Ok(tokens) => {
                Error::PromptTooLong { n_tokens: tokens.map_or(0, |t| t.len()), n_ctx: self.n_room }
            }
            Err(error) => error,
        }
    }
}

/// Checks what a caller hands in: the last message is the user's, a tool's, or the
/// assistant's answer to the user's, which is then gone on with.
pub fn validate(messages: &[Message]) -> Result<()> {
    let refused = |why: &str| Err(Error::InvalidRequest(why.to_owned()));
    let role = |message: &Message| message.role;
    match messages {
        [] => refused("messages is empty"),
        [.., last] if last.role == Role::Tool => Ok(()),
        [.., last] if last.content.trim().is_empty() => refused("the last message is empty"),
        [.., last] if last.role == Role::User => Ok(()),
        [.., asked, begun] if (role(asked), role(begun)) == (Role::User, Role::Assistant) => Ok(()),
        _ => refused("the last message must be the user's, or the assistant's answer to it"),
    }
}

/// The answer that the last message has begun; empty where it is the user's.
pub fn begun(messages: &[Message]) -> &str {
    let open = messages.last().filter(|message| message.role == Role::Assistant);
    open.map_or("", |message| &message.content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::*;

    fn messages(roles: &[Role]) -> Vec<Message> {
        roles.iter().enumerate().map(|(i, role)| Message::new(*role, i.to_string())).collect()
    }

    #[test]
    fn requests_are_checked() {
        let code = |messages: &[Message]| validate(messages).map_err(|error| error.code());
        assert_eq!(code(&messages(&[System, User])), Ok(()));
        assert_eq!(code(&[]), Err("invalid_request"));
        assert_eq!(code(&messages(&[System, User, Assistant])), Ok(()), "to be gone on with");
        assert_eq!(code(&messages(&[Assistant])), Err("invalid_request"));
        assert_eq!(code(&messages(&[User, Assistant, Assistant])), Err("invalid_request"));
        assert_eq!(code(&messages(&[User, System])), Err("invalid_request"));
        assert_eq!(code(&[Message::new(User, "  ")]), Err("invalid_request"));
        let nothing = [Message::new(User, "hi"), Message::new(Assistant, " ")];
        assert_eq!(code(&nothing), Err("invalid_request"));
    }
}
