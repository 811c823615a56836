//! Values across the boundary: serde one way and the other, errors with codes.

use js_sys::{Error as JsError, Function, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};

use crate::{Error, Result};

/// A plain JavaScript object: maps as objects, `None` as `null`.
pub fn to_js<T: Serialize>(value: &T) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).unwrap_or(JsValue::NULL)
}

/// Reads a JavaScript object; `what` names it in the error.
pub fn from_js<T: DeserializeOwned>(value: JsValue, what: &str) -> Result<T> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| Error::InvalidRequest(format!("{what}: {error}")))
}

/// An `Error` object with `message` and `code`.
pub fn error_to_js(error: &Error) -> JsValue {
    let object = JsError::new(&error.to_string());
    set(&object, "code", &JsValue::from_str(error.code()));
    object.into()
}

/// What a thrown JavaScript value says.
pub fn describe(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<JsError>() {
        Some(error) => String::from(error.message()),
        None => thrown.as_string().unwrap_or_else(|| "unknown error".to_owned()),
    }
}

/// The named method of a JavaScript object.
pub fn method(object: &JsValue, name: &str) -> Result<Function> {
    Reflect::get(object, &JsValue::from_str(name))
        .ok()
        .and_then(|value| value.dyn_into::<Function>().ok())
        .ok_or_else(|| Error::InvalidConfig(format!("the method `{name}` is missing")))
}

pub fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Setting a property of an object that was just made cannot fail.
pub fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}
