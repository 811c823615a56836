//! Records what models answer to questions, and which answers are right: what a scorer learns from.

use std::path::PathBuf;

use anyhow::Result;

use crate::{gateway, models, node, sh};

const SCRIPT: &str = "train/outcomes/record.mjs";
const QUESTIONS: &str = "train/everyday/questions.jsonl";
const OUT: &str = "train/runs/outcomes";

#[derive(clap::Args)]
pub struct Options {
    /// Ask this model, on this machine: a name of the catalogue or a GGUF file.
    #[arg(long, value_name = "NAME|FILE", required_unless_present = "url")]
    model: Option<String>,
    /// Ask this server, which speaks OpenAI's chat completions; the address ends with /v1.
    #[arg(long, value_name = "URL", conflicts_with = "model", requires = "name")]
    url: Option<String>,
    /// What the model is called in the files; the catalogue's name or the file's unless told otherwise.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What the server calls it, where that is another.
    #[arg(long, value_name = "NAME", requires = "url")]
    served_as: Option<String>,
    /// The environment variable that holds the server's key.
    #[arg(long, value_name = "NAME", requires = "url")]
    key_env: Option<String>,
    /// Questions, a JSON object a line: id, dataset, subject, prompt, and a check; the everyday ones
    /// of this repository unless told otherwise (train/everyday).
    #[arg(long, value_name = "FILE", num_args = 1..)]
    questions: Vec<PathBuf>,
    /// The folder for DATASET.NAME.jsonl. Questions that are in it already are not asked again.
    #[arg(long, value_name = "DIR", default_value = OUT)]
    out: PathBuf,
    /// Questions asked at the same time; the engine writes their answers as a batch.
    #[arg(long, value_name = "N", default_value_t = 8)]
    parallel: usize,
    /// Threads for the model.
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: usize,
    /// Longest answer in tokens.
    #[arg(long, value_name = "N", default_value_t = 256)]
    max_tokens: usize,
    /// Draw so many beginnings of answers by chance instead, whose agreement tells something.
    #[arg(long, value_name = "N", default_value_t = 0)]
    samples: usize,
    /// Ask nothing, but read what this model has answered, and tell what is thought of each token.
    #[arg(long, value_name = "NAME")]
    reads: Option<String>,
    /// Ask nothing, but say of what this model has answered whether it is right: yes or no.
    #[arg(long, value_name = "NAME", conflicts_with = "reads")]
    judges: Option<String>,
    /// Ask only the first questions of each file.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

pub fn run(options: &Options) -> Result<()> {
    node::ensure()?;
    let mut script = sh::command("node");
    script.arg(SCRIPT);
    let name = match &options.model {
        Some(model) => {
            let (file, entry) = models::find(model)?;
            script.env("NEARSIDE_EDGE", gateway::build()?).arg("--model").arg(&file);
            script.arg("--threads").arg(options.threads.to_string());
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let sampling = entry.as_ref().and_then(|entry| entry.sampling.as_ref());
            script.args(sampling.iter().flat_map(|json| ["--sampling".into(), json.to_string()]));
            entry.map_or(stem, |entry| entry.name)
        }
        None => String::new(),
    };
    script.arg("--name").arg(options.name.as_ref().unwrap_or(&name));
    let texts = [
        ("--url", &options.url),
        ("--served-as", &options.served_as),
        ("--key-env", &options.key_env),
        ("--reads", &options.reads),
        ("--judges", &options.judges),
    ];
    for (flag, value) in texts {
        script.args(value.iter().flat_map(|value| [flag, value]));
    }
    let questions = match options.questions.as_slice() {
        [] => vec![everyday()?],
        files => files.iter().map(std::path::absolute).collect::<Result<_, _>>()?,
    };
    questions.iter().for_each(|file| {
        script.arg("--questions").arg(file);
    });
    script.arg("--out").arg(&options.out);
    let numbers = [
        ("--parallel", Some(options.parallel)),
        ("--max-tokens", Some(options.max_tokens)),
        ("--samples", Some(options.samples)),
        ("--limit", options.limit),
    ];
    for (flag, n) in numbers {
        script.args(n.iter().flat_map(|n| [flag.to_owned(), n.to_string()]));
    }
    sh::run(&mut script)
}

/// The repository's own questions, which a script makes.
fn everyday() -> Result<PathBuf> {
    if !sh::root().join(QUESTIONS).is_file() {
        sh::run(sh::command("python3").arg("train/everyday/build.py"))?;
    }
    Ok(PathBuf::from(QUESTIONS))
}
