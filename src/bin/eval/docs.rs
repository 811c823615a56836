//! docs/evaluation.md and its chart: the pairs of `pairs.json` in the worlds that the page tells of. The words
//! are in `page.md`, which says itself where they depend on what is found.

use std::path::Path;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::Serialize;

use crate::asked::Asked;
use crate::chart::chart;
use crate::compare::{Comparison, Over};
use crate::estimate::Estimate;
use crate::files::write as write_file;
use crate::outcomes::Pair;
use crate::price::{ALPHAS, Cell, cells};
use crate::replay::{Scene, Setting};
use crate::report::{SetReport, comparison_table, costs_table, routers_table, saved_table};
use crate::speeds::{CPU, Device, Edge, GPU, LARGE, MEDIUM, ONE_B, SMALL};
use crate::table::{Column, percent, table};
use crate::trace::{Trace, tunnels};
use crate::ways::{FEW_OF_QUESTIONS, OF_DIALOGUES, OF_QUESTIONS, Way};
use crate::{Failure, Result};

/// What the page is aimed at: shares of calls and of mean time that are saved.
const FEWER_CALLS: f64 = 0.2;
const LESS_TIME: f64 = 0.15;
/// Steps between thresholds where much is replayed.
const FEW_STEPS: usize = 10;

/// A device, an edge, and whether the link has outages.
type Place = (&'static Device, &'static Edge, bool);

/// The demo's pair, first where it is told in full; the last two also in dialogues.
const DEMO: [Place; 4] =
    [(&SMALL, &CPU, false), (&SMALL, &CPU, true), (&SMALL, &GPU, false), (&SMALL, &GPU, true)];
const PUBLIC: [Place; 6] = [
    (&SMALL, &GPU, false),
    (&MEDIUM, &GPU, false),
    (&ONE_B, &GPU, false),
    (&LARGE, &GPU, false),
    (&SMALL, &GPU, true),
    (&LARGE, &GPU, true),
];

/// One pair in one world.
#[derive(Serialize)]
struct Found {
    device: &'static str,
    edge: &'static str,
    outages: bool,
    #[serde(flatten)]
    report: SetReport,
}

/// What the page tells of.
struct Page {
    /// The demo's pair.
    alone: Vec<Found>,
    dialogues: Vec<Found>,
    /// Without outages, and with them.
    costs: [Vec<Cell>; 2],
    public: Vec<Found>,
}

/// Writes both files into the repository; `folder` has what was recorded.
pub fn write(folder: &Path, setting: &Setting) -> Result<()> {
    let pairs: Vec<Pair> = serde_json::from_str(include_str!("pairs.json"))
        .map_err(|error| Failure(format!("pairs.json: {error}")))?;
    let mut pairs = pairs.into_iter().map(|pair| pair.within(folder));
    let demo = pairs.next().expect("the demo's pair is the first one");
    let mut page = of_demo(&demo, Asked::load(&demo)?, setting)?;
    let few = few(setting);
    for pair in pairs {
        let asked = Asked::load(&pair)?;
        for place in PUBLIC {
            page.public.push(Found::new(&pair, &asked, &few, place, &FEW_OF_QUESTIONS)?);
        }
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let [steady, outages, ..] = &page.alone[..] else { unreachable!("the demo has four places") };
    let panels = [("no outages", &steady.report), ("outages", &outages.report)];
    write_file(&docs.join("evaluation.svg"), &chart(&panels)?)?;
    write_file(&docs.join("evaluation.md"), &page.rendered(setting.alpha_per_s)?)
}

fn few(setting: &Setting) -> Setting {
    Setting { n_steps: Some(FEW_STEPS), ..setting.clone() }
}

/// The page without the public pairs.
fn of_demo(pair: &Pair, asked: Asked, setting: &Setting) -> Result<Page> {
    let few = few(setting);
    let calm = Way::named("ours_calm");
    let costs = |place| {
        let setting = within(&few, place);
        cells(Scene { asked: &asked, setting: &setting }, &ALPHAS, &calm)
    };
    let costs = [costs(DEMO[0])?, costs(DEMO[1])?];
    let settings = [setting, setting, &few, &few];
    let alone = settings.into_iter().zip(DEMO);
    let alone = alone.map(|(setting, at)| Found::new(pair, &asked, setting, at, &OF_QUESTIONS));
    let alone = alone.collect::<Result<_>>()?;
    let asked = asked.in_sessions(None, setting.seed)?;
    let dialogues = DEMO[2..].iter().map(|at| Found::new(pair, &asked, &few, *at, &OF_DIALOGUES));
    Ok(Page { alone, dialogues: dialogues.collect::<Result<_>>()?, costs, public: Vec::new() })
}

fn within(setting: &Setting, (device, edge, outages): Place) -> Setting {
    let trace = if outages { tunnels() } else { Trace::broadband() };
    Setting { traces: vec![trace], speeds: device.with(edge), ..setting.clone() }
}

impl Found {
    fn new(
        pair: &Pair,
        asked: &Asked,
        setting: &Setting,
        place: Place,
        names: &[&str],
    ) -> Result<Found> {
        let setting = within(setting, place);
        let report = SetReport::new(pair, Scene { asked, setting: &setting }, names)?;
        let (device, edge, outages) = place;
        Ok(Found { device: device.label, edge: edge.label, outages, report })
    }

    /// At equal quality: what is saved with the fewest calls, or in the least time, over whom.
    fn over(&self, goal: usize, whom: usize) -> &Over {
        &self.report.equal_quality[goal].over[whom]
    }

    fn comparisons(&self) -> String {
        self.report.equal_quality.each_ref().map(comparison_table).join("\n")
    }
}

impl Page {
    fn rendered(&self, alpha_per_s: f64) -> Result<String> {
        let mut page = Environment::new();
        page.set_undefined_behavior(UndefinedBehavior::Strict);
        page.set_auto_escape_callback(|_| AutoEscape::None);
        page.set_trim_blocks(true);
        page.set_keep_trailing_newline(true);
        page.add_filter("fixed", |value: f64, digits: usize| format!("{value:.digits$}"));
        page.add_filter("percent", percent);
        let public = |outages: bool| public_table(&self.public, outages);
        let found = context! {
            steady => self.alone[0],
            outages => self.alone[1],
            costs => self.costs,
            n_public => self.public.iter().step_by(PUBLIC.len()).map(|found| found.report.n).sum::<usize>(),
            alpha_per_s,
            tables => context! {
                targets => targets(&self.alone[0].report.equal_quality),
                saved => [self.alone[0].comparisons(), self.alone[1].comparisons()],
                split => split(&self.alone),
                dialogues => split(&self.dialogues),
                public => [public(false), public(true)],
                costs => self.costs.each_ref().map(|cells| costs_table(cells)),
                routers => [0, 1].map(|at| routers_table(&self.alone[at].report.routers)),
                speeds => speeds(),
            },
        };
        page.render_str(include_str!("page.md"), found)
            .map_err(|error| Failure(format!("page.md: {error:#}")))
    }
}

fn targets([calls, seconds]: &[Comparison; 2]) -> String {
    let mut rows: Vec<(String, &Estimate, f64)> = Vec::new();
    for (index, whom) in [(2, "the best other router"), (1, "asking the edge always")] {
        let fewer = format!("at least 20 % fewer calls than {whom}");
        rows.push((fewer, &calls.over[index].calls_saved, FEWER_CALLS));
        let less = format!("at least 15 % less mean time than {whom}");
        rows.push((less, &seconds.over[index].seconds_saved, LESS_TIME));
    }
    let columns: &[Column<(String, &Estimate, f64)>] = &[
        ("aimed at", |row| row.0.clone()),
        ("found, %", |row| row.1.percent()),
        ("", |(_, found, target)| match found.value >= *target {
            true if found.low.is_some_and(|low| low >= *target) => "met".to_owned(),
            true => "met on average, not beyond noise".to_owned(),
            false => "not met".to_owned(),
        }),
    ];
    table(&rows, columns)
}

/// One table for each world, of what each cause saves over what stands in the row before.
fn split(found: &[Found]) -> String {
    let table = |found: &Found| {
        let link = if found.outages { "outages" } else { "no outages" };
        let title = format!("{} in the page, {}, {link}", found.device, found.edge);
        saved_table(&title, &found.report.equal_quality[0].split, None)
    };
    found.iter().map(table).collect::<Vec<_>>().join("\n")
}

/// One row for each pair and device.
fn public_table(public: &[Found], outages: bool) -> String {
    fn right(found: &Found, name: &str) -> String {
        let mut routers = found.report.routers.iter();
        let end = routers.find(|router| router.name == name);
        percent(end.map_or(0.0, |end| end.operating.quality))
    }
    let columns: &[Column<&Found>] = &[
        ("pair, device's speed", |found| format!("{}, {}", found.report.set, found.device)),
        ("questions", |found| found.report.n.to_string()),
        ("right: device, edge", |found| {
            format!("{}, {}", right(found, "all_device"), right(found, "all_edge"))
        }),
        ("calls saved over the edge, %", |found| found.over(0, 1).calls_saved.percent()),
        ("over the best router, %", |found| found.over(0, 2).calls_saved.percent()),
        ("time saved over the edge, %", |found| found.over(1, 1).seconds_saved.percent()),
        ("over the best router, %", |found| found.over(1, 2).seconds_saved.percent()),
        ("more right than the edge, points", |found| found.over(0, 1).more_right.percent()),
    ];
    let rows: Vec<&Found> = public.iter().filter(|found| found.outages == outages).collect();
    table(&rows, columns)
}

fn speeds() -> String {
    let devices = [&SMALL, &MEDIUM, &ONE_B, &LARGE];
    let devices = devices.map(|at| (at.label, at.prefill_tps, at.decode_tps, at.source));
    let edges = [&CPU, &GPU].map(|at| (at.label, at.prefill_tps, at.decode_tps, at.source));
    let columns: &[Column<(&str, f64, f64, &str)>] = &[
        ("side", |row| row.0.to_owned()),
        ("reads, tokens/s", |row| row.1.to_string()),
        ("writes, tokens/s", |row| row.2.to_string()),
        ("measured?", |row| row.3.to_owned()),
    ];
    table(devices.iter().chain(&edges), columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::{asked, setting};

    #[test]
    fn the_page_finds_all_that_it_tells_of() {
        let setting = Setting { n_steps: Some(2), ..setting(Vec::new()) };
        let mut page = of_demo(&Pair::default(), asked(40), &setting).unwrap();
        for place in [PUBLIC[0], PUBLIC[5]] {
            let found =
                Found::new(&Pair::default(), &asked(20), &setting, place, &FEW_OF_QUESTIONS);
            page.public.push(found.unwrap());
        }
        let text = page.rendered(0.005).unwrap();
        for told in
            ["40 everyday questions", "% (95 % interval", " met |", "\n## All routers\n"]
        {
            assert!(text.contains(told), "{told}: {text}");
        }
        assert!(!text.contains("{{") && !text.contains("{%"), "{text}");
    }
}
