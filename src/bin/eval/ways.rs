//! The ways to route that are compared: each is a name and the settings of the page's own router.

use nearside::config::{BothSides, Config, EdgeConfig, Handoff, Mode, SecondLook};

use crate::recorded::Judge;

/// Longer than any recorded answer.
const MAX_TOKENS: usize = 8192;

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

/// A way to route.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// For machines.
    pub name: &'static str,
    /// For readers.
    pub label: &'static str,
    pub part: Part,
    /// `None`: it needs no scorer.
    pub judge: Option<Judge>,
    /// Whether θ is varied; if not it is ½.
    pub swept: bool,
    /// Whether the side of a dialogue's first turn answers all of them.
    pub sticky: bool,
    /// Of these, θ is set for each replay, and α where it is not 0 here.
    settings: Config,
}

/// For questions that stand alone, and for dialogues.
pub const OF_QUESTIONS: [&str; 11] = [
    "all_device",
    "all_edge",
    "latency",
    "win_rate",
    "paper",
    "paper_queue",
    "ours",
    "ours_look",
    "ours_calm",
    "ours_both",
    "oracle",
];
pub const OF_DIALOGUES: [&str; 8] =
    ["all_device", "all_edge", "single_turn", "sticky", "paper", "ours", "ours_look", "ours_calm"];
/// For many replays: without those that differ little from one that is there.
pub const FEW_OF_QUESTIONS: [&str; 7] =
    ["all_device", "all_edge", "latency", "win_rate", "paper_queue", "ours", "ours_look"];

/// What may save something beside the decision itself, and how to do without it.
pub type Feature = (&'static str, fn(&mut Config));
pub const FAILBACK: Feature =
    ("going back to an edge that was away", |settings| settings.failback = false);
/// Of no use to questions that stand alone: nothing is left of one that the next could use.
pub const OF_DIALOGUES_ALONE: [Feature; 2] = [
    ("reading in pauses", |settings| settings.catch_up_tokens = 0),
    ("fetching keys and values", |settings| settings.handoff.enabled = false),
];

/// What a page has, without looks.
pub fn page() -> Config {
    let base_url = Some("http://edge.replay/v1".to_owned());
    Config {
        edge: EdgeConfig { base_url, ..EdgeConfig::default() },
        max_tokens: Some(MAX_TOKENS),
        second_look: SecondLook { enabled: false, flaws: false, ..SecondLook::default() },
        ..Config::default()
    }
}

/// What a page has, with looks at the device's answer.
fn looking(margin: f64, drift: f64) -> Config {
    Config { second_look: SecondLook { margin, drift, ..SecondLook::default() }, ..page() }
}

/// All ways, in the order of the tables.
fn all() -> Vec<Way> {
    let way = |name, label, part, settings| {
        let (judge, swept, sticky) = (Some(Judge::Scorer), true, false);
        Way { name, label, part, judge, swept, sticky, settings }
    };
    let fixed = |judge, way| Way { judge, swept: false, ..way };
    // HybridLLM's and RouteLLM's rule: nothing counts but the win rate.
    let plain = Config {
        alpha_per_s: 0.0,
        hysteresis: 0.0,
        look_ahead: false,
        failback: false,
        queue_aware: false,
        catch_up_tokens: 0,
        handoff: Handoff { enabled: false, ..Handoff::default() },
        ..page()
    };
    let to = |mode| Config { mode, ..plain.clone() };
    // arXiv 2508.11291, with what a switch costs.
    let paper = Config { alpha_per_s: page().alpha_per_s, ..plain.clone() };
    let with_queue = Config { queue_aware: true, ..paper.clone() };
    let single_turn = Config { context_aware: false, ..paper.clone() };
    let both_sides = BothSides { enabled: true, ..BothSides::default() };
    let both = Config { both_sides, ..looking(0.15, 0.15) };
    use Part::{Baseline, Bound, End, Ours};
    let sticky = way("sticky", "the first turn's side for all", Baseline, paper.clone());
    vec![
        fixed(None, way("all_device", "all on the device", End, to(Mode::PreferDevice))),
        fixed(None, way("all_edge", "all at the edge", End, to(Mode::PreferEdge))),
        // Whichever side is expected to be sooner.
        fixed(Some(Judge::Nobody), way("latency", "latency alone", Baseline, with_queue.clone())),
        way("win_rate", "win rate alone", Baseline, plain.clone()),
        way("single_turn", "the paper's rule for single turns", Baseline, single_turn),
        Way { sticky: true, ..sticky },
        way("paper", "the paper's rule", Baseline, paper),
        way("paper_queue", "the paper's rule and the queue", Baseline, with_queue),
        // On a question that stands alone it decides as the one before does, and goes back to an edge that was
        // away; the rest counts within a dialogue.
        way("ours", "Nearside, from the prompt", Ours, page()),
        way("ours_look", "Nearside, with looks", Ours, looking(0.15, 0.15)),
        // As models/smollm2-qwen.json has it, for a scorer whose looks change little.
        way("ours_calm", "Nearside, with calm looks", Ours, looking(0.03, 0.06)),
        way("ours_both", "Nearside, both at once in doubt", Ours, both),
        fixed(Some(Judge::Oracle), way("oracle", "oracle", Bound, plain)),
    ]
}

/// The ways of these names; those that look at answers only where the scorer has `looked`.
pub fn ways(names: &[&str], looked: bool) -> Vec<Way> {
    let usable = |way: &Way| looked || !way.settings.second_look.enabled;
    all().into_iter().filter(|way| names.contains(&way.name) && usable(way)).collect()
}

/// What a page has that picks nothing: looks where the scorer has learned them.
pub fn as_set(looked: bool) -> Way {
    Way::named(if looked { "ours_look" } else { "ours" })
}

impl Way {
    /// # Panics
    /// Without a way of this name.
    pub fn named(name: &str) -> Way {
        let mut all = all().into_iter();
        all.find(|way| way.name == name).expect("the names are those of this file")
    }

    /// The same without some of what it can do.
    pub fn without(&self, features: &[Feature]) -> Way {
        let mut way = self.clone();
        features.iter().for_each(|(_, leave_out)| leave_out(&mut way.settings));
        way
    }

    pub fn config(&self, theta: f64, alpha_per_s: f64) -> Config {
        let counts_time = self.settings.alpha_per_s > 0.0;
        let alpha_per_s = if counts_time { alpha_per_s } else { 0.0 };
        Config { theta, alpha_per_s, ..self.settings.clone() }
    }
}
