//! What a router's turns are worth, after RouteLLM (arXiv 2406.18665).
//!
//! PGR, the performance gap recovered, is 0 for the device alone and 1 for the edge alone. CPT(x)
//! is the smallest share of calls that recovers x, APGR the mean PGR over all shares of calls.

use serde::Serialize;

use crate::replay::Turn;

/// All turns of one router at one θ.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Point {
    pub theta: f64,
    /// Requests to the edge per question, also those that were of no use.
    pub calls: f64,
    /// Share of questions for which the edge was asked for nothing.
    pub thrown_away: f64,
    /// Share of questions that were answered right.
    pub quality: f64,
    pub mean_s: f64,
    pub p95_s: f64,
    /// Mean time to the first text, in seconds.
    pub ttft_s: f64,
    /// Of a dialogue's turns, those before which it changed sides.
    pub moved: f64,
}

impl Point {
    pub fn of(theta: f64, turns: &[Turn]) -> Point {
        let mean = |value: &dyn Fn(&Turn) -> f64| {
            turns.iter().map(value).sum::<f64>() / turns.len().max(1) as f64
        };
        let mut seconds: Vec<f32> = turns.iter().map(|turn| turn.seconds).collect();
        seconds.sort_unstable_by(f32::total_cmp);
        Point {
            theta,
            calls: mean(&|turn| f64::from(turn.n_calls)),
            thrown_away: mean(&|turn| f64::from(turn.thrown_away)),
            quality: mean(&|turn| f64::from(turn.correct)),
            mean_s: mean(&|turn| turn.seconds.into()),
            p95_s: quantile(&seconds, 0.95),
            ttft_s: mean(&|turn| turn.ttft_s.into()),
            moved: mean(&|turn| f64::from(turn.moved)),
        }
    }
}

/// The smallest value that at least this share of the sorted values does not exceed.
fn quantile(sorted: &[f32], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0).into()
}

/// A router's curve from the device alone to the edge alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Calls and the PGR they bring, by growing calls.
    spots: Vec<(f64, f64)>,
    device_quality: f64,
    gap: f64,
}

impl Curve {
    /// `None` where the edge is no better than the device: there is no gap to recover.
    pub fn new(points: &[Point], device: &Point, edge: &Point) -> Option<Curve> {
        let gap = edge.quality - device.quality;
        if gap <= 0.0 {
            return None;
        }
        let mut curve = Curve { spots: Vec::new(), device_quality: device.quality, gap };
        let spot = |point: &Point| (point.calls, curve.pgr(point));
        let mut spots: Vec<(f64, f64)> = points.iter().chain([device, edge]).map(spot).collect();
        spots.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        curve.spots = spots;
        Some(curve)
    }

    /// What a point recovers of the gap.
    pub fn pgr(&self, point: &Point) -> f64 {
        (point.quality - self.device_quality) / self.gap
    }

    /// The fewest calls that recover this much, between two points by a mix of both.
    pub fn cpt(&self, pgr: f64) -> Option<f64> {
        let at = self.spots.iter().position(|spot| spot.1 >= pgr)?;
        let after = self.spots[at];
        let Some(before) = at.checked_sub(1).map(|at| self.spots[at]) else {
            return Some(after.0);
        };
        let share = (pgr - before.1) / (after.1 - before.1);
        Some(before.0 + share * (after.0 - before.0))
    }

    /// Mean PGR over the shares of calls from 0 to 1.
    pub fn apgr(&self) -> f64 {
        let area = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0;
        let beyond = self.spots.last().map_or(0.0, |(calls, pgr)| (1.0 - calls) * pgr);
        self.spots.windows(2).map(area).sum::<f64>() + beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(calls: f64, quality: f64) -> Point {
        Point { calls, quality, ..Point::default() }
    }

    fn curve(points: &[(f64, f64)]) -> Curve {
        let points: Vec<Point> =
            points.iter().map(|(calls, right)| point(*calls, *right)).collect();
        Curve::new(&points, &point(0.0, 0.4), &point(1.0, 0.8)).unwrap()
    }

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    #[test]
    fn chance_recovers_as_much_as_it_calls() {
        let chance = curve(&[]);
        close(chance.cpt(0.5).unwrap(), 0.5);
        close(chance.apgr(), 0.5);
    }

    #[test]
    fn a_curve_by_hand() {
        // PGR 0.5 at 0.25 calls, PGR 0.75 at 0.5.
        let curve = curve(&[(0.5, 0.7), (0.25, 0.6)]);
        close(curve.cpt(0.5).unwrap(), 0.25);
        close(curve.cpt(0.6).unwrap(), 0.35);
        close(curve.cpt(0.8).unwrap(), 0.6);
        assert_eq!(curve.cpt(1.1), None);
        // 0.25·0.25 + 0.25·0.625 + 0.5·0.875
        close(curve.apgr(), 0.65625);
    }

    #[test]
    fn beyond_the_edge_alone_and_below_it() {
        // More than the edge knows, at few calls.
        close(curve(&[(0.2, 0.9)]).cpt(0.8).unwrap(), 0.2 * 0.8 / 1.25);
        assert_eq!(Curve::new(&[], &point(0.0, 0.5), &point(1.0, 0.5)), None);
    }

    #[test]
    fn points_are_means_and_ranks() {
        let turn = |seconds: f32, called: bool| Turn {
            seconds,
            n_calls: called.into(),
            correct: called,
            ..Turn::default()
        };
        let turns = [turn(1.0, true), turn(4.0, false), turn(2.0, false), turn(3.0, false)];
        let point = Point::of(0.5, &turns);
        assert_eq!((point.calls, point.quality, point.mean_s), (0.25, 0.25, 2.5));
        assert_eq!((quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), point.p95_s), (2.0, 4.0));
    }
}
