//! docs/evaluation.md and its chart: the pairs of `pairs.json` in the worlds that the page tells of. The words
//! are in `page.md`, which says itself where they depend on what is found.

use std::path::Path;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use crate::asked::Asked;
use crate::chart::chart;
use crate::estimate::Estimate;
use crate::files::write as write_file;
use crate::outcomes::Pair;
use crate::price::{ALPHAS, Cell, cells};
use crate::replay::{Scene, Setting};
use crate::report::{SetReport, comparison_table, costs_table, routers_table, saved_table};
use crate::speeds::{CPU, Device, Edge, GPU, LARGE, MEDIUM, ONE_B, SMALL};
use crate::table::percent;
use crate::trace::{Trace, tunnels};
use crate::ways::{FEW_OF_QUESTIONS, OF_DIALOGUES, OF_QUESTIONS, Way};
use crate::{Failure, Result};

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
        page.add_filter("interval", interval);
        page.add_filter("plain", |value: f64| value.to_string());
        let found = context! {
            alone => self.alone,
            costs => self.costs,
            public => self.public,
            n_public => self.public.iter().step_by(PUBLIC.len()).map(|found| found.report.n).sum::<usize>(),
            alpha_per_s,
            devices => [&SMALL, &MEDIUM, &ONE_B, &LARGE],
            edges => [&CPU, &GPU],
            tables => context! {
                saved => [self.alone[0].comparisons(), self.alone[1].comparisons()],
                split => split(&self.alone),
                dialogues => split(&self.dialogues),
                costs => self.costs.each_ref().map(|cells| costs_table(cells)),
                routers => [0, 1].map(|at| routers_table(&self.alone[at].report.routers)),
            },
        };
        page.render_str(include_str!("page.md"), found)
            .map_err(|error| Failure(format!("page.md: {error:#}")))
    }
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

/// A figure and its interval in hundredths.
fn interval(found: Value) -> String {
    let number = |name| found.get_attr(name).ok().and_then(|number| f64::try_from(number).ok());
    let (value, low, high) = (number("value").unwrap_or(f64::NAN), number("low"), number("high"));
    Estimate { value, low, high }.percent()
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
        for told in ["40 everyday questions", "% (95 % interval", " met |", "\n## All routers\n"] {
            assert!(text.contains(told), "{told}: {text}");
        }
        assert!(!text.contains("{{") && !text.contains("{%"), "{text}");
    }
}
