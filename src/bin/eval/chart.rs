//! The chart of docs/evaluation.md: for each set, quality against calls and against seconds.

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::metrics::Point;
use crate::report::{Report, RouterReport, SetReport};
use crate::{Failure, Result};

/// Of a panel, in pixels.
const WIDTH: u32 = 490;
const HEIGHT: u32 = 330;
const LEGEND_HEIGHT: u32 = 80;
const FONT: &str = "sans-serif";

/// A hue for each contender that is drawn.
const HUES: [(&str, RGBColor); 10] = [
    ("all_device", RGBColor(0x22, 0x22, 0x22)),
    ("all_edge", RGBColor(0x22, 0x22, 0x22)),
    ("random", RGBColor(0x99, 0x99, 0x99)),
    ("latency", RGBColor(0xb0, 0x70, 0x2d)),
    ("win_rate", RGBColor(0x4a, 0x6f, 0xa5)),
    ("paper", RGBColor(0x7a, 0x5f, 0xa5)),
    ("paper_queue", RGBColor(0xc0, 0x6c, 0x9b)),
    ("ours_look", RGBColor(0x0a, 0x7d, 0x52)),
    ("ours_both", RGBColor(0x6c, 0xc2, 0x4a)),
    ("oracle", RGBColor(0xc9, 0xa2, 0x27)),
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

type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;
type Drawn<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// As SVG.
pub fn chart(report: &Report) -> Result<String> {
    draw(report).map_err(|error| Failure(format!("the chart could not be drawn: {error}")))
}

fn draw(report: &Report) -> Drawn<String> {
    let sets = report.sets();
    let size = (2 * WIDTH, sets.len() as u32 * HEIGHT + LEGEND_HEIGHT);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let (panels, foot) = root.split_vertically(size.1 - LEGEND_HEIGHT);
        for ((name, set), row) in sets.iter().zip(panels.split_evenly((sets.len().max(1), 1))) {
            for (axis, area) in AXES.iter().zip(row.split_evenly((1, 2))) {
                panel(&area, name, set, axis)?;
            }
        }
        legend(&foot, &sets)?;
        root.present()?;
    }
    Ok(svg)
}

fn hue(name: &str) -> Option<RGBColor> {
    HUES.iter().find(|(known, _)| *known == name).map(|(_, hue)| *hue)
}

/// The routers that some set has, in the tables' order, three a line.
fn legend(area: &Area, sets: &[(String, &SetReport)]) -> Drawn<()> {
    let mut known: Vec<(&str, RGBColor)> = Vec::new();
    for router in sets.iter().flat_map(|(_, set)| &set.routers) {
        let entry = hue(&router.name).map(|hue| (router.label.as_str(), hue));
        known.extend(entry.filter(|entry| !known.contains(entry)));
    }
    for (place, (label, hue)) in known.into_iter().enumerate() {
        let (x, y) = (50 + (place % 3) as i32 * 300, 10 + (place / 3) as i32 * 17);
        area.draw(&Rectangle::new([(x, y + 3), (x + 18, y + 7)], hue.filled()))?;
        area.draw(&Text::new(label, (x + 24, y), (FONT, 12)))?;
    }
    Ok(())
}

fn panel(area: &Area, name: &str, set: &SetReport, axis: &Axis) -> Drawn<()> {
    let drawn: Vec<(&RouterReport, RGBColor)> =
        set.routers.iter().filter_map(|router| Some((router, hue(&router.name)?))).collect();
    let points = || drawn.iter().flat_map(|(router, _)| &router.curve);
    let highest = points().map(axis.of).fold(0.0, f64::max);
    let right = if axis.percent { 1.0 } else { (1.05 * highest).max(f64::MIN_POSITIVE) };
    let (low, high) = points().fold((1.0_f64, 0.0_f64), |(low, high), point| {
        (low.min(point.quality), high.max(point.quality))
    });
    let low = (low * 20.0).floor() / 20.0;
    let high = ((high * 20.0).ceil() / 20.0).max(low + 0.05);
    let mut chart = ChartBuilder::on(area)
        .caption(name, (FONT, 13))
        .margin(8)
        .x_label_area_size(36)
        .y_label_area_size(40)
        .build_cartesian_2d(0.0..right, low..high)?;
    let across = |value: &f64| match axis.percent {
        true => format!("{:.0} %", 100.0 * value),
        false => format!("{value:.1}"),
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc(axis.title)
        .x_labels(5)
        .y_labels(5)
        .x_label_formatter(&across)
        .y_label_formatter(&|value| format!("{value:.2}"))
        .label_style((FONT, 11))
        .draw()?;
    for (router, hue) in drawn {
        let spots = router.curve.iter().map(|point| ((axis.of)(point), point.quality));
        // A curve is a line, a single point a dot.
        match router.curve.len() {
            1 => chart.draw_series(spots.map(|spot| Circle::new(spot, 4, hue.filled())))?,
            _ => chart.draw_series(LineSeries::new(spots, hue.stroke_width(2)))?,
        };
    }
    Ok(())
}
