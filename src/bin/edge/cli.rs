//! The command line.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use axum::http::HeaderValue;
use clap::Parser;
use nearside::engine::SamplingOptions;

use crate::prefix_cache::Bounds;

/// What an idle pool of dialogues may keep, unless told otherwise.
const DEFAULT_CACHE_MB: usize = 512;

/// Serves an embedded language model over OpenAI's HTTP interface, and the page that uses it.
#[derive(Debug, Parser)]
#[command(name = "nearside-edge", version)]
pub struct Args {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8787")]
    pub listen: SocketAddr,

    /// The GGUF file to answer with.
    #[arg(long, value_name = "FILE", default_value = "models/edge.gguf")]
    pub model: PathBuf,

    /// The name the model is served under [default: the file's name without its ending].
    #[arg(long, value_name = "NAME")]
    pub model_name: Option<String>,

    /// Also serve the page in this folder: index.html, www/, pkg/ and models/.
    #[arg(long, value_name = "DIR")]
    pub site: Option<PathBuf>,

    /// The manifest that the page gets as models/manifest.json, in place of the site's own. Addresses
    /// in it are relative to the site's models/.
    #[arg(long, value_name = "FILE", requires = "site")]
    pub manifest: Option<PathBuf>,

    /// Let pages of this origin use the gateway; may be repeated. The site's own needs no entry.
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<HeaderValue>,

    /// Longest dialogue in tokens, at most what the model was trained for [default: that].
    #[arg(long, value_name = "N")]
    pub context: Option<NonZeroUsize>,

    /// Threads that share each matrix product. They wait for each other in every product, so more
    /// than one pays only for large models on a machine that has little else to do.
    #[arg(long, value_name = "N", default_value = "1")]
    pub threads: NonZeroUsize,

    /// Keep at most this many dialogues' keys and values.
    #[arg(long, value_name = "N", conflicts_with = "cache_mb")]
    pub max_dialogues: Option<NonZeroUsize>,

    /// Keep as many dialogues' keys and values as fit into this, at least one [default: 512].
    #[arg(long, value_name = "MIB")]
    pub cache_mb: Option<usize>,

    /// The GGUF file of the devices that use this gateway. It reads long prompts for them and hands
    /// over the keys and values: POST /v1/nearside/kv.
    #[arg(long, value_name = "FILE")]
    pub device_model: Option<PathBuf>,

    /// Keep as many dialogues of the devices' model as fit into this, at least one.
    #[arg(long, value_name = "MIB", default_value_t = 128, requires = "device_model")]
    pub device_cache_mb: usize,

    /// Keys and values that are handed over at once at most; larger requests get 413.
    #[arg(long, value_name = "MIB", default_value_t = 64, requires = "device_model")]
    pub max_transfer_mb: u32,

    /// Hand-overs at the same time; the next one is refused with 429 [default: half of the
    /// requests that compute at the same time, at least one].
    #[arg(long, value_name = "N", requires = "device_model")]
    pub max_transfers: Option<NonZeroUsize>,

    /// Requests that compute at the same time, taking turns.
    #[arg(long, value_name = "N", default_value = "4")]
    pub max_concurrent: NonZeroUsize,

    /// Requests that may wait beyond those; the next one is refused with 429.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub max_queue: usize,

    /// Longest answer in tokens, and what a request gets that does not say; the context's end comes
    /// first where it is nearer.
    #[arg(long, value_name = "N", default_value = "4096")]
    pub max_tokens: NonZeroUsize,

    /// How tokens are drawn where a request does not say, as JSON in a request's own words, such as
    /// {"temperature": 0.7, "top_p": 0.8}; what this leaves open the model's file decides.
    #[arg(long, value_name = "JSON", value_parser = sampling)]
    pub sampling: Option<SamplingOptions>,

    /// Require the bearer token that this environment variable holds.
    #[arg(long, value_name = "NAME")]
    pub token_env: Option<String>,

    /// Seconds that running answers get to finish after SIGTERM or SIGINT.
    #[arg(long, value_name = "S", default_value_t = 3)]
    pub grace_s: u64,

    /// Wait this long after every step, to try out a slower edge.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub step_delay_ms: u64,
}

fn sampling(json: &str) -> Result<SamplingOptions, String> {
    let said: SamplingOptions = serde_json::from_str(json).map_err(|error| error.to_string())?;
    said.validate().map_err(|error| error.to_string())?;
    Ok(said)
}

impl Args {
    pub fn served_name(&self) -> String {
        let stem = self.model.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        self.model_name.clone().or(stem).unwrap_or_else(|| "edge".into())
    }

    /// Of so many places in all. Half of them leaves one for a chat, unless there is but one.
    pub fn max_transfers(&self, max_running: usize) -> usize {
        self.max_transfers.map_or((max_running / 2).max(1), NonZeroUsize::get)
    }

    /// What the dialogues of the device's model may keep.
    pub fn device_cache_bounds(&self, full_bytes: usize) -> Bounds {
        let max_bytes = self.device_cache_mb << 20;
        Bounds { max_engines: usize::MAX, max_bytes, full_bytes }
    }

    /// What the dialogues may keep when the longest one takes `full_bytes`.
    pub fn cache_bounds(&self, full_bytes: usize) -> Bounds {
        match self.max_dialogues {
            Some(n) => Bounds { max_engines: n.get(), max_bytes: usize::MAX, full_bytes },
            None => {
                let max_bytes = self.cache_mb.unwrap_or(DEFAULT_CACHE_MB) << 20;
                Bounds { max_engines: usize::MAX, max_bytes, full_bytes }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_cache_is_bounded_by_number_or_by_memory() -> Result<(), clap::Error> {
        let n_full = |args: Args| args.cache_bounds(3 << 20).n_dialogues();
        assert_eq!(n_full(parse("edge --max-dialogues 2")?), 2);
        assert_eq!(n_full(parse("edge --cache-mb 10")?), 3);
        assert_eq!(n_full(parse("edge --cache-mb 1")?), 1);
        assert_eq!(n_full(parse("edge")?), 170);
        assert!(parse("edge --cache-mb 1 --max-dialogues 1").is_err());
        Ok(())
    }

    #[test]
    fn transfers_leave_half_of_the_places() -> Result<(), clap::Error> {
        let args = parse("edge --device-model a.gguf")?;
        assert_eq!([1, 2, 4, 5].map(|n| args.max_transfers(n)), [1, 1, 2, 2]);
        assert_eq!(parse("edge --device-model a.gguf --max-transfers 3")?.max_transfers(4), 3);
        assert!(parse("edge --max-transfers 3").is_err(), "there is nothing to transfer");
        Ok(())
    }

    #[test]
    fn the_model_is_named_after_its_file() -> Result<(), clap::Error> {
        assert_eq!(parse("edge")?.served_name(), "edge");
        assert_eq!(parse("edge --model a/b-1.gguf")?.served_name(), "b-1");
        assert_eq!(parse("edge --model a.gguf --model-name large")?.served_name(), "large");
        Ok(())
    }
}
