//! What 8 bits for keys and values cost: perplexity after a hand-over beside perplexity without.
//!
//! The shipped models read the dialogues of models/eval-questions.jsonl; before each answer that
//! stands there, all keys and values so far go into a file of 8 bits and come back, and the answer
//! is scored. `NEARSIDE_REFERENCE=DIR cargo test --test kv_precision -- --nocapture` does the same
//! for a model of TinyStories that is not part of the project, over stories of its own.

mod support;

use std::sync::Arc;

use nearside::dialogue::{Date, Message, Role, prompt_tokens};
use nearside::engine::{Engine, Model, PREFILL_CHUNK, Sampler, Sampling};
use nearside::handoff::codec::Encoding;
use serde::Deserialize;

use self::support::{
    argmax, engine,
    kv::{exported, imported, sibling},
    llama2c,
};

/// Stated in docs/protocol.md.
const MAX_CHANGE: f64 = 0.005;

#[derive(Deserialize)]
struct Line {
    messages: Vec<Message>,
}

/// What is read, and what is then scored.
struct Passage {
    read: Vec<u32>,
    scored: Vec<u32>,
}

/// Of the tokens scored, with the cache as computed and after a hand-over.
#[derive(Default)]
struct Loss {
    n_tokens: usize,
    exact: f64,
    moved: f64,
    n_same_choice: usize,
}

impl Loss {
    fn add(&mut self, engine: &mut Engine, passage: &Passage) {
        engine.truncate(0);
        for chunk in passage.read.chunks(PREFILL_CHUNK) {
            engine.prefill(chunk).unwrap();
        }
        let file = exported(engine, 0..passage.read.len(), Encoding::Int8);
        let mut moved = sibling(engine);
        imported(&mut moved, &file).unwrap();
        // The first token's logits come from what was read last, which is read again.
        let mut previous = *passage.read.last().unwrap();
        for engine in [&mut *engine, &mut moved] {
            engine.truncate(passage.read.len() - 1);
        }
        for &token in &passage.scored {
            let (exact, changed) =
                (engine.decode(previous).unwrap(), moved.decode(previous).unwrap());
            self.exact -= log_probability(&exact, token);
            self.moved -= log_probability(&changed, token);
            self.n_same_choice += usize::from(argmax(&exact) == argmax(&changed));
            self.n_tokens += 1;
            previous = token;
        }
    }

    /// The relative change of perplexity.
    fn report(&self, name: &str) -> f64 {
        let perplexity = |sum: f64| (sum / self.n_tokens as f64).exp();
        let (exact, moved) = (perplexity(self.exact), perplexity(self.moved));
        let change = moved / exact - 1.0;
        println!(
            "{name}: perplexity {exact:.5}, after 8 bits {moved:.5} ({:+.4} %), the likeliest token \
             the same for {:.2} % of {}",
            100.0 * change,
            100.0 * self.n_same_choice as f64 / self.n_tokens as f64,
            self.n_tokens
        );
        change
    }
}

fn log_probability(logits: &[f32], token: u32) -> f64 {
    let most = f64::from(logits.iter().copied().fold(f32::MIN, f32::max));
    let sum: f64 = logits.iter().map(|&logit| (f64::from(logit) - most).exp()).sum();
    f64::from(logits[token as usize]) - most - sum.ln()
}

/// Each answer of a dialogue, after all that stands before it.
fn answers(engine: &Engine, messages: &[Message]) -> Vec<Passage> {
    let (tokenizer, template) = (engine.model().tokenizer(), engine.model().template());
    let tokens = |n, opens| {
        prompt_tokens(tokenizer, template, &messages[..n], opens, Date::UNKNOWN).unwrap()
    };
    let answers = (0..messages.len()).filter(|&i| messages[i].role == Role::Assistant);
    let passages = answers.map(|i| {
        let read = tokens(i, true);
        let scored = tokens(i + 1, false).split_off(read.len());
        Passage { read, scored }
    });
    passages.filter(|passage| !passage.scored.is_empty()).collect()
}

#[test]
fn eight_bits_hardly_change_perplexity() {
    let text = std::fs::read_to_string("models/eval-questions.jsonl").unwrap();
    let lines: Vec<Line> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for name in ["device", "edge"] {
        let mut engine = engine(&format!("../../models/{name}.gguf"));
        let mut loss = Loss::default();
        for line in &lines {
            for passage in answers(&engine, &line.messages) {
                loss.add(&mut engine, &passage);
            }
        }
        assert!(loss.n_tokens > 3000, "{}", loss.n_tokens);
        let change = loss.report(name);
        assert!(change.abs() <= MAX_CHANGE, "{name}: {change}");
    }
}

#[test]
fn eight_bits_hardly_change_a_story() {
    let Some(folder) = std::env::var_os("NEARSIDE_REFERENCE").map(std::path::PathBuf::from) else {
        println!("NEARSIDE_REFERENCE is not set: only the project's own models are measured");
        return;
    };
    let folder = folder.join("models/stories260K");
    let file = llama2c::to_gguf(&folder.join("stories260K.bin"), &folder.join("tok512.bin"));
    let model = Arc::new(Model::load(&file).unwrap());
    let bos = model.tokenizer().bos().unwrap();
    let mut engine = Engine::new(model, usize::MAX).unwrap();
    let mut loss = Loss::default();
    for seed in 0..40 {
        let sampling = Sampling { temperature: 1.0, seed, ..Sampling::default() };
        let mut sampler = Sampler::new(sampling).unwrap();
        engine.truncate(0);
        let mut story = vec![bos];
        while story.len() < engine.n_ctx().min(400) {
            let mut logits = engine.decode(*story.last().unwrap()).unwrap();
            story.push(sampler.sample(&mut logits, &[]).0);
        }
        let scored = story.split_off(story.len() / 2);
        loss.add(&mut engine, &Passage { read: story, scored });
    }
    assert!(loss.report("stories260K").abs() <= MAX_CHANGE);
}
