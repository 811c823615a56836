//! Keys and values that outlive the page: written after a turn, read when the model is back.
//!
//! The file is the one of [`crate::handoff::codec`], in half floats as the engine holds them, so a
//! dialogue goes on as if it had never been away.

use js_sys::{Function, Uint8Array};
use wasm_bindgen::prelude::*;

use super::convert::{describe, error_to_js};
use super::core::Core;
use super::device::Device;
use super::source::JsSource;
use crate::dialogue::Date;
use crate::engine::ReadAt;
use crate::handoff::codec::{Bounds, Encoding, Export, Import};
use crate::host::Host;
use crate::turn::models::DeviceModel;
use crate::{Error, Result};

/// Read at once, between two looks at whoever waits.
const READ_BYTES: u64 = 1 << 20;

#[wasm_bindgen]
impl Core {
    /// Hands what the device holds to `write`, which takes a `Uint8Array`, section by section.
    /// Returns of how many tokens; 0 where there are none, where they would take more than
    /// `max_bytes`, and where a turn began meanwhile: what was written then is not whole.
    #[wasm_bindgen(js_name = keepDialogue)]
    pub async fn keep_dialogue(&self, max_bytes: f64, write: Function) -> Result<usize, JsValue> {
        let kept = self.keep(max_bytes, &write).await;
        kept.map_err(|error| error_to_js(&error))
    }

    /// Takes over what `keepDialogue` wrote, from `{size, readAt(offset, into)}`, of a dialogue that
    /// `began` on a day as `2026-11-27`. Returns how many tokens the device holds now. What does not belong to its model, or is damaged, is refused
    /// and changes nothing.
    #[wasm_bindgen(js_name = resumeDialogue)]
    pub async fn resume_dialogue(
        &self,
        source: JsValue,
        began: Option<String>,
    ) -> Result<usize, JsValue> {
        let resumed = self.resume(source, began.as_deref().and_then(Date::parse)).await;
        resumed.map_err(|error| error_to_js(&error))
    }
}

impl Core {
    async fn keep(&self, max_bytes: f64, write: &Function) -> Result<usize> {
        let Some(mut export) = self.export().await? else { return Ok(0) };
        if export.n_bytes() as f64 > max_bytes {
            return Ok(0);
        }
        loop {
            if self.turn_running.get() {
                return Ok(0);
            }
            let router = self.lock().await;
            let Some(engine) = router.device().and_then(Device::engine) else { return Ok(0) };
            let Some(section) = export.next_section(engine)? else { return Ok(export.n_tokens()) };
            drop(router);
            write
                .call1(&JsValue::NULL, &Uint8Array::from(&section[..]))
                .map_err(|thrown| Error::StorageUnavailable(describe(&thrown)))?;
            self.host.yield_now().await;
        }
    }

    async fn export(&self) -> Result<Option<Export>> {
        if self.turn_running.get() {
            return Ok(None);
        }
        let router = self.lock().await;
        match router.device().and_then(Device::engine) {
            Some(engine) if !engine.tokens().is_empty() => {
                let positions = 0..engine.tokens().len();
                Export::new(engine, positions, Encoding::F16).map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn resume(&self, source: JsValue, began: Option<Date>) -> Result<usize> {
        let source = JsSource::new(source)?;
        let mut router = self.lock().await;
        let missing = || Error::InvalidRequest("there is no device model to resume".to_owned());
        let engine = router.device().and_then(Device::engine).ok_or_else(missing)?;
        let bounds = Bounds { max_bytes: source.size(), max_tokens: engine.n_ctx() };
        let mut import = Import::new(engine.kv_identity(), bounds);
        for offset in (0..source.size()).step_by(READ_BYTES as usize) {
            let mut bytes = vec![0; READ_BYTES.min(source.size() - offset) as usize];
            source.read_at(offset, &mut bytes)?;
            let mut taken = 0;
            while taken < bytes.len() {
                taken += import.take(&bytes[taken..])?;
            }
            self.host.yield_now().await;
        }
        let staged = import.finish()?;
        let engine = router.device_mut().and_then(Device::engine_mut).ok_or_else(missing)?;
        engine.adopt(staged)?;
        let n_tokens = engine.tokens().len();
        if let Some(began) = began {
            router.carry(began);
        }
        self.look(&router);
        Ok(n_tokens)
    }
}
