//! What is asked of an edge to measure the way to it, and what a gateway says of itself.

use std::time::Duration;

use crate::handoff::KvOffer;

/// One measured request.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeRequest {
    pub url: String,
    pub headers: Vec<(String, String)>,
    /// Bytes to upload; 0 makes it a GET.
    pub sent_bytes: usize,
    pub timeout: Duration,
}

/// What a probe measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProbeReply {
    pub status: u16,
    /// From the request's first byte to the response's first, in seconds,
    /// without connection set-up where the host can tell.
    pub first_byte_s: f64,
    /// From the request's first byte to the response's last, in seconds.
    pub total_s: f64,
    /// Bytes of the body received.
    pub received_bytes: usize,
    pub hints: EdgeHints,
}

/// What a Nearside gateway says of itself in response headers. Other servers say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EdgeHints {
    /// Expected wait before prefill starts, `x-nearside-queue-s`.
    pub queue_s: Option<f64>,
    /// Tokens per second, `x-nearside-prefill-tps`.
    pub prefill_tps: Option<f64>,
    /// Tokens per second, `x-nearside-decode-tps`.
    pub decode_tps: Option<f64>,
    /// `x-nearside-kv` and `x-nearside-kv-prefill-tps`.
    pub kv: Option<KvOffer>,
}
