//! Node and the packages in package-lock.json: wasm-opt, the type checker, the browser driver.

use std::fs;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Result, bail};

use crate::sh;

const OLDEST_NODE: u32 = 20;

/// Checks Node and installs the locked packages unless they already are.
pub fn ensure() -> Result<()> {
    let version = sh::output(sh::command("node").arg("--version")).unwrap_or_default();
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        let found = if version.is_empty() { "none was found" } else { &version };
        bail!(
            "Node {OLDEST_NODE} or newer is needed ({found}); get it from https://nodejs.org/ and try again"
        );
    }
    packages_of(".")
}

/// Installs the packages that a folder of the checkout has locked, unless they already are.
pub fn packages_of(folder: &str) -> Result<()> {
    if packages_are_current(folder) {
        return Ok(());
    }
    sh::say(format!("installing the packages in {folder}/package-lock.json with npm"));
    sh::run(sh::command("npm").args(["ci", "--no-audit", "--no-fund", "--prefix", folder]))
}

/// A program that one of the packages brings.
pub fn tool(name: &str) -> Command {
    sh::command(sh::root().join("node_modules/.bin").join(name))
}

/// npm writes its own record of what it installed; the lock file is newer after an update.
fn packages_are_current(folder: &str) -> bool {
    let modified = |path: &str| -> Option<SystemTime> {
        fs::metadata(sh::root().join(folder).join(path)).ok()?.modified().ok()
    };
    modified("node_modules/.package-lock.json") >= modified("package-lock.json")
}
