//! Texts as tokens of some four bytes each, where no vocabulary is at hand.

use nearside::dialogue::{Message, Role};

/// Bytes of a token, as a rule of thumb for any vocabulary and language.
pub const TOKEN_BYTES: usize = 4;

/// A dialogue as tokens: each message's role, its text, and an end unless it is still open.
pub fn prompt_tokens(messages: &[Message]) -> Vec<u32> {
    let mut tokens = Vec::new();
    for message in messages {
        tokens.push(message.role as u32);
        tokens.extend(pieces(&message.content).map(token));
        tokens.push(u32::MAX);
    }
    match messages.last().map(|message| message.role) {
        // The answer so far is gone on with.
        Some(Role::Assistant) => drop(tokens.pop()),
        _ => tokens.push(Role::Assistant as u32),
    }
    tokens
}

pub fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let piece = first_piece(text)?;
        text = &text[piece.len()..];
        Some(piece)
    })
}

/// The text's first token: some four bytes of whole characters.
pub fn first_piece(text: &str) -> Option<&str> {
    let end = boundary(text, TOKEN_BYTES);
    (end > 0).then(|| &text[..end])
}

/// The first end of a character at `n_bytes` or later.
pub fn boundary(text: &str, n_bytes: usize) -> usize {
    (n_bytes..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// FNV-1a.
pub fn token(piece: &str) -> u32 {
    piece.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use nearside::handoff::ledger::common_prefix;

    use super::*;

    #[test]
    fn pieces_are_some_four_bytes_of_whole_characters() {
        let cut = |text| pieces(text).collect::<Vec<&str>>();
        assert_eq!(cut("one two"), ["one ", "two"]);
        assert_eq!(cut("naïve"), ["naï", "ve"]);
        assert_eq!(cut("法国的"), ["法国", "的"]);
        assert!(cut("").is_empty());
    }

    #[test]
    fn a_prompt_that_goes_on_shares_its_beginning() {
        let user = Message::new(Role::User, "what is it?");
        let prompt = prompt_tokens(std::slice::from_ref(&user));
        let going_on = prompt_tokens(&[user.clone(), Message::new(Role::Assistant, "that is")]);
        assert_eq!(common_prefix(&prompt, &going_on), prompt.len());
        let answer = Message::new(Role::Assistant, "that is it.");
        let next = prompt_tokens(&[user.clone(), answer, user]);
        assert!(common_prefix(&going_on, &next) > prompt.len());
    }
}
