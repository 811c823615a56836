//! Which tokens of the dialogue the edge still holds keys and values for.
//!
//! The device's own part is never a book entry: its engine knows what its KV
//! cache holds. Of the edge it is known what was sent and what came back; its
//! prefix cache forgets, so an entry counts for a limited time. Reuse is
//! decided by the longest common token prefix, never by a flag: edited
//! messages, branches and a changed system prompt follow from that.

use std::time::Duration;

/// How long an edge's prefix cache is trusted to remember a dialogue.
const EDGE_TTL: Duration = Duration::from_secs(300);

/// What the edge has seen last, in the tokens of one vocabulary.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    edge: Option<Held>,
}

#[derive(Debug, Clone)]
struct Held {
    vocabulary: String,
    tokens: Vec<u32>,
    at: Duration,
}

impl Ledger {
    /// Prompt tokens that the edge would have to compute.
    ///
    /// `vocabulary` names the tokenizer that made `prompt`: tokens of another
    /// one cannot be compared, so all of them are missing.
    pub fn missing_on_edge(&self, vocabulary: &str, prompt: &[u32], now: Duration) -> usize {
        let held = self.edge.as_ref().filter(|held| {
            held.vocabulary == vocabulary && now.saturating_sub(held.at) <= EDGE_TTL
        });
        let common = held.map_or(0, |held| common_prefix(&held.tokens, prompt));
        prompt.len() - common
    }

    /// The edge has computed exactly these tokens.
    pub fn edge_holds(&mut self, vocabulary: &str, tokens: Vec<u32>, now: Duration) {
        self.edge = Some(Held { vocabulary: vocabulary.to_owned(), tokens, at: now });
    }

    /// The edge reports that it reused nothing of a prompt it was thought to hold:
    /// it has restarted or evicted the dialogue.
    pub fn edge_forgot(&mut self) {
        self.edge = None;
    }
}

/// Length of the longest common prefix, in tokens.
pub fn common_prefix(held: &[u32], prompt: &[u32]) -> usize {
    held.iter().zip(prompt).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(held: &[u32], prompt: &[u32], age_s: u64, expected: usize) {
        let mut ledger = Ledger::default();
        ledger.edge_holds("v", held.to_vec(), Duration::from_secs(10));
        let now = Duration::from_secs(10 + age_s);
        assert_eq!(ledger.missing_on_edge("v", prompt, now), expected);
        assert_eq!(ledger.missing_on_edge("w", prompt, now), prompt.len());
        ledger.edge_forgot();
        assert_eq!(ledger.missing_on_edge("v", prompt, now), prompt.len());
    }

    #[test]
    fn missing_is_what_lies_beyond_the_common_prefix() {
        check(&[], &[1, 2, 3], 0, 3);
        check(&[1, 2, 3], &[1, 2, 3, 4, 5], 0, 2);
        check(&[1, 2, 3, 4], &[1, 2], 0, 0);
        // An edited message: what follows it is missing again.
        check(&[1, 2, 3, 4, 5], &[1, 2, 9, 4, 5], 0, 3);
        // The edge's cache has had time to forget.
        check(&[1, 2, 3], &[1, 2, 3, 4], 301, 4);
    }
}
