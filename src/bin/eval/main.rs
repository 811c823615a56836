//! `nearside-eval`: recorded questions through the router that the page runs, on a virtual clock.
//!
//! What goes in: [`outcomes`] tells which of two models got which question right and what the device wrote,
//! [`predictions`] what the scorer says of it; [`asked`] joins them, as questions that stand alone or as
//! dialogues. [`trace`] is how the link behaves, [`speeds`] how fast either side computes; all of it comes from
//! [`files`].
//!
//! What plays it: [`world`] is the link and the edge, [`recorded`] the two models on the device, both in
//! tokens that are [`pieces`] of text; [`prefix_memory`] is what the edge keeps of a dialogue. [`replay`]
//! sends everything through one of the [`ways`] to route, and gives one turn for each question.
//!
//! What is made of the turns: [`sweep`] replays many thresholds, and cross-fits: what is picked on one half
//! of the questions is scored on the other. [`compare`] tells what is saved at equal quality, and by what;
//! [`price`] whether the router is ever dearer than not having it; [`curve`] has RouteLLM's measures, and
//! every figure gets its paired interval from [`estimate`]. Questions and dialogues are summed up alike.
//!
//! What comes out: a [`report`] as JSON and as [`table`]s; [`docs`] replays the pairs of `pairs.json` in
//! several worlds and writes docs/evaluation.md from `page.md`, with the [`chart`]. [`calibrate`] picks a
//! threshold that keeps a promise.

mod asked;
mod calibrate;
mod chart;
mod cli;
mod compare;
mod curve;
mod docs;
mod estimate;
mod files;
mod outcomes;
mod pieces;
mod predictions;
mod prefix_memory;
mod price;
mod recorded;
mod replay;
mod report;
mod speeds;
mod sweep;
mod table;
mod trace;
mod ways;
mod world;

use std::process::ExitCode;

use clap::Parser;

use crate::asked::Asked;
use crate::cli::{CalibrateArgs, Cli, ReplayArgs, Task};
use crate::files::write;
use crate::replay::Scene;
use crate::report::{Report, SetReport};
use crate::ways::{OF_DIALOGUES, OF_QUESTIONS};

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
    let done = match (&cli.task, &cli.replay.docs) {
        (Some(Task::Calibrate(args)), _) => calibrate(args),
        (None, Some(folder)) => cli.replay.world.read().and_then(|set| docs::write(folder, &set)),
        (None, None) => compare(&cli.replay),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Replays a pair, and shows what each way to route made of it.
fn compare(args: &ReplayArgs) -> Result<()> {
    let setting = args.world.read()?;
    let mut asked = Asked::load(&args.pair)?;
    let mut names = &OF_QUESTIONS[..];
    if args.dialogues {
        (asked, names) = (asked.in_sessions(args.session, setting.seed)?, &OF_DIALOGUES);
    }
    let scene = Scene { asked: &asked, setting: &setting };
    let mut set = SetReport::new(&args.pair, scene, names)?;
    if !args.dialogues {
        let as_set = ways::as_set(asked.looked());
        set.costs = price::cells(scene, &[setting.alpha_per_s], &as_set)?;
    }
    print!("{}", set.to_markdown());
    match &args.json {
        Some(file) => write(file, &Report::new(&setting, set).to_json()),
        None => Ok(()),
    }
}

/// Picks θ on all questions at hand, whatever set they are from.
fn calibrate(args: &CalibrateArgs) -> Result<()> {
    let setting = args.world.read()?;
    let asked = Asked::load(&args.pair)?;
    println!("{} questions have the outcomes of both models", asked.rows.len());
    let scene = Scene { asked: &asked, setting: &setting };
    let (calibration, told) = calibrate::calibration(scene, &args.pair, args.max_loss)?;
    write(&args.out, &calibrate::to_json(&calibration))?;
    println!("{told}");
    Ok(())
}
