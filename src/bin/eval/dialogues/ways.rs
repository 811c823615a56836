//! The routers that are compared over dialogues. All run the page's own code, with other settings.

use nearside::config::{Config, Mode, SecondLook};

use crate::contenders::base_config;
use crate::recorded::Judge;

/// What the device may read in a pause.
const CATCH_UP_TOKENS: usize = 1024;

/// A way to route a dialogue, as a setting of the page's router.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// For machines.
    pub name: &'static str,
    /// For readers.
    pub label: &'static str,
    pub mode: Mode,
    pub judge: Judge,
    /// Whether the side of the first turn answers all of them.
    pub sticky: bool,
    pub counts_context: bool,
    pub counts_queue: bool,
    pub hysteresis: f64,
    pub looks_ahead: bool,
    /// Whether the device may fetch keys and values.
    pub fetches: bool,
    /// Whether the device reads what the edge has answered, in pauses.
    pub catches_up: bool,
    /// Whether a turn goes back to an edge that was away when it began.
    pub fails_back: bool,
    /// Whether what the device writes is looked at.
    pub looks: bool,
    /// Whether θ is varied; if not it is ½.
    pub swept: bool,
}

/// arXiv 2508.11291's rule, with what a switch costs.
pub const PAPER: Way = Way {
    name: "paper",
    label: "the paper's rule",
    mode: Mode::Auto,
    judge: Judge::Scorer,
    sticky: false,
    counts_context: true,
    counts_queue: false,
    hysteresis: 0.0,
    looks_ahead: false,
    fetches: false,
    catches_up: false,
    fails_back: false,
    looks: false,
    swept: true,
};

const SINGLE_TURN: Way =
    Way { name: "single_turn", label: "its rule for single turns", counts_context: false, ..PAPER };

/// The first turn decides for all.
pub const STICKY: Way = Way { name: "sticky", label: "sticky", sticky: true, ..PAPER };

pub const ALL_DEVICE: Way = Way {
    name: "all_device",
    label: "all on the device",
    mode: Mode::PreferDevice,
    swept: false,
    ..PAPER
};

pub const ALL_EDGE: Way =
    Way { name: "all_edge", label: "all at the edge", mode: Mode::PreferEdge, ..ALL_DEVICE };

/// All that is done within a dialogue. It knows no more of a turn than the paper's rule does.
pub const OURS: Way = Way {
    name: "ours",
    label: "Nearside",
    counts_queue: true,
    hysteresis: 0.05,
    looks_ahead: true,
    fetches: true,
    catches_up: true,
    fails_back: true,
    ..PAPER
};

const OURS_MYOPIC: Way = Way {
    name: "ours_no_look_ahead",
    label: "Nearside, without looking ahead",
    looks_ahead: false,
    ..OURS
};

const OURS_COMPUTED: Way =
    Way { name: "ours_no_kv_moves", label: "Nearside, without moving KV", fetches: false, ..OURS };

const OURS_RESTING: Way = Way {
    name: "ours_no_catch_up",
    label: "Nearside, without catching up",
    catches_up: false,
    ..OURS
};

/// It spares calls for time: the device writes a part of what the edge then answers.
pub const OURS_LOOK: Way =
    Way { name: "ours_look", label: "Nearside, with the second look", looks: true, ..OURS };

/// In the order of the tables.
pub const ALL: [Way; 10] = [
    ALL_DEVICE,
    ALL_EDGE,
    SINGLE_TURN,
    STICKY,
    PAPER,
    OURS_MYOPIC,
    OURS_COMPUTED,
    OURS_RESTING,
    OURS,
    OURS_LOOK,
];

impl Way {
    pub fn config(&self, theta: f64, alpha_per_s: f64) -> Config {
        Config {
            mode: self.mode,
            theta,
            alpha_per_s,
            hysteresis: self.hysteresis,
            look_ahead: self.looks_ahead,
            catch_up_tokens: if self.catches_up { CATCH_UP_TOKENS } else { 0 },
            failback: self.fails_back,
            queue_aware: self.counts_queue,
            context_aware: self.counts_context,
            second_look: SecondLook {
                enabled: self.looks,
                flaws: self.looks,
                ..SecondLook::default()
            },
            ..base_config()
        }
    }
}
