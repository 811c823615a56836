//! How fast the device and the edge compute: what was measured in pages, and what is assumed.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::files::read_json;

/// How fast both sides compute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Speeds {
    /// Tokens per second.
    pub device_prefill_tps: f64,
    pub device_decode_tps: f64,
    pub edge_prefill_tps: f64,
    pub edge_decode_tps: f64,
    /// Seconds that the scorer takes for a prompt, and for a look at an answer.
    pub score_s: f64,
    pub look_s: f64,
    /// Of the device's model: layers, heads of keys and values, and dimensions of a head.
    pub kv_shape: [usize; 3],
    /// Tokens per second of the device's model at the edge, which may send its keys and values.
    pub kv_prefill_tps: f64,
    /// Tokens per second that the device takes in of what was sent.
    pub kv_import_tps: f64,
    /// How long the edge remembers a dialogue, in seconds.
    pub edge_memory_s: f64,
}

impl Default for Speeds {
    /// A large model in a page and a server's GPU.
    fn default() -> Speeds {
        LARGE.with(&GPU)
    }
}

/// A model in a page, in tokens per second.
#[derive(Debug, Serialize)]
pub struct Device {
    pub label: &'static str,
    pub prefill_tps: f64,
    pub decode_tps: f64,
    /// Where that is known from.
    pub source: &'static str,
    kv_shape: [usize; 3],
}

/// A server, in tokens per second of its own model, and of the device's.
#[derive(Debug, Serialize)]
pub struct Edge {
    pub label: &'static str,
    pub prefill_tps: f64,
    pub decode_tps: f64,
    pub source: &'static str,
    kv_prefill_tps: f64,
}

pub const SMALL: Device = Device {
    label: "0.1B",
    prefill_tps: 543.0,
    decode_tps: 124.0,
    source: "SmolLM2-135M, Q4_1, two threads in Chromium (performance.md)",
    kv_shape: [30, 3, 64],
};
pub const MEDIUM: Device = Device {
    label: "0.5B",
    prefill_tps: 147.0,
    decode_tps: 31.2,
    source: "Qwen2.5-0.5B, Q4_K_M, two threads in Chromium (performance.md)",
    kv_shape: [24, 2, 64],
};
/// By the limits in docs/performance.md Qwen2.5-0.5B reads 395 MB for a token; Llama-3.2-1B in Q4_K_M reads
/// its whole file, 808 MB, as its output shares its embedding.
pub const ONE_B: Device = Device {
    label: "1B",
    prefill_tps: 72.0,
    decode_tps: 15.3,
    source: "no: the 0.5B's, over 2.04, the ratio of the bytes read for a token",
    kv_shape: [16, 8, 64],
};
/// SmolLM2-135M's shape in Q4_0, as the bench once found it, 586 and 128 tokens per second, over 23.
pub const LARGE: Device = Device {
    label: "3.8B",
    prefill_tps: 25.5,
    decode_tps: 5.6,
    source: "no: an earlier 0.1B's, over 23, the ratio of the bytes read for a token",
    kv_shape: [32, 32, 96],
};

pub const CPU: Edge = Edge {
    label: "a server's CPU",
    prefill_tps: 254.0,
    decode_tps: 48.4,
    source: "Qwen2.5-0.5B, Q4_K_M, llama.cpp on two cores (performance.md)",
    kv_prefill_tps: 321.0,
};
/// The device's model runs there as many times faster as it is smaller.
pub const GPU: Edge = Edge {
    label: "a server's GPU",
    prefill_tps: 3000.0,
    decode_tps: 60.0,
    source: "no: assumed, one stream of a model of 70B",
    kv_prefill_tps: 50_000.0,
};

impl Device {
    pub fn with(&self, edge: &Edge) -> Speeds {
        Speeds {
            device_prefill_tps: self.prefill_tps,
            device_decode_tps: self.decode_tps,
            edge_prefill_tps: edge.prefill_tps,
            edge_decode_tps: edge.decode_tps,
            score_s: 0.03,
            look_s: 0.03,
            kv_shape: self.kv_shape,
            kv_prefill_tps: edge.kv_prefill_tps,
            kv_import_tps: 5_000.0,
            edge_memory_s: 300.0,
        }
    }
}

impl Speeds {
    pub fn read(file: &Path) -> Result<Speeds> {
        read_json(file, "rates", Speeds::check)
    }

    fn check(&self) -> Result<(), &'static str> {
        let device = [self.device_prefill_tps, self.device_decode_tps, self.kv_import_tps];
        let edge = [self.edge_prefill_tps, self.edge_decode_tps, self.kv_prefill_tps];
        let times = [self.score_s, self.look_s, self.edge_memory_s];
        let valid = device.iter().chain(&edge).all(|rate| rate.is_finite() && *rate > 0.0)
            && times.iter().all(|time| time.is_finite() && *time >= 0.0)
            && self.kv_shape.iter().all(|size| (1..=1 << 20).contains(size));
        valid.then_some(()).ok_or("rates must be above 0 and times at least 0")
    }

    /// Bytes of a token's keys and values in 8 bits, with a half float of scale for the values of
    /// each head; the keys' scales are the dialogue's.
    pub fn kv_bytes_per_token(&self) -> f64 {
        let [n_layers, n_kv_heads, head_dim] = self.kv_shape.map(|size| size as f64);
        n_layers * n_kv_heads * (2.0 * head_dim + 2.0)
    }
}
