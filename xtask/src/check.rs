//! The quick check before a commit: format, lints, types, and the library's native tests.

use anyhow::Result;

use crate::toolchain::Toolchain;
use crate::{setup, sh, wasm};

pub fn run() -> Result<()> {
    let tools = setup::for_building()?;

    sh::say("format");
    sh::run(sh::cargo().args(["fmt", "--all", "--check"]))?;

    sh::say("lints, for this machine");
    sh::run(sh::cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-Dwarnings",
    ]))?;

    // Debian's toolchain has no clippy here; its build below still checks the browser's half.
    if matches!(tools.toolchain, Toolchain::Own) {
        sh::say("lints, for the browser");
        sh::run(tools.toolchain.cargo("clippy").args([
            "--lib",
            "--profile",
            wasm::PROFILE,
            "--",
            "-Dwarnings",
        ]))?;
    }

    // The JavaScript imports the types that wasm-bindgen writes into pkg/.
    wasm::build(&tools)?;
    sh::say("types of the JavaScript");
    crate::test::types()?;

    sh::say("native tests of the library");
    sh::run(sh::cargo().args(["test", "--lib", "--features", "edge"]))
}
