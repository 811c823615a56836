//! Writes an answer step by step: the prompt in chunks, then one token at a time.
//!
//! There is no loop and no waiting in here: the caller calls `step` until it is done and may yield
//! or give up between any two steps, in a page's worker as in the gateway.

use super::{
    Engine, Sampler, Sampling,
    sampler::{likeliest, log_sum_exp},
};
use crate::{Error, Result, dialogue::TextStream};

/// Tokens of the prompt per step where nothing is known of the device's speed.
pub const PREFILL_CHUNK: usize = 64;
/// Beyond so many a product gains nothing from more.
pub const MOST_PREFILL_CHUNK: usize = 128;
/// Below so many a product does not use the hardware.
const LEAST_PREFILL_CHUNK: usize = 16;
/// A step should not hold the thread for longer, in seconds.
const MOST_STEP_S: f64 = 0.25;

/// Tokens of the prompt per step on a device that prefills so many per second: enough to use the
/// hardware, few enough to stop soon.
pub fn prefill_chunk(prefill_tps: f64) -> usize {
    let sizes = std::iter::successors(Some(MOST_PREFILL_CHUNK), |size| Some(size / 2));
    let mut usable = sizes.take_while(|size| *size > LEAST_PREFILL_CHUNK);
    usable.find(|size| *size as f64 <= MOST_STEP_S * prefill_tps).unwrap_or(LEAST_PREFILL_CHUNK)
}

/// How far back the repetition penalty looks.
const PENALTY_WINDOW: usize = 64;

/// Tokens whose logits are held at once where a prompt's probabilities are told: with a vocabulary of
/// 150,000, twenty megabytes.
const READ_CHUNK: usize = 32;

/// Tokens in which a prompt's last few letters are found.
const PROMPT_END: usize = 16;

/// What to write.
#[derive(Debug, Clone)]
pub struct GenerateRequest {
    pub prompt: Vec<u32>,
    pub sampling: Sampling,
    pub max_tokens: usize,
    /// Texts that end the answer; they are not part of it.
    pub stop: Vec<String>,
    /// Tokens of the prompt per step, at least 1.
    pub prefill_chunk: usize,
    /// Of how many of the likeliest tokens the probabilities are told beside each token that is written.
    pub n_alternatives: usize,
    /// From which token of the prompt on, above 0, its probabilities are told too: what the model thinks
    /// of a text that another has written.
    pub read_from: Option<usize>,
}

impl Default for GenerateRequest {
    fn default() -> GenerateRequest {
        GenerateRequest {
            prompt: Vec::new(),
            sampling: Sampling::default(),
            max_tokens: 0,
            stop: Vec::new(),
            prefill_chunk: PREFILL_CHUNK,
            n_alternatives: 0,
            read_from: None,
        }
    }
}

/// A token, and the natural logarithm of the probability that the model gave it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likely {
    pub token: u32,
    pub logprob: f32,
}

/// The token that was written last, and what might have stood there.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub chosen: Likely,
    /// The likeliest tokens, the likeliest first; it may be among them.
    pub alternatives: Vec<Likely>,
}

/// A token of the prompt as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    pub token: Likely,
    /// 1 where it is the likeliest.
    pub rank: usize,
    /// The likeliest tokens in its place, the likeliest first.
    pub alternatives: Vec<Likely>,
}

/// What one step did.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// `done` of the `total` prompt tokens are in the cache, reused ones included.
    Prefilled {
        done: usize,
        total: usize,
    },
    /// One more token, or at the end what was held back. The text is empty while a character or a
    /// stop text may still be completed; tokens are counted by `n_generated`.
    Text(String),
    Done(Finish),
}

/// Why an answer ended, as OpenAI names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Finish {
    /// The model ended its turn, or a stop text appeared.
    Stop,
    /// `max_tokens` or the context's end was reached.
    Length,
}

/// An answer in the making. Every step must get the engine that it was started with.
pub struct Generation {
    request: GenerateRequest,
    sampler: Sampler,
    stream: TextStream,
    n_reused: usize,
    state: State,
    n_generated: usize,
    /// Of each token that was written.
    logprobs: Vec<f32>,
    last: Option<Written>,
    read: Vec<Read>,
    /// The token before the next one, for the space that SentencePiece puts after special tokens.
    previous: u32,
}

enum State {
    Prefilling,
    /// The logits of the next token are known.
    Sampling(Vec<f32>),
    /// A token was shown that the engine has not read yet.
    Pending(u32),
    Finished(Finish),
}

impl Generation {
    /// Keeps what the engine already holds of the prompt and forgets the rest.
    pub fn start(engine: &mut Engine, request: GenerateRequest) -> Result<Generation> {
        let (n_tokens, n_ctx) = (request.prompt.len(), engine.n_ctx());
        let Some(&previous) = request.prompt.last() else {
            return Err(Error::InvalidRequest("the prompt is empty".to_owned()));
        };
        if n_tokens > n_ctx {
            return Err(Error::PromptTooLong { n_tokens, n_ctx });
        }
        if request.stop.iter().any(String::is_empty) {
            return Err(Error::InvalidRequest("a stop text is empty".to_owned()));
        }
        let sampler = Sampler::new(request.sampling.clone())?;
        if request.read_from.is_some_and(|from| from == 0 || from >= n_tokens) {
            let detail = format!("a prompt of {n_tokens} tokens is not read from there on");
            return Err(Error::InvalidRequest(detail));
        }
        let common = engine.tokens().iter().zip(&request.prompt).take_while(|(a, b)| a == b);
        // The last token is evaluated in any case: its logits are what the answer begins with; and the
        // one before a token whose probability is told.
        let n_reused = common.count().min(request.read_from.unwrap_or(n_tokens) - 1);
        engine.truncate(n_reused);
        Ok(Generation {
            stream: text_stream(engine, &request),
            request,
            sampler,
            n_reused,
            state: State::Prefilling,
            n_generated: 0,
            logprobs: Vec::new(),
            last: None,
            read: Vec::new(),
            previous,
        })
    }

    /// How many prompt tokens the engine held already.
    pub fn reused_tokens(&self) -> usize {
        self.n_reused
    }

    /// Tokens written so far, an end-of-turn token not counted.
    pub fn n_generated(&self) -> usize {
        self.n_generated
    }

    /// The natural logarithms of the probabilities that the model gave its own tokens.
    pub fn logprobs(&self) -> &[f32] {
        &self.logprobs
    }

    /// The prompt's tokens from [`GenerateRequest::read_from`] on that were read so far.
    pub fn read(&self) -> &[Read] {
        &self.read
    }

    /// The token that the last step wrote: of every [`Step::Text`] but the last, which may only bring
    /// what was held back.
    pub fn last(&self) -> Option<&Written> {
        self.last.as_ref()
    }

    /// One prefill chunk, or one token. After an error the same step can be taken again.
    pub fn step(&mut self, engine: &mut Engine) -> Result<Step> {
        self.last = None;
        match &mut self.state {
            State::Prefilling => self.prefill(engine),
            State::Finished(finish) => Ok(Step::Done(*finish)),
            State::Sampling(logits) => {
                let logits = std::mem::take(logits);
                self.write(engine, logits)
            }
            State::Pending(token) => {
                let logits = engine.decode(*token)?;
                self.write(engine, logits)
            }
        }
    }

    /// Whether the next step reads one token, so that it can be taken with others'.
    pub fn is_decoding(&self) -> bool {
        matches!(self.state, State::Pending(_))
    }

    /// A step of each, all of which are decoding, with engines of one model. The tokens are read in one
    /// pass, see [`Engine::decode_together`].
    ///
    /// # Panics
    /// Where one is not decoding, or the engines are not all of one model.
    pub fn step_together(steps: &mut [(&mut Generation, &mut Engine)]) -> Vec<Result<Step>> {
        let pending = |generation: &Generation| match generation.state {
            State::Pending(token) => token,
            _ => panic!("a step that is taken with others reads one token"),
        };
        let tokens: Vec<u32> = steps.iter().map(|(generation, _)| pending(generation)).collect();
        let mut engines: Vec<&mut Engine> =
            steps.iter_mut().map(|(_, engine)| &mut **engine).collect();
        let logits = Engine::decode_together(&mut engines, &tokens);
        let write = |((generation, engine), logits): (&mut (&mut Generation, &mut Engine), _)| {
            generation.last = None;
            let logits: Result<Vec<f32>> = logits;
            generation.write(engine, logits?)
        };
        steps.iter_mut().zip(logits).map(write).collect()
    }

    /// Picks the next token from its logits.
    fn write(&mut self, engine: &Engine, mut logits: Vec<f32>) -> Result<Step> {
        let window = engine.tokens().len().saturating_sub(PENALTY_WINDOW);
        let alternatives = likeliest(&logits, self.request.n_alternatives);
        let (token, probability) = self.sampler.sample(&mut logits, &engine.tokens()[window..]);
        let tokenizer = engine.model().tokenizer();
        if tokenizer.is_end(token) {
            return Ok(self.finish(Finish::Stop));
        }
        self.n_generated += 1;
        let logprob = probability.max(f32::MIN_POSITIVE).ln();
        self.logprobs.push(logprob);
        self.last = Some(Written { chosen: Likely { token, logprob }, alternatives });
        let mut bytes = tokenizer.token_bytes(token);
        if tokenizer.adds_space_after(Some(self.previous)) && bytes.first() == Some(&b' ') {
            bytes.remove(0);
        }
        self.previous = token;
        let text = self.stream.push(&bytes);
        if self.stream.stopped() {
            self.state = State::Finished(Finish::Stop);
        } else if self.n_generated >= self.request.max_tokens
            || engine.tokens().len() >= engine.n_ctx()
        {
            self.state = State::Finished(Finish::Length);
            return Ok(Step::Text(text + &self.stream.flush()));
        } else {
            self.state = State::Pending(token);
        }
        Ok(Step::Text(text))
    }

    fn prefill(&mut self, engine: &mut Engine) -> Result<Step> {
        let (done, total) = (engine.tokens().len(), self.request.prompt.len());
        let mut end = total.min(done + self.request.prefill_chunk.max(1));
        // The first token whose logits are kept.
        let kept_from = self.request.read_from.map_or(total, |from| from - 1);
        if end > kept_from {
            end = if done < kept_from { kept_from } else { end.min(done + READ_CHUNK) };
        }
        let tokens = &self.request.prompt[done..end];
        if done >= kept_from {
            let logits = engine.prefill_keeping(tokens, tokens.len())?; // (n_tokens, n_vocab)
            self.take_in(done, logits.chunks_exact(engine.model().info().n_vocab));
            if end == total {
                let last = logits.len() - engine.model().info().n_vocab;
                self.state = State::Sampling(logits[last..].to_vec());
            }
        } else if end == total && self.request.max_tokens > 0 {
            self.state = State::Sampling(engine.prefill(tokens)?);
        } else {
            engine.read(tokens)?;
        }
        if end == total && self.request.max_tokens == 0 {
            self.state = State::Finished(Finish::Length);
        }
        Ok(Step::Prefilled { done: end, total })
    }

    /// Notes what the logits after the prompt's tokens from `first` on say of those that follow them.
    fn take_in<'l>(&mut self, first: usize, logits: impl Iterator<Item = &'l [f32]>) {
        let following = self.request.prompt[first + 1..].iter();
        let n_alternatives = self.request.n_alternatives;
        self.read.extend(following.zip(logits).map(|(&token, logits)| {
            let logit = logits[token as usize];
            Read {
                token: Likely { token, logprob: logit - log_sum_exp(logits) },
                rank: 1 + logits.iter().filter(|&&other| other > logit).count(),
                alternatives: likeliest(logits, n_alternatives),
            }
        }));
    }

    /// Ends the answer; text that was held back comes out first.
    fn finish(&mut self, finish: Finish) -> Step {
        self.state = State::Finished(finish);
        match self.stream.flush() {
            text if text.is_empty() => Step::Done(finish),
            text => Step::Text(text),
        }
    }
}

/// What makes the answer's text: it ends at the caller's stop texts, and at those that the model's
/// own format needs.
fn text_stream(engine: &Engine, request: &GenerateRequest) -> TextStream {
    let (template, tokenizer) = (engine.model().template(), engine.model().tokenizer());
    let own = template.stop_texts().iter().map(|&stop| stop.to_owned());
    let stream = TextStream::new(request.stop.iter().cloned().chain(own).collect());
    let end = &request.prompt[request.prompt.len().saturating_sub(PROMPT_END)..];
    match template.opens_with_space(&tokenizer.decode(end)) {
        true => stream.without_first_spaces(),
        false => stream,
    }
}
