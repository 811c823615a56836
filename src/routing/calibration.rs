//! A calibration: thresholds that keep a promise for one pair of models.
//!
//! `cargo xtask calibrate` finds and writes it, on recorded outcomes; a router that is given it
//! takes its thresholds over, if it was made for the models that the router has.

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::{Error, Result};

/// Thresholds, what they promise, and for whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    pub version: u32,
    /// The device's model and the edge's, by name.
    pub device: String,
    pub edge: String,
    /// The level of the promise: at most this share of the questions, in expectation, is kept by a
    /// device that gets them wrong where the edge would have got them right.
    pub max_loss: f64,
    /// Questions that it rests on.
    pub n: usize,
    pub theta: f64,
    /// θ of the second look.
    pub look_theta: f64,
    /// α that the promise was made with, in 1/s.
    pub alpha_per_s: f64,
}

impl Calibration {
    pub const VERSION: u32 = 1;

    /// Checks everything that can be checked without the models.
    ///
    /// # Errors
    /// `calibration_invalid`, naming what is wrong.
    pub fn validate(&self) -> Result<()> {
        let in_unit = |value: f64| (0.0..=1.0).contains(&value);
        let wrong = match self {
            _ if self.version != Calibration::VERSION => "its version is not 1",
            _ if !(self.max_loss > 0.0 && self.max_loss < 1.0) => {
                "max_loss must lie between 0 and 1"
            }
            _ if !in_unit(self.theta) => "theta must lie between 0 and 1",
            _ if !in_unit(self.look_theta) => "look_theta must lie between 0 and 1",
            _ if !(self.alpha_per_s.is_finite() && self.alpha_per_s >= 0.0) => {
                "alpha_per_s must be a number of at least 0"
            }
            _ if self.n == 0 => "it rests on no question",
            _ => return Ok(()),
        };
        Err(Error::CalibrationInvalid(wrong.to_owned()))
    }

    /// Whether it was made for these models. An edge that is not named may be any.
    ///
    /// # Errors
    /// `calibration_mismatch`, naming both pairs.
    pub fn check_pair(&self, device: &str, edge: Option<&str>) -> Result<()> {
        if self.device == device && edge.is_none_or(|edge| edge == self.edge) {
            return Ok(());
        }
        Err(Error::CalibrationMismatch {
            made_for: format!("{} → {}", self.device, self.edge),
            loaded: format!("{device} → {}", edge.unwrap_or("any")),
        })
    }

    /// The configuration with its thresholds.
    pub fn applied_to(&self, config: &Config) -> Config {
        let mut config = config.clone();
        config.theta = self.theta;
        config.alpha_per_s = self.alpha_per_s;
        config.second_look.theta = Some(self.look_theta);
        config
    }

    /// Whether a configuration still has its thresholds, and its edge.
    pub fn holds_in(&self, config: &Config) -> bool {
        let edge = config.edge.model.as_deref();
        self.applied_to(config) == *config && edge.is_none_or(|edge| edge == self.edge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration() -> Calibration {
        Calibration {
            version: 1,
            device: "small".to_owned(),
            edge: "large".to_owned(),
            max_loss: 0.05,
            n: 500,
            theta: 0.3,
            look_theta: 0.2,
            alpha_per_s: 0.01,
        }
    }

    #[test]
    fn what_cannot_hold_is_refused() {
        assert_eq!(calibration().validate(), Ok(()));
        let check = |change: fn(&mut Calibration), part: &str| {
            let mut changed = calibration();
            change(&mut changed);
            let error = changed.validate().unwrap_err();
            assert_eq!(error.code(), "calibration_invalid");
            assert!(error.to_string().contains(part), "{error}");
        };
        check(|changed| changed.version = 2, "version");
        check(|changed| changed.max_loss = 0.0, "max_loss");
        check(|changed| changed.theta = 1.5, "theta");
        check(|changed| changed.look_theta = f64::NAN, "look_theta");
        check(|changed| changed.alpha_per_s = -1.0, "alpha_per_s");
        check(|changed| changed.n = 0, "no question");
    }

    #[test]
    fn it_fits_its_own_pair_alone() {
        let check = |device, edge| calibration().check_pair(device, edge).map_err(|e| e.code());
        assert_eq!(check("small", Some("large")), Ok(()));
        assert_eq!(check("small", None), Ok(()));
        assert_eq!(check("small", Some("larger")), Err("calibration_mismatch"));
        assert_eq!(check("other", Some("large")), Err("calibration_mismatch"));
    }

    #[test]
    fn a_threshold_that_is_changed_ends_it() {
        let config = calibration().applied_to(&Config::default());
        assert_eq!((config.theta, config.second_look.theta), (0.3, Some(0.2)));
        assert!(calibration().holds_in(&config));
        assert!(calibration().holds_in(&Config { hysteresis: 0.2, ..config.clone() }));
        assert!(!calibration().holds_in(&Config { theta: 0.4, ..config }));
    }
}
