//! A model file that JavaScript holds, in OPFS or in memory, read piece by piece.

use js_sys::{Function, Uint8Array};
use wasm_bindgen::JsValue;

use super::convert::{describe, get, method};
use crate::engine::ReadAt;
use crate::{Error, Result};

/// `{size, readAt(offset, into) → bytes read}`, both synchronous.
pub struct JsSource {
    object: JsValue,
    read_at: Function,
    size: u64,
}

impl JsSource {
    pub fn new(object: JsValue) -> Result<JsSource> {
        let read_at = method(&object, "readAt")?;
        let size = get(&object, "size")
            .as_f64()
            .filter(|size| *size >= 0.0 && size.fract() == 0.0)
            .ok_or_else(|| Error::InvalidRequest("the source has no size".to_owned()))?;
        Ok(JsSource { object, read_at, size: size as u64 })
    }
}

impl ReadAt for JsSource {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let truncated = |have_bytes| Error::ModelTruncated {
            what: "a read".to_owned(),
            needed_bytes: offset + into.len() as u64,
            have_bytes,
        };
        // A buffer of JavaScript's own: the wasm memory may be shared or move.
        let buffer = Uint8Array::new_with_length(into.len() as u32);
        let n_read = self
            .read_at
            .call2(&self.object, &JsValue::from_f64(offset as f64), &buffer)
            .map_err(|thrown| Error::StorageUnavailable(describe(&thrown)))?;
        if n_read.as_f64() != Some(into.len() as f64) {
            return Err(truncated(self.size));
        }
        buffer.copy_to(into);
        Ok(())
    }
}
