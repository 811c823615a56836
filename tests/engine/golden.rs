//! Numbers that PyTorch and the reference tokenizers gave for the fixtures (train/fixtures.py).

use std::sync::Arc;

use nearside::{
    dialogue::Tokenizer,
    engine::{Bert, Engine, Model, ReadAt, gguf::Gguf},
};
use serde::Deserialize;

use crate::support::{argmax, bytes, distance, fixture, json, widened};

/// 40 ids, the logits after each of the last three, and the 16 ids that greedy decoding adds.
#[derive(Deserialize)]
struct Golden {
    ids: Vec<u32>,
    logits: Vec<Vec<f32>>,
    greedy: Vec<u32>,
}

fn check_logits(name: &str, source: &dyn ReadAt, tolerance: f32) {
    let golden: Golden = json(&format!("{name}.json"));
    let model = Arc::new(Model::load(source).unwrap());
    let mut engine = Engine::new(model, usize::MAX).unwrap();
    let n = golden.ids.len() - 2;
    let mut logits = engine.prefill(&golden.ids[..n]).unwrap();
    let mut worst = distance(&logits, &golden.logits[0]);
    for (i, &id) in golden.ids[n..].iter().enumerate() {
        logits = engine.decode(id).unwrap();
        worst = worst.max(distance(&logits, &golden.logits[i + 1]));
    }
    println!("{name}: logits differ by at most {worst}");
    assert!(worst <= tolerance, "{name}: {worst} is more than {tolerance}");

    let mut written = Vec::new();
    for _ in &golden.greedy {
        let token = argmax(&logits);
        written.push(token);
        logits = engine.decode(token).unwrap();
    }
    assert_eq!(written, golden.greedy, "{name}");
}

/// In f32 only the order of additions differs from PyTorch.
#[test]
fn f32_logits_are_pytorchs() {
    check_logits("tiny-llama-f32", &bytes("tiny-llama-f32.gguf"), 2e-4);
    for name in ["tiny-llama", "tiny-qwen2", "tiny-qwen3"] {
        check_logits(name, &widened(&format!("{name}.gguf")), 2e-4);
    }
}

/// With Q8_0 weights candle also rounds the activations to 8 bits; the reference does not.
/// The logits of these random weights reach ±10.
#[test]
fn q8_0_logits_are_near_pytorchs() {
    for name in ["tiny-llama", "tiny-qwen2", "tiny-qwen3"] {
        check_logits(name, &bytes(&format!("{name}.gguf")), 0.25);
    }
}

#[derive(Deserialize)]
struct Vector {
    text: String,
    ids: Vec<u32>,
}

/// `adds_bos`: the reference's ids come without BOS, which the file asks for.
fn check_tokenizer(name: &str, adds_bos: bool, parses_specials: bool) {
    let file = bytes(&format!("tokenizers/{name}.gguf"));
    let tokenizer = Tokenizer::from_gguf(&Gguf::read(&file).unwrap().metadata).unwrap();
    for Vector { text, mut ids } in json::<Vec<Vector>>(&format!("tokenizers/{name}.json")) {
        if parses_specials {
            if adds_bos {
                ids.insert(0, tokenizer.bos().unwrap());
            }
            assert_eq!(tokenizer.encode(&text).unwrap(), ids, "{name}: {text:?}");
        } else {
            assert_eq!(tokenizer.encode_plain(&text).unwrap(), ids, "{name}: {text:?}");
        }
    }
}

#[test]
fn token_ids_are_the_references() {
    check_tokenizer("bpe-gpt-2", false, true);
    check_tokenizer("bpe-smollm", false, true);
    check_tokenizer("bpe-starcoder", false, true);
    check_tokenizer("spm-llama", true, true);
    check_tokenizer("spm-llama", true, false);
    check_tokenizer("wordpiece-bert", false, false);
}

/// Byte-level and SentencePiece vocabularies lose nothing, however the ids are cut up.
#[test]
fn decoding_gives_the_text_back() {
    for name in ["bpe-gpt-2", "bpe-smollm", "spm-llama"] {
        let file = bytes(&format!("tokenizers/{name}.gguf"));
        let tokenizer = Tokenizer::from_gguf(&Gguf::read(&file).unwrap().metadata).unwrap();
        for Vector { text, .. } in json::<Vec<Vector>>(&format!("tokenizers/{name}.json")) {
            let ids = tokenizer.encode_plain(&text).unwrap();
            assert_eq!(tokenizer.decode(&ids), text, "{name}");
        }
    }
}

#[derive(Deserialize)]
struct Scored {
    ids: Vec<u32>,
    types: Vec<u32>,
    head: Vec<f32>,
}

fn check_scorer(name: &str, source: &dyn ReadAt, golden: &str, tolerance: f32) {
    let bert = Bert::load(source).unwrap();
    let mut worst = 0f32;
    for Scored { ids, types, head } in json::<Vec<Scored>>(golden) {
        let cls = bert.embed(&ids, &types).unwrap();
        worst = worst.max(distance(&bert.head(&cls).unwrap(), &head));
    }
    println!("{name}: heads differ by at most {worst}");
    assert!(worst <= tolerance, "{name}: {worst} is more than {tolerance}");
}

#[test]
fn the_scorers_head_is_pytorchs() {
    check_scorer("scorer-tiny f32", &widened("scorer-tiny.gguf"), "scorer-tiny.json", 1e-4);
    check_scorer("scorer-tiny", &bytes("scorer-tiny.gguf"), "scorer-tiny.json", 0.05);
}

#[derive(Deserialize)]
struct Chat {
    messages: Vec<nearside::dialogue::Message>,
    ids: Vec<u32>,
    logits: Vec<f32>,
    greedy: Vec<u32>,
    text: String,
}

/// The embedded models, if they have been trained: prompt, logits and answer.
#[test]
fn embedded_models_answer_as_pytorch() {
    for role in ["device", "edge"] {
        let model_path = fixture(&format!("../../models/{role}.gguf"));
        if !model_path.exists() {
            println!("models/{role}.gguf is not there: not checked");
            continue;
        }
        let model = Arc::new(Model::load(&std::fs::read(model_path).unwrap()).unwrap());
        for chat in json::<Vec<Chat>>(&format!("{role}-golden.json")) {
            check_chat(&model, &chat);
        }
    }
}

fn check_chat(model: &Arc<Model>, chat: &Chat) {
    let (tokenizer, template) = (model.tokenizer(), model.template());
    let messages = &chat.messages;
    let ids = nearside::dialogue::prompt_tokens(tokenizer, template, messages, true).unwrap();
    assert_eq!(ids, chat.ids, "{messages:?}");
    let mut engine = Engine::new(Arc::clone(model), usize::MAX).unwrap();
    let mut logits = engine.prefill(&ids).unwrap();
    println!("logits differ by {}", distance(&logits, &chat.logits));
    let mut written = Vec::new();
    for _ in &chat.greedy {
        written.push(argmax(&logits));
        logits = engine.decode(*written.last().unwrap()).unwrap();
    }
    assert_eq!(tokenizer.decode(&written), chat.text, "{messages:?}");
}
