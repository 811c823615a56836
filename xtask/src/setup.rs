//! What each task needs, found or installed before anything is built.

use std::fmt;

use anyhow::Result;

use crate::chromium::Chromium;
use crate::node;
use crate::toolchain::Toolchain;
use crate::wasm_bindgen::WasmBindgen;

/// What building the wasm package takes.
#[derive(Clone)]
pub struct BuildTools {
    pub toolchain: Toolchain,
    /// For the threaded build: it compiles the standard library with shared memory.
    pub threads_toolchain: Toolchain,
    pub wasm_bindgen: WasmBindgen,
}

/// What the tests take besides.
pub struct TestTools {
    pub build: BuildTools,
    pub chromium: Chromium,
}

impl fmt::Display for TestTools {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "everything is here")?;
        writeln!(f, "  wasm32 with {}", self.build.toolchain)?;
        writeln!(f, "  wasm32 with threads with {}", self.build.threads_toolchain)?;
        writeln!(f, "  {}", self.build.wasm_bindgen.0.display())?;
        writeln!(f, "  {}", self.chromium.browser.display())?;
        write!(f, "  {}", self.chromium.driver.display())
    }
}

pub fn for_building() -> Result<BuildTools> {
    node::ensure()?;
    let toolchain = Toolchain::ensure()?;
    let threads_toolchain = Toolchain::ensure_with_source()?;
    let wasm_bindgen = WasmBindgen::ensure()?;
    Ok(BuildTools { toolchain, threads_toolchain, wasm_bindgen })
}

pub fn everything() -> Result<TestTools> {
    let chromium = Chromium::ensure()?;
    let build = for_building()?;
    Ok(TestTools { build, chromium })
}
