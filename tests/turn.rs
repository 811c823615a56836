//! Whole turns on a virtual clock: the real engine and the real scorer with
//! tiny weights, a scripted edge, and everything that can go wrong.

mod support;

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use nearside::config::{Config, EdgeConfig, Mode, SecondLook, Takeover};
use nearside::dialogue::{Message, Role};
use nearside::engine::{Engine, FileSource, Model, ReadAt, SamplingOptions};
use nearside::host::sim::{SimEdge, SimHost};
use nearside::routing::{Calibration, Confidence, Route, Score, Scorer, Verdict};
use nearside::turn::models::ScoringModel;
use nearside::turn::{FinishReason, Router, TurnReport, TurnRequest};
use nearside::{Error, Result};
use serde_json::json;
use support::judge::shown;

const TINY: &str = "tests/fixtures/tiny-llama.gguf";
const TINY_SCORER: &str = "tests/fixtures/scorer-tiny.gguf";

fn config(mode: Mode) -> Config {
    let base_url = Some("http://edge.test/v1".to_owned());
    let edge = EdgeConfig { base_url, ..EdgeConfig::default() };
    Config { edge, mode, max_tokens: Some(24), ..Config::default() }
}

fn engine(source: &dyn ReadAt, n_ctx: usize) -> Engine {
    Engine::new(Arc::new(Model::load(source).unwrap()), n_ctx).unwrap()
}

/// A router with the tiny device model loaded.
fn router(mode: Mode, host: &SimHost) -> Router {
    let mut router = Router::new(config(mode), &host).unwrap();
    host.run(router.set_device(engine(&FileSource::open(TINY).unwrap(), 128), &host)).unwrap();
    router
}

fn ask(texts: &[&str]) -> TurnRequest {
    let role = |i: usize| if i.is_multiple_of(2) { Role::User } else { Role::Assistant };
    let messages = texts.iter().enumerate().map(|(i, text)| Message::new(role(i), *text));
    TurnRequest::new(messages.collect())
}

fn run(router: &mut Router, host: &SimHost, request: &TurnRequest) -> Result<TurnReport> {
    host.run(router.turn(request, &host))
}

fn event_types(host: &SimHost) -> Vec<String> {
    let events = host.events.borrow();
    events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_turn_on_the_device_decides_before_its_first_token() {
    let host = SimHost::new();
    host.rtt.set(Some(Duration::from_millis(2500)));
    let mut router = router(Mode::Auto, &host);
    let report = run(&mut router, &host, &ask(&["hello"])).unwrap();
    assert_eq!((report.route, report.switched), (Route::Device, None));
    assert!(!report.text.is_empty() && report.usage.completion_tokens > 0);
    assert!(report.ttft_s.unwrap() > report.decided_s && report.total_s >= report.ttft_s.unwrap());
    let types = event_types(&host);
    let first = |name: &str| types.iter().position(|t| t == name).unwrap();
    assert!(first("link") < first("route") && first("route") < first("prefill"));
    assert!(first("prefill") < first("delta"));
    assert!(host.sent.borrow().is_empty());
    assert_eq!(host.n_probes.get(), 1);
}

#[test]
fn the_scorers_word_is_in_the_decision() {
    let host = SimHost::new();
    let mut router = router(Mode::Auto, &host);
    router.set_scorer(Scorer::load(&FileSource::open(TINY_SCORER).unwrap()).unwrap());
    let report = run(&mut router, &host, &ask(&["hello", "hi", "and what is 2 + 2?"]));
    let decision = report.unwrap().decision;
    assert!(decision.p > 0.0 && decision.p < 1.0 && decision.p != 0.5);
    let delay_s = decision.edge.total_s - decision.device.total_s;
    assert!((decision.fused - (decision.p - decision.alpha_per_s * delay_s)).abs() < 1e-12);
}

#[test]
fn later_turns_compute_only_what_is_new() {
    let host = SimHost::new();
    let mut router = router(Mode::PreferDevice, &host);
    let first = run(&mut router, &host, &ask(&["hello there"])).unwrap();
    let second = run(&mut router, &host, &ask(&["hello there", &first.text, "more"])).unwrap();
    assert!(second.missing_device < second.usage.prompt_tokens / 2, "{second:?}");
    assert_eq!(second.usage.cached_tokens + second.missing_device, second.usage.prompt_tokens);

    host.then(SimEdge::answer("one two")).then(SimEdge::answer("three"));
    let mut request = ask(&["hello there", &first.text, "more", &second.text, "edge?"]);
    request.mode = Some(Mode::EdgeOnly);
    let third = run(&mut router, &host, &request).unwrap();
    assert_eq!((third.route, third.text.as_str()), (Route::Edge, "one two"));
    request.messages.push(Message::new(Role::Assistant, "one two"));
    request.messages.push(Message::new(Role::User, "go on"));
    let fourth = run(&mut router, &host, &request).unwrap();
    assert!(fourth.missing_edge < third.missing_edge, "the edge has seen the dialogue");
}

#[test]
fn an_answer_that_reached_its_limit_is_gone_on_with_on_either_side() {
    let host = SimHost::new();
    let mut router = router(Mode::DeviceOnly, &host);
    let limited = |texts: &[&str], n: usize| TurnRequest { max_tokens: Some(n), ..ask(texts) };
    let whole = run(&mut router, &host, &limited(&["hello"], 24)).unwrap();
    let begun = run(&mut router, &host, &limited(&["hello"], 12)).unwrap();
    assert_eq!(begun.finish_reason, FinishReason::Length);
    let rest = run(&mut router, &host, &limited(&["hello", &begun.text], 12)).unwrap();
    assert_eq!(format!("{}{}", begun.text, rest.text), whole.text, "only what is new comes");
    assert!(rest.missing_device <= 2, "the device holds what it has written: {rest:?}");

    // The edge is told of one answer, left open, and has seen one answer by the next turn.
    host.then(SimEdge::answer(" and the end")).then(SimEdge::answer("fine"));
    let mut request = ask(&["hello", "The beginning"]);
    request.mode = Some(Mode::EdgeOnly);
    let rest = run(&mut router, &host, &request).unwrap();
    assert_eq!((rest.text.as_str(), rest.n_moves), (" and the end", 1));
    let sent: serde_json::Value = serde_json::from_str(&host.sent.borrow()[0]).unwrap();
    assert_eq!(sent["continue_final_message"], true);
    assert_eq!(sent["messages"][1]["content"], "The beginning");
    let mut next = ask(&["hello", "The beginning and the end", "more"]);
    next.mode = Some(Mode::EdgeOnly);
    let next = run(&mut router, &host, &next).unwrap();
    assert!(next.missing_edge * 2 < next.decision.device.missing_tokens, "{next:?}");
}

#[test]
fn whoever_takes_over_the_rest_of_an_answer_is_told_of_one_message() {
    let host = SimHost::new();
    host.then(SimEdge::Broken(SimEdge::words(" and then")));
    let mut router = router(Mode::PreferEdge, &host);
    let report = run(&mut router, &host, &ask(&["hello", "It began"])).unwrap();
    assert_eq!(report.switched.unwrap().to, Route::Device);
    assert!(report.text.starts_with(" and then") && report.text.len() > " and then".len());

    // The device was given the beginning and the edge's part as one message, and holds that.
    let next = run(&mut router, &host, &ask(&["hello", "It began and then"])).unwrap();
    assert_eq!(next.route, Route::Device);
    assert!(next.missing_device <= 2, "{next:?}");
}

#[test]
fn what_a_request_leaves_open_of_sampling_the_page_says_and_then_the_model() {
    let host = SimHost::new();
    let hot = SamplingOptions { temperature: Some(2.0), ..SamplingOptions::default() };
    let mut router = router(Mode::DeviceOnly, &host);
    let text = |sampling: SamplingOptions, seed: Option<u64>, router: &mut Router| {
        host.advance(Duration::from_millis(1));
        run(router, &host, &TurnRequest { sampling, seed, ..ask(&["hello"]) }).unwrap().text
    };
    let nothing = SamplingOptions::default();
    let change = |changes: serde_json::Value, router: &mut Router| {
        router.set_config(router.config().with(changes).unwrap()).unwrap();
    };
    let greedy = text(nothing, None, &mut router);
    assert_eq!(text(nothing, None, &mut router), greedy, "nobody says anything");
    change(json!({ "device_sampling": { "temperature": 2.0 } }), &mut router);
    let drawn = text(nothing, None, &mut router);
    assert_ne!(drawn, greedy, "the catalogue's entry of the model");
    assert_ne!(text(nothing, None, &mut router), drawn, "no seed, no repetition");
    assert_eq!(text(nothing, Some(7), &mut router), text(nothing, Some(7), &mut router));
    change(json!({ "sampling": { "temperature": 0.0 } }), &mut router);
    assert_eq!(text(nothing, None, &mut router), greedy, "the page comes before the catalogue");
    assert_ne!(text(hot, None, &mut router), greedy, "and the request before the page");

    // The edge is told what the request and the page say, and no more.
    let sent = |sampling: SamplingOptions, router: &mut Router| -> serde_json::Value {
        host.then(SimEdge::answer("fine"));
        let mode = Some(Mode::EdgeOnly);
        run(router, &host, &TurnRequest { sampling, mode, ..ask(&["hello"]) }).unwrap();
        serde_json::from_str(host.sent.borrow().last().unwrap()).unwrap()
    };
    let more = SamplingOptions { top_k: Some(5), ..nothing };
    let body = sent(more, &mut router);
    assert_eq!((&body["temperature"], &body["top_k"]), (&json!(0.0), &json!(5)));
    change(json!({ "sampling": { "temperature": null } }), &mut router);
    let body = sent(nothing, &mut router);
    assert!(["temperature", "top_p", "top_k", "seed"].iter().all(|&name| body.get(name).is_none()));
}

/// The edge fails in one way; the device goes on, and says why.
#[track_caller]
fn check_edge_failure(edge: SimEdge, shown: &str, code: &str) {
    let host = SimHost::new();
    host.then(edge.clone());
    let mut both = router(Mode::PreferEdge, &host);
    let report = run(&mut both, &host, &ask(&["hello"])).unwrap();
    let switched = report.switched.expect("the device takes over");
    assert_eq!((switched.from, switched.to), (Route::Edge, Route::Device));
    assert_eq!(switched.reason, code);
    assert_eq!(report.route, Route::Device);
    assert!(report.text.starts_with(shown) && report.text.len() > shown.len(), "{}", report.text);

    // With nobody to take over, the error itself comes out, and the turn can be repeated.
    let host = SimHost::new();
    host.then(edge).then(SimEdge::answer("fine now"));
    let mut alone = router(Mode::EdgeOnly, &host);
    assert_eq!(run(&mut alone, &host, &ask(&["hello"])).unwrap_err().code(), code);
    assert_eq!(run(&mut alone, &host, &ask(&["hello"])).unwrap().text, "fine now");
}

#[test]
fn whatever_the_edge_does_the_turn_is_answered() {
    let html = b"<html>502</html>\n\n".to_vec();
    let half = || SimEdge::words("The answer ");
    check_edge_failure(SimEdge::Unreachable, "", "edge_unreachable");
    check_edge_failure(SimEdge::Silent, "", "edge_timeout");
    check_edge_failure(SimEdge::Status(401, String::new()), "", "edge_unauthorized");
    check_edge_failure(SimEdge::Status(429, String::new()), "", "edge_rate_limited");
    check_edge_failure(SimEdge::Status(500, "oops".to_owned()), "", "edge_failed");
    check_edge_failure(SimEdge::Status(404, String::new()), "", "edge_rejected");
    check_edge_failure(SimEdge::Stream(vec![(Duration::ZERO, html)]), "", "edge_protocol");
    check_edge_failure(SimEdge::Stream(half()), "The answer ", "edge_broke_off");
    check_edge_failure(SimEdge::Broken(half()), "The answer ", "edge_broke_off");
    check_edge_failure(SimEdge::Stuck(half()), "The answer ", "edge_timeout");
}

#[test]
fn an_edge_that_refuses_is_left_alone_for_a_while() {
    let host = SimHost::new();
    host.then(SimEdge::Status(429, String::new())).then(SimEdge::answer("back"));
    let mut router = router(Mode::PreferEdge, &host);
    run(&mut router, &host, &ask(&["hello"])).unwrap();
    let resting = run(&mut router, &host, &ask(&["hello"])).unwrap();
    assert_eq!((resting.route, resting.switched), (Route::Device, None));
    host.advance(Duration::from_secs(3));
    assert_eq!(run(&mut router, &host, &ask(&["hello"])).unwrap().text, "back");
}

#[test]
fn a_lost_edge_is_noticed_and_found_again() {
    let host = SimHost::new();
    let mut router = router(Mode::PreferEdge, &host);
    host.rtt.set(None);
    let offline = run(&mut router, &host, &ask(&["hello"])).unwrap();
    assert_eq!((offline.route, offline.switched), (Route::Device, None));
    assert_eq!(offline.decision.link.online, Some(false));
    assert!(host.sent.borrow().is_empty(), "no request to an edge that is known to be away");
    host.rtt.set(Some(Duration::from_millis(20)));
    host.advance(Duration::from_secs(2));
    host.then(SimEdge::answer("back"));
    assert_eq!(run(&mut router, &host, &ask(&["hello"])).unwrap().text, "back");
}

#[test]
fn a_device_that_cannot_answer_leaves_it_to_the_edge() {
    let host = SimHost::new();
    host.then(SimEdge::answer("from the edge")).then(SimEdge::answer("a long one"));
    let mut empty = Router::new(config(Mode::PreferDevice), &&host).unwrap();
    assert_eq!(run(&mut empty, &host, &ask(&["hello"])).unwrap().text, "from the edge");

    // A single message longer than the device's context.
    let mut small = router(Mode::PreferDevice, &host);
    let long = "many words ".repeat(200);
    assert_eq!(run(&mut small, &host, &ask(&[&long])).unwrap().text, "a long one");
    let mut only = ask(&[&long]);
    only.mode = Some(Mode::DeviceOnly);
    assert_eq!(run(&mut small, &host, &only).unwrap_err().code(), "prompt_too_long");
}

#[test]
fn a_device_that_fails_in_mid_answer_is_continued_at_the_edge() {
    let host = SimHost::new();
    let mut healthy = Router::new(config(Mode::DeviceOnly), &&host).unwrap();
    host.run(healthy.set_device(engine(&support::unreadable(None), 128), &&host)).unwrap();
    let whole = run(&mut healthy, &host, &ask(&["hello"])).unwrap();
    let tokens = healthy.device().unwrap().tokens();
    let later = whole.usage.prompt_tokens + 3;
    // Not one of the first tokens: those are read to warm up, and a model that fails then is refused.
    let is_new = |token: &&u32| **token >= 64 && !tokens[..later].contains(token);
    let new = tokens[later..].iter().find(is_new);

    host.then(SimEdge::answer(" and the edge ends it"));
    let mut failing = Router::new(config(Mode::PreferDevice), &&host).unwrap();
    host.run(failing.set_device(engine(&support::unreadable(new.copied()), 128), &&host)).unwrap();
    let report = run(&mut failing, &host, &ask(&["hello"])).unwrap();
    let switched = report.switched.expect("the edge takes over");
    assert_eq!((switched.from, switched.to), (Route::Device, Route::Edge));
    assert_eq!(switched.reason, "compute_failed");
    let shown = report.text.strip_suffix(" and the edge ends it").expect("the edge ends it");
    assert!(!shown.is_empty() && whole.text.starts_with(shown), "{}", report.text);
    // The edge was told what the reader has seen already.
    let sent: serde_json::Value = serde_json::from_str(&host.sent.borrow()[0]).unwrap();
    assert_eq!(sent["messages"][1]["content"], shown);
}

#[test]
fn when_both_fail_the_error_names_both_and_the_turn_can_be_repeated() {
    let host = SimHost::new();
    host.then(SimEdge::Status(500, String::new())).then(SimEdge::answer("at last"));
    let mut router = Router::new(config(Mode::Auto), &&host).unwrap();
    let error = run(&mut router, &host, &ask(&["hello"])).unwrap_err();
    assert_eq!(error.code(), "edge_failed");
    let resting = run(&mut router, &host, &ask(&["hello"])).unwrap_err();
    let Error::BothFailed { device, edge } = resting else { panic!("{resting}") };
    assert_eq!((device.code(), edge.code()), ("device_not_ready", "edge_unreachable"));
    host.advance(Duration::from_secs(10));
    assert_eq!(run(&mut router, &host, &ask(&["hello"])).unwrap().text, "at last");
}

#[test]
fn device_only_sends_nothing() {
    let host = SimHost::new();
    let mut router = router(Mode::DeviceOnly, &host);
    for _ in 0..3 {
        run(&mut router, &host, &ask(&["hello"])).unwrap();
        host.advance(Duration::from_secs(60));
        host.run(router.tick(&&host));
        host.run(router.probe_now(&&host));
    }
    assert_eq!(host.n_requests(), 0);
}

#[test]
fn a_tick_makes_the_probes_that_are_due_within_their_budget() {
    let n_probes = |config: Config| {
        let host = SimHost::new();
        let mut router: Router = Router::new(config, &&host).unwrap();
        let ticked = |router: &mut Router| {
            host.run(router.tick(&&host));
            host.n_probes.replace(0)
        };
        (ticked(&mut router), ticked(&mut router))
    };
    // A round trip, and 8, 32 and 128 KiB each way; more of a link so fast is not paid for.
    assert_eq!(n_probes(config(Mode::Auto)), (7, 0));
    assert_eq!(n_probes(Config { data_saver: true, ..config(Mode::Auto) }), (0, 0));
    assert_eq!(n_probes(Config::default()), (0, 0), "there is no edge");
}

#[test]
fn the_oldest_exchanges_are_dropped_and_counted() {
    let host = SimHost::new();
    let mut router = router(Mode::DeviceOnly, &host);
    let filler = "some words to fill the context with ".repeat(2);
    let mut texts = Vec::new();
    for _ in 0..8 {
        texts.extend([filler.as_str(), "yes"]);
    }
    texts.push("hello");
    let mut request = ask(&texts);
    request.messages.insert(0, Message::new(Role::System, "Be brief."));
    let report = run(&mut router, &host, &request).unwrap();
    assert!(report.dropped_messages >= 2 && report.dropped_messages.is_multiple_of(2));
    assert!(report.usage.prompt_tokens <= 128 - 24);
}

#[test]
fn an_abort_ends_the_turn_on_either_side() {
    for mode in [Mode::DeviceOnly, Mode::EdgeOnly] {
        let host = SimHost::new();
        host.then(SimEdge::answer("one two three four five six"));
        let mut router = router(mode, &host);
        host.abort_after_events.set(Some(4));
        let report = run(&mut router, &host, &ask(&["hello"])).unwrap();
        assert_eq!(report.finish_reason, FinishReason::Abort);
        assert!(host.events.borrow().len() <= 6, "within a token: {:?}", event_types(&host));
        host.abort_after_events.set(None);
        host.then(SimEdge::answer("again"));
        assert_ne!(
            run(&mut router, &host, &ask(&["hello"])).unwrap().finish_reason,
            FinishReason::Abort
        );
    }
}

#[test]
fn measured_rates_survive_a_visit() {
    let host = SimHost::new();
    let mut router = router(Mode::DeviceOnly, &host);
    run(&mut router, &host, &ask(&["tell me a long story please"])).unwrap();
    let measured = router.device_rates();
    assert!(measured.n_observed > 0);
    let next_visit: Router = Router::new(config(Mode::DeviceOnly), &&host).unwrap();
    assert_eq!(next_visit.device_rates(), measured);
}

#[test]
fn bad_requests_are_refused() {
    let host = SimHost::new();
    let mut router = router(Mode::DeviceOnly, &host);
    let mut check = |change: fn(&mut TurnRequest)| {
        let mut request = ask(&["hello"]);
        change(&mut request);
        assert_eq!(run(&mut router, &host, &request).unwrap_err().code(), "invalid_request");
    };
    check(|request| request.messages.clear());
    check(|request| request.messages[0].role = Role::Assistant);
    check(|request| request.max_tokens = Some(0));
    check(|request| request.sampling.temperature = Some(-1.0));
    check(|request| request.sampling.top_p = Some(f32::NAN));
    check(|request| request.stop = vec![String::new()]);
}

#[test]
fn a_calibration_is_in_force_for_its_pair_alone() {
    let host = SimHost::new();
    let mut router: Router = Router::new(config(Mode::Auto), &&host).unwrap();
    let calibration = |device: &str, edge: &str| Calibration {
        version: 1,
        device: device.to_owned(),
        edge: edge.to_owned(),
        max_loss: 0.05,
        n: 100,
        theta: 0.21,
        look_theta: 0.17,
        alpha_per_s: 0.02,
    };
    let early = router.calibrate(calibration("any", "large")).unwrap_err();
    assert_eq!(early.code(), "device_not_ready");
    host.run(router.set_device(engine(&FileSource::open(TINY).unwrap(), 128), &&host)).unwrap();
    let name = router.device().unwrap().model().info().name.clone();
    let other = router.calibrate(calibration("any", "large")).unwrap_err();
    assert_eq!(other.code(), "calibration_mismatch");
    let unknown = Calibration { version: 7, ..calibration(&name, "large") };
    assert_eq!(router.calibrate(unknown).unwrap_err().code(), "calibration_invalid");
    assert_eq!((router.calibration(), router.config().theta), (None, 0.5));

    router.calibrate(calibration(&name, "large")).unwrap();
    let decision = run(&mut router, &host, &ask(&["hello"])).unwrap().decision;
    assert_eq!((decision.theta, decision.alpha_per_s), (0.21, 0.02));
    assert_eq!(router.config().second_look.theta, Some(0.17));
    let wordier = Config { max_tokens: Some(30), ..router.config().clone() };
    router.set_config(wordier).unwrap();
    assert!(router.calibration().is_some(), "its thresholds still hold");
    let changed = Config { theta: 0.4, ..router.config().clone() };
    router.set_config(changed).unwrap();
    assert_eq!((router.calibration(), router.config().theta), (None, 0.4));

    // Another model: what was there before comes back.
    router.calibrate(calibration(&name, "large")).unwrap();
    let other = FileSource::open("tests/fixtures/tiny-qwen2.gguf").unwrap();
    host.run(router.set_device(engine(&other, 128), &&host)).unwrap();
    assert_eq!((router.calibration(), router.config().theta), (None, 0.4));
}

// --- The second look ---

/// A judge that says what it is told to; all else is the real scorer's.
struct Judge {
    scorer: Scorer,
    /// One word for each look; the last one for all that follow.
    says: Vec<f64>,
    n_looks: Cell<usize>,
}

impl ScoringModel for Judge {
    fn score(&self, messages: &[Message]) -> Result<Score> {
        self.scorer.score(messages)
    }

    fn can_look(&self) -> bool {
        true
    }

    fn look(&self, _: &[Message], answer: &str, confidence: Option<Confidence>) -> Result<f64> {
        let confidence = confidence.unwrap();
        assert!(!answer.is_empty() && confidence.least_logprob <= confidence.mean_logprob);
        let n = self.n_looks.replace(self.n_looks.get() + 1);
        Ok(self.says[n.min(self.says.len() - 1)])
    }
}

/// A router whose device begins, and whose answers are looked at after every fourth token.
fn looking(says: &[f64], second_look: SecondLook, host: &SimHost) -> Router<Engine, Judge> {
    let config = Config { theta: 0.99, alpha_per_s: 0.0, second_look, ..config(Mode::Auto) };
    let mut router = Router::new(config, &host).unwrap();
    host.run(router.set_device(engine(&FileSource::open(TINY).unwrap(), 128), &host)).unwrap();
    let scorer = Scorer::load(&FileSource::open(TINY_SCORER).unwrap()).unwrap();
    router.set_scorer(Judge { scorer, says: says.to_vec(), n_looks: Cell::new(0) });
    router
}

fn often() -> SecondLook {
    let growth = 2.0;
    SecondLook { theta: Some(0.5), first_tokens: 4, growth, drift: 0.0, ..SecondLook::default() }
}

fn run_looking(router: &mut Router<Engine, Judge>, host: &SimHost) -> TurnReport {
    host.run(router.turn(&ask(&["hello"]), &host)).unwrap()
}

#[test]
fn looks_that_find_nothing_wrong_change_nothing() {
    let host = SimHost::new();
    let report = run_looking(&mut looking(&[0.1], often(), &host), &host);
    let plain = SimHost::new();
    let unlooked = SecondLook { enabled: false, ..often() };
    let expected = run_looking(&mut looking(&[0.1], unlooked, &plain), &plain);
    assert_eq!((report.route, &report.text), (Route::Device, &expected.text));
    assert_eq!(shown(&host), report.text);
    assert!(expected.looks.is_empty() && host.sent.borrow().is_empty());
    let at: Vec<usize> = report.looks.iter().map(|look| look.n_tokens).collect();
    let n_tokens = report.usage.completion_tokens;
    assert_eq!(at, [4, 8, 16, n_tokens], "at growing intervals, and at the end");
    assert!(report.looks.last().unwrap().ended && report.looks.iter().all(|look| !look.doubted));
}

#[test]
fn an_early_look_may_change_its_mind_where_much_is_still_to_come() {
    let host = SimHost::new();
    let drifting = SecondLook { drift: 0.3, ..often() };
    let report = run_looking(&mut looking(&[0.6, 0.2], drifting.clone(), &host), &host);
    assert_eq!(report.route, Route::Device, "the first look's 0.6 was not the last word");
    assert!(report.looks[0].fused > 0.5 && report.looks[0].waiting > report.looks[0].fused - 0.5);
    assert_eq!(report.looks.last().unwrap().waiting, 0.0, "nothing comes after the end");

    host.then(SimEdge::answer("much better"));
    let report = run_looking(&mut looking(&[0.6], drifting, &host), &host);
    assert_eq!(report.route, Route::Edge);
    let (last, others) = report.looks.split_last().unwrap();
    assert!(last.ended && last.doubted && !others.is_empty(), "at 0.6 it was read to the end");
}

#[test]
fn a_draft_that_was_held_is_never_seen() {
    let host = SimHost::new();
    host.then(SimEdge::answer("much better"));
    let report = run_looking(&mut looking(&[0.9], often(), &host), &host);
    assert_eq!((report.route, report.text.as_str()), (Route::Edge, "much better"));
    assert_eq!(shown(&host), "much better");
    let switched = report.switched.unwrap();
    assert_eq!((switched.from, switched.reason.as_str()), (Route::Device, "second_look"));
    assert!(!switched.draft.unwrap().is_empty());
    assert_eq!(report.looks.len(), 1);
    assert!(!host.sent.borrow()[0].contains("assistant"), "the edge answers anew");
}

#[test]
fn a_draft_that_was_seen_is_marked_as_one() {
    let host = SimHost::new();
    host.then(SimEdge::answer("much better"));
    let report = run_looking(&mut looking(&[0.1, 0.9], often(), &host), &host);
    let draft = report.switched.unwrap().draft.unwrap();
    assert_eq!(
        (report.text.as_str(), shown(&host)),
        ("much better", format!("{draft}|much better"))
    );
    assert_eq!(report.looks.iter().map(|look| look.doubted).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_take_over_may_continue_what_was_written() {
    let host = SimHost::new();
    host.then(SimEdge::answer(" and so on"));
    let second_look = SecondLook { takeover: Takeover::Continue, ..often() };
    let report = run_looking(&mut looking(&[0.9], second_look, &host), &host);
    assert!(report.text.ends_with(" and so on") && report.text.len() > " and so on".len());
    assert_eq!((shown(&host), report.switched.unwrap().draft), (report.text, None));
    assert!(host.sent.borrow()[0].contains("assistant"), "the edge goes on");
}

#[test]
fn when_the_edge_fails_the_devices_own_answer_stands() {
    let host = SimHost::new();
    let expected = {
        let plain = SimHost::new();
        run_looking(&mut looking(&[0.1], often(), &plain), &plain).text
    };
    host.then(SimEdge::Status(500, "no".to_owned()));
    let report = run_looking(&mut looking(&[0.9], often(), &host), &host);
    assert_eq!((report.route, &report.text), (Route::Device, &expected));
    assert_eq!(shown(&host), expected, "nothing that was written is lost");
    assert_eq!(report.switched.unwrap().reason, "edge_failed");

    // Doubted only at its end: there is nothing left to write.
    let host = SimHost::new();
    host.then(SimEdge::Unreachable);
    let at_end = SecondLook { first_tokens: 1000, ..often() };
    let report = run_looking(&mut looking(&[0.9], at_end, &host), &host);
    assert_eq!((report.text, report.looks.len()), (expected, 1));
}

#[test]
fn what_was_held_when_the_turn_was_stopped_is_shown() {
    let host = SimHost::new();
    let never = SecondLook { first_tokens: 1000, ..often() };
    // Stopped while the device writes: nothing but the route and its prefill was told by then.
    host.abort_after_events.set(Some(3));
    let report = run_looking(&mut looking(&[0.1], never, &host), &host);
    assert_eq!(report.finish_reason, FinishReason::Abort);
    assert_eq!(shown(&host), report.text);
}

#[test]
fn nothing_is_looked_at_where_nobody_could_take_over() {
    let host = SimHost::new();
    let mut router = looking(&[0.9], often(), &host);
    let mut request = ask(&["hello"]);
    for mode in [Mode::DeviceOnly, Mode::PreferDevice] {
        request.mode = Some(mode);
        let report = host.run(router.turn(&request, &&host)).unwrap();
        assert_eq!((report.route, report.looks.len()), (Route::Device, 0));
    }
}

#[test]
fn a_verdict_moves_the_very_next_turn_and_comes_back_on_the_next_visit() {
    let host = SimHost::new();
    let scorer = || Scorer::load(&FileSource::open(TINY_SCORER).unwrap()).unwrap();
    let mut router = router(Mode::PreferDevice, &host);
    router.set_scorer(scorer());
    let question = ask(&["what is 2 + 2?"]);
    let first = run(&mut router, &host, &question).unwrap();
    router.rate(first.turn, Verdict::Again, &&host).unwrap();
    let again = run(&mut router, &host, &question).unwrap();
    assert!(again.p > first.p + 0.05, "{} and {}", again.p, first.p);
    assert_eq!(router.rate(99, Verdict::Up, &&host).unwrap_err().code(), "invalid_request");

    let mut next_visit: Router = Router::new(config(Mode::DeviceOnly), &&host).unwrap();
    host.run(next_visit.set_device(engine(&FileSource::open(TINY).unwrap(), 128), &&host)).unwrap();
    next_visit.set_scorer(scorer());
    assert!(run(&mut next_visit, &host, &question).unwrap().p > first.p + 0.05);
    next_visit.forget_feedback(&&host);
    assert!((run(&mut next_visit, &host, &question).unwrap().p - first.p).abs() < 1e-6);
}

/// An answer from an edge that says what it found in its cache.
fn cached_answer(text: &str, prompt_tokens: usize, cached_tokens: usize) -> SimEdge {
    let mut pieces = SimEdge::words(text);
    let usage = format!(
        r#"{{"choices":[{{"delta":{{}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":{prompt_tokens},
        "completion_tokens":1,"prompt_tokens_details":{{"cached_tokens":{cached_tokens}}}}}}}"#
    );
    let usage = usage.replace('\n', " ");
    pieces.push((Duration::from_millis(5), format!("data: {usage}\n\n").into_bytes()));
    SimEdge::Stream(pieces)
}

#[test]
fn what_the_edge_forgets_is_learned_and_kept_for_the_next_visit() {
    let request = ask(&["a question of some length, or more", "well", "and another one"]);
    let turn = |router: &mut Router, host: &SimHost| {
        host.then(cached_answer("well", 100, 0));
        let report = run(router, host, &request).unwrap();
        host.advance(Duration::from_secs(20));
        report.decision.edge.kept
    };
    let kept_on_a_new_visit = |host: &SimHost| {
        let mut router = router(Mode::EdgeOnly, host);
        turn(&mut router, host);
        turn(&mut router, host)
    };
    let host = SimHost::new();
    assert!(kept_on_a_new_visit(&host) > 0.9, "nothing is known yet");
    let mut visit = router(Mode::EdgeOnly, &host);
    for _ in 0..12 {
        turn(&mut visit, &host);
    }
    assert!(kept_on_a_new_visit(&host) < 0.4);
}

#[test]
fn the_device_catches_up_in_idle_time_within_its_budget() {
    let with = |catch_up_tokens| Config { catch_up_tokens, ..config(Mode::Auto) };
    let missing_after = |config: Config, n_ticks: usize| {
        let host = SimHost::new();
        host.then(SimEdge::answer("one two three four five six seven eight"));
        let mut router = router(Mode::Auto, &host);
        router.set_config(config).unwrap();
        let mut request = ask(&["a question for the edge"]);
        request.mode = Some(Mode::EdgeOnly);
        let first = run(&mut router, &host, &request).unwrap();
        for _ in 0..n_ticks {
            host.run(router.tick(&&host));
        }
        let mut next = ask(&["a question for the edge", &first.text, "and one for the device"]);
        next.mode = Some(Mode::PreferDevice);
        run(&mut router, &host, &next).unwrap().missing_device
    };
    let (none, some) = (missing_after(with(0), 3), missing_after(with(10), 3));
    let all = missing_after(with(1000), 3);
    assert_eq!(none - some, 10, "it stops where its budget ends");
    assert!(all < some && all > 0, "{none} {some} {all}");
    assert_eq!(missing_after(with(1000), 0), none, "it happens while idle only");
    let low_battery = Config { low_battery: true, ..with(1000) };
    assert_eq!(missing_after(low_battery, 3), none, "the battery is for what is asked");
}

/// A dialogue on the device, long enough to be worth showing.
fn spoken_with(config: Config, host: &SimHost) -> (Router, TurnRequest) {
    let mut router = router(Mode::Auto, host);
    router.set_config(config).unwrap();
    let mut request = ask(&[&"a long story that goes on and on ".repeat(4)]);
    request.mode = Some(Mode::PreferDevice);
    request.max_tokens = Some(4);
    let report = run(&mut router, host, &request).unwrap();
    assert_eq!(report.route, Route::Device);
    request.messages.push(Message::new(Role::Assistant, &report.text));
    request.messages.push(Message::new(Role::User, "and then?"));
    request.mode = Some(Mode::EdgeOnly);
    (router, request)
}

#[test]
fn while_the_person_types_the_edge_reads_what_it_has_missed() {
    let warm = |warm_edge_tokens| Config { warm_edge_tokens, ..config(Mode::Auto) };
    let missing_after = |config: Config, sent: usize| {
        let host = SimHost::new();
        let (mut router, request) = spoken_with(config, &host);
        let n_before = host.sent.borrow().len();
        host.then(SimEdge::answer("x"));
        assert_eq!(host.run(router.warm_edge(&&host)), sent == 1);
        assert!(!host.run(router.warm_edge(&&host)), "once is enough");
        assert_eq!(host.sent.borrow().len() - n_before, sent);
        host.then(SimEdge::answer("y"));
        let report = run(&mut router, &host, &request).unwrap();
        (report.missing_edge, host.sent.borrow()[n_before].clone())
    };
    let (cold, _) = missing_after(warm(0), 0);
    let (shown, body) = missing_after(warm(1000), 1);
    assert!(shown < cold / 4, "{shown} of {cold} tokens are left");
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["max_tokens"], &body["continue_final_message"]), (&1.into(), &true.into()));
    assert_eq!(missing_after(warm(20), 0).0, cold, "the budget is too small");
    let saving = Config { data_saver: true, ..warm(1000) };
    assert_eq!(missing_after(saving, 0).0, cold, "the person saves data");
    let local = Config { mode: Mode::DeviceOnly, ..warm(1000) };
    assert_eq!(missing_after(local, 0).0, cold, "nothing may be sent");
}

#[test]
fn an_edge_that_cannot_be_warmed_is_no_error() {
    let host = SimHost::new();
    let (mut router, request) =
        spoken_with(Config { warm_edge_tokens: 1000, ..config(Mode::Auto) }, &host);
    host.then(SimEdge::Status(500, String::new()));
    assert!(host.run(router.warm_edge(&&host)));
    let request = TurnRequest { mode: Some(Mode::Auto), ..request };
    assert_eq!(run(&mut router, &host, &request).unwrap().route, Route::Device);
}

#[test]
fn while_an_answer_looks_shaky_the_edge_reads_the_prompt() {
    let long = ask(&[&"a long story that goes on and on ".repeat(4)]);
    let run_with = |warm_edge_tokens, says: &[f64], edge: &[&str]| {
        let host = SimHost::new();
        for text in edge {
            host.then(SimEdge::answer(text));
        }
        let mut router = looking(says, SecondLook { drift: 0.3, ..often() }, &host);
        let config = Config { warm_edge_tokens, ..router.config().clone() };
        router.set_config(config).unwrap();
        let report = host.run(router.turn(&long, &&host)).unwrap();
        let sent: Vec<serde_json::Value> =
            host.sent.borrow().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
        (report, sent)
    };
    // At 0.6 it would move over, were no later look to come; that one finds nothing wrong.
    let (report, sent) = run_with(1000, &[0.6, 0.2], &["x"]);
    assert_eq!((report.route, report.edge_warmed, sent.len()), (Route::Device, true, 1));
    assert_eq!(sent[0]["max_tokens"], 1);
    assert_eq!(sent[0]["messages"].as_array().unwrap().len(), 1, "the prompt, not the draft");
    let (alone, none) = run_with(0, &[0.6, 0.2], &[]);
    assert_eq!((alone.text, alone.edge_warmed, none.len()), (report.text, false, 0));
    assert!(!run_with(20, &[0.6, 0.2], &[]).0.edge_warmed, "the budget is too small");
    assert!(!run_with(1000, &[0.1], &[]).0.edge_warmed, "nothing was wrong");

    // The edge that takes over after all has the prompt already.
    let (report, sent) = run_with(1000, &[0.6], &["x", "much better"]);
    assert_eq!((report.route, report.text.as_str()), (Route::Edge, "much better"));
    assert_eq!((report.edge_warmed, sent.len()), (true, 2));
    let (cold, _) = run_with(0, &[0.6], &["much better"]);
    assert!(report.usage.cached_tokens > 0 && cold.usage.cached_tokens == 0);
}

#[test]
fn an_edge_that_fails_while_it_is_warmed_leaves_the_answer_to_the_device() {
    let host = SimHost::new();
    host.then(SimEdge::Status(500, String::new()));
    let mut router = looking(&[0.6, 0.2], SecondLook { drift: 0.3, ..often() }, &host);
    let config = Config { warm_edge_tokens: 1000, ..router.config().clone() };
    router.set_config(config).unwrap();
    let long = ask(&[&"a long story that goes on and on ".repeat(4)]);
    let report = host.run(router.turn(&long, &&host)).unwrap();
    assert_eq!((report.route, report.edge_warmed), (Route::Device, true));
    assert_eq!((shown(&host), report.switched), (report.text, None));
}
