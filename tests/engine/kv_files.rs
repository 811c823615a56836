//! Keys and values written by one engine and read by another: the dialogue goes on as if nothing
//! had happened.

use nearside::engine::{Engine, PREFILL_CHUNK};
use nearside::handoff::codec::{Bounds, Encoding, Export, Import};
use safetensors::{Dtype, SafeTensors};

use crate::support::{
    distance, engine,
    kv::{exported, finish, greedy, import, imported, sibling},
};

const FAMILIES: [&str; 6] = [
    "tiny-llama.gguf",
    "tiny-qwen2.gguf",
    "tiny-qwen3.gguf",
    "tiny-gemma3.gguf",
    "tiny-smollm3.gguf",
    "tiny-llama3.gguf",
];
const SHIPPED: [&str; 2] = ["../../models/device.gguf", "../../models/edge.gguf"];

fn tokens(n: u32) -> Vec<u32> {
    (0..n).map(|i| 5 + i * 37 % 370).collect()
}

/// Prefills in the chunks that an answer is begun with.
fn prefill(engine: &mut Engine, tokens: &[u32]) {
    for chunk in tokens.chunks(PREFILL_CHUNK) {
        engine.prefill(chunk).unwrap();
    }
}

/// Two turns without a pause, and with a hand-over of the first `n_moved` tokens in between.
fn check_text(name: &str, n_prompt: u32, n_moved: usize) {
    let mut first = engine(name);
    let prompt = tokens(n_prompt);
    greedy(&mut first, &prompt, 20);
    let next_prompt = [first.tokens(), &tokens(20)].concat();

    let file = exported(&first, 0..n_moved, Encoding::F16);
    let mut second = sibling(&first);
    imported(&mut second, &file).unwrap();
    assert_eq!(second.tokens(), &first.tokens()[..n_moved]);

    first.truncate(n_moved);
    let (want, _) = greedy(&mut first, &next_prompt, 40);
    let (got, n_reused) = greedy(&mut second, &next_prompt, 40);
    assert_eq!(got, want, "{name}");
    assert_eq!(n_reused, n_moved);
    assert_eq!(second.tokens(), first.tokens());
}

#[test]
fn text_after_a_hand_over_in_half_floats_is_the_same() {
    for name in FAMILIES {
        check_text(name, 90, 100);
        check_text(name, 150, 33);
    }
    for name in SHIPPED {
        check_text(name, 300, 310);
    }
}

/// The rows themselves are the same, so nothing can differ later.
#[test]
fn half_floats_are_handed_over_exactly() {
    for name in FAMILIES.into_iter().chain(SHIPPED) {
        let mut first = engine(name);
        prefill(&mut first, &tokens(77));
        let file = exported(&first, 0..77, Encoding::F16);
        let mut second = sibling(&first);
        imported(&mut second, &file).unwrap();
        assert_eq!(exported(&second, 0..77, Encoding::F16).len(), file.len());
        assert_eq!(first.decode(9).unwrap(), second.decode(9).unwrap(), "{name}");
    }
}

#[test]
fn eight_bits_stay_near() {
    for name in SHIPPED {
        let mut first = engine(name);
        prefill(&mut first, &tokens(200));
        let file = exported(&first, 0..200, Encoding::Int8);
        let mut second = sibling(&first);
        imported(&mut second, &file).unwrap();
        let (want, got) = (first.decode(9).unwrap(), second.decode(9).unwrap());
        let apart = distance(&want, &got);
        println!("{name}: logits {apart} apart");
        assert!(apart > 0.0 && apart < 0.25, "{name}: {apart}");
    }
}

/// One part is recomputed while the other travels: the rows from `start` on are taken over by an
/// engine that has come to `start` by itself.
#[test]
fn a_range_goes_on_from_what_was_recomputed() {
    for start in [1, 31, 32, 64, 128] {
        let all = tokens(170);
        let mut first = engine("tiny-llama.gguf");
        prefill(&mut first, &all);
        let file = exported(&first, start..170, Encoding::F16);
        let mut second = sibling(&first);
        prefill(&mut second, &all[..start]);
        imported(&mut second, &file).unwrap();
        assert_eq!(second.tokens(), all);
        let apart = distance(&first.decode(9).unwrap(), &second.decode(9).unwrap());
        // The chunks ended elsewhere, which moves the last bits of a row.
        assert!(apart < 1e-3, "{start}: {apart}");
    }
}

/// What a turn adds can rest in a file of its own: one after the other they make the whole.
#[test]
fn a_dialogue_can_rest_in_parts() {
    let all = tokens(170);
    let mut first = engine("tiny-llama.gguf");
    let mut parts = Vec::new();
    for range in [0..70, 70..71, 71..130, 130..170] {
        prefill(&mut first, &all[range.clone()]);
        parts.push(exported(&first, range, Encoding::F16));
    }
    let mut second = sibling(&first);
    for part in &parts {
        imported(&mut second, part).unwrap();
    }
    assert_eq!(second.tokens(), all);
    assert_eq!(first.decode(9).unwrap(), second.decode(9).unwrap());
    // One that is missing is noticed.
    let mut third = sibling(&first);
    imported(&mut third, &parts[0]).unwrap();
    assert_eq!(imported(&mut third, &parts[2]).unwrap_err().code(), "kv_other_tokens");
    assert_eq!(third.tokens(), &all[..70]);
}

/// An engine that has read on in the meantime, or something else, keeps only what is common.
#[test]
fn a_range_replaces_what_lies_behind_it() {
    let mut first = engine("tiny-llama.gguf");
    let all = tokens(120);
    prefill(&mut first, &all);
    let file = exported(&first, 64..120, Encoding::F16);
    let mut second = sibling(&first);
    prefill(&mut second, &[&all[..64], &[9; 70]].concat());
    imported(&mut second, &file).unwrap();
    assert_eq!(second.tokens(), all);
    assert_eq!(first.decode(9).unwrap(), second.decode(9).unwrap());
}

#[test]
fn it_does_not_matter_in_which_pieces_a_file_arrives() {
    let mut first = engine("tiny-qwen3.gguf");
    prefill(&mut first, &tokens(50));
    for encoding in Encoding::ALL {
        let file = exported(&first, 0..50, encoding);
        let mut states = Vec::new();
        for piece_bytes in [1, 7, 1000, file.len()] {
            let mut second = sibling(&first);
            finish(import(&second), &mut second, &file, piece_bytes).unwrap();
            states.push(second.decode(9).unwrap());
        }
        assert!(states.iter().all(|logits| *logits == states[0]));
    }
}

#[test]
fn layers_are_counted_while_they_arrive() {
    let mut first = engine("tiny-llama.gguf");
    prefill(&mut first, &tokens(40));
    let mut export = Export::new(&first, 0..40, Encoding::Int8).unwrap();
    let mut import = import(&first);
    let mut seen = vec![import.layers()];
    while let Some(section) = export.next_section(&first).unwrap() {
        let mut rest = section.as_slice();
        while !rest.is_empty() {
            rest = &rest[import.take(rest).unwrap()..];
        }
        assert_eq!(import.tokens().unwrap(), tokens(40));
        seen.push(import.layers());
    }
    assert_eq!(seen, [None, Some((0, 2)), Some((1, 2)), Some((2, 2))]);
}

/// An engine that goes on holds the same prefix, one that begins anew does not.
#[test]
fn an_export_notices_that_its_engine_has_moved_on() {
    let mut engine = engine("tiny-llama.gguf");
    prefill(&mut engine, &tokens(40));
    let mut export = Export::new(&engine, 0..40, Encoding::F16).unwrap();
    export.next_section(&engine).unwrap().unwrap();
    engine.decode(7).unwrap();
    export.next_section(&engine).unwrap().unwrap();
    engine.truncate(39);
    assert_eq!(export.next_section(&engine).unwrap_err().code(), "kv_other_tokens");
    for positions in [0..0, 0..40, 39..39] {
        let refused = Export::new(&engine, positions, Encoding::F16).err().unwrap();
        assert_eq!(refused.code(), "invalid_request");
    }
}

/// Whatever reads safetensors reads these files.
#[test]
fn a_file_is_a_safetensors_file() {
    let mut first = engine("tiny-llama.gguf");
    prefill(&mut first, &tokens(70));
    let identity = first.kv_identity();
    for (encoding, dtype, n_tensors) in
        [(Encoding::F16, Dtype::F16, 3), (Encoding::Int8, Dtype::I8, 6)]
    {
        let file = exported(&first, 10..70, encoding);
        let opened = SafeTensors::deserialize(&file).unwrap();
        assert_eq!(opened.len(), 2 + 2 * n_tensors);
        let keys = opened.tensor("layers.1.keys").unwrap();
        assert_eq!((keys.dtype(), keys.shape()), (dtype, &[60, 2, 16][..]));
        let stored = opened.tensor("tokens").unwrap();
        let bytes: Vec<u8> = tokens(70).iter().flat_map(|token| token.to_le_bytes()).collect();
        assert_eq!((stored.shape(), stored.data()), (&[70][..], &bytes[..]));
        let (_, metadata) = SafeTensors::read_metadata(&file).unwrap();
        let field = |name: &str| metadata.metadata().as_ref().unwrap()[name].clone();
        assert_eq!(field("version"), "1");
        assert_eq!(field("dtype"), encoding.name());
        assert_eq!(
            [field("model"), field("vocabulary")],
            [identity.model.clone(), identity.vocabulary.clone()]
        );
        assert_eq!([field("start"), field("n_tokens")], ["10", "70"]);
    }
}

/// A smaller context takes no more than it holds, a larger one can grow on.
#[test]
fn contexts_of_other_sizes_take_what_they_hold() {
    let mut first = engine("tiny-llama.gguf");
    prefill(&mut first, &tokens(140));
    let file = exported(&first, 0..140, Encoding::F16);
    let mut small = Engine::new(first.model().clone(), 139).unwrap();
    assert_eq!(imported(&mut small, &file).unwrap_err().code(), "kv_too_large");
    let mut large = Engine::new(first.model().clone(), 200).unwrap();
    // What was staged for another context than the engine's is copied instead of taken over.
    let bounds = Bounds { max_tokens: 150, max_bytes: 1 << 20 };
    finish(Import::new(large.kv_identity(), bounds), &mut large, &file, 999).unwrap();
    for engine in [&mut first, &mut large] {
        prefill(engine, &tokens(60));
        engine.truncate(199);
    }
    assert_eq!(first.decode(9).unwrap(), large.decode(9).unwrap());
}
