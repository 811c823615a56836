//! Fixtures, and GGUF files made in memory, for the engine's tests.

#![allow(dead_code)] // Each test binary uses its part.

pub mod gguf_writer;
pub mod judge;
pub mod kv;
pub mod llama2c;
pub mod scripted;

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use nearside::engine::{
    Engine, FileSource, Model,
    gguf::{Gguf, TensorInfo, Value},
};
use serde::de::DeserializeOwned;

use self::gguf_writer::GgufWriter;

pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

pub fn bytes(name: &str) -> Vec<u8> {
    fs::read(fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn json<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&bytes(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn model(name: &str) -> Arc<Model> {
    let source = FileSource::open(fixture(name)).unwrap();
    Arc::new(Model::load(&source).unwrap_or_else(|error| panic!("{name}: {error}")))
}

pub fn engine(name: &str) -> Engine {
    Engine::new(model(name), usize::MAX).unwrap()
}

/// A file's tensors by name: shape and values.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// The same file with its Q8_0 tensors widened to f32, so that candle rounds no activation to
/// 8 bits and the logits can be compared closely.
pub fn widened(name: &str) -> Vec<u8> {
    rewritten(name, |_| {})
}

/// The f32 fixture of llama with some entries of its metadata replaced, or new.
pub fn with_metadata(entries: &[(&str, Value)]) -> Vec<u8> {
    let file = widened("tiny-llama.gguf");
    let gguf = Gguf::read(&file).unwrap();
    let mut writer = GgufWriter::default();
    let replaced = |name: &str| entries.iter().any(|(key, _)| *key == name);
    for (name, old) in gguf.metadata.iter().filter(|(name, _)| !replaced(name)) {
        writer.metadata(name, old.clone());
    }
    for (key, value) in entries {
        writer.metadata(key, value.clone());
    }
    for (name, info) in &gguf.tensors {
        let stored = &file[info.offset as usize..][..info.n_bytes];
        writer.tensor(name, &info.shape, &floats(stored));
    }
    writer.finish()
}

/// As `widened`, with other tensors.
pub fn rewritten(name: &str, change: impl FnOnce(&mut Tensors)) -> Vec<u8> {
    let file = bytes(name);
    let gguf = Gguf::read(&file).unwrap();
    let widen = |info: &TensorInfo| {
        let stored = &file[info.offset as usize..][..info.n_bytes];
        let values = match info.n_bytes == 4 * info.n_elements() {
            true => floats(stored),
            false => q8_0_values(stored),
        };
        (info.shape.clone(), values)
    };
    let mut tensors: Tensors =
        gguf.tensors.iter().map(|(name, info)| (name.clone(), widen(info))).collect();
    change(&mut tensors);
    let mut writer = GgufWriter::default();
    for (key, value) in gguf.metadata.iter() {
        writer.metadata(key, value.clone());
    }
    for (name, (shape, values)) in &tensors {
        writer.tensor(name, shape, values);
    }
    writer.finish()
}

fn floats(stored: &[u8]) -> Vec<f32> {
    stored.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect()
}

/// Blocks of an f16 scale and 32 signed bytes.
fn q8_0_values(stored: &[u8]) -> Vec<f32> {
    assert!(stored.len().is_multiple_of(34), "the fixtures hold F32 and Q8_0 only");
    let values = stored.chunks_exact(34).flat_map(|block| {
        let scale = half::f16::from_le_bytes([block[0], block[1]]).to_f32();
        block[2..].iter().map(move |&q| scale * f32::from(q as i8))
    });
    values.collect()
}

/// The tiny model with a token that it can write but not read: its embedding is not a number.
pub fn unreadable(token: Option<u32>) -> Vec<u8> {
    rewritten("tiny-llama.gguf", |tensors| {
        let embedding = tensors["token_embd.weight"].clone();
        tensors.insert("output.weight".to_owned(), embedding.clone());
        let (shape, mut values) = embedding;
        if let Some(token) = token {
            values[token as usize * shape[1]] = f32::NAN;
        }
        tensors.insert("token_embd.weight".to_owned(), (shape, values));
    })
}

/// The largest difference of two rows of logits.
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

pub fn argmax(logits: &[f32]) -> u32 {
    let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]).then(b.cmp(&a)));
    best.unwrap() as u32
}
