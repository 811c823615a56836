//! The wasm module and its JavaScript bindings, in pkg/.

use std::fs;

use anyhow::{Context, Result};

use crate::setup::BuildTools;
use crate::{node, sh};

/// One profile for the page and the browser tests, so that a machine compiles the crates once.
pub const PROFILE: &str = "wasm";

const MODULE: &str = "target/wasm32-unknown-unknown/wasm/nearside.wasm";
const PACKAGED: &str = "pkg/nearside_bg.wasm";
/// The module that pkg/ was made from; absent while pkg/ is being made.
const ORIGIN: &str = "target/packaged.wasm";

/// Compiles the module and, when it changed, binds and optimises it.
pub fn build(tools: &BuildTools) -> Result<()> {
    sh::say("building the wasm module");
    sh::run(tools.toolchain.cargo("build").args(["--lib", "--profile", PROFILE]))?;
    // Compared by content: cargo also writes the same module anew, after the browser tests for one.
    let module =
        fs::read(sh::root().join(MODULE)).with_context(|| format!("{MODULE} was not built"))?;
    let origin = sh::root().join(ORIGIN);
    let packaged = sh::root().join(PACKAGED).is_file();
    if packaged && fs::read(&origin).is_ok_and(|made_from| made_from == module) {
        return Ok(());
    }
    let _ = fs::remove_file(&origin);
    package(tools)?;
    fs::write(&origin, module).with_context(|| format!("could not write {ORIGIN}"))
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
        "--enable-relaxed-simd",
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
