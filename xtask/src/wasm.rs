//! The wasm module and its JavaScript bindings, in pkg/.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};

use crate::setup::BuildTools;
use crate::{node, sh};

/// One profile for the page and the browser tests, so that a machine compiles the crates once.
pub const PROFILE: &str = "wasm";

const MODULE: &str = "target/wasm32-unknown-unknown/wasm/nearside.wasm";
const PACKAGED: &str = "pkg/nearside_bg.wasm";
/// Names the module that pkg/ was made from; absent while pkg/ is being made.
const STAMP: &str = "pkg/.made-from";

/// Compiles the module and, when it changed, binds and optimises it.
pub fn build(tools: &BuildTools) -> Result<()> {
    sh::say("building the wasm module");
    sh::run(tools.toolchain.cargo("build").args(["--lib", "--profile", PROFILE]))?;
    let identity = identity(&sh::root().join(MODULE))?;
    let stamp = sh::root().join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == identity) {
        return Ok(());
    }
    let _ = fs::remove_file(&stamp);
    package(tools)?;
    fs::write(&stamp, identity).with_context(|| format!("could not write {STAMP}"))
}

fn package(tools: &BuildTools) -> Result<()> {
    sh::say("packaging it into pkg/ with wasm-bindgen and wasm-opt");
    sh::run(sh::command(&tools.wasm_bindgen.0).args([
        "--target",
        "web",
        "--out-dir",
        "pkg",
        "--out-name",
        "nearside",
        MODULE,
    ]))?;
    // What rustc turns on for this target, and simd128 from .cargo/config.toml.
    let features = [
        "--enable-simd",
        "--enable-bulk-memory",
        "--enable-bulk-memory-opt",
        "--enable-mutable-globals",
        "--enable-multivalue",
        "--enable-nontrapping-float-to-int",
        "--enable-reference-types",
        "--enable-sign-ext",
    ];
    // Level 1 makes the module as small as level 3, in a quarter of the time: LLVM did the rest.
    sh::run(node::tool("wasm-opt").args(["-O1", PACKAGED, "-o", PACKAGED]).args(features))
}

/// Cargo rewrites the module only when it changed: size and time tell.
fn identity(module: &Path) -> Result<String> {
    let metadata =
        fs::metadata(module).with_context(|| format!("{} was not built", module.display()))?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH)?;
    Ok(format!("{} bytes, {} ns", metadata.len(), modified.as_nanos()))
}
