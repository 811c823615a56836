//! A Rust that compiles to WebAssembly: rustup's where it has the target, Debian's otherwise.
//!
//! Debian carries a current compiler and the standard library's source, but no compiled wasm32
//! library, so with its toolchain cargo compiles the library too (`-Zbuild-std`). For threads that
//! is so with every toolchain: nobody ships a standard library with shared memory.

use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::{apt, sh};

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Where a toolchain keeps the standard library's source.
const SOURCE: &str = "lib/rustlib/src/rust/library";

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LINKER: &str = "wasm-ld-22";
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];

#[derive(Clone, Copy)]
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

    /// Finds a toolchain with the standard library's source, or installs one.
    pub fn ensure_with_source() -> Result<Self> {
        if own_has_source() {
            return Ok(Self::Own);
        }
        if debian_is_installed() {
            return Ok(Self::Debian);
        }
        if sh::find(&["rustup"]).is_some() {
            sh::say("installing the source of Rust's standard library with rustup");
            let added = sh::run(sh::command("rustup").args(["component", "add", "rust-src"]));
            if added.is_ok() && own_has_source() {
                return Ok(Self::Own);
            }
            sh::say("rustup could not; Debian carries it too");
        }
        let otherwise = "install it with rustup: rustup component add rust-src";
        apt::install(&DEBIAN_PACKAGES, "the source of Rust's standard library", otherwise)?;
        Ok(Self::Debian)
    }

    /// `cargo <task> --target wasm32-unknown-unknown` with this toolchain.
    pub fn cargo(self, task: &str) -> Command {
        match self {
            Self::Own => {
                let mut cargo = sh::cargo();
                cargo.args([task, "--target", TARGET]);
                cargo
            }
            Self::Debian => self.cargo_with_std(task),
        }
    }

    /// As `cargo`, compiling the standard library as well. Only an unstable cargo may do that, or
    /// one that is told to think it is one.
    pub fn cargo_with_std(self, task: &str) -> Command {
        let mut cargo = match self {
            Self::Own => sh::cargo(),
            Self::Debian => debian_cargo(),
        };
        cargo.env("RUSTC_BOOTSTRAP", "1");
        cargo.args([task, "--target", TARGET, "-Zbuild-std=std,panic_abort"]);
        cargo
    }
}

fn own_has_target() -> bool {
    sysroot_has("rustc", &format!("lib/rustlib/{TARGET}/lib"))
}

fn own_has_source() -> bool {
    sysroot_has("rustc", SOURCE)
}

fn sysroot_has(rustc: &str, folder: &str) -> bool {
    let sysroot = sh::output(sh::command(rustc).args(["--print", "sysroot"]));
    sysroot.is_some_and(|sysroot| Path::new(&sysroot).join(folder).is_dir())
}

fn debian_is_installed() -> bool {
    sysroot_has(DEBIAN_RUSTC, SOURCE)
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
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_LINKER);
    cargo
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "the active toolchain",
            Self::Debian => "Debian's toolchain, which compiles the standard library too",
        })
    }
}
