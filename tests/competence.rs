//! How the router learns how able its models are, on a virtual clock: the real engine with tiny weights, a scorer
//! that knows nothing but abilities, and a scripted edge.

mod support;

use std::sync::Arc;

use nearside::Result;
use nearside::config::{CompetenceConfig, Config, EdgeConfig, Mode, SecondLook};
use nearside::dialogue::{Message, Role};
use nearside::engine::{Engine, Model};
use nearside::host::sim::{SimEdge, SimHost};
use nearside::routing::{
    Abilities, Ability, Confidence, Item, Route, Score, Verdict, quiz::questions,
};
use nearside::turn::models::ScoringModel;
use nearside::turn::{CompetenceReport, Router, TurnReport, TurnRequest};

/// All questions are alike to it.
struct Able {
    priors: Abilities,
    abilities: Abilities,
}

impl Able {
    fn new() -> Able {
        Able::assuming(0.0)
    }

    /// With this mean of the device's ability.
    fn assuming(device: f64) -> Able {
        let believed = |mean: f64| Ability::believed(&[mean], &[1.5]);
        let priors = Abilities { device: believed(device), edge: believed(2.2) };
        Able { abilities: priors.clone(), priors }
    }
}

fn item() -> Item {
    Item { ease: 0.0, asks: vec![1.0] }
}

impl ScoringModel for Able {
    fn score(&self, _: &[Message]) -> Result<Score> {
        let right = |side| self.abilities.of(side).right(&item());
        let p = right(Route::Edge) * (1.0 - right(Route::Device));
        Ok(Score { p, device_tokens: 8.0, edge_tokens: 8.0 })
    }

    fn can_look(&self) -> bool {
        false
    }

    fn look(&self, _: &[Message], _: &str, _: Option<Confidence>) -> Result<f64> {
        unreachable!("it cannot look")
    }

    fn priors(&self) -> Option<Abilities> {
        Some(self.priors.clone())
    }

    fn believe(&mut self, abilities: &Abilities) {
        self.abilities = abilities.clone();
    }

    fn item(&self, _: &[Message], _: Route) -> Result<Option<Item>> {
        Ok(Some(item()))
    }
}

type Asked = Router<Engine, Able>;

fn config() -> Config {
    let base_url = Some("http://edge.test/v1".to_owned());
    Config {
        edge: EdgeConfig { base_url, ..EdgeConfig::default() },
        max_tokens: Some(8),
        catch_up_tokens: 0,
        second_look: SecondLook { enabled: false, flaws: false, ..SecondLook::default() },
        ..Config::default()
    }
}

fn router(config: Config, host: &SimHost) -> Asked {
    let mut router = Router::new(config, &host).unwrap();
    let model = Arc::new(Model::load(&support::bytes("tiny-llama.gguf")).unwrap());
    host.run(router.set_device(Engine::new(model, 256).unwrap(), &host)).unwrap();
    router.set_scorer(Able::new());
    router
}

fn ask(router: &mut Asked, mode: Mode, host: &SimHost) -> TurnReport {
    ask_for("hello there", router, mode, host)
}

fn ask_for(text: &str, router: &mut Asked, mode: Mode, host: &SimHost) -> TurnReport {
    let messages = vec![Message::new(Role::User, text)];
    let request = TurnRequest { mode: Some(mode), ..TurnRequest::new(messages) };
    host.run(router.turn(&request, &host)).unwrap()
}

fn tick(router: &mut Asked, host: &SimHost) -> CompetenceReport {
    host.run(router.tick(&host));
    router.competence().unwrap()
}

fn quizzed(host: &SimHost) -> usize {
    host.events.borrow().iter().filter(|event| event["type"] == "quiz").count()
}

/// Weights drawn by chance answer nothing right.
#[test]
fn a_device_that_nobody_knows_is_asked_a_quiz_once() {
    let host = SimHost::new();
    let mut first = router(config(), &host);
    let before = ask(&mut first, Mode::DeviceOnly, &host).decision.p;
    let known = tick(&mut first, &host).device;
    assert_eq!((known.quiz_asked, known.quiz_total), (questions().len(), questions().len()));
    assert_eq!(quizzed(&host), questions().len());
    assert!(known.quiz_right <= 2 && known.expected.unwrap() < 0.15, "{known:?}");
    let after = ask(&mut first, Mode::DeviceOnly, &host).decision.p;
    assert!(before < 0.6 && after > before + 0.2, "{before} {after}");

    tick(&mut first, &host);
    let mut later = router(config(), &host);
    assert_eq!(tick(&mut later, &host).device, known, "the next visit remembers");
    assert_eq!(quizzed(&host), questions().len(), "and does not ask again");

    later.forget_feedback(&&host);
    assert_eq!(later.competence().unwrap().device.quiz_asked, 0);
    let _ = tick(&mut later, &host);
    assert_eq!(quizzed(&host), 2 * questions().len());
}

#[test]
fn a_turn_ends_the_quiz_and_it_goes_on_later() {
    let host = SimHost::new();
    let mut router = router(config(), &host);
    let so_far = host.events.borrow().len();
    host.abort_after_events.set(Some(so_far + 5));
    let n_asked = tick(&mut router, &host).device.quiz_asked;
    assert!((3..=6).contains(&n_asked), "{n_asked}");
    host.abort_after_events.set(None);
    assert_eq!(tick(&mut router, &host).device.quiz_asked, questions().len());
    assert_eq!(quizzed(&host), questions().len(), "no question twice");
}

#[test]
fn the_dialogue_is_still_held_after_the_quiz() {
    let text = "a dialogue that is long enough to be worth keeping, ".repeat(3);
    let cached = |quiz: bool| {
        let host = SimHost::new();
        let competence = CompetenceConfig { quiz, ..CompetenceConfig::default() };
        let mut router = router(Config { competence, ..config() }, &host);
        ask_for(&text, &mut router, Mode::DeviceOnly, &host);
        tick(&mut router, &host);
        let report = ask_for(&text, &mut router, Mode::DeviceOnly, &host);
        (report.usage.prompt_tokens, report.usage.cached_tokens)
    };
    let (n_prompt, n_cached) = cached(true);
    assert_eq!((n_prompt, n_cached), cached(false));
    assert!(n_prompt > 64 && n_cached > n_prompt / 2, "{n_cached} of {n_prompt}");
}

#[test]
fn no_quiz_where_it_would_not_help_or_not_be_welcome() {
    let n_asked = |change: fn(&mut Config)| {
        let host = SimHost::new();
        let mut config = config();
        change(&mut config);
        let asked = tick(&mut router(config, &host), &host).device.quiz_asked;
        assert_eq!(quizzed(&host), asked);
        asked
    };
    assert_eq!(n_asked(|config| config.competence.quiz = false), 0);
    assert_eq!(n_asked(|config| config.low_battery = true), 0);
    assert_eq!(n_asked(|config| config.mode = Mode::EdgeOnly), 0);
    assert_eq!(n_asked(|config| config.mode = Mode::DeviceOnly), questions().len());
}

#[test]
fn a_catalogue_may_bring_the_results() {
    let host = SimHost::new();
    let mut config = config();
    config.models.device_quiz = Some("1".repeat(questions().len()));
    let known = tick(&mut router(config, &host), &host).device;
    assert_eq!((known.quiz_right, quizzed(&host)), (questions().len(), 0));
    assert!(known.expected.unwrap() > 0.9, "{known:?}");
}

#[test]
fn the_edge_is_asked_only_where_the_page_wants_it() {
    let host = SimHost::new();
    for _ in questions() {
        host.then(SimEdge::answer("I do not know."));
    }
    assert_eq!(tick(&mut router(config(), &host), &host).edge.quiz_asked, 0);
    assert!(host.sent.borrow().is_empty());
    let competence = CompetenceConfig { quiz_edge: true, ..CompetenceConfig::default() };
    let mut asking = router(Config { competence, ..config() }, &host);
    let edge = tick(&mut asking, &host).edge;
    assert_eq!((edge.quiz_asked, edge.quiz_right), (questions().len(), 0));
    assert!(edge.expected.unwrap() < 0.2, "{edge:?}");
    assert_eq!(host.sent.borrow().len(), questions().len());
}

#[test]
fn an_edge_that_cannot_answer_ends_its_quiz() {
    let host = SimHost::new();
    host.then(SimEdge::answer("no")).then(SimEdge::Status(500, "{}".to_owned()));
    let competence = CompetenceConfig { quiz_edge: true, ..CompetenceConfig::default() };
    let edge = tick(&mut router(Config { competence, ..config() }, &host), &host).edge;
    assert_eq!((edge.quiz_asked, host.sent.borrow().len()), (1, 2), "{edge:?}");
}

fn checking(change: fn(&mut Config)) -> Config {
    let competence = CompetenceConfig { quiz: false, check_tokens_per_day: 600, quiz_edge: false };
    let mut config = Config { competence, ..config() };
    change(&mut config);
    config
}

/// Tiny weights say nothing that an able edge would.
#[test]
fn answers_are_checked_within_the_days_budget() {
    let host = SimHost::new();
    let mut router = router(checking(|_| ()), &host);
    let at_first = tick(&mut router, &host).device;
    let mut n_sent = Vec::new();
    for _ in 0..20 {
        host.then(SimEdge::answer("That makes 4711."));
        assert_eq!(ask(&mut router, Mode::DeviceOnly, &host).route, Route::Device);
        tick(&mut router, &host);
        n_sent.push(host.sent.borrow().len());
    }
    let known = router.competence().unwrap();
    assert_eq!(n_sent[0], 1, "one request for one answer");
    assert!((3..=8).contains(&n_sent[19]), "the budget ends it: {n_sent:?}");
    assert_eq!(known.device.n_checks, n_sent[19]);
    assert!(known.device.expected < at_first.expected, "{known:?} {at_first:?}");
    let shown: Vec<String> = host.events.borrow().iter().map(ToString::to_string).collect();
    assert!(!shown.iter().any(|event| event.contains("4711")), "nothing of it is shown");
}

#[test]
fn nothing_is_checked_unasked() {
    let n_sent = |change: fn(&mut Config)| {
        let host = SimHost::new();
        host.then(SimEdge::answer("something"));
        let mut router = router(checking(change), &host);
        ask(&mut router, Mode::DeviceOnly, &host);
        tick(&mut router, &host);
        host.sent.borrow().len()
    };
    assert_eq!(n_sent(|_| ()), 1);
    assert_eq!(n_sent(|config| config.competence.check_tokens_per_day = 0), 0);
    assert_eq!(n_sent(|config| config.data_saver = true), 0);
    assert_eq!(n_sent(|config| config.mode = Mode::DeviceOnly), 0);
}

#[test]
fn verdicts_tell_of_the_model_that_answered() {
    let host = SimHost::new();
    let mut router = router(checking(|_| ()), &host);
    let at_first = tick(&mut router, &host);
    for _ in 0..8 {
        let turn = ask(&mut router, Mode::DeviceOnly, &host).turn;
        router.rate(turn, Verdict::Down, &&host).unwrap();
        host.then(SimEdge::answer("better"));
        let turn = ask(&mut router, Mode::EdgeOnly, &host).turn;
        router.rate(turn, Verdict::Up, &&host).unwrap();
    }
    let known = router.competence().unwrap();
    assert_eq!((known.device.n_verdicts, known.edge.n_verdicts), (8, 8));
    assert!(known.device.expected.unwrap() < at_first.device.expected.unwrap() - 0.2);
    assert!(known.edge.expected > at_first.edge.expected);
}

/// Assumed to be right nineteen times in twenty, and wrong always: fifty turns with an able edge's checks mend it.
#[test]
fn an_ability_that_was_wrong_by_far_is_mended_by_checks() {
    let host = SimHost::new();
    let config = checking(|config| config.competence.check_tokens_per_day = 1_000_000);
    let mut router = router(config, &host);
    router.set_scorer(Able::assuming(4.0));
    let at_first = tick(&mut router, &host);
    assert!(at_first.device.expected.unwrap() > 0.9, "{at_first:?}");
    for _ in 0..50 {
        host.then(SimEdge::answer("That makes 4711."));
        ask(&mut router, Mode::DeviceOnly, &host);
        tick(&mut router, &host);
    }
    let known = router.competence().unwrap();
    assert_eq!((known.device.n_checks, known.edge.n_checks), (50, 0));
    assert_eq!(known.edge.expected, at_first.edge.expected, "it is what the device is measured by");
    assert!(known.device.expected.unwrap() < 0.35, "{known:?}");
}
