//! Files that are cut off, damaged or meant for something else: errors with codes, never a panic.

use std::sync::Arc;

use nearside::{
    Error,
    engine::{Bert, Engine, Model, gguf::Gguf, gguf::Value},
};

use crate::support::{bytes, with_metadata};

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let file = bytes("tiny-llama.gguf");
    for end in (0..file.len() - 32).step_by(11) {
        match Model::load(&&file[..end]) {
            Err(Error::ModelTruncated { needed_bytes, have_bytes, .. }) => {
                assert_eq!(have_bytes, end as u64);
                assert!(needed_bytes > have_bytes);
            }
            Err(other) => panic!("cut at {end}: {other}"),
            Ok(_) => panic!("a file cut at {end} was loaded"),
        }
    }
    let file = bytes("scorer-tiny.gguf");
    for end in (0..file.len() - 32).step_by(11) {
        assert_eq!(Bert::load(&&file[..end]).err().unwrap().code(), "model_truncated", "{end}");
    }
}

/// Changes a byte at a time. What still loads must still compute or say why not.
#[test]
fn a_damaged_header_never_panics() {
    let file = bytes("tiny-llama.gguf");
    let tensors = Gguf::read(&file).unwrap().tensors;
    let header_bytes = tensors.values().map(|info| info.offset).min().unwrap() as usize;
    for at in 0..header_bytes {
        // Most of the header is vocabulary, where one byte is much like another.
        if at > 1000 && at < header_bytes - 2000 && at % 47 != 0 {
            continue;
        }
        let mut damaged = file.clone();
        damaged[at] ^= [0x01, 0x80, 0xFF][at % 3];
        if let Ok(model) = Model::load(&damaged) {
            let engine = Engine::new(Arc::new(model), 16);
            let _ = engine.and_then(|mut engine| engine.prefill(&[5, 6, 7]));
        }
    }
}

/// The code and a part of the sentence for the f32 fixture with one entry replaced.
fn check(key: &str, value: Value, code: &str, says: &str) {
    let error = Model::load(&with_metadata(&[(key, value)])).err().unwrap();
    assert_eq!(error.code(), code, "{key}: {error}");
    assert!(error.to_string().contains(says), "{key}: {error}");
}

#[test]
fn what_is_not_supported_is_named() {
    use Value::*;
    let text = |s: &str| String(s.to_owned());
    check("general.architecture", text("mamba"), "model_unsupported", "`mamba`");
    check("tokenizer.ggml.model", text("t5"), "model_unsupported", "`tokenizer `t5``");
    check("tokenizer.ggml.pre", text("martian"), "model_unsupported", "martian");
    check("llama.rope.scaling.type", text("longrope"), "model_unsupported", "longrope");
    check("llama.rope.scaling.factor", Float(-4.0), "model_corrupt", "by -4");
    for arch in ["lfm2", "mamba", "qwen3moe", "gpt-oss", "gemma3n", "mistral3", "t5", "bert"] {
        let value = Value::String(arch.to_owned());
        check("general.architecture", value.clone(), "model_unsupported", &format!("`{arch}`"));
        check("general.architecture", value, "model_unsupported", "phi3, granite or olmo2");
    }
    check("llama.attn_logit_softcapping", Float(30.0), "model_unsupported", "capped");
    check("llama.final_logit_softcapping", Float(30.0), "model_unsupported", "capped");
    check("llama.expert_count", Integer(8), "model_unsupported", "experts");
    let per_layer = Integers(vec![2, 2]);
    check("llama.attention.head_count_kv", per_layer, "model_unsupported", "per layer");
    check("llama.attention.head_count_kv", Integer(3), "model_unsupported", "3 key heads");
    check("llama.block_count", Integer(3), "model_corrupt", "blk.2");
    check("llama.block_count", Integer(1 << 40), "model_corrupt", "block_count");
    check("llama.embedding_length", Integer(32), "model_corrupt", "shape");
    check("llama.rope.dimension_count", Integer(9), "model_corrupt", "rotary");
    check("general.alignment", Integer(0), "model_corrupt", "alignment");
    check("tokenizer.ggml.merges", Strings(vec!["x".into()]), "tokenizer_invalid", "pair");
    check("tokenizer.ggml.token_type", Integers(vec![1]), "tokenizer_invalid", "types");
    check("tokenizer.chat_template", text("{% if %}"), "template_failed", "syntax");
}

#[test]
fn other_files_are_refused() {
    let code = |file: &[u8]| Gguf::read(&file).err().unwrap().code();
    assert_eq!(code(b"<!DOCTYPE html>"), "model_corrupt");
    assert_eq!(code(b"GGUF\x01\0\0\0"), "model_unsupported");
    assert_eq!(code(b"GGUF\0\0\0\x03"), "model_unsupported");
    let scorer = Model::load(&bytes("scorer-tiny.gguf")).err().unwrap();
    assert!(scorer.to_string().contains("`bert`"), "{scorer}");
    let vocabulary = Model::load(&bytes("tokenizers/bpe-gpt-2.gguf")).err().unwrap();
    assert_eq!(vocabulary.code(), "model_corrupt");
}

/// Lengths that would take the machine's memory if they were believed.
#[test]
fn lengths_are_checked_before_anything_is_allocated() {
    let huge = u64::MAX.to_le_bytes();
    let (one, none) = (1u64.to_le_bytes(), 0u64.to_le_bytes());
    let start = [b"GGUF".as_slice(), &3u32.to_le_bytes()].concat();
    let key = [&1u64.to_le_bytes()[..], b"k"].concat();
    let array_of = |kind: u32| [9u32.to_le_bytes(), kind.to_le_bytes()].concat();
    let tensor = |sizes: &[u8]| {
        [&start[..], &one, &none, &key, &2u32.to_le_bytes(), sizes, &[0; 12]].concat()
    };
    for (file, expected) in [
        ([&start[..], &none, &huge].concat(), "model_truncated"),
        ([&start[..], &huge, &none].concat(), "model_truncated"),
        ([&start[..], &none, &one, &huge].concat(), "model_truncated"),
        ([&start[..], &none, &one, &key, &array_of(4), &huge].concat(), "model_truncated"),
        ([&start[..], &none, &one, &key, &array_of(8), &huge].concat(), "model_truncated"),
        ([&start[..], &none, &one, &key, &array_of(9), &none].concat(), "model_unsupported"),
        (tensor(&[&(1u64 << 32).to_le_bytes()[..], &huge[..]].concat()), "model_corrupt"),
        (tensor(&[&(1u64 << 30).to_le_bytes()[..], &one[..]].concat()), "model_truncated"),
        (tensor(&[none, one].concat()), "model_corrupt"),
    ] {
        assert_eq!(Gguf::read(&file).err().unwrap().code(), expected, "{file:?}");
    }
}
