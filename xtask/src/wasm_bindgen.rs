//! The wasm-bindgen command line, at exactly the version the library in Cargo.lock speaks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::sh;

/// Where `cargo xtask` keeps the tools it built.
const TOOLS: &str = "target/tools";

/// `wasm-bindgen` itself; its test runner lies beside it.
#[derive(Clone)]
pub struct WasmBindgen(pub PathBuf);

impl WasmBindgen {
    /// Finds the right version in target/tools or on the PATH, or compiles it.
    pub fn ensure() -> Result<Self> {
        let version = locked_version()?;
        let own = sh::root()
            .join(TOOLS)
            .join("bin/wasm-bindgen")
            .with_extension(std::env::consts::EXE_EXTENSION);
        let found = [Some(own.clone()), sh::find(&["wasm-bindgen"])]
            .into_iter()
            .flatten()
            .find(|p| has_version(p, &version));
        if let Some(found) = found {
            return Ok(Self(found));
        }
        sh::say(format!("compiling wasm-bindgen {version} into {TOOLS} (a few minutes, once)"));
        sh::run(sh::cargo().args([
            "install",
            "wasm-bindgen-cli",
            "--locked",
            "--version",
            &version,
            "--root",
            TOOLS,
        ]))?;
        Ok(Self(own))
    }

    pub fn test_runner(&self) -> PathBuf {
        self.0
            .with_file_name("wasm-bindgen-test-runner")
            .with_extension(std::env::consts::EXE_EXTENSION)
    }
}

fn has_version(program: &Path, version: &str) -> bool {
    sh::output(sh::command(program).arg("--version"))
        .is_some_and(|line| line == format!("wasm-bindgen {version}"))
}

fn locked_version() -> Result<String> {
    let lock =
        fs::read_to_string(sh::root().join("Cargo.lock")).context("could not read Cargo.lock")?;
    let entry = lock.split("name = \"wasm-bindgen\"\nversion = \"").nth(1);
    let version = entry.and_then(|entry| entry.split('"').next());
    Ok(version.context("Cargo.lock names no wasm-bindgen")?.to_owned())
}
