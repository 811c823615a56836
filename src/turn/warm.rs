//! What the edge reads while the person types: the turns that the device has answered, so that a
//! next turn there begins at once. An edge forgets, and bills; so it is asked only where a turn of
//! its own is likely to follow, for no more tokens than the page allows, and for one token of answer.

use super::edge_call::{EdgeCall, Running};
use super::idle::MIN_EXPECTED_TURNS;
use super::models::{DeviceModel, ScoringModel};
use super::{Answer, Router, TurnRequest, with_answer};
use crate::Result;
use crate::config::Mode;
use crate::dialogue::Message;
use crate::host::Host;
use crate::routing::Route;

/// Fewer missing tokens than this are read in no time.
const MIN_TOKENS: usize = 64;

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// The turn was answered with `text` on `answered`.
    pub(super) fn note_unseen(&mut self, messages: &[Message], text: &str, answered: Route) {
        let allowed = self.config.warm_edge_tokens > 0 && !text.is_empty();
        self.unseen = (answered == Route::Device && allowed).then(|| with_answer(messages, text));
    }

    /// Shows the edge what it has missed of the dialogue, if its cache is likely to be used. To be
    /// called when the person begins to type; what it is worth doing once it does once. Returns
    /// whether the edge was asked. A failure costs nothing but the edge's standing.
    pub async fn warm_edge<H: Host>(&mut self, host: &H) -> bool {
        let Some(messages) = self.unseen.take() else { return false };
        let Ok(Some(n_missing)) = self.worth_warming(&messages, host) else { return false };
        if let Err(error) = self.show_edge(messages, n_missing, host).await {
            self.note_edge_failure(&error, host.now());
        }
        true
    }

    /// How many tokens the edge lacks, if it is worth that it reads them now.
    fn worth_warming<H: Host>(&self, messages: &[Message], host: &H) -> Result<Option<usize>> {
        let (config, now) = (&self.config, host.now());
        let link = self.link.estimate(now);
        let allowed = matches!(config.mode, Mode::Auto | Mode::PreferEdge) && !config.data_saver;
        if !allowed || !self.edge_available(config.mode, &link, now) {
            return Ok(None);
        }
        let n_missing = self.missing_on_edge(&self.count(messages)?, now);
        let affordable = (MIN_TOKENS..=config.warm_edge_tokens).contains(&n_missing);
        let likely = self.turns_left_for(Route::Edge) >= MIN_EXPECTED_TURNS;
        Ok((affordable && likely).then_some(n_missing))
    }

    async fn show_edge<H: Host>(
        &mut self,
        messages: Vec<Message>,
        n_missing: usize,
        host: &H,
    ) -> Result<()> {
        let request = TurnRequest { max_tokens: Some(1), ..TurnRequest::new(messages) };
        let nothing = Answer::new(Route::Edge, host.now());
        let call = EdgeCall::new(&self.config, &request, &nothing, host.now());
        Running::start(&call, host).unseen().await?;
        self.learn_from(&call, n_missing, host.now());
        self.edge_holds(&call.messages(), host.now())
    }
}
