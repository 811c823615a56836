//! What the edge reads before it is asked, so that it begins at once if it is: the turns that the
//! device has answered, while the person types; and the prompt, while the device writes an answer
//! that looks shaky. An edge forgets, and bills; so it reads no more tokens than the page allows,
//! and is asked for one token of answer.

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
        self.dialogue.unseen =
            (answered == Route::Device && allowed).then(|| with_answer(messages, text));
    }

    /// Shows the edge what it has missed of the dialogue, if its cache is likely to be used. To be
    /// called when the person begins to type; what it is worth doing once it does once. Returns
    /// whether the edge was asked. A failure costs nothing but the edge's standing.
    pub async fn warm_edge<H: Host>(&mut self, host: &H) -> bool {
        let Some(messages) = self.dialogue.unseen.take() else { return false };
        if self.turns_left_for(Route::Edge) < MIN_EXPECTED_TURNS {
            return false;
        }
        let Ok(Some(n_missing)) = self.may_show(self.config.mode, &messages, host) else {
            return false;
        };
        if let Err(error) = self.show_edge(messages, n_missing, host).await {
            self.note_edge_failure(&error, host.now());
        }
        true
    }

    /// How many tokens of these messages the edge lacks, if it may be shown them unasked.
    pub(super) fn may_show<H: Host>(
        &self,
        mode: Mode,
        messages: &[Message],
        host: &H,
    ) -> Result<Option<usize>> {
        let (config, now) = (&self.config, host.now());
        let allowed = matches!(mode, Mode::Auto | Mode::PreferEdge) && !config.data_saver;
        let link = self.knowledge.link.estimate(now);
        if config.warm_edge_tokens == 0 || !allowed || !self.edge_available(mode, &link, now) {
            return Ok(None);
        }
        let n_missing = self.missing_on_edge(&self.count(messages)?, now);
        let affordable = (MIN_TOKENS..=config.warm_edge_tokens).contains(&n_missing);
        Ok(affordable.then_some(n_missing))
    }

    async fn show_edge<H: Host>(
        &mut self,
        messages: Vec<Message>,
        n_missing: usize,
        host: &H,
    ) -> Result<()> {
        let request = TurnRequest { max_tokens: Some(1), ..TurnRequest::new(messages) };
        let nothing = Answer::new(Route::Edge, host.now());
        let call =
            EdgeCall::new(&self.config, &self.sides.edge.sending, &request, &nothing, host.now());
        Running::start(&call, host).unseen().await?;
        self.learn_from(&call, n_missing, host.now());
        self.edge_holds(&call.messages(), host.now())
    }
}
