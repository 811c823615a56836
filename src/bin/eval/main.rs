//! `nearside-eval`: recorded questions through the router that the page runs, on a virtual clock.
//!
//! In reading order: [`outcomes`] tells which model got which question right, [`predictions`] what
//! the scorer says of it, [`trace`] how the link behaves; [`world`] plays the link and the edge and
//! [`recorded`] the two models on the device, in tokens that are [`pieces`] of text; [`replay`] sends all questions through one of the
//! [`contenders`]; [`sweep`] does so for many thresholds, [`metrics`] and [`cost`] weigh the outcome, [`report`]
//! and [`docs`] show it. [`calibrate`] picks a threshold that keeps a promise. [`dialogues`] does
//! all this with several turns, whose keys and values [`prefix_memory`] keeps at the edge.

mod calibrate;
mod chart;
mod cli;
mod contenders;
mod cost;
mod dialogues;
mod docs;
mod metrics;
mod outcomes;
mod parallel;
mod pieces;
mod prediction;
mod predictions;
mod prefix_memory;
mod recorded;
mod replay;
mod report;
mod sweep;
mod trace;
mod world;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use crate::cli::{Cli, ReplayArgs, Task};
use crate::outcomes::Pair;
use crate::predictions::Predictions;
use crate::replay::Scene;
use crate::report::{PairReport, Report, SetReport};

/// Why the program gave up, as a sentence for whoever started it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl From<nearside::Error> for Failure {
    fn from(error: nearside::Error) -> Failure {
        Failure(error.to_string())
    }
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.task {
        None => match &cli.replay.dialogues {
            None => compare(&cli.replay),
            Some(files) => dialogues::compare(&cli.replay, files),
        },
        Some(Task::Traces { out }) => write_traces(out),
        Some(Task::Calibrate(args)) => calibrate(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Replays every pair and set, and shows what each router made of it.
fn compare(args: &ReplayArgs) -> Result<()> {
    let world = args.world.read()?;
    let (mut pairs, mut all, mut n_sets) = (Vec::new(), Scene::empty(&world), 0);
    for pair in args.pairs()? {
        let mut sets = Vec::new();
        for mut scene in scenes(&pair, &world)? {
            sets.push(timed(&scene.questions[0].set, &scene)?);
            all.questions.append(&mut scene.questions);
            all.predictions.append(&mut scene.predictions);
        }
        n_sets += sets.len();
        pairs.push(PairReport::new(&pair, sets));
    }
    let mixture = (n_sets > 1).then(|| timed("All sets together", &all)).transpose()?;
    let report = Report::new(&world, pairs, mixture);
    if let Some(file) = &args.json {
        write(file, &report.to_json())?;
    }
    if args.docs {
        docs::write(&report)?;
    }
    print!("{}", report.to_table());
    Ok(())
}

fn timed(name: &str, scene: &Scene) -> Result<SetReport> {
    let started = Instant::now();
    let set = sweep::set(name, scene)?;
    let seconds = started.elapsed().as_secs_f64();
    let speed = set.n_replayed as f64 / seconds;
    eprintln!("{name}: {speed:.0} questions per second in {seconds:.1} s");
    Ok(set)
}

/// One scene for each set of a pair's questions, with what the scorer says of them.
fn scenes<'w>(pair: &Pair, world: &'w cli::World) -> Result<Vec<Scene<'w>>> {
    let questions = outcomes::load(pair)?;
    let predictions = Predictions::of(pair, &questions)?;
    let mut scenes: Vec<Scene<'w>> = Vec::new();
    for (question, prediction) in questions.into_iter().zip(predictions.rows) {
        let known = scenes.iter().position(|scene| scene.questions[0].set == question.set);
        let at = known.unwrap_or_else(|| {
            scenes.push(Scene::empty(world));
            scenes.len() - 1
        });
        scenes[at].questions.push(question);
        scenes[at].predictions.push(prediction);
    }
    Ok(scenes)
}

fn write_traces(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| file_failure(folder, &error))?;
    for trace in trace::built_in() {
        write(&folder.join(format!("{}.json", trace.name)), &trace.to_json())?;
    }
    Ok(())
}

/// Picks θ on all questions at hand, whatever set they are from.
fn calibrate(args: &cli::CalibrateArgs) -> Result<()> {
    let world = args.world.read()?;
    let pair = args.recordings.pair()?;
    let questions = outcomes::load(&pair)?;
    println!("{} questions have the outcomes of both models", questions.len());
    let predictions = Predictions::of(&pair, &questions)?.rows;
    let scene = Scene { questions, predictions, ..Scene::empty(&world) };
    let picked = calibrate::calibration(&scene, &pair, args.max_loss)?;
    write(&args.out, &calibrate::to_json(&picked.calibration))?;
    println!("{}", calibrate::sentence(&picked));
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).map_err(|error| file_failure(file, &error))
}

fn file_failure(file: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("{}: {error}", file.display()))
}
