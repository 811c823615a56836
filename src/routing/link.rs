//! What the link to the edge costs right now.
//!
//! Round trips are smoothed as in RFC 6298 (SRTT and RTTVAR with gains 1/8 and
//! 1/4), with one change: a chat probes rarely, so an old estimate gives way
//! faster. Bandwidth comes from sized probes that grow only until a transfer
//! takes long enough to be told from the round trip. Probing spends from a
//! budget: a first allowance, a share of the chat's own traffic, and a trickle.
//!
//! A server without endpoints for probes tells less, and only what its answers
//! bring anyway:
//!
//! - Its models list is asked for the round trip. Where that is a large one, the
//!   time from its first byte to its last is a download.
//! - A request is an upload, which ends before the response's head. Where the
//!   head comes well before the first word, it waited for the request alone, so
//!   that a large request measures the way up: its head's time less the round
//!   trip, and less what the head of a small request takes. Where the head comes
//!   with the first word, prefill and queue are in it, and nothing is measured.
//! - A body that was written in full before it was sent is a download.
//! - A stream comes as fast as it is written, which says nothing of a link that
//!   could carry more. Its fastest stretch is a lower bound, and so is every
//!   transfer too short to be told from noise.

use std::time::Duration;

use serde::Serialize;

use super::bandwidth::{Bandwidth, Transfers};
use crate::edge::ProbeReply;
use crate::{Error, Result};

/// RFC 6298's gains for SRTT and RTTVAR.
const RTT_GAIN: f64 = 1.0 / 8.0;
const RTT_VAR_GAIN: f64 = 1.0 / 4.0;
/// RFC 6298's least retransmission timeout, in seconds.
const MIN_TIMEOUT_S: f64 = 1.0;
/// Age at which an estimate has lost 63 % of its weight, in seconds.
const MEMORY_S: f64 = 10.0;

/// Before a turn, an older round trip is measured again.
const STALE_AT_TURN: Duration = Duration::from_secs(10);
pub const RETRY_AT_TURN: Duration = Duration::from_secs(1);
/// While idle: soon after a turn the next one is likely, later it is not.
const IDLE_INTERVAL: Duration = Duration::from_secs(5);
const QUIET_INTERVAL: Duration = Duration::from_secs(30);
const QUIET_AFTER: Duration = Duration::from_secs(60);
/// An unreachable edge is asked again after 2 s, 4 s, … up to this.
const MAX_RETRY: Duration = Duration::from_secs(16);

/// The head of a response to a request of fewer bytes waits for the server alone.
const SMALL_REQUEST_BYTES: usize = 4 * 1024;
/// A head that comes so long before the first word did not wait for it, in seconds.
const HEAD_BEFORE_WORD_S: f64 = 0.03;
/// Weight of a slow head against what is known of quick ones.
const HEAD_GAIN: f64 = 0.3;

/// What a round-trip probe costs in headers, both ways.
const PROBE_OVERHEAD_BYTES: f64 = 700.0;
const BUDGET_START_BYTES: f64 = 512.0 * 1024.0;
const BUDGET_SHARE: f64 = 0.1;
const BUDGET_BYTES_PER_S: f64 = 200.0;

const PRIOR_RTT_S: f64 = 0.08;
const PRIOR_UP_BYTES_PER_S: f64 = 500_000.0;
const PRIOR_DOWN_BYTES_PER_S: f64 = 1_250_000.0;

/// A measured request that would improve the estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// A small request for the round trip.
    Rtt,
    /// A download of so many bytes.
    Down(usize),
    /// An upload of so many bytes.
    Up(usize),
}

/// How this edge can be probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    /// Not known yet: try the gateway's endpoint, then the models list.
    Unknown,
    /// A Nearside gateway with `/probe`, `/probe/down` and `/probe/up`.
    Gateway,
    /// Any OpenAI-compatible server: its models list, round trips only.
    Models,
}

/// The estimate at one moment, as decisions use it and pages show it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LinkEstimate {
    /// `None` until a first probe has returned or failed.
    pub online: Option<bool>,
    pub rtt_s: f64,
    pub rtt_var_s: f64,
    pub up_bytes_per_s: f64,
    pub down_bytes_per_s: f64,
    /// Whether both bandwidths were measured; otherwise they are priors.
    pub bandwidth_known: bool,
    pub up_known: bool,
    pub down_known: bool,
    /// Expected wait before the edge starts to compute.
    pub queue_s: f64,
    /// Since the last round trip was measured; `None` if never.
    pub age_s: Option<f64>,
}

impl LinkEstimate {
    /// What takes longer than this was lost on the way, most likely: the retransmission timeout of
    /// RFC 6298, in seconds.
    pub fn timeout_s(&self) -> f64 {
        (self.rtt_s + 4.0 * self.rtt_var_s).max(MIN_TIMEOUT_S)
    }
}

impl Default for LinkEstimate {
    fn default() -> LinkEstimate {
        LinkEstimate {
            online: None,
            rtt_s: PRIOR_RTT_S,
            rtt_var_s: PRIOR_RTT_S / 2.0,
            up_bytes_per_s: PRIOR_UP_BYTES_PER_S,
            down_bytes_per_s: PRIOR_DOWN_BYTES_PER_S,
            bandwidth_known: false,
            up_known: false,
            down_known: false,
            queue_s: 0.0,
            age_s: None,
        }
    }
}

/// The estimator. Time is an argument; it opens no socket.
#[derive(Debug, Clone)]
pub struct Link {
    endpoint: Endpoint,
    browser_online: bool,
    reachable: Option<bool>,
    n_failures: u32,
    /// SRTT and RTTVAR in seconds.
    rtt: Option<(f64, f64)>,
    rtt_at: Option<Duration>,
    tried_at: Option<Duration>,
    /// The last round trip was far from what was expected: look again soon.
    surprised: bool,
    up: Bandwidth,
    down: Bandwidth,
    /// What this server takes for the head of a response, beyond the round trip.
    head_s: Option<f64>,
    queue_s: f64,
    turn_at: Duration,
    chat_bytes: f64,
    spent_bytes: f64,
}

impl Default for Link {
    fn default() -> Link {
        Link::new()
    }
}

impl Link {
    pub fn new() -> Link {
        Link {
            endpoint: Endpoint::Unknown,
            browser_online: true,
            reachable: None,
            n_failures: 0,
            rtt: None,
            rtt_at: None,
            tried_at: None,
            surprised: false,
            up: Bandwidth::UNKNOWN,
            down: Bandwidth::UNKNOWN,
            head_s: None,
            queue_s: 0.0,
            turn_at: Duration::ZERO,
            chat_bytes: 0.0,
            spent_bytes: 0.0,
        }
    }

    /// The browser's own word. Back online means: unknown until probed.
    pub fn set_browser_online(&mut self, online: bool) {
        if online && !self.browser_online {
            self.reachable = None;
            self.n_failures = 0;
            self.tried_at = None;
        }
        self.browser_online = online;
    }

    pub fn estimate(&self, now: Duration) -> LinkEstimate {
        let prior = LinkEstimate::default();
        let (rtt_s, rtt_var_s) = self.rtt.unwrap_or((prior.rtt_s, prior.rtt_var_s));
        LinkEstimate {
            online: if self.browser_online { self.reachable } else { Some(false) },
            rtt_s,
            rtt_var_s,
            up_bytes_per_s: self.up.estimate(prior.up_bytes_per_s, now),
            down_bytes_per_s: self.down.estimate(prior.down_bytes_per_s, now),
            bandwidth_known: self.up.is_known() && self.down.is_known(),
            up_known: self.up.is_known(),
            down_known: self.down.is_known(),
            queue_s: self.queue_s,
            age_s: self.rtt_at.map(|at| now.saturating_sub(at).as_secs_f64()),
        }
    }

    /// The probe that a turn should wait for, if the estimate is too old to decide on.
    pub fn due_before_turn(&self, now: Duration) -> Option<Probe> {
        if !self.browser_online {
            return None;
        }
        let limit = if self.reachable == Some(false) { RETRY_AT_TURN } else { STALE_AT_TURN };
        self.older_than(limit, now).then_some(Probe::Rtt)
    }

    /// The probe worth making while nothing else happens, within the budget.
    pub fn due_while_idle(&self, now: Duration) -> Option<Probe> {
        if !self.browser_online {
            return None;
        }
        let affordable =
            |probe: &Probe| self.spent_bytes + cost_bytes(*probe) <= self.earned_bytes(now);
        self.wanted_while_idle(now).into_iter().flatten().find(affordable)
    }

    /// The one that is wanted most first.
    fn wanted_while_idle(&self, now: Duration) -> [Option<Probe>; 2] {
        if self.reachable == Some(false) {
            let retry = Duration::from_secs(1 << self.n_failures.min(4)).min(MAX_RETRY);
            return [self.older_than(retry, now).then_some(Probe::Rtt), None];
        }
        let recent = now.saturating_sub(self.turn_at) < QUIET_AFTER;
        let interval = if recent { IDLE_INTERVAL } else { QUIET_INTERVAL };
        if self.rtt.is_none() || self.surprised || self.older_than(interval, now) {
            return [Some(Probe::Rtt), None];
        }
        let sized = |due: bool, probe| (due && self.endpoint == Endpoint::Gateway).then_some(probe);
        [
            sized(self.down.due(now), Probe::Down(self.down.next_bytes)),
            sized(self.up.due(now), Probe::Up(self.up.next_bytes)),
        ]
    }

    fn older_than(&self, limit: Duration, now: Duration) -> bool {
        self.tried_at.is_none_or(|at| now.saturating_sub(at) >= limit)
    }

    /// Bytes that probing may have cost so far.
    fn earned_bytes(&self, now: Duration) -> f64 {
        BUDGET_START_BYTES + BUDGET_SHARE * self.chat_bytes + BUDGET_BYTES_PER_S * now.as_secs_f64()
    }

    /// Where to send a probe, for an API at `base_url`.
    pub fn url(&self, base_url: &str, probe: Probe) -> String {
        let base = base_url.trim_end_matches('/');
        let root = base.strip_suffix("/v1").unwrap_or(base);
        match (probe, self.endpoint) {
            (Probe::Rtt, Endpoint::Models) => format!("{base}/models"),
            (Probe::Rtt, _) => format!("{root}/probe"),
            (Probe::Down(n_bytes), _) => format!("{root}/probe/down?bytes={n_bytes}"),
            (Probe::Up(_), _) => format!("{root}/probe/up"),
        }
    }

    /// Takes in what a probe returned. `true`: the endpoint was only being
    /// looked for, ask [`Link::url`] again and probe once more.
    pub fn observe(&mut self, probe: Probe, reply: &Result<ProbeReply>, now: Duration) -> bool {
        self.spent_bytes += cost_bytes(probe);
        let reply = match reply {
            Ok(reply) => reply,
            // A turn came in between: nothing was learned.
            Err(Error::Aborted) => return false,
            // A server that is not ours may refuse the unknown path without CORS headers.
            Err(_) if probe == Probe::Rtt && self.endpoint == Endpoint::Unknown => {
                self.endpoint = Endpoint::Models;
                return true;
            }
            // Whether the edge is still there a round trip tells, which a slow link does not end.
            Err(Error::EdgeTimeout(millis)) if probe != Probe::Rtt => {
                self.note_slow(probe, *millis as f64 / 1e3, now);
                return false;
            }
            Err(_) => {
                self.fail(now);
                return false;
            }
        };
        let found = (200..300).contains(&reply.status);
        if probe == Probe::Rtt && self.endpoint == Endpoint::Unknown {
            self.endpoint = if found { Endpoint::Gateway } else { Endpoint::Models };
        }
        if let Some(queue_s) = reply.hints.queue_s {
            self.queue_s = queue_s;
        }
        if self.reachable == Some(false) {
            // It may be behind another link by now.
            self.forget_bandwidth();
        }
        self.reachable = Some(true);
        self.browser_online = true;
        self.n_failures = 0;
        match probe {
            Probe::Rtt => {
                self.observe_rtt(reply.first_byte_s, now);
                if self.endpoint == Endpoint::Models {
                    self.spent_bytes += reply.received_bytes as f64;
                    let transfer_s = reply.total_s - reply.first_byte_s;
                    self.down.learn(reply.received_bytes, transfer_s, 0.0, now);
                }
            }
            Probe::Down(n_bytes) if found => {
                let transfer_s = reply.total_s - reply.first_byte_s;
                self.down.observe(n_bytes, transfer_s, now);
            }
            Probe::Up(n_bytes) if found => {
                let rtt_s = self.rtt.map_or(0.0, |(rtt_s, _)| rtt_s);
                self.up.observe(n_bytes, reply.total_s - rtt_s, now);
            }
            // Refused, by a size limit for example: keep what is known for a while.
            Probe::Down(_) => self.down.settled_at = Some(now),
            Probe::Up(_) => self.up.settled_at = Some(now),
        }
        false
    }

    /// What was measured holds until it is measured anew, which is soon.
    fn forget_bandwidth(&mut self) {
        self.up.forget();
        self.down.forget();
    }

    /// A transfer did not end in time, so the link is at most so fast.
    fn note_slow(&mut self, probe: Probe, timeout_s: f64, now: Duration) {
        self.surprised = true;
        match probe {
            Probe::Rtt => {}
            Probe::Down(n_bytes) => self.down.observe(n_bytes, timeout_s, now),
            Probe::Up(n_bytes) => self.up.observe(n_bytes, timeout_s, now),
        }
    }

    /// The edge could not be reached: by a probe, or in the middle of a turn.
    pub fn fail(&mut self, now: Duration) {
        self.reachable = Some(false);
        self.n_failures += 1;
        self.tried_at = Some(now);
        if self.rtt.is_none() {
            self.endpoint = Endpoint::Unknown;
        }
    }

    /// A turn was answered by the edge: it is reachable, and its traffic earns probes.
    pub fn observe_turn(&mut self, n_bytes: usize, now: Duration) {
        self.reachable = Some(true);
        self.n_failures = 0;
        self.chat_bytes += n_bytes as f64;
        self.turn_at = now;
    }

    /// Takes in what an answer's transfers took. A gateway's probes tell more.
    pub fn observe_answer(&mut self, transfers: &Transfers, now: Duration) {
        if self.endpoint == Endpoint::Gateway {
            return;
        }
        if let Some((n_bytes, transfer_s)) = transfers.whole {
            self.down.learn(n_bytes, transfer_s, 0.0, now);
        }
        if let Some(bytes_per_s) = transfers.fastest_bytes_per_s {
            self.down.at_least(bytes_per_s, now);
        }
        let Some((rtt_s, rtt_var_s)) = self.rtt else { return };
        let Transfers { sent_bytes, head_s, computed_s, .. } = *transfers;
        let waited_s = (head_s - rtt_s).max(0.0);
        if sent_bytes <= SMALL_REQUEST_BYTES {
            self.head_s = Some(match self.head_s {
                Some(known_s) if waited_s > known_s => known_s + HEAD_GAIN * (waited_s - known_s),
                _ => waited_s,
            });
            return;
        }
        // The browser may have asked first whether it may ask: another round trip.
        let noise_s = rtt_s + 4.0 * rtt_var_s + 2.0 * self.head_s.unwrap_or_default();
        match self.head_s {
            Some(server_s) if computed_s >= HEAD_BEFORE_WORD_S => {
                self.up.learn(sent_bytes, waited_s - server_s, noise_s, now);
            }
            // What else it waited for nobody knows.
            _ => self.up.at_least(sent_bytes as f64 / waited_s.max(noise_s), now),
        }
    }

    /// What a request of so many bytes takes on the way, as far as that was measured, in seconds.
    pub fn upload_s(&self, n_bytes: usize, now: Duration) -> f64 {
        let estimate = self.estimate(now);
        if estimate.up_known { n_bytes as f64 / estimate.up_bytes_per_s } else { 0.0 }
    }

    /// Takes in a gateway's word, or what a turn's first token left unexplained, in seconds.
    pub fn observe_queue(&mut self, queue_s: f64) {
        self.queue_s = 0.5 * self.queue_s + 0.5 * queue_s.max(0.0);
    }

    /// A turn has ended; the next one is likely soon.
    pub fn note_turn(&mut self, now: Duration) {
        self.turn_at = now;
    }

    /// RFC 6298, section 2, with gains that grow with the estimate's age.
    fn observe_rtt(&mut self, sample_s: f64, now: Duration) {
        self.rtt = Some(match self.rtt {
            None => (sample_s, sample_s / 2.0),
            Some((srtt, rtt_var)) => {
                let age_s = self.rtt_at.map_or(0.0, |at| now.saturating_sub(at).as_secs_f64());
                let forgotten = 1.0 - (-age_s / MEMORY_S).exp();
                let off = (srtt - sample_s).abs();
                self.surprised = !self.surprised && off > 4.0 * rtt_var + 0.02;
                if self.surprised {
                    // Another link, or another load.
                    self.forget_bandwidth();
                }
                let var_gain = RTT_VAR_GAIN.max(forgotten);
                let gain = RTT_GAIN.max(forgotten);
                let rtt_var = (1.0 - var_gain) * rtt_var + var_gain * off;
                ((1.0 - gain) * srtt + gain * sample_s, rtt_var)
            }
        });
        self.rtt_at = Some(now);
        self.tried_at = Some(now);
    }
}

fn cost_bytes(probe: Probe) -> f64 {
    match probe {
        Probe::Rtt => PROBE_OVERHEAD_BYTES,
        Probe::Down(n_bytes) | Probe::Up(n_bytes) => n_bytes as f64 + PROBE_OVERHEAD_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::EdgeHints;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn reply(status: u16, first_byte_s: f64, total_s: f64) -> Result<ProbeReply> {
        let hints = EdgeHints::default();
        Ok(ProbeReply { status, first_byte_s, total_s, received_bytes: 0, hints })
    }

    fn refused() -> Result<ProbeReply> {
        Err(Error::EdgeUnreachable("refused".to_owned()))
    }

    #[test]
    fn round_trips_follow_rfc_6298_when_probed_often() {
        let mut link = Link::new();
        link.observe(Probe::Rtt, &reply(204, 0.100, 0.1), at(1.0));
        let first = link.estimate(at(1.0));
        assert_eq!((first.rtt_s, first.rtt_var_s), (0.100, 0.050));
        link.observe(Probe::Rtt, &reply(204, 0.180, 0.2), at(1.0));
        let second = link.estimate(at(1.0));
        // RTTVAR = 3/4·0.05 + 1/4·0.08, SRTT = 7/8·0.1 + 1/8·0.18
        assert!((second.rtt_var_s - 0.0575).abs() < 1e-12);
        assert!((second.rtt_s - 0.110).abs() < 1e-12);
    }

    #[test]
    fn an_old_estimate_gives_way() {
        let mut link = Link::new();
        link.observe(Probe::Rtt, &reply(204, 0.010, 0.01), at(0.0));
        link.observe(Probe::Rtt, &reply(204, 1.0, 1.0), at(30.0));
        assert!(link.estimate(at(30.0)).rtt_s > 0.9);
        assert_eq!(link.due_while_idle(at(30.0)), Some(Probe::Rtt), "a surprise is checked");
        assert_eq!(link.estimate(at(42.5)).age_s, Some(12.5));
    }

    #[test]
    fn sized_probes_grow_only_until_the_transfer_can_be_measured() {
        let mut link = Link::new();
        link.observe(Probe::Rtt, &reply(204, 0.01, 0.01), at(0.0));
        assert_eq!(link.due_while_idle(at(0.0)), Some(Probe::Down(8192)));
        link.observe(Probe::Down(8192), &reply(200, 0.01, 0.012), at(0.1));
        assert_eq!(link.due_while_idle(at(0.1)), Some(Probe::Down(32768)));
        link.observe(Probe::Down(32768), &reply(200, 0.01, 0.05), at(0.2));
        let estimate = link.estimate(at(0.2));
        assert!((estimate.down_bytes_per_s - 32768.0 / 0.04).abs() < 1.0);
        assert_eq!(link.due_while_idle(at(0.2)), Some(Probe::Up(8192)));
        link.observe(Probe::Up(8192), &reply(204, 0.05, 0.11), at(0.3));
        assert!((link.estimate(at(0.3)).up_bytes_per_s - 81920.0).abs() < 1.0);
        assert!(link.estimate(at(0.3)).bandwidth_known);
        assert_eq!(link.due_while_idle(at(0.4)), None);
    }

    #[test]
    fn a_transfer_that_takes_too_long_makes_the_link_slow_and_not_the_edge_away() {
        let mut link = Link::new();
        link.observe(Probe::Rtt, &reply(204, 0.01, 0.01), at(0.0));
        link.observe(Probe::Down(8192), &Err(Error::EdgeTimeout(3000)), at(3.0));
        let estimate = link.estimate(at(3.0));
        assert_eq!(estimate.online, Some(true));
        assert!((estimate.down_bytes_per_s - 8192.0 / 3.0).abs() < 1.0);
        assert_eq!(link.due_while_idle(at(3.1)), Some(Probe::Rtt), "is it still there?");
        link.observe(Probe::Rtt, &reply(204, 0.01, 0.01), at(3.2));
        assert_eq!(link.due_while_idle(at(3.3)), Some(Probe::Up(8192)));
    }

    #[test]
    fn an_edge_that_comes_back_has_its_bandwidth_measured_anew() {
        let mut link = Link::new();
        for (probe, now_s) in [(Probe::Rtt, 0.0), (Probe::Down(8192), 0.1), (Probe::Up(8192), 0.2)]
        {
            link.observe(probe, &reply(200, 0.01, 0.11), at(now_s));
        }
        assert_eq!(link.due_while_idle(at(0.3)), None);
        link.fail(at(1.0));
        link.observe(Probe::Rtt, &reply(204, 0.01, 0.01), at(3.0));
        assert_eq!(link.due_while_idle(at(3.1)), Some(Probe::Down(8192)));
        let reply = reply(204, 0.01, 0.01);
        link.set_browser_online(false);
        link.observe(Probe::Rtt, &reply, at(4.0));
        assert_eq!(link.estimate(at(4.0)).online, Some(true), "a reply is worth more than a word");
    }

    #[test]
    fn a_foreign_server_is_probed_at_its_models_list() {
        for first in [reply(404, 0.02, 0.02), refused()] {
            let mut link = Link::new();
            let base = "https://host/api/v1/";
            assert_eq!(link.url(base, Probe::Rtt), "https://host/api/probe");
            let again = link.observe(Probe::Rtt, &first, at(1.0));
            assert_eq!(again, first.is_err());
            assert_eq!(link.url(base, Probe::Rtt), "https://host/api/v1/models");
            link.observe(Probe::Rtt, &reply(200, 0.02, 0.02), at(1.0));
            assert_eq!(link.estimate(at(1.0)).online, Some(true));
            assert_eq!(link.due_while_idle(at(1.1)), None, "no sized probes there");
        }
    }

    #[test]
    fn an_unreachable_edge_is_asked_again_more_and_more_rarely() {
        let mut link = Link::new();
        assert!(link.observe(Probe::Rtt, &refused(), at(0.0)));
        assert!(!link.observe(Probe::Rtt, &refused(), at(0.0)));
        assert_eq!(link.estimate(at(0.0)).online, Some(false));
        assert_eq!(link.due_while_idle(at(1.9)), None);
        assert_eq!(link.due_while_idle(at(2.0)), Some(Probe::Rtt));
        link.observe(Probe::Rtt, &refused(), at(2.0));
        assert!(!link.observe(Probe::Rtt, &refused(), at(2.0)));
        assert_eq!(link.due_while_idle(at(4.0)), None);
        assert_eq!(link.due_before_turn(at(3.0)), Some(Probe::Rtt), "a turn asks at once");
        link.observe(Probe::Rtt, &reply(204, 0.01, 0.01), at(6.0));
        assert_eq!(link.estimate(at(6.0)).online, Some(true));
    }

    #[test]
    fn the_browsers_word_stops_all_probing() {
        let mut link = Link::new();
        link.set_browser_online(false);
        assert_eq!(link.estimate(at(1.0)).online, Some(false));
        assert_eq!((link.due_before_turn(at(99.0)), link.due_while_idle(at(99.0))), (None, None));
        link.set_browser_online(true);
        assert_eq!(link.estimate(at(99.0)).online, None);
        assert_eq!(link.due_before_turn(at(99.0)), Some(Probe::Rtt));
    }

    #[test]
    fn a_link_too_fast_for_the_budget_is_measured_both_ways() {
        let mut link = Link::new();
        link.observe(Probe::Rtt, &reply(204, 0.01, 0.01), at(0.0));
        let mut probes = Vec::new();
        while let Some(probe) = link.due_while_idle(at(0.1)) {
            probes.push(probe);
            // A hundredth of a second for whatever is sent.
            link.observe(probe, &reply(200, 0.01, 0.02), at(0.1));
        }
        use Probe::{Down, Up};
        assert_eq!(probes[..3], [Down(8192), Down(32768), Down(131_072)]);
        assert_eq!(probes[3..], [Up(8192), Up(32768), Up(131_072)]);
        assert!(link.estimate(at(0.1)).bandwidth_known);
    }

    #[test]
    fn probing_stays_within_its_budget() {
        let mut link = Link::new();
        let mut sent = 0.0;
        let hour = 3600;
        for second in 0..hour {
            let now = at(second as f64);
            link.note_turn(now);
            if let Some(probe) = link.due_while_idle(now) {
                sent += cost_bytes(probe);
                link.observe(probe, &reply(200, 0.001, 0.0011), now);
            }
        }
        let budget = BUDGET_START_BYTES + BUDGET_BYTES_PER_S * hour as f64;
        assert!(sent <= budget, "{sent} of {budget} bytes");
        assert!(sent > 0.2 * budget, "an hour of probing sent only {sent} bytes");
    }
    /// A server that has only a models list, a tenth of a second away.
    fn foreign() -> Link {
        let mut link = Link::new();
        link.observe(Probe::Rtt, &reply(404, 0.1, 0.1), at(0.0));
        link.observe(Probe::Rtt, &reply(200, 0.1, 0.1), at(0.0));
        link
    }

    fn transfers(sent_bytes: usize, head_s: f64, computed_s: f64) -> Transfers {
        Transfers { sent_bytes, head_s, computed_s, whole: None, fastest_bytes_per_s: None }
    }

    #[test]
    fn a_large_request_measures_the_way_up_where_the_head_waits_for_nothing_else() {
        let mut link = foreign();
        link.observe_answer(&transfers(1_000, 0.12, 0.5), at(1.0));
        assert!(!link.estimate(at(1.0)).up_known, "a small one tells what the server takes");
        // 40 kB at 40 kB/s.
        link.observe_answer(&transfers(40_000, 1.12, 0.5), at(2.0));
        let estimate = link.estimate(at(2.0));
        assert!(estimate.up_known && !estimate.down_known && !estimate.bandwidth_known);
        assert!((estimate.up_bytes_per_s - 40_000.0).abs() < 1.0, "{estimate:?}");
        assert!((link.upload_s(4_000, at(2.0)) - 0.1).abs() < 1e-3);
    }

    #[test]
    fn nothing_is_measured_where_the_head_waits_for_the_first_word() {
        let mut link = foreign();
        link.observe_answer(&transfers(1_000, 0.4, 0.0), at(1.0));
        link.observe_answer(&transfers(40_000, 5.0, 0.001), at(2.0));
        let estimate = link.estimate(at(2.0));
        assert!(!estimate.up_known);
        assert_eq!(estimate.up_bytes_per_s, PRIOR_UP_BYTES_PER_S);
        assert_eq!(link.upload_s(40_000, at(2.0)), 0.0);
    }

    #[test]
    fn a_fast_link_is_only_known_to_be_no_slower() {
        let mut link = foreign();
        link.observe_answer(&transfers(1_000, 0.12, 0.5), at(1.0));
        link.observe_answer(&transfers(400_000, 0.15, 0.5), at(2.0));
        let estimate = link.estimate(at(2.0));
        assert!(!estimate.up_known);
        assert!(estimate.up_bytes_per_s > 1.1 * PRIOR_UP_BYTES_PER_S, "{estimate:?}");
        assert!(estimate.up_bytes_per_s < 400_000.0 / 0.25);
    }

    #[test]
    fn without_a_round_trip_or_beside_probes_nothing_is_learned_from_answers() {
        let mut unknown = Link::new();
        unknown.observe_answer(&transfers(1_000, 0.12, 0.5), at(1.0));
        unknown.observe_answer(&transfers(40_000, 1.12, 0.5), at(1.0));
        let mut gateway = Link::new();
        gateway.observe(Probe::Rtt, &reply(204, 0.1, 0.1), at(0.0));
        let whole = Transfers { whole: Some((90_000, 9.0)), ..transfers(40_000, 1.12, 0.5) };
        gateway.observe_answer(&transfers(1_000, 0.12, 0.5), at(1.0));
        gateway.observe_answer(&whole, at(1.0));
        for link in [unknown, gateway] {
            let estimate = link.estimate(at(1.0));
            let bandwidths = (estimate.up_bytes_per_s, estimate.down_bytes_per_s);
            assert_eq!(bandwidths, (PRIOR_UP_BYTES_PER_S, PRIOR_DOWN_BYTES_PER_S));
        }
    }

    #[test]
    fn whole_bodies_and_long_models_lists_measure_the_way_down_and_streams_bound_it() {
        let slow = Transfers { whole: Some((20_000, 0.5)), ..transfers(1_000, 0.12, 0.5) };
        let mut link = foreign();
        link.observe_answer(&slow, at(1.0));
        assert_eq!(link.estimate(at(1.0)).down_bytes_per_s, 40_000.0);

        let stream = |bytes_per_s| Transfers {
            fastest_bytes_per_s: Some(bytes_per_s),
            ..transfers(1_000, 0.12, 0.5)
        };
        let mut link = foreign();
        link.observe_answer(&stream(9_000.0), at(1.0));
        assert_eq!(link.estimate(at(1.0)).down_bytes_per_s, PRIOR_DOWN_BYTES_PER_S);
        link.observe_answer(&stream(3e6), at(1.0));
        assert_eq!(link.estimate(at(1.0)).down_bytes_per_s, 3e6);
        assert!(!link.estimate(at(1.0)).down_known);

        let list = ProbeReply { received_bytes: 100_000, ..reply(200, 0.1, 0.6).unwrap() };
        let mut link = foreign();
        link.observe(Probe::Rtt, &Ok(list), at(1.0));
        assert_eq!(link.estimate(at(1.0)).down_bytes_per_s, 200_000.0);
        assert!(link.spent_bytes > 100_000.0, "a long list is paid for");
    }
}
