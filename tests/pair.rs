//! The shipped models through the project's own engine: the pair answers as its
//! cards say, and the scorer tells which side is needed.

use std::sync::Arc;

use nearside::config::Config;
use nearside::dialogue::{Date, Message, Role, prompt_tokens};
use nearside::engine::{Engine, FileSource, GenerateRequest, Generation, Kernels, Model, Step};
use nearside::routing::{Confidence, Scorer};
use serde::Deserialize;

#[derive(Deserialize)]
struct Question {
    messages: Vec<Message>,
    expect: Expect,
}

/// How a program checks an answer, see models/eval-questions.jsonl.
#[derive(Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "lowercase")]
enum Expect {
    /// The last number in the answer.
    Number(i64),
    /// Its last words, in this order.
    Words(Vec<String>),
    Contains(String),
}

impl Expect {
    fn met_by(&self, answer: &str) -> bool {
        let answer = answer.to_lowercase();
        match self {
            Expect::Number(number) => {
                let mut digits = answer.split(|c: char| !c.is_ascii_digit());
                let last = digits.rfind(|part| !part.is_empty());
                last.and_then(|digits| digits.parse().ok()) == Some(*number)
            }
            Expect::Words(words) => {
                let said: Vec<&str> = answer
                    .split(|c: char| !c.is_ascii_alphabetic())
                    .filter(|part| !part.is_empty())
                    .collect();
                let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
                said.ends_with(&words.iter().map(String::as_str).collect::<Vec<_>>())
            }
            Expect::Contains(text) => answer.contains(&text.to_lowercase()),
        }
    }
}

fn questions() -> Vec<Question> {
    let text = std::fs::read_to_string("models/eval-questions.jsonl").unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a model answers to each question, greedily.
fn answers(path: &str, questions: &[Question]) -> Vec<(String, Confidence)> {
    let model = Arc::new(Model::load(&FileSource::open(path).unwrap()).unwrap());
    let mut engine = Engine::new(model, usize::MAX).unwrap();
    questions.iter().map(|q| answer(&mut engine, &q.messages)).collect()
}

fn answer(engine: &mut Engine, messages: &[Message]) -> (String, Confidence) {
    let model = engine.model().clone();
    let prompt =
        prompt_tokens(model.tokenizer(), model.template(), messages, true, Date::UNKNOWN).unwrap();
    let request = GenerateRequest { prompt, max_tokens: 160, ..GenerateRequest::default() };
    let mut generation = Generation::start(engine, request).unwrap();
    let mut text = String::new();
    loop {
        match generation.step(engine).unwrap() {
            Step::Prefilled { .. } => {}
            Step::Text(piece) => text.push_str(&piece),
            Step::Done(_) => {
                return (text, Confidence::of(generation.logprobs()));
            }
        }
    }
}

/// The probability that a needed case scores above one that is not, ties counted half.
fn auc(scores: &[(f64, bool)]) -> f64 {
    let of = |needed: bool| scores.iter().filter(move |(_, n)| *n == needed).map(|(p, _)| *p);
    let mut wins = 0.0;
    for needed in of(true) {
        for spared in of(false) {
            wins += if needed > spared { 1.0 } else { f64::from(u8::from(needed == spared)) / 2.0 };
        }
    }
    wins / (of(true).count() * of(false).count()) as f64
}

#[test]
fn the_pair_differs_and_the_scorer_knows_where() {
    let questions = questions();
    let drafts = answers("models/device.gguf", &questions);
    let right = |answers: &[(String, Confidence)]| -> Vec<bool> {
        questions.iter().zip(answers).map(|(q, (text, _))| q.expect.met_by(text)).collect()
    };
    let (device, edge) = (right(&drafts), right(&answers("models/edge.gguf", &questions)));
    let scorer = Scorer::load(&FileSource::open("models/scorer.gguf").unwrap()).unwrap();
    let p: Vec<f64> = questions.iter().map(|q| scorer.score(&q.messages).unwrap().p).collect();

    let share = |side: &[bool]| side.iter().filter(|right| **right).count() as f64 / 200.0;
    let needed: Vec<bool> = (0..200).map(|i| !device[i] && edge[i]).collect();
    let auc = auc(&p.iter().copied().zip(needed.iter().copied()).collect::<Vec<_>>());
    let routed = |sent: &[bool]| -> f64 {
        share(&(0..200).map(|i| if sent[i] { edge[i] } else { device[i] }).collect::<Vec<_>>())
    };
    let first: Vec<bool> = p.iter().map(|p| *p > 0.3).collect();
    println!("right: device {:.3}, edge {:.3}; AUC {auc:.3}", share(&device), share(&edge));

    let routing = manifest_routing();
    let at_once = routing.theta + routing.second_look.margin;
    let after_look = routing.second_look.theta.unwrap();
    let doubted = |i: usize| {
        let (text, confidence) = &drafts[i];
        scorer.look(&questions[i].messages, text, *confidence).unwrap() > after_look
    };
    let looked: Vec<bool> = (0..200).map(|i| p[i] > at_once || doubted(i)).collect();
    for (name, sent) in [("first look alone", &first), ("with the second", &looked)] {
        println!("{name}: {:.3} right, {:.3} sent", routed(sent), share(sent));
    }
    assert_eq!(questions.len(), 200);
    assert!((0.45..=0.70).contains(&share(&device)), "device {}", share(&device));
    assert!(share(&edge) >= 0.95, "edge {}", share(&edge));
    assert!(auc >= 0.85, "AUC {auc}");
    assert!(routed(&first) >= 0.90 && share(&first) <= 0.55);
    assert!(routed(&looked) >= 0.98 * share(&edge), "{}", routed(&looked));
    assert!(share(&looked) <= 1.3 * share(&needed), "{} of {}", share(&looked), share(&needed));
}

/// The thresholds that the models come with.
fn manifest_routing() -> Config {
    let text = std::fs::read_to_string("models/manifest.json").unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(manifest["routing"].take()).unwrap()
}

#[derive(Deserialize)]
struct GoldenScore {
    messages: Vec<Message>,
    ids: Vec<u32>,
    types: Vec<u32>,
    /// Logit, ln(1 + tokens) of the device's and the edge's answer, and the look's logit.
    outputs: [f64; 4],
}

/// PyTorch keeps activations in f32; candle rounds them to 8 bits before a Q8_0 product.
#[test]
fn the_scorer_reads_and_says_what_pytorch_does() {
    let text = std::fs::read_to_string("tests/fixtures/scorer-golden.json").unwrap();
    let golden: Vec<GoldenScore> = serde_json::from_str(&text).unwrap();
    let scorer = Scorer::load(&FileSource::open("models/scorer.gguf").unwrap()).unwrap();
    for case in golden {
        assert!(case.messages.iter().any(|message| message.role == Role::User));
        assert_eq!(scorer.input(&case.messages).unwrap(), (case.ids, case.types));
        let score = scorer.score(&case.messages).unwrap();
        let p = 1.0 / (1.0 + (-case.outputs[0]).exp());
        assert!((score.p - p).abs() < 0.03, "{} is not {p}", score.p);
        for (tokens, length) in
            [(score.device_tokens, case.outputs[1]), (score.edge_tokens, case.outputs[2])]
        {
            assert!((tokens.ln_1p() - length).abs() < 0.1, "{tokens} is not exp({length}) - 1");
        }
    }
}

#[derive(Deserialize)]
struct GoldenLook {
    messages: Vec<Message>,
    answer: String,
    mean_logprob: f32,
    least_logprob: f32,
    ids: Vec<u32>,
    types: Vec<u32>,
    outputs: [f64; 4],
}

#[test]
fn the_second_look_reads_and_says_what_pytorch_does() {
    let text = std::fs::read_to_string("tests/fixtures/scorer-golden-looks.json").unwrap();
    let golden: Vec<GoldenLook> = serde_json::from_str(&text).unwrap();
    let scorer = Scorer::load(&FileSource::open("models/scorer.gguf").unwrap()).unwrap();
    assert!(scorer.can_look() && !golden.is_empty());
    for case in golden {
        let GoldenLook { messages, answer, mean_logprob, least_logprob, ids, types, outputs } =
            case;
        assert_eq!(scorer.look_input(&messages, &answer).unwrap(), (ids, types));
        let confidence = Confidence { mean_logprob, least_logprob, ..Confidence::default() };
        let p = scorer.look(&messages, &answer, confidence).unwrap();
        let expected = 1.0 / (1.0 + (-outputs[3]).exp());
        assert!((p - expected).abs() < 0.03, "{p} is not {expected}");
    }
}

/// Enough tokens that those after the prompt are computed on one thread as well as on all.
#[test]
fn threads_change_no_logit() {
    let logits = |kernels| {
        let source = FileSource::open("models/edge.gguf").unwrap();
        let model = Arc::new(Model::load_with(&source, Arc::new(kernels)).unwrap());
        let mut engine = Engine::new(model, usize::MAX).unwrap();
        let prompt: Vec<u32> = (0..100).map(|i| i * 37 % 500).collect();
        let mut rows = vec![engine.prefill(&prompt).unwrap()];
        rows.extend((0..60).map(|i| engine.decode(i * 53 % 500).unwrap()));
        rows
    };
    let alone = logits(Kernels::default());
    for (i, (got, want)) in logits(Kernels::with_threads(3)).iter().zip(&alone).enumerate() {
        assert_eq!(got, want, "after {} tokens", 100 + i);
    }
}
