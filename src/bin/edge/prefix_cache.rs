//! The engines, one per dialogue, and which of them a prompt continues.
//!
//! An engine keeps the keys and values of the tokens it has seen. A prompt goes to the idle engine
//! with the longest common token prefix, provided that more is shared than would be thrown away;
//! otherwise to a new one. Where that leaves the bounds, idle engines go, the one unused for
//! longest first.

use std::sync::Arc;

use nearside::Result;
use nearside::engine::{Engine, Model};

/// How much the pool may hold. An idle engine counts with what it takes, a lent one with all that
/// it may grow to.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub max_engines: usize,
    pub max_bytes: usize,
    /// The keys and values of a dialogue that fills its context.
    pub full_bytes: usize,
}

impl Bounds {
    /// How many dialogues fit however long they are; one always does.
    pub fn n_dialogues(&self) -> usize {
        (self.max_bytes / self.full_bytes.max(1)).min(self.max_engines).max(1)
    }

    fn allow(&self, n_lent: usize, idle_bytes: &[usize]) -> bool {
        let bytes = n_lent.saturating_mul(self.full_bytes) + idle_bytes.iter().sum::<usize>();
        n_lent + idle_bytes.len() <= self.max_engines && bytes <= self.max_bytes
    }
}

/// The pool of engines that the compute thread owns.
pub struct PrefixCache {
    model: Arc<Model>,
    n_ctx: usize,
    bounds: Bounds,
    /// In order of use, the one unused for longest first.
    idle: Vec<Engine>,
    n_lent: usize,
}

impl PrefixCache {
    pub fn new(model: Arc<Model>, n_ctx: usize, bounds: Bounds) -> PrefixCache {
        PrefixCache { model, n_ctx, bounds, idle: Vec::new(), n_lent: 0 }
    }

    /// Takes the engine that suits `prompt` best.
    pub fn lend(&mut self, prompt: &[u32]) -> Result<Engine> {
        let held: Vec<&[u32]> = self.idle.iter().map(Engine::tokens).collect();
        let known = choose(&held, prompt).map(|index| self.idle.remove(index));
        self.make_room(self.n_lent + 1);
        let engine = match known {
            Some(engine) => engine,
            None => Engine::new(Arc::clone(&self.model), self.n_ctx)?,
        };
        self.n_lent += 1;
        Ok(engine)
    }

    /// Takes an engine back; what it holds stays for the dialogue's next turn.
    pub fn give_back(&mut self, engine: Engine) {
        self.n_lent -= 1;
        self.idle.push(engine);
        self.make_room(self.n_lent);
    }

    /// Forgets a lent engine whose state cannot be trusted any more.
    pub fn give_up(&mut self, engine: Engine) {
        self.n_lent -= 1;
        drop(engine);
    }

    fn make_room(&mut self, n_lent: usize) {
        let idle_bytes: Vec<usize> = self.idle.iter().map(Engine::kv_bytes).collect();
        self.idle.drain(..n_to_drop(&idle_bytes, n_lent, self.bounds));
    }
}

/// The idle engine to continue in, if that is a gain: it saves the shared tokens and loses the
/// rest of what the engine holds, so more than half has to be shared. Of equals, the most recent.
fn choose(held: &[&[u32]], prompt: &[u32]) -> Option<usize> {
    let shared = |index: usize| common_prefix(held[index], prompt);
    (0..held.len())
        .filter(|&index| 2 * shared(index) > held[index].len())
        .max_by_key(|&index| shared(index))
}

/// How many of the engines unused for longest have to go.
fn n_to_drop(idle_bytes: &[usize], n_lent: usize, bounds: Bounds) -> usize {
    (0..idle_bytes.len())
        .find(|&n_dropped| bounds.allow(n_lent, &idle_bytes[n_dropped..]))
        .unwrap_or(idle_bytes.len())
}

fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_choice(held: &[&[u32]], prompt: &[u32], expected: Option<usize>) {
        assert_eq!(choose(held, prompt), expected, "{prompt:?} in {held:?}");
    }

    #[test]
    fn a_prompt_goes_where_most_is_known() {
        check_choice(&[], &[1, 2], None);
        check_choice(&[&[1, 2, 3], &[9, 9]], &[1, 2, 3, 4], Some(0));
        check_choice(&[&[1, 2], &[1, 2, 3], &[1, 2]], &[1, 2, 3, 4], Some(1));
        // The dialogue was edited near its end: less is lost than kept.
        check_choice(&[&[1, 2, 3, 4, 5]], &[1, 2, 3, 9], Some(0));
        // Only a system prompt is shared: the other dialogue keeps its engine.
        check_choice(&[&[1, 2, 3, 4, 5]], &[1, 2, 8, 9], None);
        // Of two equals, the more recent one.
        check_choice(&[&[1, 2], &[1, 2]], &[1, 2, 3], Some(1));
    }

    #[test]
    fn the_oldest_go_until_the_rest_fits() {
        let by_number = Bounds { max_engines: 3, max_bytes: usize::MAX, full_bytes: 100 };
        assert_eq!(n_to_drop(&[100, 100, 100], 0, by_number), 0);
        assert_eq!(n_to_drop(&[100, 100, 100], 1, by_number), 1);
        assert_eq!(n_to_drop(&[100, 100], 4, by_number), 2);
        let by_bytes = Bounds { max_engines: usize::MAX, max_bytes: 250, full_bytes: 100 };
        assert_eq!(n_to_drop(&[10, 10, 10, 10, 10], 2, by_bytes), 0);
        assert_eq!(n_to_drop(&[40, 10, 40], 2, by_bytes), 1);
        assert_eq!(by_bytes.n_dialogues(), 2);
    }
}
