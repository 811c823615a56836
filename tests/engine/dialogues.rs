//! Many dialogues in one engine: each goes on from where it was, as far as memory allows.

use half::f16;
use nearside::engine::{Engine, PREFILL_CHUNK};
use nearside::handoff::codec::{Encoding, KEY_BLOCK, Layout};
use nearside::handoff::{Dialogues, ledger::common_prefix};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::support::{distance, engine, kv::sibling};

const FILE: &str = "tiny-llama.gguf";

/// The engine's keys and values are those of its tokens at their positions: each row of the first
/// layer, which depends on its token and position alone, to within the steps of 8 bits, and each
/// row of the others nearly, because what 8 bits moved there went through a layer.
fn check_rows(engine: &Engine) {
    let mut fresh = sibling(engine);
    fresh.prefill(engine.tokens()).unwrap();
    let shape = engine.kv_identity().shape;
    for layer in 0..shape.n_layers {
        let [keys, values] = rows(engine, layer);
        let [fresh_keys, fresh_values] = rows(&fresh, layer);
        let bound = if layer == 0 { 0.01 } else { 0.25 };
        for (got, want) in [(keys, fresh_keys), (values, fresh_values)] {
            let largest = want.iter().fold(0f32, |most, x| most.max(x.abs()));
            for (position, (got, want)) in
                got.chunks(shape.row()).zip(want.chunks(shape.row())).enumerate()
            {
                let apart = distance(got, want) / largest;
                assert!(apart <= bound, "layer {layer}, position {position}: {apart}");
            }
        }
    }
}

fn rows(engine: &Engine, layer: usize) -> [Vec<f32>; 2] {
    let n_tokens = engine.tokens().len();
    let mut keys = vec![f16::ZERO; n_tokens * engine.kv_identity().shape.row()];
    let mut values = keys.clone();
    engine.read_kv(layer, 0..n_tokens, &mut keys, &mut values);
    [keys, values].map(|rows| rows.into_iter().map(f16::to_f32).collect())
}

/// Tokens that share next to nothing with another seed's.
fn tokens(n: usize, seed: u64) -> Vec<u32> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    (0..n).map(|_| random.random_range(5..380)).collect()
}

fn room(engine: &Engine, max_bytes: usize) -> Dialogues {
    Dialogues::new(engine.kv_identity(), max_bytes)
}

/// Lets the engine hold all of `prompt`; returns how much of it was known.
fn turn(dialogues: &mut Dialogues, engine: &mut Engine, prompt: &[u32]) -> usize {
    let n_known = dialogues.switch_at_once(engine, prompt);
    assert!(engine.tokens().len() >= n_known);
    engine.truncate(n_known);
    for chunk in prompt[n_known..].chunks(PREFILL_CHUNK) {
        engine.prefill(chunk).unwrap();
    }
    n_known
}

/// Bytes of `n_tokens` in 8 bits.
fn parked_bytes(engine: &Engine, n_tokens: usize) -> usize {
    let shape = engine.kv_identity().shape;
    let layout = Layout { encoding: Encoding::Int8, shape, positions: 0..n_tokens };
    layout.layer_bytes() * shape.n_layers
}

#[test]
fn a_dialogue_is_resumed_with_all_its_tokens() {
    let mut engine = engine(FILE);
    let mut dialogues = room(&engine, 1 << 20);
    let (one, other) = (tokens(100, 1), tokens(75, 2));
    turn(&mut dialogues, &mut engine, &one);
    assert_eq!(turn(&mut dialogues, &mut engine, &other), 0);
    assert_eq!(dialogues.known_prefix(&one), 100);
    let longer = [&one[..], &tokens(20, 3)].concat();
    assert_eq!(turn(&mut dialogues, &mut engine, &longer), 100);
    assert_eq!(turn(&mut dialogues, &mut engine, &other), 75);
    assert_eq!(turn(&mut dialogues, &mut engine, &longer), 120);
    assert_eq!(dialogues.n_parked(), 2, "a state goes when a longer one is parked");
    let n_bytes = dialogues.n_bytes();
    assert_eq!(turn(&mut dialogues, &mut engine, &one), 100);
    assert_eq!(turn(&mut dialogues, &mut engine, &other), 75);
    assert_eq!(dialogues.n_bytes(), n_bytes, "what is parked already is not parked again");
}

/// What was parked in 8 bits gives nearly the logits of what was computed.
#[test]
fn a_resumed_dialogue_is_the_same_dialogue() {
    let mut engine = engine("../../models/device.gguf");
    let mut dialogues = room(&engine, 4 << 20);
    let (one, other) = (tokens(200, 1), tokens(90, 2));
    turn(&mut dialogues, &mut engine, &one);
    let want = engine.decode(9).unwrap();
    turn(&mut dialogues, &mut engine, &other);
    assert_eq!(turn(&mut dialogues, &mut engine, &one), 200);
    let apart = distance(&engine.decode(9).unwrap(), &want);
    assert!(apart > 0.0 && apart < 0.5, "{apart}");
}

/// Edited near its end, a dialogue keeps its beginning, and the abandoned branch is parked.
#[test]
fn a_branch_shares_its_beginning() {
    let mut engine = engine(FILE);
    let mut dialogues = room(&engine, 1 << 20);
    let stem = tokens(100, 1);
    let branch = |seed| [&stem[..], &tokens(50, seed)].concat();
    turn(&mut dialogues, &mut engine, &branch(2));
    assert_eq!(turn(&mut dialogues, &mut engine, &branch(3)), 100);
    assert_eq!(turn(&mut dialogues, &mut engine, &branch(2)), 150);
    assert_eq!(turn(&mut dialogues, &mut engine, &branch(3)), 150);
    let blocks = 100 / KEY_BLOCK * KEY_BLOCK;
    let shared_once = 2 * parked_bytes(&engine, 150) - parked_bytes(&engine, blocks);
    let tokens = 2 * 150 * size_of::<u32>();
    let n_bytes = dialogues.n_bytes();
    // The tails begin blocks of their own, which have scales of their own.
    assert!(n_bytes.abs_diff(shared_once + tokens) < 600, "{n_bytes}, {shared_once} + {tokens}");
}

#[test]
fn a_system_prompt_is_held_once() {
    let mut engine = engine(FILE);
    let mut dialogues = room(&engine, 1 << 20);
    let system = tokens(4 * KEY_BLOCK, 1);
    let mut sizes = Vec::new();
    for seed in 2..8 {
        let prompt = [&system[..], &tokens(KEY_BLOCK, seed)].concat();
        let n_known = turn(&mut dialogues, &mut engine, &prompt);
        assert_eq!(n_known, if seed == 2 { 0 } else { system.len() });
        sizes.push(dialogues.n_bytes());
    }
    let token_bytes = 5 * KEY_BLOCK * size_of::<u32>();
    for two in sizes[1..].windows(2) {
        assert_eq!(two[1] - two[0], parked_bytes(&engine, KEY_BLOCK) + token_bytes);
    }
}

#[test]
fn the_least_recently_used_dialogue_goes_first() {
    let mut engine = engine(FILE);
    let one_state = parked_bytes(&engine, 96) + 96 * size_of::<u32>();
    let mut dialogues = room(&engine, engine.kv_bytes() + 2 * one_state);
    for seed in [1, 2, 3, 1, 4] {
        turn(&mut dialogues, &mut engine, &tokens(96, seed));
    }
    // Parked are 3 and 1; 4 is in the engine, and 2 was dropped for 1.
    assert_eq!(dialogues.n_parked(), 2);
    for (seed, known) in [(1, 96), (2, 0), (3, 96)] {
        assert_eq!(dialogues.known_prefix(&tokens(96, seed)), known, "{seed}");
    }
    assert!(dialogues.n_bytes() + engine.kv_bytes() <= engine.kv_bytes() + 2 * one_state);
}

#[test]
fn without_memory_nothing_is_parked_and_all_goes_on() {
    let mut engine = engine(FILE);
    let mut dialogues = room(&engine, 0);
    for seed in [1, 2, 1] {
        assert_eq!(turn(&mut dialogues, &mut engine, &tokens(96, seed)), 0);
        assert_eq!(dialogues.n_bytes(), 0);
    }
}

/// Given up at any step, the engine holds a prefix of what it held and computes what it should.
#[test]
fn a_switch_that_is_given_up_leaves_a_usable_engine() {
    let (one, other) = (tokens(100, 1), tokens(100, 2));
    for n_steps in 0..12 {
        let mut engine = engine(FILE);
        let mut dialogues = room(&engine, 1 << 20);
        turn(&mut dialogues, &mut engine, &one);
        turn(&mut dialogues, &mut engine, &other);
        let mut switch = dialogues.switch(&engine, &one);
        for _ in 0..n_steps {
            switch.step(&mut dialogues, &mut engine);
        }
        drop(switch);
        let held = engine.tokens().to_vec();
        assert!(other.starts_with(&held) || one.starts_with(&held), "after {n_steps} steps");
        check_rows(&engine);
    }
}

#[test]
fn another_models_engine_gets_nothing() {
    let mut one = engine(FILE);
    let mut dialogues = room(&one, 1 << 20);
    turn(&mut dialogues, &mut one, &tokens(100, 1));
    turn(&mut dialogues, &mut one, &tokens(100, 2));
    let mut other = engine("tiny-llama3.gguf");
    other.prefill(&tokens(50, 3)).unwrap();
    assert_eq!(dialogues.switch_at_once(&mut other, &tokens(100, 1)), 0);
    assert_eq!(other.tokens(), tokens(50, 3), "and keeps what it holds");
    assert_eq!(dialogues.n_parked(), 1);
}

/// Random turns over random dialogues that branch, grow, are cut and come back. After each the
/// budget holds, nothing known is lost that fits, and each row is that of its token.
#[test]
fn random_dialogues_keep_the_rules() {
    let mut was_tight = false;
    for seed in 0..6 {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut engine = engine(FILE);
        let roomy = seed % 2 == 0;
        let max_bytes = if roomy { 8 << 20 } else { 150_000 };
        let mut dialogues = room(&engine, max_bytes);
        let system = tokens(random.random_range(0..80), 999);
        let mut prompts: Vec<Vec<u32>> = (0..5).map(|_| system.clone()).collect();
        let mut said: Vec<Vec<u32>> = Vec::new();
        for step in 0..40 {
            let mut prompt = prompts[random.random_range(0..prompts.len())].clone();
            if prompt.len() > 190 || random.random_range(0..4) == 0 {
                prompt.truncate(random.random_range(0..prompt.len().max(1)));
            }
            prompt.extend(tokens(random.random_range(1..60), 1000 * seed + step));

            let held = common_prefix(engine.tokens(), &prompt);
            let parked = dialogues.known_prefix(&prompt);
            let n_known = turn(&mut dialogues, &mut engine, &prompt);
            assert_eq!(n_known, held.max(parked));
            assert_eq!(engine.tokens(), prompt);
            dialogues.make_room(&engine); // which has grown
            assert!(dialogues.n_bytes() + engine.kv_bytes() <= max_bytes);
            was_tight |= !roomy && dialogues.n_parked() < 4;
            if roomy {
                // Only a rest of less than a block may have been dropped on the way.
                let known = said.iter().map(|said| common_prefix(said, &prompt)).max();
                assert!(n_known + KEY_BLOCK > known.unwrap_or(0), "{n_known} of {known:?}");
            }
            check_rows(&engine);
            prompts[random.random_range(0..5)] = prompt.clone();
            said.push(prompt);
        }
    }
    assert!(was_tight, "the budget was felt");
}
