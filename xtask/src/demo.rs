//! The demo: a gateway serving the page to a person, or a script driving the page in Chromium.

use std::path::{Path, absolute};
use std::process::Command;

use anyhow::Result;

use crate::chromium::Chromium;
use crate::{gateway, setup, sh, wasm};

/// Builds everything and becomes the gateway, so that Ctrl-C reaches it directly.
pub fn serve(port: u16) -> Result<()> {
    wasm::build(&setup::for_building()?)?;
    let program = gateway::build()?;
    let port = gateway::free_port(port)?;
    let mut gateway = gateway::command(&program, port)?;
    sh::say(format!("starting the gateway; then open http://127.0.0.1:{port}/ (Ctrl-C stops it)"));
    become_program(&mut gateway)
}

/// Builds everything and runs the scripted dialogue.
pub fn drive(json: Option<&Path>) -> Result<()> {
    let tools = setup::everything()?;
    wasm::build(&tools.build)?;
    gateway::build()?;
    drive_built(&tools.chromium, json)
}

/// Runs the scripted dialogue on what is already built.
pub fn drive_built(chromium: &Chromium, json: Option<&Path>) -> Result<()> {
    sh::say("driving the page through tests/demo/dialogue.json in Chromium");
    let mut driver = sh::command("node");
    driver.arg("tests/demo/run.mjs").env("CHROME", &chromium.browser);
    if let Some(file) = json {
        driver.arg("--json").arg(absolute(file)?);
    }
    sh::run(&mut driver)
}

#[cfg(unix)]
fn become_program(program: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(program.exec().into())
}

#[cfg(not(unix))]
fn become_program(program: &mut Command) -> Result<()> {
    sh::run(program)
}
