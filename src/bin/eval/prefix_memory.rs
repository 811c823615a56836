//! What an engine at the edge remembers of earlier prompts: a prefix cache that forgets.

use std::time::Duration;

use nearside::handoff::ledger::common_prefix;

/// Token lists with the time of their last use. One that was not used for `ttl` is forgotten.
pub struct PrefixMemory {
    ttl: Duration,
    entries: Vec<(Vec<u32>, Duration)>,
}

impl PrefixMemory {
    pub fn new(ttl: Duration) -> PrefixMemory {
        PrefixMemory { ttl, entries: Vec::new() }
    }

    /// How many of the prompt's first tokens are still there.
    pub fn held(&self, prompt: &[u32], now: Duration) -> usize {
        let young = self.entries.iter().filter(|(_, at)| now.saturating_sub(*at) < self.ttl);
        young.map(|(tokens, _)| common_prefix(tokens, prompt)).max().unwrap_or(0)
    }

    /// These tokens were computed, their beginning among them.
    pub fn remember(&mut self, tokens: Vec<u32>, now: Duration) {
        self.entries
            .retain(|(known, at)| now.saturating_sub(*at) < self.ttl && !tokens.starts_with(known));
        self.entries.push((tokens, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_after_its_time() {
        let seconds = Duration::from_secs;
        let mut memory = PrefixMemory::new(seconds(60));
        memory.remember(vec![1, 2, 3], seconds(0));
        memory.remember(vec![1, 2, 9], seconds(30));
        let held = |memory: &PrefixMemory, now| memory.held(&[1, 2, 3, 4], seconds(now));
        assert_eq!((held(&memory, 59), held(&memory, 60), held(&memory, 90)), (3, 2, 0));
        memory.remember(vec![1, 2, 3, 4, 5], seconds(50));
        assert_eq!((held(&memory, 109), held(&memory, 110)), (4, 0));
        let nothing = PrefixMemory::new(Duration::ZERO);
        assert_eq!(nothing.held(&[1], seconds(0)), 0);
    }
}
