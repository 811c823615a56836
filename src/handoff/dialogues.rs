//! Many dialogues under one memory budget: one in the engine, the others parked in 8 bits.
//!
//! Nothing here knows what a dialogue is. A prompt takes over whatever shares the longest token
//! prefix with it, in the engine or parked; an edited message, a branch, a regenerated answer and
//! another dialogue are all just that. A parked state is a chain of blocks of [`KEY_BLOCK`] tokens,
//! and states that begin alike share the blocks of their beginning, so a system prompt is held
//! once and a dialogue that is parked again is encoded only from where it went on.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use half::f16;

use super::codec::{Encoding, KEY_BLOCK, Layout, decode_layer, encode_layer};
use super::ledger::common_prefix;
use crate::Result;
use crate::engine::{Engine, KvIdentity, StagedKv};

/// The dialogues beside the one in the engine.
pub struct Dialogues {
    identity: KvIdentity,
    max_bytes: usize,
    /// In order of use, the one unused for longest first.
    parked: Vec<Parked>,
}

/// The keys and values of `tokens`, cut into blocks.
#[derive(Clone)]
struct Parked {
    tokens: Vec<u32>,
    blocks: Vec<Arc<Block>>,
}

/// All layers of some positions, one after the other, each as a file holds it.
struct Block {
    layout: Layout,
    bytes: Box<[u8]>,
}

impl Dialogues {
    /// For engines over one model. `max_bytes` bounds what is parked and what the engine's own
    /// cache takes; the dialogue in the engine is never dropped for it.
    pub fn new(identity: KvIdentity, max_bytes: usize) -> Dialogues {
        Dialogues { identity, max_bytes, parked: Vec::new() }
    }

    /// Tokens of `prompt` whose keys and values are parked.
    pub fn known_prefix(&self, prompt: &[u32]) -> usize {
        self.best(prompt).map_or(0, |index| common_prefix(&self.parked[index].tokens, prompt))
    }

    /// The tokens of each parked state.
    pub fn held(&self) -> impl Iterator<Item = &[u32]> {
        self.parked.iter().map(|parked| &parked.tokens[..])
    }

    /// How many states are parked.
    pub fn n_parked(&self) -> usize {
        self.parked.len()
    }

    /// Bytes of the parked states, what they share counted once.
    pub fn n_bytes(&self) -> usize {
        let mut seen = HashSet::new();
        let blocks = self.parked.iter().flat_map(|parked| &parked.blocks);
        let unseen = blocks.filter(|block| seen.insert(Arc::as_ptr(block)));
        let blocks: usize = unseen.map(|block| block.bytes.len()).sum();
        let tokens = self.parked.iter().map(|parked| parked.tokens.len());
        blocks + tokens.sum::<usize>() * size_of::<u32>()
    }

    /// Forgets all that is parked.
    pub fn clear(&mut self) {
        self.parked.clear();
    }

    /// Drops the states unused for longest until the rest, with the engine's cache, fits. A switch
    /// does so at its end; after a turn, in which the engine has grown, it is the caller's to do.
    pub fn make_room(&mut self, engine: &Engine) {
        while !self.parked.is_empty() && self.n_bytes() + engine.kv_bytes() > self.max_bytes {
            self.parked.remove(0);
        }
    }

    /// Begins to make `engine` hold as much of `prompt` as is known, and to park what it would
    /// lose by that. No one else may use the engine until the last step.
    pub fn switch(&mut self, engine: &Engine, prompt: &[u32]) -> Switch {
        let stage = match self.park(engine, prompt) {
            Some(parking) => Stage::Parking(parking),
            None => Stage::Choosing,
        };
        Switch { prompt: prompt.to_vec(), stage }
    }

    /// [`Dialogues::switch`] at once; returns how many tokens of `prompt` the engine holds then.
    pub fn switch_at_once(&mut self, engine: &mut Engine, prompt: &[u32]) -> usize {
        let mut switch = self.switch(engine, prompt);
        while switch.step(self, engine) {}
        common_prefix(engine.tokens(), prompt)
    }

    /// The state with the longest common prefix; of equals, the one used last.
    fn best(&self, prompt: &[u32]) -> Option<usize> {
        (0..self.parked.len()).max_by_key(|&i| common_prefix(&self.parked[i].tokens, prompt))
    }

    /// What has to be parked before `prompt` takes over. Less than a block is not worth it, what
    /// does not fit at all is not begun, and what is parked already is only used once more.
    fn park(&mut self, engine: &Engine, prompt: &[u32]) -> Option<Parked> {
        let tokens = engine.tokens();
        let n_lost = tokens.len() - common_prefix(tokens, prompt);
        let n_bytes = self.layout(0..tokens.len()).n_bytes() + engine.kv_bytes() as u64;
        let fits = n_bytes <= self.max_bytes as u64;
        if n_lost < KEY_BLOCK || !fits || self.identity != engine.kv_identity() {
            return None;
        }
        let mut blocks = Vec::new();
        if let Some(index) = self.best(tokens) {
            let known = &self.parked[index];
            let n_common = common_prefix(&known.tokens, tokens);
            if n_common == tokens.len() {
                self.touch(index);
                return None;
            }
            let is_shared =
                |block: &&Arc<Block>| block.n_tokens() == KEY_BLOCK && block.end() <= n_common;
            blocks.extend(known.blocks.iter().take_while(is_shared).cloned());
        }
        Some(Parked { tokens: tokens.to_vec(), blocks })
    }

    /// Makes a state the one used last.
    fn touch(&mut self, index: usize) {
        let state = self.parked.remove(index);
        self.parked.push(state);
    }

    /// Keeps a state as the one used last. States that are no more than its beginning go.
    fn keep(&mut self, state: Parked) {
        self.parked.retain(|parked| !state.tokens.starts_with(&parked.tokens));
        self.parked.push(state);
    }

    fn layout(&self, positions: Range<usize>) -> Layout {
        Layout { encoding: Encoding::Int8, shape: self.identity.shape, positions }
    }
}

/// A change of dialogues under way, a block of tokens at a time. Given up between two steps, it
/// leaves the engine with a prefix of what it held.
pub struct Switch {
    prompt: Vec<u32>,
    stage: Stage,
}

enum Stage {
    /// What is to be parked, with the blocks that are encoded so far.
    Parking(Parked),
    Choosing,
    Resuming(Resuming),
    Done,
}

struct Resuming {
    state: Parked,
    staged: StagedKv,
    /// The next position to be written.
    next: usize,
}

impl Switch {
    /// One step; returns whether there is another. What cannot be parked or resumed is not known:
    /// it costs time, for its tokens are read again, and nothing else.
    pub fn step(&mut self, dialogues: &mut Dialogues, engine: &mut Engine) -> bool {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Parking(state) => park_block(state, dialogues, engine),
            Stage::Choosing => self.choose(dialogues, engine),
            Stage::Resuming(resuming) => resume_block(resuming, engine),
            Stage::Done => Stage::Done,
        };
        let is_done = matches!(self.stage, Stage::Done);
        if is_done {
            dialogues.make_room(engine);
        }
        !is_done
    }

    fn choose(&self, dialogues: &mut Dialogues, engine: &mut Engine) -> Stage {
        let n_held = common_prefix(engine.tokens(), &self.prompt);
        let Some(index) = dialogues.best(&self.prompt) else { return Stage::Done };
        let n_known = common_prefix(&dialogues.parked[index].tokens, &self.prompt);
        if n_known.min(engine.n_ctx()) <= n_held {
            return Stage::Done;
        }
        let state = dialogues.parked[index].clone();
        dialogues.touch(index);
        let tokens = self.prompt[..n_known.min(engine.n_ctx())].to_vec();
        match StagedKv::new(dialogues.identity.clone(), tokens, n_held, engine.n_ctx()) {
            Ok(staged) => Stage::Resuming(Resuming { state, staged, next: n_held }),
            Err(_) => Stage::Done,
        }
    }
}

fn park_block(mut state: Parked, dialogues: &mut Dialogues, engine: &Engine) -> Stage {
    let start = state.blocks.last().map_or(0, |block| block.end());
    let end = (start + KEY_BLOCK).min(state.tokens.len());
    if start < end {
        match Block::encode(dialogues.layout(start..end), engine) {
            Ok(block) => state.blocks.push(Arc::new(block)),
            Err(_) => return Stage::Choosing,
        }
        return Stage::Parking(state);
    }
    dialogues.keep(state);
    Stage::Choosing
}

fn resume_block(mut resuming: Resuming, engine: &mut Engine) -> Stage {
    let Resuming { state, staged, next } = &mut resuming;
    let n_tokens = staged.tokens().len();
    let written = state.blocks[*next / KEY_BLOCK].decode(*next..n_tokens, staged);
    let Ok(end) = written else { return Stage::Done };
    *next = end;
    if end < n_tokens {
        return Stage::Resuming(resuming);
    }
    // The engine holds what it held when this began; otherwise it stays as it is.
    let _ = engine.adopt(resuming.staged);
    Stage::Done
}

impl Block {
    fn encode(layout: Layout, engine: &Engine) -> Result<Block> {
        let mut keys = vec![f16::ZERO; layout.positions.len() * layout.shape.row()];
        let mut values = keys.clone();
        let mut bytes = Vec::with_capacity(layout.shape.n_layers * layout.layer_bytes());
        for layer in 0..layout.shape.n_layers {
            engine.read_kv(layer, layout.positions.clone(), &mut keys, &mut values);
            encode_layer(&layout, &keys, &values, &mut bytes)?;
        }
        Ok(Block { layout, bytes: bytes.into_boxed_slice() })
    }

    /// Writes those of its rows that are in `positions`; returns the position after the last.
    fn decode(&self, positions: Range<usize>, staged: &mut StagedKv) -> Result<usize> {
        let (own, row) = (&self.layout.positions, self.layout.shape.row());
        let start = positions.start.max(own.start);
        let end = positions.end.min(own.end);
        let wanted = (start - own.start) * row..(end - own.start) * row;
        let mut keys = vec![f16::ZERO; own.len() * row];
        let mut values = keys.clone();
        for (layer, bytes) in self.bytes.chunks_exact(self.layout.layer_bytes()).enumerate() {
            decode_layer(&self.layout, bytes, &mut keys, &mut values)?;
            staged.write(layer, start, &keys[wanted.clone()], &values[wanted.clone()]);
        }
        Ok(end)
    }

    fn n_tokens(&self) -> usize {
        self.layout.positions.len()
    }

    fn end(&self) -> usize {
        self.layout.positions.end
    }
}
