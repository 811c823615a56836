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
    pub p50_s: f64,
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
            p50_s: quantile(&seconds, 0.5),
            p95_s: quantile(&seconds, 0.95),
            ttft_s: mean(&|turn| turn.ttft_s.into()),
            moved: mean(&|turn| f64::from(turn.moved)),
        }
    }
}

/// The smallest value that at least this share of the sorted values does not exceed.
pub fn quantile(sorted: &[f32], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0).into()
}

/// One spot of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    pub calls: f64,
    pub pgr: f64,
    pub mean_s: f64,
}

/// A router's curve from the device alone to the edge alone, by growing share of calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    spots: Vec<Spot>,
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
        let spot = |point: &Point| Spot {
            calls: point.calls,
            pgr: curve.pgr(point),
            mean_s: point.mean_s,
        };
        let mut spots: Vec<Spot> = points.iter().chain([device, edge]).map(spot).collect();
        spots.sort_by(|a, b| a.calls.total_cmp(&b.calls).then(a.pgr.total_cmp(&b.pgr)));
        curve.spots = spots;
        Some(curve)
    }

    /// What a point recovers of the gap.
    pub fn pgr(&self, point: &Point) -> f64 {
        (point.quality - self.device_quality) / self.gap
    }

    /// Where the curve first recovers this much, between two points by a mix of both.
    pub fn reaches(&self, pgr: f64) -> Option<Spot> {
        let at = self.spots.iter().position(|spot| spot.pgr >= pgr)?;
        let (after, Some(before)) = (self.spots[at], at.checked_sub(1)) else {
            return Some(self.spots[at]);
        };
        let before = self.spots[before];
        let share = (pgr - before.pgr) / (after.pgr - before.pgr);
        let between = |from: f64, to: f64| from + share * (to - from);
        Some(Spot {
            calls: between(before.calls, after.calls),
            pgr,
            mean_s: between(before.mean_s, after.mean_s),
        })
    }

    /// Mean PGR over the shares of calls from 0 to 1.
    pub fn apgr(&self) -> f64 {
        let area =
            |pair: &[Spot]| (pair[1].calls - pair[0].calls) * (pair[0].pgr + pair[1].pgr) / 2.0;
        let beyond = self.spots.last().map_or(0.0, |last| (1.0 - last.calls) * last.pgr);
        self.spots.windows(2).map(area).sum::<f64>() + beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(calls: f64, quality: f64, mean_s: f64) -> Point {
        Point { calls, quality, mean_s, ..Point::default() }
    }

    fn curve(points: &[(f64, f64, f64)]) -> Curve {
        let points: Vec<Point> = points.iter().map(|(c, q, s)| point(*c, *q, *s)).collect();
        Curve::new(&points, &point(0.0, 0.4, 10.0), &point(1.0, 0.8, 2.0)).unwrap()
    }

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    #[test]
    fn chance_recovers_as_much_as_it_calls() {
        let chance = curve(&[]);
        close(chance.reaches(0.5).unwrap().calls, 0.5);
        close(chance.reaches(0.8).unwrap().mean_s, 3.6);
        close(chance.apgr(), 0.5);
    }

    #[test]
    fn a_curve_by_hand() {
        // PGR 0.5 at 0.25 calls, PGR 0.75 at 0.5.
        let curve = curve(&[(0.5, 0.7, 6.0), (0.25, 0.6, 8.0)]);
        close(curve.reaches(0.5).unwrap().calls, 0.25);
        close(curve.reaches(0.6).unwrap().calls, 0.35);
        close(curve.reaches(0.8).unwrap().calls, 0.6);
        assert_eq!(curve.reaches(1.1), None);
        // 0.25·0.25 + 0.25·0.625 + 0.5·0.875
        close(curve.apgr(), 0.65625);
    }

    #[test]
    fn beyond_the_edge_alone_and_below_it() {
        // More than the edge knows, at few calls.
        let curve = curve(&[(0.2, 0.9, 7.0)]);
        close(curve.reaches(0.8).unwrap().calls, 0.2 * 0.8 / 1.25);
        let (device, edge) = (point(0.0, 0.5, 1.0), point(1.0, 0.5, 1.0));
        assert_eq!(Curve::new(&[], &device, &edge), None);
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
        assert_eq!((point.p50_s, point.p95_s), (2.0, 4.0));
    }
}
