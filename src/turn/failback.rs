//! The edge is away, so the device answers in its place; and goes back to it once it is there
//! again, if that is still worth it.
//!
//! Meanwhile the link is probed every second. When the edge is back, the turn is priced as it would
//! have been with the edge there, but for what the device has done by then: it lacks only the rest.
//! Where looks can tell, they decide from then on. Where they cannot, the decision's rule does,
//! `p − α·(T_edge − T_device) > θ`, and asks for `hysteresis` more once the reader has seen text.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use super::answer::Answer;
use super::device::Ended;
use super::edge_call::Beside;
use super::models::{DeviceModel, ScoringModel};
use super::probes::watch;
use super::report::TurnRequest;
use super::{Router, priced};
use crate::config::{Config, Mode, Takeover};
use crate::host::{EdgeHints, Host};
use crate::routing::{Decision, LinkEstimate};
use crate::{Error, Result};

/// The reason of the switch.
const EDGE_BACK: &str = "edge_back";
const EDGE_BACK_SENTENCE: &str = "The edge can be reached again, and is worth going back to.";

/// An edge that is away, and that would be asked if it were not.
pub(super) struct Absence<'t> {
    /// What was decided without it.
    decision: &'t Decision,
    config: &'t Config,
    back: Cell<Option<(LinkEstimate, EdgeHints)>>,
}

/// What the device has still to do.
pub(super) struct Rest {
    /// Tokens of the prompt.
    pub n_unread: usize,
    pub prefill_tps: f64,
    /// Tokens of the answer that are written.
    pub n_written: usize,
    /// Whether the reader has seen any of it.
    pub shown: bool,
}

impl Absence<'_> {
    /// The decision as it would have been with the edge there, once that is back.
    pub fn ended(&self) -> Option<Decision> {
        let (link, _) = self.back.get()?;
        Some(self.decision.over(priced(self.config, link)))
    }
}

/// Whether a turn that the device has begun should go to the edge, which is back.
pub(super) fn worth_going_back(decision: &Decision, rest: &Rest, config: &Config) -> bool {
    let n_left = decision.rest_tokens(rest.n_written as f64);
    let rest_s = rest.n_unread as f64 / rest.prefill_tps + n_left * decision.token_s();
    let delay_s = decision.edge.total_s - rest_s;
    let margin = match (rest.shown, &decision.drafting) {
        (true, _) => config.hysteresis,
        // The draft will be looked at.
        (false, Some(drafting)) => drafting.margin,
        (false, None) => 0.0,
    };
    match decision.mode {
        Mode::PreferEdge => !rest.shown || delay_s < 0.0,
        _ => decision.p - decision.alpha_per_s * delay_s > decision.theta + margin,
    }
}

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// Whether the edge would be asked for this turn, or was, and cannot be reached.
    pub(super) fn misses_edge(&self, mode: Mode, now: Duration) -> bool {
        let wants_edge = matches!(mode, Mode::Auto | Mode::PreferEdge);
        let away = self.knowledge.link.estimate(now).online == Some(false)
            && now >= self.sides.edge.rests_until;
        self.config.failback && wants_edge && self.config.edge.base_url.is_some() && away
    }

    /// As `answer_on_device`, for as long as the edge is away. One that kept a turn waiting for
    /// nothing, `error`, may be there all the same.
    pub(super) async fn answer_in_its_place<H: Host>(
        &mut self,
        request: &TurnRequest,
        decision: &Decision,
        error: Option<&Error>,
        answer: &mut Answer,
        host: &H,
    ) -> Result<Ended> {
        let (mut link, config) = (self.knowledge.link.clone(), self.config.clone());
        let absence = Absence { decision, config: &config, back: Cell::new(None) };
        let ended = {
            let away = !matches!(error, Some(Error::EdgeTimeout(_)));
            let mut watching = pin!(watch(away, &mut link, &config, &absence.back, host));
            let beside = Beside::Awaited(&absence);
            let device = self.answer_on_device(request, None, beside, answer, host);
            let mut device = pin!(device);
            let mut watches = true;
            poll_fn(|context| {
                watches = watches && watching.as_mut().poll(context).is_pending();
                device.as_mut().poll(context)
            })
            .await
        };
        if let Some((_, hints)) = absence.back.get() {
            self.note_hints(&hints);
        }
        self.knowledge.link = link;
        ended
    }

    /// The edge takes over from the device, which began in its place.
    pub(super) async fn go_back_to_edge<H: Host>(
        &mut self,
        request: &TurnRequest,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let replaces = self.config.second_look.takeover == Takeover::Replace;
        let draft = answer.leave(EDGE_BACK, EDGE_BACK_SENTENCE.to_owned(), replaces, host);
        let outcome = self.answer_on_edge(request, answer, host).await;
        self.or_the_draft(outcome, draft, request, answer, host).await
    }
}
