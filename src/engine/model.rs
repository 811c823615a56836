//! A language model as loaded from a GGUF file: weights, tokenizer and chat template.

use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    architecture,
    decoder::Decoder,
    gguf::{Gguf, Metadata, Value},
    hyperparameters::Hyperparameters,
    kernels::Kernels,
    kv_state::{KvIdentity, KvShape},
    sampler::SamplingOptions,
    source::ReadAt,
    weights::Weights,
};
use crate::{
    Error, Result,
    dialogue::{ChatTemplate, Tokenizer},
    error::ErrorReport,
};

/// A model's weights and what belongs to them. Immutable; dialogues share it behind an `Arc`.
pub struct Model {
    info: ModelInfo,
    tokenizer: Tokenizer,
    template: ChatTemplate,
    /// See [`vocabulary_digest`].
    vocabulary: String,
    pub(super) decoder: Decoder,
    pub(super) kernels: Arc<Kernels>,
}

/// What a model file says about itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelInfo {
    pub name: String,
    pub architecture: String,
    pub n_layers: usize,
    pub n_embd: usize,
    pub n_vocab: usize,
    pub n_ctx: usize,
    pub n_params: u64,
    pub weight_bytes: u64,
    /// Keys and values in half floats, as the engine holds them.
    pub kv_bytes_per_token: u64,
    /// Tells these weights from others; see [`Gguf::identity`].
    pub digest: String,
    /// How its publisher would have tokens drawn, as far as the file says so.
    pub sampling: SamplingOptions,
    /// What a person should know before they trust its answers.
    pub warnings: Vec<ErrorReport>,
}

impl Model {
    /// Reads a file of one of the families in `architecture.rs`, tensor by tensor.
    pub fn load(source: &dyn ReadAt) -> Result<Model> {
        Model::load_with(source, Arc::default())
    }

    /// As `load`, to compute with `kernels`.
    pub fn load_with(source: &dyn ReadAt, kernels: Arc<Kernels>) -> Result<Model> {
        let mut gguf = Gguf::read(source)?;
        let arch = architecture(&gguf.metadata, &architecture::NAMES)?;
        let tokenizer = Tokenizer::from_gguf(&gguf.metadata)?;
        let template = ChatTemplate::from_gguf(&gguf.metadata, &tokenizer)?;
        let vocabulary = vocabulary_digest(&gguf.metadata);
        // The vocabulary lives in the tokenizer now; its copy would count against the load's peak.
        gguf.metadata.forget("tokenizer.");
        let weights = Weights::new(source, &gguf);
        let decoder = Decoder::load(&gguf.metadata, &weights, &arch, tokenizer.n_vocab())?;
        let sizes = decoder.sizes();
        let kv_elements = 2 * sizes.n_layers * sizes.n_kv_heads * sizes.head_dim;
        let info = ModelInfo {
            kv_bytes_per_token: (kv_elements * size_of::<half::f16>()) as u64,
            warnings: template
                .is_plain()
                .then(|| Error::NoChatTemplate.report())
                .into_iter()
                .collect(),
            ..ModelInfo::read(&gguf, source, arch, sizes, tokenizer.n_vocab())?
        };
        Ok(Model { info, tokenizer, template, vocabulary, decoder, kernels })
    }

    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    pub fn template(&self) -> &ChatTemplate {
        &self.template
    }

    /// Whose keys and values its engines with a context of `n_ctx` hold. Keys that LongRoPE turned
    /// for a long context are not those of a short one.
    pub fn kv_identity(&self, n_ctx: usize) -> KvIdentity {
        let sizes = self.decoder.sizes();
        let long = if self.decoder.turns_for_long(n_ctx) { "-long" } else { "" };
        KvIdentity {
            model: format!("{}{long}", self.info.digest),
            vocabulary: self.vocabulary.clone(),
            shape: KvShape {
                n_layers: sizes.n_layers,
                n_kv_heads: sizes.n_kv_heads,
                head_dim: sizes.head_dim,
            },
        }
    }
}

impl ModelInfo {
    pub(super) fn read(
        gguf: &Gguf,
        source: &dyn ReadAt,
        architecture: String,
        sizes: &Hyperparameters,
        n_vocab: usize,
    ) -> Result<ModelInfo> {
        let tensors = gguf.tensors.values();
        Ok(ModelInfo {
            name: gguf.metadata.str("general.name").unwrap_or("unnamed").to_owned(),
            architecture,
            n_layers: sizes.n_layers,
            n_embd: sizes.n_embd,
            n_vocab,
            n_ctx: sizes.n_ctx,
            n_params: tensors.clone().map(|info| info.n_elements() as u64).sum(),
            weight_bytes: tensors.map(|info| info.n_bytes as u64).sum(),
            kv_bytes_per_token: 0,
            digest: gguf.identity(source)?,
            sampling: SamplingOptions::of_file(&gguf.metadata),
            warnings: Vec::new(),
        })
    }
}

/// A SHA-256 over what gives token ids their meaning: the file's `tokenizer.*` but the template.
fn vocabulary_digest(metadata: &Metadata) -> String {
    let mut digest = Sha256::new();
    let entries = metadata.iter().filter(|(key, _)| key.starts_with("tokenizer."));
    for (key, value) in entries.filter(|(key, _)| !key.contains("chat_template")) {
        digest.update(format!("\n{key}="));
        match value {
            // A list is too long to be copied into one text, and a length keeps its texts apart.
            Value::Strings(texts) => texts.iter().for_each(|text| {
                digest.update((text.len() as u64).to_le_bytes());
                digest.update(text);
            }),
            Value::Integers(all) => all.iter().for_each(|n| digest.update(n.to_le_bytes())),
            Value::Floats(all) => all.iter().for_each(|x| digest.update(x.to_le_bytes())),
            single => digest.update(format!("{single:?}")),
        }
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file's architecture, if it is one of `supported`.
pub(super) fn architecture(metadata: &Metadata, supported: &[&str]) -> Result<String> {
    match metadata.str("general.architecture") {
        Some(arch) if supported.contains(&arch) => Ok(arch.to_owned()),
        Some(arch) => Err(Error::ModelUnsupported(arch.to_owned())),
        None => Err(Error::ModelCorrupt("`general.architecture` is missing".to_owned())),
    }
}
