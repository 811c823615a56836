//! `cargo xtask`: everything one does to this repository, from a fresh machine to a tested page.
//!
//! Reading order: `demo`, `test`, `bench`, `outcomes`, `eval` and `models` are what people run; `pair` chooses
//! the models; `setup` finds or installs what they need; `wasm` and `gateway` build the two halves of
//! Nearside; `sh` runs other programs.

mod apt;
mod bench;
mod check;
mod chromium;
mod demo;
mod eval;
mod gateway;
mod models;
mod node;
mod outcomes;
mod pack;
mod pair;
mod setup;
mod sh;
mod test;
mod toolchain;
mod wasm;
mod wasm_bindgen;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Set up, build, run and test Nearside"
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing, build everything and serve the demo page on loopback.
    Demo(demo::Options),
    /// List, fetch or remove models of the catalogue, models/catalogue.json.
    Models(models::Options),
    /// Run native tests, browser tests, end-to-end tests and the headless demo with both pairs.
    Test,
    /// The quick one: format, clippy, types and the library's native tests.
    Check,
    /// Compare the engine with others, side by side in one headless Chromium.
    Bench(bench::Options),
    /// Ask models questions and record which answers are right: what a scorer learns from.
    Outcomes(outcomes::Options),
    /// Replay recorded questions through the router and through others; `eval --help` tells how.
    #[command(disable_help_flag = true)]
    Eval(Passed),
    /// Pick a threshold that keeps the share of lost answers below a bound.
    #[command(disable_help_flag = true)]
    Calibrate(Passed),
    /// Build the wasm package (pkg/) and the gateway, and stop there.
    Build,
    /// Build the npm package: target/npm/nearside/ and its tarball.
    Pack,
    /// Find or install the tools the other tasks need, and stop there.
    Setup,
}

/// What another program understands.
#[derive(clap::Args)]
struct Passed {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Demo(options) => demo::run(&options),
        Task::Models(options) => models::run(&options),
        Task::Test => test::run(),
        Task::Check => check::run(),
        Task::Bench(options) => bench::run(&options),
        Task::Outcomes(options) => outcomes::run(&options),
        Task::Eval(Passed { args }) => eval::run(None, &args),
        Task::Calibrate(Passed { args }) => eval::run(Some("calibrate"), &args),
        Task::Build => setup::for_building().and_then(|tools| {
            wasm::build(&tools)?;
            gateway::build()?;
            Ok(())
        }),
        Task::Pack => setup::for_building().and_then(|tools| {
            wasm::build(&tools)?;
            pack::run()
        }),
        Task::Setup => setup::everything().map(sh::say),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
