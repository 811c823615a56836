//! How dialogues usually go on: how many turns they get, and which side was better by how much.
//!
//! The number of turns is a life table: of the dialogues that reached turn `k`, the share that
//! reached `k + 1`, smoothed towards a geometric distribution with five turns. It needs nobody to
//! say when a dialogue ends. Kept across visits.

use serde::{Deserialize, Serialize};

use super::Route;

/// Turns that are told apart; later ones are alike.
const N_TURNS: usize = 32;
/// The prior's share of dialogues that go on after any turn, and how many dialogues it counts as.
const PRIOR_GOES_ON: f64 = 0.8;
const PRIOR_WEIGHT: f64 = 4.0;
/// No dialogue is expected to go on for certain.
const MOST_GOES_ON: f64 = 0.97;
/// Share of what is known that a new turn leaves.
const MEMORY: f64 = 1.0 - 1.0 / 512.0;
/// Turns of which it is kept which side was better.
const MAX_ADVANTAGES: usize = 24;
const VERSION: u32 = 1;

/// What earlier turns say of those to come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Habits {
    version: u32,
    /// Dialogues that have reached their first turn, their second, ….
    reached: [f64; N_TURNS],
    /// What the edge was better by on turns of late, in seconds, the latest at the end.
    edge_better_s: Vec<f64>,
}

impl Default for Habits {
    fn default() -> Habits {
        let reached = [0.0; N_TURNS];
        Habits { version: VERSION, reached, edge_better_s: Vec::new() }
    }
}

impl Habits {
    /// What was stored earlier, if it is usable.
    pub fn from_json(json: &str) -> Option<Habits> {
        let habits: Habits = serde_json::from_str(json).ok()?;
        let usable = habits.reached.iter().all(|n| n.is_finite() && *n >= 0.0)
            && habits.edge_better_s.iter().all(|seconds| seconds.is_finite())
            && habits.edge_better_s.len() <= MAX_ADVANTAGES;
        (habits.version == VERSION && usable).then_some(habits)
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers always serialize")
    }

    /// Takes in a dialogue's turn number `turn`, from 1, on which the edge was better by so many
    /// seconds, or worse by as many if that is negative.
    pub fn observe(&mut self, turn: usize, edge_better_s: f64) {
        self.reached.iter_mut().for_each(|reached| *reached *= MEMORY);
        if let Some(reached) = turn.checked_sub(1).and_then(|index| self.reached.get_mut(index)) {
            *reached += 1.0;
        }
        if self.edge_better_s.len() == MAX_ADVANTAGES {
            self.edge_better_s.remove(0);
        }
        self.edge_better_s.push(edge_better_s);
    }

    /// Expected number of turns after turn number `turn`.
    pub fn turns_left(&self, turn: usize) -> f64 {
        let mut expected = 0.0;
        let mut arrives = 1.0;
        for turn in turn.max(1)..N_TURNS {
            arrives *= self.goes_on(turn);
            expected += arrives;
        }
        // From there on a geometric distribution.
        let tail = PRIOR_GOES_ON;
        expected + arrives * tail / (1.0 - tail)
    }

    /// What `side` was better by on each of the last turns, in seconds; negative where it was worse.
    pub fn advantages(&self, side: Route) -> Vec<f64> {
        let sign = if side == Route::Edge { 1.0 } else { -1.0 };
        self.edge_better_s.iter().map(|edge_better_s| sign * edge_better_s).collect()
    }

    /// Share of the dialogues with turn number `turn` that have another one.
    fn goes_on(&self, turn: usize) -> f64 {
        let (here, next) = (self.reached[turn - 1], self.reached[turn]);
        let share = (next + PRIOR_WEIGHT * PRIOR_GOES_ON) / (here + PRIOR_WEIGHT);
        share.min(MOST_GOES_ON)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(n_dialogues: usize, n_turns: usize) -> Habits {
        let mut habits = Habits::default();
        let turns = (0..n_dialogues).flat_map(|_| 1..=n_turns);
        turns.for_each(|turn| habits.observe(turn, if turn == 1 { 2.0 } else { -1.0 }));
        habits
    }

    #[test]
    fn at_first_five_turns_are_expected() {
        let fresh = Habits::default();
        assert!((fresh.turns_left(1) - 4.0).abs() < 1e-9);
        assert!((fresh.turns_left(7) - 4.0).abs() < 1e-9);
        assert!((fresh.turns_left(500) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn lengths_are_learned() {
        let short = after(40, 2);
        assert!((0.9..1.5).contains(&short.turns_left(1)), "{}", short.turns_left(1));
        assert!(short.turns_left(2) < 0.6);
        let long = after(40, 12);
        assert!((8.0..12.0).contains(&long.turns_left(1)), "{}", long.turns_left(1));
        assert!(long.turns_left(11) < 2.0, "{}", long.turns_left(11));
        // A visitor who gets used to shorter ones.
        let mut changed = after(40, 12);
        (0..300).flat_map(|_| 1..=3).for_each(|turn| changed.observe(turn, 0.0));
        assert!(changed.turns_left(1) < 4.0, "{}", changed.turns_left(1));
    }

    #[test]
    fn the_last_turns_are_kept_from_either_sides_view() {
        let habits = after(100, 2);
        assert_eq!(habits.advantages(Route::Edge)[20..], [2.0, -1.0, 2.0, -1.0]);
        assert_eq!(habits.advantages(Route::Device)[20..], [-2.0, 1.0, -2.0, 1.0]);
        assert_eq!(habits.advantages(Route::Edge).len(), MAX_ADVANTAGES);
    }

    #[test]
    fn what_is_stored_comes_back_and_what_is_damaged_does_not() {
        let habits = after(7, 3);
        let back = Habits::from_json(&habits.to_json()).unwrap();
        assert!((back.turns_left(1) - habits.turns_left(1)).abs() < 1e-9);
        let damaged = Habits { edge_better_s: vec![0.0; MAX_ADVANTAGES + 1], ..habits };
        assert_eq!(Habits::from_json(&damaged.to_json()), None);
        assert_eq!(Habits::from_json("[]"), None);
    }
}
