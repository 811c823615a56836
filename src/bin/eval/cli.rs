//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use nearside::Config;

use crate::Result;
use crate::outcomes::Pair;
use crate::replay::Setting;
use crate::speeds::Speeds;
use crate::trace::{self, Trace};

/// Replays recorded questions through the router and through others, over link traces.
#[derive(Debug, Parser)]
#[command(name = "nearside-eval", version, args_conflicts_with_subcommands = true)]
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
    pub pair: Pair,
    /// Replay dialogues instead of single questions: sessions of 3 to 12 of them.
    #[arg(long)]
    pub dialogues: bool,
    /// Sessions of exactly so many questions, in their files' order.
    #[arg(long, value_name = "QUESTIONS", requires = "dialogues")]
    pub session: Option<NonZeroUsize>,
    #[command(flatten)]
    pub world: WorldArgs,
    /// Write everything as JSON, the curves included.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write docs/evaluation.md and docs/evaluation.svg, of the pairs in src/bin/eval/pairs.json, whose files
    /// are in this folder.
    #[arg(long, value_name = "DIR", exclusive = true)]
    pub docs: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CalibrateArgs {
    #[command(flatten)]
    pub pair: Pair,
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

/// The world around the router.
#[derive(Debug, Args)]
pub struct WorldArgs {
    /// Link traces instead of the built-in ones.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    trace: Vec<PathBuf>,
    /// How fast both sides compute, as JSON; what it leaves out keeps its default.
    #[arg(long, value_name = "FILE")]
    rates: Option<PathBuf>,
    /// α of the routers that count time, in 1/s: what a second is worth, in right answers. The default
    /// is the page's.
    #[arg(long, value_name = "PER_SECOND", default_value_t = Config::default().alpha_per_s, value_parser = alpha)]
    alpha: f64,
    /// Of the order of the questions and the pauses between them.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl WorldArgs {
    pub fn read(&self) -> Result<Setting> {
        let traces = match &self.trace[..] {
            [] => trace::built_in(),
            files => files.iter().map(|file| Trace::read(file)).collect::<Result<_>>()?,
        };
        let speeds = self.rates.as_deref().map(Speeds::read).transpose()?.unwrap_or_default();
        Ok(Setting { traces, speeds, alpha_per_s: self.alpha, seed: self.seed, n_steps: None })
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| 0.0 < *share && *share < 1.0);
    share.ok_or_else(|| "must be a number between 0 and 1".to_owned())
}

fn alpha(text: &str) -> Result<f64, String> {
    let alpha = text.parse().ok().filter(|alpha: &f64| alpha.is_finite() && *alpha >= 0.0);
    alpha.ok_or_else(|| "must be a number of at least 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibrate_takes_a_share() {
        let line = "eval calibrate --outcomes x --device a --edge b --out t.json --max-loss";
        let parse = |loss| Cli::try_parse_from(line.split(' ').chain([loss]));
        assert!(parse("0.1").is_ok());
        assert!(parse("1.5").is_err() && parse("0").is_err());
    }
}
