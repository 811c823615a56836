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
    /// What a tool that the edge asked for has found.
    Tool,
}

/// One message, in OpenAI's shape. A copy shares the text: a turn makes several of a whole dialogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    #[serde(default = "text::none", with = "text")]
    pub content: Arc<str>,
    /// All that it says, where that is more than text: pictures and files, in OpenAI's words. Only the edge
    /// reads them; `content` is their text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<serde_json::Value>,
    /// Calls of tools, in a message of the assistant's. Only the edge reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<serde_json::Value>,
    /// The call that a tool's message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

/// A shared text is written as any other.
mod text {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn none() -> Arc<str> {
        "".into()
    }

    pub fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
        Ok(String::deserialize(deserializer)?.into())
    }
}

impl Message {
    pub fn new(role: Role, content: impl Into<String>) -> Message {
        Message {
            role,
            content: content.into().into(),
            parts: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }

    /// Whether it is about tools, of which the device has none.
    pub fn is_about_tools(&self) -> bool {
        self.role == Role::Tool || !self.tool_calls.is_empty()
    }
}
