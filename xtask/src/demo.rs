//! The demo: a gateway serving the page to a person, or a script driving the page in Chromium.

use std::path::{Path, PathBuf, absolute};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::chromium::Chromium;
use crate::gateway::Served;
use crate::pair::{self, Pair};
use crate::{gateway, setup, sh, wasm};

#[derive(clap::Args)]
pub struct Options {
    /// Port on loopback; the next free one is taken when it is busy.
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Drive the page in a real Chromium through a scripted dialogue instead of serving it.
    #[arg(long)]
    headless: bool,
    /// Write the result of the headless run as JSON.
    #[arg(long, value_name = "FILE", requires = "headless")]
    json: Option<PathBuf>,
    /// Use the small models that the repository carries, and fetch nothing.
    #[arg(long)]
    embedded: bool,
    /// The model in the page: a name of `cargo xtask models`, or a GGUF file.
    #[arg(long, value_name = "FILE|NAME", conflicts_with_all = ["embedded", "headless"])]
    device_model: Option<String>,
    /// The model at the edge, likewise.
    #[arg(long, value_name = "FILE|NAME", conflicts_with_all = ["embedded", "headless"])]
    edge_model: Option<String>,
    /// An OpenAI-compatible server as the edge instead, as https://host/v1. It must let pages of
    /// other origins use it.
    #[arg(long, value_name = "URL", conflicts_with_all = ["embedded", "headless", "edge_model"])]
    edge_url: Option<String>,
}

pub fn run(options: &Options) -> Result<()> {
    if let Some(url) = &options.edge_url {
        let absolute = url.starts_with("http://") || url.starts_with("https://");
        ensure!(
            absolute,
            "--edge-url must be an absolute http or https URL, such as https://host/v1"
        );
    }
    let pair = choose(options)?;
    match options.headless {
        true => drive(&pair, options.json.as_deref()),
        false => serve(&pair, options.port, options.edge_url.as_deref()),
    }
}

/// The models that were asked for; else the real pair; and where that cannot be had, the embedded.
fn choose(options: &Options) -> Result<Pair> {
    if options.embedded {
        return Ok(Pair::embedded());
    }
    if let Some(url) = &options.edge_url {
        return Pair::with_server(options.device_model.as_deref(), url);
    }
    if options.device_model.is_some() || options.edge_model.is_some() {
        return Pair::own(options.device_model.as_deref(), options.edge_model.as_deref());
    }
    Ok(pair::real_or_embedded())
}

/// Builds everything and becomes the gateway, so that Ctrl-C reaches it directly.
fn serve(pair: &Pair, port: u16, edge_url: Option<&str>) -> Result<()> {
    wasm::build(&setup::for_building()?)?;
    let program = gateway::build()?;
    let port = gateway::free_port(port)?;
    let mut gateway = gateway::command(&program, port, &Served::from(pair))?;
    let query = edge_url.map(|url| format!("?edge={}", in_query(url))).unwrap_or_default();
    sh::say(format!("in the page: {}; at the edge: {}", pair.device_title, pair.edge_title));
    sh::say(format!(
        "starting the gateway; then open http://127.0.0.1:{port}/{query} (Ctrl-C stops it)"
    ));
    become_program(&mut gateway)
}

/// Builds everything and runs the scripted dialogue.
fn drive(pair: &Pair, json: Option<&Path>) -> Result<()> {
    let tools = setup::everything()?;
    wasm::build(&tools.build)?;
    gateway::build()?;
    drive_built(pair, &tools.chromium, json)
}

/// Runs the scripted dialogue of this pair on what is already built.
pub fn drive_built(pair: &Pair, chromium: &Chromium, json: Option<&Path>) -> Result<()> {
    let dialogue = pair.dialogue;
    sh::say(format!("driving the page through {dialogue} in Chromium"));
    let mut driver = sh::command("node");
    driver.args(["tests/demo/run.mjs", "--dialogue", dialogue]);
    driver.args(Served::from(pair).args().iter().map(|arg| format!("--gateway={arg}")));
    driver.env("CHROME", &chromium.browser);
    if let Some(file) = json {
        driver.arg("--json").arg(absolute(file)?);
    }
    sh::run(&mut driver)
}

/// A URL as the value of a query's parameter.
fn in_query(url: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte);
    let escape = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    url.bytes().map(escape).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edges_address_survives_the_query() {
        assert_eq!(in_query("http://127.0.0.1:8000/v1"), "http://127.0.0.1:8000/v1");
        assert_eq!(in_query("https://host/a b?c=d&e#f"), "https://host/a%20b%3Fc%3Dd%26e%23f");
    }
}
