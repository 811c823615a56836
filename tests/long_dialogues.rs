//! Dialogues that do not fit: what is left out, and that what is kept stays the same from turn to turn.

mod support;

use std::sync::Arc;

use nearside::config::{Config, EdgeConfig, Mode};
use nearside::dialogue::{ChatTemplate, Date, Message, Role, Session, prompt_tokens, window};
use nearside::engine::Engine;
use nearside::host::sim::{SimEdge, SimHost};
use nearside::turn::{Router, TurnReport, TurnRequest};
use serde_json::Value;

const TINY: &str = "tiny-llama.gguf";
const N_CTX: usize = 256;

fn router(mode: Mode, host: &SimHost) -> Router {
    let base_url = Some("http://edge.test/v1".to_owned());
    let edge = EdgeConfig { base_url, ..EdgeConfig::default() };
    let config = Config { edge, mode, max_tokens: Some(6), ..Config::default() };
    let mut router = Router::new(config, &host).unwrap();
    let engine = Engine::new(support::model(TINY), N_CTX).unwrap();
    host.run(router.set_device(engine, &host)).unwrap();
    router
}

fn exchange(i: usize) -> [Message; 2] {
    [
        Message::new(Role::User, format!("question number {i}, please")),
        Message::new(Role::Assistant, format!("the answer to it is {}", 7 * i)),
    ]
}

fn history(n_exchanges: usize) -> Vec<Message> {
    (0..n_exchanges).flat_map(exchange).collect()
}

fn ask(router: &mut Router, host: &SimHost, messages: &[Message]) -> TurnReport {
    host.run(router.turn(&TurnRequest::new(messages.to_vec()), &host)).unwrap()
}

#[test]
fn beyond_the_context_most_turns_still_read_only_what_is_new() {
    let host = SimHost::new();
    let mut router = router(Mode::DeviceOnly, &host);
    let mut messages = Vec::new();
    let (mut n_full, mut n_anew, mut n_dropped) = (0, 0, 0);
    for turn in 0..40 {
        messages.push(exchange(turn)[0].clone());
        let report = ask(&mut router, &host, &messages);
        assert!(report.usage.prompt_tokens < N_CTX);
        assert!(report.dropped_messages >= n_dropped, "what was left out stays out");
        if report.dropped_messages > 0 {
            n_full += 1;
            n_anew += usize::from(report.dropped_messages > n_dropped);
            let reused = 2 * report.usage.cached_tokens > report.usage.prompt_tokens;
            assert_eq!(reused, report.dropped_messages == n_dropped, "turn {turn}: {report:?}");
        }
        n_dropped = report.dropped_messages;
        messages.push(Message::new(Role::Assistant, report.text));
    }
    assert!(n_full > 20, "{n_full} turns did not fit");
    assert!(2 * n_anew < n_full, "{n_anew} of {n_full} turns were read anew");
}

#[test]
fn a_page_that_comes_back_goes_on_where_it_was() {
    let host = SimHost::new();
    let mut first = router(Mode::DeviceOnly, &host);
    let mut messages = history(60);
    messages.push(exchange(60)[0].clone());
    let report = ask(&mut first, &host, &messages);
    assert!(report.dropped_messages > 60);
    let held = first.device().unwrap().tokens().to_vec();

    let mut second = router(Mode::DeviceOnly, &host);
    second.device_mut().unwrap().prefill(&held).unwrap();
    messages.push(Message::new(Role::Assistant, report.text));
    messages.push(exchange(61)[0].clone());
    let (on, back) = (ask(&mut first, &host, &messages), ask(&mut second, &host, &messages));
    assert_eq!(back.usage, on.usage);
    assert_eq!((back.text, back.dropped_messages), (on.text, on.dropped_messages));
}

/// The messages of each request that was sent.
fn sent(host: &SimHost) -> Vec<Vec<Message>> {
    let bodies = host.sent.borrow();
    let read = |body: &String| {
        let body: Value = serde_json::from_str(body).unwrap();
        serde_json::from_value(body["messages"].clone()).unwrap()
    };
    bodies.iter().map(read).collect()
}

#[test]
fn an_edge_that_finds_a_dialogue_too_long_is_told_half_of_it_from_then_on() {
    let host = SimHost::new();
    let too_long = r#"{"error":{"code":"context_length_exceeded","message":"too long"}}"#;
    host.then(SimEdge::Status(400, too_long.to_owned()))
        .then(SimEdge::Status(413, String::new()))
        .then(SimEdge::answer("yes"))
        .then(SimEdge::answer("no"));
    let mut router = router(Mode::EdgeOnly, &host);
    let mut messages = vec![Message::new(Role::System, "Be brief.")];
    messages.extend(history(400));
    messages.push(exchange(400)[0].clone());
    assert_eq!(ask(&mut router, &host, &messages).text, "yes");
    let requests = sent(&host);
    assert_eq!(requests[0], messages, "at first it is told all");
    let lengths: Vec<usize> = requests.iter().map(Vec::len).collect();
    assert!(lengths[1] <= lengths[0] / 2 + 2 && lengths[1] > lengths[0] / 5, "{lengths:?}");
    assert!(lengths[2] <= lengths[1] / 2 + 2 && lengths[2] > lengths[1] / 5, "{lengths:?}");
    for request in &requests {
        assert_eq!(request[0], messages[0], "the system prompt stays");
        assert!(messages.ends_with(&request[1..]) && request[1].role == Role::User);
    }

    messages.push(Message::new(Role::Assistant, "yes"));
    messages.push(exchange(401)[0].clone());
    assert_eq!(ask(&mut router, &host, &messages).text, "no");
    let requests = sent(&host);
    assert_eq!(requests.len(), 4, "it is not asked again what it has refused");
    assert!(requests[3].starts_with(&requests[2]), "and is told what its cache knows");
}

#[test]
fn an_edge_is_told_no_more_than_it_is_said_to_read() {
    let host = SimHost::new();
    host.then(SimEdge::answer("yes"));
    let mut router = router(Mode::EdgeOnly, &host);
    let changes = serde_json::json!({ "edge": { "context_tokens": 1000 } });
    router.set_config(router.config().with(changes).unwrap()).unwrap();
    let messages = [history(400), vec![exchange(400)[0].clone()]].concat();
    assert_eq!(ask(&mut router, &host, &messages).text, "yes");
    let told = sent(&host).remove(0);
    let n_bytes: usize = told.iter().map(|message| message.content.len()).sum();
    assert!((1000..=4000).contains(&n_bytes), "{n_bytes}");
    assert!(messages.ends_with(&told) && told[0].role == Role::User);
}

#[test]
fn a_dialogue_that_cannot_be_shortened_is_refused_with_the_edges_own_words() {
    let host = SimHost::new();
    let too_long = r#"{"error":{"code":"context_length_exceeded","message":"8192 is the most"}}"#;
    let refuses = SimEdge::Status(400, too_long.to_owned());
    host.then(refuses.clone()).then(refuses);
    let mut router = router(Mode::EdgeOnly, &host);
    let messages = [history(1), history(1)[..1].to_vec()].concat();
    let error = host.run(router.turn(&TurnRequest::new(messages), &&host)).unwrap_err();
    assert_eq!(error.code(), "prompt_too_long");
    assert!(error.to_string().contains("8192"), "{error}");
    assert_eq!(sent(&host).last().unwrap().len(), 1);
}

/// What a session knows already changes nothing of what comes out.
#[test]
fn a_prompt_in_parts_is_the_prompt_as_a_whole() {
    let model = support::model(TINY);
    let (tokenizer, template) = (model.tokenizer(), model.template());
    let mut session = Session::default();
    session.enter(&[], Date::UNKNOWN);
    let messages = history(120);
    for n in (1..messages.len()).chain([3, 50, 7]) {
        let fitted = session.fit(tokenizer, template, &messages[..n], 180).unwrap();
        let anew = Session::default().fit(tokenizer, template, &messages[..n], 180).unwrap();
        assert_eq!(fitted, anew, "{n}");
        let kept = window::kept(&messages[..n], fitted.dropped_messages);
        let opens = kept.last().unwrap().role == Role::User;
        let whole = prompt_tokens(tokenizer, template, &kept, opens, Date::UNKNOWN).unwrap();
        assert_eq!(fitted.tokens, whole, "{n}");
        assert!(whole.len() <= 180 && (fitted.dropped_messages == 0 || whole.len() > 60), "{n}");
    }
}

#[test]
fn long_messages_are_not_dropped_more_than_they_must_be() {
    let model = support::model(TINY);
    let long = |role, letter: &str| Message::new(role, letter.repeat(70));
    let messages = [
        long(Role::User, "a"),
        long(Role::Assistant, "b"),
        long(Role::User, "c"),
        long(Role::Assistant, "d"),
        Message::new(Role::User, "e"),
    ];
    let mut session = Session::default();
    let mut fit = |n_room| session.fit(model.tokenizer(), model.template(), &messages, n_room);
    let whole = fit(usize::MAX / 16).unwrap();
    assert_eq!(whole.dropped_messages, 0);
    assert_eq!(fit(whole.tokens.len()).unwrap(), whole);
    assert_eq!(fit(whole.tokens.len() - 1).unwrap().dropped_messages, 2);
    let last = fit(20).unwrap();
    assert_eq!(last.dropped_messages, 4);
    let error = fit(last.tokens.len() - 1).unwrap_err();
    assert_eq!(error.code(), "prompt_too_long");
    assert!(error.to_string().contains(&last.tokens.len().to_string()), "{error}");
}

/// A date in the prompt stays the one of the first day, also of a dialogue that an earlier visit left.
#[test]
fn a_dialogue_keeps_its_date() {
    let model: Arc<_> = support::model(TINY);
    let source =
        "{{ strftime_now('%d %b %Y') }}{% for m in messages %}<|user|>{{ m.content }}{% endfor %}";
    let template = ChatTemplate::new(source, "", "").unwrap();
    let day = |day| Date::new(2026, 11, day).unwrap();
    let shown = |session: &mut Session, messages: &[Message], today| {
        session.enter(messages, today);
        let prompt = session.fit(model.tokenizer(), &template, messages, 200).unwrap();
        model.tokenizer().decode(&prompt.tokens)
    };
    let messages = [history(1), history(1)[..1].to_vec()].concat();
    let mut session = Session::default();
    assert!(shown(&mut session, &messages[..1], day(27)).starts_with("27 Nov 2026"));
    assert!(shown(&mut session, &messages, day(28)).starts_with("27 Nov 2026"));
    let began = session.began().unwrap();
    let mut later = Session::default();
    later.carry(began);
    assert!(shown(&mut later, &messages, day(29)).starts_with("27 Nov 2026"));
    assert!(shown(&mut later, &messages[2..], day(29)).starts_with("29 Nov 2026"), "a new one");
}
