//! What else a model may tell of its answers, recorded for `train/everyday/told.py`.
//!
//!     cargo run --profile fast --example told -- states MODEL.gguf QUESTIONS.jsonl ANSWERS.jsonl OUT
//!     cargo run --profile fast --example told -- samples MODEL.gguf QUESTIONS.jsonl N OUT
//!
//! `states`: what the model holds of each recorded answer when it reads it again. `OUT.f32` has its states at
//! the end of the prompt, on average over the answer, and at the answer's end: (n, 3, n_embd), the lowest byte
//! of each number first; `OUT.jsonl` a line for each with its id and the milliseconds.
//!
//! `samples`: N beginnings of answers to each question, drawn by chance as one batch after the same prompt,
//! with the milliseconds of reading the prompt and of all that is beyond it.
//!
//! Either goes on where it was: what `OUT.jsonl` has is not done again.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fs::{File, OpenOptions, read_to_string};
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use half::f16;
use nearside::dialogue::{Date, Message, Role};
use nearside::engine::{Engine, FileSource, Model, Sampler, Sampling, StagedKv};
use serde_json::{Value, json};

const N_CTX: usize = 4096;
/// Of a sample.
const N_TOKENS: usize = 24;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, model, questions, with, out] = arguments.as_slice() else {
        return Err("say states or samples, and four more; the file's head tells which".into());
    };
    let model = Arc::new(Model::load(&FileSource::open(model)?)?);
    let lines = format!("{out}.jsonl");
    let known: HashSet<String> =
        rows(&lines).unwrap_or_default().iter().map(|row| text(row, "id")).collect();
    let waiting = rows(questions)?.into_iter().filter(|row| !known.contains(&text(row, "id")));
    match what.as_str() {
        "states" => {
            let answers =
                rows(with)?.iter().map(|row| (text(row, "id"), text(row, "answer"))).collect();
            all_states(
                model,
                waiting,
                &answers,
                appended(&lines)?,
                appended(&format!("{out}.f32"))?,
            )
        }
        "samples" => all_samples(model, waiting, with.parse()?, appended(&lines)?),
        other => Err(format!("neither states nor samples: {other}").into()),
    }
}

fn all_states(
    model: Arc<Model>,
    questions: impl Iterator<Item = Value>,
    answers: &HashMap<String, String>,
    mut lines: File,
    mut states: File,
) -> Result<()> {
    let mut engine = Engine::new(model, N_CTX)?;
    for question in questions {
        let id = text(&question, "id");
        let Some(answer) = answers.get(&id) else { continue };
        let started = Instant::now();
        let prompt = prompt(engine.model(), &question)?;
        let found = states_of(&mut engine, &prompt, answer)?;
        states.write_all(&found.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())?;
        writeln!(lines, "{}", json!({ "id": id, "millis": millis(started) }))?;
    }
    Ok(())
}

/// (3, n_embd)
fn states_of(engine: &mut Engine, prompt: &[u32], answer: &str) -> Result<Vec<f32>> {
    let answer = engine.model().tokenizer().encode_plain(answer)?;
    let n_kept = answer.len() + 1;
    engine.truncate(0);
    let states = engine.states(&[prompt, &answer].concat(), n_kept)?; // (n_kept, n_embd)
    let n_embd = states.len() / n_kept;
    let (before, written) = states.split_at(n_embd);
    let mean = (0..n_embd).map(|i| {
        let column = written.iter().skip(i).step_by(n_embd);
        column.sum::<f32>() / answer.len().max(1) as f32
    });
    let last = &states[states.len() - n_embd..];
    Ok(before.iter().copied().chain(mean).chain(last.iter().copied()).collect())
}

fn all_samples(
    model: Arc<Model>,
    questions: impl Iterator<Item = Value>,
    n: usize,
    mut lines: File,
) -> Result<()> {
    let engines = (0..n).map(|_| Engine::new(Arc::clone(&model), N_CTX));
    let mut engines = engines.collect::<std::result::Result<Vec<_>, _>>()?;
    for question in questions {
        let (prompt, id) = (prompt(&model, &question)?, text(&question, "id"));
        let started = Instant::now();
        engines[0].truncate(0);
        let logits = engines[0].prefill(&prompt)?;
        let (read, started) = (millis(started), Instant::now());
        share(&mut engines, &prompt)?;
        let drawn = draw(&mut engines, &logits)?;
        let drawn: Vec<String> = drawn.iter().map(|ids| model.tokenizer().decode(ids)).collect();
        let row = json!({
            "id": id, "samples": drawn, "read_millis": read, "millis": millis(started)
        });
        writeln!(lines, "{row}")?;
    }
    Ok(())
}

/// All go on from the keys and values that the first has of the prompt.
fn share(engines: &mut [Engine], prompt: &[u32]) -> Result<()> {
    let [first, others @ ..] = engines else { return Ok(()) };
    let identity = first.kv_identity();
    let shape = identity.shape;
    let mut keys = vec![f16::ZERO; prompt.len() * shape.row()];
    let mut values = keys.clone();
    for other in others {
        let mut staged = StagedKv::new(identity.clone(), prompt.to_vec(), 0, N_CTX)?;
        for layer in 0..shape.n_layers {
            first.read_kv(layer, 0..prompt.len(), &mut keys, &mut values);
            staged.write(layer, 0, &keys, &values);
        }
        other.adopt(staged)?;
    }
    Ok(())
}

/// A beginning of an answer from each engine, all of which have read the prompt that `logits` follow.
fn draw(engines: &mut [Engine], logits: &[f32]) -> Result<Vec<Vec<u32>>> {
    let sampling =
        |i| Sampling { temperature: 0.7, top_p: 0.95, seed: 1 + i, ..Sampling::default() };
    let samplers = (0..engines.len() as u64).map(|i| Sampler::new(sampling(i)));
    let mut samplers = samplers.collect::<std::result::Result<Vec<_>, _>>()?;
    let is_end = |model: &Model, token| model.tokenizer().is_end(token);
    let mut drawn = vec![Vec::new(); engines.len()];
    let mut next: Vec<(usize, Vec<f32>)> =
        (0..engines.len()).map(|i| (i, logits.to_vec())).collect();
    for step in 1..=N_TOKENS {
        let mut tokens = HashMap::new();
        for (i, logits) in &mut next {
            let (token, _) = samplers[*i].sample(logits, &[]);
            if !is_end(engines[*i].model(), token) {
                drawn[*i].push(token);
                tokens.insert(*i, token);
            }
        }
        if step == N_TOKENS || tokens.is_empty() {
            break;
        }
        let writing = engines.iter_mut().enumerate();
        let (at, mut writing): (Vec<usize>, Vec<&mut Engine>) =
            writing.filter(|(i, _)| tokens.contains_key(i)).unzip();
        let tokens: Vec<u32> = at.iter().map(|i| tokens[i]).collect();
        let logits = Engine::decode_together(&mut writing, &tokens);
        next = at
            .into_iter()
            .zip(logits.into_iter().collect::<std::result::Result<Vec<_>, _>>()?)
            .collect();
    }
    Ok(drawn)
}

/// The tokens of the dialogue that ends with the question.
fn prompt(model: &Model, question: &Value) -> Result<Vec<u32>> {
    let before = question["before"].as_array().into_iter().flatten();
    let earlier = before.map(|message| {
        let role = match message["role"].as_str() {
            Some("assistant") => Role::Assistant,
            Some("system") => Role::System,
            _ => Role::User,
        };
        Message::new(role, text(message, "content"))
    });
    let asked = Message::new(Role::User, text(question, "prompt"));
    let messages: Vec<Message> = earlier.chain([asked]).collect();
    let rendered = model.template().render(&messages, true, Date::UNKNOWN)?;
    Ok(model.tokenizer().encode(&rendered)?)
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

fn millis(started: Instant) -> u64 {
    started.elapsed().as_millis() as u64
}

fn rows(path: &str) -> Result<Vec<Value>> {
    Ok(read_to_string(path)?
        .lines()
        .map(serde_json::from_str)
        .collect::<std::result::Result<_, _>>()?)
}

fn appended(path: &str) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}
