//! benches/candle as a wasm module with its bindings, in target/bench/candle/.

use anyhow::Result;

use crate::setup::BuildTools;
use crate::{node, sh};

const BUILT: &str = "target/wasm32-unknown-unknown/release/candle_bench.wasm";
const BOUND: &str = "target/bench/candle/candle_bench_bg.wasm";

pub fn build(tools: &BuildTools) -> Result<()> {
    sh::say("building candle's own Llama for the browser");
    sh::run(tools.toolchain.cargo("build").args([
        "--release",
        "--locked",
        "--manifest-path",
        "benches/candle/Cargo.toml",
    ]))?;
    sh::run(sh::command(&tools.wasm_bindgen.0).args([
        "--target",
        "web",
        "--out-dir",
        "target/bench/candle",
        BUILT,
    ]))?;
    // As for pkg/, with what rustc turns on for this target and .cargo/config.toml adds.
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
    sh::run(node::tool("wasm-opt").args(["-O1", BOUND, "-o", BOUND]).args(features))
}
