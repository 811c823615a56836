//! All dialogues, one after the other, through one router.

use std::time::Duration;

use nearside::config::Mode;
use nearside::dialogue::{Message, Role};
use nearside::routing::Route;
use nearside::turn::{Router, TurnRequest, TurnUsage};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;

use super::recordings::Set;
use super::ways::Way;
use crate::recorded::{RecordedDevice, RecordedScorer};
use crate::replay::{self, Asked};
use crate::world::{Traffic, World};
use crate::{Result, cli};

/// Mean pauses between an answer and the next question, in seconds: mostly the reader stays, now
/// and then they leave and come back.
const MEAN_PAUSE_S: f64 = 20.0;
const MEAN_ABSENCE_S: f64 = 600.0;
const ABSENCES: f64 = 0.1;

/// How one turn of a dialogue went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    pub turn: replay::Turn,
    /// Since the turn before.
    pub traffic: Traffic,
    pub moved: bool,
    /// Where the edge answered the turn before and the device this one: how many of its prompt's
    /// tokens the device had to compute then, and how many there were.
    pub after_edge: Option<(usize, usize)>,
    /// Which dialogue it belongs to, and how many turns that has.
    pub dialogue: usize,
    pub n_turns: usize,
}

/// Every dialogue's turns, in order, over every trace. Each begins at a random place of it, and with
/// the same seed it is the same place, and the same pauses, for every router. What a router
/// learns of rates, of the edge's memory and of dialogues it keeps from one to the next.
pub fn replay(set: &Set, way: &Way, theta: f64, args: &cli::World) -> Result<Vec<Turn>> {
    let mut random = Pcg32::seed_from_u64(args.seed);
    let memory = Duration::from_secs_f64(args.speeds.edge_memory_s);
    let world = World::remembering(&args.traces[0], &args.speeds, memory);
    let mut done = Vec::new();
    let indices = 0..set.dialogues.len();
    let meetings =
        (0..args.traces.len()).flat_map(|trace| indices.clone().map(move |i| (trace, i)));
    for (trace, index) in meetings {
        let dialogue = &set.dialogues[index];
        world.follow(&args.traces[trace], random.random());
        let mut router = Router::new(way.config(theta, args.alpha_per_s), &&world)?;
        let device = match way.fetches {
            true => RecordedDevice::fetching(&world),
            false => RecordedDevice::new(&world),
        };
        world.run(router.set_device(device, &&world))?;
        router.set_scorer(RecordedScorer { world: &world, judge: way.judge });
        let mut messages = Vec::new();
        let (mut answered, mut previous) = (None, None);
        let mut n_moves = 0;
        for (question, prediction) in &dialogue.turns {
            let (before, n_calls) = (world.traffic.get(), world.n_calls());
            replay::pause(&mut router, &world, pause_s(&mut random));
            messages.push(Message::new(Role::User, &question.prompt));
            world.ask(question, prediction);
            let mode = answered.filter(|_| way.sticky).map(preferring);
            let request = TurnRequest { mode, ..TurnRequest::new(messages.clone()) };
            let report = world.run(router.turn(&request, &&world))?;
            messages.push(Message::new(Role::Assistant, report.text.clone()));
            answered = answered.or(Some(report.route));
            let moved = report.n_moves > std::mem::replace(&mut n_moves, report.n_moves);
            let route = report.route;
            let came_over = previous.replace(route) == Some(Route::Edge) && route == Route::Device;
            let after_edge = came_over.then(|| {
                let TurnUsage { prompt_tokens, cached_tokens, fetched_tokens, .. } = report.usage;
                (prompt_tokens.saturating_sub(cached_tokens + fetched_tokens), prompt_tokens)
            });
            let asked = Asked { report, n_calls: world.n_calls() - n_calls };
            let turn = replay::turn_of(asked, question);
            done.push(Turn {
                turn: replay::Turn { trace: trace as u16, ..turn },
                traffic: world.traffic.get().since(&before),
                moved,
                after_edge,
                dialogue: index,
                n_turns: dialogue.turns.len(),
            });
        }
    }
    Ok(done)
}

fn preferring(route: Route) -> Mode {
    match route {
        Route::Device => Mode::PreferDevice,
        Route::Edge => Mode::PreferEdge,
    }
}

fn pause_s(random: &mut Pcg32) -> f64 {
    let mean_s = if random.random_bool(ABSENCES) { MEAN_ABSENCE_S } else { MEAN_PAUSE_S };
    -mean_s * (1.0 - random.random::<f64>()).ln()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::dialogues::recordings::Sessions;
    use crate::dialogues::summary::read_after_edge;
    use crate::dialogues::ways::{ALL, ALL_DEVICE, ALL_EDGE, OURS, PAPER, STICKY};
    use crate::replay::tests::{questions, world};
    use crate::trace::{Trace, built_in};

    pub fn sessions(n_questions: usize) -> Set {
        let (questions, predictions) = questions(n_questions);
        let sessions = Sessions::Random { seed: 1 };
        Set::of_questions("made-up".to_owned(), questions, predictions, sessions).unwrap()
    }

    fn sum(turns: &[Turn], value: impl Fn(&Turn) -> f64) -> f64 {
        turns.iter().map(value).sum()
    }

    #[test]
    fn a_replay_can_be_repeated() {
        let (set, args) = (sessions(60), world(built_in()));
        for way in &ALL {
            let turns = replay(&set, way, 0.4, &args).unwrap();
            assert_eq!(turns, replay(&set, way, 0.4, &args).unwrap(), "{}", way.name);
        }
    }

    #[test]
    fn a_side_that_holds_the_dialogue_reads_each_token_once() {
        let (set, args) = (sessions(100), world(vec![Trace::steady()]));
        let device = replay(&set, &ALL_DEVICE, 0.5, &args).unwrap();
        // Each prompt is made of its question and of four tokens that enclose messages.
        let prompts = set.dialogues.iter().flat_map(|dialogue| &dialogue.turns);
        let n_prompt: usize = prompts.map(|(question, _)| question.prompt.len() / 4 + 5).sum();
        let n_read = sum(&device, |turn| turn.traffic.device_prefilled as f64);
        assert!(n_read <= n_prompt as f64, "{n_read} of {n_prompt}");
        assert_eq!(sum(&device, |turn| turn.traffic.edge_prefilled as f64), 0.0);
        assert!(device.iter().all(|turn| !turn.moved && turn.turn.n_calls == 0));
        let edge = replay(&set, &ALL_EDGE, 0.5, &args).unwrap();
        assert!(edge.iter().all(|turn| turn.turn.n_calls > 0));
    }

    #[test]
    fn sticky_never_moves_and_others_do() {
        let (set, args) = (sessions(100), world(vec![Trace::steady()]));
        let moves =
            |way| sum(&replay(&set, way, 0.4, &args).unwrap(), |turn| f64::from(turn.moved));
        assert_eq!(moves(&STICKY), 0.0);
        assert!(moves(&PAPER) > 0.0 && moves(&OURS) > 0.0);
    }

    #[test]
    fn fetching_spares_the_device_reading() {
        let (set, mut args) = (sessions(100), world(vec![Trace::steady()]));
        args.speeds.kv_shape = [8, 2, 64];
        let read = |way: &Way| {
            let turns = replay(&set, way, 0.4, &args).unwrap();
            read_after_edge(&turns).expect("the device answers after the edge")
        };
        let computes = Way { fetches: false, catches_up: false, ..OURS };
        let fetches = Way { catches_up: false, ..OURS };
        assert!(read(&fetches) < 0.7 * read(&computes), "{} {}", read(&fetches), read(&computes));
    }

    #[test]
    fn what_is_read_in_a_pause_spares_the_next_turn_time() {
        let (set, args) = (sessions(100), world(vec![Trace::steady()]));
        let to_text_s = |way: &Way| {
            let turns = replay(&set, way, 0.4, &args).unwrap();
            let moved: Vec<&Turn> =
                turns.iter().filter(|turn| turn.moved && turn.turn.n_calls == 0).collect();
            moved.iter().map(|turn| f64::from(turn.turn.ttft_s)).sum::<f64>() / moved.len() as f64
        };
        let rests = Way { fetches: false, catches_up: false, looks_ahead: false, ..OURS };
        let catches_up = Way { catches_up: true, ..rests.clone() };
        let [early, late] = [&catches_up, &rests].map(to_text_s);
        assert!(early < 0.8 * late, "{early} {late}");
    }
}
