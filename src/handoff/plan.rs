//! How the device comes by the keys and values that it lacks: computed, fetched, or some of both.
//!
//! To compute a token's keys and values the device needs those of all tokens before it. A fetched
//! token needs nothing, but the edge must have computed all before it. So what lacks is cut in
//! three, `first | fetched | last`: the device computes `first`, for which it holds all that is
//! needed, while the edge computes and sends `fetched`; `last` has to wait for both. The other way
//! round nothing would overlap. `last` pays where the edge would have to compute what the device
//! soon has, and holds at least one token, whose logits begin the answer.
//!
//! ```text
//! T = max(compute(first), wait + edge's prefill + bytes/bandwidth) + import(fetched) + compute(last)
//! ```

use serde::Serialize;

/// What getting keys and values costs. All that is per second is above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices {
    /// Tokens that the device computes per second where attention costs nothing.
    pub prefill_tps: f64,
    /// Seconds that each earlier token adds to a token's: attention. 0 where it is negligible.
    pub attention_s: f64,
    /// `None` where keys and values cannot be fetched.
    pub fetching: Option<Fetching>,
}

/// What fetching keys and values from the edge costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fetching {
    /// Before anything comes: the round trip and the edge's queue, in seconds.
    pub wait_s: f64,
    /// Bytes on the way per token: 8-bit or 16-bit floats, and their scales.
    pub bytes_per_token: f64,
    pub down_bytes_per_s: f64,
    /// Tokens per second of the device's own model at the edge.
    pub edge_prefill_tps: f64,
    /// Tokens of the prompt that the edge holds keys and values for, of the device's model.
    pub edge_held: usize,
    /// Tokens per second that the device takes in once they have arrived.
    pub import_tps: f64,
}

/// What is done, in tokens and seconds. The parts add up to the missing tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Plan {
    /// Computed on the device while the next part travels.
    pub first: usize,
    pub fetched: usize,
    /// Computed on the device after that.
    pub last: usize,
    /// Until the device holds everything.
    pub total_s: f64,
    /// What computing everything would take.
    pub compute_s: f64,
    /// From the request to the last byte; 0 where nothing is fetched.
    pub transfer_s: f64,
    pub received_bytes: f64,
}

impl Plan {
    /// Nothing is missing.
    pub fn nothing() -> Plan {
        let prices = Prices { prefill_tps: 1.0, attention_s: 0.0, fetching: None };
        cheapest(&prices, 0, 0)
    }

    /// Tokens that the device computes.
    pub fn computed(&self) -> usize {
        self.first + self.last
    }
}

/// Prices are measured, not known: a fetch that promises to save less than this share is not made.
const MIN_SAVING: f64 = 0.1;

/// The cheapest way to the tokens `held..n_prompt`. Where two take equally long, the one that
/// fetches less; so a device that is faster than the transfer computes, and so does one that is
/// hardly slower.
///
/// For each end of what is fetched, the time is a convex function of its start, as attention only
/// makes later tokens dearer. So the search is exact, in `n log n` steps.
pub fn cheapest(prices: &Prices, held: usize, n_prompt: usize) -> Plan {
    let n_missing = n_prompt.saturating_sub(held);
    let course = Course { prices, held, n_missing };
    let all_computed = course.compute_all();
    let Some(fetching) = &prices.fetching else { return all_computed };
    let mut best = all_computed;
    for end in 1..n_missing {
        let (mut low, mut high) = (0, end - 1);
        while low < high {
            let middle = (low + high) / 2;
            let seconds = |first| course.seconds(fetching, first, end);
            if seconds(middle) > seconds(middle + 1) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if course.seconds(fetching, low, end) < best.total_s {
            best = course.plan(fetching, low, end);
        }
    }
    let worth_it = best.total_s <= (1.0 - MIN_SAVING) * best.compute_s;
    if worth_it { best } else { all_computed }
}

/// The ways to one prompt's missing tokens.
struct Course<'p> {
    prices: &'p Prices,
    held: usize,
    n_missing: usize,
}

impl Course<'_> {
    fn compute_all(&self) -> Plan {
        let compute_s = self.compute_s(0, self.n_missing);
        Plan {
            first: 0,
            fetched: 0,
            last: self.n_missing,
            total_s: compute_s,
            compute_s,
            transfer_s: 0.0,
            received_bytes: 0.0,
        }
    }

    /// The missing tokens `first..end` are fetched.
    fn plan(&self, fetching: &Fetching, first: usize, end: usize) -> Plan {
        Plan {
            first,
            fetched: end - first,
            last: self.n_missing - end,
            total_s: self.seconds(fetching, first, end),
            compute_s: self.compute_s(0, self.n_missing),
            transfer_s: self.transfer_s(fetching, first, end),
            received_bytes: (end - first) as f64 * fetching.bytes_per_token,
        }
    }

    fn seconds(&self, fetching: &Fetching, first: usize, end: usize) -> f64 {
        let arrived_s = self.transfer_s(fetching, first, end);
        let import_s = (end - first) as f64 / fetching.import_tps;
        self.compute_s(0, first).max(arrived_s) + import_s + self.compute_s(end, self.n_missing)
    }

    fn transfer_s(&self, fetching: &Fetching, first: usize, end: usize) -> f64 {
        let n_computed = (self.held + end).saturating_sub(fetching.edge_held);
        fetching.wait_s
            + n_computed as f64 / fetching.edge_prefill_tps
            + (end - first) as f64 * fetching.bytes_per_token / fetching.down_bytes_per_s
    }

    /// Of the missing tokens `start..end`. Each attends to all that come before it.
    fn compute_s(&self, start: usize, end: usize) -> f64 {
        let n_tokens = (end - start) as f64;
        let n_before = (self.held + start) as f64 + (n_tokens - 1.0) / 2.0;
        n_tokens * (1.0 / self.prices.prefill_tps + self.prices.attention_s * n_before)
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg32;

    use super::*;

    /// Ten tokens a second here, a thousand there; a token a kilobyte, a hundred of them a second.
    const PRICES: Prices = Prices { prefill_tps: 10.0, attention_s: 0.0, fetching: Some(FETCHING) };
    const FETCHING: Fetching = Fetching {
        wait_s: 0.5,
        bytes_per_token: 1000.0,
        down_bytes_per_s: 1e5,
        edge_prefill_tps: 1000.0,
        edge_held: 0,
        import_tps: 1e4,
    };

    #[track_caller]
    fn check(prices: &Prices, (held, n_prompt): (usize, usize), expected: (usize, usize, usize)) {
        let plan = cheapest(prices, held, n_prompt);
        assert_eq!((plan.first, plan.fetched, plan.last), expected, "{plan:?}");
        assert_eq!(plan.first + plan.fetched + plan.last, n_prompt - held);
        assert!(plan.total_s <= plan.compute_s);
    }

    #[test]
    fn plans_by_hand() {
        // Until the first byte came the device would be done.
        check(&PRICES, (100, 104), (0, 0, 4));
        // A tenth of a second each for what is computed, a hundredth for what is fetched: while
        // 0.5 s + 0.11 s pass and the rest travels, the device computes its share.
        check(&PRICES, (0, 111), (15, 95, 1));
        // Nothing can be fetched, or only slower than it is computed.
        check(&Prices { fetching: None, ..PRICES }, (0, 5000), (0, 0, 5000));
        let slow = Fetching { down_bytes_per_s: 5e3, ..FETCHING };
        let plan = cheapest(&Prices { fetching: Some(slow), ..PRICES }, 0, 1000);
        assert!(plan.first > plan.fetched, "most is computed while a few travel: {plan:?}");
        let slower = Fetching { import_tps: 9.0, ..FETCHING };
        check(&Prices { fetching: Some(slower), ..PRICES }, (0, 1000), (0, 0, 1000));
        check(&PRICES, (7, 7), (0, 0, 0));
    }

    #[test]
    fn what_the_edge_lacks_as_well_may_be_left_to_the_device() {
        // The edge would take longer for the last hundred tokens than the device.
        let fetching = Fetching { edge_held: 400, edge_prefill_tps: 5.0, ..FETCHING };
        let plan = cheapest(&Prices { fetching: Some(fetching), ..PRICES }, 0, 500);
        assert_eq!(plan.last, 100, "{plan:?}");
    }

    #[test]
    fn times_add_up_by_hand() {
        let prices = Prices { attention_s: 0.001, ..PRICES };
        let course = Course { prices: &prices, held: 50, n_missing: 30 };
        // Tokens 50 to 79, each with a thousandth of a second for each one before it.
        assert!((course.compute_s(0, 30) - (3.0 + 0.001 * 1935.0)).abs() < 1e-12);
        let first_s = 1.0 + 0.001 * 545.0;
        let transfer_s = 0.5 + 0.079 + 0.19;
        let last_s = 0.1 + 0.079;
        let plan = course.plan(&FETCHING, 10, 29);
        assert!((plan.transfer_s - transfer_s).abs() < 1e-12);
        assert!((plan.total_s - (first_s + 0.0019 + last_s)).abs() < 1e-12, "{plan:?}");
        assert_eq!((plan.computed(), plan.received_bytes), (11, 19_000.0));
    }

    #[test]
    fn no_other_cut_is_cheaper_unless_it_saves_next_to_nothing() {
        let mut random = Pcg32::seed_from_u64(4);
        let mut kinds = [0; 3];
        for _ in 0..400 {
            let mut rate = |low: f64, high: f64| random.random_range(low..high).exp2();
            let fetching = Fetching {
                wait_s: rate(-6.0, 2.0),
                bytes_per_token: rate(7.0, 15.0),
                down_bytes_per_s: rate(12.0, 24.0),
                edge_prefill_tps: rate(1.0, 12.0),
                edge_held: rate(0.0, 8.0) as usize - 1,
                import_tps: rate(3.0, 14.0),
            };
            let (prefill_tps, attention_s) = (rate(1.0, 10.0), rate(-24.0, -8.0));
            let prices = Prices { prefill_tps, attention_s, fetching: Some(fetching) };
            let held = random.random_range(0..100);
            let n_missing = random.random_range(0..90);
            let plan = cheapest(&prices, held, held + n_missing);
            let course = Course { prices: &prices, held, n_missing };
            let mut least_s = plan.compute_s;
            for end in 1..n_missing {
                for first in 0..end {
                    least_s = least_s.min(course.seconds(&fetching, first, end));
                }
            }
            if least_s > (1.0 - MIN_SAVING) * plan.compute_s {
                least_s = plan.compute_s;
            }
            assert!((plan.total_s - least_s).abs() < 1e-9, "{plan:?}, not {least_s}");
            assert!(n_missing == 0 || plan.last > 0, "the last token gives the logits");
            kinds[usize::from(plan.fetched > 0) + usize::from(plan.first > 0)] += 1;
        }
        assert!(kinds.iter().all(|n| *n > 5), "all kinds of plans occur: {kinds:?}");
    }
}
