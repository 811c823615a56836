//! Messages as a prompt's tokens, in which only the template writes special tokens: what a message
//! says stays text, whatever it looks like.
//!
//! Special tokens in contents are disguised, the template is applied, its own special tokens are
//! found, and the disguise comes off. Messages therefore begin and end where the template's special
//! tokens do, and the tokens of earlier turns do not change when later ones are added.

use super::fragments::Fragments;
use super::template::{no_character_left, unused_characters};
use super::{ChatTemplate, Date, Message, Role, Tokenizer, tokenizer::Special};
use crate::Result;

/// The prompt's tokens. `began` is the day on which the dialogue did.
pub fn prompt_tokens(
    tokenizer: &Tokenizer,
    template: &ChatTemplate,
    messages: &[Message],
    add_generation_prompt: bool,
    began: Date,
) -> Result<Vec<u32>> {
    let known = &mut Fragments::default();
    let prompt = Prompting { tokenizer, template, began };
    let tokens = prompt.tokens(messages, add_generation_prompt, usize::MAX, known)?;
    Ok(tokens.expect("no prompt is longer than the longest"))
}

/// What turns messages into tokens.
#[derive(Clone, Copy)]
pub struct Prompting<'m> {
    pub tokenizer: &'m Tokenizer,
    pub template: &'m ChatTemplate,
    /// The day on which the dialogue began.
    pub began: Date,
}

impl Prompting<'_> {
    /// At most `n_most` tokens; `None` where there are more, which are not all looked for then.
    pub fn tokens(
        self,
        messages: &[Message],
        add_generation_prompt: bool,
        n_most: usize,
        known: &mut Fragments,
    ) -> Result<Option<Vec<u32>>> {
        let specials = self.tokenizer.specials();
        let disguise = Disguise::new(specials.first_characters(), messages)?;
        let disguised = messages.iter().map(|message| {
            // The model may have written the likes of `<think>` itself, and did so as one token.
            let own = message.role == Role::Assistant;
            let hides =
                |special: &Special| special.control || !own && !special.text.trim().is_empty();
            let content = specials.hidden(&message.content, hides, |c| disguise.of(c));
            Message::new(message.role, content)
        });
        let disguised: Vec<Message> = disguised.collect();
        let rendered = self.template.render(&disguised, add_generation_prompt, self.began)?;
        self.tokenizer.encode_fragments(&rendered, n_most, |text, ids| {
            known.extend(ids, &disguise.reveal(text), |text| self.tokenizer.encode_plain(text))
        })
    }
}

/// Characters and what stands for them while a template is applied.
struct Disguise(Vec<(char, char)>);

impl Disguise {
    fn new(characters: &[char], messages: &[Message]) -> Result<Disguise> {
        let pairs: Vec<_> = characters.iter().copied().zip(unused_characters(messages)).collect();
        match pairs.len() == characters.len() {
            true => Ok(Disguise(pairs)),
            false => Err(no_character_left()),
        }
    }

    fn of(&self, character: char) -> char {
        let pair = self.0.iter().find(|(real, _)| *real == character);
        pair.expect("every first character of a special token has a disguise").1
    }

    fn reveal(&self, text: &str) -> String {
        let real = |c| self.0.iter().find(|(_, hidden)| *hidden == c).map_or(c, |(real, _)| *real);
        text.chars().map(real).collect()
    }
}
