//! How many bytes a second the link carries one way: measured by probes where the edge has an
//! endpoint for them, learned from what answers bring where it has none.

use std::time::Duration;

/// What is known is known for so long.
const BANDWIDTH_TTL: Duration = Duration::from_secs(300);
pub(super) const FIRST_SIZED_BYTES: usize = 8 * 1024;
pub(super) const MAX_SIZED_BYTES: usize = 512 * 1024;
/// A transfer this long beyond the round trip gives a usable bandwidth, in seconds.
pub(super) const GOOD_TRANSFER_S: f64 = 0.03;
/// Fewer bytes than this go in the first packets, which tells nothing.
pub(super) const MIN_LEARNED_BYTES: usize = 8 * 1024;

/// What the transfers of one answer took, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transfers {
    /// Of the request.
    pub sent_bytes: usize,
    /// From sending the request to the response's head.
    pub head_s: f64,
    /// From there to the first word. Next to nothing where the head waited for the word.
    pub computed_s: f64,
    /// Of a body that was there in full before it was sent, its bytes after the first piece, and
    /// what they took.
    pub whole: Option<(usize, f64)>,
    /// Of a stream, its fastest stretch.
    pub fastest_bytes_per_s: Option<f64>,
}

/// One direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bandwidth {
    bytes_per_s: Option<f64>,
    /// How large the next probe should be.
    pub next_bytes: usize,
    pub settled_at: Option<Duration>,
    /// It was seen to be at least so much.
    floor: Option<(f64, Duration)>,
    learned_at: Option<Duration>,
}

impl Bandwidth {
    pub const UNKNOWN: Bandwidth = Bandwidth {
        bytes_per_s: None,
        next_bytes: FIRST_SIZED_BYTES,
        settled_at: None,
        floor: None,
        learned_at: None,
    };

    pub fn is_known(&self) -> bool {
        self.bytes_per_s.is_some()
    }

    /// What is known, or else the prior; and no less than was seen.
    pub fn estimate(&self, prior: f64, now: Duration) -> f64 {
        let seen = self.floor.filter(|(_, at)| now.saturating_sub(*at) <= BANDWIDTH_TTL);
        let known = self.bytes_per_s.unwrap_or(prior);
        seen.map_or(known, |(floor, _)| known.max(floor))
    }

    /// Whether a probe should measure it.
    pub fn due(&self, now: Duration) -> bool {
        self.settled_at.is_none_or(|at| now.saturating_sub(at) > BANDWIDTH_TTL)
    }

    /// What was measured holds until it is measured anew, which is soon.
    pub fn forget(&mut self) {
        (self.settled_at, self.floor, self.learned_at) = (None, None, None);
    }

    /// Takes in a probe's transfer of `n_bytes` that took `transfer_s` beyond the round trip.
    pub fn observe(&mut self, n_bytes: usize, transfer_s: f64, now: Duration) {
        self.bytes_per_s = Some(n_bytes as f64 / transfer_s.max(1e-4));
        self.floor = None;
        if transfer_s >= GOOD_TRANSFER_S || n_bytes >= MAX_SIZED_BYTES {
            self.settled_at = Some(now);
            self.next_bytes = FIRST_SIZED_BYTES;
        } else {
            self.settled_at = None;
            self.next_bytes = (n_bytes * 4).min(MAX_SIZED_BYTES);
        }
    }

    /// Takes in a transfer that was no probe's, and that may have taken so long for other reasons,
    /// up to `noise_s`: a long one is a measurement like others, a short one only says that the
    /// link is no slower.
    pub fn learn(&mut self, n_bytes: usize, transfer_s: f64, noise_s: f64, now: Duration) {
        if n_bytes < MIN_LEARNED_BYTES {
            return;
        }
        let noise_s = noise_s.max(GOOD_TRANSFER_S);
        if transfer_s < noise_s {
            return self.at_least(n_bytes as f64 / noise_s, now);
        }
        let sample = n_bytes as f64 / transfer_s;
        let recent = self.learned_at.is_some_and(|at| now.saturating_sub(at) <= BANDWIDTH_TTL);
        self.bytes_per_s = Some(match self.bytes_per_s.filter(|_| recent) {
            // A rate that halves weighs as much as one that doubles.
            Some(known) => (known * sample).sqrt(),
            None => sample,
        });
        (self.learned_at, self.floor) = (Some(now), None);
    }

    /// Bytes came, or went, at this rate.
    pub fn at_least(&mut self, bytes_per_s: f64, now: Duration) {
        let seen = self.floor.filter(|(_, at)| now.saturating_sub(*at) <= BANDWIDTH_TTL);
        if seen.is_none_or(|(floor, _)| bytes_per_s >= floor) {
            self.floor = Some((bytes_per_s, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_transfer_that_cannot_be_told_from_noise_is_only_a_bound() {
        let mut up = Bandwidth::UNKNOWN;
        up.learn(1000, 9.0, 0.0, at(0.0));
        assert_eq!(up.estimate(5e5, at(0.0)), 5e5, "too few bytes to tell");
        up.learn(60_000, 0.05, 0.06, at(0.0));
        assert!(!up.is_known());
        assert_eq!(up.estimate(5e5, at(0.0)), 1e6);
        assert_eq!(up.estimate(2e6, at(0.0)), 2e6, "the prior is no less");
        assert_eq!(up.estimate(5e5, at(400.0)), 5e5, "bounds age");
    }

    #[test]
    fn long_transfers_measure_and_the_next_ones_correct() {
        let mut up = Bandwidth::UNKNOWN;
        up.learn(20_000, 0.5, 0.1, at(0.0));
        assert!(up.is_known());
        assert_eq!(up.estimate(5e5, at(0.0)), 4e4);
        up.learn(20_000, 0.125, 0.1, at(10.0));
        assert_eq!(up.estimate(5e5, at(10.0)), 8e4);
        up.learn(20_000, 1.0, 0.1, at(500.0));
        assert_eq!(up.estimate(5e5, at(500.0)), 2e4, "what is old has no weight");
        up.at_least(3e4, at(501.0));
        assert_eq!(up.estimate(5e5, at(501.0)), 3e4, "what was seen is possible");
    }
}
