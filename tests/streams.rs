//! Turns whose answer is more than text, or comes in another way than it was asked for: thinking,
//! tools, refusals, counts that are missing, bodies that are no stream. On a virtual clock, with a
//! scripted edge and a device that writes what it is told to.

mod support;

use std::time::Duration;

use nearside::config::{Config, Draft, EdgeConfig, Mode, SecondLook, Takeover};
use nearside::dialogue::{Message, Role};
use nearside::host::sim::{SimEdge, SimHost};
use nearside::routing::{Reason, Route};
use nearside::turn::{FinishReason, Router, TurnReport, TurnRequest};
use nearside::{Error, Result};
use serde_json::{Value, json};
use support::judge::Judge;
use support::scripted::ScriptedDevice;

type Scripted = Router<ScriptedDevice, Judge>;

fn config(mode: Mode) -> Config {
    let base_url = Some("http://edge.test/v1".to_owned());
    let edge = EdgeConfig { base_url, ..EdgeConfig::default() };
    Config { edge, mode, max_tokens: Some(40), catch_up_tokens: 0, ..Config::default() }
}

/// A router whose device says these answers, and without one has no device.
fn router(mode: Mode, answers: &[&[&'static str]], host: &SimHost) -> Scripted {
    let mut router = Scripted::new(config(mode), &host).unwrap();
    if !answers.is_empty() {
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        host.run(router.set_device(ScriptedDevice { answers, ..ScriptedDevice::default() }, &host))
            .unwrap();
    }
    router
}

fn hello() -> TurnRequest {
    TurnRequest::new(vec![Message::new(Role::User, "hello")])
}

fn run(router: &mut Scripted, request: &TurnRequest, host: &SimHost) -> Result<TurnReport> {
    host.run(router.turn(request, &host))
}

/// Events ten milliseconds apart, of these data lines.
fn events(data: &[Value]) -> Vec<(Duration, Vec<u8>)> {
    let event = |data: &Value| match data.as_str() {
        Some(text) => format!("data: {text}\n\n"),
        None => format!("data: {data}\n\n"),
    };
    data.iter().map(|data| (Duration::from_millis(10), event(data).into_bytes())).collect()
}

fn delta(delta: Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta}]})
}

fn text(text: &str) -> Value {
    delta(json!({"content": text}))
}

fn finish(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn usage(usage: Value) -> Value {
    json!({"choices": [], "usage": usage})
}

/// A turn that the edge alone answers so.
fn from_the_edge(data: &[Value]) -> Result<TurnReport> {
    let host = SimHost::new();
    host.then(SimEdge::Stream(events(data)));
    run(&mut router(Mode::EdgeOnly, &[], &host), &hello(), &host)
}

/// What the reader is told, by kind: text as it is, thinking in braces.
fn shown(host: &SimHost) -> String {
    let events = host.events.borrow();
    let text = |event: &Value| event["text"].as_str().unwrap_or_default().to_owned();
    let told = |event: &Value| match event["type"].as_str().unwrap() {
        "delta" => text(event),
        "thinking" => format!("{{{}}}", text(event)),
        "thought" => format!("<-{{{}}}", text(event)),
        "switch" if event["replaces"] == true => "|".to_owned(),
        "switch" => "/".to_owned(),
        _ => String::new(),
    };
    events.iter().map(told).collect::<String>().replace("}{", "")
}

#[test]
fn finish_reasons_reach_the_report_from_both_sides() {
    for (reason, expected) in [
        ("stop", FinishReason::Stop),
        ("eos", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("max_tokens", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
    ] {
        let report = from_the_edge(&[text("hi"), finish(reason), "[DONE]".into()]).unwrap();
        assert_eq!((report.finish_reason, &*report.text), (expected, "hi"), "{reason}");
    }
    let filtered = from_the_edge(&[finish("content_filter")]).unwrap();
    assert_eq!((filtered.finish_reason, &*filtered.text), (FinishReason::ContentFilter, ""));

    let host = SimHost::new();
    let mut device = router(Mode::DeviceOnly, &[&["a "; 60], &["b"]], &host);
    assert_eq!(run(&mut device, &hello(), &host).unwrap().finish_reason, FinishReason::Length);
    assert_eq!(run(&mut device, &hello(), &host).unwrap().finish_reason, FinishReason::Stop);
}

#[test]
fn a_stream_that_gives_no_reason_ends_as_far_as_it_can_be_told() {
    let done = from_the_edge(&[text("hi"), "[DONE]".into()]).unwrap();
    assert_eq!(done.finish_reason, FinishReason::Stop);
    let counts = usage(json!({"prompt_tokens": 3, "completion_tokens": 40}));
    let full = from_the_edge(&[text("hi"), counts, "[DONE]".into()]).unwrap();
    assert_eq!(full.finish_reason, FinishReason::Length, "it wrote all that it was allowed");
    assert_eq!(from_the_edge(&[text("hi")]).unwrap_err(), Error::EdgeBrokeOff);
}

#[test]
fn a_connection_that_stays_open_after_the_end_is_not_waited_for() {
    for stuck in [false, true] {
        let host = SimHost::new();
        let said = events(&[text("hi"), finish("stop")]);
        host.then(if stuck { SimEdge::Stuck(said) } else { SimEdge::Broken(said) });
        let report = run(&mut router(Mode::EdgeOnly, &[], &host), &hello(), &host).unwrap();
        assert_eq!(report.text, "hi");
        assert!(report.total_s < 1.2, "{}", report.total_s);
    }
}

#[test]
fn thinking_is_no_part_of_the_answer() {
    let apart = [
        delta(json!({"role": "assistant", "content": null})),
        delta(json!({"reasoning_content": "Hm, "})),
        delta(json!({"reasoning_content": "so."})),
        text("\n\nFour"),
        text("."),
        finish("stop"),
        usage(json!({"prompt_tokens": 3, "completion_tokens": 4,
            "completion_tokens_details": {"reasoning_tokens": 2}})),
    ];
    let within = [text("<th"), text("ink>\nHm, so.\n</"), text("think>\n\nFour."), finish("stop")];
    for (data, n_thinking, n_tokens) in [(&apart[..], 2, 4), (&within[..], 1, 8)] {
        let host = SimHost::new();
        host.then(SimEdge::Stream(events(data))).then(SimEdge::answer("next"));
        let mut router = router(Mode::EdgeOnly, &[], &host);
        let report = run(&mut router, &hello(), &host).unwrap();
        assert_eq!((&*report.text, &*report.thinking), ("Four.", "Hm, so."));
        assert_eq!(shown(&host), "{Hm, so.}Four.");
        let counted = (report.usage.reasoning_tokens, report.usage.completion_tokens);
        assert_eq!(counted, (n_thinking, n_tokens), "{:?}", report.usage);
        assert!(report.thought_s.is_some() && report.ttft_s.is_some());

        // What the edge has computed behind its thinking, the next prompt does not go on from.
        let mut next = hello();
        next.messages.push(Message::new(Role::Assistant, &*report.text));
        next.messages.push(Message::new(Role::User, "and?"));
        let report = run(&mut router, &next, &host).unwrap();
        assert!(report.decision.edge.missing_tokens > 0, "{:?}", report.decision.edge);
        assert!(!host.sent.borrow()[1].contains("so."), "thinking is not sent back");
    }
}

#[test]
fn the_devices_thinking_is_told_apart_too() {
    let host = SimHost::new();
    let answer: &[&str] =
        &["<think>", "\n", "Hm", ",", " so", ".", "\n", "</think>", "\n\n", "Four", "."];
    let mut device = router(Mode::DeviceOnly, &[answer, &["Five."]], &host);
    let report = run(&mut device, &hello(), &host).unwrap();
    assert_eq!((&*report.text, &*report.thinking), ("Four.", "Hm, so."));
    assert_eq!(shown(&host), "{Hm, so.}Four.");
    assert_eq!((report.usage.completion_tokens, report.usage.reasoning_tokens), (11, 9));
    assert_eq!(report.usage.x_estimated, Vec::<&str>::new());
    let plain = run(&mut device, &hello(), &host).unwrap();
    assert_eq!((&*plain.text, &*plain.thinking, plain.thought_s), ("Five.", "", None));
}

#[test]
fn a_template_may_open_the_devices_thought() {
    let host = SimHost::new();
    let mut router = Scripted::new(config(Mode::DeviceOnly), &&host).unwrap();
    let answers = vec![vec!["Hm", ".", "\n</th", "ink>", "\n\nFour."]];
    let device = ScriptedDevice { answers, opens_thought: true, ..ScriptedDevice::default() };
    host.run(router.set_device(device, &&host)).unwrap();
    let report = run(&mut router, &hello(), &host).unwrap();
    assert_eq!((&*report.text, &*report.thinking), ("Four.", "Hm."));
    assert_eq!(shown(&host), "{Hm.}Four.");
}

#[test]
fn an_edge_whose_template_opens_the_thought_is_understood_once_it_was_seen() {
    let host = SimHost::new();
    let aloud = events(&[text("Hm"), text(".\n</think>\n\n"), text("Four."), finish("stop")]);
    let plain = events(&[text("Fi"), text("ve."), finish("stop")]);
    host.then(SimEdge::Stream(aloud.clone())).then(SimEdge::Stream(aloud));
    host.then(SimEdge::Stream(plain.clone())).then(SimEdge::Stream(plain));
    let mut router = router(Mode::EdgeOnly, &[], &host);
    for (told, thinking, text) in [
        ("Hm.<-{Hm.}Four.", "Hm.", "Four."),
        ("{Hm.}Four.", "Hm.", "Four."),
        // It has stopped to think, which only its end tells.
        ("{Five.}Five.", "", "Five."),
        ("Five.", "", "Five."),
    ] {
        host.events.borrow_mut().clear();
        let report = run(&mut router, &hello(), &host).unwrap();
        assert_eq!((&*report.thinking, &*report.text), (thinking, text));
        assert_eq!(shown(&host), told);
    }
}

#[test]
fn a_side_that_takes_over_goes_on_from_the_answer_and_not_from_the_thinking() {
    // The edge dies while it thinks.
    let host = SimHost::new();
    host.then(SimEdge::Broken(events(&[delta(json!({"reasoning": "Hm"}))])));
    let mut first = router(Mode::PreferEdge, &[&["Four."]], &host);
    let report = run(&mut first, &hello(), &host).unwrap();
    assert_eq!((report.route, &*report.text), (Route::Device, "Four."));
    assert_eq!(shown(&host), "{Hm}/Four.");
    assert_eq!(report.usage.completion_tokens, 1);
    assert_eq!(first.device().unwrap().asked, ["User: hello\n"]);

    // And after it has begun its answer.
    let host = SimHost::new();
    host.then(SimEdge::Broken(events(&[text("<think>Hm</think>Fo")])));
    let mut second = router(Mode::PreferEdge, &[&["ur."]], &host);
    let report = run(&mut second, &hello(), &host).unwrap();
    assert_eq!((&*report.text, &*report.thinking), ("Four.", "Hm"));
    assert_eq!(second.device().unwrap().asked, ["User: hello\nAssistant: Fo\n"]);
    assert!(report.usage.x_estimated.contains(&"completion_tokens"), "the edge's part");

    // The device fails behind its thinking.
    let host = SimHost::new();
    host.then(SimEdge::answer("ur."));
    let mut third = Scripted::new(config(Mode::PreferDevice), &&host).unwrap();
    let answers = vec![vec!["<think>", "Hm", "</think>", "Fo"]];
    let device = ScriptedDevice { answers, breaks: true, ..ScriptedDevice::default() };
    host.run(third.set_device(device, &&host)).unwrap();
    let report = run(&mut third, &hello(), &host).unwrap();
    assert_eq!((&*report.text, &*report.thinking), ("Four.", "Hm"));
    let sent: Value = serde_json::from_str(&host.sent.borrow()[0]).unwrap();
    assert_eq!(sent["messages"][1], json!({"role": "assistant", "content": "Fo"}));
    assert_eq!(sent["max_tokens"], 39, "thinking takes no room from the answer");
}

#[test]
fn looks_judge_the_answer_and_not_the_thinking() {
    const THOUGHT: &[&str] =
        &["<think>", "A ", "long ", "thought ", "with ", "whole. ", "Sentences. ", "</think>"];
    let answer: Vec<&str> = THOUGHT.iter().copied().chain(["a "; 8]).collect();
    for draft in [Draft::Held, Draft::Shown] {
        let host = SimHost::new();
        host.then(SimEdge::answer("edge"));
        let second_look = SecondLook {
            first_tokens: 4,
            margin: 1.0,
            drift: 0.0,
            draft,
            takeover: Takeover::Replace,
            ..SecondLook::default()
        };
        let config = Config { second_look, alpha_per_s: 0.0, ..config(Mode::Auto) };
        let mut router = Scripted::new(config, &&host).unwrap();
        let answers = vec![answer.clone()];
        host.run(
            router.set_device(ScriptedDevice { answers, ..ScriptedDevice::default() }, &&host),
        )
        .unwrap();
        router.set_scorer(Judge::new(0.6, &[0.9]));
        let report = run(&mut router, &hello(), &host).unwrap();
        assert_eq!(report.looks[0].n_tokens, 4, "{:?}", report.looks);
        assert_eq!((report.route, &*report.text, &*report.thinking), (Route::Edge, "edge", ""));
        assert_eq!(report.switched.unwrap().draft.unwrap(), "a a a a ");
        let told = match draft {
            Draft::Held => "/edge",
            Draft::Shown => "{A long thought with whole. Sentences.}a a a |edge",
        };
        assert_eq!(shown(&host).replace("a a a a ", "a a a "), told);
    }
}

fn tools() -> TurnRequest {
    let tool = json!({"type": "function", "function": {"name": "f", "parameters": {}}});
    let mut request = hello();
    request.tools.tools.push(tool);
    request
}

fn call() -> Vec<Value> {
    vec![
        delta(json!({"tool_calls": [{"index": 0, "id": "a", "type": "function",
            "function": {"name": "f", "arguments": ""}}]})),
        delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]})),
    ]
}

#[test]
fn tools_that_were_offered_are_passed_on_and_their_results_too() {
    for reason in ["tool_calls", "stop"] {
        let host = SimHost::new();
        host.then(SimEdge::Stream(events(&[call(), vec![finish(reason)]].concat())));
        host.then(SimEdge::answer("It rains."));
        let mut router = router(Mode::PreferDevice, &[&["never"]], &host);
        let report = run(&mut router, &tools(), &host).unwrap();
        assert_eq!((report.route, report.reason), (Route::Edge, Reason::ToolsNeedEdge));
        assert!(report.sentence.contains("tools"), "{}", report.sentence);
        assert_eq!(report.finish_reason, FinishReason::ToolCalls);
        let whole = json!([{"id": "a", "type": "function",
            "function": {"name": "f", "arguments": "{}"}}]);
        assert_eq!(json!(report.tool_calls), whole);
        let pieces: Vec<Value> = host
            .events
            .borrow()
            .iter()
            .filter(|event| event["type"] == "tool_call")
            .cloned()
            .collect();
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1]["call"], json!({"index": 0, "function": {"arguments": "{}"}}));

        // The dialogue stays at the edge also without the tools being offered again.
        let mut next = hello();
        let answer = json!({"role": "assistant", "content": "", "tool_calls": whole});
        let result = json!({"role": "tool", "content": "rain", "tool_call_id": "a"});
        next.messages.push(serde_json::from_value(answer.clone()).unwrap());
        next.messages.push(serde_json::from_value(result.clone()).unwrap());
        let report = run(&mut router, &next, &host).unwrap();
        assert_eq!((report.reason, &*report.text), (Reason::ToolsNeedEdge, "It rains."));
        let sent: Value = serde_json::from_str(&host.sent.borrow()[1]).unwrap();
        assert_eq!((&sent["messages"][1], &sent["messages"][2]), (&answer, &result));
    }
}

#[test]
fn what_only_the_edge_gives_goes_there_with_all_that_was_asked() {
    let host = SimHost::new();
    let told = json!({"content": [{"token": "{}", "logprob": -0.1, "top_logprobs": []}]});
    let chunk = json!({"choices": [{"index": 0, "delta": {"content": "{}"}, "logprobs": told}]});
    host.then(SimEdge::Stream(events(&[chunk, finish("stop")])));
    let mut router = router(Mode::PreferDevice, &[&["never"], &["plain"]], &host);
    let mut request = hello();
    let passed = json!({"response_format": {"type": "json_object"}, "logprobs": true, "user": "a"});
    request.passed = passed.as_object().unwrap().clone();
    let report = run(&mut router, &request, &host).unwrap();
    assert_eq!(
        (report.route, report.reason, &*report.text),
        (Route::Edge, Reason::NeedsEdge, "{}")
    );
    let sent: Value = serde_json::from_str(&host.sent.borrow()[0]).unwrap();
    assert_eq!(
        (&sent["response_format"], &sent["user"]),
        (&passed["response_format"], &json!("a"))
    );
    let events = host.events.borrow();
    let logprobs = events.iter().find(|event| event["type"] == "logprobs").unwrap();
    assert_eq!(logprobs["logprobs"], told);
    drop(events);

    request.mode = Some(Mode::DeviceOnly);
    assert_eq!(run(&mut router, &request, &host).unwrap_err().code(), "needs_edge");
    // What is no demand on the answer is nobody's concern on the device.
    request.passed = json!({"user": "a"}).as_object().unwrap().clone();
    assert_eq!(run(&mut router, &request, &host).unwrap().route, Route::Device);
}

#[test]
fn tools_are_never_an_empty_answer() {
    let unasked = from_the_edge(&[call(), vec![finish("tool_calls")]].concat()).unwrap_err();
    assert_eq!(unasked, Error::EdgeToolCall("f".to_owned()));
    assert!(unasked.to_string().contains("`f`"));
    for reason in ["stop", "tool_calls"] {
        let empty = from_the_edge(&[finish(reason), "[DONE]".into()]).unwrap_err();
        assert_eq!(empty, Error::EdgeEmpty);
    }

    // The device takes over from an edge that wants a tool nobody offered, but cannot use tools.
    let host = SimHost::new();
    host.then(SimEdge::Stream(events(&call()))).then(SimEdge::Unreachable);
    let mut both = router(Mode::PreferEdge, &[&["Four."]], &host);
    let report = run(&mut both, &hello(), &host).unwrap();
    assert_eq!((&*report.text, &*report.switched.unwrap().reason), ("Four.", "edge_tool_call"));
    assert_eq!(run(&mut both, &tools(), &host).unwrap_err().code(), "edge_unreachable");
    let alone = TurnRequest { mode: Some(Mode::DeviceOnly), ..tools() };
    assert_eq!(run(&mut both, &alone, &host).unwrap_err(), Error::ToolsNeedEdge);
}

#[test]
fn a_refusal_is_shown_and_marked() {
    let refusal = delta(json!({"refusal": "I can't."}));
    let report = from_the_edge(&[refusal, finish("stop")]).unwrap();
    assert_eq!((&*report.text, report.refused), ("I can't.", true));
    assert!(!from_the_edge(&[text("I can."), finish("stop")]).unwrap().refused);
}

#[test]
fn what_was_not_counted_is_an_estimate() {
    let estimated = |data: &[Value]| from_the_edge(data).unwrap().usage;
    let told = [text("a"), text("b"), finish("stop")];
    let nothing = estimated(&told);
    let all = ["prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens"];
    assert_eq!((nothing.x_estimated, nothing.completion_tokens), (all.to_vec(), 2));
    let counts = |counts: Value| [&told[..], &[usage(counts)]].concat();
    let most = estimated(&counts(json!({"prompt_tokens": 5, "completion_tokens": 3})));
    assert_eq!((most.x_estimated, most.completion_tokens), (vec!["cached_tokens"], 3));
    let full = estimated(&counts(json!({"prompt_tokens": 5, "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 4}})));
    assert_eq!((full.x_estimated, full.cached_tokens), (vec![], 4));

    // Where the answer came in one piece, that is not one token.
    let whole = json!({"choices": [{"message": {"content": "four bytes a token, about".repeat(4)},
        "finish_reason": "stop"}]});
    let host = SimHost::new();
    host.then(SimEdge::Status(200, whole.to_string()));
    let report = run(&mut router(Mode::EdgeOnly, &[], &host), &hello(), &host).unwrap();
    assert_eq!(report.usage.completion_tokens, 25);

    // A turn that is stopped was not counted either.
    let host = SimHost::new();
    host.then(SimEdge::answer(&"word ".repeat(30)));
    host.abort_after_events.set(Some(6));
    let stopped = run(&mut router(Mode::EdgeOnly, &[], &host), &hello(), &host).unwrap();
    assert_eq!(stopped.finish_reason, FinishReason::Abort);
    assert!(stopped.usage.prompt_tokens > 0);
    assert_eq!(stopped.usage.x_estimated, all);
}

#[test]
fn bodies_that_are_no_stream_are_answers_or_errors_that_say_what_came() {
    let whole = json!({"object": "chat.completion", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": "Four."}, "finish_reason": "length"}]});
    for body in [whole.to_string(), format!("data: {whole}\n\n"), format!("\n\n{whole:#}")] {
        let host = SimHost::new();
        host.then(SimEdge::Status(200, body));
        let report = run(&mut router(Mode::EdgeOnly, &[], &host), &hello(), &host).unwrap();
        assert_eq!((&*report.text, report.finish_reason), ("Four.", FinishReason::Length));
    }
    for (body, code, sentence) in [
        ("<html><title>Sign in</title></html>", "edge_protocol", "“Sign in”"),
        (r#"{"error":"model 'm' not found"}"#, "edge_failed", "model 'm' not found"),
        ("", "edge_protocol", "an empty body"),
    ] {
        let host = SimHost::new();
        host.then(SimEdge::Status(200, body.to_owned()));
        let error = run(&mut router(Mode::EdgeOnly, &[], &host), &hello(), &host).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(sentence), "{error}");
    }
}

#[test]
fn a_prompt_that_turns_out_too_long_in_the_stream_is_shortened_as_any_other() {
    let host = SimHost::new();
    let refusal = json!({"error": {"code": 400,
        "message": "the request exceeds the available context size, try increasing it"}});
    host.then(SimEdge::Stream(events(&[refusal]))).then(SimEdge::answer("short"));
    let said = [(Role::User, "one"), (Role::Assistant, "two"), (Role::User, "three")];
    let messages = said.map(|(role, text)| Message::new(role, text)).to_vec();
    let request = TurnRequest::new(messages);
    let report = run(&mut router(Mode::EdgeOnly, &[], &host), &request, &host).unwrap();
    assert_eq!(report.text, "short");
    assert!(!host.sent.borrow()[1].contains("one"));
}

/// A dialogue with so many bytes in it.
fn dialogue(n_bytes: usize) -> TurnRequest {
    TurnRequest::new(vec![Message::new(Role::User, "many bytes ".repeat(n_bytes / 11))])
}

#[test]
fn on_a_server_without_probes_large_requests_tell_how_fast_the_way_up_is() {
    let host = SimHost::new();
    host.foreign.set(true);
    host.up_bytes_per_s.set(Some(50_000.0));
    let mut router = router(Mode::Auto, &[], &host);
    // The head comes at once, the first word half a second later.
    let slow_word = |host: &SimHost| {
        let mut answer = SimEdge::words("one two three four five ");
        answer[0].0 = Duration::from_millis(500);
        answer.extend(events(&[finish("stop"), "[DONE]".into()]));
        host.then(SimEdge::Stream(answer));
    };
    slow_word(&host);
    run(&mut router, &dialogue(300), &host).unwrap();
    assert!(!router.link(Duration::from_secs(200)).up_known);
    slow_word(&host);
    run(&mut router, &dialogue(40_000), &host).unwrap();
    let link = router.link(Duration::from_secs(200));
    assert!(link.up_known && !link.down_known);
    assert!((link.up_bytes_per_s / 50_000.0 - 1.0).abs() < 0.1, "{link:?}");
    // The time on the way is no prefill's, and the next decision counts it.
    slow_word(&host);
    let report = run(&mut router, &dialogue(40_000), &host).unwrap();
    assert!((report.decision.edge.upload_s - 0.8).abs() < 0.1, "{:?}", report.decision.edge);
}

#[test]
fn an_answer_that_comes_all_at_once_leaves_the_edges_rates_sane() {
    let host = SimHost::new();
    host.foreign.set(true);
    let mut router = router(Mode::EdgeOnly, &[], &host);
    let mut kept_back: Vec<u8> = Vec::new();
    events(&vec![text("word "); 100]).into_iter().for_each(|(_, event)| kept_back.extend(event));
    events(&[finish("stop")]).into_iter().for_each(|(_, event)| kept_back.extend(event));
    host.then(SimEdge::Stream(vec![(Duration::from_secs(5), kept_back)]));
    run(&mut router, &hello(), &host).unwrap();
    let rates = router.edge_rates();
    assert!((15.0..25.0).contains(&rates.decode_tps), "100 tokens in 5 s: {rates:?}");
    assert!(router.link(Duration::from_secs(200)).queue_s < 0.5);
}
