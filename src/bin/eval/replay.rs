//! All questions, one after the other, through one router.

use std::time::Duration;

use nearside::dialogue::{Message, Role};
use nearside::routing::Route;
use nearside::turn::{Router, TurnReport, TurnRequest};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;

use crate::contenders::Contender;
use crate::outcomes::Question;
use crate::prediction::Prediction;
use crate::recorded::{RecordedDevice, RecordedScorer};
use crate::trace::Trace;
use crate::world::{Speeds, World};
use crate::{Result, cli};

/// Questions that a visitor asks before the page is loaded anew, over the next trace.
const VISIT: usize = 10;
/// Mean pause between an answer and the next question, in seconds.
const MEAN_PAUSE_S: f64 = 20.0;
/// How often the page lets the router probe while nothing happens.
const TICK: Duration = Duration::from_secs(5);

/// What is replayed, and the world in which.
pub struct Scene<'w> {
    pub questions: Vec<Question>,
    /// One for each question.
    pub predictions: Vec<Prediction>,
    pub traces: &'w [Trace],
    pub speeds: &'w Speeds,
    pub alpha_per_s: f64,
    pub seed: u64,
}

impl<'w> Scene<'w> {
    /// A world without questions.
    pub fn empty(world: &'w cli::World) -> Scene<'w> {
        Scene {
            questions: Vec::new(),
            predictions: Vec::new(),
            traces: &world.traces,
            speeds: &world.speeds,
            alpha_per_s: world.alpha_per_s,
            seed: world.seed,
        }
    }
}

/// How one question went.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Turn {
    pub correct: bool,
    /// How often the edge was asked: twice where an answer was thrown away and asked for anew.
    pub n_calls: u8,
    /// Whether the edge was asked for nothing, as the device began too and was kept.
    pub thrown_away: bool,
    /// The device kept an answer that it got wrong and the edge would have got right.
    pub lost: bool,
    pub seconds: f32,
    pub ttft_s: f32,
    /// The turn goes to the edge where θ lies below this.
    pub score: f32,
    /// Index of the trace that it ran over.
    pub trace: u16,
}

/// One turn for each question, in the questions' order. They are asked in a random one, in visits
/// that take the traces in turn, each question at a random place of its visit's trace. With the same
/// seed every router meets the same question at the same place, however long the ones before took.
pub fn replay(scene: &Scene, contender: &Contender, theta: f64) -> Result<Vec<Turn>> {
    let mut random = Pcg32::seed_from_u64(scene.seed);
    let mut order: Vec<usize> = (0..scene.questions.len()).collect();
    order.shuffle(&mut random);
    let world = World::new(&scene.traces[0], scene.speeds);
    let mut turns = vec![Turn::default(); order.len()];
    for (index, visit) in order.chunks(VISIT).enumerate() {
        let trace = index % scene.traces.len();
        let mut router = Router::new(contender.config(theta, scene.alpha_per_s), &&world)?;
        world.run(router.set_device(RecordedDevice::new(&world), &&world))?;
        if let Some(judge) = contender.judge {
            router.set_scorer(RecordedScorer { world: &world, judge });
        }
        for &at in visit {
            world.follow(&scene.traces[trace], random.random());
            pause(&mut router, &world, pause_s(&mut random));
            router.clear_dialogue();
            let turn = ask(&mut router, &world, &scene.questions[at], &scene.predictions[at])?;
            turns[at] = Turn { trace: trace as u16, ..turn_of(turn, &scene.questions[at]) };
        }
    }
    Ok(turns)
}

pub type Replayed<'w, 'r> = Router<RecordedDevice<'w, 'r>, RecordedScorer<'w, 'r>>;

/// A turn's report, and how often the edge was asked.
pub struct Asked {
    pub report: TurnReport,
    pub n_calls: usize,
}

fn ask<'r>(
    router: &mut Replayed<'_, 'r>,
    world: &World<'r>,
    question: &'r Question,
    prediction: &'r Prediction,
) -> Result<Asked> {
    world.ask(question, prediction);
    let n_before = world.n_calls();
    let request = TurnRequest::new(vec![Message::new(Role::User, &question.prompt)]);
    let report = world.run(router.turn(&request, &world))?;
    Ok(Asked { report, n_calls: world.n_calls() - n_before })
}

/// An answer counts as that of the side that ended it.
pub fn turn_of(asked: Asked, question: &Question) -> Turn {
    let Asked { report, n_calls } = asked;
    let kept = report.route == Route::Device;
    let looks = report.looks.iter().map(|look| look.fused);
    let decision = &report.decision;
    let first = decision.fused - decision.drafting.map_or(0.0, |drafting| drafting.margin);
    Turn {
        correct: if kept { question.device_correct } else { question.edge_correct },
        n_calls: n_calls.min(255) as u8,
        thrown_away: kept && report.started_both.is_some(),
        lost: kept && question.needs_edge(),
        seconds: report.total_s as f32,
        ttft_s: report.ttft_s.unwrap_or(report.total_s) as f32,
        score: looks.fold(first, f64::max) as f32,
        trace: 0,
    }
}

/// The reader reads and thinks; meanwhile the page lets the router probe.
pub fn pause(router: &mut Replayed, world: &World, seconds: f64) {
    let until = world.now() + Duration::from_secs_f64(seconds);
    world.idle_until.set(Some(until));
    while world.now() < until {
        world.pass(TICK.min(until - world.now()));
        world.run(router.tick(&world));
    }
    world.idle_until.set(None);
}

/// Exponentially distributed.
fn pause_s(random: &mut Pcg32) -> f64 {
    -MEAN_PAUSE_S * (1.0 - random.random::<f64>()).ln()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::contenders::{ALL, ALL_DEVICE, ALL_EDGE};

    /// Made-up questions: some are right on the device, some only at the edge, some nowhere. The
    /// prompt's probability is vague, a look's is certain.
    pub fn questions(n_questions: usize) -> (Vec<Question>, Vec<Prediction>) {
        let mut random = Pcg32::seed_from_u64(7);
        let each = |index: usize| {
            let need = random.random::<f64>();
            let question = Question {
                id: format!("q{index}"),
                set: "made-up".to_owned(),
                prompt: format!("Question number {index}?"),
                device_correct: random.random::<f64>() > need,
                edge_correct: random.random::<f64>() > 0.1,
                answer: "One thing first. ".repeat(1 + index % 9),
                answer_known: true,
                edge_chars: 40 + index % 200,
            };
            let p = 0.5 * need + 0.5 * random.random::<f64>();
            let look = f64::from(question.needs_edge());
            let prediction = Prediction {
                id: question.id.clone(),
                p,
                device_tokens: question.answer.len() as f64 / 4.0,
                edge_tokens: question.edge_chars as f64 / 4.0,
                looks: vec![(16, look)],
            };
            (question, prediction)
        };
        (0..n_questions).map(each).unzip()
    }

    pub fn scene(world: &cli::World, n_questions: usize) -> Scene<'_> {
        let (questions, predictions) = questions(n_questions);
        Scene { questions, predictions, ..Scene::empty(world) }
    }

    pub fn world(traces: Vec<Trace>) -> cli::World {
        cli::World { traces, speeds: Speeds::default(), alpha_per_s: 0.005, seed: 1 }
    }

    fn share(turns: &[Turn], which: impl Fn(&Turn) -> bool) -> f64 {
        turns.iter().filter(|turn| which(turn)).count() as f64 / turns.len() as f64
    }

    #[test]
    fn both_ends_and_the_oracle_end_up_where_they_must() {
        let world = world(vec![Trace::steady()]);
        let scene = scene(&world, 200);
        let mean = |right: &dyn Fn(&Question) -> bool| {
            scene.questions.iter().filter(|question| right(question)).count() as f64 / 200.0
        };
        let run = |contender: &Contender| {
            let turns = replay(&scene, contender, 0.5).unwrap();
            (share(&turns, |turn| turn.correct), share(&turns, |turn| turn.n_calls > 0))
        };
        assert_eq!(run(&ALL_DEVICE), (mean(&|question| question.device_correct), 0.0));
        assert_eq!(run(&ALL_EDGE), (mean(&|question| question.edge_correct), 1.0));
        let oracle = ALL.iter().find(|contender| contender.name == "oracle").unwrap();
        let best = mean(&|question| question.device_correct || question.edge_correct);
        assert_eq!(run(oracle), (best, mean(&Question::needs_edge)));
    }

    #[test]
    fn a_replay_can_be_repeated() {
        let world = world(crate::trace::built_in());
        let scene = scene(&world, 60);
        for contender in &ALL {
            let turns = replay(&scene, contender, 0.5).unwrap();
            assert_eq!(turns, replay(&scene, contender, 0.5).unwrap(), "{}", contender.name);
        }
    }

    #[test]
    fn outages_lose_no_question() {
        let up = (0.05, 1e6, 1e6, 0.1, true);
        let mut rows = vec![up; 40];
        rows[10..38].fill((0.05, 1e6, 1e6, 0.1, false));
        let world = world(vec![Trace::of(&rows)]);
        let scene = scene(&world, 100);
        for contender in &ALL {
            let turns = replay(&scene, contender, 0.3).unwrap();
            assert!(turns.iter().all(|turn| turn.seconds > 0.0), "{}", contender.name);
        }
        let called = share(&replay(&scene, &ALL_EDGE, 0.5).unwrap(), |turn| turn.n_calls > 0);
        assert!((0.1..0.9).contains(&called), "{called}");
    }

    #[test]
    fn a_score_is_the_threshold_at_which_a_turn_changes_sides() {
        let world = world(vec![Trace::steady()]);
        let scene = scene(&world, 80);
        for contender in ALL.iter().filter(|contender| contender.swept && !contender.both) {
            let scores = replay(&scene, contender, 1.0).unwrap();
            let turns = replay(&scene, contender, 0.4).unwrap();
            let agree = turns
                .iter()
                .zip(&scores)
                .filter(|(turn, at)| (turn.n_calls > 0) == (at.score > 0.4));
            assert!(agree.count() >= 78, "{}", contender.name);
        }
    }
}
