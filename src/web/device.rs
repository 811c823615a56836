//! The device's model in a page: this project's engine, or one that the page has brought.

use std::time::Duration;

use super::guest::{JsAnswer, JsGuest};
use crate::Result;
use crate::dialogue::{Message, Prompt, Session};
use crate::engine::{Engine, GenerateRequest, Generation, SamplingOptions, Step};
use crate::guest::{GuestEngine, GuestGeneration};
use crate::routing::{Confidence, Rates};
use crate::turn::models::{DeviceModel, Progress};
use crate::{Error, Router};

/// The router of a page.
pub type PageRouter = Router<Device>;

pub enum Device {
    BuiltIn(Box<Engine>),
    Guest(GuestEngine<JsGuest>),
}

/// An answer of either.
pub enum Writing {
    BuiltIn(Box<Generation>),
    Guest(GuestGeneration<JsAnswer>),
}

impl Device {
    pub fn guest(&self) -> Option<&GuestEngine<JsGuest>> {
        match self {
            Device::BuiltIn(_) => None,
            Device::Guest(guest) => Some(guest),
        }
    }
}

/// The same call to whichever it is.
macro_rules! either {
    ($device:expr, $model:ident => $call:expr) => {
        match $device {
            Device::BuiltIn($model) => {
                let $model = &**$model;
                $call
            }
            Device::Guest($model) => $call,
        }
    };
}

impl DeviceModel for Device {
    type Generation = Writing;

    fn name(&self) -> &str {
        either!(self, model => model.name())
    }

    fn identity(&self) -> &str {
        either!(self, model => model.identity())
    }

    fn vocabulary(&self) -> &str {
        either!(self, model => model.vocabulary())
    }

    fn n_ctx(&self) -> usize {
        either!(self, model => model.n_ctx())
    }

    fn sampling(&self) -> SamplingOptions {
        either!(self, model => model.sampling())
    }

    fn fit(&self, session: &mut Session, messages: &[Message], n_room: usize) -> Result<Prompt> {
        either!(self, model => DeviceModel::fit(model, session, messages, n_room))
    }

    fn opens_thought(&self, prompt: &[u32]) -> bool {
        either!(self, model => model.opens_thought(prompt))
    }

    fn tokens(&self) -> &[u32] {
        either!(self, model => model.tokens())
    }

    fn clear(&mut self) {
        match self {
            Device::BuiltIn(engine) => engine.clear(),
            Device::Guest(guest) => guest.clear(),
        }
    }

    async fn measure(&mut self, now: &dyn Fn() -> Duration) -> Result<Rates> {
        match self {
            Device::BuiltIn(engine) => engine.measure(now).await,
            Device::Guest(guest) => guest.measure(now).await,
        }
    }

    async fn start(&mut self, request: GenerateRequest) -> Result<Writing> {
        match self {
            Device::BuiltIn(engine) => {
                Ok(Writing::BuiltIn(Box::new(DeviceModel::start(&mut **engine, request).await?)))
            }
            Device::Guest(guest) => Ok(Writing::Guest(guest.start(request).await?)),
        }
    }

    async fn step(&mut self, writing: &mut Writing) -> Result<Step> {
        match (self, writing) {
            (Device::BuiltIn(engine), Writing::BuiltIn(generation)) => {
                DeviceModel::step(&mut **engine, generation).await
            }
            (Device::Guest(guest), Writing::Guest(generation)) => guest.step(generation).await,
            // The model was replaced meanwhile.
            _ => Err(Error::DeviceNotReady),
        }
    }

    fn progress(&self, writing: &Writing) -> Progress {
        match (self, writing) {
            (Device::BuiltIn(engine), Writing::BuiltIn(generation)) => engine.progress(generation),
            (Device::Guest(guest), Writing::Guest(generation)) => guest.progress(generation),
            _ => Progress { reused_tokens: 0, n_generated: 0 },
        }
    }

    fn confidence(&self, writing: &Writing) -> Option<Confidence> {
        match (self, writing) {
            (Device::BuiltIn(engine), Writing::BuiltIn(generation)) => {
                engine.confidence(generation)
            }
            (Device::Guest(guest), Writing::Guest(generation)) => guest.confidence(generation),
            _ => None,
        }
    }

    fn engine(&self) -> Option<&Engine> {
        match self {
            Device::BuiltIn(engine) => Some(engine),
            Device::Guest(_) => None,
        }
    }

    fn engine_mut(&mut self) -> Option<&mut Engine> {
        match self {
            Device::BuiltIn(engine) => Some(engine),
            Device::Guest(_) => None,
        }
    }
}
