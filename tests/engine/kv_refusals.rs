//! Keys and values that an engine cannot go on from: each kind is refused with its code, and the
//! engine keeps what it had.

use crc32fast::Hasher;
use half::f16;
use nearside::{
    Error,
    engine::Engine,
    handoff::codec::{Bounds, Encoding, Import},
};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use safetensors::SafeTensors;

use crate::support::{
    engine,
    kv::{bounds, exported, finish, import, imported},
};

const N_TOKENS: usize = 70;

fn tokens(n: u32) -> Vec<u32> {
    (0..n).map(|i| 5 + i * 37 % 370).collect()
}

fn file(encoding: Encoding) -> Vec<u8> {
    let mut engine = engine("tiny-llama.gguf");
    engine.prefill(&tokens(N_TOKENS as u32)).unwrap();
    exported(&engine, 0..N_TOKENS, encoding)
}

/// An engine with another dialogue, and what it says next.
fn holder() -> (Engine, Vec<f32>) {
    let mut engine = engine("tiny-llama.gguf");
    engine.prefill(&[7, 8, 9]).unwrap();
    let logits = engine.decode(10).unwrap();
    engine.truncate(3);
    (engine, logits)
}

fn check_refused(file: &[u8], code: &str) {
    let (mut engine, want) = holder();
    let error = imported(&mut engine, file).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    check_unchanged(&mut engine, &want);
}

fn check_unchanged(engine: &mut Engine, want: &[f32]) {
    assert_eq!(engine.tokens(), [7, 8, 9]);
    assert_eq!(engine.decode(10).unwrap(), want);
    engine.truncate(3);
}

/// The file with the value of a header field replaced by one that is as long.
fn with_field(encoding: Encoding, name: &str, value: &str) -> Vec<u8> {
    let mut file = file(encoding);
    let (header_bytes, metadata) = SafeTensors::read_metadata(&file).unwrap();
    let old = &metadata.metadata().as_ref().unwrap()[name];
    assert_eq!(old.len(), value.len(), "{name} is `{old}`");
    let json = std::str::from_utf8(&file[8..8 + header_bytes]).unwrap();
    let pair = |value: &str| format!("\"{name}\":\"{value}\"");
    assert!(json.contains(&pair(old)));
    let json = json.replace(&pair(old), &pair(value));
    file[8..8 + header_bytes].copy_from_slice(json.as_bytes());
    resealed(file)
}

/// The file with every checksum right again, as one who means harm would send it.
fn resealed(mut file: Vec<u8>) -> Vec<u8> {
    let header_bytes = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let json: serde_json::Value = serde_json::from_slice(&file[8..8 + header_bytes]).unwrap();
    let data = 8 + header_bytes;
    let mut checksums: Vec<usize> = json
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.ends_with("checksum"))
        .map(|(_, info)| data + info["data_offsets"][0].as_u64().unwrap() as usize)
        .collect();
    checksums.sort_unstable();
    let (mut hasher, mut start) = (Hasher::new(), 0);
    for at in checksums {
        hasher.update(&file[start..at]);
        file[at..at + 4].copy_from_slice(&hasher.clone().finalize().to_le_bytes());
        start = at + 4;
    }
    file
}

/// Where a tensor's bytes begin.
fn offset(file: &[u8], name: &str) -> usize {
    let (header_bytes, metadata) = SafeTensors::read_metadata(file).unwrap();
    8 + header_bytes + metadata.info(name).unwrap().data_offsets.0
}

#[test]
fn another_models_state_is_refused() {
    let mut other = engine("tiny-llama3.gguf");
    other.prefill(&tokens(20)).unwrap();
    check_refused(&exported(&other, 0..20, Encoding::F16), "kv_foreign_model");
    for field in ["model", "vocabulary"] {
        check_refused(&with_field(Encoding::Int8, field, &"0".repeat(64)), "kv_foreign_model");
    }
    // What was staged for one model does not get into another's engine either.
    let mut import = import(&other);
    let own = exported(&other, 0..20, Encoding::F16);
    let mut rest = own.as_slice();
    while !rest.is_empty() {
        rest = &rest[import.take(rest).unwrap()..];
    }
    let (mut engine, want) = holder();
    let error = engine.adopt(import.finish().unwrap()).unwrap_err();
    assert_eq!(error.code(), "kv_foreign_model");
    check_unchanged(&mut engine, &want);
}

#[test]
fn another_version_is_refused() {
    check_refused(&with_field(Encoding::F16, "version", "2"), "kv_version");
    check_refused(&with_field(Encoding::F16, "dtype", "f64"), "kv_version");
}

#[test]
fn another_geometry_is_refused() {
    for (field, value) in [
        ("n_layers", "3"),
        ("n_kv_heads", "1"),
        ("head_dim", "32"),
        ("key_block", "64"),
        // Fewer tokens than the tensors have rows, or none.
        ("n_tokens", "69"),
        ("start", "1"),
    ] {
        check_refused(&with_field(Encoding::Int8, field, value), "kv_geometry");
    }
    check_refused(&with_field(Encoding::Int8, "n_tokens", "00"), "kv_geometry");
}

#[test]
fn what_is_no_file_of_ours_is_refused() {
    check_refused(&with_field(Encoding::F16, "format", "nearside-kW"), "kv_corrupt");
    check_refused(&with_field(Encoding::F16, "n_tokens", "7x"), "kv_corrupt");
    check_refused(&[0; 64], "kv_corrupt");
    check_refused(&[0xff; 64], "kv_corrupt");
    check_refused(&[&4u64.to_le_bytes()[..], b"{}  "].concat(), "kv_corrupt");
    check_refused(&[&4u64.to_le_bytes()[..], b"nope"].concat(), "kv_corrupt");
    check_refused(&[file(Encoding::F16), vec![0]].concat(), "kv_corrupt");
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    for bad in [f16::NAN, f16::INFINITY] {
        for (encoding, tensor) in [
            (Encoding::F16, "layers.0.keys"),
            (Encoding::F16, "layers.1.values"),
            (Encoding::Int8, "layers.0.key_scales"),
            (Encoding::Int8, "layers.1.value_scales"),
        ] {
            let mut file = file(encoding);
            let at = offset(&file, tensor);
            file[at..at + 2].copy_from_slice(&bad.to_le_bytes());
            check_refused(&resealed(file), "kv_not_finite");
        }
    }
}

#[test]
fn a_file_that_ends_early_is_refused() {
    for encoding in Encoding::ALL {
        let file = file(encoding);
        let last = offset(&file, "layers.1.checksum");
        for n_bytes in [0, 5, 8, 100, offset(&file, "tokens"), offset(&file, "layers.1.keys"), last]
        {
            check_refused(&file[..n_bytes], "kv_truncated");
        }
        let (mut engine, _) = holder();
        let error = imported(&mut engine, &file[..last]).unwrap_err();
        let whole = file.len() as u64;
        let want = Error::KvTruncated { have_bytes: last as u64, needed_bytes: whole };
        assert_eq!(error, want, "it is known how much is missing");
    }
}

/// Refused by what the header says, before there is room for a row.
#[test]
fn more_than_the_bounds_is_refused() {
    let file = file(Encoding::F16);
    let (mut engine, want) = holder();
    let whole = file.len() as u64;
    for (max_bytes, max_tokens, fits) in
        [(whole, N_TOKENS, true), (whole - 1, N_TOKENS, false), (whole, N_TOKENS - 1, false)]
    {
        let bounds = Bounds { max_bytes, max_tokens };
        let import = Import::new(engine.kv_identity(), bounds);
        // The opening is there, and not one layer.
        let opening = &file[..offset(&file, "layers.0.keys")];
        let code = finish(import, &mut engine, opening, 64).unwrap_err().code();
        assert_eq!(code, if fits { "kv_truncated" } else { "kv_too_large" });
        check_unchanged(&mut engine, &want);
    }
    for n_tokens in ["99999", "4294967295"] {
        let mut header = file.clone();
        let (header_bytes, _) = SafeTensors::read_metadata(&file).unwrap();
        let json = std::str::from_utf8(&file[8..8 + header_bytes]).unwrap();
        let json = json.replace("\"n_tokens\":\"70\"", &format!("\"n_tokens\":\"{n_tokens}\""));
        header.truncate(0);
        header.extend((json.len() as u64).to_le_bytes());
        header.extend(json.as_bytes());
        check_refused(&header, "kv_too_large");
        // However many tokens are allowed, the bytes are counted without an overflow.
        let bounds = Bounds { max_tokens: usize::MAX, ..bounds(&engine) };
        let import = Import::new(engine.kv_identity(), bounds);
        let error = finish(import, &mut engine, &header, 64).unwrap_err();
        let expected = if n_tokens == "99999" { "kv_geometry" } else { "kv_too_large" };
        assert_eq!(error.code(), expected);
    }
}

#[test]
fn a_wrong_checksum_is_refused() {
    for encoding in Encoding::ALL {
        let file = file(encoding);
        for name in ["tokens", "checksum", "layers.0.keys", "layers.1.values", "layers.1.checksum"]
        {
            let mut broken = file.clone();
            broken[offset(&file, name)] ^= 1;
            check_refused(&broken, "kv_checksum");
        }
    }
    // A layer of another file is not taken for one of this, though it is whole.
    let mut other = engine("tiny-llama.gguf");
    other.prefill(&[vec![6], tokens(N_TOKENS as u32 - 1)].concat()).unwrap();
    let other = exported(&other, 0..N_TOKENS, Encoding::F16);
    let mut mixed = file(Encoding::F16);
    let at = offset(&mixed, "layers.1.keys");
    let tail = offset(&other, "layers.1.keys");
    mixed.truncate(at);
    mixed.extend(&other[tail..]);
    check_refused(&mixed, "kv_checksum");
}

#[test]
fn other_tokens_than_asked_for_are_refused() {
    let file = file(Encoding::F16);
    let (mut engine, want) = holder();
    let asked = tokens(N_TOKENS as u32);
    let mut others = asked.clone();
    others[3] ^= 1;
    for (positions, tokens) in
        [(0..N_TOKENS, others), (1..N_TOKENS, asked.clone()), (0..69, asked[..69].to_vec())]
    {
        let import = import(&engine).expecting(positions, tokens);
        let error = finish(import, &mut engine, &file, 64).unwrap_err();
        assert_eq!(error.code(), "kv_other_tokens");
        check_unchanged(&mut engine, &want);
    }
    finish(import(&engine).expecting(0..N_TOKENS, asked), &mut engine, &file, 64).unwrap();
}

/// A range goes behind the tokens it was computed after, and behind no others.
#[test]
fn a_range_after_other_tokens_is_refused() {
    let mut first = engine("tiny-llama.gguf");
    first.prefill(&tokens(50)).unwrap();
    for start in [2, 4] {
        check_refused(&exported(&first, start..50, Encoding::Int8), "kv_other_tokens");
    }
}

/// Whatever is cut off or changed: never a panic, never a state that is not the file's.
#[test]
fn damaged_files_never_get_in() {
    let mut random = Pcg64Mcg::seed_from_u64(11);
    let (mut engine, want) = holder();
    for encoding in Encoding::ALL {
        let file = file(encoding);
        for _ in 0..1500 {
            let mut damaged = file.clone();
            for _ in 0..random.random_range(1..4) {
                let at = random.random_range(0..damaged.len());
                match random.random_range(0..4) {
                    0 => damaged.truncate(at.max(1)),
                    1 => damaged[at] ^= 1 << random.random_range(0..8),
                    2 => damaged[at] = random.random(),
                    // Where a mistake does most: in the header.
                    _ => damaged[at % 1200 % file.len()] ^= 1 << random.random_range(0..8),
                }
            }
            if damaged == file {
                continue;
            }
            let piece_bytes = random.random_range(1..5000);
            let refused = finish(import(&engine), &mut engine, &damaged, piece_bytes);
            let code = refused.expect_err("it is damaged").code();
            assert!(code.starts_with("kv_"), "{code}");
            assert_eq!(engine.tokens(), [7, 8, 9]);
        }
    }
    check_unchanged(&mut engine, &want);
}

/// With right checksums all over, any bytes of the layers make some state, and no panic.
#[test]
fn resealed_files_never_panic() {
    let mut random = Pcg64Mcg::seed_from_u64(12);
    for encoding in Encoding::ALL {
        let file = file(encoding);
        let data = offset(&file, "layers.0.checksum") / 2;
        for _ in 0..200 {
            let mut changed = file.clone();
            let at = random.random_range(data..changed.len());
            let end = (at + random.random_range(1..40)).min(changed.len());
            random.fill(&mut changed[at..end]);
            let mut engine = engine("tiny-llama.gguf");
            match imported(&mut engine, &resealed(changed)) {
                Ok(()) => assert_eq!(engine.tokens().len(), N_TOKENS),
                Err(error) => assert!(error.code().starts_with("kv_"), "{error}"),
            }
        }
    }
}
