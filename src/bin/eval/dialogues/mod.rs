//! Dialogues of several turns through several ways to route them.
//!
//! In reading order: [`recordings`] reads dialogues and makes sessions of questions, [`ways`] lists
//! the routers, [`replay`] sends all dialogues through one of them, [`summary`] weighs and compares
//! what came out, [`report`] shows it.

mod recordings;
mod replay;
mod report;
mod summary;
mod ways;

use std::path::PathBuf;
use std::time::Instant;

use crate::cli::ReplayArgs;
use crate::outcomes;
use crate::predictions::Predictions;
use crate::{Failure, Result, write};

use recordings::{Sessions, Set};
use report::Report;

/// Replays every set of dialogues, and shows what each router made of it.
pub fn compare(args: &ReplayArgs, files: &[PathBuf]) -> Result<()> {
    let world = args.world.read()?;
    let random = Sessions::Random { seed: world.seed };
    let sessions = args.session.map_or(random, |n_turns| Sessions::InOrder { n_turns });
    let sets = sets(args, files, sessions)?;
    let mut reports = Vec::new();
    for set in &sets {
        let started = Instant::now();
        reports.push(summary::set(set, &world)?);
        let seconds = started.elapsed().as_secs_f64();
        eprintln!("{}: {} dialogues in {seconds:.1} s", set.name, set.dialogues.len());
    }
    let report = Report::new(&world, reports);
    if let Some(file) = &args.json {
        write(file, &report.to_json())?;
    }
    print!("{}", report.to_table());
    Ok(())
}

/// One set for each file of dialogues, and one for each pair's questions.
fn sets(args: &ReplayArgs, files: &[PathBuf], sessions: Sessions) -> Result<Vec<Set>> {
    let scorer = args.recordings.scorer.as_deref();
    let mut sets: Vec<Set> =
        files.iter().map(|file| Set::read(file, scorer)).collect::<Result<_>>()?;
    let pairs = if args.has_questions() { args.pairs()? } else { Vec::new() };
    for pair in &pairs {
        let questions = outcomes::load(pair)?;
        let predictions = Predictions::of(pair, &questions)?.rows;
        let name = format!("sessions of {} → {}", pair.device, pair.edge);
        sets.push(Set::of_questions(name, questions, predictions, sessions)?);
    }
    match sets.is_empty() {
        true => Err(Failure("--dialogues needs files, or --outcomes for sessions".to_owned())),
        false => Ok(sets),
    }
}
