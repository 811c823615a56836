//! How fast keys and values leave an engine and enter one: by the Export and Import that a gateway,
//! a page and its storage use, and by parking a dialogue and taking it up again.
//!
//! `cargo bench --bench kv` has the geometry of SmolLM2-135M, in a model that is otherwise as small
//! as can be; `cargo bench --bench kv -- models/device.gguf` takes a real one.

#[path = "../tests/support/gguf_writer.rs"]
mod gguf_writer;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use gguf_writer::GgufWriter;
use nearside::engine::{
    Engine, FileSource, Model, PREFILL_CHUNK,
    gguf::{Gguf, Value},
};
use nearside::handoff::{
    Dialogues,
    codec::{Bounds, Encoding, Export, Import},
};

const MAX_TOKENS: usize = 1500;
const N_ROUNDS: usize = 9;

fn main() {
    let paths: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if paths.is_empty() {
        let model = Model::load(&smollm2_geometry()).expect("it is well formed");
        measure("the geometry of SmolLM2-135M", Arc::new(model));
    }
    for path in paths {
        let source = FileSource::open(&path).unwrap_or_else(|error| panic!("{error}"));
        let model = Model::load(&source).unwrap_or_else(|error| panic!("{path}: {error}"));
        measure(&path, Arc::new(model));
    }
}

fn measure(name: &str, model: Arc<Model>) {
    let (n_ctx, n_vocab) = (model.info().n_ctx, model.info().n_vocab as u32);
    let n_tokens = MAX_TOKENS.min(n_ctx - 1);
    let tokens: Vec<u32> = (0..n_tokens as u32).map(|i| i * 37 % n_vocab).collect();
    let mut engine = Engine::new(Arc::clone(&model), n_ctx).expect("there is memory");
    engine.prefill_in_chunks(&tokens, PREFILL_CHUNK).expect("there is room");
    println!("{name}: {n_tokens} tokens");
    for encoding in Encoding::ALL {
        transfer(&engine, encoding);
    }
    park(&mut engine, &tokens);
}

fn transfer(engine: &Engine, encoding: Encoding) {
    let n_tokens = engine.tokens().len();
    let (mut out, mut out_longest) = (Duration::MAX, Duration::MAX);
    let (mut back, mut back_longest) = (Duration::MAX, Duration::MAX);
    let mut n_bytes = 0;
    for _ in 0..N_ROUNDS {
        let mut sections = Vec::new();
        let mut export = Export::new(engine, 0..n_tokens, encoding).expect("it is held");
        let (total, longest) = timed(|| {
            sections.extend(export.next_section(engine).expect("it is finite"));
            !export.is_done()
        });
        (out, out_longest) = (out.min(total), out_longest.min(longest));
        n_bytes = sections.iter().map(Vec::len).sum();

        let bounds = Bounds { max_bytes: u64::MAX, max_tokens: engine.n_ctx() };
        let mut import = Import::new(engine.kv_identity(), bounds);
        let file = sections.concat();
        let mut rest = file.as_slice();
        let (total, longest) = timed(|| {
            rest = &rest[import.take(rest).expect("it is whole")..];
            !rest.is_empty()
        });
        let mut other = Engine::new(Arc::clone(engine.model()), engine.n_ctx()).expect("memory");
        let started = Instant::now();
        other.adopt(import.finish().expect("it is whole")).expect("it is our own");
        (back, back_longest) = (back.min(total + started.elapsed()), back_longest.min(longest));
    }
    let rate = |took: Duration| {
        let seconds = took.as_secs_f64();
        let megabytes = n_bytes as f64 / 1e6 / seconds;
        format!("{megabytes:.0} MB/s, {:.0} tokens/s", n_tokens as f64 / seconds)
    };
    println!(
        "  {:4}: {:.0} bytes a token; out {}, a step at most {:.1} ms; in {}, a step at most {:.1} ms",
        encoding.name(),
        n_bytes as f64 / n_tokens as f64,
        rate(out),
        millis(out_longest),
        rate(back),
        millis(back_longest),
    );
}

/// Parks the whole dialogue for one that shares nothing with it, and takes it up again.
fn park(engine: &mut Engine, tokens: &[u32]) {
    let other = [tokens[0] + 1];
    let (mut out, mut back) = ((Duration::MAX, Duration::MAX), (Duration::MAX, Duration::MAX));
    for _ in 0..N_ROUNDS {
        let mut dialogues = Dialogues::new(engine.kv_identity(), usize::MAX);
        let mut switch = dialogues.switch(engine, &other);
        let parked = timed(|| switch.step(&mut dialogues, engine));
        engine.truncate(0);
        let mut switch = dialogues.switch(engine, tokens);
        let resumed = timed(|| switch.step(&mut dialogues, engine));
        assert_eq!(engine.tokens(), tokens);
        out = (out.0.min(parked.0), out.1.min(parked.1));
        back = (back.0.min(resumed.0), back.1.min(resumed.1));
    }
    for (name, (total, longest)) in [("park", out), ("resume", back)] {
        let per_second = tokens.len() as f64 / total.as_secs_f64();
        println!("  {name}: {per_second:.0} tokens/s, a step at most {:.1} ms", millis(longest));
    }
}

/// Steps until there are no more: how long all of them took, and the longest.
fn timed(mut step: impl FnMut() -> bool) -> (Duration, Duration) {
    let (mut total, mut longest) = (Duration::ZERO, Duration::ZERO);
    loop {
        let started = Instant::now();
        let goes_on = step();
        let took = started.elapsed();
        (total, longest) = (total + took, longest.max(took));
        if !goes_on {
            return (total, longest);
        }
    }
}

fn millis(took: Duration) -> f64 {
    1000.0 * took.as_secs_f64()
}

/// 30 layers with 3 key heads of 64, over an embedding of 64 instead of 576.
fn smollm2_geometry() -> Vec<u8> {
    const N_LAYERS: usize = 30;
    const N_EMBD: usize = 64;
    const N_FF: usize = 64;
    const Q_DIM: usize = 9 * 64;
    const KV_DIM: usize = 3 * 64;
    let tiny = FileSource::open("tests/fixtures/tiny-llama.gguf").expect("the fixture is there");
    let mut writer = GgufWriter::default();
    let sizes = [
        ("llama.block_count", N_LAYERS),
        ("llama.embedding_length", N_EMBD),
        ("llama.feed_forward_length", N_FF),
        ("llama.attention.head_count", 9),
        ("llama.attention.head_count_kv", 3),
        ("llama.attention.key_length", 64),
        ("llama.attention.value_length", 64),
        ("llama.rope.dimension_count", 64),
        ("llama.context_length", 2048),
    ];
    for (key, value) in Gguf::read(&tiny).expect("it is a model").metadata.iter() {
        if !sizes.iter().any(|(own, _)| *own == key) {
            writer.metadata(key, value.clone());
        }
    }
    for (key, size) in sizes {
        writer.metadata(key, Value::Integer(size as i128));
    }
    let mut tensor = |name: &str, shape: &[usize]| {
        let n = shape.iter().product::<usize>();
        let values: Vec<f32> = (0..n).map(|i| ((i * 37 % 101) as f32 - 50.0) / 200.0).collect();
        writer.tensor(name, shape, &values);
    };
    tensor("token_embd.weight", &[384, N_EMBD]);
    tensor("output_norm.weight", &[N_EMBD]);
    for layer in 0..N_LAYERS {
        for (name, shape) in [
            ("attn_norm", &[N_EMBD][..]),
            ("attn_q", &[Q_DIM, N_EMBD]),
            ("attn_k", &[KV_DIM, N_EMBD]),
            ("attn_v", &[KV_DIM, N_EMBD]),
            ("attn_output", &[N_EMBD, Q_DIM]),
            ("ffn_norm", &[N_EMBD]),
            ("ffn_gate", &[N_FF, N_EMBD]),
            ("ffn_up", &[N_FF, N_EMBD]),
            ("ffn_down", &[N_EMBD, N_FF]),
        ] {
            tensor(&format!("blk.{layer}.{name}.weight"), shape);
        }
    }
    writer.finish()
}
