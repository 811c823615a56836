//! Probes of the link: before a turn, between turns, on demand, and while the device answers because
//! the edge is away.

use std::cell::Cell;

use super::models::{DeviceModel, ScoringModel};
use super::{Router, edge_call, seconds};
use crate::config::{Config, Mode};
use crate::host::{EdgeHints, Event, Host, ProbeRequest};
use crate::routing::link::{Probe, RETRY_AT_TURN};
use crate::routing::{Link, LinkEstimate};

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// Measures the round trip now. `None`: there is no edge to measure.
    pub async fn probe_now<H: Host>(&mut self, host: &H) -> Option<LinkEstimate> {
        if !self.config.mode.allows_edge() {
            return None;
        }
        self.config.edge.base_url.as_ref()?;
        self.probe(Probe::Rtt, host).await;
        Some(self.knowledge.link.estimate(host.now()))
    }

    /// Before a turn: one round trip, if the last one is too old to decide on.
    pub(super) async fn refresh_link<H: Host>(&mut self, mode: Mode, host: &H) {
        let needed = match mode {
            Mode::DeviceOnly | Mode::EdgeOnly => false,
            Mode::PreferDevice => self.sides.local.device.is_none(),
            Mode::Auto | Mode::PreferEdge => true,
        };
        if !needed {
            return;
        }
        if let Some(probe) = self.knowledge.link.due_before_turn(host.now()) {
            self.probe(probe, host).await;
        }
    }

    /// Between turns: the probe that is most wanted, if any. `false`: there was none.
    pub(super) async fn probe_if_due<H: Host>(&mut self, host: &H) -> bool {
        let Config { edge, mode, data_saver, .. } = &self.config;
        let may_send = edge.base_url.is_some() && mode.allows_edge() && !data_saver;
        let due = self.knowledge.link.due_while_idle(host.now());
        let Some(probe) = due.filter(|_| may_send && !host.cancelled()) else { return false };
        self.probe(probe, host).await;
        true
    }

    async fn probe<H: Host>(&mut self, probe: Probe, host: &H) {
        if let Some(hints) = send(probe, &mut self.knowledge.link, &self.config, host).await {
            self.note_hints(&hints);
        }
    }

    /// What a gateway says of its speed and of what it offers.
    pub(super) fn note_hints(&mut self, hints: &EdgeHints) {
        self.knowledge.edge_rates.hint(hints.prefill_tps, hints.decode_tps);
        self.sides.local.fetching.offer = hints.kv;
    }
}

/// Probes an edge that is `away` until it can be reached, and says then how the link is. One that was
/// not, as it answers at once and in time, does not come back.
pub(super) async fn watch<H: Host>(
    mut away: bool,
    link: &mut Link,
    config: &Config,
    back: &Cell<Option<(LinkEstimate, EdgeHints)>>,
    host: &H,
) {
    loop {
        if away {
            host.sleep(RETRY_AT_TURN).await;
        }
        let (sent, in_time_s) = (host.now(), link.estimate(host.now()).timeout_s());
        if let Some(hints) = send(Probe::Rtt, link, config, host).await {
            if away || seconds(sent, host.now()) > in_time_s {
                back.set(Some((link.estimate(host.now()), hints)));
            }
            return;
        }
        away = true;
    }
}

/// One probe, and another where the first one only looked for the endpoint. `None`: nothing came.
async fn send<H: Host>(
    probe: Probe,
    link: &mut Link,
    config: &Config,
    host: &H,
) -> Option<EdgeHints> {
    let base_url = config.edge.base_url.as_ref()?;
    let hints = loop {
        let request = ProbeRequest {
            url: link.url(base_url, probe),
            headers: edge_call::headers(&config.edge),
            sent_bytes: if let Probe::Up(n_bytes) = probe { n_bytes } else { 0 },
            timeout: config.probe_timeout(),
        };
        let reply = host.probe(&request).await;
        let again = link.observe(probe, &reply, host.now());
        if !again {
            break reply.ok().map(|reply| reply.hints);
        }
    };
    host.emit(Event::Link { link: &link.estimate(host.now()) });
    hints
}
