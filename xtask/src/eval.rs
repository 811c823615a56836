//! The replay of recorded questions: built here, run with whatever arguments it takes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{gateway, sh};

/// Runs `nearside-eval` in the folder that the task was started from, where its files are named.
pub fn run(subcommand: Option<&str>, args: &[OsString]) -> Result<()> {
    let program = build()?;
    sh::run(Command::new(program).args(subcommand).args(args))
}

fn build() -> Result<PathBuf> {
    sh::say("building the replay");
    sh::run(sh::cargo().args([
        "build",
        "--profile",
        gateway::PROFILE,
        "--features",
        "eval",
        "--bin",
        "nearside-eval",
    ]))?;
    Ok(sh::root().join("target/fast/nearside-eval").with_extension(std::env::consts::EXE_EXTENSION))
}
