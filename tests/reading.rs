//! Drafts that the edge reads before the router makes up its mind, on a virtual clock: the real engine
//! with tiny weights, a judge that says what it is told to, and a scripted edge.

mod support;

use std::time::Duration;

use nearside::Result;
use nearside::config::{Config, DraftReading, EdgeConfig, SecondLook};
use nearside::dialogue::{Message, Role};
use nearside::host::sim::{SimEdge, SimHost};
use nearside::routing::Route;
use nearside::turn::ReadingKind::{Probabilities, Verdict};
use nearside::turn::{FinishReason, TurnReport, TurnRequest};
use support::judge::{Judge, Judged, judged, shown};

/// Only the finished answer is looked at.
fn config() -> Config {
    let base_url = Some("http://edge.test/v1".to_owned());
    Config {
        edge: EdgeConfig { base_url, ..EdgeConfig::default() },
        alpha_per_s: 0.0,
        theta: 0.5,
        max_tokens: Some(24),
        second_look: SecondLook {
            first_tokens: 1000,
            margin: 0.0,
            drift: 0.0,
            reading: DraftReading { drift: 0.2, price: 0.02, ..DraftReading::default() },
            ..SecondLook::default()
        },
        ..Config::default()
    }
}

/// The prompt leaves it to the device, the look says `looks`, and the reading `reads`.
fn router(looks: f64, reads: f64, config: Config, host: &SimHost) -> Judged {
    let mut router = judged(0.1, &[looks], config, host);
    router.set_scorer(Judge::new(0.1, &[looks]).reading(reads));
    router
}

fn run(router: &mut Judged, host: &SimHost) -> Result<TurnReport> {
    let request = TurnRequest::new(vec![Message::new(Role::User, "hello")]);
    host.run(router.turn(&request, &host))
}

/// What a server says that reads.
fn a_reading() -> SimEdge {
    let place = r#"{"7":{"logprob":-0.5,"rank":1,"decoded_token":"x"}}"#;
    let places = vec![place; 200].join(",");
    let body = format!(
        r#"{{"choices":[{{"message":{{"content":""}},"finish_reason":"stop"}}],
            "usage":{{"prompt_tokens":30,"prompt_tokens_details":{{"cached_tokens":4}}}},
            "prompt_logprobs":[{places}]}}"#
    );
    SimEdge::Stream(vec![(Duration::from_millis(40), body.into_bytes())])
}

fn sent(host: &SimHost) -> Vec<serde_json::Value> {
    let sent = host.sent.borrow();
    sent.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

#[test]
fn an_answer_that_the_edge_likes_is_kept() {
    let host = SimHost::new();
    host.then(a_reading());
    let report = run(&mut router(0.45, 0.2, config(), &host), &host).unwrap();
    assert_eq!((report.route, report.switched), (Route::Device, None));
    assert_eq!(shown(&host), report.text);
    let sent = sent(&host);
    assert_eq!(sent.len(), 1, "it was asked for no answer");
    assert_eq!((&sent[0]["prompt_logprobs"], &sent[0]["max_tokens"]), (&1.into(), &1.into()));
    assert_eq!(sent[0]["messages"][1]["content"], report.text);
    let reading = report.reading.unwrap();
    assert_eq!((reading.p_before, reading.p, reading.error), (0.45, Some(0.2), None));
    assert_eq!((reading.prompt_tokens, reading.cached_tokens), (Some(30), Some(4)));
    assert!(reading.took_s >= 0.04 && reading.took_s < 1.0, "{}", reading.took_s);
    let looks: Vec<(f64, bool)> = report.looks.iter().map(|look| (look.p, look.read)).collect();
    assert_eq!(looks, [(0.2, true)]);
}

#[test]
fn an_answer_that_it_does_not_like_it_answers_itself() {
    let host = SimHost::new();
    host.then(a_reading()).then(SimEdge::answer("much better"));
    let report = run(&mut router(0.45, 0.8, config(), &host), &host).unwrap();
    assert_eq!((report.route, report.text.as_str()), (Route::Edge, "much better"));
    assert_eq!(shown(&host), "much better", "the draft was held");
    let sent = sent(&host);
    assert_eq!(sent.len(), 2);
    assert!(sent[1].get("prompt_logprobs").is_none());
}

/// A reading that cannot change anything is not asked for.
#[test]
fn only_what_is_in_doubt_is_read() {
    let n_sent = |looks: f64, change: fn(&mut Config)| {
        let host = SimHost::new();
        host.then(SimEdge::answer("much better"));
        let mut config = config();
        change(&mut config);
        let report = run(&mut router(looks, 0.2, config, &host), &host).unwrap();
        (host.sent.borrow().len(), report.route, report.reading.is_some())
    };
    assert_eq!(n_sent(0.02, |_| ()), (0, Route::Device, false), "the answer is good");
    assert_eq!(n_sent(0.98, |_| ()), (1, Route::Edge, false), "the answer is bad");
    let off = |config: &mut Config| config.second_look.reading.enabled = false;
    assert_eq!(n_sent(0.45, off), (0, Route::Device, false));
    let sparing = |config: &mut Config| config.data_saver = true;
    assert_eq!(n_sent(0.45, sparing), (0, Route::Device, false));
    let dear = |config: &mut Config| config.second_look.reading.price = 1.0;
    assert_eq!(n_sent(0.45, dear), (0, Route::Device, false), "it costs as much as an answer");
    let late = |config: &mut Config| config.alpha_per_s = 10.0;
    assert!(!n_sent(0.45, late).2, "it takes too long");
}

/// What the look found then decides.
#[test]
fn an_edge_that_cannot_read_does_no_harm() {
    let check = |edge: SimEdge, looks: f64, error: &str, asks_again: bool| {
        let host = SimHost::new();
        host.then(edge).then(SimEdge::answer("much better"));
        let mut router = router(looks, 0.0, config(), &host);
        let report = run(&mut router, &host).unwrap();
        let route = if looks > 0.5 { Route::Edge } else { Route::Device };
        assert_eq!(report.route, route, "{error}");
        let reading = report.reading.unwrap();
        assert_eq!((reading.p, reading.error.as_deref()), (None, Some(error)));
        assert_eq!(report.looks.len(), 1);
        host.advance(Duration::from_secs(100));
        host.then(a_reading());
        let later = run(&mut router, &host).unwrap();
        assert_eq!(later.reading.is_some(), asks_again, "{error}");
    };
    let verdict = r#"{"choices":[{"message":{"content":"Looks right."},"finish_reason":"stop"}]}"#;
    for looks in [0.45, 0.55] {
        check(whole(verdict), looks, "not_offered", false);
        check(
            SimEdge::Status(400, r#"{"error":"unknown field"}"#.into()),
            looks,
            "not_offered",
            false,
        );
        check(SimEdge::Status(404, String::new()), looks, "not_offered", false);
        check(whole("Looks right to me."), looks, "edge_protocol", true);
        check(
            whole(r#"{"prompt_logprobs":[{"7":{"logprob":NaN}}]}"#),
            looks,
            "edge_protocol",
            true,
        );
        check(SimEdge::Status(503, String::new()), looks, "edge_failed", true);
    }
    check(SimEdge::Unreachable, 0.45, "edge_unreachable", true);
    check(SimEdge::Silent, 0.45, "edge_timeout", true);
    check(SimEdge::Broken(vec![]), 0.45, "edge_broke_off", true);
}

/// The same where a yes or no may be asked for, of which the judge would make 0.2 or 0.8.
fn hearing(host: &SimHost) -> Judged {
    let mut config = config();
    config.second_look.reading.verdicts = true;
    let mut router = judged(0.1, &[0.45], config, host);
    router.set_scorer(Judge::new(0.1, &[0.45]).reading(0.0).hearing(0.2, 0.8));
    router
}

/// A server that knows no `prompt_logprobs` has said so, in one way or another.
fn after_a_refusal(edge: SimEdge, host: &SimHost) -> Judged {
    let mut router = hearing(host);
    host.then(edge);
    let report = run(&mut router, host).unwrap();
    let reading = report.reading.unwrap();
    assert_eq!((reading.kind, reading.error.as_deref()), (Probabilities, Some("not_offered")));
    assert_eq!((report.route, reading.p), (Route::Device, None));
    host.advance(Duration::from_secs(100));
    router
}

fn refusal() -> SimEdge {
    SimEdge::Status(400, r#"{"error":{"message":"Unknown parameter: 'prompt_logprobs'."}}"#.into())
}

fn whole(body: &str) -> SimEdge {
    SimEdge::Stream(vec![(Duration::from_millis(40), body.as_bytes().to_vec())])
}

fn says(text: &str) -> SimEdge {
    whole(&format!(
        r#"{{"choices":[{{"message":{{"content":"{text}"}},"finish_reason":"length"}}]}}"#
    ))
}

fn says_with(yes: &str, no: &str) -> SimEdge {
    whole(&format!(
        r#"{{"choices":[{{"message":{{"content":"Yes"}},"logprobs":{{"content":[{{"token":"Yes",
            "logprob":{yes},"top_logprobs":[{{"token":"Yes","logprob":{yes}}},
            {{"token":"no","logprob":{no}}}]}}]}}}}],
            "usage":{{"prompt_tokens":30,"prompt_tokens_details":{{"cached_tokens":4}}}}}}"#
    ))
}

#[test]
fn an_edge_that_tells_no_probabilities_is_asked_for_a_yes_or_no() {
    let ignores = || says("I");
    for (refuses, says, p) in [
        (refusal(), says(" Yes"), 0.2),
        (ignores(), says("NO."), 0.8),
        (ignores(), says_with("-0.2876820724517809", "-1.3862943611198906"), 0.35),
    ] {
        let host = SimHost::new();
        let mut router = after_a_refusal(refuses, &host);
        host.then(says).then(SimEdge::answer("much better"));
        let report = run(&mut router, &host).unwrap();
        let route = if p > 0.5 { Route::Edge } else { Route::Device };
        assert_eq!((report.route, report.text == "much better"), (route, p > 0.5));
        let reading = report.reading.unwrap();
        assert_eq!((reading.kind, reading.p_before, reading.error), (Verdict, 0.45, None));
        assert!((reading.p.unwrap() - p).abs() < 1e-9, "{:?} is not {p}", reading.p);
        assert!((0.8 - 0.6 * reading.yes.unwrap() - p).abs() < 1e-9);
        let looks: Vec<bool> = report.looks.iter().map(|look| look.read).collect();
        assert_eq!(looks, [true]);
        let asked = &sent(&host)[1];
        assert_eq!((&asked["max_tokens"], &asked["logprobs"]), (&1.into(), &true.into()));
        let roles = [0, 1, 2].map(|at| asked["messages"][at]["role"].clone());
        assert_eq!(roles, ["user", "assistant", "user"]);
        assert!(asked["messages"][2]["content"].as_str().unwrap().contains("yes"));
        assert!(asked.get("prompt_logprobs").is_none());
    }
}

/// The look decides as if nobody had asked, and nobody asks again.
#[test]
fn what_is_neither_yes_nor_no_does_no_harm() {
    let check = |edge: SimEdge, error: &str| {
        let host = SimHost::new();
        let mut router = after_a_refusal(refusal(), &host);
        host.then(edge);
        let report = run(&mut router, &host).unwrap();
        assert_eq!((report.route, report.looks.len()), (Route::Device, 1), "{error}");
        assert_eq!(report.looks[0].p, 0.45);
        let reading = report.reading.unwrap();
        assert_eq!((reading.kind, reading.p, reading.yes), (Verdict, None, None));
        assert_eq!(reading.error.as_deref(), Some(error));
        host.advance(Duration::from_secs(100));
        host.then(says("Yes"));
        let later = run(&mut router, &host).unwrap();
        assert!(later.reading.is_none(), "{error}: asked again");
    };
    check(says("Maybe"), "edge_protocol");
    check(says_with("NaN", "-1"), "edge_protocol");
    check(whole("Yes"), "edge_protocol");
    check(SimEdge::Status(503, String::new()), "edge_failed");
    check(SimEdge::Unreachable, "edge_unreachable");
    check(SimEdge::Silent, "edge_timeout");
}

/// One that refuses `logprobs` too, or begins with a blank, is asked once more, for a few tokens and no more.
#[test]
fn the_barest_words_are_the_last() {
    for first in [refusal(), says(""), says("\\n")] {
        let host = SimHost::new();
        let mut router = after_a_refusal(refusal(), &host);
        let mut turn = |edge: SimEdge| {
            host.then(edge);
            let report = run(&mut router, &host).unwrap();
            host.advance(Duration::from_secs(100));
            report.reading
        };
        assert_eq!(turn(first).unwrap().error.as_deref(), Some("not_offered"));
        assert_eq!(turn(says("\\n\\nYes.")).unwrap().yes, Some(1.0));
        let sent = sent(&host);
        let asked = sent.last().unwrap();
        assert_eq!(asked["max_tokens"], 8);
        assert!(asked.get("logprobs").is_none());
        assert_eq!(turn(refusal()).unwrap().error.as_deref(), Some("not_offered"));
        assert!(turn(says("Yes")).is_none(), "asked again");
    }
}

#[test]
fn a_word_that_would_tell_nothing_is_not_asked_for() {
    let host = SimHost::new();
    let mut router = after_a_refusal(refusal(), &host);
    router.set_scorer(Judge::new(0.1, &[0.45]).reading(0.0).hearing(0.45, 0.45));
    host.then(says("Yes"));
    assert!(run(&mut router, &host).unwrap().reading.is_none());
    router.set_scorer(Judge::new(0.1, &[0.45]).reading(0.0));
    assert!(run(&mut router, &host).unwrap().reading.is_none());
    // One that knows nothing of probabilities is not told any.
    let host = SimHost::new();
    let mut router = hearing(&host);
    router.set_scorer(Judge::new(0.1, &[0.45]).hearing(0.2, 0.8));
    host.then(says("Yes"));
    assert_eq!(run(&mut router, &host).unwrap().reading.unwrap().yes, Some(1.0));
}

#[test]
fn a_turn_that_is_stopped_while_the_edge_reads_ends_at_once() {
    let host = SimHost::new();
    host.then(a_reading());
    run(&mut router(0.45, 0.2, config(), &host), &host).unwrap();
    let asked = host.events.borrow().iter().position(|event| event["type"] == "reading");
    let host = SimHost::new();
    host.abort_after_events.set(asked.map(|at| at + 1));
    host.then(a_reading());
    let report = run(&mut router(0.45, 0.2, config(), &host), &host).unwrap();
    assert_eq!((report.finish_reason, report.route), (FinishReason::Abort, Route::Device));
    assert_eq!(shown(&host), report.text, "what was held is not lost");
    assert_eq!(host.n_open_streams(), 0);
}
