//! A calibration in force, and what ends it.

use super::Router;
use super::models::{DeviceModel, ScoringModel};
use crate::config::Config;
use crate::routing::Calibration;
use crate::{Error, Result};

impl<D: DeviceModel, S: ScoringModel> Router<D, S> {
    /// Takes a calibration's thresholds over. They hold until one of them is set to something else,
    /// or another model is loaded.
    ///
    /// # Errors
    /// `calibration_invalid`; `calibration_mismatch` if it was made for other models;
    /// `device_not_ready` while there is no model to compare it with.
    pub fn calibrate(&mut self, calibration: Calibration) -> Result<()> {
        calibration.validate()?;
        let device = self.sides.local.device.as_ref().ok_or(Error::DeviceNotReady)?;
        calibration.check_pair(device.name(), self.config.edge.model.as_deref())?;
        let before = self.uncalibrated();
        self.config = calibration.applied_to(&before);
        self.calibrated = Some((calibration, before));
        Ok(())
    }

    /// The calibration in force.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.calibrated.as_ref().map(|(calibration, _)| calibration)
    }

    /// The configuration without a calibration's thresholds, which hold no longer.
    pub(super) fn uncalibrated(&mut self) -> Config {
        let mut config = self.config.clone();
        if let Some((_, before)) = self.calibrated.take() {
            config.theta = before.theta;
            config.alpha_per_s = before.alpha_per_s;
            config.second_look.theta = before.second_look.theta;
        }
        config
    }
}
