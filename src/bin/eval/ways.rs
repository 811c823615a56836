//! The ways to route that are compared. All run the page's own code, with other settings.

use nearside::config::{BothSides, Config, EdgeConfig, Mode, SecondLook};

use crate::recorded::Judge;

/// Longer than any recorded answer.
const MAX_TOKENS: usize = 8192;
/// What the device may read in a pause.
const CATCH_UP_TOKENS: usize = 1024;

/// What a way is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All questions to one side: the scale that the others are measured on.
    End,
    Baseline,
    Ours,
    /// What nobody can beat.
    Bound,
}

/// How the device's answer is looked at while it is written; see [`SecondLook`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Looks {
    pub margin: f64,
    pub drift: f64,
}

/// A way to route, as settings of the page's router.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Way {
    /// For machines.
    pub name: &'static str,
    /// For readers.
    pub label: &'static str,
    pub part: Part,
    pub mode: Mode,
    /// `None`: it needs no scorer.
    pub judge: Option<Judge>,
    /// Whether θ is varied; if not it is ½.
    pub swept: bool,
    /// Whether seconds count, at the replay's α; whether those in the edge's queue do, and those that a
    /// side needs to read what it lacks of the dialogue.
    pub counts_time: bool,
    pub counts_queue: bool,
    pub counts_context: bool,
    /// Whether the side of a dialogue's first turn answers all of them.
    pub sticky: bool,
    pub hysteresis: f64,
    pub looks_ahead: bool,
    pub looks: Option<Looks>,
    /// Whether both sides begin at once when in doubt.
    pub both: bool,
    /// Whether a turn goes back to an edge that was away when it began.
    pub fails_back: bool,
    /// Whether the device reads in pauses what the edge has answered.
    pub catches_up: bool,
    /// Whether the device may fetch keys and values.
    pub fetches: bool,
}

/// HybridLLM's and RouteLLM's rule.
pub const WIN_RATE: Way = Way {
    name: "win_rate",
    label: "win rate alone",
    part: Part::Baseline,
    mode: Mode::Auto,
    judge: Some(Judge::Scorer),
    swept: true,
    counts_time: false,
    counts_queue: false,
    counts_context: true,
    sticky: false,
    hysteresis: 0.0,
    looks_ahead: false,
    looks: None,
    both: false,
    fails_back: false,
    catches_up: false,
    fetches: false,
};

pub const ALL_DEVICE: Way = Way {
    name: "all_device",
    label: "all on the device",
    part: Part::End,
    mode: Mode::PreferDevice,
    judge: None,
    swept: false,
    ..WIN_RATE
};

pub const ALL_EDGE: Way =
    Way { name: "all_edge", label: "all at the edge", mode: Mode::PreferEdge, ..ALL_DEVICE };

/// Whichever side is expected to be sooner.
const LATENCY: Way = Way {
    name: "latency",
    label: "latency alone",
    judge: Some(Judge::Nobody),
    counts_time: true,
    counts_queue: true,
    swept: false,
    ..WIN_RATE
};

/// arXiv 2508.11291, with what a switch costs.
pub const PAPER: Way =
    Way { name: "paper", label: "the paper's rule", counts_time: true, ..WIN_RATE };

const PAPER_QUEUE: Way = Way {
    name: "paper_queue",
    label: "the paper's rule and the queue",
    counts_queue: true,
    ..PAPER
};

const SINGLE_TURN: Way = Way {
    name: "single_turn",
    label: "the paper's rule for single turns",
    counts_context: false,
    ..PAPER
};

const STICKY: Way =
    Way { name: "sticky", label: "the first turn's side for all", sticky: true, ..PAPER };

/// On a question that stands alone it decides as the paper's rule with the queue does, and goes back to an
/// edge that was away; the rest counts within a dialogue.
pub const OURS: Way = Way {
    name: "ours",
    label: "Nearside, from the prompt",
    part: Part::Ours,
    hysteresis: 0.05,
    looks_ahead: true,
    fails_back: true,
    catches_up: true,
    fetches: true,
    ..PAPER_QUEUE
};

pub const OURS_LOOK: Way = Way {
    name: "ours_look",
    label: "Nearside, with looks",
    looks: Some(Looks { margin: 0.15, drift: 0.15 }),
    ..OURS
};

/// As models/smollm2-qwen.json has it, for a scorer whose looks change little.
pub const OURS_CALM: Way = Way {
    name: "ours_calm",
    label: "Nearside, with calm looks",
    looks: Some(Looks { margin: 0.03, drift: 0.06 }),
    ..OURS
};

const OURS_BOTH: Way =
    Way { name: "ours_both", label: "Nearside, both at once in doubt", both: true, ..OURS_LOOK };

const ORACLE: Way = Way {
    name: "oracle",
    label: "oracle",
    part: Part::Bound,
    judge: Some(Judge::Oracle),
    swept: false,
    ..WIN_RATE
};

/// For questions that stand alone, in the order of the tables.
pub const OF_QUESTIONS: [Way; 11] = [
    ALL_DEVICE,
    ALL_EDGE,
    LATENCY,
    WIN_RATE,
    PAPER,
    PAPER_QUEUE,
    OURS,
    OURS_LOOK,
    OURS_CALM,
    OURS_BOTH,
    ORACLE,
];

/// The same without those that differ little from one that is there: for many replays.
pub const FEW_OF_QUESTIONS: [Way; 7] =
    [ALL_DEVICE, ALL_EDGE, LATENCY, WIN_RATE, PAPER_QUEUE, OURS, OURS_LOOK];

/// For dialogues.
pub const OF_DIALOGUES: [Way; 8] =
    [ALL_DEVICE, ALL_EDGE, SINGLE_TURN, STICKY, PAPER, OURS, OURS_LOOK, OURS_CALM];

/// What may save something beside the decision itself. Each can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    Failback,
    CatchUp,
    KeysAndValues,
}

impl Feature {
    pub const ALL: [Feature; 3] = [Feature::Failback, Feature::CatchUp, Feature::KeysAndValues];

    pub fn label(self) -> &'static str {
        match self {
            Feature::Failback => "going back to an edge that was away",
            Feature::CatchUp => "reading in pauses",
            Feature::KeysAndValues => "fetching keys and values",
        }
    }
}

impl Way {
    /// The same without some of what it can do.
    pub fn without(self, features: &[Feature]) -> Way {
        features.iter().fold(self, |way, feature| match feature {
            Feature::Failback => Way { fails_back: false, ..way },
            Feature::CatchUp => Way { catches_up: false, ..way },
            Feature::KeysAndValues => Way { fetches: false, ..way },
        })
    }

    pub fn config(&self, theta: f64, alpha_per_s: f64) -> Config {
        let default = SecondLook { enabled: false, flaws: false, ..SecondLook::default() };
        let second_look = self.looks.map_or(default.clone(), |Looks { margin, drift }| {
            SecondLook { enabled: true, flaws: true, margin, drift, ..default }
        });
        Config {
            mode: self.mode,
            theta,
            alpha_per_s: if self.counts_time { alpha_per_s } else { 0.0 },
            hysteresis: self.hysteresis,
            look_ahead: self.looks_ahead,
            catch_up_tokens: if self.catches_up { CATCH_UP_TOKENS } else { 0 },
            failback: self.fails_back,
            queue_aware: self.counts_queue,
            context_aware: self.counts_context,
            second_look,
            both_sides: BothSides { enabled: self.both, ..BothSides::default() },
            ..base_config()
        }
    }
}

/// What all replays have in common.
pub fn base_config() -> Config {
    let base_url = Some("http://edge.replay/v1".to_owned());
    let edge = EdgeConfig { base_url, ..EdgeConfig::default() };
    Config { edge, max_tokens: Some(MAX_TOKENS), catch_up_tokens: 0, ..Config::default() }
}
