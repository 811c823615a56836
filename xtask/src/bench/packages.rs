//! The other engines, from npm, in benches/node_modules.

use std::fs;
use std::time::SystemTime;

use anyhow::Result;

use crate::sh;

const FOLDER: &str = "benches";

/// Installs what benches/package-lock.json locks, unless that is there. No package runs a script.
pub fn ensure() -> Result<()> {
    let folder = sh::root().join(FOLDER);
    let modified = |file: &str| -> Option<SystemTime> {
        fs::metadata(folder.join(file)).ok()?.modified().ok()
    };
    if modified("node_modules/.package-lock.json") >= modified("package-lock.json") {
        return Ok(());
    }
    sh::say("installing the engines in benches/package-lock.json with npm");
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    sh::run(sh::command("npm").args(arguments).current_dir(folder))
}
