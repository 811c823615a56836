//! Keys and values from the gateway, over real connections and with the device's real weights: the
//! device goes on from them as from its own.
#![cfg(feature = "edge")]

#[path = "edge/client.rs"]
mod client;
mod support;

use std::ops::Range;

use client::{Edge, JSON, Reply, question};
use nearside::engine::{Engine, PREFILL_CHUNK};
use serde_json::{Value, json};

use support::distance;
use support::kv::{finish, greedy, import, imported};

const KV: &str = "/v1/nearside/kv";
const DEVICE: [&str; 2] = ["--device-model", "models/device.gguf"];
/// A step is a prefill chunk or a layer.
const SLOW: [&str; 2] = ["--step-delay-ms", "20"];

fn device() -> Engine {
    support::engine("../../models/device.gguf")
}

fn tokens(n: u32) -> Vec<u32> {
    (0..n).map(|i| 5 + i * 37 % 990).collect()
}

fn asks(engine: &Engine, tokens: &[u32], start: usize, dtype: &str) -> Value {
    let identity = engine.kv_identity();
    json!({ "model": identity.model, "vocabulary": identity.vocabulary, "tokens": tokens,
        "start": start, "dtype": dtype })
}

fn post(edge: &Edge, body: &Value) -> Reply {
    edge.request("POST", KV, &[JSON], &body.to_string())
}

fn prefill(engine: &mut Engine, tokens: &[u32]) {
    for chunk in tokens.chunks(PREFILL_CHUNK) {
        engine.prefill(chunk).expect("there is room");
    }
}

/// How many of the prompt's tokens the gateway had read before.
fn cached_tokens(reply: &Reply) -> usize {
    let timing = reply.header("server-timing").expect("it is told");
    assert!(timing.contains("queue;dur=") && timing.contains("prefill;dur="), "{timing}");
    let (_, cached) = timing.split_once("cached;desc=").expect("it is counted");
    cached.parse().expect("a number")
}

#[test]
fn a_device_goes_on_as_from_its_own_prefill() {
    let edge = Edge::start(&DEVICE);
    let prompt = tokens(600);
    let mut alone = device();
    prefill(&mut alone, &prompt);
    let (want, _) = greedy(&mut alone, &prompt, 60);
    assert!(want.len() > 10, "{want:?}");

    let mut helped = device();
    let reply = post(&edge, &asks(&helped, &prompt, 0, "f16"));
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));
    let expecting = import(&helped).expecting(0..600, prompt.clone());
    finish(expecting, &mut helped, &reply.body, 1460).expect("it is whole");
    let (got, n_reused) = greedy(&mut helped, &prompt, 60);
    assert_eq!((got, n_reused), (want, 599));
}

#[test]
fn eight_bits_take_half_and_say_nearly_the_same() {
    let edge = Edge::start(&DEVICE);
    let prompt = tokens(600);
    let mut alone = device();
    prefill(&mut alone, &prompt);
    let mut helped = device();
    let whole = post(&edge, &asks(&helped, &prompt, 0, "f16")).body.len();
    let reply = post(&edge, &asks(&helped, &prompt, 0, "int8"));
    assert!(reply.body.len() * 100 < whole * 58, "{} of {whole}", reply.body.len());
    imported(&mut helped, &reply.body).expect("it is whole");
    let apart = distance(&alone.decode(9).unwrap(), &helped.decode(9).unwrap());
    assert!(apart < 0.5, "{apart}");
}

/// The device reads one part while the other travels.
#[test]
fn a_part_goes_on_from_what_the_device_has_read() {
    let edge = Edge::start(&DEVICE);
    let prompt = tokens(500);
    let mut alone = device();
    prefill(&mut alone, &prompt);
    let mut helped = device();
    let reply = post(&edge, &asks(&helped, &prompt, 192, "f16"));
    prefill(&mut helped, &prompt[..192]);
    let expecting = import(&helped).expecting(192..500, prompt.clone());
    finish(expecting, &mut helped, &reply.body, 4096).expect("it is whole");
    assert_eq!(alone.decode(9), helped.decode(9));
}

#[test]
fn what_was_read_for_one_prompt_serves_the_next() {
    let edge = Edge::start(&DEVICE);
    let engine = device();
    let cached =
        |n_tokens: u32| cached_tokens(&post(&edge, &asks(&engine, &tokens(n_tokens), 0, "int8")));
    assert_eq!(cached(100), 0);
    assert_eq!(cached(200), 100);
    assert_eq!(cached(150), 150, "and a shorter one forgets nothing");
    assert_eq!(cached(200), 200);
}

#[test]
fn it_is_advertised_where_it_is_and_absent_elsewhere() {
    let (with, without) = (Edge::start(&DEVICE), Edge::start(&[]));
    let identity = device().kv_identity();
    let described = with.get("/v1/models").json()["x_nearside_kv"].clone();
    assert_eq!(described["path"], KV);
    assert_eq!(described["version"], 1);
    assert_eq!(described["model"], identity.model);
    assert_eq!(described["vocabulary"], identity.vocabulary);
    assert_eq!(described["dtypes"], json!(["f16", "int8"]));
    assert_eq!(described["max_tokens"], 1024);
    assert_eq!(described["max_bytes"], 64 << 20);
    let probe = with.get("/probe");
    assert_eq!(probe.header("x-nearside-kv"), Some(format!("1 {}", identity.model).as_str()));
    let tps = probe.header("x-nearside-kv-prefill-tps").and_then(|tps| tps.parse::<f64>().ok());
    assert!(tps > Some(0.0), "{tps:?}");

    assert_eq!(without.get("/v1/models").json().get("x_nearside_kv"), None);
    assert_eq!(without.get("/probe").header("x-nearside-kv"), None);
    let reply = post(&without, &asks(&device(), &tokens(5), 0, "f16"));
    assert_eq!((reply.status, reply.error_code().as_str()), (404, "kv_unavailable"));
    assert_eq!(with.get(KV).status, 405);
}

#[test]
fn pages_of_listed_origins_see_the_hints() {
    let edge = Edge::start(&[&DEVICE[..], &["--allow-origin", "https://a.example"]].concat());
    let probe = edge.request("GET", "/probe", &[("origin", "https://a.example")], "");
    let exposed = probe.header("access-control-expose-headers").unwrap_or_default();
    for name in ["x-nearside-kv", "x-nearside-kv-prefill-tps", "server-timing"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}

#[test]
fn bad_requests_are_told_apart() {
    let edge = Edge::start(&[&DEVICE[..], &["--max-transfer-mb", "0"]].concat());
    let engine = device();
    let check = |body: &str, status: u16, code: &str| {
        let reply = edge.request("POST", KV, &[JSON], body);
        assert_eq!((reply.status, reply.error_code().as_str()), (status, code), "{body:.80}");
    };
    let with = |name: &str, value: Value| {
        let mut body = asks(&engine, &tokens(40), 0, "int8");
        body[name] = value;
        body.to_string()
    };
    check("{", 400, "invalid_request");
    check("{}", 400, "invalid_request");
    check(&with("dtype", json!("int4")), 400, "invalid_request");
    check(&with("tokens", json!([])), 400, "invalid_request");
    check(&with("tokens", json!([-1])), 400, "invalid_request");
    check(&with("tokens", json!([1, 1024])), 400, "invalid_request");
    check(&with("start", json!(40)), 400, "invalid_request");
    check(&with("tokens", json!(vec![9; 1025])), 400, "prompt_too_long");
    check(&with("model", json!("0".repeat(64))), 409, "kv_foreign_model");
    check(&with("vocabulary", json!("")), 409, "kv_foreign_model");
    check(&with("dtype", json!("f16")), 413, "kv_too_large");
    check(&with("padding", json!("x".repeat(2 << 20))), 413, "body_too_large");
    let plain = edge.request("POST", KV, &[("content-type", "text/plain")], "{}");
    assert_eq!((plain.status, plain.error_code()), (415, "invalid_request".to_owned()));
    edge.wait_for_health(|health| health["running"] == 0 && health["queued"] == 0);
}

#[test]
fn only_who_may_chat_gets_keys_and_values() {
    let edge = Edge::start_with(|command| {
        command
            .env("EDGE_TEST_TOKEN", "secret")
            .args(["--token-env", "EDGE_TEST_TOKEN"])
            .args(DEVICE)
    });
    let body = asks(&device(), &tokens(40), 0, "int8").to_string();
    for authorization in ["", "Bearer wrong", "secret"] {
        let reply = edge.request("POST", KV, &[JSON, ("authorization", authorization)], &body);
        assert_eq!((reply.status, reply.error_code().as_str()), (401, "unauthorized"));
    }
    let reply = edge.request("POST", KV, &[JSON, ("authorization", "Bearer secret")], &body);
    assert_eq!(reply.status, 200);
}

/// The gateway dies in the middle: the device has what it had.
#[test]
fn a_transfer_that_breaks_off_changes_nothing() {
    let edge = Edge::start(&[&DEVICE[..], &["--step-delay-ms", "200"]].concat());
    let mut engine = device();
    prefill(&mut engine, &[7, 8, 9]);
    let body = asks(&engine, &tokens(60), 0, "f16").to_string();
    let mut stream = edge.open("POST", KV, &[JSON], &body);
    assert_eq!(stream.status, 200);
    let n_bytes: usize = stream.header("content-length").and_then(|n| n.parse().ok()).unwrap();
    let mut arrived = stream.read(n_bytes / 2);
    drop(edge);
    arrived.extend(stream.rest_of_body());
    assert!(arrived.len() < n_bytes, "it had no time for the last layer");
    let error = imported(&mut engine, &arrived).unwrap_err();
    assert_eq!(error.code(), "kv_truncated");
    assert_eq!(engine.tokens(), [7, 8, 9]);
}

#[test]
fn leaving_cancels_a_transfer() {
    let edge = Edge::start(&[&DEVICE[..], &["--step-delay-ms", "200"]].concat());
    let body = asks(&device(), &tokens(1024), 0, "int8");
    let pending = edge.send("POST", KV, &[JSON], &body.to_string());
    edge.wait_for_health(|health| health["running"] == 1);
    drop(pending);
    edge.wait_for_health(|health| health["running"] == 0);
    // Of 16 chunks and three layers most were left, its place is free again, and what was read
    // until then is known.
    let cached = cached_tokens(&post(&edge, &body));
    assert!(cached > 0 && cached < 1024, "{cached}");
}

#[test]
fn chats_do_not_wait_for_transfers() {
    let edge = Edge::start(&[&DEVICE[..], &SLOW[..]].concat());
    let body = asks(&device(), &tokens(1024), 0, "f16").to_string();
    let transfers: Vec<_> = (0..2).map(|_| edge.send("POST", KV, &[JSON], &body)).collect();
    edge.wait_for_health(|health| health["running"] == 2);
    let refused = post(&edge, &asks(&device(), &tokens(10), 0, "int8"));
    assert_eq!((refused.status, refused.error_code().as_str()), (429, "queue_full"));
    let retry_after: Option<u64> = refused.header("retry-after").and_then(|s| s.parse().ok());
    assert!(retry_after >= Some(1));

    let more = json!({ "stream": true, "max_tokens": 4 });
    let mut chat = edge.open_chat(&question("Hello", more));
    chat.next_text().expect("the chat begins");
    assert_eq!(edge.get("/health").json()["running"], 3, "while the transfers still run");
    assert_eq!(chat.rest().last().map(String::as_str), Some("[DONE]"));
    drop(transfers);
    edge.wait_for_health(|health| health["running"] == 0);
}

/// A transfer that is stopped with the gateway says so, or is seen to be incomplete.
#[test]
fn a_gateway_that_stops_cuts_transfers() {
    let edge = Edge::start(&[&DEVICE[..], &["--step-delay-ms", "100", "--grace-s", "0"]].concat());
    let body = asks(&device(), &tokens(1024), 0, "f16").to_string();
    let pending = edge.send("POST", KV, &[JSON], &body);
    edge.wait_for_health(|health| health["running"] == 1);
    edge.terminate();
    let reply = pending.into_reply();
    assert_eq!((reply.status, reply.error_code().as_str()), (503, "shutting_down"));
    assert!(edge.wait().success());
}

/// Sizes of a range, as asked for and as sent.
#[test]
fn a_range_costs_its_own_rows() {
    let edge = Edge::start(&DEVICE);
    let engine = device();
    let n_bytes = |positions: Range<usize>| {
        let tokens = tokens(positions.end as u32);
        post(&edge, &asks(&engine, &tokens, positions.start, "f16")).body.len()
    };
    let (whole, half) = (n_bytes(0..512), n_bytes(256..512));
    let row_bytes = engine.model().info().kv_bytes_per_token as usize;
    assert!((whole - half).abs_diff(256 * row_bytes) < 64, "{whole} {half}");
}
