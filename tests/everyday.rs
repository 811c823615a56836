//! The general scorer on everyday questions and a pair of models that it has learned: what it says of prompts,
//! of answers and of answers that the edge has read is what training says.

use nearside::dialogue::Message;
use nearside::edge::{Place, Reading};
use nearside::engine::FileSource;
use nearside::routing::{Confidence, Scorer};
use serde::Deserialize;

/// The encoder computes in 8 bits and the head is stored in 16.
const TOLERANCE: f64 = 0.04;

#[derive(Deserialize)]
struct Golden {
    device: String,
    edge: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    before: Vec<Message>,
    prompt: String,
    answer: String,
    logprobs: Vec<f32>,
    reading: Recorded,
    of_prompt: f64,
    of_answer: f64,
    of_reading: f64,
}

#[derive(Deserialize)]
struct Recorded {
    places: Vec<(f32, f32, u32)>,
    /// What the edge would go on with.
    next: Vec<(f32, Option<f32>)>,
}

fn golden() -> Golden {
    let text = std::fs::read_to_string("tests/fixtures/everyday-golden.json").unwrap();
    serde_json::from_str(&text).unwrap()
}

fn scorer() -> Scorer {
    Scorer::load(&FileSource::open("models/general.gguf").unwrap()).unwrap()
}

#[test]
fn it_says_what_training_says() {
    let Golden { device, edge, cases } = golden();
    let scorer = scorer().for_pair(&device, &edge).unwrap();
    assert!(scorer.knows_pair() && scorer.can_look() && scorer.can_read());
    assert!(cases.len() >= 8);
    for case in cases {
        let mut messages = case.before;
        messages.push(Message::new(nearside::dialogue::Role::User, &case.prompt));
        let confidence = Some(Confidence::of(&case.logprobs));
        let places = case.reading.places.iter();
        let places = places.map(|&(logprob, best, rank)| Place { logprob, best, rank });
        let reading = Reading {
            places: places.collect(),
            ends: Some(case.reading.next.is_empty()),
            prompt_tokens: None,
            cached_tokens: None,
        };
        let found = [
            scorer.score(&messages).unwrap().p,
            scorer.look(&messages, &case.answer, confidence).unwrap(),
            scorer.read(&messages, &case.answer, confidence, &reading).unwrap(),
        ];
        for (found, expected) in found.iter().zip([case.of_prompt, case.of_answer, case.of_reading])
        {
            assert!(
                (found - expected).abs() < TOLERANCE,
                "{found} is not {expected}: {}",
                case.prompt
            );
        }
    }
}

#[test]
fn a_pair_that_it_has_not_learned_gets_the_rows_for_any() {
    let known = golden();
    let strange = scorer().for_pair(&known.device, "some-other-model").unwrap();
    assert!(!strange.knows_pair() && !strange.can_read());
    let messages = [Message::new(nearside::dialogue::Role::User, "What is the capital of Peru?")];
    let p = |scorer: &Scorer| scorer.score(&messages).unwrap().p;
    assert_eq!(p(&strange), p(&scorer()));
    assert_ne!(p(&strange), p(&scorer().for_pair(&known.device, &known.edge).unwrap()));
}
