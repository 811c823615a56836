//! The browser's half of [`Host`]: fetch, the performance clock, the worker's hooks.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use gloo_events::EventListener;
use gloo_net::http::{RequestBuilder, Response};
use gloo_timers::callback::Timeout;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, AbortSignal, Performance, PerformanceResourceTiming, ReadableStream,
    ReadableStreamDefaultReader, RequestCache, RequestCredentials, WorkerGlobalScope,
};

use super::convert::{describe, method, to_js};
use crate::dialogue::Date;
use crate::handoff::KvOffer;
use crate::host::{
    EdgeBody, EdgeHints, EdgeRequest, EdgeResponse, Event, Host, ProbeReply, ProbeRequest,
};
use crate::{Error, Result};

/// What the worker lends to the core.
#[derive(Clone)]
pub struct Hooks {
    emit: Function,
    load: Function,
    save: Function,
    yield_now: Function,
}

impl Hooks {
    pub fn new(hooks: &JsValue) -> Result<Hooks> {
        Ok(Hooks {
            emit: method(hooks, "emit")?,
            load: method(hooks, "load")?,
            save: method(hooks, "save")?,
            yield_now: method(hooks, "yieldNow")?,
        })
    }
}

thread_local! {
    /// The worker's clock.
    static PERFORMANCE: Option<Performance> =
        js_sys::global().dyn_into::<WorkerGlobalScope>().ok().and_then(|scope| scope.performance());
}

/// Milliseconds since the worker began; 0 where there is no clock.
pub fn now_millis() -> f64 {
    PERFORMANCE.with(|performance| performance.as_ref().map_or(0.0, Performance::now))
}

/// The world as one turn sees it: the hooks, the turn's signal and its listener.
pub struct WebHost {
    hooks: Hooks,
    performance: Performance,
    signal: Option<AbortSignal>,
    on_event: Option<Function>,
}

impl WebHost {
    pub fn new(hooks: Hooks) -> Result<WebHost> {
        let missing = || Error::InvalidConfig("the core must run in a worker".to_owned());
        let performance = PERFORMANCE.with(Clone::clone).ok_or_else(missing)?;
        Ok(WebHost { hooks, performance, signal: None, on_event: None })
    }

    /// The same world with a turn's own signal and listener.
    pub fn for_turn(&self, signal: Option<AbortSignal>, on_event: Option<Function>) -> WebHost {
        WebHost {
            hooks: self.hooks.clone(),
            performance: self.performance.clone(),
            signal,
            on_event,
        }
    }

    /// Resource Timing's view of a request: from the request's first byte to the
    /// response's first and last, without connection set-up. `None` if the
    /// server does not allow it to be seen.
    fn resource_timing(&self, url: &str) -> Option<(f64, f64)> {
        let entries = self.performance.get_entries_by_name(url);
        let entry: PerformanceResourceTiming =
            entries.get(entries.length().checked_sub(1)?).dyn_into().ok()?;
        let (sent, first, last) =
            (entry.request_start(), entry.response_start(), entry.response_end());
        (sent > 0.0 && first >= sent && last >= first)
            .then(|| ((first - sent) / 1e3, (last - sent) / 1e3))
    }
}

impl Host for WebHost {
    type EdgeBody = WebBody;

    fn now(&self) -> Duration {
        Duration::from_secs_f64(self.performance.now() / 1e3)
    }

    fn today(&self) -> Date {
        let now = js_sys::Date::new_0();
        let day = |year: u32| {
            Date::new(year.try_into().ok()?, now.get_month() as u8 + 1, now.get_date() as u8)
        };
        day(now.get_full_year()).unwrap_or(Date::UNKNOWN)
    }

    async fn probe(&self, request: &ProbeRequest) -> Result<ProbeReply> {
        let call = Call::start(request.timeout, self.signal.as_ref())?;
        let method = if request.sent_bytes > 0 {
            gloo_net::http::Method::POST
        } else {
            gloo_net::http::Method::GET
        };
        // A unique name finds the right Resource Timing entry and defeats caches on the way.
        let separator = if request.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{separator}t={:.3}", request.url, self.performance.now());
        let builder = call.builder(&url, method, &request.headers);
        let started = self.now();
        let response = if request.sent_bytes > 0 {
            let payload = Uint8Array::new_with_length(request.sent_bytes as u32);
            builder.body(payload).map_err(unreachable_edge)?.send().await
        } else {
            builder.send().await
        };
        let response = response.map_err(|error| call.failure(error))?;
        let first_byte_s = (self.now() - started).as_secs_f64();
        let (status, hints) = (response.status(), hints(&response));
        let received = response.binary().await.map_err(|error| call.failure(error))?;
        let total_s = (self.now() - started).as_secs_f64();
        let (first_byte_s, total_s) = self.resource_timing(&url).unwrap_or((first_byte_s, total_s));
        self.performance.clear_resource_timings();
        Ok(ProbeReply { status, first_byte_s, total_s, received_bytes: received.len(), hints })
    }

    async fn call_edge(&self, request: &EdgeRequest) -> Result<EdgeResponse<WebBody>> {
        let call = Call::start(request.timeout, self.signal.as_ref())?;
        let response = call
            .builder(&request.url, gloo_net::http::Method::POST, &request.headers)
            .body(Uint8Array::from(request.body.as_bytes()))
            .map_err(unreachable_edge)?
            .send()
            .await
            .map_err(|error| call.failure(error))?;
        let retry_after_s =
            response.headers().get("retry-after").and_then(|value| value.parse().ok());
        let (status, hints) = (response.status(), hints(&response));
        let body = WebBody::new(response.body(), call);
        Ok(EdgeResponse { status, retry_after_s, hints, body })
    }

    fn load(&self, key: &str) -> Option<String> {
        let value = self.hooks.load.call1(&JsValue::NULL, &JsValue::from_str(key));
        value.ok().and_then(|value| value.as_string())
    }

    fn save(&self, key: &str, value: &str) {
        let (key, value) = (JsValue::from_str(key), JsValue::from_str(value));
        // Storage is a convenience: the worker reports its failures itself.
        let _ = self.hooks.save.call2(&JsValue::NULL, &key, &value);
    }

    async fn yield_now(&self) {
        let promise = self.hooks.yield_now.call0(&JsValue::NULL).ok();
        if let Some(promise) = promise.and_then(|value| value.dyn_into::<Promise>().ok()) {
            let _ = JsFuture::from(promise).await;
        }
    }

    async fn sleep(&self, time: Duration) {
        gloo_timers::future::sleep(time).await;
    }

    fn cancelled(&self) -> bool {
        self.signal.as_ref().is_some_and(AbortSignal::aborted)
    }

    fn emit(&self, event: Event<'_>) {
        let listener = self.on_event.as_ref().unwrap_or(&self.hooks.emit);
        // A listener that throws must not end the turn.
        let _ = listener.call1(&JsValue::NULL, &to_js(&event));
    }
}

/// A request under way: it ends with the caller's signal or with its time.
struct Call {
    controller: AbortController,
    timed_out: Rc<Cell<bool>>,
    timeout: Duration,
    caller: Option<AbortSignal>,
    timer: Option<Timeout>,
    _on_abort: Option<EventListener>,
}

impl Call {
    fn start(timeout: Duration, caller: Option<&AbortSignal>) -> Result<Call> {
        if caller.is_some_and(AbortSignal::aborted) {
            return Err(Error::Aborted);
        }
        let controller =
            AbortController::new().map_err(|thrown| unreachable_edge(describe(&thrown)))?;
        let on_abort = caller.map(|signal| {
            let controller = controller.clone();
            EventListener::once(signal, "abort", move |_| controller.abort())
        });
        let mut call = Call {
            controller,
            timed_out: Rc::default(),
            timeout,
            caller: caller.cloned(),
            timer: None,
            _on_abort: on_abort,
        };
        call.rewind(timeout);
        Ok(call)
    }

    /// Starts the time anew.
    fn rewind(&mut self, timeout: Duration) {
        let (controller, timed_out) = (self.controller.clone(), Rc::clone(&self.timed_out));
        self.timeout = timeout;
        self.timer = Some(Timeout::new(timeout.as_millis() as u32, move || {
            timed_out.set(true);
            controller.abort();
        }));
    }

    fn builder(
        &self,
        url: &str,
        method: gloo_net::http::Method,
        headers: &[(String, String)],
    ) -> RequestBuilder {
        let builder = RequestBuilder::new(url)
            .method(method)
            .abort_signal(Some(&self.controller.signal()))
            .cache(RequestCache::NoStore)
            .credentials(RequestCredentials::SameOrigin);
        headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value))
    }

    /// Why the request ended.
    fn failure(&self, error: impl std::fmt::Display) -> Error {
        if self.caller.as_ref().is_some_and(AbortSignal::aborted) {
            Error::Aborted
        } else if self.timed_out.get() {
            Error::EdgeTimeout(self.timeout.as_millis() as u64)
        } else {
            unreachable_edge(error)
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.controller.abort();
    }
}

/// A response's body, read as it arrives.
pub struct WebBody {
    reader: Option<ReadableStreamDefaultReader>,
    call: Call,
}

impl WebBody {
    fn new(stream: Option<ReadableStream>, call: Call) -> WebBody {
        let reader = stream.and_then(|stream| stream.get_reader().dyn_into().ok());
        WebBody { reader, call }
    }
}

impl EdgeBody for WebBody {
    async fn next(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let pending = reader.read();
        self.call.rewind(timeout);
        let result = JsFuture::from(pending).await.map_err(|thrown| {
            match self.call.failure(describe(&thrown)) {
                Error::EdgeUnreachable(_) => Error::EdgeBrokeOff,
                other => other,
            }
        })?;
        let field = |name| Reflect::get(&result, &JsValue::from_str(name)).unwrap_or_default();
        if field("done").is_truthy() {
            return Ok(None);
        }
        Ok(field("value").dyn_ref::<Uint8Array>().map(Uint8Array::to_vec))
    }
}

fn hints(response: &Response) -> EdgeHints {
    let number = |name: &str| {
        let value: Option<f64> = response.headers().get(name)?.parse().ok();
        value.filter(|value| value.is_finite() && *value >= 0.0)
    };
    EdgeHints {
        queue_s: number("x-nearside-queue-s"),
        prefill_tps: number("x-nearside-prefill-tps"),
        decode_tps: number("x-nearside-decode-tps"),
        kv: response
            .headers()
            .get("x-nearside-kv")
            .and_then(|offer| KvOffer::parse(&offer, number("x-nearside-kv-prefill-tps"))),
    }
}

fn unreachable_edge(error: impl std::fmt::Display) -> Error {
    Error::EdgeUnreachable(error.to_string().trim_end_matches('.').to_owned())
}
