//! What the router learns as it goes: of the link, of both sides' speed, of what each holds and the
//! edge forgets, of the person's habits and verdicts. All but the link and what is held outlives a visit.

use crate::handoff::{Ledger, Survival};
use crate::host::Host;
use crate::routing::{Competence, Feedback, Habits, Link, Rates};

const DEVICE_RATES_KEY: &str = "rates.device";
const EDGE_RATES_KEY: &str = "rates.edge";
const SURVIVAL_KEY: &str = "edge.survival";
const HABITS_KEY: &str = "habits";
const FEEDBACK_KEY: &str = "feedback";
const COMPETENCE_KEY: &str = "competence";

pub(super) struct Knowledge {
    pub link: Link,
    pub device_rates: Rates,
    pub edge_rates: Rates,
    /// Which tokens each side holds, and how soon the edge forgets.
    pub ledger: Ledger,
    pub habits: Habits,
    pub feedback: Feedback,
    /// How able models are.
    pub competence: Competence,
    /// Whether a verdict has changed `feedback`, which is large, since it was saved.
    taught: bool,
    /// The same of `competence`.
    learned: bool,
}

impl Knowledge {
    /// What earlier visits have kept. What cannot be read is as good as nothing.
    pub fn load<H: Host>(host: &H) -> Knowledge {
        fn kept<T, H: Host>(host: &H, key: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
            host.load(key).as_deref().and_then(read)
        }
        let survival = kept(host, SURVIVAL_KEY, Survival::from_json).unwrap_or_default();
        let device_rates = kept(host, DEVICE_RATES_KEY, Rates::from_json);
        let edge_rates = kept(host, EDGE_RATES_KEY, Rates::from_json);
        Knowledge {
            link: Link::new(),
            device_rates: device_rates.unwrap_or(Rates::DEVICE_PRIOR),
            edge_rates: edge_rates.unwrap_or(Rates::EDGE_PRIOR),
            ledger: Ledger::new(survival),
            habits: kept(host, HABITS_KEY, Habits::from_json).unwrap_or_default(),
            feedback: kept(host, FEEDBACK_KEY, Feedback::from_json).unwrap_or_default(),
            competence: kept(host, COMPETENCE_KEY, Competence::from_json).unwrap_or_default(),
            taught: false,
            learned: false,
        }
    }

    /// What a person said of a turn like this one.
    pub fn learn_verdict(&mut self, state: &[f32], p: f64, needed: bool) {
        self.feedback.learn(state, p, needed);
        self.taught = true;
    }

    pub fn forget_verdicts(&mut self) {
        self.feedback = Feedback::default();
        self.taught = true;
    }

    /// Something was learned of how able a model is, or spent on it.
    pub fn note_competence(&mut self) {
        self.learned = true;
    }

    pub fn save<H: Host>(&mut self, host: &H) {
        if std::mem::take(&mut self.taught) {
            host.save(FEEDBACK_KEY, &self.feedback.to_json());
        }
        if std::mem::take(&mut self.learned) {
            host.save(COMPETENCE_KEY, &self.competence.to_json());
        }
        for (key, json) in [
            (DEVICE_RATES_KEY, self.device_rates.to_json()),
            (EDGE_RATES_KEY, self.edge_rates.to_json()),
            (HABITS_KEY, self.habits.to_json()),
            (SURVIVAL_KEY, self.ledger.survival().to_json()),
        ] {
            host.save(key, &json);
        }
    }

    /// Another edge: what was learned of the one before does not hold for it.
    pub fn change_edge(&mut self) {
        self.link = Link::new();
        self.edge_rates = Rates::EDGE_PRIOR;
        self.ledger.change_edge();
    }
}
