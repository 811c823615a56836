//! The router's knobs, as plain data with defaults that work.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::sampler::SamplingOptions;
use crate::handoff::codec::Encoding;
use crate::routing::{Route, quiz};
use crate::{Error, Result};

/// Which sides may answer, and which one is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The cost model decides each turn.
    #[default]
    Auto,
    /// The device answers whenever it can.
    PreferDevice,
    /// The edge answers whenever it can.
    PreferEdge,
    /// Nothing leaves the device: no request, no probe.
    DeviceOnly,
    /// The device never answers.
    EdgeOnly,
}

impl Mode {
    /// Whether the device may answer at all.
    pub fn allows_device(self) -> bool {
        self != Mode::EdgeOnly
    }

    /// Whether bytes may be sent to the edge at all.
    pub fn allows_edge(self) -> bool {
        self != Mode::DeviceOnly
    }
}

/// Where the edge is and how it is addressed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EdgeConfig {
    /// Absolute base URL of an OpenAI-compatible API, ending in its version
    /// segment: `https://host/v1`. `None`: there is no edge.
    pub base_url: Option<String>,
    /// Model name sent with each request; `None` leaves the choice to the edge.
    pub model: Option<String>,
    /// Bearer token. A page should hold only short-lived ones.
    pub token: Option<String>,
    /// How long a dialogue it reads, in tokens. What comes before is not sent: an edge that takes less
    /// and says so is told half, but one that takes more is not asked to read more than this.
    pub context_tokens: usize,
    /// Further request headers.
    pub headers: BTreeMap<String, String>,
}

impl Default for EdgeConfig {
    fn default() -> EdgeConfig {
        EdgeConfig {
            base_url: None,
            model: None,
            token: None,
            // What most hosted models read, and more than most dialogues ever have.
            context_tokens: 131_072,
            headers: BTreeMap::new(),
        }
    }
}

/// What a reader sees of the device's answer while the edge may still take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Draft {
    /// Nothing until the first look has found it good.
    #[default]
    Held,
    /// All of it, at once.
    Shown,
}

/// What becomes of the device's answer when the edge takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Takeover {
    /// The edge answers anew, and what was shown is marked as a draft.
    #[default]
    Replace,
    /// The edge goes on from it.
    Continue,
}

/// Judging the device's answer while it is written: after its first sentence, then at growing
/// intervals, and at its end. Needs a scorer that has learned it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecondLook {
    pub enabled: bool,
    /// Whether the edge takes over an answer that is none for all to see ([`crate::routing::Flaw`]).
    /// Needs no scorer, and also holds where `enabled` is off.
    pub flaws: bool,
    /// As `Config::theta`, which it is unless set: the edge takes over iff the fused score exceeds it.
    pub theta: Option<f64>,
    /// The first look comes no later than after so many tokens.
    pub first_tokens: usize,
    /// Each look comes when the answer is so many times as long as at the one before.
    pub growth: f64,
    /// Whether the finished answer is looked at.
    pub at_end: bool,
    /// How far the first decision's fused score must pass θ to send a turn to the edge at once,
    /// now that what the device writes will be looked at. What the draft is expected to cost is
    /// taken off, see [`crate::routing::drafting`].
    pub margin: f64,
    /// How far the scorer's probability goes between the first word and the last, as a standard
    /// deviation: by it an early look is trusted less, see [`crate::routing::waiting`]. 0 trusts
    /// every look alike.
    pub drift: f64,
    pub draft: Draft,
    pub takeover: Takeover,
    pub reading: DraftReading,
}

/// The edge is shown what the device has written, where the last look is in doubt, and says how likely
/// each of its tokens is. It reads and writes nothing, which costs it a fraction of an answer. Needs an edge
/// that can (docs/edges.md) and a scorer that has learned from such readings; otherwise it never happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DraftReading {
    pub enabled: bool,
    /// How far what the edge says moves the probability, as a standard deviation; 0.085 on 874 answers of
    /// SmolLM2-135M that Qwen2.5-Coder-0.5B has read.
    pub drift: f64,
    /// What a reading costs beside its time, as a share of what a call costs (θ).
    pub price: f64,
    /// Whether an edge that cannot say how likely tokens are is asked for a yes or no instead. Believed as much as
    /// the edge is able; of the one small edge that was measured, not at all (docs/routing.md).
    pub verdicts: bool,
}

impl Default for DraftReading {
    fn default() -> DraftReading {
        DraftReading { enabled: true, drift: 0.09, price: 0.25, verdicts: false }
    }
}

impl Default for SecondLook {
    fn default() -> SecondLook {
        SecondLook {
            enabled: true,
            flaws: true,
            theta: None,
            first_tokens: 32,
            growth: 1.6,
            at_end: true,
            margin: 0.15,
            drift: 0.15,
            draft: Draft::Held,
            takeover: Takeover::Replace,
            reading: DraftReading::default(),
        }
    }
}

/// Both sides begin at once where the first decision is too close to call. Needs the second look,
/// and costs a call of the edge each time. The edge then answers anew, whatever `takeover` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BothSides {
    pub enabled: bool,
    /// How near the first decision's fused score must be to the threshold that it is compared with.
    pub margin: f64,
}

impl Default for BothSides {
    fn default() -> BothSides {
        BothSides { enabled: false, margin: 0.1 }
    }
}

/// Keys and values from an edge that computes them for the device's model (docs/protocol.md).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Handoff {
    pub enabled: bool,
    /// Half floats leave the text as it is; 8 bits take half the bytes and change perplexity by less
    /// than 0.02 %.
    pub dtype: Encoding,
    /// Memory for the keys and values of all dialogues on the device, in MiB. The one that is being
    /// answered may take more.
    pub max_kv_mib: usize,
}

impl Default for Handoff {
    fn default() -> Handoff {
        Handoff { enabled: true, dtype: Encoding::Int8, max_kv_mib: 128 }
    }
}

/// How the router learns how able models are that its scorer has not learned by name, and whether they are
/// what it believes. What it learns stays on the device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompetenceConfig {
    /// Whether the device's model is asked a short quiz (models/quiz.json) while nothing else happens. Takes
    /// seconds, once for each model; a turn that begins ends it, and it goes on later. Never on a low battery.
    pub quiz: bool,
    /// Whether the edge's model is asked too: some thirty requests of about a hundred tokens. Never under
    /// `data_saver`.
    pub quiz_edge: bool,
    /// Tokens that may be spent each day on checks: after the device has answered, the edge answers too,
    /// unseen, and how alike both answers are tells how able the models are. Each is a call that counts and
    /// sends the dialogue to the edge; 0: never. Never under `data_saver`.
    pub check_tokens_per_day: usize,
}

impl Default for CompetenceConfig {
    fn default() -> CompetenceConfig {
        CompetenceConfig { quiz: true, quiz_edge: false, check_tokens_per_day: 0 }
    }
}

/// However slow a side is, it may write so many tokens.
pub const MIN_ANSWER_TOKENS: usize = 256;

/// Which models are at work, by the names of models/catalogue.json: a scorer that has learned them judges
/// them by what it knows of each.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Models {
    pub device: Option<String>,
    pub edge: Option<String>,
    /// Which questions of the quiz (models/quiz.json) a model was seen to get right, where a catalogue or a
    /// manifest says so: a `1` or a `0` for each, in their order.
    pub device_quiz: Option<String>,
    pub edge_quiz: Option<String>,
}

impl Models {
    /// Both names as the scorer has them: in small letters, without who publishes the model and without the
    /// file's ending. Servers write `Qwen/Qwen2.5-Coder-0.5B-Instruct` or `qwen2.5-coder-0.5b-instruct.gguf`.
    pub fn names(&self) -> (Option<String>, Option<String>) {
        let plain = |name: &String| {
            let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
            name.strip_suffix(".gguf").map_or(name.clone(), str::to_owned)
        };
        (self.device.as_ref().map(plain), self.edge.as_ref().map(plain))
    }

    /// What is known of a quiz.
    pub fn quiz(&self, side: Route) -> Option<&str> {
        match side {
            Route::Device => self.device_quiz.as_deref(),
            Route::Edge => self.edge_quiz.as_deref(),
        }
    }
}

/// Everything that can be set from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub edge: EdgeConfig,
    pub models: Models,
    pub competence: CompetenceConfig,
    pub mode: Mode,
    /// α of the paper's rule, in 1/s: what a second is worth, measured in right answers. 1/α is how
    /// many seconds a reader would wait for a right answer in place of a wrong one.
    pub alpha_per_s: f64,
    /// θ of the paper's rule: the edge answers iff the fused score exceeds it. So it is what a call of
    /// the edge costs, measured in right answers: at 0.25, four calls may be made for one more.
    pub theta: f64,
    /// What a wrong answer costs each later turn of its dialogue, as a share of what it costs its own:
    /// later turns build on earlier ones. Counts where the dialogue's side is weighed (`look_ahead`).
    pub carry_over: f64,
    /// How far the fused score must pass θ to leave the side that holds the dialogue.
    pub hysteresis: f64,
    /// Whether moving a dialogue is weighed over its turns to come. `hysteresis` is then what a
    /// move has to be worth beyond what it costs.
    pub look_ahead: bool,
    pub second_look: SecondLook,
    /// Never under `data_saver`.
    pub both_sides: BothSides,
    /// Never under `data_saver`.
    pub handoff: Handoff,
    /// Whether a turn that the device answers because the edge is away goes to the edge once that is
    /// back, if it is still worth it.
    pub failback: bool,
    /// Tokens of a turn that the edge answered which the device may read while nothing else happens.
    pub catch_up_tokens: usize,
    /// Tokens of the dialogue that the edge lacks and may be asked to read, while the person types
    /// or while the device's answer looks shaky, in one request for one token of answer; 0: never.
    /// Each is a call that counts, so it is off unless asked for. Never under `data_saver`.
    pub warm_edge_tokens: usize,
    /// Whether the wait for a busy edge counts. The paper's rule leaves it out.
    pub queue_aware: bool,
    /// Whether it counts what a side has to catch up on. The paper's rule for single turns, taken
    /// to dialogues, leaves it out.
    pub context_aware: bool,
    /// How tokens are drawn, on either side, where the request does not say; what this leaves open
    /// the model that answers decides.
    pub sampling: SamplingOptions,
    /// What the catalogue says of the device's model; it comes after `sampling` and before the file.
    pub device_sampling: SamplingOptions,
    /// Longest answer, in tokens, unless the request says otherwise. `None`: as many as the context
    /// leaves, but no more than `max_answer_s` allows.
    pub max_tokens: Option<usize>,
    /// Where no number of tokens is given, an answer ends after as many as its side is estimated to
    /// write in this time, in seconds; never below [`MIN_ANSWER_TOKENS`].
    pub max_answer_s: f64,
    /// How long to wait for the first byte of an answer, in milliseconds.
    pub first_byte_timeout_millis: u64,
    /// How long a stream may be silent, in milliseconds.
    pub idle_timeout_millis: u64,
    /// How long a probe may take before the edge counts as unreachable, in milliseconds.
    pub probe_timeout_millis: u64,
    /// No sized probes and no probing while idle.
    pub data_saver: bool,
    /// The device computes what is asked of it, and nothing ahead.
    pub low_battery: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            edge: EdgeConfig::default(),
            models: Models::default(),
            competence: CompetenceConfig::default(),
            mode: Mode::Auto,
            alpha_per_s: 0.005,
            theta: 0.5,
            carry_over: 0.2,
            hysteresis: 0.05,
            look_ahead: true,
            second_look: SecondLook::default(),
            both_sides: BothSides::default(),
            handoff: Handoff::default(),
            failback: true,
            catch_up_tokens: 1024,
            warm_edge_tokens: 0,
            queue_aware: true,
            context_aware: true,
            sampling: SamplingOptions::default(),
            device_sampling: SamplingOptions::default(),
            max_tokens: None,
            max_answer_s: 180.0,
            first_byte_timeout_millis: 15_000,
            idle_timeout_millis: 10_000,
            probe_timeout_millis: 3_000,
            data_saver: false,
            low_battery: false,
        }
    }
}

impl Config {
    /// Checks ranges; the message names the field.
    pub fn validate(&self) -> Result<()> {
        let in_unit = |value: f64| (0.0..=1.0).contains(&value);
        if !(self.alpha_per_s.is_finite() && self.alpha_per_s >= 0.0) {
            return Err(invalid("alpha_per_s must be a number of at least 0"));
        }
        if !in_unit(self.theta) {
            return Err(invalid("theta must lie between 0 and 1"));
        }
        if !in_unit(self.carry_over) {
            return Err(invalid("carry_over must lie between 0 and 1"));
        }
        if !in_unit(self.hysteresis) {
            return Err(invalid("hysteresis must lie between 0 and 1"));
        }
        let SecondLook { theta, first_tokens, growth, margin, drift, .. } = self.second_look;
        if !in_unit(margin) {
            return Err(invalid("second_look.margin must lie between 0 and 1"));
        }
        if !in_unit(drift) {
            return Err(invalid("second_look.drift must lie between 0 and 1"));
        }
        let DraftReading { drift, price, .. } = self.second_look.reading;
        if !in_unit(drift) {
            return Err(invalid("second_look.reading.drift must lie between 0 and 1"));
        }
        if !in_unit(price) {
            return Err(invalid("second_look.reading.price must lie between 0 and 1"));
        }
        if !theta.is_none_or(in_unit) {
            return Err(invalid("second_look.theta must lie between 0 and 1"));
        }
        if !in_unit(self.both_sides.margin) {
            return Err(invalid("both_sides.margin must lie between 0 and 1"));
        }
        if first_tokens == 0 {
            return Err(invalid("second_look.first_tokens must be at least 1"));
        }
        if !(growth.is_finite() && growth > 1.0) {
            return Err(invalid("second_look.growth must be a number above 1"));
        }
        for (name, quiz) in [
            ("models.device_quiz", &self.models.device_quiz),
            ("models.edge_quiz", &self.models.edge_quiz),
        ] {
            if quiz.as_deref().is_some_and(|text| quiz::results(text).is_none()) {
                return Err(invalid(&format!(
                    "{name} must have a 1 or a 0 for each question of models/quiz.json"
                )));
            }
        }
        if self.max_tokens == Some(0) {
            return Err(invalid(
                "max_tokens must be at least 1, or null to let answers end by themselves",
            ));
        }
        for sampling in [self.sampling, self.device_sampling] {
            sampling.validate().map_err(|error| invalid(&format!("sampling: {error}")))?;
        }
        if !(self.max_answer_s.is_finite() && self.max_answer_s > 0.0) {
            return Err(invalid("max_answer_s must be a number above 0"));
        }
        match &self.edge.base_url {
            Some(url) if !(url.starts_with("http://") || url.starts_with("https://")) => {
                Err(invalid("edge.base_url must be an absolute http or https URL"))
            }
            None if self.mode == Mode::EdgeOnly => {
                Err(invalid("mode edge-only needs edge.base_url"))
            }
            _ if self.edge.context_tokens == 0 => {
                Err(invalid("edge.context_tokens must be at least 1"))
            }
            _ => Ok(()),
        }
    }

    /// This configuration with some fields replaced, in `edge` one by one.
    pub fn with(&self, changes: serde_json::Value) -> Result<Config> {
        let mut merged = serde_json::to_value(self).map_err(|error| invalid(&error.to_string()))?;
        merge(&mut merged, changes);
        serde_json::from_value(merged).map_err(|error| invalid(&error.to_string()))
    }

    /// How many tokens an answer may have on a side that writes so many per second: what the
    /// request or the configuration says, or else the estimate.
    pub fn answer_limit(&self, asked: Option<usize>, decode_tps: f64) -> usize {
        asked
            .or(self.max_tokens)
            .unwrap_or_else(|| ((decode_tps * self.max_answer_s) as usize).max(MIN_ANSWER_TOKENS))
    }

    pub fn probe_timeout(&self) -> Duration {
        Duration::from_millis(self.probe_timeout_millis)
    }

    pub fn first_byte_timeout(&self) -> Duration {
        Duration::from_millis(self.first_byte_timeout_millis)
    }

    pub fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_millis)
    }
}

fn merge(into: &mut serde_json::Value, changes: serde_json::Value) {
    match (into, changes) {
        (serde_json::Value::Object(into), serde_json::Value::Object(changes)) => {
            for (name, change) in changes {
                merge(into.entry(name).or_insert(serde_json::Value::Null), change);
            }
        }
        (into, changes) => *into = changes,
    }
}

fn invalid(what: &str) -> Error {
    Error::InvalidConfig(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Result<(), &str>) {
        let outcome = serde_json::from_str::<Config>(json)
            .map_err(|error| error.to_string())
            .and_then(|config| config.validate().map_err(|error| error.to_string()));
        match (outcome, expected) {
            (Ok(()), Ok(())) => {}
            (Err(message), Err(part)) => assert!(message.contains(part), "{json}: {message}"),
            (outcome, _) => panic!("{json}: {outcome:?}"),
        }
    }

    #[test]
    fn configurations() {
        check("{}", Ok(()));
        check(r#"{"mode":"device-only"}"#, Ok(()));
        check(r#"{"edge":{"base_url":"http://127.0.0.1/v1"},"mode":"edge-only"}"#, Ok(()));
        check(r#"{"mode":"edge-only"}"#, Err("needs edge.base_url"));
        check(r#"{"edge":{"base_url":"/v1"}}"#, Err("absolute"));
        check(r#"{"edge":{"context_tokens":0}}"#, Err("edge.context_tokens"));
        check(r#"{"theta":1.5}"#, Err("theta"));
        check(r#"{"alpha_per_s":-1}"#, Err("alpha_per_s"));
        check(r#"{"second_look":{"enabled":false,"draft":"shown"}}"#, Ok(()));
        check(r#"{"second_look":{"theta":-0.1}}"#, Err("second_look.theta"));
        check(r#"{"second_look":{"first_tokens":0}}"#, Err("second_look.first_tokens"));
        check(r#"{"second_look":{"growth":1}}"#, Err("second_look.growth"));
        check(r#"{"second_look":{"margin":1.1}}"#, Err("second_look.margin"));
        check(r#"{"second_look":{"drift":-0.1}}"#, Err("second_look.drift"));
        check(r#"{"second_look":{"reading":{"drift":2}}}"#, Err("second_look.reading.drift"));
        check(r#"{"second_look":{"reading":{"price":-1}}}"#, Err("second_look.reading.price"));
        check(r#"{"second_look":{"draft":"shy"}}"#, Err("unknown variant"));
        check(r#"{"both_sides":{"enabled":true}}"#, Ok(()));
        check(r#"{"both_sides":{"margin":2}}"#, Err("both_sides.margin"));
        check(r#"{"models":{"device_quiz":"10"}}"#, Ok(()));
        check(r#"{"models":{"edge_quiz":"yes"}}"#, Err("models.edge_quiz"));
        check(r#"{"competence":{"quiz":false,"check_tokens_per_day":1000}}"#, Ok(()));
        check(r#"{"competence":{"quizz":true}}"#, Err("unknown field"));
        check(r#"{"max_tokens":0}"#, Err("max_tokens"));
        check(r#"{"max_tokens":null}"#, Ok(()));
        check(r#"{"max_answer_s":0}"#, Err("max_answer_s"));
        check(r#"{"sampling":{"temperature":0.7},"device_sampling":{"top_k":20}}"#, Ok(()));
        check(r#"{"sampling":{"temperature":-1}}"#, Err("temperature"));
        check(r#"{"device_sampling":{"top_p":2}}"#, Err("top_p"));
        check(r#"{"sampling":{"temp":0.7}}"#, Err("unknown field"));
        check(r#"{"carry_over":1.5}"#, Err("carry_over"));
        check(r#"{"thetta":0.5}"#, Err("unknown field"));
        check(r#"{"mode":"cloud"}"#, Err("unknown variant"));
    }

    #[test]
    fn an_answer_is_as_long_as_asked_or_as_its_side_writes_in_time() {
        let limit = |max_tokens, asked, decode_tps| {
            Config { max_tokens, max_answer_s: 60.0, ..Config::default() }
                .answer_limit(asked, decode_tps)
        };
        assert_eq!(limit(Some(10), Some(20), 1.0), 20);
        assert_eq!(limit(Some(10), None, 1.0), 10);
        assert_eq!(limit(None, None, 50.0), 3000);
        assert_eq!(limit(None, None, 0.1), MIN_ANSWER_TOKENS);
    }

    #[test]
    fn changes_leave_the_other_fields_alone() {
        let url = "http://127.0.0.1/v1".to_owned();
        let edge = EdgeConfig { base_url: Some(url), ..EdgeConfig::default() };
        let config = Config { edge, theta: 0.7, ..Config::default() };
        let changes = serde_json::json!({"mode": "device-only", "edge": {"token": "t"}});
        let changed = config.with(changes).unwrap();
        assert_eq!((changed.theta, changed.mode), (0.7, Mode::DeviceOnly));
        assert_eq!(changed.edge.base_url, config.edge.base_url);
        assert_eq!(changed.edge.token.as_deref(), Some("t"));
        let unknown = config.with(serde_json::json!({"thetta": 1})).unwrap_err();
        assert_eq!(unknown.code(), "invalid_config");
    }
}
