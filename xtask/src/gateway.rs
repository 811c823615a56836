//! The edge gateway, built for this machine.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::sh;

/// Optimised but quick to link; the native tests share it.
pub const PROFILE: &str = "fast";

pub const MODEL: &str = "models/edge.gguf";
/// What it reads long prompts with for the page, and hands over.
const DEVICE_MODEL: &str = "models/device.gguf";

/// Compiles the gateway and gives the program's path.
pub fn build() -> Result<PathBuf> {
    sh::say("building the edge gateway");
    sh::run(sh::cargo().args([
        "build",
        "--profile",
        PROFILE,
        "--features",
        "edge",
        "--bin",
        "nearside-edge",
    ]))?;
    Ok(sh::root().join("target/fast/nearside-edge").with_extension(std::env::consts::EXE_EXTENSION))
}

/// The gateway serving this repository's page and models on loopback.
pub fn command(program: &PathBuf, port: u16) -> Result<Command> {
    for model in [MODEL, DEVICE_MODEL] {
        ensure!(
            sh::root().join(model).is_file(),
            "{model} is missing; see train/README.md for how it is made"
        );
    }
    let mut command = sh::command(program);
    command.args(["--listen", &format!("127.0.0.1:{port}"), "--model", MODEL, "--site", "."]);
    command.args(["--device-model", DEVICE_MODEL]);
    Ok(command)
}

/// `wanted`, or the next port that nobody listens on.
pub fn free_port(wanted: u16) -> Result<u16> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    (wanted..=u16::MAX).find(is_free).with_context(|| format!("no port from {wanted} up is free"))
}
