//! Dialogues beside the one in the engine: whichever shares the longest beginning with a prompt is
//! taken up again, and what the engine would lose by that is parked.

use super::models::DeviceModel;
use super::sides::Local;
use crate::config::Handoff;
use crate::handoff::Dialogues;
use crate::host::Host;

impl<D: DeviceModel> Local<D> {
    /// An empty parking place for the model that was just loaded.
    pub fn open_dialogues(&mut self, handoff: &Handoff) {
        let engine = self.device.as_ref().and_then(DeviceModel::engine);
        let max_bytes = handoff.max_kv_mib << 20;
        self.dialogues = engine.map(|engine| Dialogues::new(engine.kv_identity(), max_bytes));
    }

    /// Makes the engine hold as much of `prompt` as is known on this device. Stopped half-way it
    /// holds less, and nothing wrong.
    pub async fn take_up<H: Host>(&mut self, prompt: &[u32], host: &H) {
        let engine = self.device.as_mut().and_then(DeviceModel::engine_mut);
        let (Some(engine), Some(dialogues)) = (engine, &mut self.dialogues) else { return };
        let mut switch = dialogues.switch(engine, prompt);
        while switch.step(dialogues, engine) {
            host.yield_now().await;
            if host.cancelled() {
                return;
            }
        }
    }

    /// The engine has grown: what does not fit beside it any more goes.
    pub fn make_room(&mut self) {
        let engine = self.device.as_ref().and_then(DeviceModel::engine);
        if let (Some(engine), Some(dialogues)) = (engine, &mut self.dialogues) {
            dialogues.make_room(engine);
        }
    }
}
