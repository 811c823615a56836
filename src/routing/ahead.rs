//! Whether a dialogue should move to the other side: for this turn's sake, and for those to come.
//!
//! A side that was away has to catch up on what it missed before it can answer: its *debt*. Each
//! turn on which the other side would have been better, had it not been away, leaves a *regret*.
//! Both are in seconds, quality among them: at α, a probability `p` that the edge is needed makes
//! the device dearer by `p/α`, and θ makes the edge dearer by `θ/α`.
//!
//! # The rule
//! As in renting or buying skis (Karlin et al. 1988), the dialogue moves on a turn on which the
//! other side is better if that side's regret since it answered last, this turn's included, is at
//! least its debt. Then the cost of any dialogue is at most three times that of the best sequence
//! of sides in hindsight. No deterministic rule can promise less: this is a metrical task system
//! with two states, for which 2·2 − 1 is the best ratio (Borodin, Linial and Saks 1992). Their
//! work-function rule asks for switch costs that do not change; here they grow while a side is
//! away, and are gone once it has caught up.
//!
//! # Looking ahead
//! [`foresight`](super::foresight) expects what a move saves over the rest of the dialogue. That is
//! a guess, so it may only shift the rule: where the move is expected to pay, the regret has to
//! reach λ = ½ of the debt, where it is not, μ = 2 times the debt. The promise is then `1/λ +
//! μ(1 + 1/λ)`, eight times instead of three, however wrong the guesses are.
//!
//! What an answer does to later turns that build on it (`carry_over`) is a guess of the same kind.
//! It counts in what the move is expected to save, once and against the whole debt. It is no part of
//! advantage and regret: those are what turns have lost themselves, and of them the promise speaks.
//!
//! # Why
//! Turn `t` costs `c_t(s)` at a side `s` that was there before, its new tokens among that, and a
//! side catches up on the tokens of a missed turn once, at a fixed price. Let `m_t` be the lesser
//! of both costs, `A` the rule's sequence and `O` the best one. `A` pays `Σ m_t`, regrets and debts.
//! Cut each side's time into epochs, from one of its turns in `A` to the next. Its debt in an epoch
//! is for tokens that came within the epoch; let `P` be what `O` pays for those. Let `t*` be the
//! last turn before the epoch's end that `O` answers on this side. Until then the regret is below μ
//! times the debt at `t*`, as `A` has not moved, and that debt is at most `P`. After `t*`, `O` is
//! where `A` is and has the same regrets, `r` in all. On the turn that ends the epoch the other side
//! is dearer by `x`, which `A` does not pay.
//! - If `O` answers that turn on this side too, the debt is at most `P`, and all is ≤ `(1 + μ)P`.
//! - If not, the debt is ≤ `(μP + r + x)/λ`, and with `k = 1 + 1/λ` all is ≤ `k(μP + r) + x/λ`.
//!
//! Sum up by turns. Where `A` and `O` are on one side, `m_t + k·r_t` is at most `k·c_t(O)`. Where
//! they are not, `O`'s new tokens count in a `P`, its regret only as that `x`: `m_t + x_t/λ +
//! kμ·tokens ≤ (1/λ + kμ)·c_t(O)`. What `O` catches up on counts `kμ` times. So `A ≤ (1/λ + kμ)·O`.
//! An epoch that the dialogue's end cuts off has regrets alone. Where both sides begin with debts,
//! the lesser cost of the first turn is paid besides.
//!
//! # A margin
//! Costs are estimates, and with every move another voice goes on. So a move may cost a margin `h`
//! beyond the debt (`hysteresis/α`), which counts as part of it. Then an epoch may begin with `O`
//! already on its side, which pays no `h` in it. But `A` has just left that side: in the epoch
//! before, `O` has either moved too and paid `h`, or had regrets of at least `λ·h`. Charging the
//! missing `kμ·h` there gives `A ≤ (1/λ + k²μ)·O + kμ·h`, the last for the first epoch: five times
//! without looking ahead, twenty with it.
//!
//! What this takes for granted is that prices stay, that the edge forgets nothing, and that costs
//! are what was expected. The tests hold the rule against the best sequence of thousands of
//! dialogues, found by dynamic programming, which in turn is held against trying all sequences.

use serde::Serialize;

use super::Route;
pub use super::foresight::Cost;
use super::foresight::worth_s;

/// λ, where looking ahead speaks for the move.
const HURRIED: f64 = 0.5;
/// μ, where it speaks against.
const PATIENT: f64 = 2.0;

/// What is known of the dialogue before this turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// Who answered last.
    pub holder: Route,
    /// What the turns since the other side's last one have lost.
    pub regret_s: f64,
    /// Expected number of turns after this one.
    pub turns_left: f64,
    /// What the other side was better by on turns of late, this dialogue's or others'.
    pub advantages: Vec<f64>,
}

/// What looking ahead needs beside the terms of both sides. The debts are within those.
#[derive(Debug, Clone, PartialEq)]
pub struct Prospect {
    pub outlook: Outlook,
    pub device_debt_s: f64,
    pub edge_debt_s: f64,
    /// What each turn that the side misses adds to its debt.
    pub device_per_turn_s: f64,
    pub edge_per_turn_s: f64,
}

/// Whether the dialogue moves, and what that rests on. Times in seconds, quality among them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Move {
    pub to: Route,
    pub moves: bool,
    /// What the other side is better by on this turn, had it never been away.
    pub advantage_s: f64,
    /// What it has to catch up on, and the margin.
    pub debt_s: f64,
    /// What the turns since its last one have lost, this one included.
    pub regret_s: f64,
    /// What moving now is expected to save over the rest of the dialogue.
    pub worth_s: f64,
    pub turns_left: f64,
    /// Share of the debt that the regret must reach.
    pub share: f64,
}

impl Move {
    /// What is lost so far after this turn was answered on `answered`.
    pub fn regret_after(&self, answered: Route) -> f64 {
        if answered == self.to { 0.0 } else { self.regret_s }
    }
}

/// Looks ahead and applies the rule to a dialogue that one side holds. What that side lacks itself,
/// as it has forgotten it, counts as its turn's cost. `later_s` is what later turns gain if the other
/// side's answer is what they build on.
pub fn weigh(outlook: &Outlook, holder: Cost, other: Cost, later_s: f64) -> Move {
    let advantage_s = holder.turn_s + holder.debt_s - other.turn_s;
    let Outlook { turns_left, ref advantages, .. } = *outlook;
    let worth_s = worth_s(advantages, advantage_s, turns_left, &holder, &other) + later_s;
    let share = if worth_s > 0.0 { HURRIED } else { PATIENT };
    let regret_s = outlook.regret_s + advantage_s.max(0.0);
    Move {
        to: outlook.holder.other(),
        moves: moves(advantage_s, regret_s, other.debt_s, share),
        advantage_s,
        debt_s: other.debt_s,
        regret_s,
        worth_s,
        turns_left,
        share,
    }
}

/// The rule.
fn moves(advantage_s: f64, regret_s: f64, debt_s: f64, share: f64) -> bool {
    advantage_s > 0.0 && regret_s >= share * debt_s
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg32;

    use super::*;

    /// A turn: what each side takes beside its prefill, and the new tokens.
    #[derive(Debug, Clone, Copy)]
    struct Turn {
        own_s: [f64; 2],
        n_new: f64,
    }

    /// Seconds per token of each side.
    type Prices = [f64; 2];

    fn costs(turn: Turn, prices: Prices, missed: [f64; 2]) -> [Cost; 2] {
        [0, 1].map(|side| Cost {
            turn_s: turn.own_s[side] + prices[side] * turn.n_new,
            debt_s: prices[side] * missed[side],
            per_turn_s: 0.0,
        })
    }

    /// The rule's way through a dialogue, turn by turn.
    struct Walk {
        prices: Prices,
        margin_s: f64,
        side: usize,
        /// Tokens that each side missed.
        missed: [f64; 2],
        regret_s: f64,
        cost_s: f64,
        n_switches: usize,
    }

    impl Walk {
        fn new(prices: Prices, margin_s: f64, first: Turn) -> Walk {
            let [device, edge] = costs(first, prices, [0.0; 2]);
            let side = usize::from(edge.turn_s < device.turn_s);
            let missed = [0.0; 2];
            Walk { prices, margin_s, side, missed, regret_s: 0.0, cost_s: 0.0, n_switches: 0 }
        }

        /// The regret has to reach this share of the debt.
        fn answer(&mut self, turn: Turn, share: f64) {
            let costs = costs(turn, self.prices, self.missed);
            let (holder, other) = (costs[self.side], costs[1 - self.side]);
            let advantage_s = holder.turn_s - other.turn_s;
            self.regret_s += advantage_s.max(0.0);
            let dear_s = other.debt_s + self.margin_s;
            if moves(advantage_s, self.regret_s, dear_s, share) {
                self.cost_s += self.margin_s;
                self.side = 1 - self.side;
                self.n_switches += 1;
                self.regret_s = 0.0;
            }
            self.cost_s += costs[self.side].turn_s + costs[self.side].debt_s;
            self.missed[self.side] = 0.0;
            self.missed[1 - self.side] += turn.n_new;
        }
    }

    /// The least that any sequence of sides costs. After each turn only the side that answered it
    /// and the last turn of the other side count.
    fn best_s(turns: &[Turn], prices: Prices, margin_s: f64) -> f64 {
        let n_new = |range: std::ops::Range<usize>| -> f64 {
            turns[range].iter().map(|turn| turn.n_new).sum()
        };
        // best[side][j]: `side` answered last, the other side's last turn was the one before `j`.
        let mut best = [vec![0.0], vec![0.0]];
        for (at, turn) in turns.iter().enumerate() {
            let costs = costs(*turn, prices, [0.0; 2]);
            let mut next = [vec![f64::INFINITY; at + 1], vec![f64::INFINITY; at + 1]];
            for side in 0..2 {
                for since in 0..best[side].len() {
                    let stays = best[side][since] + costs[side].turn_s;
                    next[side][since] = next[side][since].min(stays);
                    let debt_s = prices[1 - side] * n_new(since..at) + margin_s;
                    let moves = best[side][since] + costs[1 - side].turn_s + debt_s;
                    next[1 - side][at] = next[1 - side][at].min(moves);
                }
            }
            best = next;
        }
        best.concat().into_iter().fold(f64::INFINITY, f64::min)
    }

    /// As [`best_s`], by trying every sequence.
    fn best_by_trying_s(turns: &[Turn], prices: Prices, margin_s: f64) -> f64 {
        let cost_s = |sequence: u32| {
            let n_moves = ((sequence ^ (sequence >> 1)) & !(!0 << (turns.len() - 1))).count_ones();
            let (mut missed, mut cost_s) = ([0.0; 2], margin_s * f64::from(n_moves));
            for (at, turn) in turns.iter().enumerate() {
                let side = (sequence >> at & 1) as usize;
                let cost = costs(*turn, prices, missed)[side];
                cost_s += cost.turn_s + cost.debt_s;
                missed[side] = 0.0;
                missed[1 - side] += turn.n_new;
            }
            cost_s
        };
        (0..1 << turns.len()).map(cost_s).fold(f64::INFINITY, f64::min)
    }

    fn random_turn(random: &mut Pcg32) -> Turn {
        let mut scale = || random.random_range(-4.0..4.0_f64).exp2();
        let own_s = [scale(), scale()];
        let n_new = scale();
        // Now and then a side answers for nothing, or nothing is new.
        let or_zero = |value: f64, random: &mut Pcg32| if random.random() { value } else { 0.0 };
        Turn { own_s: own_s.map(|s| or_zero(s, random)), n_new: or_zero(n_new, random) }
    }

    fn random_prices(random: &mut Pcg32) -> Prices {
        [0, 1].map(|_| random.random_range(-4.0..4.0_f64).exp2())
    }

    /// Without looking ahead, and what that might say: always one thing, or anything.
    fn share(kind: usize, random: &mut Pcg32) -> f64 {
        match kind {
            0 => 1.0,
            1 => HURRIED,
            2 => PATIENT,
            _ if random.random() => HURRIED,
            _ => PATIENT,
        }
    }

    /// The most that a dialogue may cost: a multiple of the best, and of the margin.
    fn promised_s(kind: usize, best_s: f64, margin_s: f64) -> f64 {
        let (lambda, mu) =
            [(1.0, 1.0), (HURRIED, HURRIED), (PATIENT, PATIENT), (HURRIED, PATIENT)][kind];
        // A share that is always the same only needs its own bound.
        let (lambda, mu): (f64, f64) = (f64::min(lambda, 1.0), f64::max(mu, 1.0));
        let k = 1.0 + 1.0 / lambda;
        match margin_s > 0.0 {
            true => (1.0 / lambda + k * k * mu) * best_s + k * mu * margin_s,
            false => (1.0 / lambda + k * mu) * best_s,
        }
    }

    /// Half of the dialogues have none.
    fn random_margin_s(random: &mut Pcg32) -> f64 {
        if random.random() { 0.0 } else { random.random_range(-6.0..3.0_f64).exp2() }
    }

    #[test]
    fn the_best_sequence_is_found() {
        let mut random = Pcg32::seed_from_u64(5);
        for n_turns in (1..11).cycle().take(200) {
            let prices = random_prices(&mut random);
            let turns: Vec<Turn> = (0..n_turns).map(|_| random_turn(&mut random)).collect();
            let margin_s = random.random_range(0.0..2.0);
            let found = best_s(&turns, prices, margin_s);
            let tried = best_by_trying_s(&turns, prices, margin_s);
            assert!((found - tried).abs() < 1e-9, "{found}, not {tried}: {turns:?}");
        }
    }

    #[test]
    fn random_dialogues_cost_at_most_the_promised_multiple_of_the_best() {
        let mut random = Pcg32::seed_from_u64(6);
        for index in 0..6000 {
            let prices = random_prices(&mut random);
            let n_turns = random.random_range(1..40);
            let turns: Vec<Turn> = (0..n_turns).map(|_| random_turn(&mut random)).collect();
            let (kind, margin_s) = (index % 4, random_margin_s(&mut random));
            let mut walk = Walk::new(prices, margin_s, turns[0]);
            turns.iter().for_each(|turn| walk.answer(*turn, share(kind, &mut random)));
            let promised_s = promised_s(kind, best_s(&turns, prices, margin_s), margin_s);
            assert!(walk.cost_s <= promised_s + 1e-9, "{} {promised_s}", walk.cost_s);
        }
    }

    /// The adversary makes the side dear that the rule is on, a little at a time or a lot, and
    /// lets debts grow or not.
    #[test]
    fn an_adversary_gets_no_more_than_the_promised_multiple() {
        let mut random = Pcg32::seed_from_u64(7);
        let mut worst = [0.0_f64; 4];
        for index in 0..6000 {
            let prices = random_prices(&mut random);
            let (kind, margin_s) = (index % 4, random_margin_s(&mut random));
            let step = random.random_range(-6.0..2.0_f64).exp2();
            let n_new = random.random_range(0.0..1.0_f64).powi(4);
            let keeps_growing = random.random();
            let mut turns = vec![Turn { own_s: [0.0; 2], n_new: 1.0 }];
            let mut walk = Walk::new(prices, margin_s, turns[0]);
            walk.answer(turns[0], share(kind, &mut random));
            for _ in 0..random.random_range(1..120) {
                let mut own_s = [0.0; 2];
                own_s[walk.side] = step * if random.random() { 1.0 } else { 3.0 };
                let turn = Turn { own_s, n_new: if keeps_growing { n_new } else { 0.0 } };
                turns.push(turn);
                walk.answer(turn, share(kind, &mut random));
            }
            let best_s = best_s(&turns, prices, margin_s);
            let promised_s = promised_s(kind, best_s, margin_s);
            assert!(walk.cost_s <= promised_s + 1e-9, "{} {promised_s}", walk.cost_s);
            worst[kind] = worst[kind].max(walk.cost_s / best_s.max(1e-12));
        }
        assert!(worst[0] > 1.5, "the adversary is worth the name: {worst:?}");
    }

    #[test]
    fn a_dialogue_does_not_flip_flop() {
        // The better side changes with every turn, by less than what catching up costs.
        let turn = |at: usize| Turn {
            own_s: if at.is_multiple_of(2) { [1.0, 1.5] } else { [1.5, 1.0] },
            n_new: 10.0,
        };
        let turns: Vec<Turn> = (0..20).map(turn).collect();
        let mut walk = Walk::new([0.2, 0.2], 0.0, turns[0]);
        turns.iter().for_each(|turn| walk.answer(*turn, 1.0));
        assert_eq!(walk.n_switches, 0);
        // By more than it costs, it follows.
        let mut walk = Walk::new([0.01, 0.01], 0.0, turns[0]);
        turns.iter().for_each(|turn| walk.answer(*turn, 1.0));
        assert_eq!(walk.n_switches, 19);
    }

    #[test]
    fn a_move_by_hand() {
        let outlook = |regret_s, turns_left| Outlook {
            holder: Route::Edge,
            regret_s,
            turns_left,
            advantages: vec![2.0],
        };
        let cost = |turn_s, debt_s| Cost { turn_s, debt_s, per_turn_s: 0.0 };
        let (edge, device) = (cost(5.0, 0.0), cost(3.0, 6.0));
        let moves = |outlook: &Outlook| weigh(outlook, edge, device, 0.0).moves;
        assert!(!moves(&outlook(9.9, 0.0)), "2 + 9.9 of twice 6");
        assert!(moves(&outlook(10.0, 0.0)));
        assert!(!moves(&outlook(0.9, 3.0)), "four turns are worth it: 2 + 0.9 of half of 6");
        assert!(moves(&outlook(1.0, 3.0)));
        assert!(!weigh(&outlook(100.0, 9.0), edge, cost(5.0, 0.0), 0.0).moves, "it is no better");
        // What later turns gain hurries a move and does not stand in for regret.
        let later = |regret_s, later_s| weigh(&outlook(regret_s, 0.0), edge, device, later_s);
        assert!(later(1.0, 5.0).moves && !later(0.9, 100.0).moves);
        assert!(!later(9.9, -100.0).moves && later(10.0, -100.0).moves);
        // What the holder has forgotten itself speaks for the other side.
        assert!(weigh(&outlook(0.0, 0.0), cost(5.0, 5.0), device, 0.0).moves);
        let stays = weigh(&outlook(1.0, 0.0), edge, device, 0.0);
        assert_eq!(stays.regret_after(Route::Edge), 3.0);
        assert_eq!(stays.regret_after(Route::Device), 0.0);
    }
}
