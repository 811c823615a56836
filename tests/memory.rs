//! Loading a model holds its weights once: peak heap at most 1.2 × the file.
//!
//! Tokenizer and template take some 0.2 MB whatever the model, and that shows beside the embedded
//! models, which are hardly larger.

mod support;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use nearside::engine::{
    Bert, FileSource, Model,
    gguf::{Gguf, Value},
};

use self::support::{bytes, fixture, gguf_writer::GgufWriter};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes on to the system's allocator unchanged; only numbers are kept.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that `work` held beyond what was held before it, and how much it still holds.
fn heap_of<T>(work: impl FnOnce() -> T) -> (usize, usize) {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let kept = work();
    let held = NOW.load(Relaxed) - before;
    drop(kept);
    (PEAK.load(Relaxed) - before, held)
}

/// 20 MB, a quarter of it the embedding, with the tiny model's vocabulary.
fn larger_model() -> Vec<u8> {
    const N_VOCAB: usize = 384;
    const N_EMBD: usize = 3072;
    const N_FF: usize = 256;
    const HEADS: usize = 64; // of 4 queries and 2 keys
    let tiny = bytes("tiny-llama.gguf");
    let mut writer = GgufWriter::default();
    for (key, value) in Gguf::read(&tiny).unwrap().metadata.iter() {
        let value = match key {
            "llama.embedding_length" => Value::Integer(N_EMBD as i128),
            "llama.feed_forward_length" => Value::Integer(N_FF as i128),
            _ => value.clone(),
        };
        writer.metadata(key, value);
    }
    let mut tensor = |name: &str, shape: &[usize]| {
        writer.tensor(name, shape, &vec![0.5; shape.iter().product()]);
    };
    tensor("token_embd.weight", &[N_VOCAB, N_EMBD]);
    tensor("output_norm.weight", &[N_EMBD]);
    for layer in 0..2 {
        for (name, shape) in [
            ("attn_norm", &[N_EMBD][..]),
            ("attn_q", &[HEADS, N_EMBD]),
            ("attn_k", &[HEADS / 2, N_EMBD]),
            ("attn_v", &[HEADS / 2, N_EMBD]),
            ("attn_output", &[N_EMBD, HEADS]),
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

/// What a tokenizer of a thousand words and a template may take.
const FIXED_BYTES: usize = 256 << 10;

/// One test, because the counters belong to the whole process.
#[test]
fn loading_peaks_near_the_files_size() {
    let file = larger_model();
    let (peak, held) = heap_of(|| Model::load(&file).unwrap());
    println!("made: file {}, peak {peak}, held {held}", file.len());
    assert!(peak * 10 <= file.len() * 12, "{peak} for a file of {}", file.len());
    drop(file);

    for name in ["device", "edge", "scorer"] {
        let path = fixture(&format!("../../models/{name}.gguf"));
        let Ok(source) = FileSource::open(&path) else {
            println!("models/{name}.gguf is not there: not measured");
            continue;
        };
        let n_bytes = std::fs::metadata(&path).unwrap().len() as usize;
        let (peak, held) = match name {
            "scorer" => heap_of(|| Bert::load(&source).map(drop).unwrap()),
            _ => heap_of(|| Model::load(&source).unwrap()),
        };
        println!("{name}: file {n_bytes}, peak {peak}, held {held}");
        assert!(peak * 10 <= n_bytes * 12 + 10 * FIXED_BYTES, "{name}: {peak} for {n_bytes}");
    }
}
