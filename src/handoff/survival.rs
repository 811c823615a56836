//! How likely an edge still holds what it has computed, by the time since it last used it.
//!
//! An edge's prefix cache forgets at a time that nobody announces. Each answer says which share of
//! an expected prefix was still there at one age: statisticians call that current status data, of
//! which the isotonic regression on age is the nonparametric maximum likelihood estimate of the
//! survival function (Ayer et al. 1955; Groeneboom and Wellner 1992). Here it is taken over ages that double from bin to bin,
//! each of which begins with half a made-up observation: half of what is held is gone after five
//! minutes. Old observations fade, as an edge's load changes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bins of ages: below two seconds, below four, … the last holds all that is older.
const N_BINS: usize = 16;
/// Half-life of what the prior expects to be held.
const PRIOR_HALF_LIFE_S: f64 = 300.0;
/// The prior of a bin counts as so many observations.
const PRIOR_WEIGHT: f64 = 0.5;
/// Share of what is known that a new observation leaves: some 64 count.
const MEMORY: f64 = 1.0 - 1.0 / 64.0;
const VERSION: u32 = 1;

/// The estimate, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Survival {
    version: u32,
    bins: [Bin; N_BINS],
}

/// Observations at ages of one bin.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Bin {
    n: f64,
    /// Sum of the shares that were still there.
    kept: f64,
}

impl Default for Survival {
    fn default() -> Survival {
        Survival { version: VERSION, bins: [Bin::default(); N_BINS] }
    }
}

impl Survival {
    /// What was stored earlier, if it is usable.
    pub fn from_json(json: &str) -> Option<Survival> {
        let survival: Survival = serde_json::from_str(json).ok()?;
        // Numbers that were written and read may differ in their last digit.
        let usable =
            |bin: &Bin| bin.n.is_finite() && (0.0..=bin.n * (1.0 + 1e-9)).contains(&bin.kept);
        (survival.version == VERSION && survival.bins.iter().all(usable)).then_some(survival)
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers always serialize")
    }

    /// Takes in that of what was last used `age` ago this share was still there, in [0, 1].
    pub fn observe(&mut self, age: Duration, kept: f64) {
        for bin in &mut self.bins {
            bin.n *= MEMORY;
            bin.kept *= MEMORY;
        }
        let bin = &mut self.bins[(place(age) as usize).min(N_BINS - 1)];
        bin.n += 1.0;
        bin.kept += kept.clamp(0.0, 1.0);
    }

    /// Expected share that is still there of what was last used `age` ago, in [0, 1]. It never
    /// grows with the age. Between the middles of two bins it is linear in the age's logarithm.
    pub fn expected_share(&self, age: Duration) -> f64 {
        let fitted = self.fitted();
        let at = (place(age) - 0.5).clamp(0.0, (N_BINS - 1) as f64);
        let below = (at as usize).min(N_BINS - 2);
        let share = at - below as f64;
        fitted[below] * (1.0 - share) + fitted[below + 1] * share
    }

    /// The bins' means with their priors, made non-increasing by pooling adjacent violators.
    fn fitted(&self) -> [f64; N_BINS] {
        // Blocks of bins: sum of shares, sum of weights, number of bins.
        let mut blocks: Vec<(f64, f64, usize)> = Vec::with_capacity(N_BINS);
        for (index, bin) in self.bins.iter().enumerate() {
            let mut block = (bin.kept + PRIOR_WEIGHT * prior(index), bin.n + PRIOR_WEIGHT, 1);
            while let Some(last) = blocks.pop_if(|last| last.0 * block.1 < block.0 * last.1) {
                block = (last.0 + block.0, last.1 + block.1, last.2 + block.2);
            }
            blocks.push(block);
        }
        let mut fitted = [0.0; N_BINS];
        let means = blocks.iter().flat_map(|(kept, n, len)| std::iter::repeat_n(kept / n, *len));
        fitted.iter_mut().zip(means).for_each(|(fitted, mean)| *fitted = mean);
        fitted
    }
}

/// Where an age lies on the scale of the bins: bin `i` spans `i..i + 1`.
fn place(age: Duration) -> f64 {
    age.as_secs_f64().max(1.0).log2()
}

/// Expected share at the middle of a bin, before anything was seen.
fn prior(bin: usize) -> f64 {
    let middle_s = (bin as f64 + 0.5).exp2();
    (-middle_s / PRIOR_HALF_LIFE_S).exp2()
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg32;

    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[track_caller]
    fn check(survival: &Survival, age_s: f64, low: f64, high: f64) {
        let share = survival.expected_share(seconds(age_s));
        assert!((low..=high).contains(&share), "{share} after {age_s} s");
    }

    #[test]
    fn before_anything_is_seen_half_is_held_after_five_minutes() {
        let fresh = Survival::default();
        check(&fresh, 0.0, 0.99, 1.0);
        check(&fresh, 20.0, 0.93, 0.97);
        check(&fresh, 300.0, 0.45, 0.55);
        check(&fresh, 7200.0, 0.0, 0.01);
    }

    #[test]
    fn a_fixed_time_to_live_is_found() {
        let mut random = Pcg32::seed_from_u64(1);
        for ttl_s in [10.0, 60.0, 1800.0] {
            let mut survival = Survival::default();
            for _ in 0..200 {
                let age_s = random.random_range(0.0..15.0_f64).exp2();
                survival.observe(seconds(age_s), f64::from(u8::from(age_s < ttl_s)));
            }
            check(&survival, ttl_s / 4.0, 0.8, 1.0);
            check(&survival, ttl_s * 4.0, 0.0, 0.2);
        }
    }

    #[test]
    fn an_edge_that_changes_its_ways_is_followed() {
        let mut survival = Survival::default();
        (0..300).for_each(|_| survival.observe(seconds(40.0), 1.0));
        check(&survival, 40.0, 0.95, 1.0);
        (0..200).for_each(|_| survival.observe(seconds(40.0), 0.0));
        check(&survival, 40.0, 0.0, 0.3);
    }

    #[test]
    fn the_share_never_grows_with_the_age() {
        let mut random = Pcg32::seed_from_u64(2);
        for _ in 0..200 {
            let mut survival = Survival::default();
            for _ in 0..random.random_range(0..30) {
                let age_s = random.random_range(-2.0..18.0_f64).exp2();
                survival.observe(seconds(age_s), random.random());
            }
            let ages = (0..400).map(|i| seconds((f64::from(i) / 20.0).exp2() - 1.0));
            let shares: Vec<f64> = ages.map(|age| survival.expected_share(age)).collect();
            assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
            assert!(shares.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{shares:?}");
        }
    }

    #[test]
    fn what_is_stored_comes_back_and_what_is_damaged_does_not() {
        let mut survival = Survival::default();
        (0..50).for_each(|i| survival.observe(seconds(f64::from(i) * 7.0), 1.0));
        let back = Survival::from_json(&survival.to_json()).unwrap();
        let difference = |age| back.expected_share(age) - survival.expected_share(age);
        assert!((1..4000).all(|age_s| difference(seconds(f64::from(age_s))).abs() < 1e-9));
        let json = Survival::default().to_json();
        assert!(Survival::from_json(&json.replacen("\"kept\":0.0", "\"kept\":2.0", 1)).is_none());
        assert!(Survival::from_json(&json.replace("\"version\":1", "\"version\":2")).is_none());
        assert!(Survival::from_json("{").is_none());
    }
}
