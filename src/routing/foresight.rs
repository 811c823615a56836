//! What a move to the other side is expected to save over the rest of a dialogue.
//!
//! Later turns are drawn from those that were seen: on each, one side is better by as much as it
//! was on one of them. With what a missed turn adds to a side's debt, the best way to go on is
//! found by dynamic programming over the turns that are left: whether to move at each of them,
//! knowing that turn and expecting the rest.

/// No more turns are looked ahead.
const MAX_TURNS: usize = 16;

/// What one side would cost this turn, in seconds and quality.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Had it never been away.
    pub turn_s: f64,
    /// What it has to catch up on besides.
    pub debt_s: f64,
    /// What each turn that it misses adds to that.
    pub per_turn_s: f64,
}

/// Expected seconds that moving now saves against staying now, both followed by the best way on.
///
/// `advantages` are what the other side was better by on turns that were seen, `advantage_s` is that
/// of this turn. Without any, only this turn counts.
pub fn worth_s(
    advantages: &[f64],
    advantage_s: f64,
    turns_left: f64,
    holder: &Cost,
    other: &Cost,
) -> f64 {
    let regret = |advantage: f64| [advantage.max(0.0), (-advantage).max(0.0)];
    let [stay_s, move_s] = regret(advantage_s);
    let at_once_s = stay_s - move_s - other.debt_s;
    if advantages.is_empty() {
        return at_once_s;
    }
    let n_turns = (turns_left.round() as usize).min(MAX_TURNS);
    let mean = |value: &dyn Fn(f64) -> f64| {
        advantages.iter().map(|advantage| value(*advantage)).sum::<f64>() / advantages.len() as f64
    };
    let per_turn_s = [holder.per_turn_s, other.per_turn_s];
    // rest[side][j]: at `side`, the other one has missed `j` turns, counted from a move.
    let mut rest = [vec![0.0; n_turns + 2], vec![0.0; n_turns + 2]];
    // unmoved[j]: at the holder, which has answered `j` turns from this one on.
    let mut unmoved = vec![0.0; n_turns + 2];
    for _ in 0..n_turns {
        let way_on = |side: usize, stays_s: f64, debt_s: f64| {
            let moves_s = rest[1 - side][1] + debt_s;
            mean(&|advantage| {
                let regrets = regret(advantage);
                (regrets[side] + stays_s).min(regrets[1 - side] + moves_s)
            })
        };
        let after = |side: usize, j: usize| rest[side][(j + 1).min(n_turns + 1)];
        let next = [0, 1].map(|side: usize| -> Vec<f64> {
            let debt_s = |j: usize| j as f64 * per_turn_s[1 - side];
            (0..n_turns + 2).map(|j| way_on(side, after(side, j), debt_s(j))).collect()
        });
        let next_unmoved = (0..n_turns + 2).map(|j| {
            let debt_s = other.debt_s + j as f64 * per_turn_s[1];
            way_on(0, unmoved[(j + 1).min(n_turns + 1)], debt_s)
        });
        unmoved = next_unmoved.collect();
        rest = next;
    }
    at_once_s + unmoved[1] - rest[1][1]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Neither side costs anything but what it lacks.
    fn cost(debt_s: f64, per_turn_s: f64) -> Cost {
        Cost { turn_s: 0.0, debt_s, per_turn_s }
    }

    #[track_caller]
    fn check(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    #[test]
    fn without_a_rest_only_this_turn_counts() {
        let (holder, other) = (cost(0.0, 1.0), cost(5.0, 1.0));
        check(worth_s(&[2.0], 3.0, 0.0, &holder, &other), -2.0);
        check(worth_s(&[], 3.0, 9.0, &holder, &other), -2.0);
        check(worth_s(&[], -1.0, 9.0, &holder, &other), -6.0);
    }

    #[test]
    fn a_lasting_advantage_is_worth_all_its_turns_less_the_debt() {
        // Whoever moves now gains 2 s on each of four turns; whoever stays would move never.
        let (holder, dear) = (cost(0.0, 0.0), cost(100.0, 0.0));
        check(worth_s(&[2.0], 2.0, 3.0, &holder, &dear), 8.0 - 100.0);
        // Here staying now means to move one turn later, for one turn's debt more.
        let cheap = cost(1.0, 0.5);
        check(worth_s(&[2.0], 2.0, 3.0, &holder, &cheap), 2.0 + 0.5);
    }

    #[test]
    fn what_comes_back_is_not_counted_twice() {
        // The other side is better by 1 s on this turn, and then on every second one; for free it
        // would be asked on those, and moving now loses nothing.
        let free = cost(0.0, 0.0);
        check(worth_s(&[1.0, -1.0], 1.0, 8.0, &free, &free), 1.0);
        // Where each return costs more than it brings, moving pays only for this turn.
        let (holder, other) = (cost(0.0, 50.0), cost(0.0, 50.0));
        check(worth_s(&[1.0, -1.0], 1.0, 8.0, &holder, &other), 1.0);
    }
}
