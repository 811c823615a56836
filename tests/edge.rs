//! The gateway as others see it: the real program, over real connections, with the tiny model.
//!
//! Where a test needs an answer to take its time, the gateway waits after every step.
#![cfg(feature = "edge")]

#[path = "edge/client.rs"]
mod client;

use std::time::{Duration, Instant};

use client::{CHAT, Edge, JSON, N_CTX, Site, question};
use serde_json::{Value, json};

/// Slows a gateway down to some fifty steps per second at most.
const SLOW: [&str; 2] = ["--step-delay-ms", "20"];

fn parse(data: &str) -> Value {
    serde_json::from_str(data).expect("an event is JSON")
}

#[test]
fn an_answer_has_openais_shape_and_counts_its_tokens() {
    let edge = Edge::start(&["--model-name", "tiny"]);
    let reply = edge.chat(&question("Hello", json!({})));
    assert_eq!(reply.status, 200);
    let body = reply.json();
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["model"], "tiny");
    assert_eq!(body["choices"][0]["message"]["role"], "assistant");
    assert_eq!(body["choices"][0]["finish_reason"], "length");
    let usage = &body["usage"];
    assert_eq!(usage["completion_tokens"], 8);
    let sum = usage["prompt_tokens"].as_u64().map(|n| n + 8);
    assert_eq!(usage["total_tokens"].as_u64(), sum);
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 0);
}

#[test]
fn a_stream_opens_with_the_role_and_ends_with_usage_and_done() {
    let edge = Edge::start(&[]);
    let more = json!({ "stream": true, "stream_options": { "include_usage": true } });
    let stream = edge.open_chat(&question("Hello", more));
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
    let events = stream.rest();
    let [first, texts @ .., closing, usage, done] = &events[..] else { panic!("{events:?}") };
    assert_eq!(parse(first)["choices"][0]["delta"], json!({ "role": "assistant", "content": "" }));
    assert_eq!(parse(closing)["choices"][0]["finish_reason"], "length");
    assert_eq!(parse(usage)["choices"], json!([]));
    assert_eq!(parse(usage)["usage"]["completion_tokens"], 8);
    assert_eq!(done, "[DONE]");

    let streamed: String = texts
        .iter()
        .map(|data| {
            let chunk = parse(data);
            assert_eq!(chunk["object"], "chat.completion.chunk");
            assert_eq!(chunk["id"], parse(first)["id"]);
            chunk["choices"][0]["delta"]["content"].as_str().expect("a text").to_owned()
        })
        .collect();
    assert_eq!(streamed, edge.chat(&question("Hello", json!({}))).text(), "greedy both times");
}

#[test]
fn without_being_asked_a_stream_tells_no_usage() {
    let edge = Edge::start(&[]);
    let events = edge.open_chat(&question("Hello", json!({ "stream": true }))).rest();
    assert!(events.iter().all(|data| !data.contains("usage")), "{events:?}");
}

#[test]
fn a_second_turn_reuses_the_first_ones_tokens() {
    let edge = Edge::start(&[]);
    let first = edge.chat(&question("Hello", json!({ "max_tokens": 4 })));
    edge.chat(&question("A dialogue between the two turns of the other", json!({})));
    let messages = json!([
        { "role": "user", "content": "Hello" },
        { "role": "assistant", "content": first.text() },
        { "role": "user", "content": "And then?" },
    ]);
    let usage =
        edge.chat(&json!({ "messages": messages, "max_tokens": 4 })).json()["usage"].clone();
    let cached = usage["prompt_tokens_details"]["cached_tokens"].as_u64();
    let prompt_of_first = first.json()["usage"]["prompt_tokens"].as_u64();
    assert!(cached >= prompt_of_first, "{usage}");
    assert!(cached < usage["prompt_tokens"].as_u64(), "{usage}");
}

#[test]
fn the_least_recently_used_dialogue_goes_first() {
    let edge = Edge::start(&["--max-dialogues", "1"]);
    let cached = |text: &str| {
        let reply = edge.chat(&question(text, json!({ "max_tokens": 1 }))).json();
        reply["usage"]["prompt_tokens_details"]["cached_tokens"].as_u64().expect("a count")
    };
    cached("Hello");
    assert!(cached("Hello") > 0);
    cached("Something else that shares next to nothing with the other dialogue");
    assert_eq!(cached("Hello"), 0);
}

#[test]
fn a_prompt_in_parts_is_the_same_prompt() {
    let edge = Edge::start(&[]);
    let parts = json!([{ "type": "text", "text": "Hel" }, { "type": "text", "text": "lo" }]);
    let messages = json!([{ "role": "user", "content": parts }]);
    let in_parts = edge.chat(&json!({ "messages": messages, "max_completion_tokens": 8 }));
    assert_eq!(in_parts.text(), edge.chat(&question("Hello", json!({}))).text());
}

#[test]
fn a_begun_answer_is_continued() {
    let edge = Edge::start(&[]);
    let whole = edge.chat(&question("Hello", json!({ "max_tokens": 24 }))).text();
    let Some((cut, _)) = whole.char_indices().nth(6) else { panic!("{whole:?}") };
    let messages = json!([
        { "role": "user", "content": "Hello" },
        { "role": "assistant", "content": &whole[..cut] },
    ]);
    let continuing = |continues: bool| {
        json!({ "messages": messages, "max_tokens": 4,
            "continue_final_message": continues, "add_generation_prompt": !continues })
    };
    let continued = edge.chat(&continuing(true)).json();
    let answered = edge.chat(&continuing(false)).json();
    // A new turn needs the markers of its beginning; a continued one does not.
    let prompt_tokens = |body: &Value| body["usage"]["prompt_tokens"].as_u64();
    assert!(prompt_tokens(&continued) < prompt_tokens(&answered), "{continued} {answered}");

    for (continues, adds, last) in [(true, true, "assistant"), (true, false, "user")] {
        let body = json!({ "messages": [{ "role": last, "content": "x" }],
            "continue_final_message": continues, "add_generation_prompt": adds });
        assert_eq!(edge.chat(&body).error_code(), "invalid_request");
    }
}

#[test]
fn what_requests_do_not_say_of_sampling_the_operator_does() {
    let edge = Edge::start(&["--sampling", r#"{"temperature":2.0}"#]);
    let draw = |more: Value| edge.chat(&question("Hello", more)).text();
    assert_ne!(draw(json!({ "seed": 7 })), draw(json!({ "seed": 8 })));
    let greedy = |seed: i64| draw(json!({ "temperature": 0, "seed": seed }));
    assert_eq!(greedy(7), greedy(8));
}

#[test]
fn chance_follows_the_seed_and_stop_strings_end_the_answer() {
    let edge = Edge::start(&[]);
    let draw = |more: Value| edge.chat(&question("Hello", more)).text();
    let hot = |seed: i64| json!({ "temperature": 2.0, "seed": seed, "max_tokens": 24 });
    assert_eq!(draw(hot(7)), draw(hot(7)));
    assert_ne!(draw(hot(7)), draw(hot(8)));
    let fresh = json!({ "temperature": 2.0, "max_tokens": 24 });
    assert_ne!(draw(fresh.clone()), draw(fresh), "no seed, no repetition");

    let whole = draw(json!({ "max_tokens": 24 }));
    let stop: String = whole.chars().skip(4).take(2).collect();
    let stopped = edge.chat(&question("Hello", json!({ "max_tokens": 24, "stop": [stop] }))).json();
    assert_eq!(stopped["choices"][0]["finish_reason"], "stop");
    let text = stopped["choices"][0]["message"]["content"].as_str().expect("a text");
    assert!(whole.starts_with(text) && !text.contains(&stop), "{text:?} of {whole:?}");
}

#[test]
fn a_second_dialogue_does_not_wait_for_the_first() {
    let edge = Edge::start(&SLOW);
    let mut first =
        edge.open_chat(&question("Hello", json!({ "stream": true, "max_tokens": 100 })));
    first.next_text().expect("the first begins");
    let mut second =
        edge.open_chat(&question("Count", json!({ "stream": true, "max_tokens": 20 })));
    second.next_text().expect("the second begins");
    assert_eq!(edge.get("/health").json()["running"], 2, "while the first still runs");
    assert_eq!(second.rest().last().map(String::as_str), Some("[DONE]"));
    assert!(first.next_text().is_some(), "and the first goes on");
}

#[test]
fn leaving_cancels_the_work() {
    let edge = Edge::start(&SLOW);
    let mut stream =
        edge.open_chat(&question("Hello", json!({ "stream": true, "max_tokens": 200 })));
    stream.next_text().expect("it begins");
    let left = Instant::now();
    drop(stream);
    edge.wait_for_health(|health| health["running"] == 0);
    // 200 steps of 20 ms would take four seconds.
    assert!(left.elapsed() < Duration::from_secs(2), "{:?}", left.elapsed());
}

#[test]
fn a_full_line_refuses_and_says_when_to_return() {
    let edge = Edge::start(&[&SLOW[..], &["--max-concurrent", "1", "--max-queue", "1"]].concat());
    let long = question("Hello", json!({ "stream": true, "max_tokens": 200 }));
    let mut running = edge.open_chat(&long);
    running.next_text().expect("it runs");
    let waiting = edge.open_chat(&long);
    assert_eq!(waiting.status, 200);
    let wait_s: f64 = waiting.header("x-nearside-queue-s").and_then(|s| s.parse().ok()).unwrap();
    assert!(wait_s > 0.0, "{wait_s}");

    let refused = edge.chat(&long);
    assert_eq!((refused.status, refused.error_code()), (429, "queue_full".to_owned()));
    let retry_after: Option<u64> = refused.header("retry-after").and_then(|s| s.parse().ok());
    assert!(retry_after >= Some(1));

    // Whoever leaves the line makes room in it.
    drop(waiting);
    drop(running);
    edge.wait_for_health(|health| health["running"] == 0 && health["queued"] == 0);
    assert_eq!(edge.chat(&question("Hello", json!({ "max_tokens": 1 }))).status, 200);
}

#[test]
fn the_probabilities_of_tokens_are_told_as_openai_does() {
    let edge = Edge::start(&[]);
    let plain = edge.chat(&question("Hello", json!({})));
    assert!(plain.json()["choices"][0].get("logprobs").is_none());
    let asked = json!({ "max_tokens": 4, "logprobs": true, "top_logprobs": 2 });
    let reply = edge.chat(&question("Hello", asked)).json();
    let content = reply["choices"][0]["logprobs"]["content"].as_array().expect("a list");
    assert_eq!(content.len(), 4);
    for token in content {
        assert!(token["logprob"].as_f64().expect("a number") <= 0.0 && token["bytes"].is_array());
        assert_eq!(token["top_logprobs"][0]["token"], token["token"], "greedy takes the likeliest");
        assert_eq!(token["top_logprobs"].as_array().map(Vec::len), Some(2));
    }
}

/// In vLLM's words, of the draft alone.
#[test]
fn a_draft_is_read_without_being_gone_on_with() {
    let edge = Edge::start(&[]);
    let reads = |draft: &str, more: Value| {
        let mut body = json!({
            "messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": draft}],
            "continue_final_message": true, "max_tokens": 1, "prompt_logprobs": 1,
        });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("one"));
        edge.chat(&body)
    };
    // A place has the draft's token and the likeliest one, and the former spell the draft.
    let spells = |reply: &Value, draft: &str| {
        let mut rest = draft;
        for place in reply["prompt_logprobs"].as_array().expect("a list") {
            let tokens: Vec<&Value> = place.as_object().expect("by token").values().collect();
            assert!(tokens.iter().any(|token| token["rank"] == 1), "{place}");
            let texts = tokens.iter().filter_map(|token| token["decoded_token"].as_str());
            rest = texts.filter_map(|text| rest.strip_prefix(text)).next().expect("the draft's");
        }
        rest.is_empty()
    };
    let draft = "The answer is seven, as far as I know.";
    let first = reads(draft, json!({})).json();
    assert!(spells(&first, draft), "{first}");
    let again = reads(draft, json!({})).json();
    assert_eq!(again["prompt_logprobs"], first["prompt_logprobs"]);
    assert!(again["usage"]["prompt_tokens_details"]["cached_tokens"].as_u64() > Some(0));
    for (draft, more) in [
        ("x", json!({ "stream": true })),
        ("x", json!({ "continue_final_message": false })),
        ("x", json!({ "prompt_logprobs": 21 })),
        ("", json!({})),
    ] {
        let reply = reads(draft, more);
        assert_eq!(
            (reply.status, reply.error_code().as_str()),
            (400, "invalid_request"),
            "{draft}"
        );
    }
}

#[test]
fn answers_are_written_together_and_are_the_same() {
    let edge = Edge::start(&["--max-concurrent", "8"]);
    let asks = |i: usize| question(&format!("Hello number {i}"), json!({ "max_tokens": 40 }));
    let content = |reply: Value| reply["choices"][0]["message"]["content"].to_string();
    let alone: Vec<String> = (0..8).map(|i| content(edge.chat(&asks(i)).json())).collect();
    let together: Vec<String> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8)
            .map(|i| {
                scope.spawn({
                    let edge = &edge;
                    move || content(edge.chat(&asks(i)).json())
                })
            })
            .collect();
        asking.into_iter().map(|reply| reply.join().expect("no panic")).collect()
    });
    assert_eq!(together, alone);
}

#[test]
fn bad_requests_are_told_apart() {
    let edge = Edge::start(&[]);
    let check = |body: &str, status: u16, code: &str| {
        let reply = edge.request("POST", CHAT, &[JSON], body);
        assert_eq!((reply.status, reply.error_code().as_str()), (status, code), "{body:.80}");
    };
    let asks = |more: Value| question("Hello", more).to_string();
    check("{", 400, "invalid_request");
    check("{}", 400, "invalid_request");
    check(r#"{"messages":[]}"#, 400, "invalid_request");
    check(r#"{"messages":[{"role":"tool","content":"x"}]}"#, 400, "invalid_request");
    check(r#"{"messages":[{"role":"user"}]}"#, 400, "invalid_request");
    check(
        r#"{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#,
        400,
        "invalid_request",
    );
    check(&asks(json!({ "temperature": -1 })), 400, "invalid_request");
    check(&asks(json!({ "max_tokens": 0 })), 400, "invalid_request");
    check(&asks(json!({ "n": 2 })), 400, "invalid_request");
    check(&asks(json!({ "stop": "" })), 400, "invalid_request");
    check(&asks(json!({ "top_logprobs": 2 })), 400, "invalid_request");
    check(&asks(json!({ "logprobs": true, "top_logprobs": 21 })), 400, "invalid_request");
    let long = "word ".repeat(N_CTX);
    check(&question(&long, json!({})).to_string(), 400, "prompt_too_long");
    let huge = "x".repeat(2 << 20);
    check(&question(&huge, json!({})).to_string(), 413, "body_too_large");

    let plain = edge.request("POST", CHAT, &[("content-type", "text/plain")], &asks(json!({})));
    assert_eq!((plain.status, plain.error_code()), (415, "invalid_request".to_owned()));
    assert_eq!(edge.get("/v1/nothing").error_code(), "not_found");
    assert_eq!(edge.get("/v1/nothing").status, 404);
    assert_eq!(edge.get(CHAT).status, 405);
    assert_eq!(edge.get(CHAT).error_code(), "method_not_allowed");
    assert_eq!(edge.get("/nothing").status, 404);
}

#[test]
fn only_v1_asks_for_the_token() {
    let edge = Edge::start_with(|command| {
        command.env("EDGE_TEST_TOKEN", "secret").args(["--token-env", "EDGE_TEST_TOKEN"])
    });
    let ask = |authorization: &str| {
        edge.request("GET", "/v1/models", &[("authorization", authorization)], "")
    };
    assert_eq!(edge.get("/v1/models").error_code(), "unauthorized");
    assert_eq!(ask("Bearer wrong").status, 401);
    assert_eq!(ask("secret").status, 401);
    let models = ask("Bearer secret").json();
    assert_eq!(models["data"][0]["id"], "tiny-llama");
    assert_eq!(models["data"][0]["max_model_len"], N_CTX);
    assert_eq!(edge.get("/probe").status, 204);
    assert_eq!(edge.get("/health").status, 200);
}

#[test]
fn probes_measure_the_link_and_nothing_else() {
    let edge = Edge::start(&[]);
    for method in ["GET", "HEAD"] {
        let probe = edge.request(method, "/probe", &[], "");
        assert_eq!(probe.status, 204);
        assert_eq!(probe.header("cache-control"), Some("no-store"));
        assert_eq!(probe.header("x-nearside-queue-s"), Some("0.000000"));
        for name in ["x-nearside-prefill-tps", "x-nearside-decode-tps"] {
            let rate: Option<f64> = probe.header(name).and_then(|rate| rate.parse().ok());
            assert!(rate > Some(0.0), "{name} is measured before the first request");
        }
    }
    let down = edge.get("/probe/down?bytes=100000");
    assert_eq!(down.header("content-length"), Some("100000"));
    assert_eq!(down.body.len(), 100_000);
    for query in ["", "?bytes=x", "?bytes=-1", "?bytes=4194305"] {
        assert_eq!(edge.get(&format!("/probe/down{query}")).error_code(), "invalid_request");
    }
    let up = |n_bytes: usize| edge.request("POST", "/probe/up", &[], &"x".repeat(n_bytes)).status;
    assert_eq!(up(4 << 20), 204);
    assert_eq!(up((4 << 20) + 1), 413);
}

#[test]
fn only_listed_origins_may_look() {
    let edge = Edge::start(&["--allow-origin", "https://a.example"]);
    let preflight = |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ];
        edge.request("OPTIONS", CHAT, &headers, "")
    };
    let allowed = preflight("https://a.example");
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://a.example"));
    assert_eq!(allowed.header("access-control-max-age"), Some("7200"));
    assert_eq!(allowed.header("access-control-allow-headers"), Some("authorization,content-type"));
    assert_eq!(preflight("https://b.example").header("access-control-allow-origin"), None);

    let probe = edge.request("GET", "/probe", &[("origin", "https://a.example")], "");
    let exposed = probe.header("access-control-expose-headers").unwrap_or_default();
    for name in ["x-nearside-queue-s", "x-nearside-prefill-tps", "x-nearside-decode-tps"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    assert_eq!(probe.header("timing-allow-origin"), Some("https://a.example"));
    let closed = Edge::start(&[]).request("GET", "/probe", &[("origin", "https://a.example")], "");
    assert_eq!(closed.header("access-control-allow-origin"), None);
}

#[test]
fn the_site_serves_the_page_and_keeps_the_rest() {
    let page = ["index.html", "www/app.js", "www/sw.js", "pkg/core.wasm", "models/device.gguf"];
    let rest = ["Cargo.toml", "src/lib.rs", ".env", "www/.secret", "models/edge.gguf"];
    let site = Site::new("site", &[&page[..], &rest[..]].concat());
    let edge = Edge::start(&["--site", site.path()]);
    for (path, file, mime) in [
        ("/", "index.html", "text/html"),
        ("/www/app.js", "www/app.js", "text/javascript"),
        ("/sw.js", "www/sw.js", "text/javascript"),
        ("/pkg/core.wasm", "pkg/core.wasm", "application/wasm"),
        ("/models/device.gguf", "models/device.gguf", "application/octet-stream"),
    ] {
        let reply = edge.get(path);
        assert_eq!(String::from_utf8_lossy(&reply.body), format!("this is {file}"));
        assert_eq!(reply.header("content-type"), Some(mime), "{path}");
        assert_eq!(reply.header("cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(reply.header("cross-origin-embedder-policy"), Some("require-corp"));
        assert_eq!(reply.header("cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(reply.header("cache-control"), Some("no-cache"));
        let modified = reply.header("last-modified").expect("a date");
        let again = edge.request("GET", path, &[("if-modified-since", modified)], "");
        assert_eq!(again.status, 304, "{path}");
    }
    for file in rest {
        assert_eq!(edge.get(&format!("/{file}")).status, 404, "{file}");
    }
    for path in
        ["/www/../Cargo.toml", "/www/%2e%2e/Cargo.toml", "//Cargo.toml", "/models//edge.gguf"]
    {
        assert_eq!(edge.get(path).status, 404, "{path}");
    }
}

#[test]
fn sigterm_lets_answers_finish() {
    let edge = Edge::start(&[&SLOW[..], &["--grace-s", "30"]].concat());
    let mut stream =
        edge.open_chat(&question("Hello", json!({ "stream": true, "max_tokens": 20 })));
    stream.next_text().expect("it begins");
    edge.terminate();
    let events = stream.rest();
    assert!(events.iter().any(|data| data.contains(r#""finish_reason":"length""#)), "{events:?}");
    assert_eq!(events.last().map(String::as_str), Some("[DONE]"));
    assert!(edge.wait().success());
}

#[test]
fn sigterm_cuts_long_answers_with_a_proper_end() {
    let args = ["--grace-s", "0", "--max-concurrent", "1"];
    let edge = Edge::start(&[&SLOW[..], &args[..]].concat());
    let long = question("Hello", json!({ "stream": true, "max_tokens": 200 }));
    let mut running = edge.open_chat(&long);
    running.next_text().expect("it begins");
    let waiting = edge.open_chat(&long);
    let asked = Instant::now();
    edge.terminate();
    for stream in [running, waiting] {
        let events = stream.rest();
        let [.., error, done] = &events[..] else { panic!("{events:?}") };
        assert_eq!(parse(error)["error"]["code"], "shutting_down");
        assert_eq!(done, "[DONE]");
    }
    assert!(edge.wait().success());
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}

#[test]
fn an_unusable_model_ends_the_program_with_its_reason() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_nearside-edge"));
    let output = command.args(["--listen", "127.0.0.1:0", "--model", "Cargo.toml"]).output();
    let output = output.expect("it runs");
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("model_corrupt"));
}
