//! Keys and values from the edge, while the device computes the tokens before them.
//!
//! Whatever goes wrong costs time and nothing else: the engine goes on from what it holds, and
//! reads the rest of the prompt itself.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use serde::Serialize;

use super::Router;
use super::edge_call::{post, read_error};
use super::models::{DeviceModel, ScoringModel};
use super::sides::Local;
use crate::config::Config;
use crate::edge::check_status;
use crate::engine::{Engine, KvIdentity, StagedKv};
use crate::handoff::codec::{Bounds, Encoding, Import, Layout};
use crate::handoff::ledger::common_prefix;
use crate::handoff::{Fetching, Plan};
use crate::host::{EdgeBody, EdgeRequest, Host};
use crate::routing::LinkEstimate;
use crate::{Error, Result};

/// Until the device has taken some in itself: tokens per second.
const IMPORT_TPS: f64 = 10_000.0;
/// Until a gateway has said how fast it reads prompts: tokens per second.
const PREFILL_TPS: f64 = 500.0;
/// How long nothing is fetched after a failure.
const REST: Duration = Duration::from_secs(60);
/// A file has a header, and some room for what a later version may add to it.
const HEADER_BYTES: u64 = 1 << 16;

/// The request for the positions `start..tokens.len()`.
#[derive(Serialize)]
struct KvRequest<'r> {
    model: &'r str,
    vocabulary: &'r str,
    tokens: &'r [u32],
    start: usize,
    dtype: Encoding,
}

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// What fetching a prompt's keys and values would cost, where the edge offers them.
    pub(super) fn fetching(
        &self,
        device: &D,
        prompt: &[u32],
        link: &LinkEstimate,
        now: Duration,
    ) -> Option<Fetching> {
        if let Some(recorded) = device.fetching(prompt, link) {
            return Some(recorded);
        }
        let shape = device.engine()?.kv_identity().shape;
        let offer =
            self.sides.local.fetching.offer.filter(|offer| offer.is_of(device.vocabulary()))?;
        if now < self.sides.local.fetching.rests_until || !self.config.handoff.enabled {
            return None;
        }
        let layout = Layout { encoding: self.config.handoff.dtype, shape, positions: 0..1024 };
        Some(Fetching {
            wait_s: link.rtt_s + link.queue_s,
            bytes_per_token: layout.n_bytes() as f64 / layout.positions.len() as f64,
            down_bytes_per_s: link.down_bytes_per_s,
            edge_prefill_tps: offer.prefill_tps.unwrap_or(PREFILL_TPS),
            edge_held: common_prefix(&self.sides.local.fetching.fetched, prompt),
            import_tps: IMPORT_TPS,
        })
    }
}

impl<D: DeviceModel> Local<D> {
    /// Computes the plan's first part of `prompt` on the device, `chunk` tokens at a time, while the next
    /// one comes from the edge, and then that as well until it has come. Returns why it did not come, if
    /// it did not.
    pub async fn fetch<H: Host>(
        &mut self,
        prompt: &[u32],
        plan: &Plan,
        config: &Config,
        chunk: usize,
        host: &H,
    ) -> Result<Option<Error>> {
        let Some(device) = &mut self.device else { return Ok(None) };
        let Some(engine) = device.engine_mut() else {
            device.fetch(prompt, plan).await;
            return Ok(None);
        };
        let end = prompt.len() - plan.last;
        let start = end - plan.fetched;
        let both = side_by_side(engine, config, &prompt[..end], start, chunk, host);
        let error = match both.await {
            Ok(staged) => engine.adopt(staged).err(),
            Err(Error::Aborted) => return Err(Error::Aborted),
            Err(error) => Some(error),
        };
        match &error {
            None => self.fetching.fetched = prompt[..end].to_vec(),
            Some(_) => self.fetching.rests_until = host.now() + REST,
        }
        Ok(error)
    }
}

/// Reads `tokens[..start]` on the device, `chunk` at a time, and takes in what comes for the rest;
/// while that is awaited, the device reads on. It is late if the device has read all by then.
async fn side_by_side<H: Host>(
    engine: &mut Engine,
    config: &Config,
    tokens: &[u32],
    start: usize,
    chunk: usize,
    host: &H,
) -> Result<StagedKv> {
    let (identity, n_ctx) = (engine.kv_identity(), engine.n_ctx());
    let started = host.now();
    let stopped = Cell::new(false);
    // What the device has to read: all, until the rest has come.
    let n_wanted = Cell::new(tokens.len());
    let mut arriving = pin!(transfer(config, identity, tokens, start, n_ctx, host));
    let computing = read_on(engine, tokens, start, chunk, &n_wanted, &stopped, host);
    let mut computing = pin!(computing);
    let (mut computed, mut arrived) = (false, None);
    // The request first: it leaves before the device's first step holds the thread.
    poll_fn(|context| {
        if arrived.is_none()
            && let Poll::Ready(outcome) = arriving.as_mut().poll(context)
        {
            // Without the rest, what comes before it is computed in the ordinary way.
            stopped.set(outcome.is_err());
            n_wanted.set(start);
            arrived = Some(outcome);
        }
        if !computed {
            computed = match computing.as_mut().poll(context) {
                Poll::Ready(Ok(())) => true,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => false,
            };
        }
        match arrived.take() {
            _ if host.cancelled() => Poll::Ready(Err(Error::Aborted)),
            Some(outcome) if computed => Poll::Ready(outcome),
            None if computed => {
                let waited = host.now().saturating_sub(started);
                Poll::Ready(Err(Error::EdgeTimeout(waited.as_millis() as u64)))
            }
            waiting => {
                arrived = waiting;
                Poll::Pending
            }
        }
    })
    .await
}

/// Reads `tokens[..start]`, and then as many as are `n_wanted`, until it is `stopped`.
async fn read_on<H: Host>(
    engine: &mut Engine,
    tokens: &[u32],
    start: usize,
    chunk: usize,
    n_wanted: &Cell<usize>,
    stopped: &Cell<bool>,
    host: &H,
) -> Result<()> {
    engine.truncate(common_prefix(engine.tokens(), &tokens[..start]));
    while engine.tokens().len() < n_wanted.get() {
        host.yield_now().await;
        let n_read = engine.tokens().len();
        let end = if n_read < start { start } else { n_wanted.get() };
        if host.cancelled() || stopped.get() || n_read >= end {
            return Ok(());
        }
        engine.read(&tokens[n_read..end.min(n_read + chunk)])?;
    }
    Ok(())
}

/// The keys and values of `tokens[start..]`, whole and checked.
async fn transfer<H: Host>(
    config: &Config,
    identity: KvIdentity,
    tokens: &[u32],
    start: usize,
    n_ctx: usize,
    host: &H,
) -> Result<StagedKv> {
    let layout = Layout {
        encoding: config.handoff.dtype,
        shape: identity.shape,
        positions: start..tokens.len(),
    };
    let max_bytes = layout.n_bytes() + HEADER_BYTES;
    let mut response = host.call_edge(&request(config, &identity, tokens, start)?).await?;
    if !(200..300).contains(&response.status) {
        let text = read_error(&mut response.body, config.idle_timeout()).await;
        check_status(response.status, response.retry_after_s, &text)?;
    }
    let bounds = Bounds { max_bytes, max_tokens: n_ctx };
    let positions = start..tokens.len();
    let mut import = Import::new(identity, bounds).expecting(positions, tokens.to_vec());
    while let Some(bytes) = response.body.next(config.first_byte_timeout()).await? {
        let mut taken = 0;
        while taken < bytes.len() {
            taken += import.take(&bytes[taken..])?;
        }
        host.yield_now().await;
    }
    import.finish()
}

fn request(
    config: &Config,
    identity: &KvIdentity,
    tokens: &[u32],
    start: usize,
) -> Result<EdgeRequest> {
    let KvIdentity { model, vocabulary, .. } = identity;
    let request = KvRequest { model, vocabulary, tokens, start, dtype: config.handoff.dtype };
    let body = serde_json::to_string(&request).expect("numbers and texts are JSON");
    post(config, "/nearside/kv", body)
}
