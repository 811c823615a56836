//! Which two models the demo and the tests run with, and what the page is told of them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::models::{self, catalogue::Catalogue};
use crate::sh;

/// The manifests that the page loads its models by, below the repository's root.
const EMBEDDED_MANIFEST: &str = "models/manifest.json";
const REAL_MANIFEST: &str = "models/smollm2-qwen.json";
/// The models that the repository carries.
const EMBEDDED_EDGE: &str = "models/edge.gguf";
const EMBEDDED_DEVICE: &str = "models/device.gguf";

/// A model in the page, one at the edge, and the manifest that goes with them.
pub struct Pair {
    pub device: PathBuf,
    pub edge: PathBuf,
    pub manifest: PathBuf,
    pub device_title: String,
    pub edge_title: String,
    /// How the edge's model draws tokens where a request does not say, as its catalogue entry has it.
    pub edge_sampling: Option<Value>,
    /// The scripted dialogue for the headless demo.
    pub dialogue: &'static str,
}

impl Pair {
    /// The small pair that the repository carries.
    pub fn embedded() -> Pair {
        Pair {
            device: sh::root().join(EMBEDDED_DEVICE),
            edge: sh::root().join(EMBEDDED_EDGE),
            manifest: sh::root().join(EMBEDDED_MANIFEST),
            device_title: "the embedded model of 0.6 MB".to_owned(),
            edge_title: "the embedded model of 1.4 MB".to_owned(),
            edge_sampling: None,
            dialogue: "tests/demo/dialogue.json",
        }
    }

    /// The real pair; what of it is not here is fetched.
    pub fn real() -> Result<Pair> {
        let catalogue = Catalogue::read()?;
        let (device, edge) = (catalogue.entry(models::DEVICE)?, catalogue.entry(models::EDGE)?);
        let missing = [device, edge].into_iter().filter(|entry| !models::path(entry).is_file());
        let bytes: u64 = missing.map(|entry| entry.bytes).sum();
        if bytes > 0 {
            sh::say(format!(
                "the demo's models are not here yet: {} to fetch, once, into {} (`--embedded` does without)",
                models::size(bytes),
                models::FETCHED
            ));
        }
        Ok(Pair {
            device: models::fetch(device)?,
            edge: models::fetch(edge)?,
            manifest: sh::root().join(REAL_MANIFEST),
            device_title: device.title.clone(),
            edge_title: edge.title.clone(),
            edge_sampling: edge.sampling.clone(),
            dialogue: "tests/demo/real-dialogue.json",
        })
    }

    /// Models of one's own, by name or file; a side that is not given is the real pair's.
    pub fn own(device: Option<&str>, edge: Option<&str>) -> Result<Pair> {
        let device = Found::find(device.unwrap_or(models::DEVICE))?;
        let edge = Found::find(edge.unwrap_or(models::EDGE))?;
        Ok(Pair {
            manifest: write_manifest(&device, &edge)?,
            device: device.file,
            edge: edge.file,
            device_title: device.title,
            edge_title: edge.title,
            edge_sampling: edge.sampling,
            dialogue: "tests/demo/real-dialogue.json",
        })
    }
}

/// A model of one's own.
struct Found {
    file: PathBuf,
    title: String,
    /// What the catalogue says of it.
    sampling: Option<Value>,
}

impl Found {
    fn find(name_or_file: &str) -> Result<Found> {
        let (file, entry) = models::find(name_or_file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let title = entry.as_ref().map_or(name, |entry| entry.title.clone());
        Ok(Found { file, title, sampling: entry.and_then(|entry| entry.sampling) })
    }

    /// As a manifest has it.
    fn described(&self) -> Result<Value> {
        let name = self.file.file_name().context("a model's file has no name")?.to_string_lossy();
        let bytes = fs::metadata(&self.file)?.len();
        let sha256 = models::digest(&self.file)?;
        Ok(json!({ "name": name, "bytes": bytes, "sha256": sha256, "title": self.title }))
    }
}

/// The real pair, or with a plain note the embedded one.
pub fn real_or_embedded() -> Pair {
    Pair::real().unwrap_or_else(|error| {
        sh::say(format!("{error:#}"));
        sh::say("so the demo runs with the small embedded models, which know only a few kinds of questions");
        Pair::embedded()
    })
}

/// A manifest for models that no shipped one names. It sets nothing of the routing: what was
/// measured for another pair does not hold for this one.
fn write_manifest(device: &Found, edge: &Found) -> Result<PathBuf> {
    let shipped: Value = serde_json::from_str(&fs::read_to_string(sh::root().join(REAL_MANIFEST))?)
        .with_context(|| format!("{REAL_MANIFEST} is damaged"))?;
    let scorer = shipped["files"]
        .as_array()
        .and_then(|files| files.iter().find(|file| file["role"] == "scorer"));
    let mut device_file = device.described()?;
    device_file["role"] = json!("device");
    device_file["url"] = json!(servable(&device.file)?);
    if let Some(sampling) = &device.sampling {
        device_file["sampling"] = sampling.clone();
    }
    let mut files: Vec<Value> = scorer.into_iter().cloned().collect();
    files.push(device_file);
    let manifest = json!({
        "version": 1,
        "name": "own",
        "files": files,
        "edge": edge.described()?,
        "suggestions": shipped["suggestions"],
    });
    let file = sh::root().join(models::FETCHED).join("own.json");
    fs::write(&file, serde_json::to_string_pretty(&manifest)?)?;
    Ok(file)
}

/// The file's address as seen from models/, where the gateway serves it: a file that lies elsewhere
/// gets a link there.
fn servable(file: &Path) -> Result<String> {
    let root = sh::root().canonicalize()?.join("models");
    if let Ok(below) = file.canonicalize()?.strip_prefix(&root) {
        return Ok(below.to_string_lossy().replace('\\', "/"));
    }
    let folder = root.join("fetched/own");
    fs::create_dir_all(&folder)?;
    let name = file.file_name().context("a model's file has no name")?;
    ensure!(
        !name.to_string_lossy().starts_with('.'),
        "the gateway serves no file whose name begins with a dot"
    );
    let link = folder.join(name);
    if link.symlink_metadata().is_ok() {
        fs::remove_file(&link)?;
    }
    // A hard link is the file itself, whatever the gateway thinks of links; another disk needs a copy.
    if fs::hard_link(file, &link).is_err() {
        fs::copy(file, &link)?;
    }
    Ok(format!("fetched/own/{}", name.to_string_lossy()))
}
