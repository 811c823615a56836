//! The wasm module and its JavaScript bindings, in pkg/: three builds, of which a page loads the one
//! that its browser can run (www/builds.js).

use std::fs;

use anyhow::{Context, Result};

use crate::setup::BuildTools;
use crate::{node, sh};

/// One profile for the page and the browser tests, so that a machine compiles the crates once.
pub const PROFILE: &str = "wasm";

struct Build {
    folder: &'static str,
    /// Cargo keeps what was compiled with other flags apart only in a folder of its own.
    target: &'static str,
    what: &'static str,
    /// Beyond simd128.
    features: &'static str,
    threads: bool,
}

/// The last one has the flags of .cargo/config.toml, and shares its folder with the browser tests.
const BUILDS: [Build; 3] = [
    Build {
        folder: "pkg/simd128",
        target: "target/simd128",
        what: "with plain SIMD",
        features: "",
        threads: false,
    },
    Build {
        folder: "pkg/threads",
        target: "target/threads",
        what: "with threads",
        features: ",+relaxed-simd,+atomics,+bulk-memory,+mutable-globals",
        threads: true,
    },
    Build {
        folder: "pkg",
        target: "target",
        what: "with relaxed SIMD",
        features: ",+relaxed-simd",
        threads: false,
    },
];

/// What shared memory asks of the linker; 4 GiB is all that a 32-bit memory can grow to.
const THREAD_LINK_ARGS: [&str; 8] = [
    "--shared-memory",
    "--import-memory",
    "--max-memory=4294967296",
    "--export=__wasm_init_tls",
    "--export=__tls_size",
    "--export=__tls_align",
    "--export=__tls_base",
    "--export=__heap_base",
];

/// Compiles each build and, where its module changed, binds and optimises it; and bundles the libraries that
/// show answers, which a page loads from beside it.
pub fn build(tools: &BuildTools) -> Result<()> {
    BUILDS.iter().try_for_each(|build| build.make(tools))?;
    sh::run(sh::command("node").arg("www/third-party/bundle.mjs"))
}

impl Build {
    fn make(&self, tools: &BuildTools) -> Result<()> {
        sh::say(format!("building the wasm module {}", self.what));
        let mut cargo = match self.threads {
            true => tools.threads_toolchain.cargo_with_std("build"),
            false => tools.toolchain.cargo("build"),
        };
        cargo.args(["--lib", "--profile", PROFILE]);
        cargo.args(["--target-dir", self.target]);
        sh::run(cargo.env("CARGO_ENCODED_RUSTFLAGS", self.rustflags()))?;
        // Compared by content: cargo also writes the same module anew, after the tests for one.
        let module = fs::read(sh::root().join(self.module())).context("cargo built no module")?;
        let packaged = sh::root().join(self.packaged()).is_file();
        let origin = sh::root().join(self.origin());
        if packaged && fs::read(&origin).is_ok_and(|made_from| made_from == module) {
            return Ok(());
        }
        let _ = fs::remove_file(&origin);
        self.package(tools)?;
        fs::write(&origin, module).with_context(|| format!("could not write {}", self.origin()))
    }

    /// As cargo wants them in one variable: with a separator that no flag contains.
    fn rustflags(&self) -> String {
        let mut flags = vec![
            format!("-Ctarget-feature=+simd128{}", self.features),
            "-Cllvm-args=-disable-lsr".to_owned(),
            "--cfg".to_owned(),
            "getrandom_backend=\"wasm_js\"".to_owned(),
        ];
        if self.threads {
            flags.extend(THREAD_LINK_ARGS.map(|arg| format!("-Clink-arg={arg}")));
        }
        flags.join("\u{1f}")
    }

    fn module(&self) -> String {
        format!("{}/wasm32-unknown-unknown/{PROFILE}/nearside.wasm", self.target)
    }

    fn packaged(&self) -> String {
        format!("{}/nearside_bg.wasm", self.folder)
    }

    /// The module that the folder was made from; absent while it is being made.
    fn origin(&self) -> String {
        format!("target/packaged-{}.wasm", self.folder.replace('/', "-"))
    }

    fn package(&self, tools: &BuildTools) -> Result<()> {
        sh::say(format!("packaging it into {}/ with wasm-bindgen and wasm-opt", self.folder));
        sh::run(sh::command(&tools.wasm_bindgen.0).args([
            "--target",
            "web",
            "--out-dir",
            self.folder,
            "--out-name",
            "nearside",
            &self.module(),
        ]))?;
        // What rustc turns on for this target, and the features above.
        let features = [
            "--enable-simd",
            "--enable-relaxed-simd",
            "--enable-threads",
            "--enable-bulk-memory",
            "--enable-bulk-memory-opt",
            "--enable-mutable-globals",
            "--enable-multivalue",
            "--enable-nontrapping-float-to-int",
            "--enable-reference-types",
            "--enable-sign-ext",
        ];
        // Level 1 makes the module as small as level 3, in a quarter of the time: LLVM did the rest.
        let packaged = self.packaged();
        let mut optimise = node::tool("wasm-opt");
        sh::run(optimise.args(["-O1", &packaged, "-o", &packaged]).args(features))
    }
}
