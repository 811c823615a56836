//! Both sides begin at once, where the first decision was too close to call.
//!
//! The device's answer is looked at as always. If the look keeps it, the edge is stopped, and what
//! it wrote by then was written for nothing. If the edge is needed, its stream is already under
//! way, so that nothing is waited for twice. An edge that has said all before the first look is
//! taken without one: nothing could be saved any more. A side that fails leaves it to the other.

use std::future::{Future, poll_fn};
use std::pin::pin;

use super::answer::Answer;
use super::device::Ended;
use super::edge_call::{Beside, EdgeCall, Running};
use super::models::{DeviceModel, ScoringModel};
use super::report::{StartedBoth, TurnRequest};
use super::{Router, both_failed};
use crate::host::Host;
use crate::routing::{Decision, Route};
use crate::{Error, Result};

/// The reason of a switch to an edge that was done before the device could be judged.
const EDGE_FIRST: &str = "edge_first";
const EDGE_FIRST_SENTENCE: &str =
    "The edge has said all before the device's answer could be judged, so its answer stands.";

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    pub(super) async fn answer_on_both<H: Host>(
        &mut self,
        request: &TurnRequest,
        decision: &Decision,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        let limit =
            self.config.answer_limit(request.max_tokens, self.knowledge.edge_rates.decode_tps);
        let call = EdgeCall::beside_device(
            &self.config,
            &self.sides.edge.sending,
            request,
            answer,
            host.now(),
        )
        .up_to(limit);
        let mut edge = Running::start(&call, host);
        let ended = {
            let beside = Beside::Answering(&call);
            let device = self.answer_on_device(request, Some(decision), beside, answer, host);
            let mut device = pin!(device);
            // The edge first: its request leaves before the device's first step holds the thread.
            poll_fn(|context| {
                edge.poll(context);
                device.as_mut().poll(context)
            })
            .await
        };
        let keeps = matches!(ended, Ok(Ended::Complete) | Err(Error::Aborted));
        match call.under_way() {
            true if keeps => call.abandon(host),
            true => {
                answer.limit_tokens = limit;
                return self.leave_to_edge(edge, ended, request, answer, host).await;
            }
            false => {}
        }
        drop(edge);
        answer.started_both = Some(StartedBoth {
            thrown_away_tokens: call.received().n_tokens(),
            edge_error: call.failure().map(|error| error.code().to_owned()),
        });
        self.settle_abandoned(&call, host.now())?;
        self.end_on_device(ended, call.failure(), request, answer, host).await
    }

    /// The edge, which is under way, takes the place of a device that was doubted, too slow, or
    /// that failed.
    async fn leave_to_edge<H: Host>(
        &mut self,
        edge: Running<'_>,
        ended: Result<Ended>,
        request: &TurnRequest,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        answer.started_both = Some(StartedBoth::default());
        let draft = match &ended {
            Ok(Ended::Overtaken) => {
                Some(answer.give_way(EDGE_FIRST, EDGE_FIRST_SENTENCE.to_owned(), host))
            }
            Ok(_) => answer.doubt(true, host),
            Err(error) => {
                answer.give_way(error.code(), error.to_string(), host);
                None
            }
        };
        let outcome = self.follow(edge, answer, host).await;
        match (ended, outcome) {
            (Err(device), Err(edge)) => Err(both_failed(Route::Device, device, edge)),
            (_, outcome) => self.or_the_draft(outcome, draft, request, answer, host).await,
        }
    }

    /// The edge was stopped, or failed, before the device was done.
    async fn end_on_device<H: Host>(
        &mut self,
        ended: Result<Ended>,
        edge_error: Option<Error>,
        request: &TurnRequest,
        answer: &mut Answer,
        host: &H,
    ) -> Result<()> {
        match (ended, edge_error) {
            (Ok(Ended::Complete), _) => Ok(()),
            (Ok(_), _) => self.take_over(request, answer, host).await,
            (Err(Error::Aborted), _) => Err(Error::Aborted),
            (Err(device), Some(edge)) => Err(both_failed(Route::Device, device, edge)),
            // The edge was well when it was stopped, so that it can go on.
            (Err(error), None) => {
                answer.switch(Route::Edge, &error, host);
                self.answer_on_edge(request, answer, host).await
            }
        }
    }
}
