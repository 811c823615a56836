//! The routers that are compared. All run the page's own code, with other settings.

use nearside::config::{BothSides, Config, EdgeConfig, Mode, SecondLook};

use crate::recorded::Judge;

/// Longer than any recorded answer.
const MAX_TOKENS: usize = 8192;

/// What a contender is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All questions to one side: the scale that the others are measured on.
    End,
    Baseline,
    Ours,
    /// What nobody can beat.
    Bound,
}

/// A way to route, as a setting of the page's router.
#[derive(Debug, Clone, PartialEq)]
pub struct Contender {
    /// For machines.
    pub name: &'static str,
    /// For readers.
    pub label: &'static str,
    pub part: Part,
    pub mode: Mode,
    /// `None`: it needs no scorer.
    pub judge: Option<Judge>,
    /// Whether seconds count, at the replay's α.
    pub counts_time: bool,
    pub counts_queue: bool,
    pub looks: bool,
    /// Whether a turn goes back to an edge that was away when it began.
    pub fails_back: bool,
    /// Whether both sides begin at once when in doubt.
    pub both: bool,
    /// Whether θ is varied; if not it is ½.
    pub swept: bool,
}

const THRESHOLD: Contender = Contender {
    name: "win_rate",
    label: "win rate alone",
    part: Part::Baseline,
    mode: Mode::Auto,
    judge: Some(Judge::Scorer),
    counts_time: false,
    counts_queue: false,
    looks: false,
    fails_back: false,
    both: false,
    swept: true,
};

pub const ALL_DEVICE: Contender = Contender {
    name: "all_device",
    label: "all on the device",
    part: Part::End,
    mode: Mode::PreferDevice,
    judge: None,
    swept: false,
    ..THRESHOLD
};

pub const ALL_EDGE: Contender =
    Contender { name: "all_edge", label: "all at the edge", mode: Mode::PreferEdge, ..ALL_DEVICE };

/// A coin of any weight.
const RANDOM: Contender =
    Contender { name: "random", label: "random", judge: Some(Judge::Chance), ..THRESHOLD };

/// Whichever side is expected to be sooner.
const LATENCY: Contender = Contender {
    name: "latency",
    label: "latency alone",
    judge: Some(Judge::Nobody),
    counts_time: true,
    counts_queue: true,
    swept: false,
    ..THRESHOLD
};

/// arXiv 2508.11291.
const PAPER: Contender =
    Contender { name: "paper", label: "the paper's rule", counts_time: true, ..THRESHOLD };

const PAPER_QUEUE: Contender = Contender {
    name: "paper_queue",
    label: "the paper's rule and the queue",
    counts_queue: true,
    ..PAPER
};

/// On questions that stand alone it decides as the paper's rule with the queue does, and goes back
/// to an edge that was away; within a dialogue it also knows the tokens that each side lacks, and
/// stays where the dialogue is.
const OURS_PROMPT: Contender = Contender {
    name: "ours_prompt",
    label: "Nearside, from the prompt",
    part: Part::Ours,
    fails_back: true,
    ..PAPER_QUEUE
};

pub const OURS_LOOK: Contender = Contender {
    name: "ours_look",
    label: "Nearside, with the second look",
    looks: true,
    ..OURS_PROMPT
};

const OURS_BOTH: Contender = Contender {
    name: "ours_both",
    label: "Nearside, both at once in doubt",
    both: true,
    ..OURS_LOOK
};

const ORACLE: Contender = Contender {
    name: "oracle",
    label: "oracle",
    part: Part::Bound,
    judge: Some(Judge::Oracle),
    swept: false,
    ..THRESHOLD
};

/// In the order of the tables. `THRESHOLD` is HybridLLM's and RouteLLM's rule.
pub const ALL: [Contender; 11] = [
    ALL_DEVICE,
    ALL_EDGE,
    RANDOM,
    LATENCY,
    THRESHOLD,
    PAPER,
    PAPER_QUEUE,
    OURS_PROMPT,
    OURS_LOOK,
    OURS_BOTH,
    ORACLE,
];

impl Contender {
    pub fn config(&self, theta: f64, alpha_per_s: f64) -> Config {
        Config {
            mode: self.mode,
            theta,
            alpha_per_s: if self.counts_time { alpha_per_s } else { 0.0 },
            queue_aware: self.counts_queue,
            failback: self.fails_back,
            second_look: SecondLook {
                enabled: self.looks,
                flaws: self.looks,
                ..SecondLook::default()
            },
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
