//! The wasm module in a real browser's worker: what JavaScript calls, with
//! tiny weights, through the very exports that the page uses.
#![cfg(target_arch = "wasm32")]

use js_sys::{Function, Object, Reflect, Uint8Array};
use nearside::web::{Core, Sha256};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;
use web_sys::AbortController;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const TINY: &[u8] = include_bytes!("fixtures/tiny-llama.gguf");
const TINY_SCORER: &[u8] = include_bytes!("fixtures/scorer-tiny.gguf");

fn json(text: &str) -> JsValue {
    js_sys::JSON::parse(text).unwrap()
}

fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap()
}

fn code(thrown: &JsValue) -> String {
    field(thrown, "code").as_string().expect("every error has a code")
}

/// `{emit, load, save, yieldNow}` as the worker makes them.
fn hooks() -> JsValue {
    let hooks = Object::new();
    for (name, body) in [
        ("emit", ""),
        ("load", "return undefined"),
        ("save", ""),
        ("yieldNow", "return new Promise((resolve) => setTimeout(resolve))"),
    ] {
        Reflect::set(&hooks, &name.into(), &Function::new_no_args(body)).unwrap();
    }
    hooks.into()
}

/// `{size, readAt}` over bytes in memory.
fn source(bytes: &[u8]) -> JsValue {
    let make = Function::new_with_args(
        "bytes",
        "return {size: bytes.length, readAt(offset, into) {
            const part = bytes.subarray(offset, offset + into.length);
            into.set(part);
            return part.length;
        }}",
    );
    make.call1(&JsValue::NULL, &Uint8Array::from(bytes)).unwrap()
}

fn core(mode: &str) -> Core {
    Core::new(json(&format!(r#"{{"mode":"{mode}","max_tokens":12}}"#)), hooks()).unwrap()
}

/// Collects events into a JavaScript array.
fn listener() -> (js_sys::Array, Function) {
    let events = js_sys::Array::new();
    let listen = Function::new_with_args("events", "return (event) => events.push(event)")
        .call1(&JsValue::NULL, &events)
        .unwrap();
    (events, listen.into())
}

fn types(events: &js_sys::Array) -> Vec<String> {
    events.iter().map(|event| field(&event, "type").as_string().unwrap()).collect()
}

const HELLO: &str = r#"{"messages":[{"role":"user","content":"hello"}]}"#;

#[wasm_bindgen_test]
async fn a_turn_is_answered_on_the_device() {
    let core = core("device-only");
    core.load_scorer(source(TINY_SCORER)).await.unwrap();
    let info = core.load_device(source(TINY)).await.unwrap();
    assert_eq!(field(&info, "architecture"), "llama");
    let (events, listen) = listener();
    let report = core.chat(json(HELLO), None, listen).await.unwrap();
    assert_eq!(field(&report, "route"), "device");
    assert_eq!(field(&report, "reason"), "mode_device_only");
    let decision = field(&report, "decision");
    assert!(field(&decision, "p").as_f64().is_some_and(|p| p > 0.0 && p < 1.0));
    let types = types(&events);
    assert_eq!(types.first().map(String::as_str), Some("route"));
    assert!(types.iter().any(|name| name == "delta"), "{types:?}");
    let state = core.state();
    assert_eq!(field(&field(&state, "device"), "ready"), JsValue::TRUE);
    assert!(field(&field(&state, "device"), "held_tokens").as_f64().unwrap() > 0.0);
}

#[wasm_bindgen_test]
async fn a_turn_can_be_stopped_and_a_second_one_is_refused_meanwhile() {
    let core = core("device-only");
    core.load_device(source(TINY)).await.unwrap();
    let controller = AbortController::new().unwrap();
    let (_, listen) = listener();
    let first = core.chat(json(HELLO), Some(controller.signal()), listen.clone());
    let second = async {
        let refused = core.chat(json(HELLO), None, listen.clone()).await.unwrap_err();
        controller.abort();
        refused
    };
    let (report, refused) = join(first, second).await;
    assert_eq!(code(&refused), "busy");
    assert_eq!(field(&report.unwrap(), "finish_reason"), "abort");
    let again = core.chat(json(HELLO), None, listener().1).await.unwrap();
    assert_ne!(field(&again, "finish_reason"), "abort");
}

/// Polls both in turn; the first is started first.
async fn join<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    let (mut from_a, mut from_b) = (None, None);
    std::future::poll_fn(|context| {
        use std::task::Poll;
        if from_a.is_none() {
            if let Poll::Ready(value) = a.as_mut().poll(context) {
                from_a = Some(value);
            }
        }
        if from_b.is_none() {
            if let Poll::Ready(value) = b.as_mut().poll(context) {
                from_b = Some(value);
            }
        }
        if from_a.is_some() && from_b.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (from_a.unwrap(), from_b.unwrap())
}

#[wasm_bindgen_test]
async fn errors_cross_with_their_codes() {
    let refused = |config: &str| code(&Core::new(json(config), hooks()).err().unwrap());
    assert_eq!(refused(r#"{"mode":"cloud"}"#), "invalid_config");
    assert_eq!(refused(r#"{"edge":{"base_url":"/v1"}}"#), "invalid_config");

    let core = core("device-only");
    let load = async |bytes: &[u8]| code(&core.load_device(source(bytes)).await.unwrap_err());
    assert_eq!(load(b"not a model").await, "model_corrupt");
    assert_eq!(load(&TINY[..TINY.len() / 2]).await, "model_truncated");
    assert_eq!(load(TINY_SCORER).await, "model_unsupported");

    let chat = async |request: &str| {
        code(&core.chat(json(request), None, listener().1).await.unwrap_err())
    };
    assert_eq!(chat(HELLO).await, "device_not_ready");
    assert_eq!(chat(r#"{"messages":[]}"#).await, "invalid_request");
    assert_eq!(chat(r#"{"messages":[{"role":"robot","content":"x"}]}"#).await, "invalid_request");
}

#[wasm_bindgen_test]
async fn some_fields_of_the_configuration_can_be_changed() {
    let core = core("auto");
    core.configure(json(r#"{"mode":"device-only"}"#)).await.unwrap();
    assert_eq!(field(&core.state(), "mode"), "device-only");
    let error = core.configure(json(r#"{"theta":7}"#)).await.unwrap_err();
    assert_eq!(code(&error), "invalid_config");
    assert_eq!(field(&core.state(), "mode"), "device-only");
}

#[wasm_bindgen_test]
async fn an_edge_that_is_not_there_is_seen_as_offline() {
    // Port 9 of the loopback interface: nothing listens there.
    let config = r#"{"edge":{"base_url":"http://127.0.0.1:9/v1"},"mode":"auto"}"#;
    let core = Core::new(json(config), hooks()).unwrap();
    let link = core.probe().await;
    assert_eq!(field(&link, "online"), JsValue::FALSE);
}

#[wasm_bindgen_test]
fn digests_are_sha_256() {
    let mut digest = Sha256::new();
    digest.update(&Uint8Array::from(&b"ab"[..]));
    digest.update(&Uint8Array::from(&b"c"[..]));
    // FIPS 180-2, appendix B.1
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest.hex(), expected);
}
