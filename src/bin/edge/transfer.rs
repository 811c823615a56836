//! Hand-over of keys and values on the compute thread: prefill with the device's model, then a
//! layer at a time into the sections of a file.
//!
//! A step is a prefill chunk or a layer, so a transfer takes turns with answers as another answer
//! would.

use std::collections::HashMap;
use std::time::Instant;

use nearside::engine::{Engine, PREFILL_CHUNK};
use nearside::handoff::codec::Export;
use nearside::handoff::ledger::common_prefix;
use nearside::{Error, Result};
use tokio::sync::mpsc::UnboundedSender;

use crate::job::{Failure, TransferEvent, TransferRequest};
use crate::panics::guarded;
use crate::prefix_cache::PrefixCache;
use crate::scheduler::Ticket;

/// The transfers that compute, by ticket, and the engines over the device's model.
pub struct Transfers {
    cache: PrefixCache,
    running: HashMap<Ticket, Transfer>,
}

struct Transfer {
    engine: Engine,
    request: TransferRequest,
    events: UnboundedSender<TransferEvent>,
    export: Option<Export>,
    n_cached: usize,
    offered: Instant,
    admitted: Instant,
}

/// What a transfer's step gave.
enum Step {
    /// So many tokens.
    Prefilled(usize),
    Section(Vec<u8>),
    Last(Vec<u8>),
}

/// What a step did, as the line has to know it.
pub enum Progress {
    /// Tokens that were prefilled in it, and what is still to be prefilled.
    More {
        n_prefilled: usize,
        n_missing: usize,
    },
    Ended,
}

impl Transfers {
    pub fn new(cache: PrefixCache) -> Transfers {
        Transfers { cache, running: HashMap::new() }
    }

    pub fn has(&self, ticket: Ticket) -> bool {
        self.running.contains_key(&ticket)
    }

    /// Whether it has begun; if not, its listener knows why.
    pub fn start(
        &mut self,
        ticket: Ticket,
        request: TransferRequest,
        events: UnboundedSender<TransferEvent>,
        offered: Instant,
    ) -> bool {
        let mut engine = match guarded(|| self.cache.lend(&request.tokens)) {
            Ok(engine) => engine,
            Err(error) => {
                fail(&events, error);
                return false;
            }
        };
        let n_cached = common_prefix(engine.tokens(), &request.tokens);
        // An engine that holds more than was asked for has nothing to forget.
        if n_cached < request.tokens.len() {
            engine.truncate(n_cached);
        }
        let admitted = Instant::now();
        let transfer =
            Transfer { engine, request, events, export: None, n_cached, offered, admitted };
        self.running.insert(ticket, transfer);
        true
    }

    /// One step. A transfer that fails or that nobody waits for has ended.
    pub fn step(&mut self, ticket: Ticket) -> Progress {
        let Some(mut transfer) = self.running.remove(&ticket) else { return Progress::Ended };
        if transfer.events.is_closed() {
            tracing::info!("transfer cancelled");
            self.cache.give_back(transfer.engine);
            return Progress::Ended;
        }
        match guarded(|| transfer.step()) {
            Ok(Step::Last(section)) => {
                transfer.log();
                // The engine is back before the next request of whoever waits for this can come.
                self.cache.give_back(transfer.engine);
                let _ = transfer.events.send(TransferEvent::Section(section));
                Progress::Ended
            }
            Ok(step) => {
                let n_prefilled = transfer.tell(step);
                let n_held = transfer.engine.tokens().len();
                let n_missing = transfer.request.tokens.len().saturating_sub(n_held);
                self.running.insert(ticket, transfer);
                Progress::More { n_prefilled, n_missing }
            }
            Err(error) => {
                self.cache.give_up(transfer.engine);
                fail(&transfer.events, error);
                Progress::Ended
            }
        }
    }

    pub fn cut_all(&mut self) -> Vec<Ticket> {
        let cut = self.running.drain().map(|(ticket, transfer)| {
            let _ = transfer.events.send(TransferEvent::Failed(Failure::ShuttingDown));
            ticket
        });
        cut.collect()
    }
}

impl Transfer {
    fn step(&mut self) -> Result<Step> {
        let n_held = self.engine.tokens().len();
        if n_held < self.request.tokens.len() {
            let end = self.request.tokens.len().min(n_held + PREFILL_CHUNK);
            self.engine.read(&self.request.tokens[n_held..end])?;
            return Ok(Step::Prefilled(end - n_held));
        }
        let export = match &mut self.export {
            Some(export) => export,
            None => {
                let positions = self.request.start..self.request.tokens.len();
                let export = Export::new(&self.engine, positions, self.request.encoding)?;
                let _ = self.events.send(TransferEvent::Begun {
                    n_bytes: export.n_bytes(),
                    n_cached: self.n_cached,
                    queued: self.admitted - self.offered,
                    prefill: self.admitted.elapsed(),
                });
                self.export.insert(export)
            }
        };
        // An export that is done has not been stepped again.
        let section = export.next_section(&self.engine)?.unwrap_or_default();
        Ok(if export.is_done() { Step::Last(section) } else { Step::Section(section) })
    }

    /// Sends what a step gave; returns how many tokens it prefilled.
    fn tell(&self, step: Step) -> usize {
        match step {
            Step::Prefilled(n_tokens) => n_tokens,
            Step::Section(section) | Step::Last(section) => {
                let _ = self.events.send(TransferEvent::Section(section));
                0
            }
        }
    }

    fn log(&self) {
        tracing::info!(
            n_tokens = self.request.tokens.len(),
            start = self.request.start,
            cached_tokens = self.n_cached,
            n_bytes = self.export.as_ref().map_or(0, Export::n_bytes),
            dtype = self.request.encoding.name(),
            queued_ms = (self.admitted - self.offered).as_millis(),
            total_ms = self.admitted.elapsed().as_millis(),
            "handed over"
        );
    }
}

fn fail(events: &UnboundedSender<TransferEvent>, error: Error) {
    tracing::warn!(code = error.code(), "a transfer failed: {error}");
    let _ = events.send(TransferEvent::Failed(Failure::Engine(error)));
}
