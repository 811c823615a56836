//! Turns with an engine of another's on the device, which tells little of itself, on a virtual clock.

mod support;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use nearside::config::{Config, EdgeConfig, Mode, SecondLook};
use nearside::dialogue::{Message, Role};
use nearside::engine::Finish;
use nearside::guest::{Asked, Capabilities, Guest, GuestEngine, GuestInfo, Keeps, Piece};
use nearside::host::sim::{SimEdge, SimHost};
use nearside::routing::{Abilities, Ability, Confidence, Item, Route, Score, quiz::questions};
use nearside::turn::models::ScoringModel;
use nearside::turn::{FinishReason, Router, TurnReport, TurnRequest};
use nearside::{Error, Result};
use support::judge::{Judge, shown};

type Come = Result<Piece>;

/// Gives what a test has written down, one answer after the other, and remembers what it was asked.
#[derive(Clone, Default)]
struct Script {
    answers: Rc<RefCell<VecDeque<Vec<Come>>>>,
    asked: Rc<RefCell<Vec<Asked>>>,
}

impl Guest for Script {
    /// What is still to come, and a share in the script: so that it shows who still reads.
    type Answer = (VecDeque<Come>, Rc<RefCell<Vec<Asked>>>);

    fn start(&self, asked: &Asked) -> Result<Self::Answer> {
        self.asked.borrow_mut().push(asked.clone());
        let pieces = self.answers.borrow_mut().pop_front().expect("an answer is written down");
        Ok((pieces.into(), Rc::clone(&self.asked)))
    }

    async fn next(&self, (pieces, _): &mut Self::Answer) -> Come {
        pieces.pop_front().expect("nobody asks on after the end")
    }
}

impl Script {
    fn then(&self, answer: Vec<Come>) -> &Script {
        self.answers.borrow_mut().push_back(answer);
        self
    }

    /// What it was asked last, without the measuring.
    fn last_asked(&self) -> Asked {
        self.asked.borrow().last().unwrap().clone()
    }

    fn n_open(&self) -> usize {
        Rc::strong_count(&self.asked) - 2
    }
}

fn text(text: &str) -> Come {
    Ok(Piece { text: text.to_owned(), ..Piece::default() })
}

fn done(finish: Finish) -> Come {
    Ok(Piece { finish: Some(finish), ..Piece::default() })
}

/// An answer that is whole.
fn says(pieces: &[&str]) -> Vec<Come> {
    let texts = pieces.iter().map(|piece| text(piece));
    texts.chain([done(Finish::Stop)]).collect()
}

type Guested = Router<GuestEngine<Script>, Judge>;

struct Stage {
    host: SimHost,
    script: Script,
    router: Guested,
}

fn config(mode: Mode) -> Config {
    let base_url = Some("http://edge.test/v1".to_owned());
    Config {
        edge: EdgeConfig { base_url, ..EdgeConfig::default() },
        mode,
        alpha_per_s: 0.0,
        second_look: SecondLook {
            first_tokens: 4,
            margin: 0.0,
            drift: 0.0,
            ..SecondLook::default()
        },
        ..Config::default()
    }
}

/// The prompt is the device's; of answers a judge says what is given, one word for each look.
fn stage(can: Capabilities, looks: &[f64], config: Config) -> Stage {
    let (host, script) = (SimHost::new(), Script::default());
    script.then(says(&["twenty-one", " twenty-two"]));
    let info = GuestInfo {
        name: "theirs".to_owned(),
        context_tokens: 1024,
        capabilities: can,
        sampling: Default::default(),
    };
    let engine = GuestEngine::new(script.clone(), info).unwrap();
    let mut router: Guested = Router::new(config, &&host).unwrap();
    host.run(router.set_device(engine, &&host)).unwrap();
    router.set_scorer(Judge::new(0.2, looks));
    Stage { host, script, router }
}

impl Stage {
    fn ask(&mut self, messages: &[(Role, &str)]) -> Result<TurnReport> {
        self.turn(TurnRequest::new(dialogue(messages)))
    }

    fn turn(&mut self, request: TurnRequest) -> Result<TurnReport> {
        self.host.run(self.router.turn(&request, &&self.host))
    }
}

fn dialogue(messages: &[(Role, &str)]) -> Vec<Message> {
    messages.iter().map(|(role, text)| Message::new(*role, *text)).collect()
}

const PREFIX: Capabilities = Capabilities {
    continues_answers: true,
    keeps_prefix: Keeps::Prefix,
    token_counts: true,
    limits_length: true,
    reads_ahead: true,
};
const NOTHING: Capabilities = Capabilities {
    continues_answers: false,
    keeps_prefix: Keeps::Nothing,
    token_counts: false,
    limits_length: false,
    reads_ahead: false,
};
const WHOLE: Capabilities = Capabilities { keeps_prefix: Keeps::Whole, ..NOTHING };
const HELLO: &[(Role, &str)] = &[(Role::System, "Be kind."), (Role::User, "Hello?")];

#[test]
fn it_is_asked_the_messages_and_what_it_says_is_shown() {
    let mut stage = stage(NOTHING, &[], config(Mode::Auto));
    stage.script.then(says(&["Hello ", "to ", "you."]));
    let report = stage.ask(HELLO).unwrap();
    assert_eq!((report.route, report.text.as_str()), (Route::Device, "Hello to you."));
    assert_eq!((shown(&stage.host), report.finish_reason), (report.text, FinishReason::Stop));
    let asked = stage.script.last_asked();
    let told: Vec<_> =
        asked.messages.iter().map(|said| (said.role, said.content.as_str())).collect();
    assert_eq!(told, HELLO);
    assert!(!asked.goes_on && !asked.reads_only && asked.max_tokens > 0);
    // "Hello to you." by its length.
    assert_eq!(report.usage.completion_tokens, 4);
    assert_eq!(stage.script.n_open(), 0, "nothing goes on");
}

#[test]
fn its_counts_are_taken_where_it_has_some() {
    let mut stage = stage(PREFIX, &[], config(Mode::Auto));
    let piece =
        |text: &str, tokens| Ok(Piece { text: text.to_owned(), tokens, ..Piece::default() });
    let read = Ok(Piece { read: Some(0.5), ..Piece::default() });
    stage.script.then(vec![
        read,
        piece("Hello", Some(3)),
        piece(" you", Some(2)),
        done(Finish::Stop),
    ]);
    let report = stage.ask(HELLO).unwrap();
    assert_eq!((report.usage.completion_tokens, report.text.as_str()), (5, "Hello you"));
    let events = stage.host.events.borrow();
    let read: Vec<_> = events.iter().filter(|event| event["type"] == "prefill").collect();
    let total = report.usage.prompt_tokens;
    let expected = [(total / 2, total), (total, total)];
    assert_eq!(read.len(), 2);
    for (event, (done, total)) in read.iter().zip(expected) {
        assert_eq!((&event["done"], &event["total"]), (&done.into(), &total.into()));
    }
}

/// How many tokens of the second turn's prompt are not read again, and how many the first turn left.
#[track_caller]
fn check_kept(can: Capabilities, second: &[(Role, &str)], expected: impl Fn(usize) -> usize) {
    let mut stage = stage(can, &[], config(Mode::Auto));
    stage.script.then(says(&["Hello ", "to ", "you."])).then(says(&["Fine."]));
    let first = stage.ask(HELLO).unwrap();
    let held = first.usage.prompt_tokens + 4;
    let report = stage.ask(second).unwrap();
    assert_eq!(report.usage.cached_tokens, expected(held), "{:?}", can.keeps_prefix);
    let missing = report.usage.prompt_tokens - report.usage.cached_tokens;
    assert_eq!(report.decision.device.missing_tokens, missing);
}

#[test]
fn what_it_keeps_of_a_dialogue_counts() {
    let [system, user] = [HELLO[0], HELLO[1]];
    let goes_on = [system, user, (Role::Assistant, "Hello to you."), (Role::User, "How are you?")];
    let other = [system, user, (Role::Assistant, "Go away!"), (Role::User, "How are you?")];
    for second in [&goes_on, &other] {
        check_kept(NOTHING, second, |_| 0);
    }
    check_kept(WHOLE, &goes_on, |held| held);
    check_kept(WHOLE, &other, |_| 0);
    check_kept(PREFIX, &goes_on, |held| held);
    check_kept(PREFIX, &other, |held| held - 4);
}

#[test]
fn an_engine_that_keeps_whole_dialogues_has_lost_one_that_was_stopped() {
    let mut stage = stage(WHOLE, &[0.9], config(Mode::Auto));
    stage.host.then(SimEdge::answer("much better"));
    stage
        .script
        .then(says(&["Hello ", "to ", "you ", "and ", "to ", "all."]))
        .then(says(&["Fine."]));
    assert_eq!(stage.ask(HELLO).unwrap().route, Route::Edge);
    assert_eq!(stage.script.n_open(), 0, "it was stopped");
    let device_only = Some(Mode::DeviceOnly);
    let report = stage.turn(TurnRequest { mode: device_only, ..TurnRequest::new(dialogue(HELLO)) });
    assert_eq!(report.unwrap().usage.cached_tokens, 0);
}

#[test]
fn a_doubted_answer_goes_to_the_edge() {
    let mut stage = stage(NOTHING, &[0.9], config(Mode::Auto));
    stage.host.then(SimEdge::answer("much better"));
    stage.script.then(says(&["I do not know that ", "at all, really."]));
    let report = stage.ask(HELLO).unwrap();
    assert_eq!((report.route, report.text.as_str()), (Route::Edge, "much better"));
    assert_eq!(report.switched.unwrap().reason, "second_look");
}

#[track_caller]
fn check_failing(answer: Vec<Come>, code: &str, left: &str) {
    let mut stage = stage(PREFIX, &[], config(Mode::Auto));
    stage.host.then(SimEdge::answer("the edge"));
    stage.script.then(answer.clone()).then(answer).then(says(&["Fine."]));
    let report = stage.ask(HELLO).unwrap();
    assert_eq!((report.route, report.text), (Route::Edge, format!("{left}the edge")), "{code}");
    assert_eq!(report.switched.unwrap().reason, code);
    let device_only =
        TurnRequest { mode: Some(Mode::DeviceOnly), ..TurnRequest::new(dialogue(HELLO)) };
    assert_eq!(stage.turn(device_only.clone()).unwrap_err().code(), code, "alone it says so");
    let report = stage.turn(device_only).unwrap();
    assert_eq!((report.text.as_str(), report.usage.cached_tokens), ("Fine.", 0), "nothing is held");
}

#[test]
fn an_engine_that_fails_leaves_the_turn_to_the_edge() {
    let failed = || Err(Error::EngineFailed("the GPU is gone".to_owned()));
    check_failing(vec![failed()], "engine_failed", "");
    check_failing(vec![text("Hello "), failed()], "engine_failed", "Hello ");
    check_failing(vec![Err(Error::EngineTimeout(1000))], "engine_timeout", "");
    check_failing(vec![text("Hello "), Err(Error::EngineBrokeOff)], "engine_broke_off", "Hello ");
    check_failing(vec![done(Finish::Stop)], "engine_empty", "");
}

#[test]
fn a_turn_that_is_stopped_stops_it() {
    let mut stage = stage(NOTHING, &[], config(Mode::DeviceOnly));
    stage.script.then(says(&["one ", "two ", "three ", "four ", "five "]));
    // The decision, the prompt, and two words.
    stage.host.abort_after_events.set(Some(4));
    let report = stage.ask(HELLO).unwrap();
    assert_eq!((report.finish_reason, report.text.as_str()), (FinishReason::Abort, "one two "));
    assert_eq!(stage.script.n_open(), 0);
}

#[track_caller]
fn check_limit(can: Capabilities, stop: &[&str], pieces: &[&str], expected: (&str, FinishReason)) {
    let mut stage = stage(can, &[], config(Mode::DeviceOnly));
    stage.script.then(says(pieces));
    let stop = stop.iter().map(|stop| (*stop).to_owned()).collect();
    let request = TurnRequest { stop, max_tokens: Some(3), ..TurnRequest::new(dialogue(HELLO)) };
    let report = stage.turn(request).unwrap();
    assert_eq!((report.text.as_str(), report.finish_reason), expected);
    assert_eq!(stage.script.n_open(), 0);
}

#[test]
fn an_engine_that_knows_no_limits_is_stopped() {
    use FinishReason::{Length, Stop};
    let words = ["one ", "two ", "six ", "ten ", "all."];
    check_limit(NOTHING, &[], &words, ("one two six ", Length));
    let limits = Capabilities { limits_length: true, ..NOTHING };
    check_limit(limits, &[], &words, ("one two six ten all.", Stop));
    check_limit(NOTHING, &["o s"], &words, ("one tw", Stop));
    check_limit(NOTHING, &["END"], &["fiE", "N", "x"], ("fiENx", Stop));
}

/// The edge breaks off, and the device goes on: what it is asked, and what the answer is then.
#[track_caller]
fn check_going_on(can: Capabilities, pieces: &[&str], asked_last: Role, expected: &str) {
    let mut stage = stage(can, &[], config(Mode::PreferEdge));
    stage.host.then(SimEdge::Broken(SimEdge::words("The moon is far ")));
    stage.script.then(says(pieces));
    let report = stage.ask(HELLO).unwrap();
    assert_eq!((report.route, report.text.as_str()), (Route::Device, expected));
    let asked = stage.script.last_asked();
    let n_user = asked.messages.iter().filter(|said| said.role == Role::User).count();
    assert_eq!(asked.messages.last().unwrap().role, asked_last);
    assert_eq!((asked.goes_on, n_user), (can.continues_answers, 1 + usize::from(!asked.goes_on)));
    assert!(asked.messages.iter().any(|said| said.content == "The moon is far "));
    let in_words = stage.router.device().unwrap().was_asked_in_words();
    assert_eq!(in_words, !can.continues_answers);
    assert!(
        !stage.router.device().unwrap().was_asked_in_words(),
        "of the next turn it is not said"
    );
}

#[test]
fn an_answer_is_gone_on_with_where_the_edge_broke_off() {
    let whole = "The moon is far away.";
    check_going_on(PREFIX, &["away", "."], Role::Assistant, whole);
    check_going_on(NOTHING, &["away", "."], Role::User, whole);
    check_going_on(NOTHING, &["The moon ", "is far ", "away."], Role::User, whole);
}

#[test]
fn it_reads_ahead_what_the_edge_has_answered_if_it_can() {
    let tick = |can: Capabilities| {
        let mut stage = stage(can, &[], config(Mode::PreferEdge));
        stage.host.then(SimEdge::answer("The moon is far away."));
        assert_eq!(stage.ask(HELLO).unwrap().route, Route::Edge);
        stage.script.then(vec![done(Finish::Length)]);
        let n_asked = stage.script.asked.borrow().len();
        let config = Config { mode: Mode::Auto, ..stage.router.config().clone() };
        stage.router.set_config(config).unwrap();
        stage.host.run(stage.router.tick(&&stage.host));
        let asked = stage.script.asked.borrow()[n_asked..].to_vec();
        (asked, stage.router.device().unwrap().held_tokens())
    };
    let (asked, n_held) = tick(PREFIX);
    assert_eq!(asked.len(), 1);
    assert!(asked[0].reads_only && asked[0].messages.last().unwrap().role == Role::Assistant);
    assert!(n_held > 0);
    assert_eq!(tick(WHOLE), (Vec::new(), 0));
}

#[test]
fn a_dialogue_that_is_too_long_loses_its_beginning() {
    let mut stage = stage(NOTHING, &[], config(Mode::DeviceOnly));
    let long = "many words, ".repeat(100);
    let mut messages = vec![(Role::System, "Be kind.")];
    for _ in 0..4 {
        messages.extend([(Role::User, long.as_str()), (Role::Assistant, "Yes.")]);
    }
    messages.push((Role::User, "And now?"));
    stage.script.then(says(&["Now ", "this."]));
    let report = stage.ask(&messages).unwrap();
    assert!(report.dropped_messages > 0 && report.usage.prompt_tokens <= 768);
    let asked = stage.script.last_asked();
    assert_eq!(asked.messages[0].content, "Be kind.");
    assert_eq!(asked.messages.len(), messages.len() - report.dropped_messages);
    let huge = "x".repeat(4 * 1024);
    assert_eq!(stage.ask(&[(Role::User, &huge)]).unwrap_err().code(), "prompt_too_long");
}

#[test]
fn an_engine_without_a_name_or_room_is_refused() {
    let refused = |name: &str, context_tokens: usize| {
        let (capabilities, sampling) = (NOTHING, Default::default());
        let info = GuestInfo { name: name.to_owned(), context_tokens, capabilities, sampling };
        GuestEngine::new(Script::default(), info).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(refused("", 4096), Err("invalid_config"));
    assert_eq!(refused("theirs", 16), Err("invalid_config"));
    assert_eq!(refused("theirs", 4096), Ok(()));
}

/// A scorer that knows abilities, so that the device is asked the quiz.
struct Able(Abilities);

impl ScoringModel for Able {
    fn score(&self, _: &[Message]) -> Result<Score> {
        Ok(Score { p: 0.2, device_tokens: 8.0, edge_tokens: 8.0 })
    }

    fn can_look(&self) -> bool {
        false
    }

    fn look(&self, _: &[Message], _: &str, _: Option<Confidence>) -> Result<f64> {
        unreachable!("it cannot look")
    }

    fn priors(&self) -> Option<Abilities> {
        Some(self.0.clone())
    }

    fn item(&self, _: &[Message], _: Route) -> Result<Option<Item>> {
        Ok(Some(Item { ease: 0.0, asks: vec![1.0] }))
    }
}

/// How many questions of the quiz are asked in two rounds, the first of which ends with this error.
fn asked_after(error: Error) -> usize {
    let (host, script) = (SimHost::new(), Script::default());
    script.then(says(&["twenty-one"])).then(vec![text("It "), Err(error)]);
    let info = GuestInfo {
        name: "theirs".to_owned(),
        context_tokens: 1024,
        capabilities: NOTHING,
        sampling: Default::default(),
    };
    let engine = GuestEngine::new(script.clone(), info).unwrap();
    let config = config(Mode::DeviceOnly);
    let mut router: Router<GuestEngine<Script>, Able> = Router::new(config, &&host).unwrap();
    host.run(router.set_device(engine, &&host)).unwrap();
    let ability = Ability::believed(&[0.0], &[1.5]);
    router.set_scorer(Able(Abilities { device: ability.clone(), edge: ability }));
    host.run(router.tick(&&host));
    for _ in 0..questions().len() {
        script.then(says(&["42"]));
    }
    host.run(router.tick(&&host));
    script.asked.borrow().len() - 2
}

#[test]
fn a_quiz_that_was_interrupted_goes_on_and_one_that_failed_does_not() {
    assert_eq!(asked_after(Error::Aborted), questions().len());
    assert_eq!(asked_after(Error::EngineFailed("no".to_owned())), 0);
}
