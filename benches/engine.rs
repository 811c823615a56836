//! Tokens per second of a model on this machine, or milliseconds a text of an encoder.
//!
//! `cargo bench --bench engine -- models/device.gguf models/general.gguf`

use std::{sync::Arc, time::Instant};

use nearside::engine::{Engine, FileSource, Model, PREFILL_CHUNK, bert::Bert};

const N_PROMPT: usize = 4 * PREFILL_CHUNK;
const N_DECODED: usize = 128;
const N_ROUNDS: usize = 5;
/// Tokens of the texts that an encoder reads.
const TEXTS: [u32; 4] = [16, 64, 128, 256];
const N_READS: usize = 20;

fn main() {
    let mut paths: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if paths.is_empty() {
        paths = ["device", "edge"].map(|role| format!("models/{role}.gguf")).into();
    }
    for path in paths {
        let started = Instant::now();
        let source = FileSource::open(&path).unwrap_or_else(|error| panic!("{error}"));
        if let Ok(encoder) = Bert::load(&source) {
            println!("{path}: {} parameters", encoder.info().n_params);
            encode(&encoder);
            continue;
        }
        let model = Model::load(&source).unwrap_or_else(|error| panic!("{path}: {error}"));
        let load_millis = started.elapsed().as_millis();
        let info = model.info().clone();
        println!("{path}: {} parameters, loaded in {load_millis} ms", info.n_params);
        measure(Arc::new(model), info.n_vocab as u32);
    }
}

/// The best of a few rounds, since other processes only ever slow one down.
fn measure(model: Arc<Model>, n_vocab: u32) {
    let mut engine = Engine::new(model, N_PROMPT + N_DECODED).expect("the context is not empty");
    let prompt: Vec<u32> = (0..N_PROMPT as u32).map(|i| i * 37 % n_vocab).collect();
    let (mut prefill_rate, mut decode_rate) = (0f64, 0f64);
    for _ in 0..N_ROUNDS {
        engine.truncate(0);
        let started = Instant::now();
        engine.prefill_in_chunks(&prompt, PREFILL_CHUNK).expect("the prompt is valid");
        prefill_rate = prefill_rate.max(N_PROMPT as f64 / started.elapsed().as_secs_f64());
        let started = Instant::now();
        for _ in 0..N_DECODED {
            engine.decode(5).expect("there is room");
        }
        decode_rate = decode_rate.max(N_DECODED as f64 / started.elapsed().as_secs_f64());
    }
    println!("  prefill {prefill_rate:.0} tokens/s, decode {decode_rate:.0} tokens/s");
}

/// The best of a few readings of each length.
fn encode(encoder: &Bert) {
    let n_vocab = encoder.info().n_vocab as u32;
    for n_tokens in TEXTS {
        let ids: Vec<u32> = (0..n_tokens).map(|i| i * 37 % n_vocab).collect();
        let type_ids = vec![0; ids.len()];
        let millis = (0..N_READS).map(|_| {
            let started = Instant::now();
            encoder.embed(&ids, &type_ids).expect("the text is valid");
            started.elapsed().as_secs_f64() * 1e3
        });
        println!("  {n_tokens} tokens: {:.2} ms", millis.fold(f64::INFINITY, f64::min));
    }
}
