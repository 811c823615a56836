//! Which tokens each side holds keys and values for, since when, and how likely it still does.
//!
//! Of the device this is exact: its engine says what it holds. Of the edge it is known what was
//! sent and what came back; its prefix cache forgets, at a rate that [`Survival`] learns from the
//! `cached_tokens` of its answers. Reuse is decided by the longest common token prefix, never by a
//! flag or a dialogue's name: edited and regenerated messages, branches, a changed system prompt
//! and a truncated context follow from that.

use std::collections::VecDeque;
use std::time::Duration;

use super::Survival;
use crate::routing::Route;

/// Dialogues and branches that are remembered of the edge.
const MAX_HELD: usize = 64;
/// Tokens that are remembered of the edge, four bytes each.
const MAX_TOKENS: usize = 1 << 20;
/// Fewer expected tokens than this say nothing about what the edge keeps: some caches count in
/// blocks.
const MIN_OBSERVED: usize = 32;

/// What both sides hold. Tokens of different vocabularies cannot be compared, so each entry names
/// its own.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The one used last comes last.
    edge: VecDeque<Held>,
    device: Vec<Held>,
    survival: Survival,
}

#[derive(Debug, Clone)]
struct Held {
    vocabulary: String,
    tokens: Vec<u32>,
    /// When the side last used them; on the device, since when it holds them.
    at: Duration,
}

/// What a side would have to compute of a prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Missing {
    /// Expected number of tokens.
    pub tokens: f64,
    /// Tokens that the side has computed before, whether it still holds them or not.
    pub computed: usize,
    /// Expected share of those that it still holds, in [0, 1]; 1 where there are none.
    pub kept: f64,
}

impl Ledger {
    pub fn new(survival: Survival) -> Ledger {
        Ledger { survival, ..Ledger::default() }
    }

    pub fn survival(&self) -> &Survival {
        &self.survival
    }

    /// What `side` lacks of `prompt`, which is in the tokens of `vocabulary`.
    pub fn missing(&self, side: Route, vocabulary: &str, prompt: &[u32], now: Duration) -> Missing {
        let stretches = self.stretches(side, vocabulary, prompt, now);
        let computed = stretches.last().map_or(0, |stretch| stretch.end);
        let share = |age: Duration| match side {
            Route::Device => 1.0,
            Route::Edge => self.survival.expected_share(age),
        };
        let held: f64 = stretches.iter().map(|part| part.len() as f64 * share(part.age)).sum();
        let kept = if computed == 0 { 1.0 } else { held / computed as f64 };
        Missing { tokens: prompt.len() as f64 - held, computed, kept }
    }

    /// The edge has computed exactly these tokens.
    pub fn edge_holds(&mut self, vocabulary: &str, tokens: Vec<u32>, now: Duration) {
        // What the new tokens begin with was used along with them.
        self.edge.retain(|held| held.vocabulary != vocabulary || !tokens.starts_with(&held.tokens));
        self.edge.push_back(Held { vocabulary: vocabulary.to_owned(), tokens, at: now });
        let n_tokens = |edge: &VecDeque<Held>| edge.iter().map(|held| held.tokens.len()).sum();
        let mut n_left: usize = n_tokens(&self.edge);
        while self.edge.len() > MAX_HELD || (n_left > MAX_TOKENS && self.edge.len() > 1) {
            n_left -= self.edge.pop_front().map_or(0, |held| held.tokens.len());
        }
    }

    /// The device's engine holds exactly these dialogues, and no others.
    pub fn device_holds<'t>(
        &mut self,
        vocabulary: &str,
        dialogues: impl IntoIterator<Item = &'t [u32]>,
        now: Duration,
    ) {
        let before = std::mem::take(&mut self.device);
        let since = |tokens: &[u32]| {
            let same = before
                .iter()
                .find(|held| held.vocabulary == vocabulary && held.tokens.starts_with(tokens));
            same.map_or(now, |held| held.at)
        };
        let held = dialogues.into_iter().map(|tokens| Held {
            vocabulary: vocabulary.to_owned(),
            tokens: tokens.to_vec(),
            at: since(tokens),
        });
        self.device = held.collect();
    }

    /// Since when the device holds this beginning of a prompt, if it does.
    pub fn device_since(&self, vocabulary: &str, beginning: &[u32]) -> Option<Duration> {
        let held = self.device.iter().filter(|held| held.vocabulary == vocabulary);
        held.filter(|held| held.tokens.starts_with(beginning)).map(|held| held.at).min()
    }

    /// Learns from an edge that found `cached_share` of `prompt` in its cache. To be told before
    /// [`Ledger::edge_holds`] makes that prompt the latest.
    pub fn edge_reused(
        &mut self,
        vocabulary: &str,
        prompt: &[u32],
        cached_share: f64,
        now: Duration,
    ) {
        let cached = cached_share * prompt.len() as f64;
        for part in self.stretches(Route::Edge, vocabulary, prompt, now) {
            // A cache keeps whole beginnings: it had of this stretch what goes beyond its start.
            let kept = (cached - part.start as f64) / part.len() as f64;
            if part.len() >= MIN_OBSERVED {
                self.survival.observe(part.age, kept);
            }
        }
    }

    /// Whatever `side` held is lost.
    pub fn forget(&mut self, side: Route) {
        match side {
            Route::Device => self.device.clear(),
            Route::Edge => self.edge.clear(),
        }
    }

    /// Another edge, of which nothing is known.
    pub fn change_edge(&mut self) {
        self.edge.clear();
        self.survival = Survival::default();
    }

    /// The part of `prompt` that `side` has computed, cut where its age changes. A token is as old
    /// as the youngest entry that covers it: whoever uses a long prefix uses its beginning too.
    fn stretches(
        &self,
        side: Route,
        vocabulary: &str,
        prompt: &[u32],
        now: Duration,
    ) -> Vec<Stretch> {
        let (front, back) = match side {
            Route::Device => (&self.device[..], &[][..]),
            Route::Edge => self.edge.as_slices(),
        };
        let entries = front.iter().chain(back).filter(|held| held.vocabulary == vocabulary);
        let mut shared: Vec<(usize, Duration)> =
            entries.map(|held| (common_prefix(&held.tokens, prompt), held.at)).collect();
        // The youngest first: it covers its whole prefix, each older one what goes beyond.
        shared.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        let mut stretches: Vec<Stretch> = Vec::new();
        for (end, at) in shared {
            let start = stretches.last().map_or(0, |stretch| stretch.end);
            if end > start {
                stretches.push(Stretch { start, end, age: now.saturating_sub(at) });
            }
        }
        stretches
    }
}

/// Tokens `start..end` of a prompt, last used `age` ago.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    start: usize,
    end: usize,
    age: Duration,
}

impl Stretch {
    fn len(self) -> usize {
        self.end - self.start
    }
}

/// Length of the longest common prefix, in tokens.
pub fn common_prefix(held: &[u32], prompt: &[u32]) -> usize {
    held.iter().zip(prompt).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use Route::{Device, Edge};
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg32;

    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Tokens missing on both sides, when both have just computed `held`.
    #[track_caller]
    fn check(held: &[&[u32]], prompt: &[u32], expected: usize) {
        let (mut ledger, now) = (Ledger::default(), seconds(10));
        held.iter().for_each(|tokens| ledger.edge_holds("v", tokens.to_vec(), now));
        ledger.device_holds("v", held.iter().copied(), now);
        for side in [Device, Edge] {
            let found = |vocabulary| ledger.missing(side, vocabulary, prompt, now).tokens;
            assert_eq!(found("v").round(), expected as f64, "{held:?} {prompt:?} {side:?}");
            assert_eq!(found("w"), prompt.len() as f64, "tokens of another vocabulary");
        }
        ledger.forget(Edge);
        ledger.forget(Device);
        assert_eq!(ledger.missing(Edge, "v", prompt, now).tokens, prompt.len() as f64);
        assert_eq!(ledger.missing(Device, "v", prompt, now).tokens, prompt.len() as f64);
    }

    #[test]
    fn missing_is_what_lies_beyond_the_longest_common_prefix() {
        check(&[], &[1, 2, 3], 3);
        check(&[&[1, 2, 3]], &[1, 2, 3, 4, 5], 2);
        check(&[&[1, 2, 3, 4]], &[1, 2], 0);
        // An edited message: what follows it is missing again.
        check(&[&[1, 2, 3, 4, 5]], &[1, 2, 9, 4, 5], 3);
        // Another system prompt, and a context that has lost its oldest turn.
        check(&[&[1, 2, 3, 4, 5]], &[8, 2, 3, 4, 5], 5);
        check(&[&[1, 2, 3, 4, 5]], &[1, 4, 5], 2);
        // Back on a branch that was left.
        check(&[&[1, 2, 3, 4], &[1, 2, 7, 8]], &[1, 2, 3, 4, 5], 1);
        check(&[&[1, 2, 3, 4], &[1, 2, 7, 8]], &[1, 2, 7, 8, 9], 1);
    }

    #[test]
    fn the_edge_is_expected_to_forget_little_by_little() {
        let mut ledger = Ledger::default();
        ledger.edge_holds("v", (0..100).collect(), seconds(0));
        let prompt: Vec<u32> = (0..120).collect();
        let at = |now| ledger.missing(Edge, "v", &prompt, seconds(now));
        assert!(at(1).tokens < 21.0 && at(1).kept > 0.99, "{:?}", at(1));
        assert!((60.0..80.0).contains(&at(300).tokens), "{:?}", at(300));
        assert!(at(20_000).tokens > 119.0 && at(20_000).computed == 100);
        assert!((0..300).all(|now| at(now).tokens <= at(now + 1).tokens));
    }

    #[test]
    fn a_beginning_is_as_young_as_the_youngest_that_shares_it() {
        let mut ledger = Ledger::default();
        let first: Vec<u32> = (0..100).collect();
        let branch: Vec<u32> = (0..50).chain(500..550).collect();
        ledger.edge_holds("v", first.clone(), seconds(0));
        ledger.edge_holds("v", branch, seconds(3000));
        let missing = ledger.missing(Edge, "v", &first, seconds(3001));
        assert_eq!(missing.computed, 100);
        assert!((49.0..51.0).contains(&missing.tokens), "{missing:?}");
    }

    #[test]
    fn what_the_edge_reports_moves_what_is_expected() {
        let prompt: Vec<u32> = (0..200).collect();
        let after = |cached_share: f64, age_s: u64| {
            let mut ledger = Ledger::default();
            for turn in 0..20 {
                ledger.edge_holds("v", prompt.clone(), seconds(10_000 * turn));
                let now = seconds(10_000 * turn + age_s);
                ledger.edge_reused("v", &prompt, cached_share, now);
            }
            ledger.edge_holds("v", prompt.clone(), seconds(0));
            ledger.missing(Edge, "v", &prompt, seconds(age_s)).kept
        };
        assert!(
            after(1.0, 1300) > 0.8 && after(0.0, 20) < 0.3,
            "{} {}",
            after(1.0, 1300),
            after(0.0, 20)
        );
        // A block that was cut short, and a short beginning that everybody shares.
        assert!((0.85..0.95).contains(&after(0.9, 60)));
        let mut ledger = Ledger::default();
        ledger.edge_holds("v", (0..20).collect(), seconds(0));
        ledger.edge_reused("v", &(0..20).collect::<Vec<u32>>(), 0.0, seconds(1));
        assert_eq!(ledger.survival(), &Survival::default(), "too short to tell anything");
    }

    #[test]
    fn the_device_is_known_exactly() {
        let mut ledger = Ledger::default();
        ledger.device_holds("v", [&[1, 2, 3][..], &[7, 8]], seconds(5));
        ledger.device_holds("v", [&[1, 2][..], &[7, 8, 9]], seconds(9));
        assert_eq!(ledger.missing(Device, "v", &[1, 2, 3], seconds(9_999)).tokens, 1.0);
        assert_eq!(ledger.device_since("v", &[1, 2]), Some(seconds(5)), "cut short, not anew");
        assert_eq!(ledger.device_since("v", &[7, 8]), Some(seconds(9)));
        assert_eq!(ledger.device_since("v", &[3]), None);
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let mut ledger = Ledger::default();
        let dialogue = |index: u32| vec![index; 40];
        (0..MAX_HELD as u32).for_each(|i| ledger.edge_holds("v", dialogue(i), seconds(i.into())));
        // The oldest is used once more, so that the next oldest goes.
        ledger.edge_holds("v", dialogue(0), seconds(100));
        ledger.edge_holds("v", dialogue(99), seconds(101));
        let computed = |index| ledger.missing(Edge, "v", &dialogue(index), seconds(101)).computed;
        assert_eq!((computed(0), computed(1), computed(2), computed(99)), (40, 0, 40, 40));
        ledger.edge_holds("v", vec![5; MAX_TOKENS + 1], seconds(102));
        assert_eq!(ledger.edge.len(), 1, "one dialogue always counts, however long");
    }

    /// A dialogue's next prompt: it goes on, is edited, regenerated, cut, or is another one.
    fn next_prompt(prompt: &[u32], random: &mut Pcg32) -> Vec<u32> {
        let keep = match random.random_range(0..4) {
            0 => prompt.len(),
            1 => random.random_range(0..=prompt.len()),
            2 => prompt.len().saturating_sub(random.random_range(0..20)),
            _ => 0,
        };
        let grown = (0..random.random_range(1..40)).map(|_| random.random_range(0..4));
        prompt[..keep].iter().copied().chain(grown).collect()
    }

    /// Against the plainest account there is: a set of all beginnings ever computed, each with the
    /// time that it was last used.
    #[test]
    fn any_course_of_dialogues_is_accounted_for_as_a_trie_would() {
        let mut random = Pcg32::seed_from_u64(3);
        for _ in 0..60 {
            let (mut ledger, mut now) = (Ledger::default(), seconds(0));
            let mut used = std::collections::HashMap::<Vec<u32>, Duration>::new();
            let mut prompt: Vec<u32> = Vec::new();
            for _ in 0..30 {
                now += seconds(random.random_range(0..120));
                prompt = next_prompt(&prompt, &mut random);
                let share = |length: usize| {
                    let at = used.get(&prompt[..length]).copied();
                    at.map_or(0.0, |at| ledger.survival().expected_share(now - at))
                };
                let held: f64 = (1..=prompt.len()).map(share).sum();
                let missing = ledger.missing(Edge, "v", &prompt, now);
                let expected = prompt.len() as f64 - held;
                assert!((missing.tokens - expected).abs() < 1e-6, "{missing:?}, not {expected}");
                if random.random() {
                    ledger.edge_reused("v", &prompt, random.random(), now);
                    ledger.edge_holds("v", prompt.clone(), now);
                    used.extend((1..=prompt.len()).map(|n| (prompt[..n].to_vec(), now)));
                }
            }
        }
    }
}
