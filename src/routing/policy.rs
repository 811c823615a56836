//! The decision and its reason.
//!
//! The paper's rule (arXiv 2508.11291, eqs. 11–12, read second-hand):
//! `fused = p − α·(T_edge − T_device)`, the edge answers iff `fused > θ`, a tie
//! stays on the device. For dialogues, `T` counts the tokens each side lacks
//! (see [`super::cost`]). Before the side that answered last is left, either
//! hysteresis asks for a margin, or what catching up costs is weighed against
//! this turn and those to come (see [`super::ahead`]).

use serde::Serialize;

use super::ahead::{Cost, Move, Prospect, weigh};
use super::drafting::{Drafting, drafting};
use super::{DeviceTerms, EdgeTerms, LinkEstimate, Route, Score};
use crate::config::{Config, Mode};
use crate::{Error, Result};

/// Of what is written, the least that is expected to be still to come.
pub const MIN_REST: f64 = 0.2;

/// Everything a decision depends on.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    pub config: &'a Config,
    pub score: Score,
    pub device: DeviceTerms,
    pub edge: EdgeTerms,
    pub link: LinkEstimate,
    /// Who answered the dialogue's previous turn.
    pub last_route: Option<Route>,
    /// Takes the place of hysteresis where it is given.
    pub prospect: Option<Prospect>,
    /// Whether what the device writes will be looked at, so that the edge may still take over.
    pub second_look: bool,
    /// Why the device cannot answer, where it cannot.
    pub device_error: Error,
}

/// Why a side was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The mode leaves no choice.
    ModeDeviceOnly,
    ModeEdgeOnly,
    /// The mode prefers this side, and it is there.
    ModePreferDevice,
    ModePreferEdge,
    /// The other side is not there.
    EdgeUnavailable,
    DeviceUnavailable,
    /// The turn is about tools, of which the device has none.
    ToolsNeedEdge,
    /// The turn asks for something else that the device's model does not give.
    NeedsEdge,
    /// The device's answer is likely good enough.
    DeviceGoodEnough,
    /// The edge's answer is likely needed.
    EdgeNeeded,
    /// The edge's answer is likely better, but not worth the wait.
    EdgeTooSlow,
    /// The device's answer is likely good enough, but the edge is so much sooner.
    EdgeFaster,
    /// Too close to call: both sides begin, and a look decides.
    BothBegin,
    /// The edge may be needed: what the device writes will tell.
    LookFirst,
    /// The fused score lies within the margin around θ.
    StayOnDevice,
    StayOnEdge,
    /// The other side would be better on this turn, but has too much to catch up on.
    MoveTooDear,
    /// The other side catches up for the sake of turns before and to come.
    MoveAhead,
}

/// Who answers, with every term that led there. All times in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    pub route: Route,
    pub reason: Reason,
    /// The reason for a reader.
    pub sentence: String,
    pub mode: Mode,
    /// Probability that the edge is needed, in [0, 1].
    pub p: f64,
    pub alpha_per_s: f64,
    pub theta: f64,
    pub hysteresis: f64,
    /// `p − α·(T_edge − T_device)`.
    pub fused: f64,
    /// What looks at the device's answer change of it; `None` where there will be none.
    pub drafting: Option<Drafting>,
    pub expected_tokens: ExpectedTokens,
    pub device: DeviceTerms,
    pub edge: EdgeTerms,
    pub link: LinkEstimate,
    /// Whether the dialogue moves to the other side; `None` where that was not weighed.
    pub ahead: Option<Move>,
}

impl Decision {
    /// What the edge is better by on this turn, in seconds and quality, had neither side been away;
    /// `None` where seconds do not count, or a side is not there.
    pub fn edge_better_s(&self) -> Option<f64> {
        let counts = self.alpha_per_s > 0.0 && self.device.available && self.edge.available;
        let alone_s = || (self.fused - self.theta) / self.alpha_per_s;
        counts.then(|| match &self.ahead {
            None => alone_s(),
            Some(ahead) if ahead.to == Route::Edge => ahead.advantage_s,
            Some(ahead) => -ahead.advantage_s,
        })
    }

    /// What the device is expected to have still to write once it has written `n_tokens`.
    pub fn rest_tokens(&self, n_tokens: f64) -> f64 {
        (self.expected_tokens.device - n_tokens).max(MIN_REST * n_tokens)
    }

    /// Seconds that the device takes for a token.
    pub fn token_s(&self) -> f64 {
        self.device.decode_s / self.expected_tokens.device
    }

    /// As it would have been had the edge been there, over the link as it is by now.
    pub fn over(&self, link: LinkEstimate) -> Decision {
        Decision { edge: self.edge.over(&link), link, ..self.clone() }
    }
}

/// Length of the answer that each side is expected to write.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ExpectedTokens {
    pub device: f64,
    pub edge: f64,
}

/// Applies mode, availability and the fused rule, in this order.
///
/// # Errors
/// When no side that the mode allows is there.
pub fn decide(inputs: &Inputs<'_>) -> Result<Decision> {
    let config = inputs.config;
    let delay_s = inputs.edge.total_s - inputs.device.total_s;
    let fused = inputs.score.p - config.alpha_per_s * delay_s;
    let drafting = inputs.second_look.then(|| {
        let (score, look) = (&inputs.score, &config.second_look);
        drafting(score, &inputs.device, config.alpha_per_s, look)
    });
    let margin = drafting.map_or(0.0, |drafting| drafting.margin);
    let ahead = inputs
        .prospect
        .as_ref()
        .filter(|_| config.mode == Mode::Auto && inputs.device.available && inputs.edge.available);
    let ahead = ahead.map(|prospect| look_ahead(inputs, margin, prospect));
    let (route, reason) = match (inputs.device.available, inputs.edge.available) {
        (false, false) => return Err(no_side_left(config.mode, &inputs.device_error)),
        (true, false) if config.mode == Mode::DeviceOnly => (Route::Device, Reason::ModeDeviceOnly),
        (false, true) if config.mode == Mode::EdgeOnly => (Route::Edge, Reason::ModeEdgeOnly),
        (true, false) => (Route::Device, Reason::EdgeUnavailable),
        (false, true) if inputs.device_error == Error::ToolsNeedEdge => {
            (Route::Edge, Reason::ToolsNeedEdge)
        }
        (false, true) if matches!(inputs.device_error, Error::NeedsEdge(_)) => {
            (Route::Edge, Reason::NeedsEdge)
        }
        (false, true) => (Route::Edge, Reason::DeviceUnavailable),
        (true, true) => choose(inputs, fused, margin, ahead.as_ref()),
    };
    Ok(Decision {
        route,
        reason,
        sentence: sentence(reason, inputs.score.p, delay_s),
        mode: config.mode,
        p: inputs.score.p,
        alpha_per_s: config.alpha_per_s,
        theta: config.theta,
        hysteresis: config.hysteresis,
        fused,
        drafting,
        expected_tokens: ExpectedTokens {
            device: inputs.score.device_tokens,
            edge: inputs.score.edge_tokens,
        },
        device: inputs.device,
        edge: inputs.edge,
        link: inputs.link,
        ahead,
    })
}

/// Both sides are there. For the edge at once, `fused` must pass θ by `margin`.
fn choose(inputs: &Inputs<'_>, fused: f64, margin: f64, ahead: Option<&Move>) -> (Route, Reason) {
    let config = inputs.config;
    match config.mode {
        Mode::PreferDevice => return (Route::Device, Reason::ModePreferDevice),
        Mode::PreferEdge => return (Route::Edge, Reason::ModePreferEdge),
        Mode::DeviceOnly => return (Route::Device, Reason::ModeDeviceOnly),
        Mode::EdgeOnly => return (Route::Edge, Reason::ModeEdgeOnly),
        Mode::Auto => {}
    }
    let theta = config.theta + margin;
    let near = |margin: f64| (fused - theta).abs() <= margin;
    let plain = if fused > theta { Route::Edge } else { Route::Device };
    let both = &config.both_sides;
    if inputs.second_look && both.enabled && !config.data_saver && near(both.margin) {
        return (Route::Device, Reason::BothBegin);
    }
    if let Some(ahead) = ahead {
        return choose_ahead(inputs, fused, plain, ahead);
    }
    let within_margin = near(config.hysteresis);
    match inputs.last_route {
        Some(last) if last != plain && within_margin => match last {
            Route::Device => (Route::Device, Reason::StayOnDevice),
            Route::Edge => (Route::Edge, Reason::StayOnEdge),
        },
        _ if plain == Route::Device && fused > config.theta => (plain, Reason::LookFirst),
        _ => (plain, reason_of(plain, inputs.score.p > theta)),
    }
}

/// Both sides' costs, quality among them, and what they say of a move.
fn look_ahead(inputs: &Inputs<'_>, margin: f64, prospect: &Prospect) -> Move {
    let in_seconds = |quality: f64| quality / inputs.config.alpha_per_s;
    let theta = inputs.config.theta + margin;
    let lost = inputs.score.p;
    // Each later turn that builds on a wrong answer pays for it again. What θ means stays: a turn
    // that is not worth a call by itself is not made so.
    let carried = inputs.config.carry_over * prospect.outlook.turns_left * (lost - theta).max(0.0);
    let device = Cost {
        turn_s: inputs.device.total_s - prospect.device_debt_s + in_seconds(lost),
        debt_s: prospect.device_debt_s,
        per_turn_s: prospect.device_per_turn_s,
    };
    let edge = Cost {
        turn_s: inputs.edge.total_s - prospect.edge_debt_s + in_seconds(theta),
        debt_s: prospect.edge_debt_s,
        per_turn_s: prospect.edge_per_turn_s,
    };
    let margin_s = in_seconds(inputs.config.hysteresis);
    let with_margin = |cost: Cost| Cost { debt_s: cost.debt_s + margin_s, ..cost };
    match prospect.outlook.holder {
        Route::Device => weigh(&prospect.outlook, device, with_margin(edge), in_seconds(carried)),
        Route::Edge => weigh(&prospect.outlook, edge, with_margin(device), -in_seconds(carried)),
    }
}

/// `plain` is what the rule says of this turn alone, with what each side has to catch up on.
fn choose_ahead(inputs: &Inputs<'_>, fused: f64, plain: Route, ahead: &Move) -> (Route, Reason) {
    let route = if ahead.moves { ahead.to } else { ahead.to.other() };
    let reason = match (route, ahead.moves) {
        (Route::Device, _) if inputs.second_look && fused > inputs.config.theta => {
            Reason::LookFirst
        }
        (_, true) if route != plain => Reason::MoveAhead,
        (_, false) if ahead.advantage_s > 0.0 => Reason::MoveTooDear,
        _ => reason_of(route, inputs.score.p > inputs.config.theta),
    };
    (route, reason)
}

fn reason_of(route: Route, quality_wants_edge: bool) -> Reason {
    match (route, quality_wants_edge) {
        (Route::Device, false) => Reason::DeviceGoodEnough,
        (Route::Device, true) => Reason::EdgeTooSlow,
        (Route::Edge, true) => Reason::EdgeNeeded,
        (Route::Edge, false) => Reason::EdgeFaster,
    }
}

fn no_side_left(mode: Mode, device_error: &Error) -> Error {
    let offline = Error::EdgeUnreachable("it is offline or not configured".to_owned());
    match mode {
        Mode::DeviceOnly => device_error.clone(),
        Mode::EdgeOnly => offline,
        _ => Error::BothFailed { device: Box::new(device_error.clone()), edge: Box::new(offline) },
    }
}

fn sentence(reason: Reason, p: f64, delay_s: f64) -> String {
    let percent = (p * 100.0).round();
    let wait = if delay_s >= 0.0 {
        format!("{delay_s:.2} s later")
    } else {
        format!("{:.2} s sooner", -delay_s)
    };
    match reason {
        Reason::ModeDeviceOnly => "Only the device may answer; nothing is sent.".to_owned(),
        Reason::ModeEdgeOnly => "Only the edge may answer.".to_owned(),
        Reason::ModePreferDevice => "The device is preferred and ready.".to_owned(),
        Reason::ModePreferEdge => "The edge is preferred and reachable.".to_owned(),
        Reason::EdgeUnavailable => "The edge cannot be reached, so the device answers.".to_owned(),
        Reason::DeviceUnavailable => {
            "The device cannot answer: its model is not loaded, or the prompt is too long \
             for it. So the edge answers."
                .to_owned()
        }
        Reason::ToolsNeedEdge => {
            "The turn is about tools, of which the device has none. So the edge answers.".to_owned()
        }
        Reason::NeedsEdge => {
            "The turn asks for something that the device's model does not give. So the edge answers."
                .to_owned()
        }
        Reason::DeviceGoodEnough => {
            format!("The device is likely to get this right ({percent} % that the edge is needed).")
        }
        Reason::EdgeNeeded => {
            format!(
                "The edge is worth asking ({percent} % that it is needed); it would answer {wait}."
            )
        }
        Reason::EdgeTooSlow => format!(
            "The edge might do better ({percent} %), but would answer {wait}: not worth the wait."
        ),
        Reason::EdgeFaster => {
            format!("The edge would answer {wait}, at {percent} % that it is needed.")
        }
        Reason::BothBegin => format!(
            "Too close to call ({percent} %): both begin, and a look at the device's answer decides."
        ),
        Reason::LookFirst => format!(
            "The edge may be needed ({percent} %): the device begins, and its answer is looked at."
        ),
        Reason::MoveTooDear => format!(
            "The other side might do better ({percent} % that the edge is needed), but has too much \
             of the dialogue to catch up on."
        ),
        Reason::MoveAhead => format!(
            "The dialogue moves ({percent} % that the edge is needed): over several turns that is \
             worth the catching up."
        ),
        Reason::StayOnDevice => {
            format!("Too close to call ({percent} %): the dialogue stays on the device.")
        }
        Reason::StayOnEdge => {
            format!("Too close to call ({percent} %): the dialogue stays on the edge.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::Plan;
    use crate::routing::ahead::Outlook;

    struct Case {
        mode: Mode,
        p: f64,
        t_device: Option<f64>,
        t_edge: Option<f64>,
        last: Option<Route>,
        second_look: bool,
        prospect: Option<Prospect>,
        alpha_per_s: f64,
        carry_over: f64,
    }

    fn case(p: f64, t_device: f64, t_edge: f64) -> Case {
        let (t_device, t_edge) = (Some(t_device), Some(t_edge));
        Case {
            mode: Mode::Auto,
            p,
            t_device,
            t_edge,
            last: None,
            second_look: false,
            prospect: None,
            alpha_per_s: 0.1,
            carry_over: 0.0,
        }
    }

    fn run(case: &Case) -> Result<Decision> {
        let config = Config {
            mode: case.mode,
            alpha_per_s: case.alpha_per_s,
            theta: 0.5,
            carry_over: case.carry_over,
            ..Config::default()
        };
        let total = |time: Option<f64>| time.unwrap_or(9.0);
        let device = DeviceTerms {
            available: case.t_device.is_some(),
            missing_tokens: 0,
            prefill_s: 0.0,
            decode_s: total(case.t_device),
            total_s: total(case.t_device),
            plan: Plan::nothing(),
        };
        let edge = EdgeTerms {
            available: case.t_edge.is_some(),
            missing_tokens: 0,
            kept: 1.0,
            rtt_s: 0.0,
            upload_s: 0.0,
            queue_s: 0.0,
            prefill_s: 0.0,
            decode_s: total(case.t_edge),
            download_s: 0.0,
            total_s: total(case.t_edge),
        };
        decide(&Inputs {
            config: &config,
            score: Score { p: case.p, device_tokens: 10.0, edge_tokens: 20.0 },
            device,
            edge,
            link: LinkEstimate::default(),
            last_route: case.last,
            prospect: case.prospect.clone(),
            second_look: case.second_look,
            device_error: Error::DeviceNotReady,
        })
    }

    #[track_caller]
    fn check(case: Case, expected: (Route, Reason)) {
        let decision = run(&case).unwrap();
        assert_eq!((decision.route, decision.reason), expected, "{}", decision.sentence);
        assert!(decision.sentence.ends_with('.') && !decision.sentence.contains("NaN"));
    }

    #[test]
    fn the_papers_rule() {
        use Reason::*;
        use Route::*;
        check(case(0.1, 1.0, 1.0), (Device, DeviceGoodEnough));
        check(case(0.9, 1.0, 1.0), (Edge, EdgeNeeded));
        // 0.9 − 0.1·(6 − 1) = 0.4 ≤ θ
        check(case(0.9, 1.0, 6.0), (Device, EdgeTooSlow));
        // 0.3 − 0.1·(1 − 6) = 0.8 > θ
        check(case(0.3, 6.0, 1.0), (Edge, EdgeFaster));
        // A tie stays on the device.
        check(case(0.5, 1.0, 1.0), (Device, DeviceGoodEnough));
    }

    #[test]
    fn hysteresis_keeps_the_side_only_within_its_margin() {
        use Reason::*;
        use Route::*;
        check(Case { last: Some(Device), ..case(0.54, 1.0, 1.0) }, (Device, StayOnDevice));
        check(Case { last: Some(Device), ..case(0.56, 1.0, 1.0) }, (Edge, EdgeNeeded));
        check(Case { last: Some(Edge), ..case(0.46, 1.0, 1.0) }, (Edge, StayOnEdge));
        check(Case { last: Some(Edge), ..case(0.44, 1.0, 1.0) }, (Device, DeviceGoodEnough));
        check(Case { last: Some(Edge), ..case(0.54, 1.0, 1.0) }, (Edge, EdgeNeeded));
    }

    #[test]
    fn a_second_look_lets_the_device_begin_when_in_doubt() {
        use Reason::*;
        use Route::*;
        let looked = |p: f64| Case { second_look: true, ..case(p, 1.0, 1.0) };
        check(looked(0.45), (Device, DeviceGoodEnough));
        // θ = 0.5, and a margin of 0.15 less 0.1·1 s at the odds of 0.52.
        check(looked(0.52), (Device, LookFirst));
        check(looked(0.6), (Edge, EdgeNeeded));
        check(looked(0.7), (Edge, EdgeNeeded));
        // 0.9 − 0.1·(9 − 1) = 0.1: too slow, with or without looks.
        check(Case { second_look: true, ..case(0.9, 1.0, 9.0) }, (Device, EdgeTooSlow));
    }

    #[test]
    fn looking_ahead_weighs_what_has_to_be_caught_up_on() {
        use Reason::*;
        use Route::*;
        let ahead = |holder, debt_s, regret_s, turns_left| {
            let outlook = Outlook { holder, regret_s, turns_left, advantages: vec![2.0] };
            let (device_debt_s, edge_debt_s) = match holder {
                Edge => (debt_s, 0.0),
                Device => (0.0, debt_s),
            };
            let prospect = Prospect {
                outlook,
                device_debt_s,
                edge_debt_s,
                device_per_turn_s: 0.0,
                edge_per_turn_s: 0.0,
            };
            // Quality alone speaks for the device by (0.5 − 0.3)/0.1 = 2 s.
            let (t_device, t_edge) = if holder == Edge { (1.0 + debt_s, 1.0) } else { (1.0, 5.0) };
            Case { last: Some(holder), prospect: Some(prospect), ..case(0.3, t_device, t_edge) }
        };
        check(ahead(Edge, 3.0, 0.0, 0.0), (Edge, MoveTooDear));
        check(ahead(Edge, 3.0, 5.0, 0.0), (Device, MoveAhead));
        check(ahead(Edge, 3.0, 0.0, 1.0), (Device, MoveAhead));
        check(ahead(Edge, 1.0, 0.0, 0.0), (Device, DeviceGoodEnough));
        check(ahead(Device, 3.0, 100.0, 9.0), (Device, DeviceGoodEnough));
        let terms = run(&ahead(Edge, 3.0, 1.0, 0.0)).unwrap().ahead.unwrap();
        let rounded = [terms.advantage_s, terms.debt_s, terms.regret_s].map(|s| (10.0 * s).round());
        // The margin is 0.05/0.1 s.
        assert_eq!(rounded, [20.0, 35.0, 30.0]);
        // A side that is not there, and a mode that decides, come first.
        let gone = Case { t_device: None, ..ahead(Edge, 3.0, 9.0, 9.0) };
        check(gone, (Edge, DeviceUnavailable));
        let told = Case { mode: Mode::PreferEdge, ..ahead(Edge, 3.0, 9.0, 9.0) };
        check(told, (Edge, ModePreferEdge));
    }

    #[test]
    fn a_growing_debt_locks_no_dialogue_in() {
        // The edge lacks ever more of a dialogue that the device answers.
        let route = |p: f64, edge_debt_s: f64, alpha_per_s: f64, carry_over: f64| {
            let outlook = Outlook {
                holder: Route::Device,
                regret_s: 0.0,
                turns_left: 4.0,
                advantages: vec![0.0],
            };
            let prospect = Some(Prospect {
                outlook,
                device_debt_s: 0.0,
                edge_debt_s,
                device_per_turn_s: 0.0,
                edge_per_turn_s: 1.0,
            });
            let last = Some(Route::Device);
            let t_edge = 1.2 + edge_debt_s;
            run(&Case { last, prospect, alpha_per_s, carry_over, ..case(p, 1.0, t_edge) }).unwrap()
        };
        let alpha_per_s = Config::default().alpha_per_s;
        for edge_debt_s in [0.0, 1.3, 2.8, 5.0, 5.8, 7.2, 20.0] {
            let decision = route(0.7, edge_debt_s, alpha_per_s, 0.2);
            assert_eq!(decision.route, Route::Edge, "{edge_debt_s}: {}", decision.sentence);
        }
        // Where a second outweighs any doubt, it was locked in.
        assert_eq!(route(0.7, 7.2, 0.15, 0.2).reason, Reason::MoveTooDear);
        // Turns that build on a wrong answer make it dearer; one that is worth no call stays.
        assert_eq!(route(0.58, 20.0, alpha_per_s, 0.0).route, Route::Device);
        assert_eq!(route(0.58, 20.0, alpha_per_s, 0.5).route, Route::Edge);
        assert_eq!(route(0.45, 0.0, alpha_per_s, 1.0).route, Route::Device);
    }

    #[test]
    fn a_wait_of_a_minute_is_weighed_against_what_is_lost_without_it() {
        // Six turns that only the device might answer, and the edge has to read all of them: 52 s.
        let at = |p: f64, regret_s: f64| {
            let outlook = Outlook {
                holder: Route::Device,
                regret_s,
                turns_left: 4.0,
                advantages: vec![40.0, 10.0, 20.0],
            };
            let prospect = Some(Prospect {
                outlook,
                device_debt_s: 0.0,
                edge_debt_s: 51.9,
                device_per_turn_s: 1.0,
                edge_per_turn_s: 8.0,
            });
            let (last, alpha_per_s, carry_over) = (Some(Route::Device), 0.005, 0.2);
            Case { last, prospect, alpha_per_s, carry_over, ..case(p, 1.75, 53.6) }
        };
        // The edge is better by 0.15 of 200 s. Later turns may gain by the move, which asks for half of
        // 62 s; that they might build on a wrong answer is among what they gain, and no loss of this turn.
        check(at(0.65, 0.0), (Route::Device, Reason::MoveTooDear));
        // More doubt, or turns that have lost by staying, are worth it.
        check(at(0.8, 0.0), (Route::Edge, Reason::EdgeNeeded));
        check(at(0.65, 20.0), (Route::Edge, Reason::MoveAhead));
        // Where the person leaves no choice nothing is weighed, so that no regret comes of it.
        for mode in [Mode::DeviceOnly, Mode::PreferDevice] {
            assert_eq!(run(&Case { mode, ..at(0.65, 0.0) }).unwrap().ahead, None);
        }
        let offline = Case { t_edge: None, ..at(0.65, 0.0) };
        assert_eq!(run(&offline).unwrap().ahead, None);
    }

    #[test]
    fn modes_and_availability_come_first() {
        use Reason::*;
        use Route::*;
        let with = |mode| Case { mode, ..case(0.9, 1.0, 1.0) };
        check(with(Mode::PreferDevice), (Device, ModePreferDevice));
        check(with(Mode::DeviceOnly), (Device, ModeDeviceOnly));
        check(Case { p: 0.0, ..with(Mode::PreferEdge) }, (Edge, ModePreferEdge));
        check(Case { p: 0.0, ..with(Mode::EdgeOnly) }, (Edge, ModeEdgeOnly));
        check(Case { t_edge: None, ..case(0.9, 1.0, 1.0) }, (Device, EdgeUnavailable));
        check(Case { t_device: None, ..case(0.1, 1.0, 1.0) }, (Edge, DeviceUnavailable));
        check(Case { t_edge: None, ..with(Mode::PreferEdge) }, (Device, EdgeUnavailable));
        check(Case { t_edge: None, ..with(Mode::DeviceOnly) }, (Device, ModeDeviceOnly));
    }

    #[test]
    fn no_side_left_is_an_error_that_names_what_is_missing() {
        let neither = |mode| Case { mode, t_device: None, t_edge: None, ..case(0.5, 1.0, 1.0) };
        assert_eq!(run(&neither(Mode::Auto)).unwrap_err().code(), "both_failed");
        assert_eq!(run(&neither(Mode::DeviceOnly)).unwrap_err().code(), "device_not_ready");
        assert_eq!(run(&neither(Mode::EdgeOnly)).unwrap_err().code(), "edge_unreachable");
    }

    #[test]
    fn more_need_or_a_sooner_edge_never_moves_a_turn_to_the_device() {
        let edges = |p: f64, t_edge: f64| run(&case(p, 1.0, t_edge)).unwrap().route == Route::Edge;
        for i in 0..100 {
            let (p, t_edge) = (i as f64 / 100.0, 0.2 + (i % 7) as f64);
            assert!(!edges(p, t_edge) || edges((p + 0.1).min(1.0), t_edge));
            assert!(!edges(p, t_edge) || edges(p, t_edge - 0.1));
        }
    }
}
