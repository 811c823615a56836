//! Who answers: what is measured, what it costs, and the decision with its reason.

pub mod ability;
pub mod agreement;
pub mod ahead;
pub mod bandwidth;
pub mod calibration;
pub mod competence;
pub mod cost;
pub mod drafting;
pub mod features;
pub mod feedback;
pub mod flaw;
pub mod foresight;
pub mod habits;
pub mod link;
mod look;
pub mod policy;
pub mod quiz;
pub mod rates;
mod repetition;
pub mod scorer;
pub mod signals;
pub mod text;
pub mod waiting;
mod yes_or_no;

use serde::{Deserialize, Serialize};

pub use ability::{Abilities, Ability, Item};
pub use ahead::{Move, Prospect};
pub use bandwidth::Transfers;
pub use calibration::Calibration;
pub use competence::{Competence, Known, Source};
pub use cost::{DeviceTerms, EdgeTerms};
pub use feedback::{Feedback, Verdict};
pub use flaw::Flaw;
pub use habits::Habits;
pub use link::{Link, LinkEstimate};
pub use look::Look;
pub use policy::{Decision, Inputs, MIN_REST, Reason, decide};
pub use rates::Rates;
pub use repetition::Repetition;
pub use scorer::{Confidence, Score, Scorer};
pub use yes_or_no::YesOrNo;

/// The side that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    Device,
    Edge,
}

impl Route {
    pub fn other(self) -> Route {
        match self {
            Route::Device => Route::Edge,
            Route::Edge => Route::Device,
        }
    }
}
