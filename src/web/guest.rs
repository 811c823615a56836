//! An engine of another's that lives in JavaScript, behind the door that `www/engines/door.js` makes.

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::convert::{describe, from_js, get, method, to_js};
use crate::guest::{Asked, Guest, GuestInfo, Piece};
use crate::{Error, Result};

/// `{info, start(asked) → {next() → Promise<piece>, stop()}, interrupt()}`.
#[derive(Clone)]
pub struct JsGuest {
    object: JsValue,
    start: Function,
    interrupt: Function,
}

impl JsGuest {
    pub fn new(object: JsValue) -> Result<(JsGuest, GuestInfo)> {
        let info = from_js(get(&object, "info"), "the device engine")?;
        let (start, interrupt) = (method(&object, "start")?, method(&object, "interrupt")?);
        Ok((JsGuest { object, start, interrupt }, info))
    }

    /// Whoever waits for a piece is told that it was stopped.
    pub fn interrupt(&self) {
        // It only ends promises.
        let _ = self.interrupt.call0(&self.object);
    }
}

impl Guest for JsGuest {
    type Answer = JsAnswer;

    fn start(&self, asked: &Asked) -> Result<JsAnswer> {
        let object =
            self.start.call1(&self.object, &to_js(asked)).map_err(|thrown| error(&thrown))?;
        let (next, stop) = (method(&object, "next")?, method(&object, "stop")?);
        Ok(JsAnswer { object, next, stop })
    }

    async fn next(&self, answer: &mut JsAnswer) -> Result<Piece> {
        let promised = answer.next.call0(&answer.object).map_err(|thrown| error(&thrown))?;
        let piece = JsFuture::from(Promise::resolve(&promised)).await;
        let piece = piece.map_err(|thrown| error(&thrown))?;
        serde_wasm_bindgen::from_value(piece)
            .map_err(|refused| Error::EngineProtocol(refused.to_string()))
    }
}

pub struct JsAnswer {
    object: JsValue,
    next: Function,
    stop: Function,
}

impl Drop for JsAnswer {
    fn drop(&mut self) {
        let _ = self.stop.call0(&self.object);
    }
}

/// What went wrong, by the code of a `RouterError`.
fn error(thrown: &JsValue) -> Error {
    let said = describe(thrown);
    match get(thrown, "code").as_string().as_deref() {
        Some("aborted") => Error::Aborted,
        Some("engine_timeout") => {
            let millis = get(thrown, "millis").as_f64().unwrap_or(0.0);
            Error::EngineTimeout(millis as u64)
        }
        Some("engine_broke_off") => Error::EngineBrokeOff,
        Some("engine_protocol") => Error::EngineProtocol(said),
        _ => Error::EngineFailed(said.trim_end_matches('.').to_owned()),
    }
}
