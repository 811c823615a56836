//! docs/evaluation.md and its chart: every pair in the worlds that the page tells of. The words are in
//! `page.md`, with places for what is found here.

use std::path::Path;

use crate::asked::Asked;
use crate::chart::chart;
use crate::cli::{ReplayArgs, World};
use crate::compare::{Comparison, Goal};
use crate::estimate::Estimate;
use crate::outcomes::Pair;
use crate::price::{ALPHAS, Cell, Excess, cells};
use crate::replay::Scene;
use crate::report::{self, SetReport};
use crate::speeds::{CPU, Device, Edge, GPU, LARGE, MEDIUM, ONE_B, SMALL};
use crate::table::{Table, percent};
use crate::trace::{self, Trace};
use crate::ways::{FEW_OF_QUESTIONS, OF_DIALOGUES, OF_QUESTIONS, OURS_CALM, Way};
use crate::{Result, write as write_file};

/// What the page is aimed at: shares of the best baseline's calls and mean time that are saved.
const FEWER_CALLS: f64 = 0.2;
const LESS_TIME: f64 = 0.15;

/// The links that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Steady,
    Outages,
}

/// One pair in one world.
struct Found {
    device: &'static Device,
    edge: &'static Edge,
    link: Link,
    report: SetReport,
}

/// The page's own pair.
struct Demo {
    alone: Vec<Found>,
    dialogues: Vec<Found>,
    /// With the steady link, and with outages.
    costs: [Vec<Cell>; 2],
}

/// A smaller share of time is called none.
const LEAST_TOLD: f64 = 0.005;

/// Steps between thresholds where much is replayed.
const FEW_STEPS: usize = 10;

/// Writes both files into the repository.
pub fn write(args: &ReplayArgs) -> Result<()> {
    let setting = args.world.read()?;
    let few = World { n_steps: Some(FEW_STEPS), ..setting.clone() };
    let pairs = args.pairs()?;
    let demo = demo(&pairs[0], &setting, &few)?;
    let mut public = Vec::new();
    for pair in &pairs[1..] {
        let asked = Asked::load(pair)?;
        for (device, link) in PUBLIC {
            let ways = &FEW_OF_QUESTIONS;
            public.push(Found::new(pair, &asked, &few, (device, &GPU, link), ways)?);
        }
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let panels: Vec<(&str, &SetReport)> =
        demo.alone[..2].iter().map(|found| (found.link.label(), &found.report)).collect();
    write_file(&docs.join("evaluation.svg"), &chart(&panels)?)?;
    write_file(&docs.join("evaluation.md"), &page(&demo, &public, &pairs, &setting))
}

fn demo(pair: &Pair, setting: &World, few: &World) -> Result<Demo> {
    let asked = Asked::load(pair)?;
    let costs = |link: Link| {
        let setting = link.world(few, &SMALL, &CPU);
        cells(Scene { asked: &asked, setting: &setting }, &ALPHAS, &OURS_CALM)
    };
    let costs = [costs(Link::Steady)?, costs(Link::Outages)?];
    let links = [Link::Steady, Link::Outages];
    let on = |edge: &'static Edge| links.map(|link| (&SMALL, edge, link));
    let found = |asked: &Asked, places: &[Place], ways: &[Way]| -> Result<Vec<Found>> {
        let each = places.iter().enumerate();
        each.map(|(index, place)| {
            // The first two are told in full.
            let setting = if index < 2 && ways == OF_QUESTIONS { setting } else { few };
            Found::new(pair, asked, setting, *place, ways)
        })
        .collect()
    };
    let alone = found(&asked, &[on(&CPU), on(&GPU)].concat(), &OF_QUESTIONS)?;
    let asked = asked.in_sessions(setting.seed).checked()?;
    let dialogues = found(&asked, &on(&GPU), &OF_DIALOGUES)?;
    Ok(Demo { alone, dialogues, costs })
}

impl Link {
    fn label(self) -> &'static str {
        match self {
            Link::Steady => "no outages",
            Link::Outages => "outages",
        }
    }

    fn world(self, setting: &World, device: &Device, edge: &Edge) -> World {
        let trace = match self {
            Link::Steady => Trace::broadband(),
            Link::Outages => trace::tunnels(),
        };
        World { traces: vec![trace], speeds: device.with(edge), ..setting.clone() }
    }
}

type Place = (&'static Device, &'static Edge, Link);

/// Where the public pairs are replayed, all with a GPU at the edge.
const PUBLIC: [(&Device, Link); 6] = [
    (&SMALL, Link::Steady),
    (&MEDIUM, Link::Steady),
    (&ONE_B, Link::Steady),
    (&LARGE, Link::Steady),
    (&SMALL, Link::Outages),
    (&LARGE, Link::Outages),
];

impl Found {
    fn new(
        pair: &Pair,
        asked: &Asked,
        setting: &World,
        (device, edge, link): Place,
        ways: &[Way],
    ) -> Result<Found> {
        let setting = link.world(setting, device, edge);
        let report = SetReport::without_costs(pair, Scene { asked, setting: &setting }, ways)?;
        Ok(Found { device, edge, link, report })
    }

    fn at(&self, goal: Goal) -> &Comparison {
        let mut found = self.report.equal_quality.iter();
        found.find(|found| found.goal == goal).expect("both goals are pursued")
    }

    /// The world in a few words.
    fn world(&self) -> String {
        format!("{} in the page, {}, {}", self.device.label, self.edge.label, self.link.label())
    }
}

fn page(demo: &Demo, public: &[Found], pairs: &[Pair], setting: &World) -> String {
    let [steady, outages, ..] = &demo.alone[..] else { unreachable!("two links for each edge") };
    let all: Vec<&Cell> = demo.costs.iter().flatten().collect();
    let costs = demo.costs.each_ref().map(|cells| report::costs_table(cells).to_string());
    let [steady_costs, outage_costs] = costs;
    let n_public: usize = public.iter().step_by(PUBLIC.len()).map(|found| found.report.n).sum();
    let commands: Vec<String> = pairs.iter().map(argument).collect();
    let found = [
        ("n", steady.report.n.to_string()),
        ("n_public", n_public.to_string()),
        ("calls", calls_answer(steady, outages)),
        ("time", time_answer(steady, outages)),
        ("wrong", wrong_answer(steady)),
        ("when_not", when_not(&demo.costs)),
        ("targets", targets(steady).to_string()),
        ("steady", tables(steady)),
        ("outages", tables(outages)),
        ("split", split(&demo.alone)),
        ("dialogues", split(&demo.dialogues)),
        ("public_steady", public_table(public, Link::Steady).to_string()),
        ("public_outages", public_table(public, Link::Outages).to_string()),
        ("as_set", verdict_of_costs(&all, |cell| &cell.as_set)),
        ("picked", verdict_of_costs(&all, |cell| &cell.picked)),
        ("steady_costs", steady_costs),
        ("outage_costs", outage_costs),
        ("steady_routers", report::routers_table(&steady.report.routers).to_string()),
        ("outage_routers", report::routers_table(&outages.report.routers).to_string()),
        ("speeds", speeds().to_string()),
        ("alpha", setting.alpha_per_s.to_string()),
        ("commands", commands.join(" ")),
    ];
    let begin = include_str!("page.md").to_owned();
    found
        .into_iter()
        .fold(begin, |page, (name, text)| page.replace(&format!("{{{{{name}}}}}"), text.trim_end()))
}

/// In hundredths, with the interval in words.
fn told(estimate: &Estimate) -> String {
    let percent = |share: f64| format!("{:.0}", 100.0 * share);
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!(
            "{} % (95 % interval {} to {})",
            percent(estimate.value),
            percent(low),
            percent(high)
        ),
        _ => format!("{} %", percent(estimate.value)),
    }
}

fn calls_answer(steady: &Found, outages: &Found) -> String {
    let [chance, always, best] = &steady.at(Goal::Calls).over[..] else { return String::new() };
    format!(
        "**{}** of the calls that asking the edge always makes, at {} right answers for its {}. Against the best \
         other router, which has the same scorer and picks its threshold alike: {}. Against chance at the same \
         right answers: {}. On a link with outages: {} against asking always.",
        told(&always.calls_saved),
        percent(steady.at(Goal::Calls).ours.right),
        percent(always.side.right),
        told(&best.calls_saved),
        told(&chance.calls_saved),
        told(&outages.at(Goal::Calls).over[1].calls_saved),
    )
}

fn time_answer(steady: &Found, outages: &Found) -> String {
    let found = steady.at(Goal::Seconds);
    let [_, always, best] = &found.over[..] else { return String::new() };
    let away = &outages.at(Goal::Seconds).over;
    let fewest = steady.at(Goal::Calls);
    let gist = match always.seconds_saved.value < LEAST_TOLD {
        true => format!(
            "**None** without outages: the edge alone takes {:.2} s for an answer, and to have as many right \
             answers in the least time is to ask it always",
            always.side.mean_s
        ),
        false => format!(
            "**{}** of the mean time of asking the edge always, and {} of the best other router's",
            told(&always.seconds_saved),
            told(&best.seconds_saved)
        ),
    };
    format!(
        "{gist}. The choice with the fewest calls takes {:.2} s, which saves {}. On a link with outages the soonest \
         choice saves {} of asking always and {} of the best other router's.",
        fewest.ours.mean_s,
        told(&fewest.over[1].seconds_saved),
        told(&away[1].seconds_saved),
        told(&away[2].seconds_saved),
    )
}

fn wrong_answer(steady: &Found) -> String {
    let found = steady.at(Goal::Calls);
    let wrong = &found.wrong;
    format!(
        "Of 100 questions, the device keeps {:.1} that it gets wrong and the edge would have got right; it also \
         keeps {:.1} that it gets right and the edge would have got wrong. {:.0} of 100 take longer than the edge \
         alone would have, by {:.2} seconds on average, mostly for a draft that is thrown away.",
        100.0 * wrong.lost,
        100.0 * wrong.won,
        100.0 * wrong.slower,
        wrong.slower_s,
    )
}

/// Where the router, set as the README has it, costs more than the better end.
fn when_not(costs: &[Vec<Cell>; 2]) -> String {
    let link = |(cells, label): (&Vec<Cell>, &str)| {
        let worse: Vec<&Cell> = cells.iter().filter(|cell| cell.as_set.worse()).collect();
        if worse.is_empty() {
            return format!("with {label}, nowhere beyond noise");
        }
        let cheapest = worse.iter().map(|cell| cell.price).fold(f64::INFINITY, f64::min);
        let by_device = worse.iter().filter(|cell| cell.all_device < cell.all_edge).count();
        let side = match by_device {
            0 => "the edge",
            n if n == worse.len() => "the device",
            _ => "one side",
        };
        format!(
            "with {label}, in {} of {} settings all to {side} is cheaper; in all of them a call is worth {cheapest} \
             right answers or more",
            worse.len(),
            cells.len()
        )
    };
    [(&costs[0], "no outages"), (&costs[1], "outages")].map(link).join("; ") + "."
}

fn targets(steady: &Found) -> Table {
    let mut table = Table::new(["aimed at", "found, %", ""]);
    let mut row = |what: String, found: &Estimate, target: f64| {
        let verdict = match (found.value >= target, found.low.is_some_and(|low| low >= target)) {
            (_, true) => "met",
            (true, false) => "met on average, not beyond noise",
            (false, false) => "not met",
        };
        table.row([what, found.percent(), verdict.to_owned()]);
    };
    let (calls, seconds) = (steady.at(Goal::Calls), steady.at(Goal::Seconds));
    for (index, whom) in [(2, "the best other router"), (1, "asking the edge always")] {
        let fewer = format!("at least 20 % fewer calls than {whom}");
        row(fewer, &calls.over[index].calls_saved, FEWER_CALLS);
        let less = format!("at least 15 % less mean time than {whom}");
        row(less, &seconds.over[index].seconds_saved, LESS_TIME);
    }
    table
}

fn tables(found: &Found) -> String {
    let tables = [Goal::Calls, Goal::Seconds].map(|goal| report::comparison_table(found.at(goal)));
    format!("{}\n{}", tables[0], tables[1])
}

/// One table for each world, of what each cause saves over what stands in the row before.
fn split(found: &[Found]) -> String {
    let table = |found: &Found| {
        let goal = found.at(Goal::Calls);
        report::over_table(&found.world(), goal.split.iter())
    };
    let tables: Vec<String> = found.iter().map(|found| table(found).to_string()).collect();
    tables.join("\n")
}

/// One row for each pair and device.
fn public_table(public: &[Found], link: Link) -> Table {
    let mut table = Table::new([
        "pair, device's speed",
        "questions",
        "right: device, edge",
        "calls saved over the edge, %",
        "over the best router, %",
        "time saved over the edge, %",
        "over the best router, %",
        "more right than the edge, points",
    ]);
    for found in public.iter().filter(|found| found.link == link) {
        let (calls, seconds) = (found.at(Goal::Calls), found.at(Goal::Seconds));
        let right = |name: &str| {
            let mut routers = found.report.routers.iter();
            routers.find(|router| router.name == name).map_or(0.0, |end| end.operating.quality)
        };
        table.row([
            format!("{}, {}", found.report.set, found.device.label),
            found.report.n.to_string(),
            format!("{}, {}", percent(right("all_device")), percent(right("all_edge"))),
            calls.over[1].calls_saved.percent(),
            calls.over[2].calls_saved.percent(),
            seconds.over[1].seconds_saved.percent(),
            seconds.over[2].seconds_saved.percent(),
            calls.over[1].more_right.percent(),
        ]);
    }
    table
}

fn verdict_of_costs(cells: &[&Cell], of: fn(&Cell) -> &Excess) -> String {
    let n_worse = cells.iter().filter(|cell| of(cell).worse()).count();
    let most = cells.iter().map(|cell| of(cell).over_better.value).fold(f64::MIN, f64::max);
    format!(
        "dearer beyond noise in {n_worse} of {} cells; at the most by {:.1} right answers in 100, noise included",
        cells.len(),
        100.0 * most
    )
}

fn speeds() -> Table {
    let mut table = Table::new(["side", "reads, tokens/s", "writes, tokens/s", "measured?"]);
    let devices = [&SMALL, &MEDIUM, &ONE_B, &LARGE].map(|device| (device.label, device.speed));
    let edges = [&CPU, &GPU].map(|edge| (edge.label, edge.speed));
    for (label, speed) in devices.into_iter().chain(edges) {
        let [reads, writes] = [speed.prefill_tps, speed.decode_tps].map(|tps| tps.to_string());
        table.row([label.to_owned(), reads, writes, speed.source.to_owned()]);
    }
    table
}

/// What one would type for a pair, with the files' names alone.
fn argument(pair: &Pair) -> String {
    let names = |files: &mut dyn Iterator<Item = &std::path::PathBuf>| {
        let names = files.map(|file| file.file_name().unwrap_or_default().to_string_lossy());
        names.collect::<Vec<_>>().join(",")
    };
    let outcomes = names(&mut pair.outcomes.iter());
    let answers = names(&mut pair.answers.iter());
    let predictions = names(&mut pair.predictions.iter());
    format!("--pair '{}>{}:{outcomes}:{answers}:{predictions}'", pair.device, pair.edge)
}
