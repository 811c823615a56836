//! The scorer's encoder: a post-norm BERT (Devlin et al., arXiv 1810.04805) with a linear head.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    gguf::{Gguf, Metadata},
    hyperparameters::Hyperparameters,
    kernels::{
        Activations, Kernels,
        attention::attend_all,
        rows::{add, gelu, layer_norm},
    },
    matrix::{Linear, Matrix},
    model::{ModelInfo, architecture},
    source::ReadAt,
    weights::Weights,
};
use crate::{Error, Result, dialogue::Tokenizer};

const TYPES: usize = 2;
/// Numbers that say how sure the device's model was.
const N_CONFIDENCE: usize = 2;
const CONFIDENCE: &str = "scorer.confidence.weight";
const FEATURES: &str = "scorer.features.weight";
const SIGNALS: &str = "scorer.signals.weight";
const SIGNAL_MEANS: &str = "scorer.signals.mean";
const KINDS: &str = "scorer.kinds.weight";
const WORDS: &str = "scorer.words.weight";
/// The rows of a head whose file does not name them, as the first version did not.
const UNNAMED_OUTPUTS: [&str; 3] = ["needed", "device_length", "edge_length"];

pub struct Bert {
    info: ModelInfo,
    tokenizer: Tokenizer,
    sizes: Hyperparameters,
    /// (n_vocab, n_embd), (n_ctx, n_embd) and (2, n_embd); a token's embedding is their sum.
    words: Matrix,
    positions: Matrix,
    types: Matrix,
    norm: Norm,
    layers: Vec<Layer>,
    /// (n_outputs, n_embd)
    head: Linear,
    /// (n_outputs, 2)
    confidence: Option<Matrix>,
    /// (n_outputs, n_features)
    features: Option<Matrix>,
    feature_names: Vec<String>,
    /// (n_outputs, n_signals), and what each signal is on average.
    signals: Option<(Matrix, Vec<f32>)>,
    signal_names: Vec<String>,
    /// (n_outputs, n_kinds)
    kinds: Option<Matrix>,
    n_kinds: usize,
    /// The area of each kind, and what is assumed of abilities.
    area_names: Vec<String>,
    assumed_abilities: Vec<f32>,
    /// (2 · n_vocab, n_outputs): a row for each piece of the first text, and of the second.
    piece_weights: Option<Matrix>,
    /// Names of the head's rows, and the scorer's other keys.
    outputs: Vec<String>,
    budgets: Budgets,
    pooling: Pooling,
    kernels: Arc<Kernels>,
}

/// What becomes of the tokens' last states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pooling {
    /// The first token's, [CLS], stands for all.
    First,
    /// Their mean does.
    Mean,
}

impl Pooling {
    /// Files number the kinds as llama.cpp does; those that say nothing mean the first token.
    fn read(metadata: &Metadata) -> Result<Pooling> {
        match metadata.u32("bert.pooling_type") {
            Some(1) => Ok(Pooling::Mean),
            None | Some(2) => Ok(Pooling::First),
            Some(other) => Err(Error::ModelUnsupported(format!("bert with pooling {other}"))),
        }
    }

    /// (n_tokens, n_embd) → (n_embd)
    fn apply(self, mut x: Vec<f32>, n_embd: usize) -> Vec<f32> {
        if self == Pooling::Mean {
            let n_tokens = x.len() / n_embd;
            let (mean, others) = x.split_at_mut(n_embd);
            others.chunks_exact(n_embd).for_each(|row| add(mean, row));
            mean.iter_mut().for_each(|x| *x /= n_tokens as f32);
        }
        x.truncate(n_embd);
        x
    }
}

/// How many word pieces of each text the scorer was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// Of the last user message.
    pub turn: usize,
    /// Of the exchange before it.
    pub digest: usize,
    /// Of the end of an answer that is looked at.
    pub answer: usize,
}

struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    epsilon: f32,
}

struct Layer {
    q: Linear,
    k: Linear,
    v: Linear,
    attn_output: Linear,
    attn_norm: Norm,
    up: Matrix,
    up_bias: Vec<f32>,
    down: Linear,
    norm: Norm,
}

impl Bert {
    pub fn load(source: &dyn ReadAt) -> Result<Bert> {
        Bert::load_with(source, Arc::default())
    }

    /// As `load`, to compute with `kernels`.
    pub fn load_with(source: &dyn ReadAt, kernels: Arc<Kernels>) -> Result<Bert> {
        let mut gguf = Gguf::read(source)?;
        let arch = architecture(&gguf.metadata, &["bert"])?;
        let tokenizer = Tokenizer::from_gguf(&gguf.metadata)?;
        gguf.metadata.forget("tokenizer.");
        let outputs = match gguf.metadata.strings("nearside.scorer.outputs") {
            Some(names) => names.to_vec(),
            None => UNNAMED_OUTPUTS.map(str::to_owned).to_vec(),
        };
        let features = gguf.metadata.strings("nearside.scorer.features");
        let feature_names = features.map(<[String]>::to_vec).unwrap_or_default();
        let n_kinds = gguf.metadata.u32("nearside.scorer.kinds").unwrap_or(0) as usize;
        let areas = gguf.metadata.strings("nearside.scorer.areas");
        let assumed = gguf.metadata.floats("nearside.scorer.abilities");
        let signals = gguf.metadata.strings("nearside.scorer.signals");
        let signal_names = signals.map(<[String]>::to_vec).unwrap_or_default();
        let budget = |name: &str, default: u32| {
            let key = format!("nearside.scorer.{name}_tokens");
            gguf.metadata.u32(&key).unwrap_or(default) as usize
        };
        let budgets = Budgets {
            turn: budget("turn", 64),
            digest: budget("digest", 60),
            answer: budget("answer", 60),
        };
        let weights = Weights::new(source, &gguf);
        let sizes = Hyperparameters::read(&gguf.metadata, &arch)?;
        let (n_embd, n_vocab) = (sizes.n_embd, tokenizer.n_vocab());
        let layers = (0..sizes.n_layers).map(|i| Layer::load(&gguf.metadata, &weights, &sizes, i));
        Ok(Bert {
            words: weights.matrix("token_embd.weight", n_vocab, n_embd)?,
            positions: weights.matrix("position_embd.weight", sizes.n_ctx, n_embd)?,
            types: weights.matrix("token_types.weight", TYPES, n_embd)?,
            norm: Norm::load(&gguf.metadata, &weights, "token_embd_norm", n_embd)?,
            layers: layers.collect::<Result<_>>()?,
            head: weights.linear("scorer.head", outputs.len(), n_embd)?,
            confidence: match weights.has(CONFIDENCE) {
                true => Some(weights.matrix(CONFIDENCE, outputs.len(), N_CONFIDENCE)?),
                false => None,
            },
            features: match feature_names.len() {
                0 => None,
                n_features => Some(weights.matrix(FEATURES, outputs.len(), n_features)?),
            },
            feature_names,
            signals: match signal_names.len() {
                0 => None,
                n => Some((
                    weights.matrix(SIGNALS, outputs.len(), n)?,
                    weights.vector(SIGNAL_MEANS, n)?,
                )),
            },
            signal_names,
            kinds: match n_kinds {
                0 => None,
                _ => Some(weights.matrix(KINDS, outputs.len(), n_kinds)?),
            },
            n_kinds,
            area_names: areas.map(<[String]>::to_vec).unwrap_or_default(),
            assumed_abilities: assumed.map(<[f32]>::to_vec).unwrap_or_default(),
            piece_weights: match weights.has(WORDS) {
                true => Some(weights.matrix(WORDS, TYPES * n_vocab, outputs.len())?),
                false => None,
            },
            outputs,
            budgets,
            pooling: Pooling::read(&gguf.metadata)?,
            info: ModelInfo::read(&gguf, source, arch, &sizes, n_vocab)?,
            tokenizer,
            sizes,
            kernels,
        })
    }

    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    pub fn n_ctx(&self) -> usize {
        self.sizes.n_ctx
    }

    /// What stands for the whole input after the last layer, the state of [CLS] or the mean of all,
    /// as the file says: (n_embd).
    pub fn embed(&self, ids: &[u32], type_ids: &[u32]) -> Result<Vec<f32>> {
        self.check_input(ids, type_ids)?;
        let n_embd = self.sizes.n_embd;
        let mut x = vec![0.0; ids.len() * n_embd]; // (n_tokens, n_embd)
        let mut part = vec![0.0; n_embd];
        for (position, row) in x.chunks_exact_mut(n_embd).enumerate() {
            self.words.read_row(ids[position] as usize, row);
            for (table, id) in
                [(&self.positions, position), (&self.types, type_ids[position] as usize)]
            {
                table.read_row(id, &mut part);
                row.iter_mut().zip(&part).for_each(|(x, part)| *x += part);
            }
        }
        self.norm.apply(&mut x);
        for layer in &self.layers {
            layer.forward(&mut x, &self.sizes, &self.kernels);
        }
        Ok(self.pooling.apply(x, n_embd))
    }

    /// What the head's rows stand for, in their order.
    pub fn outputs(&self) -> &[String] {
        &self.outputs
    }

    /// What the device's doubts in its own tokens, `ln(0.001 − logprob)`, add to output `row`.
    pub fn confidence(&self, row: usize, values: [f32; N_CONFIDENCE]) -> f32 {
        added(self.confidence.as_ref(), row, &values)
    }

    /// What the scorer reads beside that state, in its order; nothing in most files.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// What a feature vector, `feature_names` long, adds to output `row`.
    pub fn features(&self, row: usize, values: &[f32]) -> f32 {
        added(self.features.as_ref(), row, values)
    }

    /// The names of what is known of an answer's tokens, in the order of [`Bert::signals`].
    pub fn signal_names(&self) -> &[String] {
        &self.signal_names
    }

    /// What the signals, `signal_names` long, add to output `row`. One that is not known adds nothing: it is
    /// taken to be what it is on average.
    pub fn signals(&self, row: usize, values: &[Option<f32>]) -> f32 {
        let Some((weights, means)) = &self.signals else { return 0.0 };
        let off: Vec<f32> =
            values.iter().zip(means).map(|(value, mean)| value.map_or(0.0, |x| x - mean)).collect();
        added(Some(weights), row, &off)
    }

    /// How many kinds of questions there are weights for.
    pub fn n_kinds(&self) -> usize {
        self.n_kinds
    }

    /// The area that each kind belongs to, (n_kinds), or nothing; and what is assumed of the abilities of models.
    pub fn area_names(&self) -> &[String] {
        &self.area_names
    }

    pub fn assumed_abilities(&self) -> &[f32] {
        &self.assumed_abilities
    }

    /// What a question adds to output `row` that is of each kind with a probability of `values`, (n_kinds).
    pub fn kinds(&self, row: usize, values: &[f32]) -> f32 {
        added(self.kinds.as_ref(), row, values)
    }

    /// What the pieces alone add to each output, whatever their order: (n_outputs). The wide half of
    /// a wide and deep model (Cheng et al., arXiv 1606.07792). Each text counts as much as any other,
    /// so a piece of one with n different ones counts 1/√n.
    ///
    /// The ids and types must be those of [`Bert::embed`].
    pub fn pieces(&self, ids: &[u32], type_ids: &[u32]) -> Vec<f32> {
        let mut outputs = vec![0.0; self.outputs.len()];
        let Some(weights) = &self.piece_weights else { return outputs };
        let mut of_piece = outputs.clone();
        for text in 0..TYPES {
            let all = ids.iter().zip(type_ids).filter(|(_, type_id)| **type_id as usize == text);
            let different: BTreeSet<u32> = all.map(|(id, _)| *id).collect();
            let share = (different.len() as f32).sqrt().recip();
            for id in different {
                weights.read_row(text * self.tokenizer.n_vocab() + id as usize, &mut of_piece);
                outputs.iter_mut().zip(&of_piece).for_each(|(x, weight)| *x += share * weight);
            }
        }
        outputs
    }

    pub fn budgets(&self) -> Budgets {
        self.budgets
    }

    /// The linear head over what [`Bert::embed`] gives: (n_outputs).
    pub fn head(&self, state: &[f32]) -> Result<Vec<f32>> {
        if state.len() != self.sizes.n_embd {
            let detail = format!("a state of {} instead of {}", state.len(), self.sizes.n_embd);
            return Err(Error::InvalidRequest(detail));
        }
        let mut outputs = vec![0.0; self.outputs.len()];
        self.head.forward(&Activations::new(state, state.len()), &mut outputs, &self.kernels);
        Ok(outputs)
    }

    fn check_input(&self, ids: &[u32], type_ids: &[u32]) -> Result<()> {
        let (n_tokens, n_ctx) = (ids.len(), self.sizes.n_ctx);
        if n_tokens > n_ctx {
            return Err(Error::PromptTooLong { n_tokens, n_ctx });
        }
        let fits = |ids: &[u32], n: usize| ids.iter().all(|&id| (id as usize) < n);
        let valid = fits(ids, self.tokenizer.n_vocab()) && fits(type_ids, TYPES);
        if ids.is_empty() || type_ids.len() != n_tokens || !valid {
            let detail = "the encoder needs ids of its vocabulary and a type 0 or 1 for each";
            return Err(Error::InvalidRequest(detail.to_owned()));
        }
        Ok(())
    }
}

impl Norm {
    fn load(metadata: &Metadata, weights: &Weights, prefix: &str, n_embd: usize) -> Result<Norm> {
        Ok(Norm {
            weight: weights.vector(&format!("{prefix}.weight"), n_embd)?,
            bias: weights.vector(&format!("{prefix}.bias"), n_embd)?,
            epsilon: metadata.f32("bert.attention.layer_norm_epsilon").unwrap_or(1e-12),
        })
    }

    fn apply(&self, x: &mut [f32]) {
        layer_norm(x, &self.weight, &self.bias, self.epsilon);
    }
}

impl Layer {
    fn load(
        metadata: &Metadata,
        weights: &Weights,
        sizes: &Hyperparameters,
        i: usize,
    ) -> Result<Layer> {
        let &Hyperparameters { n_embd, n_ff, .. } = sizes;
        let name = |part: &str| format!("blk.{i}.{part}");
        let norm = |part: &str| Norm::load(metadata, weights, &name(part), n_embd);
        let square = |part: &str| weights.linear(&name(part), n_embd, n_embd);
        Ok(Layer {
            q: square("attn_q")?,
            k: square("attn_k")?,
            v: square("attn_v")?,
            attn_output: square("attn_output")?,
            attn_norm: norm("attn_output_norm")?,
            up: weights.matrix(&name("ffn_up.weight"), n_ff, n_embd)?,
            up_bias: weights.vector(&name("ffn_up.bias"), n_ff)?,
            down: weights.linear(&name("ffn_down"), n_embd, n_ff)?,
            norm: norm("layer_output_norm")?,
        })
    }

    /// (n_tokens, n_embd) → (n_tokens, n_embd), in place
    fn forward(&self, x: &mut [f32], sizes: &Hyperparameters, kernels: &Kernels) {
        let &Hyperparameters { n_embd, n_ff, .. } = sizes;
        let mut added = vec![0.0; x.len()];
        self.attention(x, &mut added, sizes, kernels);
        let mut hidden = vec![0.0; x.len() / n_embd * n_ff];
        let normed = Activations::written(x, n_embd, self.up.operand(), kernels, |token, x| {
            add(x, &added[token * n_embd..]);
            self.attn_norm.apply(x);
        });
        self.up.multiply(&normed, &mut hidden, kernels);
        let operand = self.down.weight.operand();
        let hidden = Activations::written(&mut hidden, n_ff, operand, kernels, |_, row| {
            gelu(kernels.isa(), row, &self.up_bias);
        });
        self.down.forward(&hidden, &mut added, kernels);
        kernels.for_rows(x, n_embd, |token, x| {
            add(x, &added[token * n_embd..]);
            self.norm.apply(x);
        });
    }

    /// Every token sees every token: one sequence, so no padding to leave out.
    fn attention(&self, x: &[f32], into: &mut [f32], sizes: &Hyperparameters, kernels: &Kernels) {
        let &Hyperparameters { n_embd, n_heads, .. } = sizes;
        let x = Activations::new(x, n_embd);
        let project = |linear: &Linear| {
            let mut y = vec![0.0; into.len()];
            linear.forward(&x, &mut y, kernels);
            y
        };
        let (q, k, v) = (project(&self.q), project(&self.k), project(&self.v));
        let mut mixed = vec![0.0; q.len()]; // (n_tokens, n_heads, head_dim)
        attend_all(n_heads, n_embd / n_heads, [&q, &k, &v], &mut mixed, kernels);
        self.attn_output.forward(&Activations::new(&mixed, n_embd), into, kernels);
    }
}

/// A row of a small matrix times a vector; nothing where the file has no such matrix.
fn added(weights: Option<&Matrix>, row: usize, values: &[f32]) -> f32 {
    let mut of_row = vec![0.0; values.len()];
    if let Some(weights) = weights {
        weights.read_row(row, &mut of_row);
    }
    of_row.iter().zip(values).map(|(weight, value)| weight * value).sum()
}
