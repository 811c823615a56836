//! The models on the device, played from recordings.

use std::cell::Cell;
use std::time::Duration;

use nearside::dialogue::{Message, Prompt, Role, Session};
use nearside::engine::{Finish, GenerateRequest, Step};
use nearside::handoff::ledger::common_prefix;
use nearside::handoff::{Fetching, Plan};
use nearside::routing::{Confidence, LinkEstimate, Rates, Score};
use nearside::turn::models::{DeviceModel, Progress, ScoringModel};
use nearside::{Error, Result};

use crate::pieces::{boundary, first_piece, prompt_tokens, token};
use crate::world::World;

/// Room for the longest question with the longest answer.
const N_CTX: usize = 32_768;
/// How long the device waits for the edge to be there when it fetches.
const FETCH_TIMEOUT: Duration = Duration::from_secs(3);

/// A device that writes what was recorded, at the world's speed.
pub struct RecordedDevice<'w, 'r> {
    world: &'w World<'r>,
    held: Vec<u32>,
    /// Bytes of the answer that the prompt to be read ends with.
    answered_bytes: Cell<usize>,
    /// Tokens whose keys and values it has fetched last; `None` where it cannot fetch any.
    fetched: Option<Vec<u32>>,
}

/// A recorded answer being written.
pub struct Writing {
    prompt: Vec<u32>,
    n_reused: usize,
    prefill_chunk: usize,
    n_generated: usize,
    max_tokens: usize,
    /// Bytes of the recorded answer that were written.
    at: usize,
}

impl<'w, 'r> RecordedDevice<'w, 'r> {
    pub fn new(world: &'w World<'r>, fetches: bool) -> RecordedDevice<'w, 'r> {
        let fetched = fetches.then(Vec::new);
        RecordedDevice { world, held: Vec::new(), answered_bytes: Cell::new(0), fetched }
    }
}

impl DeviceModel for RecordedDevice<'_, '_> {
    type Generation = Writing;

    fn name(&self) -> &str {
        "recorded"
    }

    fn vocabulary(&self) -> &str {
        "recorded"
    }

    fn n_ctx(&self) -> usize {
        N_CTX
    }

    fn fit(&self, _: &mut Session, messages: &[Message], n_room: usize) -> Result<Prompt> {
        let open = messages.last().filter(|message| message.role == Role::Assistant);
        self.answered_bytes.set(open.map_or(0, |message| message.content.len()));
        let tokens = prompt_tokens(messages);
        match tokens.len() <= n_room {
            true => Ok(Prompt { tokens, dropped_messages: 0 }),
            false => Err(Error::PromptTooLong { n_tokens: tokens.len(), n_ctx: n_room }),
        }
    }

    fn tokens(&self) -> &[u32] {
        &self.held
    }

    fn clear(&mut self) {
        self.held.clear();
    }

    async fn measure(&mut self, _now: &dyn Fn() -> Duration) -> Result<Rates> {
        let speeds = self.world.speeds;
        Ok(Rates {
            prefill_tps: speeds.device_prefill_tps,
            attention_s: 0.0,
            decode_tps: speeds.device_decode_tps,
            n_observed: 1,
        })
    }

    fn fetching(&self, prompt: &[u32], link: &LinkEstimate) -> Option<Fetching> {
        let speeds = self.world.speeds;
        Some(Fetching {
            wait_s: link.rtt_s + link.queue_s,
            bytes_per_token: speeds.kv_bytes_per_token(),
            down_bytes_per_s: link.down_bytes_per_s,
            edge_prefill_tps: speeds.kv_prefill_tps,
            edge_held: common_prefix(self.fetched.as_ref()?, prompt),
            import_tps: speeds.kv_import_tps,
        })
    }

    /// The way that the plan foresees, at what the link and the edge really take.
    async fn fetch(&mut self, prompt: &[u32], plan: &Plan) {
        let (world, started) = (self.world, self.world.clock.now());
        let after = |seconds: f64| started + Duration::from_secs_f64(seconds);
        let speeds = world.speeds;
        let n_held = prompt.len() - plan.computed() - plan.fetched;
        let end = n_held + plan.first + plan.fetched;
        let Some(reached) = world.reach(started, FETCH_TIMEOUT) else {
            return world.clock.until(started + FETCH_TIMEOUT).await;
        };
        let link = world.link(reached);
        let edge_held = world.kv_memory.borrow().held(&prompt[..end], reached);
        let received_bytes = plan.fetched as f64 * speeds.kv_bytes_per_token();
        let arrived_s = (reached - started).as_secs_f64()
            + link.rtt_s
            + link.queue_s
            + (end - edge_held) as f64 / speeds.kv_prefill_tps
            + received_bytes / link.down_bytes_per_s;
        let computed_s = plan.first as f64 / speeds.device_prefill_tps;
        let all_computed_s = (plan.first + plan.fetched) as f64 / speeds.device_prefill_tps;
        if arrived_s < all_computed_s {
            let import_s = plan.fetched as f64 / speeds.kv_import_tps;
            world.clock.until(after(arrived_s.max(computed_s) + import_s)).await;
            world.kv_memory.borrow_mut().remember(prompt[..end].to_vec(), world.clock.now());
            self.fetched = Some(prompt[..end].to_vec());
        } else {
            world.clock.until(after(all_computed_s)).await;
        }
        self.held = prompt[..end].to_vec();
    }

    async fn start(&mut self, request: GenerateRequest) -> Result<Writing> {
        let common = common_prefix(&self.held, &request.prompt);
        let n_reused = common.min(request.prompt.len().saturating_sub(1));
        self.held.truncate(n_reused);
        let (question, _) = self.world.asked();
        Ok(Writing {
            prompt: request.prompt,
            n_reused,
            prefill_chunk: request.prefill_chunk,
            n_generated: 0,
            max_tokens: request.max_tokens,
            at: boundary(&question.answer, self.answered_bytes.get()),
        })
    }

    async fn step(&mut self, writing: &mut Writing) -> Result<Step> {
        let speeds = self.world.speeds;
        let (n_read, total) = (self.held.len(), writing.prompt.len());
        if n_read < total {
            let done = total.min(n_read + writing.prefill_chunk);
            self.world.compute((done - n_read) as f64 / speeds.device_prefill_tps);
            self.held.extend(&writing.prompt[n_read..done]);
            return Ok(Step::Prefilled { done, total });
        }
        let (question, _) = self.world.asked();
        let Some(text) = first_piece(&question.answer[writing.at..]) else {
            return Ok(Step::Done(Finish::Stop));
        };
        if writing.n_generated == writing.max_tokens {
            return Ok(Step::Done(Finish::Length));
        }
        self.world.compute(1.0 / speeds.device_decode_tps);
        self.held.push(token(text));
        writing.at += text.len();
        writing.n_generated += 1;
        Ok(Step::Text(text.to_owned()))
    }

    fn progress(&self, writing: &Writing) -> Progress {
        Progress { reused_tokens: writing.n_reused, n_generated: writing.n_generated }
    }

    /// Of as many of the recorded tokens as the bytes that are written are of the answer's.
    fn confidence(&self, writing: &Writing) -> Option<Confidence> {
        let (question, _) = self.world.asked();
        let n_recorded = question.logprobs.len();
        let share = writing.at as f64 / question.answer.len().max(1) as f64;
        let n_written = (share * n_recorded as f64).round() as usize;
        Some(Confidence::of(&question.logprobs[..n_written.clamp(n_recorded.min(1), n_recorded)]))
    }
}

/// Where a router's probability that the edge is needed comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// The recorded scorer.
    Scorer,
    /// Nobody: ½ for each question.
    Nobody,
    /// The outcomes themselves.
    Oracle,
}

/// A scorer that says what was recorded. Lengths are the scorer's, whoever judges.
pub struct RecordedScorer<'w, 'r> {
    pub world: &'w World<'r>,
    pub judge: Judge,
}

impl ScoringModel for RecordedScorer<'_, '_> {
    fn score(&self, _: &[Message]) -> Result<Score> {
        self.world.compute(self.world.speeds.score_s);
        let (question, prediction) = self.world.asked();
        let p = match self.judge {
            Judge::Scorer => prediction.p,
            Judge::Nobody => 0.5,
            Judge::Oracle => f64::from(question.needs_edge()),
        };
        let (device_tokens, edge_tokens) = (prediction.device_tokens, prediction.edge_tokens);
        Ok(Score { p, device_tokens, edge_tokens })
    }

    fn can_look(&self) -> bool {
        let (_, prediction) = self.world.asked();
        !prediction.looks.is_empty()
    }

    fn look(&self, _: &[Message], answer: &str, _: Option<Confidence>) -> Result<f64> {
        self.world.compute(self.world.speeds.look_s);
        let (_, prediction) = self.world.asked();
        let unlearned = || Error::InvalidRequest("no look was recorded".to_owned());
        prediction.look(answer.len()).ok_or_else(unlearned)
    }
}
