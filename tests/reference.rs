//! Checks against references that are not part of the project, where a folder holds them.
//!
//! `NEARSIDE_REFERENCE=DIR cargo test --test reference -- --nocapture` reads
//! - `DIR/vocab/*.gguf` with `.inp` and `.out`, llama.cpp's tokenizer vectors (tests/test-tokenizer-0),
//! - `DIR/models/stories260K`, a TinyStories model in llama2.c's format.
//!
//! Without the variable the same checks run over the project's own fixtures.

mod support;

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use nearside::{
    dialogue::Tokenizer,
    engine::{Engine, FileSource, GenerateRequest, Generation, Model, Step, gguf::Gguf},
};

use self::support::llama2c;

fn reference() -> Option<PathBuf> {
    let folder = env::var_os("NEARSIDE_REFERENCE").map(PathBuf::from);
    if folder.is_none() {
        println!("NEARSIDE_REFERENCE is not set: only the project's own fixtures are checked");
    }
    folder
}

fn tokenizer(path: &Path) -> Tokenizer {
    let gguf = Gguf::read(&FileSource::open(path).unwrap()).unwrap();
    Tokenizer::from_gguf(&gguf.metadata).unwrap()
}

fn files_ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        entries.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    paths.sort();
    assert!(!paths.is_empty(), "nothing in {}", folder.display());
    paths
}

/// The texts of an `.inp` and the ids of each line of its `.out`.
fn vectors(gguf: &Path) -> Vec<(String, Vec<u32>)> {
    let beside = |ending: &str| format!("{}{ending}", gguf.display());
    let texts = fs::read_to_string(beside(".inp")).unwrap();
    let ids = fs::read_to_string(beside(".out")).unwrap();
    let texts: Vec<&str> = texts.split_terminator("\n__ggml_vocab_test__\n").collect();
    let ids: Vec<&str> = ids.lines().collect();
    assert_eq!(texts.len(), ids.len(), "{}", gguf.display());
    let parse = |line: &str| line.split_whitespace().map(|id| id.parse().unwrap()).collect();
    texts.iter().zip(ids).map(|(text, ids)| ((*text).to_owned(), parse(ids))).collect()
}

#[test]
fn token_ids_are_llama_cpps() {
    let Some(folder) = reference() else {
        let own = tokenizer(&support::fixture("tokenizers/bpe-gpt-2.gguf"));
        assert!(!own.encode("Hello world").unwrap().is_empty());
        return;
    };
    let mut all_right = true;
    for path in files_ending(&folder.join("vocab"), ".gguf") {
        let (tokenizer, vectors) = (tokenizer(&path), vectors(&path));
        let mut n_right = 0;
        for (text, ids) in &vectors {
            let got = tokenizer.encode_plain(text).unwrap();
            if got == *ids {
                n_right += 1;
            } else {
                println!("{text:?}\n  expected {ids:?}\n  got      {got:?}");
            }
        }
        let name = path.file_name().unwrap().to_string_lossy();
        println!("{name}: {n_right} of {} vectors", vectors.len());
        all_right &= n_right == vectors.len();
    }
    assert!(all_right);
}

/// The text that `model` writes greedily after BOS.
fn greedy_text(model: Model, n_tokens: usize) -> String {
    let bos = model.tokenizer().bos().unwrap();
    let mut engine = Engine::new(Arc::new(model), usize::MAX).unwrap();
    let request =
        GenerateRequest { prompt: vec![bos], max_tokens: n_tokens, ..GenerateRequest::default() };
    let mut generation = Generation::start(&mut engine, request).unwrap();
    let mut text = String::new();
    loop {
        match generation.step(&mut engine).unwrap() {
            Step::Prefilled { .. } => {}
            Step::Text(piece) => text += &piece,
            Step::Done(_) => return text,
        }
    }
}

#[test]
fn the_story_model_tells_its_story() {
    let Some(folder) = reference() else {
        let own = Model::load(&support::bytes("tiny-llama-f32.gguf")).unwrap();
        assert!(!greedy_text(own, 20).is_empty());
        return;
    };
    let folder = folder.join("models/stories260K");
    let file = llama2c::to_gguf(&folder.join("stories260K.bin"), &folder.join("tok512.bin"));
    let text = greedy_text(Model::load(&file).unwrap(), 200);
    println!("{text}");
    assert!(text.starts_with("Once upon a time, there was a little girl named Lily."), "{text}");
}
