//! What an engine holds: the same tokens give the same logits however they got there.

use std::sync::Arc;

use nearside::engine::{Engine, Model};

use crate::support::{distance, engine, model, widened};

const FILE: &str = "tiny-llama.gguf";

/// A decoded token and a chunk go through differently blocked matrix products.
const TOLERANCE: f32 = 1e-3;

fn tokens(n: u32) -> Vec<u32> {
    (0..n).map(|i| 5 + i * 37 % 370).collect()
}

fn fresh_logits(tokens: &[u32]) -> Vec<f32> {
    engine(FILE).prefill(tokens).unwrap()
}

fn check_chunks(model: Arc<Model>) {
    let all = tokens(150); // more than the cache's first room
    let new_engine = || Engine::new(Arc::clone(&model), usize::MAX).unwrap();
    let want = new_engine().prefill(&all).unwrap();
    for chunk in [1, 2, 7, 64, 149] {
        let mut engine = new_engine();
        let last = all.chunks(chunk).map(|part| engine.prefill(part).unwrap()).last().unwrap();
        let apart = distance(&last, &want);
        assert!(apart < TOLERANCE, "chunks of {chunk}: {apart}");
        assert_eq!(engine.tokens(), all);
    }
}

#[test]
fn chunks_of_any_size_equal_one_prefill() {
    check_chunks(model(FILE));
}

/// Where windows begin within a chunk, before it, or at its start.
#[test]
fn chunks_of_any_size_see_the_same_windows() {
    check_chunks(Arc::new(Model::load(&widened("tiny-gemma3.gguf")).unwrap()));
}

#[test]
fn a_truncated_engine_equals_a_fresh_one() {
    let (first, other) = (tokens(140), tokens(30));
    for kept in [0, 1, 20, 139] {
        let mut engine = engine(FILE);
        engine.prefill(&first).unwrap();
        engine.truncate(kept);
        assert_eq!(engine.tokens(), &first[..kept]);
        let got = engine.prefill(&other).unwrap();
        let want = fresh_logits(&[&first[..kept], &other].concat());
        assert!(distance(&got, &want) < TOLERANCE, "kept {kept}");
    }
}

#[test]
fn an_error_leaves_the_engine_as_it_was() {
    let held = tokens(20);
    let mut engine = Engine::new(model(FILE), 24).unwrap();
    engine.prefill(&held).unwrap();
    for (bad, code) in [
        (vec![], "invalid_request"),
        (vec![6, 384], "invalid_request"),
        (vec![u32::MAX], "invalid_request"),
        (tokens(5), "prompt_too_long"),
    ] {
        assert_eq!(engine.prefill(&bad).unwrap_err().code(), code);
        assert_eq!(engine.tokens(), held);
    }
    let got = engine.decode(9).unwrap();
    assert!(distance(&got, &fresh_logits(&[&held[..], &[9]].concat())) < TOLERANCE);
}

#[test]
fn a_context_is_bounded_by_the_model_and_holds_something() {
    assert_eq!(engine(FILE).n_ctx(), 256);
    assert_eq!(Engine::new(model(FILE), 100).unwrap().n_ctx(), 100);
    assert_eq!(Engine::new(model(FILE), 0).err().unwrap().code(), "invalid_config");
}

#[test]
fn kv_bytes_count_what_is_allocated() {
    let mut engine = engine(FILE);
    let per_token = engine.model().info().kv_bytes_per_token as usize;
    assert_eq!(per_token, 2 * 2 * 2 * 16 * 2, "keys and values, layers, heads, elements, bytes");
    assert_eq!(engine.kv_bytes(), 128 * per_token);
    engine.prefill(&tokens(129)).unwrap();
    assert_eq!(engine.kv_bytes(), 256 * per_token);
}

#[test]
fn dialogues_over_one_model_do_not_touch_each_other() {
    let model = model(FILE);
    let want = fresh_logits(&tokens(40));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut engine = Engine::new(model.clone(), 64).unwrap();
                let got = engine.prefill(&tokens(40)).unwrap();
                assert!(distance(&got, &want) < TOLERANCE);
            });
        }
    });
}
