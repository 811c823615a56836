//! A threshold that keeps a promise: conformal risk control (Angelopoulos et al., arXiv 2208.02814).
//!
//! An answer is lost where the device keeps it and is wrong, and the edge would have been right.
//! With a higher θ the device keeps more, so losses only grow with θ. The largest θ with
//! `n/(n+1)·mean loss + 1/(n+1) ≤ max_loss` keeps the expected share of lost answers among new
//! questions of the same kind below `max_loss`.
//!
//! Some promises can only be kept by asking the edge nearly always, whoever decides: [`Feasible`] says
//! how often at the least. A threshold that comes to that is refused, for it is no routing.

use nearside::routing::Calibration;
use rayon::prelude::*;

use crate::outcomes::Pair;
use crate::replay::{Scene, Turn, replay};
use crate::ways::Way;
use crate::{Failure, Result};

/// Steps between θ = 0 and θ = 1.
const N_STEPS: usize = 100;

/// Where a threshold sends more than this, asking the edge always is as good and simpler.
const MOST_SENT: f64 = 0.95;
/// Of fewer questions a share says little.
const FEWEST_FOR_A_SHARE: usize = 20;

/// What no router can do better, by the outcomes alone.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Feasible {
    /// Shares of the questions that the device gets wrong, and that the edge alone gets right.
    wrong: f64,
    needed: f64,
}

/// Replays all questions at each θ with the router as it ships; the θ that keeps the promise is the
/// second look's too. Beside it, what it does with the questions that it was picked on, as a sentence.
pub fn calibration(scene: Scene, pair: &Pair, max_loss: f64) -> Result<(Calibration, String)> {
    let thetas: Vec<f64> = (0..=N_STEPS).map(|step| step as f64 / N_STEPS as f64).collect();
    let way = Way::named("ours_look");
    let replays = thetas.par_iter().map(|theta| replay(scene, &way, *theta));
    let replays: Vec<Vec<Turn>> = replays.collect::<Result<_>>()?;
    let lost: Vec<Vec<bool>> =
        replays.iter().map(|turns| turns.iter().map(|turn| turn.lost).collect()).collect();
    let n = scene.asked.rows.len();
    let feasible = Feasible::of(scene).sentence(max_loss);
    let step = largest_step(&mean_losses(&lost), n, max_loss)
        .map_err(|failure| Failure(format!("{failure}; {feasible}")))?;
    let n_sent = replays[step].iter().filter(|turn| turn.n_calls > 0).count();
    let sent = n_sent as f64 / n as f64;
    let percent_sent = 100.0 * sent;
    if sent > MOST_SENT && n >= FEWEST_FOR_A_SHARE {
        return Err(Failure(format!(
            "max-loss {max_loss} is kept only where {percent_sent:.0} % of the questions go to the edge, so ask it \
             always (mode `prefer-edge`), or allow more: {feasible}"
        )));
    }
    let theta = thetas[step];
    let told = format!(
        "θ = {theta:.2} keeps the expected share of lost answers at {max_loss} or below ({n} \
         questions) and sends {percent_sent:.0} %; {feasible}"
    );
    let calibration = Calibration {
        version: Calibration::VERSION,
        device: pair.device.clone(),
        edge: pair.edge.clone(),
        max_loss,
        n,
        theta,
        look_theta: theta,
        alpha_per_s: scene.setting.alpha_per_s,
    };
    Ok((calibration, told))
}

impl Feasible {
    fn of(scene: Scene) -> Feasible {
        let rows = &scene.asked.rows;
        let share = |is: fn(bool, bool) -> bool| {
            let n = rows.iter().filter(|(q, _)| is(q.device_correct, q.edge_correct)).count();
            n as f64 / rows.len().max(1) as f64
        };
        Feasible {
            wrong: share(|device, _| !device),
            needed: share(|device, edge| !device && edge),
        }
    }

    /// The least share of questions that must go, so that at most `bound` of all are lost. A lost one
    /// that goes is lost no more, so an oracle sends just those that are too many.
    fn least_sent(&self, bound: f64) -> f64 {
        (self.needed - bound).max(0.0)
    }

    /// The same, so that of the answers which the device keeps at most `bound` are wrong: with `s` sent,
    /// `(wrong − s) / (1 − s) ≤ bound` (arXiv 2606.29054).
    fn least_sent_for_kept(&self, bound: f64) -> f64 {
        ((self.wrong - bound) / (1.0 - bound)).max(0.0)
    }

    fn sentence(&self, bound: f64) -> String {
        let percent = |share: f64| (100.0 * share).round();
        format!(
            "the device is wrong on {} % of these questions, on {} % where the edge is right; a share of \
             {bound} lost needs {} % of them sent at the least, and a share of {bound} wrong among the \
             answers that the device keeps {} %, whoever decides",
            percent(self.wrong),
            percent(self.needed),
            percent(self.least_sent(bound)),
            percent(self.least_sent_for_kept(bound)),
        )
    }
}

pub fn to_json(calibration: &Calibration) -> String {
    let json = serde_json::to_string(calibration);
    json.expect("numbers and texts always serialize") + "\n"
}

/// The mean loss at each θ, of losses that never fall as θ rises: what was lost stays lost.
fn mean_losses(lost: &[Vec<bool>]) -> Vec<f64> {
    let mut lost_so_far = vec![false; lost.first().map_or(0, Vec::len)];
    let mean = |lost: &Vec<bool>| {
        for (so_far, lost) in lost_so_far.iter_mut().zip(lost) {
            *so_far |= lost;
        }
        let n_lost = lost_so_far.iter().filter(|lost| **lost).count();
        n_lost as f64 / lost_so_far.len() as f64
    };
    lost.iter().map(mean).collect()
}

/// The last θ whose bound holds. The mean losses grow.
fn largest_step(mean_losses: &[f64], n: usize, max_loss: f64) -> Result<usize> {
    let bound = |loss: &f64| (n as f64 * loss + 1.0) / (n as f64 + 1.0);
    let holding = mean_losses.iter().take_while(|loss| bound(loss) <= max_loss).count();
    holding.checked_sub(1).ok_or_else(|| {
        let least = mean_losses.first().copied().unwrap_or(1.0);
        Failure(format!("no θ keeps max-loss {max_loss}: {}", what_it_takes(least, n, max_loss)))
    })
}

fn what_it_takes(least_loss: f64, n: usize, max_loss: f64) -> String {
    if least_loss >= max_loss {
        return format!("even at θ = 0 a share of {least_loss:.3} is lost; take a larger bound");
    }
    let n_needed = ((1.0 - max_loss) / (max_loss - least_loss)).ceil();
    format!("{n} questions are too few, at least {n_needed} are needed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::seq::SliceRandom;
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg32;

    const N_QUESTIONS: usize = 1000;

    /// For each question the step up to which it is not lost; `None`: it never is.
    fn synthetic(random: &mut Pcg32) -> Vec<Option<usize>> {
        let question = |random: &mut Pcg32| {
            let p: f64 = random.random();
            let needs_edge = random.random::<f64>() < 0.6 * p;
            needs_edge.then_some((p * N_STEPS as f64) as usize)
        };
        (0..N_QUESTIONS).map(|_| question(random)).collect()
    }

    fn losses(questions: &[Option<usize>]) -> Vec<Vec<bool>> {
        let lost = |step| questions.iter().map(move |kept| kept.is_some_and(|kept| step > kept));
        (0..=N_STEPS).map(|step| lost(step).collect()).collect()
    }

    #[test]
    fn the_promise_is_kept_on_other_questions_and_is_not_empty() {
        let mut random = Pcg32::seed_from_u64(3);
        for max_loss in [0.02, 0.05, 0.1] {
            let mut found = Vec::new();
            let mut steps = Vec::new();
            for _ in 0..200 {
                let mut questions = synthetic(&mut random);
                questions.shuffle(&mut random);
                let (seen, unseen) = questions.split_at(N_QUESTIONS / 2);
                let step = largest_step(&mean_losses(&losses(seen)), seen.len(), max_loss).unwrap();
                found.push(mean_losses(&losses(unseen))[step]);
                steps.push(step as f64);
            }
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            let average = mean(&found);
            let squares: Vec<f64> = found.iter().map(|loss| (loss - average).powi(2)).collect();
            let standard_error = (mean(&squares) / found.len() as f64).sqrt();
            assert!(average <= max_loss + 3.0 * standard_error, "{average} at {max_loss}");
            assert!(average > 0.6 * max_loss, "{average} at {max_loss}");
            assert!(mean(&steps) > 20.0, "{} at {max_loss}", mean(&steps));
        }
    }

    #[test]
    fn losses_never_fall() {
        let lost = [vec![false, false], vec![true, false], vec![false, false], vec![true, true]];
        assert_eq!(mean_losses(&lost), [0.0, 0.5, 0.5, 1.0]);
    }

    /// A real pair: the device wrong on 57 %, the edge needed on 32 %.
    #[test]
    fn no_router_does_better_than_the_outcomes_allow() {
        let feasible = Feasible { wrong: 0.57, needed: 0.32 };
        let percent = |share: f64| (100.0 * share).round();
        assert_eq!(percent(feasible.least_sent_for_kept(0.1)), 52.0);
        assert_eq!(percent(feasible.least_sent_for_kept(0.2)), 46.0);
        assert_eq!(percent(feasible.least_sent(0.1)), 22.0);
        assert_eq!((feasible.least_sent(0.4), feasible.least_sent_for_kept(0.6)), (0.0, 0.0));
        let sentence = feasible.sentence(0.1);
        assert!(
            sentence.contains("wrong on 57 %") && sentence.contains("keeps 52 %"),
            "{sentence}"
        );
    }

    #[test]
    fn a_promise_that_cannot_be_kept_is_refused() {
        let check = |mean_losses: &[f64], n, expected: &str| {
            let failure = largest_step(mean_losses, n, 0.05).unwrap_err();
            assert_eq!(failure.to_string(), expected);
        };
        let few = "no θ keeps max-loss 0.05: 10 questions are too few, at least 19 are needed";
        check(&[0.0, 0.1], 10, few);
        let never = "no θ keeps max-loss 0.05: even at θ = 0 a share of 0.070 is lost; \
                     take a larger bound";
        check(&[0.07, 0.1], 1000, never);
        assert_eq!(largest_step(&[0.0, 0.01, 0.2], 100, 0.05), Ok(1));
    }
}
