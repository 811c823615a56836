//! The benchmark: Nearside beside other engines in one headless Chromium.
//!
//! Here everything is built and installed, once; benches/run.mjs measures.

mod candle;
mod native;
mod packages;
mod python;

use std::fs;
use std::path::{PathBuf, absolute};
use std::process::Command;

use anyhow::{Context, Result};

use crate::chromium::Chromium;
use crate::models::{self, catalogue::Catalogue};
use crate::{node, setup, sh, wasm};

/// What the benchmark builds and measures, next to its default JSON file.
const FOLDER: &str = "target/bench";
const MODELS: &str = "target/bench/models";

#[derive(clap::Args)]
pub struct Options {
    /// Measure these engines only: nearside, wllama-2.4.0, candle, … (benches/engines.mjs).
    #[arg(long, value_name = "ENGINE,…")]
    only: Option<String>,
    /// Run these language models only: smollm2, qwen, q8_0, q4_0, q4_k_m.
    #[arg(long, value_name = "MIX,…")]
    models: Option<String>,
    /// Measure these things only: limits, generate, firstToken, embed.
    #[arg(long, value_name = "JOB,…")]
    jobs: Option<String>,
    /// How often each engine is run; the medians count.
    #[arg(long, value_name = "N")]
    rounds: Option<u32>,
    /// Two rounds, without waiting for a quiet machine.
    #[arg(long)]
    quick: bool,
    /// Build llama.cpp for this machine and run its llama-bench too.
    #[arg(long)]
    native: bool,
    /// Sources of llama.cpp (a folder or a .tar.gz) instead of those that pip fetches.
    #[arg(long, value_name = "PATH", requires = "native")]
    llama_cpp: Option<PathBuf>,
    /// Where the measurements go; target/bench/result.json unless told otherwise.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Remake docs/performance.md and docs/performance.svg from the JSON file, and measure nothing.
    #[arg(long)]
    report_only: bool,
}

pub fn run(options: &Options) -> Result<()> {
    if options.report_only {
        node::ensure()?;
        return sh::run(measure(options)?.arg("--report-only"));
    }
    let chromium = prepare(options)?;
    let mut measure = measure(options)?;
    measure.env("CHROME", &chromium.browser);
    if options.native {
        measure.arg("--llama-bench").arg(native::build(options.llama_cpp.as_deref())?);
    }
    sh::say("measuring; leave the machine alone meanwhile");
    sh::run(&mut measure)
}

/// The script with those options that are its own.
fn measure(options: &Options) -> Result<Command> {
    let mut script = sh::command("node");
    script.arg("benches/run.mjs");
    let chosen =
        [("--only", &options.only), ("--models", &options.models), ("--jobs", &options.jobs)];
    for (name, value) in chosen {
        script.args(value.iter().flat_map(|value| [name, value]));
    }
    script.args(options.rounds.iter().flat_map(|n| ["--rounds".to_owned(), n.to_string()]));
    script.args(options.quick.then_some("--quick"));
    if let Some(file) = &options.json {
        script.arg("--json").arg(absolute(file)?);
    }
    // What is published compares everything.
    if !options.quick && chosen.iter().all(|(_, value)| value.is_none()) {
        script.arg("--docs");
    }
    Ok(script)
}

/// Everything that is measured or needed to measure it.
fn prepare(options: &Options) -> Result<Chromium> {
    let tools = setup::everything()?;
    wasm::build(&tools.build)?;
    fs::create_dir_all(sh::root().join(FOLDER)).context("could not make target/bench")?;
    packages::ensure()?;
    let wanted = |engine: &str| {
        options.only.as_ref().is_none_or(|only| only.split(',').any(|e| e == engine))
    };
    if wanted("candle") {
        candle::build(&tools.build)?;
    }
    assemble_limits()?;
    for name in [models::DEVICE, models::EDGE] {
        models::fetch(Catalogue::read()?.entry(name)?)?;
    }
    sh::say("making the models that are not there yet");
    sh::run(python::command()?.args(["benches/models/make.py", MODELS]))?;
    Ok(tools.chromium)
}

/// The module that finds out what the machine gives at best.
fn assemble_limits() -> Result<()> {
    sh::run(node::tool("wasm-as").args([
        "benches/limits.wat",
        "--enable-simd",
        "--enable-relaxed-simd",
        "-o",
        "target/bench/limits.wasm",
    ]))
}
