//! A dialogue as numbers that stand for its text, for an engine whose own tokens nobody knows.
//!
//! A token here is up to four bytes of whole characters: about as much as a token of a real vocabulary
//! holds, of English as of Chinese. Dialogues that begin alike have tokens that begin alike, and the
//! messages can be read out of the tokens again, so that nothing has to be remembered beside them.

use crate::dialogue::{Message, Role};

/// No character has this byte: it fills a token up, and a token that begins with it opens a message.
const NO_TEXT: u8 = 0xff;
const TOKEN_BYTES: usize = 4;

/// The tokens of a prompt: of every message its opening and its text. Where the last message is not
/// the assistant's, an answer is opened; else the prompt ends inside that one.
pub fn tokens(messages: &[Message]) -> Vec<u32> {
    let mut tokens = Vec::new();
    for message in messages {
        tokens.push(opening(message.role));
        append(&mut tokens, &message.content);
    }
    if messages.last().is_none_or(|last| last.role != Role::Assistant) {
        tokens.push(opening(Role::Assistant));
    }
    tokens
}

/// The messages that some tokens stand for; an answer that was only opened is empty.
pub fn messages(tokens: &[u32]) -> Vec<Message> {
    let mut told: Vec<(Role, Vec<u8>)> = Vec::new();
    for token in tokens {
        match (opened(*token), told.last_mut()) {
            (Some(role), _) => told.push((role, Vec::new())),
            (None, Some((_, text))) => text.extend(text_of(*token)),
            (None, None) => told.push((Role::User, text_of(*token).collect())),
        }
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    told.into_iter().map(|(role, bytes)| Message::new(role, text(bytes))).collect()
}

/// Goes on with the text of the last message. In pieces it comes to the same tokens as at once.
pub fn append(tokens: &mut Vec<u32>, text: &str) {
    let last = tokens.pop_if(|last| opened(*last).is_none());
    let mut bytes: Vec<u8> = last.iter().flat_map(|last| text_of(*last)).collect();
    let mut character = [0; 4];
    for letter in text.chars() {
        let encoded = letter.encode_utf8(&mut character).as_bytes();
        if bytes.len() + encoded.len() > TOKEN_BYTES {
            tokens.push(packed(&bytes));
            bytes.clear();
        }
        bytes.extend_from_slice(encoded);
    }
    if !bytes.is_empty() {
        tokens.push(packed(&bytes));
    }
}

fn packed(bytes: &[u8]) -> u32 {
    let mut token = [NO_TEXT; TOKEN_BYTES];
    token[..bytes.len()].copy_from_slice(bytes);
    u32::from_le_bytes(token)
}

fn text_of(token: u32) -> impl Iterator<Item = u8> {
    token.to_le_bytes().into_iter().take_while(|byte| *byte != NO_TEXT)
}

/// An engine without tools is told by the user what they found.
fn opening(role: Role) -> u32 {
    let role = match role {
        Role::System => 0,
        Role::User | Role::Tool => 1,
        Role::Assistant => 2,
    };
    u32::from_le_bytes([NO_TEXT, role, NO_TEXT, NO_TEXT])
}

fn opened(token: u32) -> Option<Role> {
    match token.to_le_bytes() {
        [NO_TEXT, 0, ..] => Some(Role::System),
        [NO_TEXT, 2, ..] => Some(Role::Assistant),
        [NO_TEXT, ..] => Some(Role::User),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dialogue: &[(Role, &str)]) {
        let dialogue: Vec<Message> =
            dialogue.iter().map(|(role, text)| Message::new(*role, *text)).collect();
        let mut read = messages(&tokens(&dialogue));
        if dialogue.last().is_some_and(|last| last.role != Role::Assistant) {
            assert_eq!(read.pop(), Some(Message::new(Role::Assistant, "")));
        }
        assert_eq!(read, dialogue);
    }

    #[test]
    fn messages_can_be_read_out_of_their_tokens() {
        check(&[(Role::System, "Be brief."), (Role::User, "Hello")]);
        check(&[
            (Role::User, "日本語のテキスト"),
            (Role::Assistant, "はい、😀!"),
            (Role::User, "ё"),
        ]);
        check(&[(Role::User, "Count"), (Role::Assistant, "1, 2, 3")]);
        check(&[(Role::User, "\u{0}\u{1}\u{2}"), (Role::Assistant, "\u{1}"), (Role::User, " \n ")]);
        check(&[(Role::User, ""), (Role::Assistant, ""), (Role::User, "again")]);
    }

    #[test]
    fn a_dialogue_that_goes_on_begins_with_the_tokens_of_what_was_said() {
        let asked = [Message::new(Role::User, "How far is the moon?")];
        let mut held = tokens(&asked);
        for piece in ["About 384", ",", " 000", " km – or l'été 🌘", ""] {
            append(&mut held, piece);
        }
        let answered = Message::new(Role::Assistant, "About 384, 000 km – or l'été 🌘");
        let next = [asked[0].clone(), answered, Message::new(Role::User, "And the sun?")];
        assert!(tokens(&next).starts_with(&held));
    }

    #[test]
    fn a_token_is_as_long_as_one_of_a_real_vocabulary() {
        let count = |text: &str| tokens(&[Message::new(Role::User, text)]).len() - 2;
        assert_eq!(count("The edge answers"), 4);
        assert_eq!(count("今日は良い天気"), 7, "one for each of Chinese or Japanese");
        assert_eq!(count("Москва"), 3);
    }
}
