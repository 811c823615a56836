//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use nearside::Config;

use crate::outcomes::Pair;
use crate::speeds::Speeds;
use crate::trace::{self, Trace};
use crate::{Failure, Result};

/// Replays recorded questions through the router and through others, over link traces.
#[derive(Debug, Parser)]
#[command(
    name = "nearside-eval",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub task: Option<Task>,
    #[command(flatten)]
    pub replay: ReplayArgs,
}

#[derive(Debug, Subcommand)]
pub enum Task {
    /// Pick the largest θ that keeps the share of lost answers below a bound.
    Calibrate(Box<CalibrateArgs>),
}

#[derive(Debug, Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    pub recordings: Recordings,
    /// A pair with its files, instead of --device, --edge, --outcomes, --answers and --predictions;
    /// may be repeated. Several files are separated by commas.
    #[arg(
        long,
        value_name = "DEVICE>EDGE:OUTCOMES[:ANSWERS[:PREDICTIONS]]",
        conflicts_with_all = ["device", "edge", "outcomes", "answers", "predictions"]
    )]
    pub pair: Vec<String>,
    /// Replay dialogues instead of single questions: sessions of 3 to 12 of them.
    #[arg(long)]
    pub dialogues: bool,
    /// Sessions of exactly so many questions, in their files' order.
    #[arg(long, value_name = "QUESTIONS", requires = "dialogues", value_parser = at_least_one)]
    pub session: Option<usize>,
    #[command(flatten)]
    pub world: WorldArgs,
    /// Write everything as JSON, the curves included.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write docs/evaluation.md and docs/evaluation.svg: every pair in the worlds that these tell of. The
    /// first pair is the one that the page begins with.
    #[arg(long, conflicts_with_all = ["dialogues", "trace", "rates"], requires = "pair")]
    pub docs: bool,
}

#[derive(Debug, Args)]
pub struct CalibrateArgs {
    #[command(flatten)]
    pub recordings: Recordings,
    #[command(flatten)]
    pub world: WorldArgs,
    /// Largest expected share of answers that the edge would have got right and the device,
    /// which kept them, got wrong.
    #[arg(long, value_name = "SHARE", default_value_t = 0.05, value_parser = share)]
    pub max_loss: f64,
    /// Where θ goes, as JSON.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// What was recorded of the questions.
#[derive(Debug, Args)]
pub struct Recordings {
    /// Outcome files: which models got which questions right.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub outcomes: Vec<PathBuf>,
    /// The device's model, as the outcome files name it.
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// The edge's model, as the outcome files name it.
    #[arg(long, value_name = "NAME")]
    pub edge: Option<String>,
    /// What the device's model wrote.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub answers: Vec<PathBuf>,
    /// What the scorer said: written if --scorer is given, read if not.
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,
    /// The scorer to ask.
    #[arg(long, value_name = "GGUF")]
    pub scorer: Option<PathBuf>,
    /// Use these questions only; one id a line.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub test_ids: Vec<PathBuf>,
}

/// The world around the router.
#[derive(Debug, Args)]
pub struct WorldArgs {
    /// Link traces instead of the built-in ones.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub trace: Vec<PathBuf>,
    /// How fast both sides compute, as JSON; what it leaves out keeps its default.
    #[arg(long, value_name = "FILE")]
    pub rates: Option<PathBuf>,
    /// α of the routers that count time, in 1/s: what a second is worth, in right answers. The default
    /// is the page's.
    #[arg(long, value_name = "PER_SECOND", default_value_t = Config::default().alpha_per_s, value_parser = alpha)]
    pub alpha: f64,
    /// Of the order of the questions and the pauses between them.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// The world, read.
#[derive(Debug, Clone)]
pub struct World {
    pub traces: Vec<Trace>,
    pub speeds: Speeds,
    pub alpha_per_s: f64,
    pub seed: u64,
    /// Steps between thresholds; `None`: as many as usual.
    pub n_steps: Option<usize>,
}

impl ReplayArgs {
    pub fn pairs(&self) -> Result<Vec<Pair>> {
        if self.pair.is_empty() {
            return Ok(vec![self.recordings.pair()?]);
        }
        self.pair.iter().map(|text| self.recordings.named(text)).collect()
    }
}

impl Recordings {
    pub fn pair(&self) -> Result<Pair> {
        let (Some(device), Some(edge), false) =
            (&self.device, &self.edge, self.outcomes.is_empty())
        else {
            return Err(Failure("--outcomes, --device and --edge must be given".to_owned()));
        };
        Ok(Pair {
            device: device.clone(),
            edge: edge.clone(),
            outcomes: self.outcomes.clone(),
            answers: self.answers.clone(),
            predictions: self.predictions.clone(),
            scorer: self.scorer.clone(),
            test_ids: self.test_ids.clone(),
        })
    }

    /// `DEVICE>EDGE:OUTCOMES[:ANSWERS[:PREDICTIONS]]`
    fn named(&self, text: &str) -> Result<Pair> {
        let failure = || Failure(format!("--pair {text}: it reads DEVICE>EDGE:OUTCOMES"));
        let (models, files) = text.split_once(':').ok_or_else(failure)?;
        let (device, edge) = models.split_once('>').ok_or_else(failure)?;
        let mut lists = files.split(':').map(|list| {
            list.split(',').filter(|file| !file.is_empty()).map(PathBuf::from).collect::<Vec<_>>()
        });
        let outcomes = lists.next().filter(|files| !files.is_empty()).ok_or_else(failure)?;
        Ok(Pair {
            device: device.to_owned(),
            edge: edge.to_owned(),
            outcomes,
            answers: lists.next().unwrap_or_default(),
            predictions: lists.next().and_then(|files| files.into_iter().next()),
            scorer: self.scorer.clone(),
            test_ids: self.test_ids.clone(),
        })
    }
}

impl WorldArgs {
    pub fn read(&self) -> Result<World> {
        let traces = match &self.trace[..] {
            [] => trace::built_in(),
            files => files.iter().map(|file| Trace::read(file)).collect::<Result<_>>()?,
        };
        let speeds = self.rates.as_deref().map(Speeds::read).transpose()?.unwrap_or_default();
        Ok(World { traces, speeds, alpha_per_s: self.alpha, seed: self.seed, n_steps: None })
    }
}

fn share(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err("must lie between 0 and 1".to_owned()) }
}

fn alpha(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    let usable = value.is_finite() && value >= 0.0;
    if usable { Ok(value) } else { Err("must be a number of at least 0".to_owned()) }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "must be a whole number above 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(line: &str) -> Result<Vec<Pair>> {
        Cli::try_parse_from(line.split(' ')).expect(line).replay.pairs()
    }

    #[test]
    fn pairs_come_from_flags_or_in_one_word() {
        let expected = Pair {
            device: "a".to_owned(),
            edge: "b".to_owned(),
            outcomes: vec!["x.jsonl".into(), "y.jsonl".into()],
            answers: vec!["z.jsonl".into()],
            ..Pair::default()
        };
        let flags = "eval --device a --edge b --outcomes x.jsonl y.jsonl --answers z.jsonl";
        assert_eq!(pairs(flags), Ok(vec![expected.clone()]));
        assert_eq!(pairs("eval --pair a>b:x.jsonl,y.jsonl:z.jsonl"), Ok(vec![expected.clone()]));
        let predictions = Some("p.jsonl".into());
        let without = Pair { answers: Vec::new(), predictions, ..expected };
        assert_eq!(pairs("eval --pair a>b:x.jsonl,y.jsonl::p.jsonl"), Ok(vec![without]));
        assert!(pairs("eval --pair a:x").is_err());
        assert!(pairs("eval --pair a>b:").is_err());
        assert!(pairs("eval --device a --outcomes x").is_err());
    }

    #[test]
    fn calibrate_takes_a_share() {
        let line = "eval calibrate --outcomes x --device a --edge b --out t.json --max-loss";
        let parse = |loss| Cli::try_parse_from(line.split(' ').chain([loss]));
        assert!(parse("0.1").is_ok());
        assert!(parse("1.5").is_err() && parse("0").is_err());
    }
}
