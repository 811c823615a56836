//! Loading a model holds its weights once: peak heap at most 1.2 × the file.

mod support;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use nearside::engine::{Bert, FileSource, Model, gguf::Gguf};

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
    let file = bytes("tiny-llama.gguf");
    let gguf = Gguf::read(&file).unwrap();
    let (n_embd, n_ff, n_vocab) = (3072, 256, 384);
    let mut writer = GgufWriter::default();
    for (key, value) in gguf.metadata.iter() {
        let value = match key {
            "llama.embedding_length" => nearside::engine::gguf::Value::Integer(n_embd as i128),
            "llama.feed_forward_length" => nearside::engine::gguf::Value::Integer(n_ff as i128),
            _ => value.clone(),
        };
        writer.metadata(key, value);
    }
    for (name, info) in &gguf.tensors {
        let widened = |size: usize| match size {
            64 if name.contains("attn_q.") => size, // heads × head_dim, not n_embd
            64 => n_embd,
            96 => n_ff,
            other => other,
        };
        let mut shape: Vec<usize> = info.shape.iter().map(|&size| widened(size)).collect();
        match name {
            _ if name.contains("attn_q.") => shape = vec![64, n_embd],
            _ if name.contains("attn_output.") => shape = vec![n_embd, 64],
            _ => {}
        }
        let n_elements = shape.iter().product();
        writer.tensor(name, &shape, &vec![0.5; n_elements]);
    }
    let file = writer.finish();
    assert!(file.len() > 4 * n_vocab * n_embd);
    file
}

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
    }
}
