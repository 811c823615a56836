//! A Rust that compiles to WebAssembly: rustup's where it has the target, Debian's otherwise.
//!
//! Debian carries a current compiler and the standard library's source, but no compiled wasm32
//! library, so with its toolchain cargo compiles the library too (`-Zbuild-std`).

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::{apt, sh};

pub const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LINKER: &str = "wasm-ld-22";
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];

#[derive(Clone, Copy, PartialEq)]
pub enum Toolchain {
    /// The toolchain that runs this task; it has the target's library.
    Own,
    /// Debian's, compiling the library from source.
    Debian,
}

impl Toolchain {
    /// Finds a toolchain for the target, or installs one: first with rustup, then from Debian.
    pub fn ensure() -> Result<Self> {
        if own_has_target() {
            return Ok(Self::Own);
        }
        if debian_is_installed() {
            return Ok(Self::Debian);
        }
        if sh::find(&["rustup"]).is_some() {
            sh::say(format!("installing Rust's {TARGET} library with rustup"));
            if sh::run(sh::command("rustup").args(["target", "add", TARGET])).is_ok() {
                return Ok(Self::Own);
            }
            sh::say("rustup could not; Debian's compiler can build that library itself");
        }
        let otherwise = format!("install it with rustup: rustup target add {TARGET}");
        apt::install(&DEBIAN_PACKAGES, &format!("Rust's library for {TARGET}"), &otherwise)?;
        Ok(Self::Debian)
    }

    /// `cargo <task> --target wasm32-unknown-unknown` with this toolchain.
    pub fn cargo(self, task: &str) -> Command {
        let mut cargo = match self {
            Self::Own => sh::cargo(),
            Self::Debian => debian_cargo(),
        };
        cargo.args([task, "--target", TARGET]);
        if self == Self::Debian {
            cargo.arg("-Zbuild-std=std,panic_abort");
        }
        cargo
    }
}

fn own_has_target() -> bool {
    sh::output(sh::command("rustc").args(["--print", "sysroot"])).is_some_and(|sysroot| {
        Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib").is_dir()
    })
}

fn debian_is_installed() -> bool {
    let sysroot = sh::output(sh::command(DEBIAN_RUSTC).args(["--print", "sysroot"]));
    sysroot.is_some_and(|sysroot| Path::new(&sysroot).join("lib/rustlib/src/rust/library").is_dir())
        && Path::new(DEBIAN_CARGO).is_file()
        && sh::find(&[DEBIAN_LINKER]).is_some()
}

/// Debian's cargo, out of reach of what rustup and `cargo run` leave in the environment.
fn debian_cargo() -> Command {
    let mut cargo = sh::command(DEBIAN_CARGO);
    for name in ["CARGO", "LD_LIBRARY_PATH", "RUSTUP_TOOLCHAIN", "RUSTFLAGS"] {
        cargo.env_remove(name);
    }
    cargo
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTDOC", "/usr/bin/rustdoc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_LINKER);
    cargo
}
