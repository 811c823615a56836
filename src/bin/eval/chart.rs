//! The chart of docs/evaluation.md: for each set, quality against calls and against seconds.

use crate::metrics::Point;
use crate::report::{Report, RouterReport, SetReport};

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 34.0;
/// Room for a panel's axis, and for what separates it from the next.
const FOOT: f64 = 44.0;
const GAP: f64 = 20.0;
const LEGEND_ROW: f64 = 16.0;

/// A hue for each contender that is drawn.
const HUES: [(&str, &str); 10] = [
    ("all_device", "#222"),
    ("all_edge", "#222"),
    ("random", "#999"),
    ("latency", "#b0702d"),
    ("win_rate", "#4a6fa5"),
    ("paper", "#7a5fa5"),
    ("paper_queue", "#c06c9b"),
    ("ours_look", "#0a7d52"),
    ("ours_both", "#6cc24a"),
    ("oracle", "#c9a227"),
];

/// What a panel draws along its horizontal axis.
struct Axis {
    title: &'static str,
    of: fn(&Point) -> f64,
    percent: bool,
}

const AXES: [Axis; 2] = [
    Axis { title: "share of calls", of: |point| point.calls, percent: true },
    Axis { title: "mean seconds per answer", of: |point| point.mean_s, percent: false },
];

pub fn chart(report: &Report) -> String {
    let sets = report.sets();
    let row = HEIGHT + TOP + FOOT;
    let drawn = legend(&sets);
    let legend_height = drawn.len().div_ceil(3) as f64 * LEGEND_ROW + 10.0;
    let (width, height) = (2.0 * (LEFT + WIDTH + GAP), sets.len() as f64 * row + legend_height);
    let mut panels = Vec::new();
    for (index, (name, set)) in sets.iter().enumerate() {
        for (column, axis) in AXES.iter().enumerate() {
            let x = LEFT + column as f64 * (LEFT + WIDTH + GAP);
            let y = TOP + index as f64 * row;
            let panel = panel(name, set, axis);
            panels.push(format!("<g transform=\"translate({x} {y})\">\n{panel}\n</g>"));
        }
    }
    panels.extend(drawn.iter().enumerate().map(|(index, (label, hue))| {
        let x = LEFT + (index % 3) as f64 * 300.0;
        let y = sets.len() as f64 * row + (index / 3) as f64 * LEGEND_ROW + 10.0;
        format!(
            "<rect x=\"{x}\" y=\"{}\" width=\"18\" height=\"4\" fill=\"{hue}\"/>\
             <text x=\"{}\" y=\"{y}\" fill=\"#222\">{}</text>",
            y - 6.0,
            x + 24.0,
            escaped(label),
        )
    }));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\" \
         role=\"img\" aria-label=\"Quality against calls and against seconds\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n{}\n</svg>\n",
        panels.join("\n")
    )
}

fn hue(name: &str) -> Option<&'static str> {
    HUES.iter().find(|(known, _)| *known == name).map(|(_, hue)| *hue)
}

/// Labels and hues of the routers that some set has, in the tables' order.
fn legend(sets: &[(String, &SetReport)]) -> Vec<(String, &'static str)> {
    let mut known = Vec::new();
    for router in sets.iter().flat_map(|(_, set)| &set.routers) {
        let entry = hue(&router.name).map(|hue| (router.label.clone(), hue));
        known.extend(entry.filter(|entry| !known.contains(entry)));
    }
    known
}

fn panel(name: &str, set: &SetReport, axis: &Axis) -> String {
    let drawn: Vec<(&RouterReport, &str)> =
        set.routers.iter().filter_map(|router| Some((router, hue(&router.name)?))).collect();
    let points = || drawn.iter().flat_map(|(router, _)| &router.curve);
    let range = |of: &dyn Fn(&Point) -> f64| {
        let values = points().map(of);
        values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (left, right) = if axis.percent { (0.0, 1.0) } else { (0.0, range(&axis.of).1 * 1.05) };
    let (low, high) = range(&|point| point.quality);
    let (low, high) = ((low * 20.0).floor() / 20.0, (high * 20.0).ceil() / 20.0);
    let x = |value: f64| WIDTH * (value - left) / (right - left).max(1e-9);
    let y = |value: f64| HEIGHT * (1.0 - (value - low) / (high - low).max(1e-9));
    let mut parts = vec![title(name, axis)];
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        let (across, up) = (left + share * (right - left), low + share * (high - low));
        let across_text = match axis.percent {
            true => format!("{:.0} %", 100.0 * across),
            false => format!("{across:.1}"),
        };
        parts.push(format!(
            "<path d=\"M0 {:.1}H{WIDTH}\" stroke=\"#eee\"/>\
             <text x=\"-6\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#666\">{up:.2}</text>\
             <text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#666\">{across_text}</text>",
            y(up),
            y(up) + 4.0,
            x(across),
            HEIGHT + 14.0,
        ));
    }
    for (router, hue) in drawn {
        let spots: Vec<(f64, f64)> =
            router.curve.iter().map(|point| (x((axis.of)(point)), y(point.quality))).collect();
        parts.push(mark(&spots, hue));
    }
    parts.join("\n")
}

fn title(name: &str, axis: &Axis) -> String {
    let name = escaped(name);
    format!(
        "<text x=\"0\" y=\"-12\" font-weight=\"bold\" fill=\"#222\">{name}</text>\
         <text x=\"{WIDTH}\" y=\"{}\" text-anchor=\"end\" fill=\"#222\">{}</text>",
        HEIGHT + 28.0,
        axis.title,
    )
}

/// A curve as a line, a single point as a dot.
fn mark(spots: &[(f64, f64)], hue: &str) -> String {
    if let [(x, y)] = spots {
        return format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{hue}\"/>");
    }
    let points: Vec<String> = spots.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let points = points.join(" ");
    format!("<polyline points=\"{points}\" fill=\"none\" stroke=\"{hue}\" stroke-width=\"2\"/>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
