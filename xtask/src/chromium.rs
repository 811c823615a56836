//! A real Chromium and its driver, for the tests and the headless demo.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{apt, sh};

#[derive(Clone)]
pub struct Chromium {
    pub browser: PathBuf,
    pub driver: PathBuf,
}

impl Chromium {
    /// Takes `CHROME` and `CHROMEDRIVER` from the environment, looks on the PATH, or installs both.
    pub fn ensure() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        let otherwise = "name yours with the environment variables CHROME and CHROMEDRIVER";
        apt::install(&["chromium", "chromium-driver"], "Chromium or its driver", otherwise)?;
        Self::find().context("Chromium was installed but cannot be found on the PATH")
    }

    fn find() -> Option<Self> {
        let browser = named_by("CHROME")
            .or_else(|| {
                sh::find(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
            })
            .or_else(|| existing("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"))?;
        let driver = named_by("CHROMEDRIVER").or_else(|| sh::find(&["chromedriver"]))?;
        Some(Self { browser, driver })
    }
}

fn named_by(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from)
}

fn existing(path: &str) -> Option<PathBuf> {
    Path::new(path).is_file().then(|| PathBuf::from(path))
}
