//! A Python with what benches/models/ needs, in an environment of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::sh;

const ENVIRONMENT: &str = "target/bench/venv";
const REQUIREMENTS: &str = "benches/requirements.txt";
/// A copy of the requirements that the environment was made from.
const INSTALLED: &str = "target/bench/venv/requirements.txt";

/// The environment's Python, made if it is missing or was made from other requirements.
pub fn command() -> Result<Command> {
    let read = |path: &str| fs::read(sh::root().join(path)).ok();
    if read(INSTALLED).is_none() || read(INSTALLED) != read(REQUIREMENTS) {
        install().context("the models are made with Python 3.11 or newer and its venv module")?;
    }
    Ok(python())
}

/// A program on the PATH, or the one that the package `requirement` brings.
pub fn tool(name: &str, requirement: &str) -> Result<PathBuf> {
    if let Some(found) = sh::find(&[name]) {
        return Ok(found);
    }
    let installed = sh::root().join(ENVIRONMENT).join("bin").join(name);
    if !installed.is_file() {
        sh::run(command()?.args(["-m", "pip", "install", "--quiet", requirement]))?;
    }
    Ok(installed)
}

fn install() -> Result<()> {
    sh::say("installing the Python packages in benches/requirements.txt");
    sh::run(sh::command("python3").args(["-m", "venv", "--clear", ENVIRONMENT]))?;
    sh::run(python().args(["-m", "pip", "install", "--quiet", "--no-deps", "-r", REQUIREMENTS]))?;
    fs::copy(sh::root().join(REQUIREMENTS), sh::root().join(INSTALLED))?;
    Ok(())
}

fn python() -> Command {
    sh::command(sh::root().join(ENVIRONMENT).join("bin/python"))
}
