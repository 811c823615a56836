//! llama.cpp compiled for this machine: what the same files could do outside a browser.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result};

use super::python;
use crate::sh;

/// The package whose source carries a llama.cpp, in `vendor/llama.cpp`.
const PACKAGE: &str = "llama-cpp-python==0.3.36";
/// Where the machine has none, PyPI has this one.
const CMAKE: &str = "cmake==4.4.4";
const SOURCE: &str = "target/bench/llama.cpp/source";
const BUILD: &str = "target/bench/llama.cpp/build";

/// Builds `llama-bench`, once, and gives its path.
pub fn build(source: Option<&Path>) -> Result<PathBuf> {
    let program = sh::root()
        .join(BUILD)
        .join("bin/llama-bench")
        .with_extension(std::env::consts::EXE_EXTENSION);
    if program.is_file() {
        return Ok(program);
    }
    let source = match source {
        Some(folder) if folder.is_dir() => absolute(folder)?,
        Some(archive) => unpack(&absolute(archive)?)?,
        None => unpack(&fetch()?)?,
    };
    sh::say("building llama-bench for this machine (a few minutes, once)");
    let cmake = python::tool("cmake", CMAKE)?;
    sh::run(sh::command(&cmake).arg("-S").arg(source).args([
        "-B",
        BUILD,
        "-DCMAKE_BUILD_TYPE=Release",
        "-DGGML_NATIVE=ON",
        "-DBUILD_SHARED_LIBS=OFF",
        "-DLLAMA_CURL=OFF",
        "-DLLAMA_BUILD_TESTS=OFF",
        "-DLLAMA_BUILD_EXAMPLES=OFF",
        "-DLLAMA_BUILD_SERVER=OFF",
        "-DLLAMA_BUILD_TOOLS=ON",
    ]))?;
    sh::run(sh::command(&cmake).args(["--build", BUILD, "--target", "llama-bench", "-j2"]))?;
    Ok(program)
}

/// The package's source archive, as pip gets it.
fn fetch() -> Result<PathBuf> {
    let folder = sh::root().join("target/bench/llama.cpp");
    fs::create_dir_all(&folder)?;
    let arguments = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        "llama-cpp-python",
        PACKAGE,
        "-d",
    ];
    sh::run(python::command()?.args(arguments).arg(&folder))?;
    let mut files = fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    files
        .find(|file| file.extension().is_some_and(|extension| extension == "gz"))
        .context("pip fetched no source archive")
}

/// The folder of llama.cpp within the archive.
fn unpack(archive: &Path) -> Result<PathBuf> {
    let folder = sh::root().join(SOURCE);
    fs::create_dir_all(&folder)?;
    let mut tar = sh::command("tar");
    sh::run(tar.arg("-xzf").arg(archive).arg("-C").arg(&folder).arg("--strip-components=1"))?;
    let vendored = folder.join("vendor/llama.cpp");
    Ok(if vendored.is_dir() { vendored } else { folder })
}
