//! WordPiece, as in BERT: lowercased words, cut greedily into the longest known pieces.

use tokenizers::{
    Tokenizer as Plain, models::wordpiece::WordPiece, normalizers::BertNormalizer,
    pre_tokenizers::bert::BertPreTokenizer,
};

use super::{Kind, Vocabulary, invalid};
use crate::{Result, engine::gguf::Metadata};

/// GGUF marks the first piece of a word with this and leaves the later ones bare; BERT's own
/// vocabulary does the opposite, with `##` before later pieces.
const WORD_START: char = '▁';
const CONTINUES: &str = "##";

pub fn build(metadata: &Metadata, vocabulary: &Vocabulary) -> Result<Plain> {
    let unknown = vocabulary.named(metadata, "unknown").unwrap_or("[UNK]");
    if !vocabulary.tokens.iter().any(|text| text == unknown) {
        return Err(invalid(format!("the unknown token `{unknown}` is missing")));
    }
    let vocab = vocabulary.iter().filter_map(|(id, text, kind)| match kind {
        _ if text == unknown => Some((text.to_owned(), id)),
        Kind::Control | Kind::UserDefined => None,
        _ => Some((in_bert_notation(text), id)),
    });
    let words = WordPiece::builder()
        .vocab(vocab.collect::<tokenizers::models::bpe::Vocab>())
        .unk_token(unknown.to_owned())
        .build()
        .map_err(|error| invalid(error.to_string()))?;
    let mut plain = Plain::new(words);
    plain
        .with_normalizer(Some(BertNormalizer::new(true, true, Some(true), true)))
        .map_err(|error| invalid(error.to_string()))?;
    plain.with_pre_tokenizer(Some(BertPreTokenizer));
    Ok(plain)
}

fn in_bert_notation(text: &str) -> String {
    let bracketed = text.len() > 2 && text.starts_with('[') && text.ends_with(']');
    match text.strip_prefix(WORD_START) {
        Some(word) => word.to_owned(),
        None if bracketed => text.to_owned(),
        None => format!("{CONTINUES}{text}"),
    }
}

/// A later piece of a word as it is, a first piece with a space before it.
pub fn bytes(piece: &str) -> Vec<u8> {
    match piece.strip_prefix(CONTINUES) {
        Some(rest) => rest.as_bytes().to_vec(),
        None => format!(" {piece}").into_bytes(),
    }
}
