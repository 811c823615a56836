//! The general scorer on everyday questions and a pair of models that it has learned: what it says of prompts,
//! of answers and of answers that the edge has read is what training says.

use nearside::dialogue::Message;
use nearside::edge::{Place, Reading};
use nearside::engine::FileSource;
use nearside::routing::{Abilities, Ability, Confidence, Route, Scorer, quiz};
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
    next: Vec<serde_json::Value>,
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

/// Of a model that it has not learned it believes what was seen of it, and before that what it assumes.
#[test]
fn a_model_that_it_has_not_learned_is_as_able_as_it_is_believed_to_be() {
    let known = golden();
    let ask = |text: &str| [Message::new(nearside::dialogue::Role::User, text)];
    let messages = ask("What is the capital of Peru?");
    let p = |scorer: &Scorer| scorer.score(&messages).unwrap().p;
    let mut strange = scorer().for_pair("some-device", "some-edge").unwrap();
    assert!(!strange.knows(Route::Device) && !strange.can_look() && !strange.can_read());
    assert!(scorer().for_pair(&known.device, "some-edge").unwrap().knows(Route::Device));
    let assumed = p(&strange);
    let mut beliefs = strange.priors().unwrap();
    for question in quiz::questions() {
        let item = strange.item(&ask(&question.prompt), Route::Device).unwrap().unwrap();
        beliefs.device.observe(&item, 1.0);
    }
    strange.believe(&beliefs);
    assert!(p(&strange) < 0.5 * assumed, "{} {assumed}", p(&strange));
    let of_others = Ability::believed(&[0.0], &[1.0]);
    strange.believe(&Abilities { device: of_others.clone(), edge: of_others });
    assert!(p(&strange) < 0.5 * assumed, "what another scorer believes means nothing here");
}

/// A yes or no counts as much as the edge that says it is able. The edge that was learned was asked, and its words
/// told nothing (docs/routing.md).
#[test]
fn an_able_edge_is_believed_and_the_one_that_was_measured_is_not() {
    let Golden { device, edge, cases } = golden();
    let case = &cases[0];
    let mut messages = case.before.clone();
    messages.push(Message::new(nearside::dialogue::Role::User, &case.prompt));
    let confidence = Some(Confidence::of(&case.logprobs));
    let words = |scorer: &Scorer| scorer.yes_or_no(&messages, &case.answer, confidence).unwrap();
    assert_eq!(words(&scorer().for_pair(&device, &edge).unwrap()), None);
    let mut strange = scorer().for_pair(&device, "some-edge").unwrap();
    let drift = |scorer: &Scorer| {
        let p = scorer.look(&messages, &case.answer, confidence).unwrap();
        let words = words(scorer).unwrap();
        assert!(words.yes < p && p < words.no, "{words:?} around {p}");
        words.drift(p)
    };
    let mut assumed = strange.priors().unwrap();
    let before = drift(&strange);
    let item = strange.item(&messages, Route::Edge).unwrap().unwrap();
    (0..20).for_each(|_| assumed.edge.observe(&item, 1.0));
    strange.believe(&assumed);
    let able = drift(&strange);
    (0..60).for_each(|_| assumed.edge.observe(&item, 0.0));
    strange.believe(&assumed);
    assert!(able > before && drift(&strange) < 0.5 * before, "{before} {able}");
}

/// As `train/everyday/quiz.py` judges them, so does the page.
#[test]
fn the_quiz_is_asked_of_kinds_that_the_scorer_knows() {
    let strange = scorer().for_pair("some-device", "some-edge").unwrap();
    let mut priors = strange.priors().unwrap();
    let right = |abilities: &Abilities, text: &str| {
        let messages = [Message::new(nearside::dialogue::Role::User, text)];
        let item = strange.item(&messages, Route::Device).unwrap().unwrap();
        abilities.device.right(&item)
    };
    let before = right(&priors, "What is 37 + 58?");
    for question in quiz::questions() {
        let messages = [Message::new(nearside::dialogue::Role::User, &question.prompt)];
        let item = strange.item(&messages, Route::Device).unwrap().unwrap();
        assert_eq!(item.asks.len(), priors.device.n_dimensions());
        assert!((item.asks[1..].iter().sum::<f64>() - 1.0).abs() < 1e-3);
        priors.device.observe(&item, 0.0);
    }
    assert!(right(&priors, "What is 37 + 58?") < before);
}
