//! The edge gateway, built for this machine.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::{Context, Result, ensure};

use crate::pair::{self, Pair};
use crate::sh;

/// Optimised but quick to link; the native tests share it.
pub const PROFILE: &str = "fast";

/// The longest dialogue at the edge, in tokens. A model of 32,768 would take half a gigabyte for one.
const CONTEXT: usize = 8192;

/// What the gateway serves.
pub struct Served<'p> {
    edge: PathBuf,
    /// What it reads long prompts with for the page, and hands over; nothing where the page asks a
    /// server of one's own.
    device: Option<&'p Path>,
    /// What the page gets as models/manifest.json.
    manifest: &'p Path,
    /// How the edge's model draws tokens where a request does not say, as JSON.
    sampling: Option<String>,
}

impl<'p> From<&'p Pair> for Served<'p> {
    fn from(pair: &'p Pair) -> Served<'p> {
        let sampling = pair.edge_sampling.as_ref().map(ToString::to_string);
        // A gateway has to serve some model. Where nobody asks it, that is the smallest.
        let edge = pair.edge.clone().unwrap_or_else(pair::embedded_edge);
        let device = pair.edge.is_some().then_some(&*pair.device);
        Served { edge, device, manifest: &pair.manifest, sampling }
    }
}

impl Served<'_> {
    /// The gateway's arguments, beside the address.
    pub fn args(&self) -> Vec<String> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        // The page computes on the same machine.
        let n_threads = available_parallelism().map_or(1, |n| (n.get() / 2).max(1));
        let sampling = self.sampling.iter().map(|json| ["--sampling".into(), json.clone()]);
        let device = self.device.iter().map(|device| ["--device-model".into(), text(device)]);
        [
            ["--model".into(), text(&self.edge)],
            ["--manifest".into(), text(self.manifest)],
            ["--site".into(), ".".into()],
            ["--context".into(), CONTEXT.to_string()],
            ["--threads".into(), n_threads.to_string()],
        ]
        .into_iter()
        .chain(device)
        .chain(sampling)
        .flatten()
        .collect()
    }
}

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

/// The gateway on loopback, serving this repository's page and these models.
pub fn command(program: &PathBuf, port: u16, served: &Served<'_>) -> Result<Command> {
    for model in [&*served.edge].into_iter().chain(served.device) {
        ensure!(
            model.is_file(),
            "{} is missing; train/README.md tells how the embedded models are made, `cargo xtask models` fetches others",
            model.display()
        );
    }
    let mut command = sh::command(program);
    command.args(["--listen", &format!("127.0.0.1:{port}")]).args(served.args());
    Ok(command)
}

/// `wanted`, or the next port that nobody listens on.
pub fn free_port(wanted: u16) -> Result<u16> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    (wanted..=u16::MAX).find(is_free).with_context(|| format!("no port from {wanted} up is free"))
}
