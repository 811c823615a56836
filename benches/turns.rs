//! What a turn costs beside computing, after dialogues of growing length, on either side.
//!
//! `cargo bench --bench turns`; `docs/long-dialogues.md` says what is measured. Fails where a turn after
//! the longest dialogue takes more than 50 ms longer than one after the shortest.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use nearside::config::{Config, EdgeConfig, Mode};
use nearside::dialogue::{Message, Role};
use nearside::engine::{Engine, FileSource, Model, PREFILL_CHUNK};
use nearside::host::sim::{SimEdge, SimHost};
use nearside::routing::Scorer;
use nearside::turn::{Router, TurnRequest};

/// Messages before the turn.
const LENGTHS: [usize; 4] = [10, 100, 1000, 10_000];
const N_WORDS: usize = 120;
const N_TURNS: usize = 8;
const MOST_MORE_MILLIS: f64 = 50.0;
const WORDS: [&str; 12] = [
    "river", "answer", "seven", "because", "moving", "light", "of", "the", "morning", "number",
    "question", "and",
];

/// Who answers, and how the dialogue came here.
#[derive(Clone, Copy, PartialEq)]
enum Case {
    Device,
    /// The first turn after a reload, where the device's keys and values were kept.
    DeviceAfterReload,
    Edge,
    /// While no model is on the device.
    EdgeAlone,
}

const CASES: [(Case, &str); 4] = [
    (Case::Device, "device"),
    (Case::DeviceAfterReload, "device, after a reload"),
    (Case::Edge, "edge"),
    (Case::EdgeAlone, "edge, no model on the device"),
];

fn main() -> ExitCode {
    let model = FileSource::open("models/device.gguf").and_then(|source| Model::load(&source));
    let model = Arc::new(model.unwrap_or_else(|error| panic!("{error}")));
    println!("milliseconds a turn, by messages of {N_WORDS} words before it");
    println!("{:<30}{}", "", LENGTHS.map(|n| format!("{n:>9}")).concat());
    let mut outcome = ExitCode::SUCCESS;
    for (case, name) in CASES {
        let millis = LENGTHS.map(|n_messages| measure(&model, case, n_messages));
        println!("{name:<30}{}", millis.map(|millis| format!("{millis:>9.2}")).concat());
        if millis[LENGTHS.len() - 1] > millis[0] + MOST_MORE_MILLIS {
            outcome = ExitCode::FAILURE;
        }
    }
    outcome
}

/// The median of a few turns, each of which goes on from the one before.
fn measure(model: &Arc<Model>, case: Case, n_messages: usize) -> f64 {
    let host = SimHost::new();
    let mut messages = history(n_messages);
    let mut router = router(model, case, &host);
    turn(&mut router, &host, &mut messages);
    let mut millis: Vec<f64> = (0..N_TURNS)
        .map(|_| {
            if case == Case::DeviceAfterReload {
                let held = router.device().expect("it is there").tokens().to_vec();
                router = self::router(model, case, &host);
                let engine = router.device_mut().expect("it is there");
                engine.prefill_in_chunks(&held, PREFILL_CHUNK).expect("it was held before");
            }
            turn(&mut router, &host, &mut messages)
        })
        .collect();
    millis.sort_by(f64::total_cmp);
    millis[N_TURNS / 2]
}

fn turn(router: &mut Router, host: &SimHost, messages: &mut Vec<Message>) -> f64 {
    host.then(SimEdge::answer("Yes."));
    host.sent.borrow_mut().clear();
    messages.push(Message::new(Role::User, "And then?"));
    let request = TurnRequest { max_tokens: Some(1), ..TurnRequest::new(messages.clone()) };
    let started = Instant::now();
    let report = host.run(router.turn(&request, &host)).unwrap_or_else(|error| panic!("{error}"));
    let millis = started.elapsed().as_secs_f64() * 1e3;
    messages.push(Message::new(Role::Assistant, report.text));
    millis
}

fn router(model: &Arc<Model>, case: Case, host: &SimHost) -> Router {
    let on_device = matches!(case, Case::Device | Case::DeviceAfterReload);
    let base_url = Some("http://edge.test/v1".to_owned());
    let config = Config {
        edge: EdgeConfig { base_url, ..EdgeConfig::default() },
        mode: if on_device { Mode::DeviceOnly } else { Mode::EdgeOnly },
        ..Config::default()
    };
    let mut router = Router::new(config, &host).unwrap_or_else(|error| panic!("{error}"));
    let scorer = FileSource::open("models/scorer.gguf").and_then(|source| Scorer::load(&source));
    router.set_scorer(scorer.unwrap_or_else(|error| panic!("{error}")));
    if case != Case::EdgeAlone {
        let engine = Engine::new(Arc::clone(model), usize::MAX);
        let engine = engine.unwrap_or_else(|error| panic!("{error}"));
        host.run(router.set_device(engine, &host)).unwrap_or_else(|error| panic!("{error}"));
    }
    router
}

fn history(n_messages: usize) -> Vec<Message> {
    let role = |i: usize| if i.is_multiple_of(2) { Role::User } else { Role::Assistant };
    (0..n_messages).map(|i| Message::new(role(i), text(i))).collect()
}

/// Words in an order that differs from message to message.
fn text(seed: usize) -> String {
    let mut state = seed as u64 * 2 + 1;
    let words = (0..N_WORDS).map(|_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        WORDS[(state >> 33) as usize % WORDS.len()]
    });
    words.collect::<Vec<_>>().join(" ")
}
