//! `nearside-eval` as one starts it: on a few made-up questions, and on files that are not sound.
#![cfg(feature = "eval")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

const PAIR: [&str; 4] = ["--device", "small", "--edge", "large"];

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/eval/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A folder of one test's own.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("eval").join(test);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn eval(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nearside-eval")).args(args).output().unwrap()
}

/// A run over the fixtures, and the JSON it wrote.
fn replay(test: &str, more: &[&str]) -> (Output, Value) {
    let json = folder(test).join("report.json");
    let (outcomes, predictions) = (fixture("outcomes.jsonl"), fixture("predictions.jsonl"));
    let files = ["--outcomes", &outcomes, "--predictions", &predictions, "--json"];
    let args = [&PAIR[..], &files, &[json.to_str().unwrap()], more].concat();
    let output = eval(&args);
    let text = fs::read_to_string(&json).unwrap_or_default();
    (output, serde_json::from_str(&text).unwrap_or_default())
}

fn router<'r>(set: &'r Value, name: &str) -> &'r Value {
    let routers = set["routers"].as_array().unwrap();
    routers.iter().find(|router| router["name"] == name).expect(name)
}

#[test]
fn a_run_tells_each_router_and_what_it_saves() {
    let answers = fixture("answers.jsonl");
    let (output, report) = replay("run", &["--answers", &answers]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let notes = String::from_utf8_lossy(&output.stderr);
    assert!(notes.contains("answers.jsonl: 1 answers to unknown questions are ignored"), "{notes}");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("small → large") && table.contains("Nearside, with looks"));

    let set = &report["sets"][0];
    assert_eq!((&set["n"], &set["n_looked"]), (&18.into(), &12.into()));
    for router in set["routers"].as_array().unwrap() {
        for key in ["calls", "mean_s", "p95_s", "quality"] {
            assert!(router[key].is_number(), "{key} of {router}");
        }
        assert!(router["curve"].as_array().is_some_and(|curve| !curve.is_empty()));
        let is_end = router["name"].as_str().unwrap().starts_with("all_");
        for key in ["cpt50", "cpt80", "cpt95", "apgr"] {
            assert_eq!(router[key].is_null(), is_end, "{key} of {router}");
        }
    }
    for found in set["equal_quality"].as_array().unwrap() {
        assert_eq!(found["over"].as_array().map(Vec::len), Some(3), "{found}");
        assert!(found["wrong"]["lost"].is_number(), "{found}");
    }
    assert!(set["costs"].as_array().is_some_and(|costs| !costs.is_empty()));
}

#[test]
fn each_way_ends_up_where_it_must() {
    let (ids, answers) = (folder("sums").join("ids.txt"), fixture("answers.jsonl"));
    fs::write(&ids, (1..=12).map(|n| format!("sum-{n}\n")).collect::<String>()).unwrap();
    let more = ["--answers", &answers, "--test-ids", ids.to_str().unwrap()];
    let (_, report) = replay("sums", &more);
    let sums = &report["sets"][0];
    assert_eq!(router(sums, "all_device")["quality"], 7.0 / 12.0);
    assert_eq!(router(sums, "all_device")["calls"], 0.0);
    assert_eq!(router(sums, "oracle")["quality"], 11.0 / 12.0);
    // The looks at these answers know; the prompts hardly do.
    let cpt80 = |name: &str| router(sums, name)["cpt80"].as_f64().unwrap();
    assert!(cpt80("ours_look") < cpt80("ours"));
}

#[test]
fn a_run_can_be_repeated() {
    let [first, second] = ["repeat-1", "repeat-2"].map(|test| replay(test, &["--seed", "5"]));
    assert_eq!(first.1, second.1);
    assert_eq!(first.0.stdout, second.0.stdout);
    assert!(first.1.is_object());
    let (_, other) = replay("repeat-3", &["--seed", "6"]);
    assert_ne!(first.1, other);
}

#[test]
fn what_the_scorer_says_can_be_kept() {
    let folder = folder("scorer");
    let kept = folder.join("kept.jsonl");
    let scorer = format!("{}/tests/fixtures/scorer-tiny.gguf", env!("CARGO_MANIFEST_DIR"));
    let (outcomes, answers) = (fixture("outcomes.jsonl"), fixture("answers.jsonl"));
    let run = |more: &[&str]| {
        let json = folder.join("report.json");
        let files = ["--outcomes", &outcomes, "--answers", &answers];
        let out = ["--predictions", kept.to_str().unwrap(), "--json", json.to_str().unwrap()];
        let output = eval(&[&PAIR[..], &files, &out, more].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str::<Value>(&fs::read_to_string(json).unwrap()).unwrap()
    };
    let asked = run(&["--scorer", &scorer]);
    let lines = fs::read_to_string(&kept).unwrap();
    assert_eq!(lines.lines().count(), 18);
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert!(first["p"].as_f64().is_some_and(|p| p > 0.0 && p < 1.0), "{first}");
    assert_eq!(asked["sets"], run(&[])["sets"]);
}

/// The last look at each answer of `tests/fixtures/everyday-golden.json`, as the scorer that ships says it in a replay.
fn last_looks(golden: &Value, with_probabilities: bool) -> Vec<f64> {
    let folder = folder(if with_probabilities { "probable" } else { "improbable" });
    let [device, edge] = ["device", "edge"].map(|side| golden[side].as_str().unwrap());
    let (mut outcomes, mut answers) = (String::new(), String::new());
    for (i, case) in golden["cases"].as_array().unwrap().iter().enumerate() {
        let id = format!("q{i}");
        let models = json!({ device: { "correct": i % 2 }, edge: { "correct": 1 } });
        let prompt = &case["prompt"];
        let row = json!({ "id": id, "dataset": "d", "prompt": prompt, "models": models });
        outcomes += &format!("{row}\n");
        let mut row = json!({ "id": id, "answer": case["answer"] });
        if with_probabilities {
            row["logprobs"] = case["logprobs"].clone();
        }
        answers += &format!("{row}\n");
    }
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let [outcome_file, answer_file, kept] = ["o.jsonl", "a.jsonl", "p.jsonl"].map(file);
    fs::write(&outcome_file, outcomes).unwrap();
    fs::write(&answer_file, answers).unwrap();
    let pair = ["--device", device, "--edge", edge, "--scorer", "models/general.gguf"];
    let files = ["--outcomes", &outcome_file, "--answers", &answer_file, "--predictions", &kept];
    let output = eval(&[&pair[..], &files].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = fs::read_to_string(&kept).unwrap();
    let rows = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let last = |row: Value| row["looks"].as_array().unwrap().last().unwrap()[1].as_f64().unwrap();
    rows.map(last).collect()
}

#[test]
fn a_look_in_a_replay_knows_the_probabilities_that_were_recorded() {
    let text = fs::read_to_string("tests/fixtures/everyday-golden.json").unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    let most_off = |looks: Vec<f64>| {
        assert_eq!(looks.len(), cases.len());
        let off = |(look, case): (f64, &Value)| (look - case["of_answer"].as_f64().unwrap()).abs();
        looks.into_iter().zip(cases).map(off).fold(0.0, f64::max)
    };
    let (with, without) =
        (most_off(last_looks(&golden, true)), most_off(last_looks(&golden, false)));
    assert!(with < 0.025 && without > 0.04, "{with} with probabilities, {without} without");
}

#[test]
fn only_the_questions_that_are_asked_for_count() {
    let ids = folder("ids").join("ids.txt");
    fs::write(&ids, "sum-1\nsum-3\n\n").unwrap();
    let more = folder("ids").join("more.txt");
    fs::write(&more, "fact-1\n").unwrap();
    let [ids, more] = [&ids, &more].map(|file| file.to_str().unwrap());
    let set = |files: &[&str]| {
        let (_, report) = replay("ids", &[&["--test-ids"], files].concat());
        report["sets"][0].clone()
    };
    assert_eq!((&set(&[ids])["n"], &set(&[ids, more])["n"]), (&2.into(), &3.into()));
    assert!(router(&set(&[more]), "win_rate")["cpt50"].is_null(), "there is no gap to recover");
}

#[test]
fn calibrate_writes_a_threshold_or_says_what_it_takes() {
    let theta = folder("calibrate").join("theta.json");
    let (outcomes, predictions) = (fixture("outcomes.jsonl"), fixture("predictions.jsonl"));
    let calibrate = |max_loss: &str| {
        let files = ["--outcomes", &outcomes, "--predictions", &predictions];
        let out = ["--max-loss", max_loss, "--out", theta.to_str().unwrap()];
        eval(&[&["calibrate"], &PAIR[..], &files, &out].concat())
    };
    let output = calibrate("0.3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written: Value = serde_json::from_str(&fs::read_to_string(&theta).unwrap()).unwrap();
    let keys: Vec<&String> = written.as_object().unwrap().keys().collect();
    let expected =
        ["alpha_per_s", "device", "edge", "look_theta", "max_loss", "n", "theta", "version"];
    assert_eq!(keys, expected);
    assert_eq!((&written["n"], &written["version"]), (&18.into(), &1.into()));
    assert!((0.0..=1.0).contains(&written["theta"].as_f64().unwrap()));
    let message = String::from_utf8(calibrate("0.05").stderr).unwrap();
    assert!(message.contains("18 questions are too few, at least 19 are needed"), "{message}");
}

#[test]
fn outcomes_of_one_side_alone_are_not_enough_and_it_says_what_to_do() {
    let folder = folder("one-sided");
    let outcomes = folder.join("outcomes.jsonl");
    let one = |id: &str, model: &str| {
        let models = format!(r#"{{"{model}":{{"correct":1,"output_chars":3}}}}"#);
        format!(
            r#"{{"id":"{id}","dataset":"page","subject":"chat","prompt":"?","models":{models}}}"#
        )
    };
    fs::write(&outcomes, [one("a", "small"), one("b", "large")].join("\n")).unwrap();
    let theta = folder.join("theta.json");
    let files = ["--outcomes", outcomes.to_str().unwrap(), "--out", theta.to_str().unwrap()];
    let output = eval(&[&["calibrate"], &PAIR[..], &files].concat());
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("2 questions without both models are ignored"), "{message}");
    let expected = "no question has the outcomes of both `small` and `large`. In a page, rate the \
                    device's answer, ask the edge, and rate its answer too";
    assert!(message.contains(expected), "{message}");
}

/// What the program says of outcomes and predictions that are not sound.
#[track_caller]
fn refused(test: &str, outcomes: &str, predictions: &str, expected: &str) {
    let folder = folder(&format!("refused-{test}"));
    let (outcome_file, prediction_file) = (folder.join("o.jsonl"), folder.join("p.jsonl"));
    fs::write(&outcome_file, outcomes).unwrap();
    fs::write(&prediction_file, predictions).unwrap();
    let files = [
        "--outcomes",
        outcome_file.to_str().unwrap(),
        "--predictions",
        prediction_file.to_str().unwrap(),
    ];
    let output = eval(&[&PAIR[..], &files].concat());
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains(expected), "{message}");
    assert!(message.contains(".jsonl"), "it names the file: {message}");
}

/// A question that the edge alone gets right.
fn row(id: &str) -> String {
    let models = r#"{"small":{"correct":0,"output_chars":9},"large":{"correct":1}}"#;
    format!(r#"{{"id":"{id}","dataset":"d","prompt":"why?","models":{models}}}"#)
}

#[test]
fn files_that_are_not_sound_are_refused_with_their_place() {
    let prediction = r#"{"id":"a","p":0.5,"device_tokens":9,"edge_tokens":9}"#;
    refused("empty", "\n", "", "o.jsonl: the file is empty");
    refused("row", "{\"id\":", "", "o.jsonl, line 1: not an outcome row: EOF while parsing");
    let no_prompt = r#"{"id":"a","dataset":"d","models":{}}"#;
    refused("prompt", no_prompt, "", "line 1: not an outcome row: missing field `prompt`");
    let unknown = row("a").replace("small", "tiny");
    refused("model", &unknown, "", "o.jsonl: no model `small`; there are: large, tiny");
    let neither = row("a").replace("\"correct\":0", "\"correct\":2");
    refused("correct", &neither, "", "line 1: `correct` of `small` is 2, not 0 or 1");
    let twice = format!("{}\n{}\n\n{}", row("a"), row("b"), row("a"));
    let message = "o.jsonl, line 4: `a` is already in ";
    refused("twice", &twice, "", message);
    refused("silent", &row("a").replace("why?", " "), "", "line 1: the prompt is empty");
    refused("prediction", &row("a"), "{}", "p.jsonl, line 1: not a prediction: missing field `id`");
    refused("missing", &row("b"), prediction, "p.jsonl: no prediction for `b`");
    let beyond = prediction.replace("0.5", "1.5");
    refused("range", &row("a"), &beyond, "p.jsonl, line 1: a number is out of its range");
}

#[test]
fn what_is_missing_or_unreadable_is_named() {
    let message = |args: &[&str]| {
        let output = eval(args);
        assert!(!output.status.success(), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(message(&[]).contains("--outcomes, --device and --edge must be given"));
    let nowhere = [&PAIR[..], &["--outcomes", "no/such/file"]].concat();
    assert!(message(&nowhere).contains("no/such/file: "));
    let outcomes = fixture("outcomes.jsonl");
    let alone = [&PAIR[..], &["--outcomes", &outcomes]].concat();
    assert!(message(&alone).contains("either --scorer or --predictions must be given"));
    let predictions = fixture("predictions.jsonl");
    let files = [&alone[..], &["--predictions", &predictions]].concat();
    let folder = folder("unreadable");
    let check = |option: &str, text: &str, expected: &str| {
        let file = folder.join("file.json");
        fs::write(&file, text).unwrap();
        let said = message(&[&files[..], &[option, file.to_str().unwrap()]].concat());
        assert!(said.contains(&format!("file.json: {expected}")), "{said}");
    };
    check("--rates", r#"{"device_decode_tps":0}"#, "not rates: rates must be above 0");
    check("--rates", r#"{"devise":1}"#, "not rates: unknown field `devise`");
    let offline = r#"{"name":"t","step_s":1,"rows":[[0.1,1,1,0,false]]}"#;
    check("--trace", offline, "not a link trace: no row is online");
    check("--trace", "[]", "not a link trace: ");
    check("--test-ids", "other\n", "no id in it is that of a question");
}

#[test]
fn sessions_are_replayed_through_every_router() {
    let (output, report) = replay("dialogues", &["--dialogues"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let set = &report["sets"][0];
    assert!(set["n_dialogues"].as_u64() > Some(1));
    for name in ["all_device", "all_edge", "single_turn", "sticky", "paper", "ours"] {
        let router = router(set, name);
        for key in ["calls", "quality", "mean_s", "p95_s", "ttft_s", "moved"] {
            assert!(router[key].is_number(), "{key} of {router}");
        }
    }
    // Outages alone move it.
    let moved = |name: &str| router(set, name)["moved"].as_f64().unwrap();
    assert!(moved("sticky") < moved("single_turn"));
    let steps = set["equal_quality"][0]["split"].as_array().unwrap();
    let labels: Vec<&str> =
        steps.iter().map(|step| step["side"]["label"].as_str().unwrap()).collect();
    let expected = [
        "routing",
        "going back to an edge that was away",
        "reading in pauses",
        "fetching keys and values",
    ];
    assert_eq!(labels, expected);

    let trace = folder("dialogues").join("steady.json");
    let steady = r#"{"name":"steady","step_s":1,"rows":[[0.02,3e6,8e6,0,true]]}"#;
    fs::write(&trace, steady).unwrap();
    let more = ["--dialogues", "--session", "4", "--trace", trace.to_str().unwrap()];
    let (_, online) = replay("dialogues-online", &more);
    assert_eq!(online["sets"][0]["n_dialogues"], 4);
    assert_eq!(router(&online["sets"][0], "sticky")["moved"], 0.0);
    let (few, _) = replay("dialogues-few", &["--dialogues", "--session", "19"]);
    let message = String::from_utf8(few.stderr).unwrap();
    assert!(message.contains("too few questions for a session"), "{message}");
}
