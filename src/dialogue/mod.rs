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
    /// What a tool that the edge asked for has found.
    Tool,
}

/// One message, in OpenAI's shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    #[serde(default)]
    pub content: String,
    /// Calls of tools, in a message of the assistant's. Only the edge reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<serde_json::Value>,
    /// The call that a tool's message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

impl Message {
    pub fn new(role: Role, content: impl Into<String>) -> Message {
        Message { role, content: content.into(), tool_calls: Vec::new(), tool_call_id: None }
    }

    /// Whether it is about tools, of which the device has none.
    pub fn is_about_tools(&self) -> bool {
        self.role == Role::Tool || !self.tool_calls.is_empty()
    }
}
