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
    /// `None` where the edge is a server of one's own, which has its models.
    pub edge: Option<PathBuf>,
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
            edge: Some(embedded_edge()),
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
            edge: Some(models::fetch(edge)?),
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
            manifest: write_manifest(&device, Some(&edge))?,
            device: device.file,
            edge: Some(edge.file),
            device_title: device.title,
            edge_title: edge.title,
            edge_sampling: edge.sampling,
            dialogue: "tests/demo/real-dialogue.json",
        })
    }

    /// A model in the page beside a server of one's own; without a name or file it is the real
    /// pair's, and where that cannot be had, the embedded.
    pub fn with_server(device: Option<&str>, url: &str) -> Result<Pair> {
        let device = match device {
            Some(device) => Found::find(device)?,
            None => Found::find(models::DEVICE).or_else(|error| {
                sh::say(format!("{error:#}"));
                sh::say("so the page gets the small embedded model, which knows only a few kinds of questions");
                Found::find(&sh::root().join(EMBEDDED_DEVICE).to_string_lossy())
            })?,
        };
        Ok(Pair {
            manifest: write_manifest(&device, None)?,
            device: device.file,
            edge: None,
            device_title: device.title,
            edge_title: url.to_owned(),
            edge_sampling: None,
            dialogue: "tests/demo/real-dialogue.json",
        })
    }
}

/// The smallest model that a gateway can serve.
pub fn embedded_edge() -> PathBuf {
    sh::root().join(EMBEDDED_EDGE)
}

/// A model of one's own.
struct Found {
    file: PathBuf,
    title: String,
    /// What the catalogue says of it.
    sampling: Option<Value>,
    quiz: Option<String>,
}

impl Found {
    fn find(name_or_file: &str) -> Result<Found> {
        let (file, entry) = models::find(name_or_file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let title = entry.as_ref().map_or(name, |entry| entry.title.clone());
        let (sampling, quiz) = entry.map(|entry| (entry.sampling, entry.quiz)).unwrap_or_default();
        Ok(Found { file, title, sampling, quiz })
    }

    /// As a manifest has it.
    fn described(&self) -> Result<Value> {
        let name = self.file.file_name().context("a model's file has no name")?.to_string_lossy();
        let bytes = fs::metadata(&self.file)?.len();
        let sha256 = models::digest(&self.file)?;
        let mut file =
            json!({ "name": name, "bytes": bytes, "sha256": sha256, "title": self.title });
        if let Some(quiz) = &self.quiz {
            file["quiz"] = json!(quiz);
        }
        Ok(file)
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

/// Writes a manifest for models that no shipped one names.
fn write_manifest(device: &Found, edge: Option<&Found>) -> Result<PathBuf> {
    let shipped: Value = serde_json::from_str(&fs::read_to_string(sh::root().join(REAL_MANIFEST))?)
        .with_context(|| format!("{REAL_MANIFEST} is damaged"))?;
    let mut device_file = device.described()?;
    device_file["role"] = json!("device");
    device_file["url"] = json!(servable(&device.file)?);
    if let Some(sampling) = &device.sampling {
        device_file["sampling"] = sampling.clone();
    }
    let edge = edge.map(Found::described).transpose()?;
    let manifest = manifest(&shipped, device_file, edge);
    let folder = sh::root().join(models::FETCHED);
    fs::create_dir_all(&folder)?;
    let file = folder.join("own.json");
    fs::write(&file, serde_json::to_string_pretty(&manifest)?)?;
    Ok(file)
}

/// It sets nothing of the routing: what was measured for another pair does not hold for this one.
/// An edge that is somebody's own server is not named: the page would take it for that model.
fn manifest(shipped: &Value, device_file: Value, edge: Option<Value>) -> Value {
    let files = shipped["files"].as_array().map_or(&[][..], Vec::as_slice);
    let scorer = files.iter().find(|file| file["role"] == "scorer");
    let mut manifest = json!({
        "version": 1,
        "name": "own",
        "files": scorer.into_iter().chain([&device_file]).collect::<Vec<_>>(),
        "suggestions": shipped["suggestions"],
    });
    if let Some(edge) = edge {
        manifest["edge"] = edge;
    }
    manifest
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::Served;

    #[test]
    fn a_manifest_of_ones_own_says_nothing_that_was_measured_for_another_pair() {
        let shipped = fs::read_to_string(sh::root().join(REAL_MANIFEST)).unwrap();
        let shipped: Value = serde_json::from_str(&shipped).unwrap();
        assert!(shipped["routing"]["theta"].is_number() && shipped["edge"].is_object());
        let device = json!({ "role": "device", "name": "own.gguf" });
        let with_server = manifest(&shipped, device.clone(), None);
        let keys: Vec<&String> = with_server.as_object().unwrap().keys().collect();
        assert!(
            ["edge", "routing", "calibration"].iter().all(|key| !keys.contains(&&key.to_string()))
        );
        assert_eq!(with_server["files"], json!([shipped["files"][0], device]));
        assert_eq!(with_server["suggestions"], shipped["suggestions"]);
        let with_model = manifest(&shipped, device, Some(json!({ "name": "edge.gguf" })));
        assert_eq!(with_model["edge"]["name"], "edge.gguf");
        assert!(with_model.get("routing").is_none());
    }

    #[test]
    fn beside_a_server_of_ones_own_the_gateway_loads_no_model_to_speak_of() {
        let edge = Pair { edge: None, ..Pair::embedded() };
        let args = Served::from(&edge).args();
        assert!(args.contains(&embedded_edge().to_string_lossy().into_owned()), "{args:?}");
        assert!(!args.contains(&"--device-model".to_owned()), "{args:?}");
        assert!(Served::from(&Pair::embedded()).args().contains(&"--device-model".to_owned()));
    }
}
