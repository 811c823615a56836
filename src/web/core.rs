//! What the worker calls. Every method takes `&self`: a turn awaits, and the
//! page may ask for the state or go offline meanwhile.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use async_lock::{Mutex, MutexGuard};
use js_sys::{Function, Uint8Array};
use serde::Serialize;
use sha2::Digest;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AbortSignal};

use super::convert::{error_to_js, from_js, get, set, to_js};
use super::device::{Device, PageRouter};
use super::guest::JsGuest;
use super::host::{Hooks, WebHost};
use super::source::JsSource;
use super::threads::kernels;
use crate::config::{Config, Mode};
use crate::dialogue::{Date, Message};
use crate::engine::{Bert, Engine, Model};
use crate::guest::GuestEngine;
use crate::host::Host;
use crate::routing::{Calibration, LinkEstimate, Rates, Route, Scorer};
use crate::turn::models::DeviceModel;
use crate::turn::{CompetenceReport, TurnReport, TurnRequest};
use crate::{Error, Result};

/// The longest context that a page allocates KV for, whatever the model allows.
const MAX_CONTEXT: usize = 4096;

/// The router, as JavaScript sees it.
#[wasm_bindgen]
pub struct Core {
    pub(super) host: WebHost,
    /// Held across awaits by a turn or a tick; whoever else needs it waits.
    router: Mutex<PageRouter>,
    /// What was last seen, for when the router is held.
    seen: RefCell<State>,
    /// The browser's word, passed on when the router is free.
    browser_online: Cell<bool>,
    pub(super) turn_running: Cell<bool>,
    /// The messages of the last turn: the next one brings only what is new.
    dialogue: RefCell<Vec<Message>>,
    /// Ends the probe, or the reading, that is under way between turns.
    probing: RefCell<Option<AbortController>>,
    /// The page's own engine, where it is the device's model.
    guest: RefCell<Option<JsGuest>>,
}

/// What a page can show at any time.
#[derive(Debug, Clone, Serialize)]
struct State {
    busy: bool,
    mode: Mode,
    link: LinkEstimate,
    scorer_ready: bool,
    device: DeviceState,
    edge: Rates,
    /// The one in force.
    calibration: Option<Calibration>,
    /// How able both models are, where the scorer knows abilities.
    competence: Option<CompetenceReport>,
    longest_answer: LongestAnswer,
}

/// How long an answer may get where the request does not say.
#[derive(Debug, Clone, Copy, Serialize)]
struct LongestAnswer {
    /// `None` where a number of tokens is configured.
    seconds: Option<f64>,
    device_tokens: usize,
    edge_tokens: usize,
}

#[derive(Debug, Clone, Serialize)]
struct DeviceState {
    ready: bool,
    /// Tokens whose keys and values are held, and what they weigh.
    held_tokens: usize,
    kv_bytes: usize,
    /// The day on which the dialogue did that is held.
    began: Option<Date>,
    #[serde(flatten)]
    rates: Rates,
}

#[wasm_bindgen]
impl Core {
    /// `config`: see [`Config`]. `hooks`: `{emit, load, save, yieldNow}`.
    #[wasm_bindgen(constructor)]
    pub fn new(config: JsValue, hooks: JsValue) -> Result<Core, JsValue> {
        console_error_panic_hook::set_once();
        Core::create(config, &hooks).map_err(|error| error_to_js(&error))
    }

    /// Reads the scorer from `{size, readAt(offset, into)}`.
    #[wasm_bindgen(js_name = loadScorer)]
    pub async fn load_scorer(&self, source: JsValue) -> Result<(), JsValue> {
        let scorer = JsSource::new(source)
            .and_then(|source| Bert::load_with(&source, kernels()))
            .and_then(Scorer::over);
        let scorer = scorer.map_err(|error| error_to_js(&error))?;
        self.lock().await.set_scorer(scorer);
        Ok(())
    }

    /// Reads the LLM from `{size, readAt(offset, into)}`; returns what it is.
    /// Waits for a turn that is running.
    #[wasm_bindgen(js_name = loadDevice)]
    pub async fn load_device(&self, source: JsValue) -> Result<JsValue, JsValue> {
        let mut router = self.lock().await;
        router.unset_device();
        let load = || {
            let model = Model::load_with(&JsSource::new(source)?, kernels())?;
            let n_ctx = model.info().n_ctx.min(MAX_CONTEXT);
            let info = to_js(model.info());
            Ok((Engine::new(Arc::new(model), n_ctx)?, info))
        };
        let (engine, info) = load().map_err(|error: Error| error_to_js(&error))?;
        self.guest.replace(None);
        let set = router.set_device(Device::BuiltIn(Box::new(engine)), &self.host).await;
        set.map_err(|error| error_to_js(&error))?;
        Ok(info)
    }

    /// Takes an engine of the page's own for the device's model: `{info, start, interrupt}`, see
    /// `www/engines/door.js`. Asks it for a few words, to know its speed. Waits for a turn that is running.
    #[wasm_bindgen(js_name = useEngine)]
    pub async fn use_engine(&self, door: JsValue) -> Result<(), JsValue> {
        let mut router = self.lock().await;
        router.unset_device();
        let opened = JsGuest::new(door).and_then(|(guest, info)| {
            self.guest.replace(Some(guest.clone()));
            GuestEngine::new(guest, info)
        });
        let engine = opened.map_err(|error| error_to_js(&error))?;
        let set = router.set_device(Device::Guest(engine), &self.host).await;
        set.map_err(|error| error_to_js(&error))?;
        self.look(&router);
        Ok(())
    }

    /// Takes in the dialogue that a later turn goes on with: `{kept, messages}`.
    pub fn recall(&self, dialogue: JsValue) -> Result<(), JsValue> {
        let n_kept = n_kept(&dialogue);
        let recalled = from_js(get(&dialogue, "messages"), "the messages")
            .and_then(|messages| self.goes_on(n_kept, messages));
        let messages = recalled.map_err(|error| error_to_js(&error))?;
        if let Some(router) = self.router.try_lock() {
            router.expect_dialogue(&messages);
        }
        Ok(())
    }

    /// Answers one turn; `on_event` hears of it while it runs. The first `kept` messages, if the
    /// request names a number, are those of the last one, and `messages` holds what follows them.
    pub async fn chat(
        &self,
        request: JsValue,
        signal: Option<AbortSignal>,
        on_event: Function,
    ) -> Result<JsValue, JsValue> {
        // Also of a turn that is refused, so that the next one knows what is held.
        let n_kept = n_kept(&request);
        let request = from_js(request, "the chat request").and_then(|request: TurnRequest| {
            Ok(TurnRequest { messages: self.goes_on(n_kept, request.messages)?, ..request })
        });
        if self.turn_running.replace(true) {
            return Err(error_to_js(&Error::Busy));
        }
        let host = self.host.for_turn(signal, Some(on_event));
        let report = self.turn(request, &host).await;
        self.turn_running.set(false);
        report.map_err(|error| error_to_js(&error))
    }

    /// Replaces the named fields of the configuration; models, rates and the
    /// dialogue's state stay.
    pub async fn configure(&self, changes: JsValue) -> Result<(), JsValue> {
        let mut router = self.lock().await;
        let configure = || {
            let changes = from_js(changes, "the configuration")?;
            let config = router.config().with(changes)?;
            router.set_config(config)
        };
        configure().map_err(|error| error_to_js(&error))?;
        self.look(&router);
        Ok(())
    }

    /// Takes a calibration's thresholds over; see [`Calibration`]. The device's model must be loaded.
    pub async fn calibrate(&self, calibration: JsValue) -> Result<(), JsValue> {
        let mut router = self.lock().await;
        let calibrated = serde_wasm_bindgen::from_value::<Calibration>(calibration)
            .map_err(|error| Error::CalibrationInvalid(error.to_string()))
            .and_then(|calibration| router.calibrate(calibration));
        calibrated.map_err(|error| error_to_js(&error))?;
        self.look(&router);
        Ok(())
    }

    /// Learns what a person says of a turn's answer: `"up"`, `"down"` or `"again"`, the latter when
    /// the edge is asked to answer again. `turn` is the number in the turn's report.
    pub async fn rate(&self, turn: f64, verdict: JsValue) -> Result<(), JsValue> {
        let mut router = self.lock().await;
        let rated = from_js(verdict, "the verdict")
            .and_then(|verdict| router.rate(turn as u64, verdict, &self.host));
        rated.map_err(|error| error_to_js(&error))
    }

    /// Forgets what verdicts have taught.
    #[wasm_bindgen(js_name = forgetFeedback)]
    pub async fn forget_feedback(&self) {
        self.lock().await.forget_feedback(&self.host);
    }

    /// Forgets the dialogue's keys and values on the device.
    #[wasm_bindgen(js_name = clearDialogue)]
    pub async fn clear_dialogue(&self) {
        self.lock().await.clear_dialogue();
    }

    /// The browser's `online` and `offline` events.
    #[wasm_bindgen(js_name = setOnline)]
    pub fn set_online(&self, online: bool) {
        self.browser_online.set(online);
        if let Some(mut router) = self.router.try_lock() {
            router.set_browser_online(online);
            self.look(&router);
        }
    }

    /// Measures the round trip now; returns the estimate, or `null` without an edge.
    pub async fn probe(&self) -> JsValue {
        let mut router = self.lock().await;
        let estimate = router.probe_now(&self.host).await;
        self.look(&router);
        to_js(&estimate)
    }

    /// To be called every few seconds: makes the probe that is due, if any, and lets the device
    /// catch up. A turn that begins meanwhile ends both.
    pub async fn tick(&self) {
        self.between_turns(async |router, host| router.tick(host).await).await;
    }

    /// The person has begun to type: the edge may be shown what it has missed. A turn that begins
    /// meanwhile ends it. Returns whether the edge was asked.
    #[wasm_bindgen(js_name = expectTurn)]
    pub async fn expect_turn(&self) -> bool {
        self.between_turns(async |router, host| router.warm_edge(host).await).await.unwrap_or(false)
    }

    /// Link, rates and readiness as plain data.
    pub fn state(&self) -> JsValue {
        if let Some(router) = self.router.try_lock() {
            self.look(&router);
        }
        let mut seen = self.seen.borrow().clone();
        seen.busy = self.turn_running.get();
        to_js(&seen)
    }
}

impl Core {
    fn create(config: JsValue, hooks: &JsValue) -> Result<Core> {
        let host = WebHost::new(Hooks::new(hooks)?)?;
        let router = PageRouter::new(read_config(config)?, &host)?;
        let seen = RefCell::new(look(&router, host.now()));
        Ok(Core {
            host,
            router: Mutex::new(router),
            seen,
            browser_online: Cell::new(true),
            turn_running: Cell::new(false),
            dialogue: RefCell::default(),
            probing: RefCell::new(None),
            guest: RefCell::new(None),
        })
    }

    /// Work that ends as soon as the page asks for something; `None` where that is under way.
    async fn between_turns<T>(
        &self,
        work: impl AsyncFnOnce(&mut PageRouter, &WebHost) -> T,
    ) -> Option<T> {
        let mut router = self.router.try_lock()?;
        router.set_browser_online(self.browser_online.get());
        let controller = AbortController::new().ok();
        let signal = controller.as_ref().map(AbortController::signal);
        self.probing.replace(controller);
        let done = work(&mut router, &self.host.for_turn(signal, None)).await;
        self.probing.replace(None);
        self.look(&router);
        Some(done)
    }

    /// The dialogue whose first `n_kept` messages are the last turn's.
    fn goes_on(&self, n_kept: usize, mut new: Vec<Message>) -> Result<Vec<Message>> {
        let mut dialogue = self.dialogue.borrow_mut();
        if n_kept > dialogue.len() {
            let detail = format!("it goes on from {n_kept} messages, {} are known", dialogue.len());
            return Err(Error::InvalidRequest(detail));
        }
        dialogue.truncate(n_kept);
        dialogue.append(&mut new);
        Ok(dialogue.clone())
    }

    /// The turn's report, as JavaScript sees it.
    async fn turn(&self, request: Result<TurnRequest>, host: &WebHost) -> Result<JsValue> {
        let request = request?;
        let mut router = self.lock().await;
        let report = router.turn(&request, host).await;
        self.look(&router);
        let mut report = report?;
        let Some(guest) = router.device().and_then(Device::guest) else {
            return Ok(to_js(&report));
        };
        note_estimates(&mut report, guest.estimates());
        let reported = to_js(&report);
        set(&reported, "asked_in_words", &JsValue::from_bool(guest.was_asked_in_words()));
        Ok(reported)
    }

    /// The router, once whoever holds it is done. What goes on between turns is ended.
    pub(super) async fn lock(&self) -> MutexGuard<'_, PageRouter> {
        if let Some(probing) = self.probing.take() {
            probing.abort();
            // Its steps are long, and the device is wanted now.
            self.guest.borrow().iter().for_each(JsGuest::interrupt);
        }
        let mut router = self.router.lock().await;
        router.set_browser_online(self.browser_online.get());
        router
    }

    /// Leaves a picture behind for [`Core::state`].
    pub(super) fn look(&self, router: &PageRouter) {
        self.seen.replace(look(router, self.host.now()));
    }
}

/// Names what nobody has counted of an answer that the page's engine has written, or begun.
fn note_estimates(report: &mut TurnReport, estimates: &[&'static str]) {
    let begun = report
        .switched
        .as_ref()
        .is_some_and(|switched| switched.from == Route::Device && switched.draft.is_none());
    let of_answer = |name: &&&str| !matches!(**name, "prompt_tokens" | "cached_tokens");
    let named: Vec<&'static str> = match report.route {
        Route::Device => estimates.to_vec(),
        Route::Edge if begun => estimates.iter().filter(of_answer).copied().collect(),
        Route::Edge => Vec::new(),
    };
    let estimated = &mut report.usage.x_estimated;
    for name in named {
        if !estimated.contains(&name) {
            estimated.push(name);
        }
    }
}

/// How many messages of the last turn a request goes on from.
fn n_kept(request: &JsValue) -> usize {
    get(request, "kept").as_f64().map_or(0, |n_kept| n_kept as usize)
}

fn read_config(config: JsValue) -> Result<Config> {
    serde_wasm_bindgen::from_value(config).map_err(|error| Error::InvalidConfig(error.to_string()))
}

fn look(router: &PageRouter, now: Duration) -> State {
    let device = router.device();
    State {
        busy: false,
        mode: router.config().mode,
        link: router.link(now),
        scorer_ready: router.scorer_ready(),
        device: DeviceState {
            ready: device.is_some(),
            held_tokens: device.map_or(0, |device| device.tokens().len()),
            kv_bytes: device.and_then(Device::engine).map_or(0, Engine::kv_bytes),
            began: router.began(),
            rates: router.device_rates(),
        },
        edge: router.edge_rates(),
        calibration: router.calibration().cloned(),
        competence: router.competence(),
        longest_answer: LongestAnswer {
            seconds: router.config().max_tokens.is_none().then_some(router.config().max_answer_s),
            device_tokens: router.config().answer_limit(None, router.device_rates().decode_tps),
            edge_tokens: router.config().answer_limit(None, router.edge_rates().decode_tps),
        },
    }
}

/// SHA-256 over a stream, which the browser's own digest cannot do.
#[wasm_bindgen]
#[derive(Default)]
pub struct Sha256(sha2::Sha256);

#[wasm_bindgen]
impl Sha256 {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Sha256 {
        Sha256::default()
    }

    pub fn update(&mut self, bytes: &Uint8Array) {
        self.0.update(bytes.to_vec());
    }

    /// The digest so far, in lower-case hexadecimal.
    pub fn hex(&self) -> String {
        self.0.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
