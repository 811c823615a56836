//! Everything that can go wrong, as one closed enum with stable codes.
//!
//! The codes cross into JavaScript as `RouterError.code` and over HTTP as
//! `error.code`; they never change. The sentence says what to do next.

use serde::Serialize;

/// The result of every fallible function of the core.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure that came from outside: a file, the network, a request.
/// A broken invariant of our own is a panic instead.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("The file is not a usable GGUF model: {0}. Download it again or choose another file.")]
    ModelCorrupt(String),
    #[error(
        "The file ends early: {what} needs bytes up to {needed_bytes}, the file has {have_bytes}. \
         Download it again."
    )]
    ModelTruncated { what: String, needed_bytes: u64, have_bytes: u64 },
    #[error(
        "Architecture or format `{0}` is not supported. Use a llama (or mistral), qwen2, qwen3, \
         smollm3, gemma2, gemma3, phi3, granite or olmo2 GGUF, or a `bert` scorer."
    )]
    ModelUnsupported(String),
    #[error("`{name}` does not match its manifest: {detail}. It was discarded; load again.")]
    DigestMismatch { name: String, detail: String },
    #[error("The tokenizer in the model file is not usable: {0}.")]
    TokenizerInvalid(String),
    #[error("The chat template could not be applied: {0}.")]
    TemplateFailed(String),
    #[error(
        "The model's file has no chat template, so it was most likely never taught to chat. It goes \
         on with a plain transcript, and its answers may be poor. Choose a model that is made for chat."
    )]
    NoChatTemplate,
    #[error(
        "The prompt has {n_tokens} tokens, the context holds {n_ctx}, and dropping older turns was \
         not enough. Shorten the last message or the system prompt."
    )]
    PromptTooLong { n_tokens: usize, n_ctx: usize },
    #[error("The edge's context is too short for this prompt: {0}")]
    EdgePromptTooLong(String),
    #[error("The model failed while computing: {0}. The turn can be repeated.")]
    ComputeFailed(String),
    #[error("Not a usable file of keys and values: {0}. It was dropped; the tokens are read anew.")]
    KvCorrupt(String),
    #[error("Keys and values in a format that this version does not read: {0}. Read them anew.")]
    KvVersion(String),
    #[error("Keys and values of another model or vocabulary: {0}. Read the tokens anew.")]
    KvForeignModel(String),
    #[error("Keys and values of another geometry: {0}. Read the tokens anew.")]
    KvGeometry(String),
    #[error("Keys and values that are not finite numbers, in {0}. Read the tokens anew.")]
    KvNotFinite(String),
    #[error(
        "Keys and values that end after {have_bytes} of {needed_bytes} bytes. Nothing of them was \
         used."
    )]
    KvTruncated { have_bytes: u64, needed_bytes: u64 },
    #[error("Keys and values of {what} are more than the {limit} that are taken.")]
    KvTooLarge { what: String, limit: u64 },
    #[error("Keys and values do not match their checksum in {0}. Read the tokens anew.")]
    KvChecksum(String),
    #[error("Keys and values of other tokens: {0}. Read the tokens anew.")]
    KvOtherTokens(String),
    #[error("No model is loaded on the device. Wait for it to load, or use the edge.")]
    DeviceNotReady,
    #[error("The engine on this device failed: {0}. The turn can be repeated.")]
    EngineFailed(String),
    #[error("The engine on this device gave no sign of life for {0} ms. The turn can be repeated.")]
    EngineTimeout(u64),
    #[error(
        "The answer of the engine on this device broke off before its end. The turn can be repeated."
    )]
    EngineBrokeOff,
    #[error("The engine on this device ended its answer without a word. The turn can be repeated.")]
    EngineEmpty,
    #[error(
        "The engine on this device gave something that is no piece of an answer: {0}. Mend its adapter."
    )]
    EngineProtocol(String),
    #[error("The edge cannot be reached: {0}. Check the connection and the base URL.")]
    EdgeUnreachable(String),
    #[error("The edge did not answer within {0} ms. Try again, or answer on the device.")]
    EdgeTimeout(u64),
    /// The message is what the server says, if anything.
    #[error(
        "The edge refused access (HTTP {status}){}. Check the token and what it may be used for, or \
         renew it.", after_colon(.message)
    )]
    EdgeUnauthorized { status: u16, message: String },
    /// Where the server does not say how long to wait, a quota may be used up as well.
    #[error("The edge is limiting requests (HTTP 429){}. {}", after_colon(.message), wait(.retry_after_s))]
    EdgeRateLimited { retry_after_s: Option<u64>, message: String },
    #[error("The edge refused the request (HTTP {status}): {message}")]
    EdgeRejected { status: u16, message: String },
    #[error("The edge failed (HTTP {status}): {message}")]
    EdgeFailed { status: u16, message: String },
    #[error(
        "The edge sent something that is not an OpenAI event stream: {0}. Check that the base URL \
         is that of an OpenAI-compatible API."
    )]
    EdgeProtocol(String),
    #[error("The edge's answer broke off before its end.")]
    EdgeBrokeOff,
    #[error("The edge ended its answer without a word. Ask again, or answer on the device.")]
    EdgeEmpty,
    #[error(
        "The edge asked for the tool `{0}`, but the request offers no tools. Ask again, or offer \
         them in `tools`."
    )]
    EdgeToolCall(String),
    #[error(
        "The request offers tools or holds their results, which only the edge can read. Allow the \
         edge, or leave the tools out."
    )]
    ToolsNeedEdge,
    #[error(
        "The request asks for {0}, which the model on this device does not give. Allow the edge, or \
         leave it out."
    )]
    NeedsEdge(&'static str),
    #[error(
        "Neither side could answer. Device: {device} Edge: {edge} The dialogue is intact; repeat \
         the turn."
    )]
    BothFailed { device: Box<Error>, edge: Box<Error> },
    #[error("The request is not valid: {0}.")]
    InvalidRequest(String),
    #[error("The configuration is not valid: {0}.")]
    InvalidConfig(String),
    #[error("The calibration is not usable: {0}. Write it anew with `cargo xtask calibrate`.")]
    CalibrationInvalid(String),
    #[error(
        "The calibration was made for {made_for}, but the models are {loaded}. It is not in force; \
         calibrate anew for these models."
    )]
    CalibrationMismatch { made_for: String, loaded: String },
    #[error("The browser's storage is not usable: {0}. The model will be fetched on each visit.")]
    StorageUnavailable(String),
    #[error("Another turn is still running. Wait for it or abort it.")]
    Busy,
    #[error("The turn was stopped.")]
    Aborted,
}

impl Error {
    /// The stable code, the same in Rust, JavaScript and on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Error::ModelCorrupt(_) => "model_corrupt",
            Error::ModelTruncated { .. } => "model_truncated",
            Error::ModelUnsupported(_) => "model_unsupported",
            Error::DigestMismatch { .. } => "digest_mismatch",
            Error::TokenizerInvalid(_) => "tokenizer_invalid",
            Error::TemplateFailed(_) => "template_failed",
            Error::NoChatTemplate => "no_chat_template",
            Error::PromptTooLong { .. } | Error::EdgePromptTooLong(_) => "prompt_too_long",
            Error::ComputeFailed(_) => "compute_failed",
            Error::KvCorrupt(_) => "kv_corrupt",
            Error::KvVersion(_) => "kv_version",
            Error::KvForeignModel(_) => "kv_foreign_model",
            Error::KvGeometry(_) => "kv_geometry",
            Error::KvNotFinite(_) => "kv_not_finite",
            Error::KvTruncated { .. } => "kv_truncated",
            Error::KvTooLarge { .. } => "kv_too_large",
            Error::KvChecksum(_) => "kv_checksum",
            Error::KvOtherTokens(_) => "kv_other_tokens",
            Error::DeviceNotReady => "device_not_ready",
            Error::EngineFailed(_) => "engine_failed",
            Error::EngineTimeout(_) => "engine_timeout",
            Error::EngineBrokeOff => "engine_broke_off",
            Error::EngineEmpty => "engine_empty",
            Error::EngineProtocol(_) => "engine_protocol",
            Error::EdgeUnreachable(_) => "edge_unreachable",
            Error::EdgeTimeout(_) => "edge_timeout",
            Error::EdgeUnauthorized { .. } => "edge_unauthorized",
            Error::EdgeRateLimited { .. } => "edge_rate_limited",
            Error::EdgeRejected { .. } => "edge_rejected",
            Error::EdgeFailed { .. } => "edge_failed",
            Error::EdgeProtocol(_) => "edge_protocol",
            Error::EdgeBrokeOff => "edge_broke_off",
            Error::EdgeEmpty => "edge_empty",
            Error::EdgeToolCall(_) => "edge_tool_call",
            Error::ToolsNeedEdge => "tools_need_edge",
            Error::NeedsEdge(_) => "needs_edge",
            Error::BothFailed { .. } => "both_failed",
            Error::InvalidRequest(_) => "invalid_request",
            Error::InvalidConfig(_) => "invalid_config",
            Error::CalibrationInvalid(_) => "calibration_invalid",
            Error::CalibrationMismatch { .. } => "calibration_mismatch",
            Error::StorageUnavailable(_) => "storage_unavailable",
            Error::Busy => "busy",
            Error::Aborted => "aborted",
        }
    }

    /// The error as data, for whatever crosses a boundary.
    pub fn report(&self) -> ErrorReport {
        ErrorReport { code: self.code().to_owned(), message: self.to_string() }
    }
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Error {
        Error::ComputeFailed(error.to_string())
    }
}

/// A server's sentence, to stand within one of ours.
fn after_colon(message: &str) -> String {
    match message.trim_end_matches(['.', ' ']) {
        "" => String::new(),
        said => format!(": {said}"),
    }
}

fn wait(retry_after_s: &Option<u64>) -> String {
    match retry_after_s {
        Some(seconds) => format!("Wait {seconds} s and try again."),
        None => "Try again later.".to_owned(),
    }
}

/// A code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorReport {
    pub code: String,
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_server_says_and_what_to_do() {
        let check = |error: Error, sentence: &str| assert_eq!(error.to_string(), sentence);
        let unauthorized =
            |message: &str| Error::EdgeUnauthorized { status: 401, message: message.to_owned() };
        check(
            unauthorized("Incorrect API key provided."),
            "The edge refused access (HTTP 401): Incorrect API key provided. Check the token and what \
             it may be used for, or renew it.",
        );
        check(
            unauthorized(""),
            "The edge refused access (HTTP 401). Check the token and what it may be used for, or renew it.",
        );
        let limited = |retry_after_s: Option<u64>, message: &str| Error::EdgeRateLimited {
            retry_after_s,
            message: message.to_owned(),
        };
        check(
            limited(None, "You exceeded your current quota, please check your plan."),
            "The edge is limiting requests (HTTP 429): You exceeded your current quota, please check \
             your plan. Try again later.",
        );
        check(
            limited(Some(7), ""),
            "The edge is limiting requests (HTTP 429). Wait 7 s and try again.",
        );
    }

    #[test]
    fn sentences_end_and_codes_are_snake_case() {
        let both = Error::BothFailed {
            device: Box::new(Error::DeviceNotReady),
            edge: Box::new(Error::EdgeBrokeOff),
        };
        for error in [Error::Aborted, Error::EdgeTimeout(5), both] {
            assert!(error.to_string().ends_with('.'), "{error}");
            assert!(error.code().chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        }
    }
}
