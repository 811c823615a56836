//! A file from an address, with curl, which every system has. What an earlier try has brought is
//! kept, and the rest is asked for.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::progress::Progress;
use crate::sh;

const POLL: Duration = Duration::from_millis(100);
/// A server that sends nothing for so long is given up.
const STALLED_S: &str = "30";
const CONNECT_S: &str = "15";

/// Fetches `url` into `file`, going on from what it holds.
pub fn download(url: &str, file: &Path, what: &str, bytes: u64) -> Result<()> {
    let mut curl = sh::command("curl");
    curl.args(["--fail", "--location", "--silent", "--show-error", "--retry", "3"])
        .args(["--connect-timeout", CONNECT_S])
        .args(["--speed-limit", "1000", "--speed-time", STALLED_S])
        .args(["--continue-at", "-", "--output"])
        .arg(file)
        .arg(url);
    watch(&mut curl, what, bytes, || size_of(file))
}

/// Runs a program that writes files, and tells how far `written` says that it is.
pub fn watch(
    program: &mut Command,
    what: &str,
    bytes: u64,
    written: impl Fn() -> u64,
) -> Result<()> {
    let name = program.get_program().to_string_lossy().into_owned();
    let mut child =
        program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().with_context(|| {
            format!("could not start {name}; install it, or fetch the file by hand")
        })?;
    let mut progress = Progress::new(what, bytes, written());
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        progress.tell(written());
        thread::sleep(POLL);
    };
    progress.end();
    if !status.success() {
        bail!("{name} failed: {}", last_words(child));
    }
    Ok(())
}

pub fn size_of(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |metadata| metadata.len())
}

/// The last line that the program has said.
fn last_words(child: Child) -> String {
    let said = child.wait_with_output().map(|output| output.stderr).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or("it did not say why").trim().to_owned()
}
