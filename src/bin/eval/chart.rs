//! The chart of docs/evaluation.md: right answers against calls and against seconds, a row for each link.

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::curve::Point;
use crate::report::{RouterReport, SetReport};
use crate::{Failure, Result};

/// Of a panel, in pixels.
const WIDTH: u32 = 490;
const HEIGHT: u32 = 330;
const LEGEND_HEIGHT: u32 = 66;
const FONT: &str = "sans-serif";

const CHANCE: (&str, RGBColor) = ("chance", RGBColor(0x99, 0x99, 0x99));
/// A hue for each way that is drawn.
const HUES: [(&str, RGBColor); 7] = [
    ("all_device", RGBColor(0x88, 0x22, 0x22)),
    ("all_edge", RGBColor(0x22, 0x22, 0x22)),
    ("win_rate", RGBColor(0x4a, 0x6f, 0xa5)),
    ("paper_queue", RGBColor(0xc0, 0x6c, 0x9b)),
    ("ours", RGBColor(0xe0, 0x7b, 0x1a)),
    ("ours_calm", RGBColor(0x0a, 0x7d, 0x52)),
    ("oracle", RGBColor(0xc9, 0xa2, 0x27)),
];

/// What a panel draws along its horizontal axis.
struct Axis {
    title: &'static str,
    of: fn(&Point) -> f64,
    percent: bool,
}

const AXES: [Axis; 2] = [
    Axis { title: "calls per question", of: |point| point.calls, percent: true },
    Axis { title: "mean seconds per answer", of: |point| point.mean_s, percent: false },
];

type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;
type Drawn<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// As SVG; each row has its title.
pub fn chart(rows: &[(&str, &SetReport)]) -> Result<String> {
    draw(rows).map_err(|error| Failure(format!("the chart could not be drawn: {error}")))
}

fn draw(rows: &[(&str, &SetReport)]) -> Drawn<String> {
    let size = (2 * WIDTH, rows.len() as u32 * HEIGHT + LEGEND_HEIGHT);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        // Its own ground, so that it reads alike on light and dark pages.
        root.fill(&WHITE)?;
        let (panels, foot) = root.split_vertically(size.1 - LEGEND_HEIGHT);
        for ((title, set), row) in rows.iter().zip(panels.split_evenly((rows.len(), 1))) {
            for (axis, area) in AXES.iter().zip(row.split_evenly((1, 2))) {
                panel(&area, title, &drawn(set), axis)?;
            }
        }
        legend(&foot, &drawn(rows[0].1))?;
        root.present()?;
    }
    Ok(svg)
}

fn drawn(set: &SetReport) -> Vec<(&RouterReport, RGBColor)> {
    let hued = |(name, hue): &(&str, RGBColor)| {
        Some((set.routers.iter().find(|router| router.name == *name)?, *hue))
    };
    HUES.iter().filter_map(hued).collect()
}

/// Three entries a line.
fn legend(area: &Area, drawn: &[(&RouterReport, RGBColor)]) -> Drawn<()> {
    let entries = drawn.iter().map(|(router, hue)| (router.label, *hue)).chain([CHANCE]);
    for (place, (label, hue)) in entries.enumerate() {
        let (x, y) = (50 + (place % 3) as i32 * 300, 6 + (place / 3) as i32 * 18);
        area.draw(&Rectangle::new([(x, y + 4), (x + 18, y + 8)], hue.filled()))?;
        area.draw(&Text::new(label, (x + 24, y), (FONT, 13)))?;
    }
    Ok(())
}

fn panel(area: &Area, title: &str, drawn: &[(&RouterReport, RGBColor)], axis: &Axis) -> Drawn<()> {
    let points = || drawn.iter().flat_map(|(router, _)| &router.curve);
    let highest = points().map(axis.of).fold(f64::MIN_POSITIVE, f64::max);
    let (low, high) = points().fold((1.0_f64, 0.0_f64), |(low, high), point| {
        (low.min(point.quality), high.max(point.quality))
    });
    let (low, high) = ((low * 20.0 - 0.5).floor() / 20.0, (high * 20.0 + 0.5).ceil() / 20.0);
    let mut chart = ChartBuilder::on(area)
        .caption(title, (FONT, 14))
        .margin(10)
        .x_label_area_size(38)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..1.06 * highest, low..high)?;
    let across = |value: &f64| match axis.percent {
        true => format!("{:.0} %", 100.0 * value),
        false => format!("{value:.1}"),
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc(axis.title)
        .y_desc("right answers")
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&across)
        .y_label_formatter(&|value| format!("{:.0} %", 100.0 * value))
        .label_style((FONT, 12))
        .draw()?;
    let spot = |point: &Point| ((axis.of)(point), point.quality);
    let ends = drawn.iter().filter(|(router, _)| router.name.starts_with("all_"));
    let line: Vec<(f64, f64)> = ends.map(|(router, _)| spot(&router.curve[0])).collect();
    chart.draw_series(LineSeries::new(line, CHANCE.1.stroke_width(1)))?;
    for (router, hue) in drawn {
        let spots = router.curve.iter().map(spot);
        // A curve is a line, a single point a dot.
        match router.curve.len() {
            1 => chart.draw_series(spots.map(|spot| Circle::new(spot, 5, hue.filled())))?,
            _ => chart.draw_series(LineSeries::new(spots, hue.stroke_width(2)))?,
        };
    }
    Ok(())
}
