//! All questions, one after the other, through one way to route.
//!
//! A turn's place in the result depends on nothing but the seed: with the same one, every way meets the same
//! question at the same place of the same trace. So the turns of two ways can be compared in pairs.

use std::time::Duration;

use nearside::config::Mode;
use nearside::dialogue::{Message, Role};
use nearside::routing::Route;
use nearside::turn::{Router, TurnReport, TurnRequest};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;

use crate::Result;
use crate::asked::Asked;
use crate::outcomes::Question;
use crate::recorded::{RecordedDevice, RecordedScorer};
use crate::speeds::Speeds;
use crate::trace::Trace;
use crate::ways::{OF_DIALOGUES_ALONE, Way};
use crate::world::World;

/// Questions that stand alone and that a visitor asks before the page is loaded anew, over the next trace.
const VISIT: usize = 10;
/// Mean pauses between an answer and the next question, in seconds. In a dialogue the reader mostly stays,
/// and now and then leaves and comes back.
const MEAN_PAUSE_S: f64 = 20.0;
const MEAN_ABSENCE_S: f64 = 600.0;
const ABSENCES: f64 = 0.1;
/// How often the page lets the router probe while nothing happens.
const TICK: Duration = Duration::from_secs(5);

/// The world around the router.
#[derive(Debug, Clone)]
pub struct Setting {
    pub traces: Vec<Trace>,
    pub speeds: Speeds,
    pub alpha_per_s: f64,
    pub seed: u64,
    /// Steps between thresholds; `None`: as many as usual.
    pub n_steps: Option<usize>,
}

/// What is replayed, and where.
#[derive(Clone, Copy)]
pub struct Scene<'s> {
    pub asked: &'s Asked,
    pub setting: &'s Setting,
}

/// How one question went.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Turn {
    /// Of [`Asked::units`].
    pub unit: usize,
    pub correct: bool,
    /// How often the edge was asked: twice where an answer was thrown away and asked for anew.
    pub n_calls: u8,
    /// Whether the edge was asked for nothing, as the device began too and was kept.
    pub thrown_away: bool,
    /// The device kept an answer that it got wrong and the edge would have got right.
    pub lost: bool,
    /// The device kept an answer that it got right and the edge would have got wrong.
    pub won: bool,
    /// Whether the dialogue changed sides before it.
    pub moved: bool,
    pub seconds: f32,
    pub ttft_s: f32,
    /// The turn goes to the edge where θ lies below this.
    pub score: f32,
}

/// One turn for each question; of dialogues, one for each question and trace.
pub fn replay(scene: Scene, way: &Way, theta: f64) -> Result<Vec<Turn>> {
    let Scene { asked, setting } = scene;
    let together = asked.in_dialogues;
    let way = if together { way.clone() } else { way.without(&OF_DIALOGUES_ALONE) };
    let memory_s = if together { setting.speeds.edge_memory_s } else { 0.0 };
    let world = World::new(&setting.traces[0], &setting.speeds, Duration::from_secs_f64(memory_s));
    let mut random = Pcg32::seed_from_u64(setting.seed);
    let mut turns = Vec::new();
    for (trace, units) in visits(scene, &mut random) {
        let mut router = router(&world, &way, theta, setting.alpha_per_s)?;
        for unit in units {
            world.follow(trace, random.random());
            router.clear_dialogue();
            let (mut messages, mut answered, mut n_moves) = (Vec::new(), None, 0);
            for (question, prediction) in &asked.rows[asked.units[unit].clone()] {
                let absent = together && random.random_bool(ABSENCES);
                let mean_s = if absent { MEAN_ABSENCE_S } else { MEAN_PAUSE_S };
                pause(&mut router, &world, exponential(&mut random, mean_s));
                messages.push(Message::new(Role::User, &question.prompt));
                world.ask(question, prediction);
                let mode = answered.filter(|_| way.sticky).map(preferring);
                let request = TurnRequest { mode, ..TurnRequest::new(messages.clone()) };
                let report = world.clock.run(router.turn(&request, &&world))?;
                messages.push(Message::new(Role::Assistant, &report.text));
                answered = answered.or(Some(report.route));
                let moved = report.n_moves > std::mem::replace(&mut n_moves, report.n_moves);
                turns.push(Turn { unit, moved, ..turn_of(&report, world.n_calls(), question) });
            }
        }
    }
    if !together {
        turns.sort_unstable_by_key(|turn| turn.unit);
    }
    Ok(turns)
}

/// Which units the page meets before it is loaded anew, and over which trace: some questions in a random order,
/// over the traces in turn; or one dialogue, each over every trace.
fn visits<'s>(scene: Scene<'s>, random: &mut Pcg32) -> Vec<(&'s Trace, Vec<usize>)> {
    let traces = &scene.setting.traces;
    let mut units: Vec<usize> = (0..scene.asked.units.len()).collect();
    if scene.asked.in_dialogues {
        let over = |trace| units.iter().map(move |unit| (trace, vec![*unit]));
        return traces.iter().flat_map(over).collect();
    }
    units.shuffle(random);
    traces.iter().cycle().zip(units.chunks(VISIT).map(<[usize]>::to_vec)).collect()
}

type Replayed<'w, 'r> = Router<RecordedDevice<'w, 'r>, RecordedScorer<'w, 'r>>;

fn router<'w, 'r>(
    world: &'w World<'r>,
    way: &Way,
    theta: f64,
    alpha_per_s: f64,
) -> Result<Replayed<'w, 'r>> {
    let config = way.config(theta, alpha_per_s);
    let device = RecordedDevice::new(world, config.handoff.enabled);
    let mut router = Router::new(config, &world)?;
    world.clock.run(router.set_device(device, &world))?;
    if let Some(judge) = way.judge {
        router.set_scorer(RecordedScorer { world, judge });
    }
    Ok(router)
}

/// An answer counts as that of the side that ended it.
fn turn_of(report: &TurnReport, n_calls: u8, question: &Question) -> Turn {
    let kept = report.route == Route::Device;
    let looks = report.looks.iter().map(|look| look.fused);
    let decision = &report.decision;
    let first = decision.fused - decision.drafting.map_or(0.0, |drafting| drafting.margin);
    Turn {
        correct: if kept { question.device_correct } else { question.edge_correct },
        n_calls,
        thrown_away: kept && report.started_both.is_some(),
        lost: kept && question.needs_edge(),
        won: kept && question.device_correct && !question.edge_correct,
        seconds: report.total_s as f32,
        ttft_s: report.ttft_s.unwrap_or(report.total_s) as f32,
        score: looks.fold(first, f64::max) as f32,
        ..Turn::default()
    }
}

/// The reader reads and thinks; meanwhile the page lets the router probe.
fn pause(router: &mut Replayed, world: &World, seconds: f64) {
    let until = world.clock.now() + Duration::from_secs_f64(seconds);
    world.idle_until.set(Some(until));
    while world.clock.now() < until {
        world.clock.pass(TICK.min(until - world.clock.now()));
        world.clock.run(router.tick(&world));
    }
    world.idle_until.set(None);
}

fn preferring(route: Route) -> Mode {
    match route {
        Route::Device => Mode::PreferDevice,
        Route::Edge => Mode::PreferEdge,
    }
}

fn exponential(random: &mut Pcg32, mean: f64) -> f64 {
    -mean * (1.0 - random.random::<f64>()).ln()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::predictions::Prediction;
    use crate::trace::{Trace, built_in};
    use crate::ways::{Feature, OF_DIALOGUES, OF_QUESTIONS, ways};

    /// Made-up questions: some are right on the device, some only at the edge, some nowhere. The
    /// prompt's probability is vague, a look's is certain.
    pub fn asked(n_questions: usize) -> Asked {
        let mut random = Pcg32::seed_from_u64(7);
        let each = |index: usize| {
            let need = random.random::<f64>();
            let question = Question {
                id: format!("q{index}"),
                prompt: format!("Question number {index}?"),
                device_correct: random.random::<f64>() > need,
                edge_correct: random.random::<f64>() > 0.1,
                answer: "One thing first. ".repeat(1 + index % 9),
                answer_known: true,
                logprobs: Vec::new(),
                edge_chars: 40 + index % 200,
            };
            let prediction = Prediction {
                id: question.id.clone(),
                p: 0.5 * need + 0.5 * random.random::<f64>(),
                device_tokens: question.answer.len() as f64 / 4.0,
                edge_tokens: question.edge_chars as f64 / 4.0,
                looks: vec![(16, f64::from(question.needs_edge()))],
            };
            (question, prediction)
        };
        Asked::alone((0..n_questions).map(each).collect())
    }

    pub fn setting(traces: Vec<Trace>) -> Setting {
        Setting { traces, speeds: Default::default(), alpha_per_s: 0.005, seed: 1, n_steps: None }
    }

    fn share(turns: &[Turn], which: impl Fn(&Turn) -> bool) -> f64 {
        turns.iter().filter(|turn| which(turn)).count() as f64 / turns.len() as f64
    }

    #[test]
    fn both_ends_and_the_oracle_end_up_where_they_must() {
        let (asked, setting) = (asked(200), setting(vec![Trace::broadband()]));
        let scene = Scene { asked: &asked, setting: &setting };
        let mean = |right: &dyn Fn(&Question) -> bool| {
            asked.rows.iter().filter(|(question, _)| right(question)).count() as f64 / 200.0
        };
        let run = |name| {
            let turns = replay(scene, &Way::named(name), 0.5).unwrap();
            (share(&turns, |turn| turn.correct), share(&turns, |turn| turn.n_calls > 0))
        };
        assert_eq!(run("all_device"), (mean(&|question| question.device_correct), 0.0));
        assert_eq!(run("all_edge"), (mean(&|question| question.edge_correct), 1.0));
        let best = mean(&|question| question.device_correct || question.edge_correct);
        assert_eq!(run("oracle"), (best, mean(&Question::needs_edge)));
    }

    #[test]
    fn a_replay_can_be_repeated_and_outages_lose_no_turn() {
        let setting = setting(built_in());
        let (alone, together) = (asked(60), asked(60).in_sessions(None, 1).unwrap());
        for (asked, names) in [(&alone, &OF_QUESTIONS[..]), (&together, &OF_DIALOGUES)] {
            for way in ways(names, true) {
                let scene = Scene { asked, setting: &setting };
                let turns = replay(scene, &way, 0.4).unwrap();
                assert!(turns.iter().all(|turn| turn.seconds > 0.0), "{}", way.name);
                assert_eq!(turns, replay(scene, &way, 0.4).unwrap(), "{}", way.name);
            }
        }
    }

    #[test]
    fn a_score_is_the_threshold_at_which_a_turn_changes_sides() {
        let (asked, setting) = (asked(80), setting(vec![Trace::broadband()]));
        let scene = Scene { asked: &asked, setting: &setting };
        for way in ways(&OF_QUESTIONS, true) {
            if !way.swept || way.name == "ours_both" {
                continue;
            }
            let scores = replay(scene, &way, 1.0).unwrap();
            let turns = replay(scene, &way, 0.4).unwrap();
            let mut each = turns.iter().zip(&scores);
            let agree = each.by_ref().filter(|(turn, at)| (turn.n_calls > 0) == (at.score > 0.4));
            assert!(agree.count() >= 78, "{}", way.name);
        }
    }

    #[test]
    fn sticky_never_moves_and_others_do() {
        let (asked, setting) =
            (asked(100).in_sessions(None, 1).unwrap(), setting(vec![Trace::broadband()]));
        let scene = Scene { asked: &asked, setting: &setting };
        let moves =
            |name| share(&replay(scene, &Way::named(name), 0.4).unwrap(), |turn| turn.moved);
        assert_eq!(moves("sticky"), 0.0);
        assert!(moves("paper") > 0.0 && moves("ours") > 0.0);
    }

    /// Of turns that the device answers after the edge has: keys and values that come over the link, or
    /// that it has read in the pause, bring the first word sooner.
    #[test]
    fn what_the_device_need_not_read_spares_time() {
        let (asked, mut setting) =
            (asked(100).in_sessions(None, 1).unwrap(), setting(vec![Trace::broadband()]));
        setting.speeds.kv_shape = [8, 2, 64];
        let still: Feature =
            ("", |settings| (settings.look_ahead, settings.failback) = (false, false));
        let ours = Way::named("ours").without(&[still]);
        let [catching_up, fetching] = OF_DIALOGUES_ALONE;
        let to_text_s = |off: &[Feature]| {
            let turns = replay(Scene { asked: &asked, setting: &setting }, &ours.without(off), 0.4);
            let turns = turns.unwrap();
            let moved = turns.iter().filter(|turn| turn.moved && turn.n_calls == 0);
            let times: Vec<f64> = moved.map(|turn| turn.ttft_s.into()).collect();
            times.iter().sum::<f64>() / times.len() as f64
        };
        let read = to_text_s(&[catching_up, fetching]);
        let (catches_up, fetches) = (to_text_s(&[fetching]), to_text_s(&[catching_up]));
        assert!(catches_up < 0.8 * read && fetches < 0.8 * read, "{read} {catches_up} {fetches}");
    }
}
