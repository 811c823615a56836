//! Picks the next token from logits: greedy, or by chance within what the request allows.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};

use super::generate::Likely;
use super::gguf::Metadata;
use crate::{Error, Result};

/// How to pick tokens. The default is greedy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// 0 always takes the most probable token.
    pub temperature: f32,
    /// Keep the k most probable tokens; 0 keeps all.
    pub top_k: usize,
    /// Keep the fewest tokens whose probabilities sum to this (Holtzman et al., arXiv 1904.09751).
    pub top_p: f32,
    /// Keep tokens at least this probable relative to the best (Nguyen et al., arXiv 2407.01082).
    pub min_p: f32,
    /// Above 1 makes recent tokens less likely (Keskar et al., arXiv 1909.05858).
    pub repetition_penalty: f32,
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Sampling {
        Sampling {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            seed: 0,
        }
    }
}

impl Sampling {
    pub fn validate(&self) -> Result<()> {
        let check = |name: &str, value: f32, allowed: bool, range: &str| match allowed {
            true => Ok(()),
            false => Err(Error::InvalidRequest(format!("`{name}` is {value}, must be {range}"))),
        };
        let (temperature, penalty) = (self.temperature, self.repetition_penalty);
        check("temperature", temperature, (0.0..=100.0).contains(&temperature), "0 to 100")?;
        check("top_p", self.top_p, self.top_p > 0.0 && self.top_p <= 1.0, "above 0, at most 1")?;
        check("min_p", self.min_p, (0.0..=1.0).contains(&self.min_p), "0 to 1")?;
        let penalty_allowed = penalty > 0.0 && penalty <= 100.0;
        check("repetition_penalty", penalty, penalty_allowed, "above 0, at most 100")
    }
}

/// What somebody says of sampling; what they leave open is for whoever is asked next: the request, the
/// page, the catalogue's entry of the model, its file, and at last [`Sampling::default`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplingOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f32>,
}

impl SamplingOptions {
    /// What a model's file says, in llama.cpp's names: `general.sampling.*`. A value that no sampler
    /// could work with is as good as none.
    pub fn of_file(metadata: &Metadata) -> SamplingOptions {
        let number = |name: &str| metadata.f32(&format!("general.sampling.{name}"));
        let top_k = metadata.u64("general.sampling.top_k");
        let said = SamplingOptions {
            temperature: number("temp"),
            top_k: top_k.and_then(|k| usize::try_from(k).ok()),
            top_p: number("top_p"),
            min_p: number("min_p"),
            repetition_penalty: number("penalty_repeat"),
        };
        if said.validate().is_ok() { said } else { SamplingOptions::default() }
    }

    /// This, and of what it leaves open what the `next` say.
    pub fn or(self, next: SamplingOptions) -> SamplingOptions {
        SamplingOptions {
            temperature: self.temperature.or(next.temperature),
            top_k: self.top_k.or(next.top_k),
            top_p: self.top_p.or(next.top_p),
            min_p: self.min_p.or(next.min_p),
            repetition_penalty: self.repetition_penalty.or(next.repetition_penalty),
        }
    }

    /// With the engine's defaults for what nobody said.
    pub fn with_seed(self, seed: u64) -> Sampling {
        let default = Sampling::default();
        Sampling {
            temperature: self.temperature.unwrap_or(default.temperature),
            top_k: self.top_k.unwrap_or(default.top_k),
            top_p: self.top_p.unwrap_or(default.top_p),
            min_p: self.min_p.unwrap_or(default.min_p),
            repetition_penalty: self.repetition_penalty.unwrap_or(default.repetition_penalty),
            seed,
        }
    }

    pub fn validate(self) -> Result<()> {
        self.with_seed(0).validate()
    }
}

/// A sampler with its own random sequence: the same seed and logits give the same tokens.
pub struct Sampler {
    sampling: Sampling,
    random: Pcg32,
}

/// A token that may still be picked.
#[derive(Clone, Copy)]
struct Candidate {
    id: u32,
    logit: f32,
}

impl Sampler {
    pub fn new(sampling: Sampling) -> Result<Sampler> {
        sampling.validate()?;
        let random = Pcg32::seed_from_u64(sampling.seed);
        Ok(Sampler { sampling, random })
    }

    /// A token and the probability the model itself gives it: before penalty, temperature and
    /// cut-offs, so that it says how sure the model is whatever the request asks for.
    ///
    /// `logits` must be finite and not empty, as the engine's are; the penalty is applied in place.
    pub fn sample(&mut self, logits: &mut [f32], recent: &[u32]) -> (u32, f32) {
        let log_sum = log_sum_exp(logits);
        let model_logits = (self.sampling.repetition_penalty != 1.0).then(|| logits.to_vec());
        self.penalise(logits, recent);
        let id = match self.sampling.temperature {
            0.0 => argmax(logits),
            temperature => self.pick(logits, temperature),
        };
        let logit = model_logits.as_deref().unwrap_or(logits)[id as usize];
        (id, (logit - log_sum).exp().min(1.0))
    }

    fn penalise(&self, logits: &mut [f32], recent: &[u32]) {
        let penalty = self.sampling.repetition_penalty;
        if penalty == 1.0 {
            return;
        }
        let mut seen: Vec<u32> = recent.to_vec();
        seen.sort_unstable();
        seen.dedup();
        for id in seen {
            if let Some(logit) = logits.get_mut(id as usize) {
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
    }

    /// Temperature first, then top-k, min-p and top-p over what is left.
    fn pick(&mut self, logits: &[f32], temperature: f32) -> u32 {
        let best = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let scaled = |logit: f32| (logit - best) / temperature; // at most 0
        let mut candidates: Vec<Candidate> = (0u32..)
            .zip(logits)
            .map(|(id, &logit)| Candidate { id, logit: scaled(logit) })
            .filter(|candidate| candidate.logit.exp() >= self.sampling.min_p)
            .collect();
        let top_k = self.sampling.top_k;
        if top_k > 0 && top_k < candidates.len() {
            candidates.select_nth_unstable_by(top_k - 1, likelier_first);
            candidates.truncate(top_k);
        }
        if self.sampling.top_p < 1.0 {
            keep_top_p(&mut candidates, self.sampling.top_p);
        }
        let total: f32 = candidates.iter().map(|candidate| candidate.logit.exp()).sum();
        let mut left = self.random.random::<f32>() * total;
        for candidate in &candidates {
            left -= candidate.logit.exp();
            if left < 0.0 {
                return candidate.id;
            }
        }
        candidates.last().expect("the best token passes every cut-off").id
    }
}

/// By falling logit, ties by id, so that the order never depends on the sort.
fn likelier_first(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    b.logit.total_cmp(&a.logit).then(a.id.cmp(&b.id))
}

fn keep_top_p(candidates: &mut Vec<Candidate>, top_p: f32) {
    candidates.sort_unstable_by(likelier_first);
    let total: f32 = candidates.iter().map(|candidate| candidate.logit.exp()).sum();
    let mut sum = 0.0;
    let enough = candidates.iter().position(|candidate| {
        sum += candidate.logit.exp();
        sum >= top_p * total
    });
    if let Some(last) = enough {
        candidates.truncate(last + 1);
    }
}

/// The first of the greatest.
fn argmax(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (i, &logit) in logits.iter().enumerate() {
        if logit > logits[best] {
            best = i;
        }
    }
    best as u32
}

/// The `n` likeliest tokens, the likeliest first.
pub fn likeliest(logits: &[f32], n: usize) -> Vec<Likely> {
    let mut found: Vec<Likely> = Vec::with_capacity(n + 1);
    if n == 0 {
        return found;
    }
    let log_sum = log_sum_exp(logits);
    for (token, &logit) in (0u32..).zip(logits) {
        let logprob = logit - log_sum;
        if found.len() == n && logprob <= found[n - 1].logprob {
            continue;
        }
        let at = found.partition_point(|other| other.logprob >= logprob);
        found.insert(at, Likely { token, logprob });
        found.truncate(n);
    }
    found
}

/// The logarithm of the sum of what is divided by, to make probabilities of logits.
pub fn log_sum_exp(logits: &[f32]) -> f32 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    max + logits.iter().map(|logit| (logit - max).exp()).sum::<f32>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [1.0, 3.0, 2.0, -1.0, 0.0]; // best to worst: 1, 2, 0, 4, 3

    /// Which ids appear in 500 draws.
    fn drawn(sampling: Sampling, recent: &[u32]) -> Vec<u32> {
        let mut sampler = Sampler::new(sampling).unwrap();
        let mut ids: Vec<u32> =
            (0..500).map(|_| sampler.sample(&mut LOGITS.clone(), recent).0).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn warm() -> Sampling {
        Sampling { temperature: 1.0, ..Sampling::default() }
    }

    #[test]
    fn cut_offs_keep_the_most_probable() {
        assert_eq!(drawn(Sampling::default(), &[]), [1]);
        assert_eq!(drawn(warm(), &[]), [0, 1, 2, 3, 4]);
        assert_eq!(drawn(Sampling { top_k: 2, ..warm() }, &[]), [1, 2]);
        assert_eq!(drawn(Sampling { top_k: 99, ..warm() }, &[]), [0, 1, 2, 3, 4]);
        // Probabilities: 0.636, 0.234, 0.086, 0.032, 0.012.
        assert_eq!(drawn(Sampling { top_p: 0.5, ..warm() }, &[]), [1]);
        assert_eq!(drawn(Sampling { top_p: 0.8, ..warm() }, &[]), [1, 2]);
        assert_eq!(drawn(Sampling { top_p: 1e-9, ..warm() }, &[]), [1]);
        assert_eq!(drawn(Sampling { min_p: 0.1, ..warm() }, &[]), [0, 1, 2]);
        assert_eq!(drawn(Sampling { min_p: 1.0, ..warm() }, &[]), [1]);
        assert_eq!(drawn(Sampling { temperature: 1e-4, ..warm() }, &[]), [1]);
    }

    #[test]
    fn a_penalty_moves_the_choice_away_from_recent_tokens() {
        let penalised = Sampling { repetition_penalty: 2.0, ..Sampling::default() };
        assert_eq!(drawn(penalised.clone(), &[1]), [2]);
        assert_eq!(drawn(penalised, &[1, 1, 2, 777]), [1], "each recent token counts once");
    }

    #[test]
    fn the_same_seed_gives_the_same_tokens() {
        let tokens = |seed| {
            let mut sampler = Sampler::new(Sampling { seed, ..warm() }).unwrap();
            (0..50).map(|_| sampler.sample(&mut LOGITS.clone(), &[]).0).collect::<Vec<_>>()
        };
        assert_eq!(tokens(7), tokens(7));
        assert_ne!(tokens(7), tokens(8));
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let mut sampler = Sampler::new(warm()).unwrap();
        let n = 20_000;
        let best = (0..n).filter(|_| sampler.sample(&mut LOGITS.clone(), &[]).0 == 1).count();
        assert!((best as f32 / n as f32 - 0.636).abs() < 0.01, "{best}");
    }

    #[test]
    fn the_probability_is_the_models_own() {
        for sampling in [
            Sampling::default(),
            Sampling { temperature: 5.0, top_k: 1, ..Sampling::default() },
            Sampling { repetition_penalty: 1.1, ..Sampling::default() },
        ] {
            let (id, probability) =
                Sampler::new(sampling).unwrap().sample(&mut LOGITS.clone(), &[1]);
            assert_eq!(id, 1);
            assert!((probability - 0.636).abs() < 1e-3, "{probability}");
        }
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        for bad in [
            Sampling { temperature: -1.0, ..warm() },
            Sampling { temperature: f32::NAN, ..warm() },
            Sampling { top_p: 0.0, ..warm() },
            Sampling { top_p: 1.5, ..warm() },
            Sampling { min_p: -0.1, ..warm() },
            Sampling { repetition_penalty: 0.0, ..warm() },
        ] {
            assert_eq!(bad.validate().unwrap_err().code(), "invalid_request", "{bad:?}");
        }
    }
}
