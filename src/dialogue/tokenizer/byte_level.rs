//! Byte-level BPE, as in GPT-2: each byte is written as a printable character, then merged.

use tokenizers::{
    Tokenizer as Plain,
    models::bpe::BPE,
    pre_tokenizers::{
        PreTokenizerWrapper,
        byte_level::ByteLevel,
        digits::Digits,
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
    tokenizer::SplitDelimiterBehavior::Isolated,
};

use super::{Vocabulary, invalid};
use crate::{Error, Result, engine::gguf::Metadata};

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const BLOOM: &str = r" ?[^(\s|.,!?…。，、।۔،)]+";

/// Letters of alphabets that have cases.
const DEEPSEEK_LETTERS: &str = r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\x{1F7D}ᾀ-ᾴᾶ-ᾼ\x{1FBE}ῂ-ῄῆ-ῌῐ-\x{1FD3}ῖ-\x{1FDB}ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\x{2126}ℨ\x{212A}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+";

/// A way to cut text into words, between which nothing is merged.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// `\p{N}`, without the cost of compiling it.
    EachDigit,
    By(&'static str),
    /// As `By(GPT2)`; only as the last cut. All tokenizers share its compiled pattern.
    Gpt2Words,
}

/// The cuts to make one after the other, by the name in `tokenizer.ggml.pre`; those of llama.cpp's
/// `llama-vocab.cpp`.
fn cuts(pre: &str) -> Option<&'static [Cut]> {
    use Cut::*;
    Some(match pre {
        "gpt-2" | "phi-2" | "olmo" | "mpt" | "jais" | "trillion" | "granite-docling"
        | "jina-es" | "jina-de" | "jina-v2-es" | "jina-v2-de" | "gigachat" | "a.x-4.0"
        | "mellum" | "modern-bert" | "exaone4" => &[Gpt2Words],
        "bloom" | "poro-chat" | "gpt3-finnish" => &[By(BLOOM)],
        "default" => {
            &[By(r"[\p{P}\$\+<=>\^~\|]+"), By(GPT2), By(r"\p{N}+"), By(r"[0-9][0-9][0-9]")]
        }
        "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone" | "minerva-7b"
        | "mellum2" => &[EachDigit, Gpt2Words],
        // SmolLM3's files say `smaug-bpe`.
        "llama-bpe" | "llama3" | "llama-v3" | "dbrx" | "smaug-bpe" | "falcon3" | "falcon-h1"
        | "pixtral" | "midm-2.0" | "lfm2" | "glm4" | "chatglm-bpe" => &[By(LLAMA3)],
        "qwen2" | "stablelm2" | "deepseek-r1-qwen" | "kormo" | "f2llmv2" | "megrez" | "hunyuan"
        | "solar-open" | "grok-2" => &[By(QWEN2)],
        "falcon" => &[By(r"[\p{P}\$\+<=>\^~\|`]+"), By(GPT2), By(r"[0-9][0-9][0-9]")],
        "deepseek-llm" => &[
            By("[\r\n]"),
            By(DEEPSEEK_LETTERS),
            By(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"),
            By(r"\s+$"),
            By(r"[一-龥ࠀ-一가-퟿]+"),
            By(r"\p{N}+"),
        ],
        "deepseek-coder" => &[
            By("[\r\n]"),
            By(r"\s?\p{L}+"),
            By(r"\s?\p{P}+"),
            By(r"[一-龥ࠀ-一가-퟿]+"),
            By(r"\p{N}"),
        ],
        "deepseek-v3" | "hunyuan-dense" | "joyai-llm" => &[
            By(r"\p{N}{1,3}"),
            By(r"[一-龥぀-ゟ゠-ヿ]+"),
            By(
                r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##,
            ),
        ],
        "qwen35" => &[By(
            r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        )],
        "seed-coder" => &[By(
            r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+",
        )],
        _ => return None,
    })
}

/// The names of Llama 3's own tokenizer; others that cut as it does differ in the rest.
const LLAMA3_NAMES: [&str; 8] =
    ["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"];

/// Whether a text begins with BOS where the file does not say.
pub fn adds_bos(metadata: &Metadata) -> bool {
    metadata.str("tokenizer.ggml.pre").is_some_and(|pre| LLAMA3_NAMES.contains(&pre))
}

pub fn build(metadata: &Metadata, vocabulary: &Vocabulary) -> Result<Plain> {
    let pre = metadata.str("tokenizer.ggml.pre").unwrap_or("default");
    let unsupported = || Error::ModelUnsupported(format!("pre-tokenizer `{pre}`"));
    let cuts = cuts(pre).ok_or_else(unsupported)?;
    let merges = metadata.strings("tokenizer.ggml.merges");
    let merges = merges.ok_or_else(|| invalid("`tokenizer.ggml.merges` is missing"))?;
    let merges = merges.iter().map(|merge| split_merge(merge)).collect::<Result<_>>()?;
    let vocab = vocabulary.plain().map(|(id, text, _)| (text.to_owned(), id));
    let bpe = BPE::builder()
        .vocab_and_merges(vocab.collect::<tokenizers::models::bpe::Vocab>(), merges)
        .ignore_merges(LLAMA3_NAMES.contains(&pre))
        .build()
        .map_err(|error| invalid(error.to_string()))?;
    let mut plain = Plain::new(bpe);
    plain.with_pre_tokenizer(Some(Sequence::new(steps(cuts)?)));
    Ok(plain)
}

/// The cuts, then each byte as a character.
fn steps(cuts: &[Cut]) -> Result<Vec<PreTokenizerWrapper>> {
    let mut steps = Vec::new();
    for cut in cuts {
        match cut {
            Cut::EachDigit => steps.push(Digits::new(true).into()),
            Cut::By(pattern) => {
                let pattern = SplitPattern::Regex((*pattern).to_owned());
                let split = Split::new(pattern, Isolated, false);
                steps.push(split.map_err(|error| invalid(error.to_string()))?.into());
            }
            Cut::Gpt2Words => {}
        }
    }
    let cuts_words = cuts.last() == Some(&Cut::Gpt2Words);
    steps.push(ByteLevel::new(false, false, cuts_words).into());
    Ok(steps)
}

/// `"a b"` as its two halves; neither is empty, and the first may begin with a space.
fn split_merge(merge: &str) -> Result<(String, String)> {
    let space = merge.bytes().skip(1).position(|byte| byte == b' ');
    let halves = space.map(|at| merge.split_at(at + 1));
    match halves {
        Some((left, right)) if right.len() > 1 => Ok((left.to_owned(), right[1..].to_owned())),
        _ => Err(invalid(format!("the merge `{merge}` is not a pair"))),
    }
}

/// Turns GPT-2's printable characters back into bytes.
pub struct ByteTable(Vec<Option<u8>>);

impl ByteTable {
    /// 256 + the 68 bytes that are not printable themselves.
    const LEN: usize = 324;

    pub fn new() -> ByteTable {
        let mut table = vec![None; Self::LEN];
        let mut n_moved = 0;
        for byte in 0..=u8::MAX {
            let printable = matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
            let character = if printable { usize::from(byte) } else { 256 + n_moved };
            n_moved += usize::from(!printable);
            table[character] = Some(byte);
        }
        ByteTable(table)
    }

    /// Characters outside the table, which only unusual vocabularies have, stand for themselves.
    pub fn bytes(&self, piece: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(piece.len());
        for character in piece.chars() {
            match self.0.get(character as usize) {
                Some(Some(byte)) => bytes.push(*byte),
                _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_byte_table_is_gpt2s() {
        let table = ByteTable::new();
        assert_eq!(table.bytes("Ġhello"), b" hello");
        assert_eq!(table.bytes("ĊÃ©"), "\né".as_bytes());
        assert_eq!(table.bytes("Ń"), [0xAD], "the last of the moved bytes");
        assert_eq!(table.0.iter().flatten().count(), 256);
    }

    #[test]
    fn merges_split_at_the_first_space_inside() {
        assert_eq!(split_merge("a b").unwrap(), ("a".to_owned(), "b".to_owned()));
        assert_eq!(split_merge("Ġ é").unwrap(), ("Ġ".to_owned(), "é".to_owned()));
        assert_eq!(split_merge("  b").unwrap(), (" ".to_owned(), "b".to_owned()));
        for bad in ["", "a", "a ", "é"] {
            assert_eq!(split_merge(bad).unwrap_err().code(), "tokenizer_invalid", "{bad:?}");
        }
    }
}
