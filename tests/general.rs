//! The general scorer through the project's own engine: what it reads and says is what PyTorch
//! reads and says, features included.

use nearside::dialogue::{Message, Role};
use nearside::engine::{FileSource, ReadAt};
use nearside::routing::{Confidence, Scorer};
use serde::Deserialize;

const FILE: &str = "models/general.gguf";
const MOST_BYTES: u64 = 15 << 20;
/// PyTorch keeps activations in f32; the engine rounds them to 8 bits before a Q8_0 product.
const TOLERANCE: f64 = 0.03;

#[derive(Deserialize)]
struct Golden {
    device: String,
    edge: String,
    looks: Vec<Look>,
}

/// A first look while `answer` is empty, a second look otherwise.
#[derive(Deserialize)]
struct Look {
    turn: String,
    answer: String,
    ids: Vec<u32>,
    types: Vec<u32>,
    /// The logit for any pair of models, and for the one that is named.
    any: f64,
    pair: f64,
}

fn golden() -> Golden {
    let text = std::fs::read_to_string("tests/fixtures/general-golden.json").unwrap();
    serde_json::from_str(&text).unwrap()
}

fn scorer() -> Scorer {
    Scorer::load(&FileSource::open(FILE).unwrap()).unwrap()
}

#[test]
fn the_file_is_small() {
    assert!(FileSource::open(FILE).unwrap().size() <= MOST_BYTES);
}

#[test]
fn it_reads_and_says_what_pytorch_does() {
    let Golden { device, edge, looks } = golden();
    let (any, pair) = (scorer(), scorer().for_pair(&device, &edge).unwrap());
    for look in &looks {
        let messages = [Message::new(Role::User, &look.turn)];
        let read = match look.answer.as_str() {
            "" => any.input(&messages),
            answer => any.look_input(&messages, answer),
        };
        assert_eq!(read.unwrap(), (look.ids.clone(), look.types.clone()), "{}", look.turn);
        for (scorer, logit) in [(&any, look.any), (&pair, look.pair)] {
            let p = match look.answer.as_str() {
                "" => scorer.score(&messages).unwrap().p,
                answer => scorer.look(&messages, answer, Confidence::default()).unwrap(),
            };
            let expected = 1.0 / (1.0 + (-logit).exp());
            let close = (p - expected).abs() < TOLERANCE;
            assert!(close, "{p} is not {expected}, of {:?}", look.answer);
        }
    }
}

#[test]
fn a_sum_that_is_wrong_and_an_answer_that_contradicts_itself_raise_the_doubt() {
    let Golden { device, edge, .. } = golden();
    let scorer = scorer().for_pair(&device, &edge).unwrap();
    let messages =
        [Message::new(Role::User, "A pen costs $3 and a book $12. What do 4 of each cost?")];
    let doubt = |answer: &str| scorer.look(&messages, answer, Confidence::default()).unwrap();
    let right = "Pens: 4 * 3 = 12. Books: 4 * 12 = 48. Together 12 + 48 = 60.\nThe answer is 60";
    let said_otherwise = right.replace("is 60", "is 48");
    assert!(doubt(&said_otherwise) > doubt(right));
}
