//! docs/evaluation.md and its chart, from what a run found.

use std::fmt::Write;
use std::path::Path;

use crate::chart::chart;
use crate::cost::Costs;
use crate::metrics::{Measure, Point};
use crate::report::{PairReport, Report, Saving, SetReport};
use crate::{Result, write as write_file};

/// Writes both files into the repository.
pub fn write(report: &Report) -> Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    write_file(&docs.join("evaluation.svg"), &chart(report)?)?;
    write_file(&docs.join("evaluation.md"), &page(report))
}

fn page(report: &Report) -> String {
    let mut page = String::new();
    // Writing into a text cannot fail.
    let _ = write_page(&mut page, report);
    page
}

fn write_page(page: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(page, "# What the routing is worth\n")?;
    writeln!(page, "Written by `cargo xtask eval --docs`, which replays it all again.\n")?;
    writeln!(
        page,
        "Recorded questions go one by one through the router that the page runs, on a virtual \
         clock, and through others in its place. An answer is right or wrong as that of the side \
         that ended it.\n"
    )?;
    writeln!(page, "![Quality against calls and against seconds](evaluation.svg)\n")?;
    for (title, set) in report.sets() {
        write_set(page, &title, set)?;
    }
    write_method(page, report)
}

fn write_set(page: &mut String, title: &str, set: &SetReport) -> std::fmt::Result {
    writeln!(page, "## {title}\n")?;
    writeln!(
        page,
        "{} questions; of {} the device's answer is known, {} were looked at.\n",
        set.n, set.n_answers_known, set.n_looked
    )?;
    writeln!(
        page,
        "| router | CPT50 | CPT80 | CPT95 | APGR | right | calls | unused | mean s | p95 s | first \
         text s |"
    )?;
    writeln!(page, "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |")?;
    for router in &set.routers {
        let percent = |value: Option<f64>| {
            value.map_or("–".to_owned(), |value| format!("{:.1} %", 100.0 * value))
        };
        let apgr = router.apgr.map_or("–".to_owned(), |apgr| format!("{apgr:.3}"));
        let Point { calls, thrown_away, quality, mean_s, p95_s, ttft_s, .. } = router.operating;
        writeln!(
            page,
            "| {} | {} | {} | {} | {apgr} | {} | {} | {} | {mean_s:.1} | {p95_s:.1} | {ttft_s:.1} |",
            router.label,
            percent(router.cpt50),
            percent(router.cpt80),
            percent(router.cpt95),
            percent(Some(quality)),
            percent(Some(calls)),
            percent(Some(thrown_away)),
        )?;
    }
    writeln!(
        page,
        "\nWhoever knew beforehand which of the sides is sooner would take {:.1} seconds on average.\n",
        set.fastest_s
    )?;
    write_savings(page, &set.savings)?;
    write_costs(page, &set.costs)
}

fn write_costs(page: &mut String, costs: &[Costs]) -> std::fmt::Result {
    if costs.is_empty() {
        return Ok(());
    }
    writeln!(
        page,
        "What it costs all in all, per question: wrong answers, seconds at α, and calls at a price, \
         in units of win rate. The router and its θ are picked on one half of the questions, the costs are the other's:\n"
    )?;
    writeln!(
        page,
        "| a call's price | picked | θ | its cost | all on the device | all at the edge |"
    )?;
    writeln!(page, "| --: | --- | --: | --: | --: | --: |")?;
    for Costs { price, router, theta, ours, all_device, all_edge } in costs {
        writeln!(
            page,
            "| {price} | {router} | {theta:.2} | {ours:.3} | {all_device:.3} | {all_edge:.3} |"
        )?;
    }
    writeln!(page)
}

fn write_savings(page: &mut String, savings: &[Saving]) -> std::fmt::Result {
    if savings.is_empty() {
        return Ok(());
    }
    writeln!(page, "The best of ours against the best baseline, at equal quality or better:\n")?;
    writeln!(page, "| recovered | of | ours | | best baseline | | saving |")?;
    writeln!(page, "| --: | --- | --: | --- | --: | --- | --: |")?;
    for saving in savings {
        let Saving { pgr, measure, ours, baseline, ours_at, baseline_at, .. } = saving;
        let (of, ours_at, baseline_at) = match measure {
            Measure::Calls => {
                let percent = |share: &f64| format!("{:.1} %", 100.0 * share);
                ("calls", percent(ours_at), percent(baseline_at))
            }
            Measure::MeanS => {
                ("mean seconds", format!("{ours_at:.1}"), format!("{baseline_at:.1}"))
            }
        };
        let (recovered, share) = (100.0 * pgr, saving.share());
        writeln!(
            page,
            "| {recovered:.0} % | {of} | {ours_at} | {ours} | {baseline_at} | {baseline} | {share} |"
        )?;
    }
    writeln!(page)
}

fn write_method(page: &mut String, report: &Report) -> std::fmt::Result {
    let speeds = &report.speeds;
    writeln!(page, "## What the figures mean\n")?;
    writeln!(
        page,
        "- CPT50, CPT80 and CPT95: the smallest share of questions sent to the edge that recovers \
         50, 80 and 95 % of the gap between the device alone and the edge alone. APGR: the share \
         recovered, over all shares of calls (RouteLLM, arXiv 2406.18665). While the link is away \
         nobody can ask the edge, so that even the edge alone misses some calls."
    )?;
    writeln!(
        page,
        "- The other columns are at the threshold of the fewest calls that recovers 80 %, or at \
         the router's only one. The intervals hold 95 % of 300 resamples of the questions."
    )?;
    writeln!(
        page,
        "- What is saved of calls is told where each recovers that share with the fewest; what is saved of \
         seconds where each is soonest while it recovers that share or more. Where the edge is both \
         better and sooner, that is where everything is asked of it: every call that a router saves \
         costs time. What saves time then is what a router does while the edge is away. The line below \
         each table has the best choice of one side; a turn that begins on the device and goes back to \
         the edge once that is there again, as Nearside's do, may be sooner than both."
    )?;
    writeln!(
        page,
        "- Calls are requests to the edge, also those that were unused: where both sides began and the \
         device was kept."
    )?;
    writeln!(
        page,
        "- *Win rate alone* is the rule of HybridLLM and RouteLLM, *the paper's rule* that of \
         arXiv 2508.11291 with α = {} per second. Every router gets the same scorer's figures. On \
         questions that stand alone, Nearside decides from the prompt as the paper's rule with the \
         queue does, and goes back to an edge that was away; what else it knows counts within \
         dialogues.",
        report.alpha_per_s
    )?;
    writeln!(page, "\n## How it is measured\n")?;
    for pair in &report.pairs {
        writeln!(page, "- `{}`", command(pair))?;
    }
    writeln!(
        page,
        "- `--scorer models/general.gguf` beside `--predictions FILE` writes the predictions; `train/public/run.py \
         --write-ids DIR` the ids. Several pairs in one run take `--pair` instead. The code is in `src/bin/eval/`, the \
         outcome files are not part of this repository."
    )?;
    writeln!(
        page,
        "- Link traces, in turn for ten questions each: {}. Every router meets the same question at \
         the same place of the same trace. `cargo xtask eval traces --out DIR` writes them.",
        report.traces.join(", ")
    )?;
    writeln!(
        page,
        "- The device prefills {} and decodes {} tokens per second, the edge {} and {}; a score \
         takes {} s, a look {} s. Four characters count as a token. Seed {}.",
        speeds.device_prefill_tps,
        speeds.device_decode_tps,
        speeds.edge_prefill_tps,
        speeds.edge_decode_tps,
        speeds.score_s,
        speeds.look_s,
        report.seed
    )?;
    writeln!(
        page,
        "- Where an answer's length is not known, the set's median stands for it, or 800 \
         characters."
    )
}

/// What one would type for one pair, with the files' names alone.
fn command(pair: &PairReport) -> String {
    let mut words = vec!["cargo xtask eval --docs".to_owned()];
    words.push(format!("--device {} --edge {}", pair.device, pair.edge));
    words.push(format!("--outcomes {}", pair.outcomes.join(" ")));
    if !pair.answers.is_empty() {
        words.push(format!("--answers {}", pair.answers.join(" ")));
    }
    match (&pair.scorer, &pair.predictions) {
        (Some(scorer), _) => words.push(format!("--scorer {scorer}")),
        (None, Some(predictions)) => words.push(format!("--predictions {predictions}")),
        (None, None) => {}
    }
    if let Some(ids) = &pair.test_ids {
        words.push(format!("--test-ids {ids}"));
    }
    words.join(" ")
}
