//! Keys and values that the device fetches from the edge, on a virtual clock: the real engine with
//! tiny weights, and a scripted edge that sends real files, whole or not.

mod support;

use std::sync::Arc;
use std::time::Duration;

use nearside::config::{Config, EdgeConfig, Handoff, Mode};
use nearside::dialogue::{Message, Role};
use nearside::engine::{Engine, Model};
use nearside::handoff::KvOffer;
use nearside::handoff::codec::{Encoding, Export};
use nearside::host::EdgeHints;
use nearside::host::sim::{SimEdge, SimHost};
use nearside::routing::{Rates, Scorer};
use nearside::turn::{FinishReason, Router, TurnReport, TurnRequest};

const N_CTX: usize = 256;
/// So long between pieces, and the device has read the prompt before all are there.
const LATE: Duration = Duration::from_secs(1);

fn model() -> Arc<Model> {
    support::model("tiny-llama.gguf")
}

fn config() -> Config {
    let base_url = Some("http://edge.test/v1".to_owned());
    Config {
        edge: EdgeConfig { base_url, ..EdgeConfig::default() },
        mode: Mode::PreferDevice,
        max_tokens: Some(12),
        handoff: Handoff { dtype: Encoding::F16, ..Handoff::default() },
        ..Config::default()
    }
}

fn request() -> TurnRequest {
    let text = "a long question ".repeat(14);
    TurnRequest::new(vec![Message::new(Role::User, &text)])
}

/// A gateway nearby that holds `digest` and reads prompts in no time; and a slow device.
fn host_offering(digest: &str) -> SimHost {
    let host = SimHost::new();
    // It reads sixteen tokens at a time.
    let slow = Rates { prefill_tps: 60.0, n_observed: 1, ..Rates::DEVICE_PRIOR };
    host.stored.borrow_mut().insert("rates.device".to_owned(), slow.to_json());
    let kv = KvOffer::parse(&format!("1 {digest}"), Some(1e6));
    assert!(kv.is_some());
    host.hints.set(EdgeHints { kv, ..EdgeHints::default() });
    host
}

/// Asks once, with what the edge sends when it is asked for keys and values.
fn ask(host: &SimHost, config: Config, edge: Option<SimEdge>) -> TurnReport {
    let mut router: Router<Engine, Scorer> = Router::new(config, &host).unwrap();
    host.run(router.set_device(Engine::new(model(), N_CTX).unwrap(), &host)).unwrap();
    host.run(router.probe_now(&host));
    host.edge.borrow_mut().extend(edge);
    host.run(router.turn(&request(), &host)).unwrap()
}

fn alone() -> TurnReport {
    let host = &SimHost::new();
    let report = ask(host, config(), None);
    assert!(host.sent.borrow().is_empty());
    report
}

/// What the device asks for: the same each time.
fn wanted() -> serde_json::Value {
    let host = host_offering(&digest());
    ask(&host, config(), Some(SimEdge::Unreachable));
    let sent = host.sent.borrow();
    serde_json::from_str(&sent[0]).unwrap()
}

/// The file with just that.
fn file(encoding: Encoding) -> Vec<u8> {
    let wanted = wanted();
    let tokens: Vec<u32> = serde_json::from_value(wanted["tokens"].clone()).unwrap();
    let start = wanted["start"].as_u64().unwrap() as usize;
    let mut engine = Engine::new(model(), N_CTX).unwrap();
    engine.prefill(&tokens).unwrap();
    let mut export = Export::new(&engine, start..tokens.len(), encoding).unwrap();
    let mut bytes = Vec::new();
    while let Some(section) = export.next_section(&engine).unwrap() {
        bytes.extend(section);
    }
    bytes
}

/// As a network delivers it.
fn pieces(bytes: &[u8]) -> Vec<(Duration, Vec<u8>)> {
    bytes.chunks(1 << 16).map(|piece| (Duration::from_millis(1), piece.to_vec())).collect()
}

fn digest() -> String {
    model().info().digest.clone()
}

#[test]
fn what_is_fetched_is_as_good_as_what_is_computed() {
    let host = &host_offering(&digest());
    let report = ask(host, config(), Some(SimEdge::Stream(pieces(&file(Encoding::F16)))));
    let wanted = alone();
    assert_eq!(report.text, wanted.text);
    assert_eq!(report.fetch_error, None);
    assert_eq!(report.usage.prompt_tokens, wanted.usage.prompt_tokens);
    let sent: serde_json::Value = serde_json::from_str(&host.sent.borrow()[0]).unwrap();
    assert_eq!((&sent["model"], &sent["dtype"]), (&digest().into(), &"f16".into()));
    let n_asked =
        sent["tokens"].as_array().unwrap().len() - sent["start"].as_u64().unwrap() as usize;
    assert_eq!(report.usage.fetched_tokens, n_asked);
    assert!(n_asked > 64, "most of the prompt is fetched, {n_asked} tokens");
}

/// Whatever comes in the place of keys and values, the turn is answered as without them.
#[track_caller]
fn check_failure(edge: SimEdge, code: &str) {
    let report = ask(&host_offering(&digest()), config(), Some(edge));
    assert_eq!(report.fetch_error.as_deref(), Some(code));
    assert_eq!((report.text, report.usage.fetched_tokens), (alone().text, 0), "{code}");
}

#[test]
fn what_does_not_come_is_computed() {
    let whole = file(Encoding::F16);
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    let refusal = |code: &str| format!(r#"{{"error":{{"message":"no","code":"{code}"}}}}"#);
    check_failure(SimEdge::Stream(pieces(&damaged)), "kv_checksum");
    check_failure(SimEdge::Stream(pieces(&whole[..whole.len() / 2])), "kv_truncated");
    check_failure(SimEdge::Broken(pieces(&whole[..whole.len() / 2])), "edge_broke_off");
    check_failure(SimEdge::Stuck(pieces(&whole[..whole.len() / 2])), "edge_timeout");
    let late: Vec<_> = pieces(&whole).into_iter().map(|(_, piece)| (LATE, piece)).collect();
    check_failure(SimEdge::Stream(late), "edge_timeout");
    check_failure(SimEdge::Stream(pieces(b"something else altogether")), "kv_corrupt");
    check_failure(SimEdge::Unreachable, "edge_unreachable");
    check_failure(SimEdge::Status(401, refusal("unauthorized")), "edge_unauthorized");
    check_failure(SimEdge::Status(409, refusal("kv_foreign_model")), "edge_rejected");
}

#[test]
fn an_edge_that_keeps_the_device_waiting_costs_no_time() {
    let ask = |edge: Option<SimEdge>| {
        let digest = if edge.is_some() { digest() } else { "0".repeat(64) };
        ask(&host_offering(&digest), config(), edge).ttft_s.unwrap()
    };
    let stuck = ask(Some(SimEdge::Stuck(Vec::new())));
    // Two steps more: one ends where the fetched part begins, and one where it ends.
    let (computed, step_s) = (ask(None), SimHost::STEP.as_secs_f64());
    assert!(stuck < computed + 2.5 * step_s, "{stuck} and {computed} s");
}

#[test]
fn nothing_is_fetched_where_it_must_not_or_need_not_be() {
    let other_model = "0".repeat(64);
    let slow = KvOffer::parse(&format!("1 {}", digest()), Some(1.0));
    let slow_host = host_offering(&digest());
    slow_host.hints.set(EdgeHints { kv: slow, ..EdgeHints::default() });
    let off = Handoff { enabled: false, ..config().handoff };
    for (host, config) in [
        (host_offering(&other_model), config()),
        (slow_host, config()),
        (host_offering(&digest()), Config { mode: Mode::DeviceOnly, ..config() }),
        (host_offering(&digest()), Config { data_saver: true, ..config() }),
        (host_offering(&digest()), Config { handoff: off, ..config() }),
    ] {
        let report = ask(&host, config, None);
        assert!(host.sent.borrow().is_empty());
        assert_eq!((report.usage.fetched_tokens, report.fetch_error), (0, None));
        assert_eq!(report.text, alone().text);
    }
}

#[test]
fn stopping_a_turn_stops_the_transfer() {
    let host = &host_offering(&digest());
    let mut router: Router<Engine, Scorer> = Router::new(config(), &host).unwrap();
    host.run(router.set_device(Engine::new(model(), N_CTX).unwrap(), &host)).unwrap();
    host.run(router.probe_now(&host));
    host.edge.borrow_mut().push_back(SimEdge::Stuck(pieces(&file(Encoding::F16)[..3000])));
    host.abort_after_events.set(Some(1));
    let outcome = host.run(router.turn(&request(), &host));
    assert_eq!(outcome.unwrap().finish_reason, FinishReason::Abort);
    assert_eq!(host.n_open_streams(), 0);
}

#[test]
fn dialogues_that_alternate_are_not_read_twice() {
    let run = |max_kv_mib: usize| {
        let host = &SimHost::new();
        let handoff = Handoff { max_kv_mib, ..config().handoff };
        let config = Config { mode: Mode::DeviceOnly, handoff, ..config() };
        let mut router: Router<Engine, Scorer> = Router::new(config, &host).unwrap();
        host.run(router.set_device(Engine::new(model(), N_CTX).unwrap(), &host)).unwrap();
        let mut ask = |messages: &[Message]| {
            host.run(router.turn(&TurnRequest::new(messages.to_vec()), &host)).unwrap()
        };
        let question = |word: &str| Message::new(Role::User, word.repeat(9));
        let mut first = vec![question("one question ")];
        let answer = ask(&first);
        ask(&[question("another matter ")]);
        first.extend([Message::new(Role::Assistant, &answer.text), question("and? ")]);
        (answer.usage.prompt_tokens, ask(&first).usage.cached_tokens)
    };
    let (n_first, n_cached) = run(8);
    assert!(n_cached >= n_first, "{n_cached} of {n_first} tokens");
    let (_, n_cached) = run(0);
    assert!(n_cached < n_first, "without room only the common beginning is held: {n_cached}");
}

#[test]
fn catching_up_on_one_dialogue_leaves_the_other_its_memory() {
    let run = |max_kv_mib: usize| {
        let host = &SimHost::new();
        let handoff = Handoff { max_kv_mib, ..config().handoff };
        let config = Config { handoff, ..config() };
        let mut router: Router<Engine, Scorer> = Router::new(config, &host).unwrap();
        host.run(router.set_device(Engine::new(model(), N_CTX).unwrap(), &host)).unwrap();
        let ask = |router: &mut Router<Engine, Scorer>, messages: &[Message], mode: Mode| {
            let request = TurnRequest { mode: Some(mode), ..TurnRequest::new(messages.to_vec()) };
            host.run(router.turn(&request, &host)).unwrap()
        };
        let mut first = vec![Message::new(Role::User, "one question ".repeat(9))];
        let answer = ask(&mut router, &first, Mode::DeviceOnly);
        host.then(SimEdge::answer("one two three four five six seven eight"));
        let other = [Message::new(Role::User, "another matter ".repeat(9))];
        let missed = ask(&mut router, &other, Mode::EdgeOnly).missing_device;
        host.run(router.tick(&host));
        let n_read = router.device().unwrap().tokens().len();
        assert!(n_read > missed, "{n_read} tokens, with the answer; {missed} in the prompt");
        first.extend([Message::new(Role::Assistant, &answer.text), first[0].clone()]);
        let next = ask(&mut router, &first, Mode::DeviceOnly);
        (answer.usage.prompt_tokens, next.usage.cached_tokens)
    };
    let (n_first, n_cached) = run(8);
    assert!(n_cached >= n_first, "{n_cached} of {n_first} tokens");
    let (_, n_cached) = run(0);
    assert!(n_cached < n_first, "without room only the common beginning is held: {n_cached}");
}
