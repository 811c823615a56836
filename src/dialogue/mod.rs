//! What was said: messages, and how they become a prompt and tokens.

pub mod session;
mod stream;
mod template;
mod tokenizer;

use serde::{Deserialize, Serialize};

pub use self::{
    stream::TextStream,
    template::{ChatTemplate, prompt_tokens},
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

/// One message, in OpenAI's shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

impl Message {
    pub fn new(role: Role, content: impl Into<String>) -> Message {
        Message { role, content: content.into() }
    }
}
