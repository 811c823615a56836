//! Files that are read and written; what is wrong with one is said with its name.

use std::fs;
use std::io::Error;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::{Failure, Result};

pub fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).map_err(|error| failure(file, &error))
}

pub fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(|error| failure(file, &error))
}

fn failure(file: &Path, error: &Error) -> Failure {
    Failure(format!("{}: {error}", file.display()))
}

/// A file of JSON that passes a check.
pub fn read_json<T: DeserializeOwned>(
    file: &Path,
    what: &str,
    check: fn(&T) -> Result<(), &'static str>,
) -> Result<T> {
    let not = |reason: &str| Failure(format!("{}: not {what}: {reason}", file.display()));
    let found = serde_json::from_str(&read(file)?).map_err(|error| not(&reason(&error)))?;
    check(&found).map_err(not)?;
    Ok(found)
}

/// The JSON rows of a file, each with its place in words.
pub fn read_rows<T: DeserializeOwned>(file: &Path, what: &str) -> Result<Vec<(String, T)>> {
    let text = read(file)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let rows = lines.map(|(index, line)| {
        let place = format!("{}, line {}", file.display(), index + 1);
        let row = serde_json::from_str(line)
            .map_err(|error| Failure(format!("{place}: not {what}: {}", reason(&error))))?;
        Ok((place, row))
    });
    let rows: Vec<(String, T)> = rows.collect::<Result<_>>()?;
    match rows.is_empty() {
        true => Err(Failure(format!("{}: the file is empty", file.display()))),
        false => Ok(rows),
    }
}

/// What serde says, without the line that it counts within the row.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}
