//! What was said: messages, and how they become a prompt and tokens.

mod beginnings;
mod date;
mod fragments;
mod prompt;
pub mod session;
mod stream;
mod template;
mod tokenizer;
pub mod window;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::{
    beginnings::Beginnings,
    date::Date,
    prompt::prompt_tokens,
    session::{Prompt, Session},
    stream::TextStream,
    template::ChatTemplate,
    tokenizer::Tokenizer,
};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// One message, in OpenAI's shape. A copy shares the text: a turn makes several of a whole dialogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    #[serde(with = "text")]
    pub content: Arc<str>,
}

/// A shared text is written as any other.
mod text {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
        Ok(String::deserialize(deserializer)?.into())
    }
}

impl Message {
    pub fn new(role: Role, content: impl Into<String>) -> Message {
        Message { role, content: content.into().into() }
    }
}
