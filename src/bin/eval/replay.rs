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
use crate::asked::{Asked, Dialogues};
use crate::cli::World as Setting;
use crate::outcomes::Question;
use crate::recorded::{RecordedDevice, RecordedScorer};
use crate::ways::Way;
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

/// What is replayed, and where.
#[derive(Clone, Copy)]
pub struct Scene<'s> {
    pub asked: &'s Asked,
    pub setting: &'s Setting,
}

/// How one question went.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Turn {
    /// Index of the question, or of the dialogue that it belongs to: what has nothing to do with the others.
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
    match &scene.asked.dialogues {
        Dialogues::None => questions(scene, way, theta),
        Dialogues::Of(ranges) => dialogues(scene, ranges, way, theta),
    }
}

/// In a random order, in visits that take the traces in turn, each question at a random place of its visit's.
fn questions(scene: Scene, way: &Way, theta: f64) -> Result<Vec<Turn>> {
    let Scene { asked: Asked { rows, .. }, setting } = scene;
    // Nothing is left of a question that the next one could use.
    let way = Way { catches_up: false, fetches: false, ..*way };
    let mut random = Pcg32::seed_from_u64(setting.seed);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.shuffle(&mut random);
    let world = World::new(&setting.traces[0], &setting.speeds);
    let mut turns = vec![Turn::default(); order.len()];
    for (index, visit) in order.chunks(VISIT).enumerate() {
        let trace = &setting.traces[index % setting.traces.len()];
        let mut router = router(&world, &way, theta, setting)?;
        for &at in visit {
            world.follow(trace, random.random());
            pause(&mut router, &world, exponential(&mut random, MEAN_PAUSE_S));
            router.clear_dialogue();
            let (question, prediction) = &rows[at];
            world.ask(question, prediction);
            let n_before = world.n_calls();
            let request = TurnRequest::new(vec![Message::new(Role::User, &question.prompt)]);
            let report = world.run(router.turn(&request, &&world))?;
            turns[at] = Turn { unit: at, ..turn_of(&report, world.n_calls() - n_before, question) };
        }
    }
    Ok(turns)
}

/// In order, over every trace, each dialogue from a random place of it. What a router learns of rates, of the
/// edge's memory and of dialogues it keeps from one to the next.
fn dialogues(
    scene: Scene,
    ranges: &[std::ops::Range<usize>],
    way: &Way,
    theta: f64,
) -> Result<Vec<Turn>> {
    let Scene { asked: Asked { rows, .. }, setting } = scene;
    let mut random = Pcg32::seed_from_u64(setting.seed);
    let memory = Duration::from_secs_f64(setting.speeds.edge_memory_s);
    let world = World::remembering(&setting.traces[0], &setting.speeds, memory);
    let mut turns = Vec::new();
    let on = |trace| ranges.iter().enumerate().map(move |(unit, range)| (trace, unit, range));
    for (trace, unit, range) in setting.traces.iter().flat_map(on) {
        world.follow(trace, random.random());
        let mut router = router(&world, way, theta, setting)?;
        let (mut messages, mut answered, mut n_moves) = (Vec::new(), None, 0);
        for (question, prediction) in &rows[range.clone()] {
            let n_before = world.n_calls();
            let absent = random.random_bool(ABSENCES);
            let mean_s = if absent { MEAN_ABSENCE_S } else { MEAN_PAUSE_S };
            pause(&mut router, &world, exponential(&mut random, mean_s));
            messages.push(Message::new(Role::User, &question.prompt));
            world.ask(question, prediction);
            let mode = answered.filter(|_| way.sticky).map(preferring);
            let request = TurnRequest { mode, ..TurnRequest::new(messages.clone()) };
            let report = world.run(router.turn(&request, &&world))?;
            messages.push(Message::new(Role::Assistant, &report.text));
            answered = answered.or(Some(report.route));
            let moved = report.n_moves > std::mem::replace(&mut n_moves, report.n_moves);
            let turn = turn_of(&report, world.n_calls() - n_before, question);
            turns.push(Turn { unit, moved, ..turn });
        }
    }
    Ok(turns)
}

type Replayed<'w, 'r> = Router<RecordedDevice<'w, 'r>, RecordedScorer<'w, 'r>>;

fn router<'w, 'r>(
    world: &'w World<'r>,
    way: &Way,
    theta: f64,
    setting: &Setting,
) -> Result<Replayed<'w, 'r>> {
    let mut router = Router::new(way.config(theta, setting.alpha_per_s), &world)?;
    let device = match way.fetches {
        true => RecordedDevice::fetching(world),
        false => RecordedDevice::new(world),
    };
    world.run(router.set_device(device, &world))?;
    if let Some(judge) = way.judge {
        router.set_scorer(RecordedScorer { world, judge });
    }
    Ok(router)
}

/// An answer counts as that of the side that ended it.
fn turn_of(report: &TurnReport, n_calls: usize, question: &Question) -> Turn {
    let kept = report.route == Route::Device;
    let looks = report.looks.iter().map(|look| look.fused);
    let decision = &report.decision;
    let first = decision.fused - decision.drafting.map_or(0.0, |drafting| drafting.margin);
    Turn {
        correct: if kept { question.device_correct } else { question.edge_correct },
        n_calls: n_calls.min(255) as u8,
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
    let until = world.now() + Duration::from_secs_f64(seconds);
    world.idle_until.set(Some(until));
    while world.now() < until {
        world.pass(TICK.min(until - world.now()));
        world.run(router.tick(&world));
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
    use crate::ways::{ALL_DEVICE, ALL_EDGE, Feature, OF_DIALOGUES, OF_QUESTIONS, OURS, PAPER};

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
        Asked { rows: (0..n_questions).map(each).collect(), dialogues: Dialogues::None }
    }

    pub fn setting(traces: Vec<Trace>) -> Setting {
        Setting { traces, speeds: Default::default(), alpha_per_s: 0.005, seed: 1, n_steps: None }
    }

    fn share(turns: &[Turn], which: impl Fn(&Turn) -> bool) -> f64 {
        turns.iter().filter(|turn| which(turn)).count() as f64 / turns.len() as f64
    }

    fn named(name: &str) -> &'static Way {
        let mut all = OF_QUESTIONS.iter().chain(&OF_DIALOGUES);
        all.find(|way| way.name == name).expect(name)
    }

    #[test]
    fn both_ends_and_the_oracle_end_up_where_they_must() {
        let (asked, setting) = (asked(200), setting(vec![Trace::steady()]));
        let scene = Scene { asked: &asked, setting: &setting };
        let mean = |right: &dyn Fn(&Question) -> bool| {
            asked.rows.iter().filter(|(question, _)| right(question)).count() as f64 / 200.0
        };
        let run = |way: &Way| {
            let turns = replay(scene, way, 0.5).unwrap();
            (share(&turns, |turn| turn.correct), share(&turns, |turn| turn.n_calls > 0))
        };
        assert_eq!(run(&ALL_DEVICE), (mean(&|question| question.device_correct), 0.0));
        assert_eq!(run(&ALL_EDGE), (mean(&|question| question.edge_correct), 1.0));
        let best = mean(&|question| question.device_correct || question.edge_correct);
        assert_eq!(run(named("oracle")), (best, mean(&Question::needs_edge)));
    }

    #[test]
    fn a_replay_can_be_repeated_and_outages_lose_no_turn() {
        let setting = setting(built_in());
        let (alone, together) = (asked(60), asked(60).in_sessions(1));
        for (asked, ways) in [(&alone, &OF_QUESTIONS[..]), (&together, &OF_DIALOGUES)] {
            for way in ways {
                let scene = Scene { asked, setting: &setting };
                let turns = replay(scene, way, 0.4).unwrap();
                assert!(turns.iter().all(|turn| turn.seconds > 0.0), "{}", way.name);
                assert_eq!(turns, replay(scene, way, 0.4).unwrap(), "{}", way.name);
            }
        }
    }

    #[test]
    fn a_score_is_the_threshold_at_which_a_turn_changes_sides() {
        let (asked, setting) = (asked(80), setting(vec![Trace::steady()]));
        let scene = Scene { asked: &asked, setting: &setting };
        for way in OF_QUESTIONS.iter().filter(|way| way.swept && !way.both) {
            let scores = replay(scene, way, 1.0).unwrap();
            let turns = replay(scene, way, 0.4).unwrap();
            let mut each = turns.iter().zip(&scores);
            let agree = each.by_ref().filter(|(turn, at)| (turn.n_calls > 0) == (at.score > 0.4));
            assert!(agree.count() >= 78, "{}", way.name);
        }
    }

    #[test]
    fn sticky_never_moves_and_others_do() {
        let (asked, setting) = (asked(100).in_sessions(1), setting(vec![Trace::steady()]));
        let scene = Scene { asked: &asked, setting: &setting };
        let moves = |way| share(&replay(scene, way, 0.4).unwrap(), |turn| turn.moved);
        assert_eq!(moves(named("sticky")), 0.0);
        assert!(moves(&PAPER) > 0.0 && moves(&OURS) > 0.0);
    }

    /// Of turns that the device answers after the edge has: keys and values that come over the link, or
    /// that it has read in the pause, bring the first word sooner.
    #[test]
    fn what_the_device_need_not_read_spares_time() {
        let (asked, mut setting) = (asked(100).in_sessions(1), setting(vec![Trace::steady()]));
        setting.speeds.kv_shape = [8, 2, 64];
        let to_text_s = |way: &Way| {
            let turns = replay(Scene { asked: &asked, setting: &setting }, way, 0.4).unwrap();
            let moved = turns.iter().filter(|turn| turn.moved && turn.n_calls == 0);
            let times: Vec<f64> = moved.map(|turn| turn.ttft_s.into()).collect();
            times.iter().sum::<f64>() / times.len() as f64
        };
        let rests = Way { looks_ahead: false, ..OURS }.without(&Feature::ALL);
        let [read, catches_up, fetches] =
            [rests, Way { catches_up: true, ..rests }, Way { fetches: true, ..rests }]
                .map(|way| to_text_s(&way));
        assert!(catches_up < 0.8 * read && fetches < 0.8 * read, "{read} {catches_up} {fetches}");
    }
}
