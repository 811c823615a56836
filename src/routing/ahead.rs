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
//! least a share λ of its debt. With λ = 1 the cost of any dialogue is at most three times that of
//! the best sequence of sides in hindsight. No deterministic rule can promise less: this is a
//! metrical task system with two states, for which 2·2 − 1 is the best ratio (Borodin, Linial and
//! Saks 1992). Their work-function rule asks for switch costs that do not change; here they grow
//! while a side is away, and are gone once it has caught up.
//!
//! # Looking ahead
//! How the dialogue will go on is a guess, so it may only hurry a move: where the other side is
//! expected to be worth its debt over the turns to come, λ = ½, else 1. Then the promise is five
//! times instead of three, however wrong the guesses are. Waiting beyond λ = 1 is not worth a
//! guess: what a side has to catch up on only grows.
//!
//! # Why
//! Turn `t` costs `c_t(s)` at a side `s` that was there before, its new tokens among that, and a
//! side catches up on the tokens of a missed turn once, at a fixed price. Let `m_t` be the lesser
//! of both costs, `A` the rule's sequence and `O` the best one. `A` pays `Σ m_t`, regrets and debts.
//! Cut each side's time into epochs, from one of its turns in `A` to the next. Its debt in an epoch
//! is for tokens that came within the epoch; let `P` be what `O` pays for those. Let `t*` be the
//! last turn before the epoch's end that `O` answers on this side. Until then the regret is below
//! the debt at `t*`, as `A` has not moved, and that is at most `P`. After `t*`, `O` is where `A` is
//! and has the same regrets, `r` in all. On the turn that ends the epoch the other side is dearer by
//! `x`, which `A` does not pay.
//! - If `O` answers that turn on this side too, the debt is at most `P`, and all is ≤ `2P`.
//! - If not, the debt is at most `1/λ` of `P + r + x`, and all is ≤ `(1 + 1/λ)(P + r) + x/λ`.
//!
//! Sum up by turns, with `k = 1 + 1/λ`. Where `A` and `O` are on one side, `m_t + k·r_t` is at most
//! `k·c_t(O)`. Where they are not, `O`'s new tokens count in a `P`, its regret only as that `x`:
//! `m_t + x_t/λ + k·tokens ≤ (1/λ + k)·c_t(O)`. What `O` catches up on counts `k` times. So
//! `A ≤ (1 + 2/λ)·O`: three times for λ = 1, five for λ = ½. An epoch that the dialogue's end cuts
//! off has regrets alone. Where both sides begin with debts, the lesser cost of the first turn is
//! paid besides.
//!
//! What this takes for granted is that prices stay, that the edge forgets nothing, and that costs
//! are what was expected. The tests hold the rule against the best sequence of thousands of
//! dialogues, found by dynamic programming, which in turn is held against trying all sequences.

use serde::Serialize;

use super::Route;

/// λ where looking ahead speaks for the move.
const HURRIED: f64 = 0.5;

/// What one side would cost this turn, in seconds and quality.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Had it never been away.
    pub turn_s: f64,
    /// What it has to catch up on besides.
    pub debt_s: f64,
}

/// What is known of the dialogue before this turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// Who answered last.
    pub holder: Route,
    /// What the turns since the other side's last one have lost.
    pub regret_s: f64,
    /// Expected number of turns after this one.
    pub turns_left: f64,
    /// What the other side is expected to be better by on each of them.
    pub better_s: f64,
}

/// What looking ahead needs beside the terms of both sides. The debts are within those.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prospect {
    pub outlook: Outlook,
    pub device_debt_s: f64,
    pub edge_debt_s: f64,
}

/// Whether the dialogue moves, and what that rests on. Times in seconds, quality among them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Move {
    pub to: Route,
    pub moves: bool,
    /// What the other side is better by on this turn, had it never been away.
    pub advantage_s: f64,
    /// What it has to catch up on.
    pub debt_s: f64,
    /// What the turns since its last one have lost, this one included.
    pub regret_s: f64,
    /// What it is expected to be better by on turns to come.
    pub later_s: f64,
    pub turns_left: f64,
    /// Share of the debt that the regret must reach.
    pub lambda: f64,
}

impl Move {
    /// What is lost so far after this turn was answered on `answered`.
    pub fn regret_after(&self, answered: Route) -> f64 {
        if answered == self.to { 0.0 } else { self.regret_s }
    }
}

/// Applies the rule to a dialogue that one side holds. What that side lacks itself, as it has
/// forgotten it, counts as its turn's cost.
pub fn weigh(outlook: &Outlook, holder: Cost, other: Cost) -> Move {
    let advantage_s = holder.turn_s + holder.debt_s - other.turn_s;
    let later_s = outlook.turns_left * outlook.better_s;
    let regret_s = outlook.regret_s + advantage_s.max(0.0);
    let debt_s = other.debt_s.max(0.0);
    let lambda = if advantage_s + later_s >= debt_s { HURRIED } else { 1.0 };
    Move {
        to: outlook.holder.other(),
        moves: advantage_s > 0.0 && regret_s >= lambda * debt_s,
        advantage_s,
        debt_s,
        regret_s,
        later_s,
        turns_left: outlook.turns_left,
        lambda,
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg32;

    use super::*;

    const SIDES: [Route; 2] = [Route::Device, Route::Edge];

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
        })
    }

    /// The rule's way through a dialogue, turn by turn.
    struct Walk {
        prices: Prices,
        side: usize,
        /// Tokens that each side missed.
        missed: [f64; 2],
        regret_s: f64,
        cost_s: f64,
        n_switches: usize,
    }

    impl Walk {
        fn new(prices: Prices, first: Turn) -> Walk {
            let [device, edge] = costs(first, prices, [0.0; 2]);
            let side = usize::from(edge.turn_s < device.turn_s);
            let missed = [0.0; 2];
            Walk { prices, side, missed, regret_s: 0.0, cost_s: 0.0, n_switches: 0 }
        }

        /// Looking ahead says `later_s`.
        fn answer(&mut self, turn: Turn, later_s: f64) {
            let costs = costs(turn, self.prices, self.missed);
            let outlook = Outlook {
                holder: SIDES[self.side],
                regret_s: self.regret_s,
                turns_left: 1.0,
                better_s: later_s,
            };
            let found = weigh(&outlook, costs[self.side], costs[1 - self.side]);
            if found.moves {
                self.side = 1 - self.side;
                self.n_switches += 1;
            }
            self.regret_s = found.regret_after(SIDES[self.side]);
            self.cost_s += costs[self.side].turn_s + costs[self.side].debt_s;
            self.missed[self.side] = 0.0;
            self.missed[1 - self.side] += turn.n_new;
        }
    }

    /// The least that any sequence of sides costs. After each turn only the side that answered it
    /// and the last turn of the other side count.
    fn best_s(turns: &[Turn], prices: Prices) -> f64 {
        let n_new = |range: std::ops::Range<usize>| -> f64 {
            turns[range].iter().map(|turn| turn.n_new).sum()
        };
        // best[side][j]: `side` answered last, the other side's last turn was the one before `j`.
        let mut best = [vec![0.0], vec![f64::INFINITY]];
        for (at, turn) in turns.iter().enumerate() {
            let costs = costs(*turn, prices, [0.0; 2]);
            let mut next = [vec![f64::INFINITY; at + 1], vec![f64::INFINITY; at + 1]];
            for side in 0..2 {
                for since in 0..best[side].len() {
                    let stays = best[side][since] + costs[side].turn_s;
                    next[side][since] = next[side][since].min(stays);
                    let debt_s = prices[1 - side] * n_new(since..at);
                    let moves = best[side][since] + costs[1 - side].turn_s + debt_s;
                    next[1 - side][at] = next[1 - side][at].min(moves);
                }
            }
            best = next;
        }
        best.concat().into_iter().fold(f64::INFINITY, f64::min)
    }

    /// As [`best_s`], by trying every sequence.
    fn best_by_trying_s(turns: &[Turn], prices: Prices) -> f64 {
        let cost_s = |sequence: u32| {
            let (mut missed, mut cost_s) = ([0.0; 2], 0.0);
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

    /// What looking ahead might say.
    fn guess(kind: usize, random: &mut Pcg32) -> f64 {
        match kind {
            0 => f64::NEG_INFINITY,
            1 => f64::INFINITY,
            _ => random.random_range(-20.0..20.0),
        }
    }

    #[test]
    fn the_best_sequence_is_found() {
        let mut random = Pcg32::seed_from_u64(5);
        for n_turns in (1..11).cycle().take(200) {
            let prices = random_prices(&mut random);
            let turns: Vec<Turn> = (0..n_turns).map(|_| random_turn(&mut random)).collect();
            let (found, tried) = (best_s(&turns, prices), best_by_trying_s(&turns, prices));
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
            let kind = index % 3;
            let mut walk = Walk::new(prices, turns[0]);
            turns.iter().for_each(|turn| walk.answer(*turn, guess(kind, &mut random)));
            let promised = if kind == 0 { 3.0 } else { 5.0 };
            let best_s = best_s(&turns, prices);
            assert!(walk.cost_s <= promised * best_s + 1e-9, "{} {best_s}", walk.cost_s);
        }
    }

    /// The adversary makes the side dear that the rule is on, a little at a time or a lot, and
    /// lets debts grow or not.
    #[test]
    fn an_adversary_gets_no_more_than_the_promised_multiple() {
        let mut random = Pcg32::seed_from_u64(7);
        let mut worst = [0.0_f64; 2];
        for index in 0..6000 {
            let prices = random_prices(&mut random);
            let kind = index % 3;
            let step = random.random_range(-6.0..2.0_f64).exp2();
            let n_new = random.random_range(0.0..1.0_f64).powi(4);
            let keeps_growing = random.random();
            let mut turns = vec![Turn { own_s: [0.0; 2], n_new: 1.0 }];
            let mut walk = Walk::new(prices, turns[0]);
            walk.answer(turns[0], guess(kind, &mut random));
            for _ in 0..random.random_range(1..120) {
                let mut own_s = [0.0; 2];
                own_s[walk.side] = step * if random.random() { 1.0 } else { 3.0 };
                let turn = Turn { own_s, n_new: if keeps_growing { n_new } else { 0.0 } };
                turns.push(turn);
                walk.answer(turn, guess(kind, &mut random));
            }
            let ratio = walk.cost_s / best_s(&turns, prices).max(1e-12);
            let unhurried = usize::from(kind != 0);
            worst[unhurried] = worst[unhurried].max(ratio);
        }
        assert!(worst[0] <= 3.0 + 1e-9 && worst[1] <= 5.0 + 1e-9, "{worst:?}");
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
        let mut walk = Walk::new([0.2, 0.2], turns[0]);
        turns.iter().for_each(|turn| walk.answer(*turn, f64::NEG_INFINITY));
        assert_eq!(walk.n_switches, 0);
        // By more than it costs, it follows.
        let mut walk = Walk::new([0.01, 0.01], turns[0]);
        turns.iter().for_each(|turn| walk.answer(*turn, f64::NEG_INFINITY));
        assert_eq!(walk.n_switches, 19);
    }

    #[test]
    fn a_move_by_hand() {
        let outlook = |regret_s, better_s| Outlook {
            holder: Route::Edge,
            regret_s,
            turns_left: 4.0,
            better_s,
        };
        let (edge, device) = (Cost { turn_s: 5.0, debt_s: 0.0 }, Cost { turn_s: 3.0, debt_s: 6.0 });
        let moves = |outlook: &Outlook| weigh(outlook, edge, device).moves;
        assert!(!moves(&outlook(3.9, 0.0)), "2 + 3.9 of 6");
        assert!(moves(&outlook(4.0, 0.0)));
        assert!(!moves(&outlook(0.9, 1.0)), "2 + 4·1 of 6: from 3 on, which 2.9 is not");
        assert!(moves(&outlook(1.0, 1.0)));
        let worse = Cost { turn_s: 5.0, debt_s: 0.0 };
        assert!(!weigh(&outlook(100.0, 9.0), edge, worse).moves, "it is no better on this turn");
        // What the holder has forgotten itself speaks for the other side.
        let forgotten = Cost { turn_s: 5.0, debt_s: 4.0 };
        assert!(weigh(&outlook(0.0, 0.0), forgotten, device).moves);
    }
}
