//! A dialogue as a prompt: rendered, tokenised, and cut to the context.

use super::{ChatTemplate, Message, Role, Tokenizer, prompt_tokens};
use crate::{Error, Result};

/// A prompt that fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub tokens: Vec<u32>,
    /// How many of the oldest messages were left out.
    pub dropped_messages: usize,
}

/// Renders `messages` to at most `n_room` tokens.
///
/// If they do not fit, whole exchanges go, oldest first: a user message with
/// everything up to the next one. System messages and the last exchange stay.
/// If the last message is the assistant's, the prompt ends inside it.
pub fn fit(
    tokenizer: &Tokenizer,
    template: &ChatTemplate,
    messages: &[Message],
    n_room: usize,
) -> Result<Prompt> {
    let mut kept = messages.to_vec();
    loop {
        let continues = kept.last().is_some_and(|message| message.role == Role::Assistant);
        let tokens = prompt_tokens(tokenizer, template, &kept, !continues)?;
        if tokens.len() <= n_room {
            return Ok(Prompt { tokens, dropped_messages: messages.len() - kept.len() });
        }
        if !drop_oldest_exchange(&mut kept) {
            return Err(Error::PromptTooLong { n_tokens: tokens.len(), n_ctx: n_room });
        }
    }
}

/// Removes the oldest exchange; `false` if only the last one is left.
pub fn drop_oldest_exchange(messages: &mut Vec<Message>) -> bool {
    let users: Vec<usize> = messages
        .iter()
        .enumerate()
        .filter(|(_, message)| message.role == Role::User)
        .map(|(index, _)| index)
        .collect();
    let Some(&second) = users.get(1) else { return false };
    let mut index = 0;
    messages.retain(|message| {
        let keep = index >= second || message.role == Role::System;
        index += 1;
        keep
    });
    true
}

/// Checks what a caller hands in: the last message is the user's, or the
/// assistant's answer to the user's, which is then gone on with.
pub fn validate(messages: &[Message]) -> Result<()> {
    let refused = |why: &str| Err(Error::InvalidRequest(why.to_owned()));
    let role = |message: &Message| message.role;
    match messages {
        [] => refused("messages is empty"),
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

    #[track_caller]
    fn check(roles: &[Role], expected: Option<&[&str]>) {
        let mut kept = messages(roles);
        let dropped = drop_oldest_exchange(&mut kept);
        let texts: Vec<&str> = kept.iter().map(|message| message.content.as_str()).collect();
        match expected {
            Some(expected) => assert_eq!(texts, expected),
            None => assert_eq!(texts.len(), roles.len()),
        }
        assert_eq!(dropped, expected.is_some());
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
