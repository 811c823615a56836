//! One thread or all, for passes over a single token: by how long either took.
//!
//! Such a pass waits for memory, and is handed out two hundred times. Whether that pays depends on
//! how much faster several cores read than one, and on whether the other cores are free: no count
//! of threads tells, and both change while a page is open.

/// How much the latest token counts in what a token takes.
const LATEST: f64 = 0.125;
/// Tokens for which the slower way is tried: one may be stopped by chance.
const N_TRIED: u32 = 4;
/// Tokens from one try to the next, and at most, when the slower way stays slower.
const BETWEEN_TRIES: u32 = 16;
const MOST_BETWEEN_TRIES: u32 = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Alone,
    Together,
}

/// Which way is faster, as far as is known.
#[derive(Debug)]
pub struct Trial {
    faster: Way,
    /// Milliseconds that a token takes by the faster way.
    millis: f64,
    /// By the slower way, when it was tried last.
    slower_millis: f64,
    /// While the slower way is tried: milliseconds, and of how many tokens.
    trying: Option<(f64, u32)>,
    until_try: u32,
    between_tries: u32,
}

impl Default for Trial {
    fn default() -> Trial {
        Trial {
            faster: Way::Alone,
            millis: f64::INFINITY,
            slower_millis: f64::INFINITY,
            trying: None,
            until_try: BETWEEN_TRIES,
            between_tries: BETWEEN_TRIES,
        }
    }
}

impl Trial {
    /// How to compute the next token.
    pub fn next(&self) -> Way {
        match (self.trying, self.faster) {
            (None, way) => way,
            (Some(_), Way::Alone) => Way::Together,
            (Some(_), Way::Together) => Way::Alone,
        }
    }

    /// A token took so long. One that was begun before another way was chosen tells nothing.
    pub fn took(&mut self, way: Way, millis: f64) {
        if way != self.next() {
            return;
        }
        if let Some((sum, n)) = &mut self.trying {
            (*sum, *n) = (*sum + millis, *n + 1);
            if *n == N_TRIED {
                self.slower_millis = *sum / f64::from(N_TRIED);
                self.decide(way);
            }
            return;
        }
        let before = if self.millis.is_finite() { self.millis } else { millis };
        self.millis = before + LATEST * (millis - before);
        self.until_try -= 1;
        if self.until_try == 0 || self.millis > self.slower_millis {
            self.trying = Some((0.0, 0));
        }
    }

    /// After `tried` was tried, which passed for the slower way.
    fn decide(&mut self, tried: Way) {
        self.trying = None;
        if self.slower_millis < self.millis {
            (self.millis, self.slower_millis) = (self.slower_millis, self.millis);
            (self.faster, self.between_tries) = (tried, BETWEEN_TRIES);
        } else {
            self.between_tries = (2 * self.between_tries).min(MOST_BETWEEN_TRIES);
        }
        self.until_try = self.between_tries;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds of `n` tokens, and of those when both ways' times are known.
    fn run(trial: &mut Trial, n: usize, [alone, together]: [f64; 2]) -> f64 {
        let token = |_| {
            let way = trial.next();
            let millis = if way == Way::Alone { alone } else { together };
            trial.took(way, millis);
            millis
        };
        (0..n).map(token).sum::<f64>() / (n as f64 * alone.min(together))
    }

    #[test]
    fn the_faster_way_is_found_and_costs_little_to_keep() {
        for (way, times) in [(Way::Together, [8.0, 6.0]), (Way::Alone, [8.0, 10.0])] {
            let mut trial = Trial::default();
            run(&mut trial, 100, times);
            assert_eq!(trial.faster, way);
            assert!(run(&mut trial, 2000, times) < 1.01);
        }
    }

    #[test]
    fn what_changes_is_noticed() {
        let mut trial = Trial::default();
        let (quiet, busy) = ([8.0, 6.0], [8.0, 12.0]);
        run(&mut trial, 2000, quiet);
        assert!(run(&mut trial, 64, busy) < 1.15, "at once where the way in use got slower");
        assert_eq!(trial.faster, Way::Alone);
        run(&mut trial, 2000, busy);
        run(&mut trial, (MOST_BETWEEN_TRIES + N_TRIED) as usize, quiet);
        assert_eq!(trial.faster, Way::Together, "at the next try where the other got faster");
    }

    #[test]
    fn a_token_of_another_way_tells_nothing() {
        let mut trial = Trial::default();
        run(&mut trial, 5, [8.0, 6.0]);
        let before = format!("{trial:?}");
        trial.took(Way::Together, 1.0);
        assert_eq!(format!("{trial:?}"), before);
    }
}
