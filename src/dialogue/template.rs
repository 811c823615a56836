//! Renders messages with the Jinja template a model file carries.

mod python;
mod roles;

use std::collections::HashSet;

use minijinja::{Environment, ErrorKind, State, Value, context};

use self::roles::Roles;
use super::{Date, Message, Role, Tokenizer};
use crate::{Error, Result, engine::gguf::Metadata};

/// What a file without a template gets if its texts end as ChatML's messages do.
const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + \
     message.content }}{% if not (loop.last and continue_final_message) %}{{ '<|im_end|>\\n' }}\
     {% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}\
     {% endif %}";
const CHATML_END: &str = "<|im_end|>";

/// What any other file without one gets: a plain transcript, which a model that was never taught to
/// chat goes on with as it does with any text.
const TRANSCRIPT: &str = "{% for message in messages %}{{ message.role | capitalize + ': ' + \
     message.content | trim }}{% if not (loop.last and continue_final_message) %}{{ '\\n' }}\
     {% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}";
/// Such a model does not end its answer; it goes on with the next speaker.
const NEXT_SPEAKERS: [&str; 3] = ["\nUser:", "\nSystem:", "\nAssistant:"];

/// No chat takes this many template instructions; a template that does is broken or hostile.
const MAX_INSTRUCTIONS: u64 = 10_000_000;
/// The variable that a template's functions find the date in.
const BEGAN: &str = "nearside_began";

/// A chat template, compiled once.
pub struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
    roles: Roles,
    is_plain: bool,
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
        environment.add_function("strftime_now", |state: &State, format: String| {
            began_in(state).strftime(&format)
        });
        environment.set_fuel(Some(MAX_INSTRUCTIONS));
        python::install(&mut environment);
        let source = python::translated(source);
        environment.add_template_owned("chat", source).map_err(failed)?;
        let (bos, eos) = (bos.to_owned(), eos.to_owned());
        let mut template =
            ChatTemplate { environment, bos, eos, roles: Roles::ANY, is_plain: false };
        template.roles = Roles::of(|roles| template.takes(roles));
        Ok(template)
    }

    /// The file's template, or one that its vocabulary allows.
    ///
    /// Markers in a vocabulary alone say nothing: base models are shipped with those of their chat
    /// siblings and were never shown them. A file that names ChatML's marker as the end of its texts
    /// was.
    pub fn from_gguf(metadata: &Metadata, tokenizer: &Tokenizer) -> Result<ChatTemplate> {
        let text = |id: Option<u32>| id.and_then(|id| tokenizer.special_text(id)).unwrap_or("");
        let (bos, eos) = (text(tokenizer.bos()), text(tokenizer.eos()));
        match metadata.str("tokenizer.chat_template") {
            Some(source) => ChatTemplate::new(source, bos, eos),
            None if eos == CHATML_END => ChatTemplate::new(CHATML, bos, eos),
            None => Ok(ChatTemplate { is_plain: true, ..ChatTemplate::new(TRANSCRIPT, bos, eos)? }),
        }
    }

    /// Whether the model was never taught to chat, as far as its file says.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Texts that end an answer though no special token does.
    pub fn stop_texts(&self) -> &'static [&'static str] {
        if self.is_plain { &NEXT_SPEAKERS } else { &[] }
    }

    /// Whether an answer after `prompt` begins with white space that belongs to the format.
    pub fn opens_with_space(&self, prompt: &str) -> bool {
        self.is_plain && prompt.ends_with("Assistant:")
    }

    /// The prompt for `messages` of a dialogue that `began` on this day. With `add_generation_prompt`
    /// the assistant is to speak next; without it, and with an assistant message last, that message
    /// is left open to be continued.
    pub fn render(
        &self,
        messages: &[Message],
        add_generation_prompt: bool,
        began: Date,
    ) -> Result<String> {
        let arranged = self.roles.arranged(messages);
        let [earlier @ .., last] = &*arranged else { return self.apply(&[], true, began) };
        if add_generation_prompt || last.role != Role::Assistant {
            return self.apply(&arranged, add_generation_prompt, began);
        }
        // Templates differ in what they put after the last message and in how they trim it, so a
        // mark shows where it ends.
        let mark = unused_characters(&arranged).next().ok_or_else(no_character_left)?;
        let marked = Message::new(last.role, format!("{}{mark}", last.content));
        let rendered = self.apply(&[earlier, &[marked]].concat(), false, began)?;
        match rendered.rfind(mark) {
            Some(end) => Ok(rendered[..end].to_owned()),
            None => Err(Error::TemplateFailed("it drops the last message".to_owned())),
        }
    }

    fn apply(
        &self,
        messages: &[Message],
        add_generation_prompt: bool,
        began: Date,
    ) -> Result<String> {
        let last_is_assistant = messages.last().is_some_and(|m| m.role == Role::Assistant);
        let template = self.environment.get_template("chat").map_err(failed)?;
        template
            .render(context! {
                messages,
                add_generation_prompt,
                continue_final_message => last_is_assistant && !add_generation_prompt,
                bos_token => self.bos,
                eos_token => self.eos,
                // Not given, but there, as in transformers.
                tools => (),
                documents => (),
                // What Llama 3.1 writes, which does not ask for the date itself.
                date_string => began.strftime("%d %b %Y"),
                nearside_began => began.to_string(),
            })
            .map_err(failed)
    }

    /// Whether messages of these roles are rendered, and none of them is left out.
    fn takes(&self, roles: &[Role]) -> bool {
        let text = |i: usize| format!("message{i}text");
        let messages: Vec<Message> =
            roles.iter().enumerate().map(|(i, role)| Message::new(*role, text(i))).collect();
        let asks = roles.last() == Some(&Role::User);
        let rendered = self.apply(&messages, asks, Date::UNKNOWN);
        rendered.is_ok_and(|rendered| (0..roles.len()).all(|i| rendered.contains(&text(i))))
    }
}

fn began_in(state: &State) -> Date {
    let text = state.lookup(BEGAN).as_ref().and_then(Value::as_str).map(Date::parse);
    text.flatten().unwrap_or(Date::UNKNOWN)
}

/// Private-use characters that occur in none of the messages.
pub(super) fn unused_characters(messages: &[Message]) -> impl Iterator<Item = char> {
    const PRIVATE: std::ops::RangeInclusive<char> = '\u{F0000}'..='\u{FFFFD}';
    let contents = messages.iter().flat_map(|message| message.content.chars());
    let used: HashSet<char> = contents.filter(|c| PRIVATE.contains(c)).collect();
    PRIVATE.filter(move |c| !used.contains(c))
}

pub(super) fn no_character_left() -> Error {
    Error::TemplateFailed("the messages use every private character of Unicode".to_owned())
}

fn failed(error: minijinja::Error) -> Error {
    Error::TemplateFailed(error.to_string().trim_end_matches('.').to_owned())
}
