//! SentencePiece BPE, as in Llama 2: spaces are written ▁, and what has no piece goes by bytes.
//!
//! A GGUF file has no merge list for it, only a score per piece. Where two neighbours together are
//! a piece they may be merged, the highest score first; that is a merge list in score order.

use std::collections::HashMap;

use tokenizers::{
    Tokenizer as Plain,
    models::bpe::{BPE, Vocab},
    normalizers::{NormalizerWrapper, Prepend, Replace, Sequence},
};

use super::{Kind, Vocabulary, invalid};
use crate::{Result, engine::gguf::Metadata};

const SPACE: char = '▁';

pub fn build(metadata: &Metadata, vocabulary: &Vocabulary, adds_space: bool) -> Result<Plain> {
    let scores = metadata.floats("tokenizer.ggml.scores");
    let scores = scores.filter(|scores| scores.len() == vocabulary.tokens.len());
    let scores = scores.ok_or_else(|| invalid("a score per token is missing"))?;
    let unknown = vocabulary.named(metadata, "unknown").unwrap_or("<unk>");
    let vocab = vocabulary.iter().filter(|(_, text, kind)| {
        *text == unknown || !matches!(kind, Kind::Control | Kind::UserDefined)
    });
    let mut bpe = BPE::builder()
        .vocab_and_merges(
            vocab.map(|(id, text, _)| (text.to_owned(), id)).collect::<Vocab>(),
            merges(vocabulary, scores),
        )
        .fuse_unk(true)
        .byte_fallback(true);
    if vocabulary.tokens.iter().any(|text| text == unknown) {
        bpe = bpe.unk_token(unknown.to_owned());
    }
    let bpe = bpe.build().map_err(|error| invalid(error.to_string()))?;

    let space = SPACE.to_string();
    let replace = Replace::new(" ", space.clone()).map_err(|error| invalid(error.to_string()))?;
    let mut steps = vec![NormalizerWrapper::Replace(replace)];
    if adds_space {
        steps.insert(0, NormalizerWrapper::Prepend(Prepend::new(space)));
    }
    let mut plain = Plain::new(bpe);
    plain
        .with_normalizer(Some(Sequence::new(steps)))
        .map_err(|error| invalid(error.to_string()))?;
    Ok(plain)
}

/// Every way to put a piece together from two others, the best piece first.
fn merges(vocabulary: &Vocabulary, scores: &[f32]) -> Vec<(String, String)> {
    let pieces: HashMap<&str, u32> = vocabulary
        .plain()
        .filter(|(_, _, kind)| *kind == Kind::Normal)
        .map(|(id, text, _)| (text, id))
        .collect();
    let mut by_score: Vec<(&str, u32)> = pieces.iter().map(|(&text, &id)| (text, id)).collect();
    by_score.sort_unstable_by(|(_, a), (_, b)| {
        scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b))
    });
    let mut merges = Vec::new();
    for (text, _) in by_score {
        for (at, _) in text.char_indices().skip(1) {
            let (left, right) = text.split_at(at);
            if pieces.contains_key(left) && pieces.contains_key(right) {
                merges.push((left.to_owned(), right.to_owned()));
            }
        }
    }
    merges
}

/// `<0x0A>` is a byte; everything else is text in which ▁ is a space.
pub fn bytes(piece: &str) -> Vec<u8> {
    let hex = piece.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
    match hex.filter(|hex| hex.len() == 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
        Some(byte) => vec![byte],
        None => piece.replace(SPACE, " ").into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_bytes_or_text() {
        assert_eq!(bytes("<0x0A>"), b"\n");
        assert_eq!(bytes("<0xE2>"), [0xE2]);
        assert_eq!(bytes("▁a▁b"), b" a b");
    }
}
