//! Renders messages with the Jinja template a model file carries, and turns them into tokens.

use std::collections::HashSet;

use minijinja::{Environment, ErrorKind, context};

use super::{Message, Role, Tokenizer, tokenizer::Special};
use crate::{Error, Result, engine::gguf::Metadata};

/// What a file without a template gets, if its vocabulary has the markers: ChatML.
const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + \
     message.content }}{% if not (loop.last and continue_final_message) %}{{ '<|im_end|>\\n' }}\
     {% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}\
     {% endif %}";

/// And without the markers: a plain transcript.
const TRANSCRIPT: &str = "{% for message in messages %}{{ message.role | capitalize + ': ' + \
     message.content }}{% if not (loop.last and continue_final_message) %}{{ '\\n' }}{% endif %}\
     {% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}";

/// No chat takes this many template instructions; a template that does is broken or hostile.
const MAX_INSTRUCTIONS: u64 = 10_000_000;

/// A chat template, compiled once.
pub struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

impl ChatTemplate {
    pub fn new(source: &str, bos: &str, eos: &str) -> Result<ChatTemplate> {
        let mut environment = Environment::new();
        // As Hugging Face's transformers sets its Jinja up, which templates are written for.
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| {
            Err::<String, _>(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        });
        // The core has no clock, and a date in the system prompt would change the prompt's tokens
        // from one day to the next for all that is kept of a dialogue: the date stays empty.
        environment.add_function("strftime_now", |_format: String| String::new());
        environment.set_fuel(Some(MAX_INSTRUCTIONS));
        let source = without_generation_tags(source);
        environment.add_template_owned("chat", source).map_err(failed)?;
        Ok(ChatTemplate { environment, bos: bos.to_owned(), eos: eos.to_owned() })
    }

    /// The file's template, or one that its vocabulary allows.
    pub fn from_gguf(metadata: &Metadata, tokenizer: &Tokenizer) -> Result<ChatTemplate> {
        let text = |id: Option<u32>| id.and_then(|id| tokenizer.special_text(id)).unwrap_or("");
        let has_chatml = tokenizer.specials().ids_of(&["<|im_start|>"]).next().is_some();
        let fallback = if has_chatml { CHATML } else { TRANSCRIPT };
        let source = metadata.str("tokenizer.chat_template").unwrap_or(fallback);
        ChatTemplate::new(source, text(tokenizer.bos()), text(tokenizer.eos()))
    }

    /// The prompt for `messages`. With `add_generation_prompt` the assistant is to speak next;
    /// without it, and with an assistant message last, that message is left open to be continued.
    pub fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        let [earlier @ .., last] = messages else { return self.apply(messages, true) };
        if add_generation_prompt || last.role != Role::Assistant {
            return self.apply(messages, add_generation_prompt);
        }
        // Templates differ in what they put after the last message and in how they trim it, so a
        // mark shows where it ends.
        let mark = unused_characters(messages).next().ok_or_else(no_character_left)?;
        let marked = Message::new(last.role, format!("{}{mark}", last.content));
        let rendered = self.apply(&[earlier, &[marked]].concat(), false)?;
        match rendered.rfind(mark) {
            Some(end) => Ok(rendered[..end].to_owned()),
            None => Err(Error::TemplateFailed("it drops the last message".to_owned())),
        }
    }

    fn apply(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        let last_is_assistant = messages.last().is_some_and(|m| m.role == Role::Assistant);
        let template = self.environment.get_template("chat").map_err(failed)?;
        template
            .render(context! {
                messages,
                add_generation_prompt,
                continue_final_message => last_is_assistant && !add_generation_prompt,
                bos_token => self.bos,
                eos_token => self.eos,
            })
            .map_err(failed)
    }
}

/// Hugging Face's `{% generation %}` marks for training what the assistant said, and is no tag of
/// Jinja's own.
fn without_generation_tags(source: &str) -> String {
    let mut kept = String::new();
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let (before, tag) = rest.split_at(start);
        let end = tag.find("%}").map_or(tag.len(), |end| end + 2);
        let name = tag[2..end].trim_end_matches("%}").trim_matches(['-', '+']).trim();
        kept.push_str(before);
        match name {
            // A comment trims the same space around it.
            "generation" | "endgeneration" => kept.push_str(&tag[..end].replace('%', "#")),
            _ => kept.push_str(&tag[..end]),
        }
        rest = &tag[end..];
    }
    kept + rest
}

/// The prompt's tokens, in which only the template writes special tokens: what a message says
/// stays text, whatever it looks like.
///
/// Special tokens in contents are disguised, the template is applied, its own special tokens are
/// found, and the disguise comes off. Messages therefore begin and end where the template's special
/// tokens do, and the tokens of earlier turns do not change when later ones are added.
pub fn prompt_tokens(
    tokenizer: &Tokenizer,
    template: &ChatTemplate,
    messages: &[Message],
    add_generation_prompt: bool,
) -> Result<Vec<u32>> {
    let specials = tokenizer.specials();
    let disguise = Disguise::new(specials.first_characters(), messages)?;
    let disguised = messages.iter().map(|message| {
        // The model may have written the likes of `<think>` itself, and did so as one token.
        let own = message.role == Role::Assistant;
        let hides = |special: &Special| special.control || !own && !special.text.trim().is_empty();
        let content = specials.hidden(&message.content, hides, |c| disguise.of(c));
        Message::new(message.role, content)
    });
    let disguised: Vec<Message> = disguised.collect();
    let rendered = template.render(&disguised, add_generation_prompt)?;
    tokenizer.encode_fragments(&rendered, |text| disguise.reveal(text))
}

/// Characters and what stands for them while a template is applied.
struct Disguise(Vec<(char, char)>);

impl Disguise {
    fn new(characters: Vec<char>, messages: &[Message]) -> Result<Disguise> {
        let n_needed = characters.len();
        let pairs: Vec<_> = characters.into_iter().zip(unused_characters(messages)).collect();
        if pairs.len() == n_needed { Ok(Disguise(pairs)) } else { Err(no_character_left()) }
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

/// Private-use characters that occur in none of the messages.
fn unused_characters(messages: &[Message]) -> impl Iterator<Item = char> {
    const PRIVATE: std::ops::RangeInclusive<char> = '\u{F0000}'..='\u{FFFFD}';
    let contents = messages.iter().flat_map(|message| message.content.chars());
    let used: HashSet<char> = contents.filter(|c| PRIVATE.contains(c)).collect();
    PRIVATE.filter(move |c| !used.contains(c))
}

fn no_character_left() -> Error {
    Error::TemplateFailed("the messages use every private character of Unicode".to_owned())
}

fn failed(error: minijinja::Error) -> Error {
    Error::TemplateFailed(error.to_string().trim_end_matches('.').to_owned())
}
