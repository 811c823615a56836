//! The device's part of an answer, as a source of steps.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::answer::Answer;
use super::models::DeviceModel;
use super::sides::Local;
use crate::config::Config;
use crate::engine::{Finish, GenerateRequest, Step};
use crate::handoff::Plan;
use crate::host::Host;
use crate::routing::Repetition;
use crate::routing::flaw::{self, Flaw};
use crate::{Error, Result};

/// What the device is to write, and how it comes by what it lacks of the prompt.
pub(super) struct Writing {
    pub plan: Plan,
    pub request: GenerateRequest,
}

/// What the device writes with.
pub(super) struct Pen<'d, D: DeviceModel> {
    pub device: &'d mut D,
    pub generation: D::Generation,
}

/// What the device has done.
pub(super) enum Did {
    /// It has taken up what is known of the prompt, and begins to read the rest.
    Begun(Begun),
    Stepped(Step),
}

/// How the device has begun.
pub(super) struct Begun {
    pub n_reused: usize,
    /// Why keys and values did not come that were asked for.
    pub fetch_error: Option<Error>,
    pub opens_thought: bool,
    pub at: Duration,
}

/// The device at work; it gives back what it writes with, unless it has failed.
pub(super) type Work<'d, D> = Pin<Box<dyn Future<Output = Result<(Pen<'d, D>, Did)>> + 'd>>;

/// Takes up the dialogue, fetches what is cheaper to fetch than to compute, and begins.
pub(super) async fn begin<'d, D: DeviceModel, H: Host>(
    local: &'d mut Local<D>,
    writing: Writing,
    config: &Config,
    host: &H,
) -> Result<(Pen<'d, D>, Did)> {
    let Writing { plan, request } = writing;
    local.take_up(&request.prompt, host).await;
    let mut fetch_error = None;
    if plan.fetched > 0 {
        let chunk = request.prefill_chunk;
        fetch_error = local.fetch(&request.prompt, &plan, config, chunk, host).await?;
    }
    let device = local.device.as_mut().ok_or(Error::DeviceNotReady)?;
    let opens_thought = device.opens_thought(&request.prompt);
    let at = host.now();
    let generation = device.start(request).await?;
    let n_reused = device.progress(&generation).reused_tokens;
    let begun = Begun { n_reused, fetch_error, opens_thought, at };
    Ok((Pen { device, generation }, Did::Begun(begun)))
}

/// One step, after everybody else had their turn.
pub(super) async fn step<'d, D: DeviceModel, H: Host>(
    mut pen: Pen<'d, D>,
    host: &H,
) -> Result<(Pen<'d, D>, Did)> {
    host.yield_now().await;
    if host.cancelled() {
        return Err(Error::Aborted);
    }
    let step = pen.device.step(&mut pen.generation).await?;
    Ok((pen, Did::Stepped(step)))
}

/// Takes in a piece of the answer, or its end; gives why it ended, if it has.
pub(super) fn take<H: Host>(
    step: Step,
    answer: &mut Answer,
    repetition: &mut Repetition,
    host: &H,
) -> Option<Finish> {
    match step {
        Step::Text(text) => {
            answer.write(&text, host);
            // It would go on so until the context ends.
            repetition.push(&text).map(|kept| {
                answer.end(host);
                answer.end_repetition(kept);
                Finish::Stop
            })
        }
        Step::Done(finish) => {
            answer.end(host);
            Some(finish)
        }
        Step::Prefilled { .. } => None,
    }
}

/// What can be seen to be wrong with what the device has written so far, `asked` for so many tokens
/// at most.
pub(super) fn flaw_of(
    answer: &Answer,
    finish: Option<Finish>,
    asked: Option<usize>,
) -> Option<Flaw> {
    let whole = answer.whole();
    let has_room = asked.is_none_or(|asked| answer.n_tokens < asked);
    match finish {
        _ if answer.flaw == Some(Flaw::Repetition) => answer.flaw,
        Some(Finish::Length) if has_room => Some(Flaw::Truncation),
        Some(_) if whole.trim().is_empty() => Some(Flaw::Empty),
        _ => flaw::is_refusal(&whole).then_some(Flaw::Refusal),
    }
}
