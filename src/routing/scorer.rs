//! How likely the edge is needed, and how long the answers will be.
//!
//! A tiny BERT reads the last message (segment A) with a digest of the
//! dialogue before it (segment B). Its head has three outputs: the logit of
//! "the edge is needed", and `ln(1 + tokens)` of either side's answer.

use crate::dialogue::{Message, Role};
use crate::engine::ReadAt;
use crate::engine::bert::Bert;
use crate::{Error, Result};

/// Word pieces of the last message that are read.
const MAX_TURN_TOKENS: usize = 64;
/// Word pieces of the digest that are read.
const MAX_DIGEST_TOKENS: usize = 60;
/// No embedded answer is longer; a head's output beyond it is noise.
const MAX_ANSWER_TOKENS: f64 = 2048.0;

/// The scorer's word on one turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Probability that the edge is needed: the device wrong and the edge right.
    pub p: f64,
    /// Expected answer length in tokens.
    pub device_tokens: f64,
    pub edge_tokens: f64,
}

impl Score {
    /// What is assumed while no scorer is loaded.
    pub const UNKNOWN: Score = Score { p: 0.5, device_tokens: 64.0, edge_tokens: 96.0 };
}

/// A loaded scorer.
pub struct Scorer {
    bert: Bert,
    cls: u32,
    sep: u32,
}

impl Scorer {
    /// Reads a `bert` GGUF with the scorer's head.
    pub fn load(source: &dyn ReadAt) -> Result<Scorer> {
        Scorer::over(Bert::load(source)?)
    }

    /// The scorer over an encoder that was loaded.
    pub fn over(bert: Bert) -> Result<Scorer> {
        let missing = || Error::TokenizerInvalid("the scorer has no [CLS] or [SEP]".to_owned());
        let cls = bert.tokenizer().bos().ok_or_else(missing)?;
        let sep = bert.tokenizer().eos().ok_or_else(missing)?;
        Ok(Scorer { bert, cls, sep })
    }

    /// Scores the last user message of `messages`.
    pub fn score(&self, messages: &[Message]) -> Result<Score> {
        let (ids, type_ids) = self.input(messages)?;
        let cls_state = self.bert.embed(&ids, &type_ids)?; // (n_embd)
        let outputs = self.bert.head(&cls_state)?; // (3)
        let [logit, device_length, edge_length] = outputs[..] else {
            return Err(Error::ModelCorrupt("the scorer's head must have 3 outputs".to_owned()));
        };
        if outputs.iter().any(|output| !output.is_finite()) {
            return Err(Error::ComputeFailed(
                "the scorer gave a number that is not one".to_owned(),
            ));
        }
        let tokens = |length: f32| f64::from(length).exp_m1().clamp(1.0, MAX_ANSWER_TOKENS);
        Ok(Score {
            p: 1.0 / (1.0 + (-f64::from(logit)).exp()),
            device_tokens: tokens(device_length),
            edge_tokens: tokens(edge_length),
        })
    }

    /// `[CLS] turn [SEP]`, and `digest [SEP]` where there is a dialogue before it.
    pub fn input(&self, messages: &[Message]) -> Result<(Vec<u32>, Vec<u32>)> {
        let (turn, digest) = turn_and_digest(messages);
        let tokenizer = self.bert.tokenizer();
        let mut ids = vec![self.cls];
        ids.extend(tokenizer.encode_plain(turn)?.into_iter().take(MAX_TURN_TOKENS));
        ids.push(self.sep);
        let mut type_ids = vec![0; ids.len()];
        if !digest.is_empty() {
            ids.extend(tokenizer.encode_plain(&digest)?.into_iter().take(MAX_DIGEST_TOKENS));
            ids.push(self.sep);
            type_ids.resize(ids.len(), 1);
        }
        Ok((ids, type_ids))
    }

    /// Tokens of a text as the scorer counts them: a stand-in while the LLM,
    /// and with it its tokenizer, is still on its way.
    pub fn tokens(&self, text: &str) -> Result<Vec<u32>> {
        self.bert.tokenizer().encode_plain(text)
    }
}

/// The last user message, and `previous user message / previous assistant message`.
fn turn_and_digest(messages: &[Message]) -> (&str, String) {
    let Some(last_user) = messages.iter().rposition(|message| message.role == Role::User) else {
        return ("", String::new());
    };
    let before = &messages[..last_user];
    let last_of = |role: Role| before.iter().rev().find(|message| message.role == role);
    let digest = match (last_of(Role::User), last_of(Role::Assistant)) {
        (None, None) => String::new(),
        (user, assistant) => {
            let text = |message: Option<&Message>| message.map_or("", |m| &m.content).to_owned();
            format!("{} / {}", text(user), text(assistant))
        }
    };
    (&messages[last_user].content, digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(messages: &[(Role, &str)], expected: (&str, &str)) {
        let messages: Vec<Message> =
            messages.iter().map(|(role, text)| Message::new(*role, *text)).collect();
        let (turn, digest) = turn_and_digest(&messages);
        assert_eq!((turn, digest.as_str()), expected);
    }

    #[test]
    fn the_digest_is_the_previous_exchange() {
        use Role::*;
        check(&[], ("", ""));
        check(&[(System, "s"), (User, "hi")], ("hi", ""));
        check(&[(User, "2+2"), (Assistant, "4"), (User, "doubled?")], ("doubled?", "2+2 / 4"));
        check(
            &[(User, "a"), (Assistant, "b"), (User, "c"), (Assistant, "d"), (User, "e")],
            ("e", "c / d"),
        );
    }
}
