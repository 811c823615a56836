//! Answers that are none: what is wrong with them for all to see, without a scorer, on a virtual
//! clock, with a device that writes what it is told to.

mod support;

use nearside::config::{Config, EdgeConfig, Mode};
use nearside::dialogue::{Message, Role};
use nearside::host::sim::{SimEdge, SimHost};
use nearside::routing::{Flaw, Route, Scorer};
use nearside::turn::{FinishReason, Router, TurnReport, TurnRequest};
use support::judge::shown;
use support::scripted::ScriptedDevice;

const LOOP: &str = "Je suis toujou, ";
const REFUSAL: &str = "I'm sorry, but I can't assist with that.";

fn config(mode: Mode) -> Config {
    let base_url = Some("http://edge.test/v1".to_owned());
    let edge = EdgeConfig { base_url, ..EdgeConfig::default() };
    // What nobody knows anything of is the device's.
    Config { edge, mode, theta: 0.7, ..Config::default() }
}

/// What becomes of a turn in which the device writes `text`. There is no scorer.
fn turn(text: &str, config: Config, host: &SimHost, max_tokens: Option<usize>) -> TurnReport {
    // A word is a token; whatever a test says may live as long as it runs.
    let words = text.to_owned().leak().split_inclusive(' ').collect();
    let device = ScriptedDevice { answers: vec![words], ..ScriptedDevice::default() };
    let mut router: Router<ScriptedDevice, Scorer> = Router::new(config, &host).unwrap();
    host.run(router.set_device(device, &host)).unwrap();
    let mut request = TurnRequest::new(vec![Message::new(Role::User, "hello")]);
    request.max_tokens = max_tokens;
    host.run(router.turn(&request, &host)).unwrap()
}

fn host_with_edge() -> SimHost {
    let host = SimHost::new();
    host.then(SimEdge::answer("much better"));
    host
}

#[track_caller]
fn check_taken_over(text: &str, flaw: Flaw) {
    let host = host_with_edge();
    let report = turn(text, config(Mode::Auto), &host, None);
    assert_eq!((report.route, report.text.as_str()), (Route::Edge, "much better"), "{text:.60}");
    assert_eq!((report.flaw, report.looks.last().unwrap().flaw), (None, Some(flaw)));
    let switched = report.switched.unwrap();
    assert_eq!(
        (switched.reason.as_str(), switched.sentence.as_str()),
        ("second_look", flaw.sentence())
    );
    assert!(shown(&host).ends_with("|much better"), "what was shown is said to be a draft");
}

#[test]
fn an_answer_that_is_none_goes_to_the_edge_without_a_scorer() {
    check_taken_over(&LOOP.repeat(400), Flaw::Repetition);
    check_taken_over(REFUSAL, Flaw::Refusal);
}

#[test]
fn a_round_of_many_sentences_is_one_on_either_side() {
    let sentence = "They are also highly intelligent and can be trained to perform various tasks, \
                    including hunting, agility, and obedience.";
    let paragraph = format!("{}\n\n", [sentence; 4].join(" "));
    check_taken_over(&paragraph.repeat(30), Flaw::Repetition);
    let host = SimHost::new();
    host.then(SimEdge::answer(&paragraph.repeat(30)));
    let report = turn("unused", config(Mode::EdgeOnly), &host, None);
    assert_eq!(report.flaw, Some(Flaw::Repetition));
    assert!(report.text.len() < 2 * paragraph.len() + 480, "{} bytes", report.text.len());
}

#[test]
fn an_answer_that_says_nothing_goes_to_the_edge() {
    let host = host_with_edge();
    let report = turn("", config(Mode::Auto), &host, None);
    assert_eq!((report.route, report.text.as_str()), (Route::Edge, "much better"));
}

#[test]
fn where_nobody_can_take_over_a_loop_ends_and_is_told() {
    let host = SimHost::new();
    let report = turn(&format!("Bon. {}", LOOP.repeat(400)), config(Mode::DeviceOnly), &host, None);
    assert_eq!((report.route, report.flaw), (Route::Device, Some(Flaw::Repetition)));
    assert_eq!(report.finish_reason, FinishReason::Stop);
    assert!(report.text.starts_with("Bon. Je suis toujou, "), "{}", report.text);
    assert!(report.text.len() < 400, "it ends soon: {} bytes", report.text.len());
    assert_eq!(report.text, shown(&host), "what was shown is not taken back");
    let refused = turn(REFUSAL, config(Mode::DeviceOnly), &SimHost::new(), None);
    assert_eq!((refused.flaw, refused.text.as_str()), (Some(Flaw::Refusal), REFUSAL));
}

#[test]
fn an_answer_ends_where_the_model_ends_it() {
    let long: String = (0..1500).map(|i| format!("word{i} ")).collect();
    let report = turn(&long, config(Mode::DeviceOnly), &SimHost::new(), None);
    assert_eq!((report.text.as_str(), report.finish_reason), (long.as_str(), FinishReason::Stop));
    assert_eq!(report.flaw, None);
    assert!(report.max_tokens >= 1500, "{}", report.max_tokens);
}

#[test]
fn a_bound_that_nobody_asked_for_is_a_flaw_and_one_that_was_asked_for_is_not() {
    let long: String = (0..1500).map(|i| format!("word{i} ")).collect();
    let brief = Config { max_answer_s: 0.1, ..config(Mode::DeviceOnly) };
    let cut = turn(&long, brief, &SimHost::new(), None);
    assert_eq!((cut.finish_reason, cut.flaw), (FinishReason::Length, Some(Flaw::Truncation)));
    assert_eq!((cut.usage.completion_tokens, cut.max_tokens), (256, 256));
    let asked = turn(&long, config(Mode::DeviceOnly), &SimHost::new(), Some(10));
    assert_eq!((asked.finish_reason, asked.flaw), (FinishReason::Length, None));
    let configured = Config { max_tokens: Some(10), ..config(Mode::Auto) };
    let host = host_with_edge();
    assert_eq!(turn(&long, configured, &host, None).flaw, None);
    assert!(host.sent.borrow().is_empty(), "an answer as long as it should be is no reason to ask");
}

#[test]
fn an_edge_that_goes_round_in_circles_is_stopped() {
    let host = SimHost::new();
    host.then(SimEdge::answer(&LOOP.repeat(400)));
    let report = turn("unused", config(Mode::EdgeOnly), &host, None);
    assert_eq!((report.route, report.flaw), (Route::Edge, Some(Flaw::Repetition)));
    assert!(report.text.len() < 400, "{} bytes", report.text.len());
    assert_eq!(host.n_open_streams(), 0, "the request is ended");
}

#[test]
fn an_edge_is_told_a_length_only_where_there_is_one() {
    let sent = |config: Config, asked: Option<usize>| {
        let host = host_with_edge();
        turn("unused", config, &host, asked);
        let body: serde_json::Value = serde_json::from_str(&host.sent.borrow()[0]).unwrap();
        body["max_tokens"].clone()
    };
    assert!(sent(config(Mode::EdgeOnly), None).is_null());
    assert_eq!(sent(config(Mode::EdgeOnly), Some(7)), 7);
    assert_eq!(sent(Config { max_tokens: Some(9), ..config(Mode::EdgeOnly) }, None), 9);
}

#[test]
fn an_edge_without_an_end_is_cut_where_the_estimate_says() {
    let endless: String = (0..3000).map(|i| format!("word{i} ")).collect();
    let host = SimHost::new();
    host.then(SimEdge::answer(&endless));
    let config = Config { max_answer_s: 0.1, ..config(Mode::EdgeOnly) };
    let report = turn("unused", config, &host, None);
    assert_eq!((report.finish_reason, report.max_tokens), (FinishReason::Length, 256));
    assert_eq!(report.text.split_whitespace().count(), 256);
}
