//! Turns that both sides begin at once, on a virtual clock: the real engine with tiny weights, a
//! judge that says what it is told to, and a scripted edge.

mod support;

use std::time::Duration;

use nearside::config::{BothSides, Config, EdgeConfig, Mode, SecondLook};
use nearside::dialogue::{Message, Role};
use nearside::host::sim::{SimEdge, SimHost};
use nearside::routing::{Reason, Route};
use nearside::turn::{FinishReason, TurnReport, TurnRequest};
use nearside::{Error, Result};
use support::judge::{Judged, judged, judged_over, shown};

/// Quality alone counts, and the prompt leaves it open. The first look comes after four tokens.
fn config() -> Config {
    let base_url = Some("http://edge.test/v1".to_owned());
    Config {
        edge: EdgeConfig { base_url, ..EdgeConfig::default() },
        alpha_per_s: 0.0,
        max_tokens: Some(24),
        second_look: SecondLook {
            first_tokens: 4,
            margin: 0.0,
            drift: 0.0,
            ..SecondLook::default()
        },
        both_sides: BothSides { enabled: true, ..BothSides::default() },
        ..Config::default()
    }
}

/// The prompt leaves it open; of answers the judge says one word for each look.
fn router(says: &[f64], config: Config, host: &SimHost) -> Judged {
    judged(0.5, says, config, host)
}

fn hello() -> TurnRequest {
    TurnRequest::new(vec![Message::new(Role::User, "hello")])
}

fn run(router: &mut Judged, host: &SimHost) -> Result<TurnReport> {
    host.run(router.turn(&hello(), &host))
}

/// The same turn on the device alone.
fn on_the_device() -> TurnReport {
    let host = SimHost::new();
    run(&mut router(&[], Config { mode: Mode::DeviceOnly, ..config() }, &host), &host).unwrap()
}

fn event(host: &SimHost, name: &str) -> Option<serde_json::Value> {
    host.events.borrow().iter().find(|event| event["type"] == name).cloned()
}

fn a_long_answer() -> SimEdge {
    SimEdge::answer(&"word ".repeat(40))
}

#[test]
fn a_doubted_answer_waits_for_an_edge_that_is_under_way_already() {
    let run_with = |enabled: bool| {
        let host = SimHost::new();
        host.then(a_long_answer());
        let both_sides = BothSides { enabled, ..BothSides::default() };
        let mut router = router(&[0.9], Config { both_sides, theta: 0.5, ..config() }, &host);
        let report = run(&mut router, &host).unwrap();
        assert_eq!((report.route, report.text), (Route::Edge, "word ".repeat(40)));
        assert_eq!(shown(&host), "word ".repeat(40), "the draft was held");
        assert_eq!(host.sent.borrow().len(), 1, "the edge is asked once");
        let switched = report.switched.unwrap();
        assert_eq!((switched.from, switched.reason.as_str()), (Route::Device, "second_look"));
        (report.total_s, report.started_both, report.looks, report.decision.reason)
    };
    let (both_s, started_both, looks, reason) = run_with(true);
    assert_eq!(reason, Reason::BothBegin);
    let started_both = started_both.unwrap();
    assert_eq!((started_both.thrown_away_tokens, started_both.edge_error), (0, None));
    let (one_s, none, later_looks, _) = run_with(false);
    assert_eq!(none, None);
    // Prefill and four tokens are not waited for: so long the device wrote beside the edge.
    assert!(both_s < one_s - 0.02, "{both_s} and {one_s}");
    assert!(looks[0].edge_s < later_looks[0].edge_s, "the edge has a part of it done");
}

#[test]
fn a_good_answer_stops_the_edge() {
    let host = SimHost::new();
    host.rtt.set(Some(Duration::from_millis(1)));
    host.then(a_long_answer());
    let report = run(&mut router(&[0.1], config(), &host), &host).unwrap();
    assert_eq!((report.route, &report.text), (Route::Device, &on_the_device().text));
    assert_eq!((shown(&host), report.switched), (report.text, None));
    // A word came every 10 ms until the look, which took place long before the device was done.
    let thrown_away = report.started_both.unwrap().thrown_away_tokens;
    let until_look = (report.ttft_s.unwrap() / 0.01) as usize;
    assert!(thrown_away > 0 && thrown_away <= until_look, "{thrown_away} of {until_look}");
    assert!(report.total_s > 2.0 * report.ttft_s.unwrap());
    assert_eq!(event(&host, "stopped").unwrap()["thrown_away_tokens"], thrown_away);
    assert_eq!(host.n_open_streams(), 0);
}

#[test]
fn a_later_look_may_still_ask_the_edge_anew() {
    let host = SimHost::new();
    host.then(a_long_answer()).then(SimEdge::answer("much better"));
    let report = run(&mut router(&[0.1, 0.9], config(), &host), &host).unwrap();
    let draft = report.switched.unwrap().draft.unwrap();
    assert_eq!(shown(&host), format!("{draft}|much better"));
    assert_eq!(host.sent.borrow().len(), 2);
}

#[test]
fn an_edge_that_has_said_all_before_the_first_look_is_taken() {
    let host = SimHost::new();
    host.then(SimEdge::answer("much better"));
    let at_end = SecondLook { first_tokens: 1000, ..config().second_look };
    let config = Config { second_look: at_end, ..config() };
    let mut router = router(&[0.1], config, &host);
    let rates = router.device_rates();
    let report = run(&mut router, &host).unwrap();
    assert_eq!((report.route, report.text.as_str()), (Route::Edge, "much better"));
    assert_eq!((shown(&host).as_str(), report.looks.len()), ("much better", 0));
    assert_eq!(router.device_rates(), rates, "a device that was cut off was not measured");
    assert_eq!(report.switched.unwrap().reason, "edge_first");
    assert!(report.total_s < on_the_device().total_s);
}

#[test]
fn an_edge_that_fails_leaves_it_to_the_device() {
    let check = |edge: SimEdge, code: &str| {
        let host = SimHost::new();
        host.rtt.set(Some(Duration::from_millis(1)));
        host.then(edge);
        let report = run(&mut router(&[0.9], config(), &host), &host).unwrap();
        assert_eq!((report.route, &report.text), (Route::Device, &on_the_device().text), "{code}");
        assert_eq!((shown(&host), report.switched), (report.text, None));
        assert_eq!(report.looks.len(), 0, "nobody could take over");
        assert_eq!(report.started_both.unwrap().edge_error.as_deref(), Some(code));
    };
    check(SimEdge::Status(500, "no".to_owned()), "edge_failed");
    check(SimEdge::Unreachable, "edge_unreachable");
    check(SimEdge::Broken(SimEdge::words("half ")), "edge_broke_off");
}

#[test]
fn an_edge_that_breaks_off_later_is_continued_on_the_device() {
    let host = SimHost::new();
    host.then(SimEdge::Broken(SimEdge::words("The answer, as far as it came: seven eight nine ")));
    let report = run(&mut router(&[0.9], config(), &host), &host).unwrap();
    assert_eq!(report.route, Route::Device);
    assert!(report.text.starts_with("The answer, as far") && report.text == shown(&host));
    assert_eq!(report.switched.unwrap().reason, "edge_broke_off");
}

/// Fails in mid-answer.
fn failing_device() -> Vec<u8> {
    let host = SimHost::new();
    let config = Config { mode: Mode::DeviceOnly, ..config() };
    let mut healthy = judged_over(&support::unreadable(None), 0.5, &[], config, &host);
    let whole = run(&mut healthy, &host).unwrap();
    let tokens = healthy.device().unwrap().tokens();
    let later = whole.usage.prompt_tokens + 1;
    // Not one of the first tokens: those are read to warm up.
    let is_new = |token: &&u32| **token >= 64 && !tokens[..later].contains(token);
    support::unreadable(tokens[later..].iter().find(is_new).copied())
}

#[test]
fn a_device_that_fails_leaves_it_to_the_edge() {
    let late = SecondLook { first_tokens: 1000, ..config().second_look };
    let config = || Config { second_look: late.clone(), ..config() };
    let host = SimHost::new();
    host.then(a_long_answer());
    let mut router = judged_over(&failing_device(), 0.5, &[0.1], config(), &host);
    let report = run(&mut router, &host).unwrap();
    assert_eq!((report.route, report.text), (Route::Edge, "word ".repeat(40)));
    assert_eq!(shown(&host), "word ".repeat(40), "what the device wrote was held");
    assert_eq!(host.sent.borrow().len(), 1);
    assert_eq!(report.switched.unwrap().reason, "compute_failed");

    // The edge was stopped by a look: it is asked again, to go on from what was shown.
    let host = SimHost::new();
    host.then(a_long_answer()).then(SimEdge::answer(" and so on"));
    let soon = SecondLook { first_tokens: 1, ..late.clone() };
    let mut router = judged_over(
        &failing_device(),
        0.5,
        &[0.1],
        Config { second_look: soon, ..config() },
        &host,
    );
    let report = run(&mut router, &host).unwrap();
    assert!(report.text.ends_with(" and so on") && report.text == shown(&host));
    assert_eq!(host.sent.borrow().len(), 2);

    let host = SimHost::new();
    host.then(SimEdge::Status(500, "no".to_owned()));
    let mut router = judged_over(&failing_device(), 0.5, &[0.1], config(), &host);
    let Err(Error::BothFailed { device, edge }) = run(&mut router, &host) else { panic!() };
    assert_eq!((device.code(), edge.code()), ("compute_failed", "edge_failed"));
    host.advance(Duration::from_secs(10));
    host.then(a_long_answer());
    assert_eq!(run(&mut router, &host).unwrap().route, Route::Edge, "it can be repeated");
}

#[test]
fn stopping_the_turn_stops_both() {
    for (n_events, says) in [(3, 0.1), (6, 0.1), (6, 0.9)] {
        let host = SimHost::new();
        host.then(a_long_answer());
        host.abort_after_events.set(Some(n_events));
        let report = run(&mut router(&[says], config(), &host), &host).unwrap();
        assert_eq!(report.finish_reason, FinishReason::Abort);
        assert_eq!((host.n_open_streams(), shown(&host)), (0, report.text));
        let text_events = host.events.borrow().iter().filter(|e| e["type"] == "delta").count();
        assert!(text_events <= 3, "within a token: {text_events}");
    }
}

#[test]
fn nothing_begins_twice_where_it_must_not() {
    let check = |says: &[f64], changed: Config, expected: Reason| {
        let host = SimHost::new();
        host.then(a_long_answer()).then(a_long_answer());
        let report = run(&mut router(says, changed, &host), &host).unwrap();
        assert_eq!((report.decision.reason, report.started_both), (expected, None));
    };
    let mode = |mode: Mode| Config { mode, ..config() };
    check(&[0.1], mode(Mode::DeviceOnly), Reason::ModeDeviceOnly);
    check(&[0.1], mode(Mode::PreferDevice), Reason::ModePreferDevice);
    check(&[0.1], mode(Mode::EdgeOnly), Reason::ModeEdgeOnly);
    check(&[0.1], Config { data_saver: true, ..config() }, Reason::DeviceGoodEnough);
    check(&[], config(), Reason::DeviceGoodEnough);
    let unlooked = SecondLook { enabled: false, ..config().second_look };
    check(&[0.1], Config { second_look: unlooked, ..config() }, Reason::DeviceGoodEnough);
    let by_default = BothSides::default();
    check(&[0.1], Config { both_sides: by_default, ..config() }, Reason::DeviceGoodEnough);
    check(&[0.1], Config { theta: 0.65, ..config() }, Reason::DeviceGoodEnough);
    check(&[0.1], Config { theta: 0.35, ..config() }, Reason::EdgeNeeded);
}
