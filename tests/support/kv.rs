//! Keys and values out of one engine and into another, in memory.

use std::{ops::Range, sync::Arc};

use nearside::{
    Result,
    engine::{Engine, GenerateRequest, Generation, Step},
    handoff::codec::{Bounds, Encoding, Export, Import},
};

/// All of a file.
pub fn exported(engine: &Engine, positions: Range<usize>, encoding: Encoding) -> Vec<u8> {
    let mut export = Export::new(engine, positions, encoding).unwrap();
    let mut file = Vec::new();
    while let Some(section) = export.next_section(engine).unwrap() {
        file.extend(section);
    }
    assert_eq!(file.len() as u64, export.n_bytes(), "the size is known before");
    file
}

/// What `engine` takes.
pub fn bounds(engine: &Engine) -> Bounds {
    Bounds { max_bytes: 64 << 20, max_tokens: engine.n_ctx() }
}

pub fn import(engine: &Engine) -> Import {
    Import::new(engine.kv_identity(), bounds(engine))
}

/// Feeds `import` pieces of `piece_bytes` and lets `engine` go on from it.
pub fn finish(
    mut import: Import,
    engine: &mut Engine,
    file: &[u8],
    piece_bytes: usize,
) -> Result<()> {
    for mut piece in file.chunks(piece_bytes) {
        while !piece.is_empty() {
            let n_taken = import.take(piece)?;
            piece = &piece[n_taken..];
        }
    }
    engine.adopt(import.finish()?)
}

pub fn imported(engine: &mut Engine, file: &[u8]) -> Result<()> {
    finish(import(engine), engine, file, 4096)
}

/// Another engine over the same model.
pub fn sibling(engine: &Engine) -> Engine {
    Engine::new(Arc::clone(engine.model()), engine.n_ctx()).unwrap()
}

/// What the engine writes greedily after `prompt`, and how much of it was held.
pub fn greedy(engine: &mut Engine, prompt: &[u32], n_tokens: usize) -> (String, usize) {
    let request =
        GenerateRequest { prompt: prompt.to_vec(), max_tokens: n_tokens, ..Default::default() };
    let mut generation = Generation::start(engine, request).unwrap();
    let mut text = String::new();
    loop {
        match generation.step(engine).unwrap() {
            Step::Prefilled { .. } => {}
            Step::Text(piece) => text += &piece,
            Step::Done(_) => return (text, generation.reused_tokens()),
        }
    }
}
