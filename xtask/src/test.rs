//! All tests, each in the runner that suits it. Every stage runs, and the summary says which failed.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::pair::Pair;
use crate::setup::TestTools;
use crate::{demo, gateway, node, pack, setup, sh, wasm};

pub fn run() -> Result<()> {
    let tools = setup::everything()?;
    let real = Pair::real();
    let stages: [(&str, &dyn Fn() -> Result<()>); 11] = [
        ("build", &|| wasm::build(&tools.build).and_then(|()| gateway::build().map(drop))),
        ("native tests", &native),
        ("browser tests", &|| browser(&tools)),
        ("end-to-end tests", &|| end_to_end(&tools)),
        ("types of the JavaScript", &types),
        ("adapters and examples", &|| {
            node::packages_of("examples")?;
            node_tests("tests/adapters", &tools)
        }),
        ("packed package, in sites", &|| {
            node::packages_of("tests/sites")?;
            pack::run()?;
            node_tests("tests/sites", &tools)
        }),
        ("pages of the API", &|| {
            node::packages_of("docs/api")?;
            sh::run(sh::command("node").args(["docs/api/make.mjs", "--check"]))
        }),
        ("tasks' own tests", &|| {
            sh::run(sh::cargo().args(["test", "--profile", "xtask", "-p", "xtask"]))
        }),
        ("headless demo, embedded pair", &|| {
            demo::drive_built(&Pair::embedded(), &tools.chromium, None)
        }),
        ("headless demo, real pair", &|| match &real {
            Ok(pair) => demo::drive_built(pair, &tools.chromium, None),
            Err(error) => Err(skip(error)),
        }),
    ];
    let results = stages.map(|(name, stage)| {
        sh::say(format!("stage: {name}"));
        let started = Instant::now();
        let result = stage();
        let outcome = match &result {
            Ok(()) => Outcome::Passed,
            Err(error) if error.is::<Skipped>() => Outcome::Skipped,
            Err(_) => Outcome::Failed,
        };
        if let Err(error) = &result {
            eprintln!("error: {error:#}");
        }
        (name, outcome, started.elapsed().as_secs_f64())
    });
    summarise(&results)
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    /// It could not be tried, which is no failure of what is tested.
    Skipped,
    Failed,
}

/// Why a stage was not tried.
#[derive(Debug)]
struct Skipped(String);

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Skipped {}

/// Without a way to the models' sources nothing can be said about the real pair, and the summary
/// must not sound as if it could.
fn skip(error: &anyhow::Error) -> anyhow::Error {
    let why = format!("the real pair could not be fetched, so it was not tried: {error:#}");
    Skipped(why).into()
}

fn native() -> Result<()> {
    sh::run(sh::cargo().args(["test", "--profile", gateway::PROFILE, "--features", "edge,eval"]))
}

/// The wasm tests, in headless Chromium (webdriver.json holds its flags).
fn browser(tools: &TestTools) -> Result<()> {
    sh::run(
        tools
            .build
            .toolchain
            .cargo("test")
            .args(["--profile", wasm::PROFILE, "--test", "web"])
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
                tools.build.wasm_bindgen.test_runner(),
            )
            .env("CHROMEDRIVER", &tools.chromium.driver)
            .env("WASM_BINDGEN_TEST_ONLY_WEB", "1")
            .env("WASM_BINDGEN_TEST_TIMEOUT", "300"),
    )
}

/// The JavaScript is checked with the packages that the adapters are written for.
pub fn types() -> Result<()> {
    node::packages_of("examples")?;
    node::packages_of("tests/engines")?;
    sh::run(&mut node::tool("tsc"))?;
    sh::run(node::tool("tsc").args(["-p", "tests/engines"]))
}

/// The Playwright tests, and those of the element's words.
fn end_to_end(tools: &TestTools) -> Result<()> {
    node::packages_of("tests/engines")?;
    sh::run(sh::command("node").args(["--test", "tests/words.test.mjs"]))?;
    node_tests("tests/e2e", tools)
}

/// A folder's tests. One file at a time: most start a gateway and a browser of their own.
fn node_tests(folder: &str, tools: &TestTools) -> Result<()> {
    let files = test_files(folder)?;
    sh::run(
        sh::command("node")
            .args(["--test", "--test-concurrency=1"])
            .args(files)
            .env("CHROME", &tools.chromium.browser),
    )
}

fn test_files(folder: &str) -> Result<Vec<PathBuf>> {
    let read = fs::read_dir(sh::root().join(folder));
    let entries = read.with_context(|| format!("could not read {folder}"))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    if files.is_empty() {
        bail!("{folder} holds no *.test.mjs");
    }
    Ok(files)
}

fn summarise(results: &[(&str, Outcome, f64)]) -> Result<()> {
    eprintln!();
    for (name, outcome, seconds) in results {
        let outcome = match outcome {
            Outcome::Passed => "passed",
            Outcome::Skipped => "SKIPPED",
            Outcome::Failed => "FAILED",
        };
        eprintln!("{outcome}  {name} ({seconds:.0} s)");
    }
    let failed = results.iter().filter(|(_, outcome, _)| *outcome == Outcome::Failed).count();
    if failed > 0 {
        bail!("{failed} of {} stages failed", results.len());
    }
    Ok(())
}
