//! Text to token ids and back, with the vocabulary that a GGUF file carries.
//!
//! The `tokenizers` crate does the plain text, one file per family: [`byte_level`] BPE,
//! [`sentencepiece`] and [`wordpiece`]. Special tokens never reach it: they are found here, first,
//! and its vocabulary lacks them, so that plain text cannot become one.

mod byte_level;
mod sentencepiece;
mod specials;
mod wordpiece;

pub(super) use self::specials::Special;
use self::{
    byte_level::ByteTable,
    specials::{Fragment, Specials},
};
use crate::{Error, Result, engine::gguf::Metadata};

/// A vocabulary and the rules to split text by.
pub struct Tokenizer {
    family: Family,
    /// For text without special tokens.
    plain: tokenizers::Tokenizer,
    specials: Specials,
    ends: Vec<u32>,
    bos: Option<u32>,
    eos: Option<u32>,
    adds_bos: bool,
    n_vocab: usize,
}

/// How a piece of the vocabulary stands for bytes.
enum Family {
    ByteLevel(Box<ByteTable>),
    SentencePiece { adds_space: bool },
    WordPiece,
}

/// Pieces that end an answer whatever the file's `eos` is; llama.cpp keeps the same list.
const END_PIECES: [&str; 11] = [
    "<|im_end|>",
    "<|end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "<|eot|>",
    "<EOT>",
    "</s>",
    "<eos>",
];

/// Gemma's turn markers, for files that have them as ordinary tokens.
const GEMMA_MARKERS: [&str; 2] = ["<start_of_turn>", "<end_of_turn>"];

impl Tokenizer {
    pub fn from_gguf(metadata: &Metadata) -> Result<Tokenizer> {
        let vocabulary = Vocabulary::read(metadata)?;
        let model = metadata.str("tokenizer.ggml.model");
        let (family, plain, adds_bos) = match model {
            Some("gpt2") => {
                let plain = byte_level::build(metadata, &vocabulary)?;
                let adds_bos = byte_level::adds_bos(metadata);
                (Family::ByteLevel(Box::new(ByteTable::new())), plain, adds_bos)
            }
            Some("llama") => {
                let adds_space = metadata.bool("tokenizer.ggml.add_space_prefix").unwrap_or(true);
                let plain = sentencepiece::build(metadata, &vocabulary, adds_space)?;
                (Family::SentencePiece { adds_space }, plain, true)
            }
            Some("bert") => (Family::WordPiece, wordpiece::build(metadata, &vocabulary)?, false),
            Some(other) => return Err(Error::ModelUnsupported(format!("tokenizer `{other}`"))),
            None => return Err(invalid("`tokenizer.ggml.model` is missing")),
        };
        let id = |key: &str| {
            let id = metadata.u32(&format!("tokenizer.ggml.{key}_token_id"))?;
            (vocabulary.tokens.len() > id as usize).then_some(id)
        };
        // BERT files name the same places [CLS] and [SEP]; `seperator` is the format's spelling.
        let bos = id("bos").or_else(|| id("cls"));
        let eos = id("eos").or_else(|| id("seperator"));
        let named = [eos, id("eot"), id("eom")].into_iter().flatten();
        let specials = vocabulary.specials();
        let mut ends: Vec<u32> = specials.ids_of(&END_PIECES).chain(named).collect();
        ends.sort_unstable();
        ends.dedup();
        Ok(Tokenizer {
            family,
            plain,
            specials,
            ends,
            bos,
            eos,
            adds_bos: metadata.bool("tokenizer.ggml.add_bos_token").unwrap_or(adds_bos),
            n_vocab: vocabulary.tokens.len(),
        })
    }

    /// The ids of `text`, in which special tokens stand for themselves. Begins with BOS if the
    /// file asks for it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let ids = self.encode_fragments(text, usize::MAX, |text, ids| {
            ids.extend(self.encode_plain(text)?);
            Ok(())
        })?;
        Ok(ids.expect("no text has more tokens than there are numbers"))
    }

    /// As `encode`, with `extend` called for what is between special tokens, after these were found.
    /// `None` as soon as there are more than `n_most` ids.
    pub(super) fn encode_fragments(
        &self,
        text: &str,
        n_most: usize,
        mut extend: impl FnMut(&str, &mut Vec<u32>) -> Result<()>,
    ) -> Result<Option<Vec<u32>>> {
        let mut ids = Vec::new();
        if self.adds_bos {
            ids.extend(self.bos);
        }
        for (i, fragment) in self.specials.split(text).into_iter().enumerate() {
            match fragment {
                // A template that writes BOS itself must not double it.
                Fragment::Special(id) if i == 0 && ids == [id] => {}
                Fragment::Special(id) => ids.push(id),
                Fragment::Text(text) => extend(text, &mut ids)?,
            }
            if ids.len() > n_most {
                return Ok(None);
            }
        }
        Ok(Some(ids))
    }

    /// The ids of `text` as nothing but text: no BOS, and no special token whatever it says.
    pub fn encode_plain(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.plain.encode_fast(text, false);
        let encoding = encoding.map_err(|error| invalid(error.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of `ids`, without special tokens and the space that SentencePiece begins with.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut bytes = Vec::new();
        let mut previous = None;
        for &id in ids {
            let piece = self.token_bytes(id);
            let drops_space = self.adds_space_after(previous) && piece.first() == Some(&b' ');
            bytes.extend_from_slice(&piece[usize::from(drops_space)..]);
            previous = Some(id);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The bytes that a token stands for: part of a character, perhaps. Control tokens have none.
    pub fn token_bytes(&self, id: u32) -> Vec<u8> {
        if let Some(special) = self.specials.get(id) {
            let text = if special.control { "" } else { &special.text };
            return text.as_bytes().to_vec();
        }
        let Some(piece) = self.plain.id_to_token(id) else { return Vec::new() };
        match &self.family {
            Family::ByteLevel(table) => table.bytes(&piece),
            Family::SentencePiece { .. } => sentencepiece::bytes(&piece),
            Family::WordPiece => wordpiece::bytes(&piece),
        }
    }

    /// Whether the encoding puts a space before text that follows `previous`, or begins.
    /// Showing text undoes it.
    pub fn adds_space_after(&self, previous: Option<u32>) -> bool {
        let begins = previous.is_none_or(|id| self.specials.get(id).is_some());
        match self.family {
            Family::SentencePiece { adds_space } => adds_space && begins,
            Family::WordPiece => begins,
            Family::ByteLevel(_) => false,
        }
    }

    /// Whether this token ends an answer.
    pub fn is_end(&self, id: u32) -> bool {
        self.ends.binary_search(&id).is_ok()
    }

    pub fn n_vocab(&self) -> usize {
        self.n_vocab
    }

    /// The token that begins a text; [CLS] in a BERT vocabulary.
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// The token that ends a text; [SEP] in a BERT vocabulary.
    pub fn eos(&self) -> Option<u32> {
        self.eos
    }

    /// What a special token looks like in text.
    pub fn special_text(&self, id: u32) -> Option<&str> {
        Some(&self.specials.get(id)?.text)
    }

    pub(super) fn specials(&self) -> &Specials {
        &self.specials
    }
}

/// The vocabulary as the file has it.
struct Vocabulary<'m> {
    tokens: &'m [String],
    kinds: Option<&'m [i64]>,
}

/// `tokenizer.ggml.token_type`
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Byte,
}

impl<'m> Vocabulary<'m> {
    fn read(metadata: &'m Metadata) -> Result<Vocabulary<'m>> {
        let tokens = metadata.strings("tokenizer.ggml.tokens");
        let tokens = tokens.ok_or_else(|| invalid("`tokenizer.ggml.tokens` is missing"))?;
        let kinds = metadata.integers("tokenizer.ggml.token_type");
        if tokens.is_empty() || kinds.is_some_and(|kinds| kinds.len() != tokens.len()) {
            let detail = format!("{} tokens and a different number of types", tokens.len());
            return Err(invalid(detail));
        }
        Ok(Vocabulary { tokens, kinds })
    }

    fn kind(&self, id: usize) -> Kind {
        let kind = match self.kinds.map(|kinds| kinds[id]) {
            Some(2) => Kind::Unknown,
            Some(3) => Kind::Control,
            Some(4) => Kind::UserDefined,
            Some(6) => Kind::Byte,
            _ => Kind::Normal,
        };
        // Some converters mark turn markers as user-defined or normal; llama.cpp mends it too.
        let text = &self.tokens[id];
        let barred = text.starts_with("<|") && text.ends_with("|>") && text.len() > 4;
        let marker = barred || GEMMA_MARKERS.contains(&text.as_str());
        let unmarked = matches!(kind, Kind::Normal | Kind::UserDefined);
        if marker && unmarked { Kind::Control } else { kind }
    }

    fn iter(&self) -> impl Iterator<Item = (u32, &'m str, Kind)> {
        let tokens = self.tokens.iter().enumerate();
        tokens.map(|(id, text)| (id as u32, text.as_str(), self.kind(id)))
    }

    /// The tokens that plain text may become.
    fn plain(&self) -> impl Iterator<Item = (u32, &'m str, Kind)> {
        self.iter().filter(|(_, _, kind)| !matches!(kind, Kind::Control | Kind::UserDefined))
    }

    fn specials(&self) -> Specials {
        let specials = self.iter().filter_map(|(id, text, kind)| match kind {
            Kind::Control => Some(Special { id, text: text.to_owned(), control: true }),
            Kind::UserDefined => Some(Special { id, text: text.to_owned(), control: false }),
            _ => None,
        });
        Specials::new(specials.filter(|special| !special.text.is_empty()).collect())
    }

    /// The text of the token that `key` names.
    fn named(&self, metadata: &Metadata, key: &str) -> Option<&'m str> {
        let id = metadata.u32(&format!("tokenizer.ggml.{key}_token_id"))?;
        self.tokens.get(id as usize).map(String::as_str)
    }
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::TokenizerInvalid(detail.into())
}
