//! Which model got which question right, how long its answers were, and what the device wrote.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::files::{read, read_rows};
use crate::{Failure, Result};

/// Assumed where no answer of a set has a known length, in characters.
const TYPICAL_CHARS: usize = 800;
/// Stands for the text of an answer of which only the length is known.
const FILLER: &str = "text ";

/// Two models and what was recorded of them.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pair {
    /// Outcome files: which models got which questions right.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub outcomes: Vec<PathBuf>,
    /// The device's model, as the outcome files name it.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub device: String,
    /// The edge's model, as the outcome files name it.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub edge: String,
    /// What the device's model wrote.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub answers: Vec<PathBuf>,
    /// What the scorer said: written if --scorer is given, read if not.
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,
    /// The scorer to ask.
    #[arg(long, value_name = "GGUF")]
    pub scorer: Option<PathBuf>,
    /// Use these questions only; one id a line.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub test_ids: Vec<PathBuf>,
}

impl Pair {
    /// The same with its files in a folder.
    pub fn within(mut self, folder: &Path) -> Pair {
        let files = [&mut self.outcomes, &mut self.answers, &mut self.test_ids];
        let more = self.predictions.iter_mut().chain(&mut self.scorer);
        files.into_iter().flatten().chain(more).for_each(|file| *file = folder.join(&*file));
        self
    }
}

/// One question, with what both models made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub id: String,
    pub prompt: String,
    pub device_correct: bool,
    pub edge_correct: bool,
    /// What the device wrote, or filler of that length.
    pub answer: String,
    pub answer_known: bool,
    /// Of the answer's tokens, the logarithms of their probabilities; none where they were not recorded.
    pub logprobs: Vec<f32>,
    /// Length of the edge's answer.
    pub edge_chars: usize,
}

impl Question {
    /// The edge would be right where the device is wrong.
    pub fn needs_edge(&self) -> bool {
        self.edge_correct && !self.device_correct
    }
}

#[derive(Deserialize)]
struct OutcomeRow {
    id: String,
    dataset: String,
    prompt: String,
    models: BTreeMap<String, Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    correct: serde_json::Value,
    output_chars: Option<usize>,
}

#[derive(Deserialize)]
struct AnswerRow {
    id: String,
    answer: String,
    #[serde(default)]
    logprobs: Vec<f32>,
}

/// A question of both models, before the lengths that nobody recorded are filled in.
struct Row {
    id: String,
    set: String,
    prompt: String,
    /// The device's, and the edge's.
    correct: [bool; 2],
    n_chars: [Option<usize>; 2],
    answer: Option<String>,
    logprobs: Vec<f32>,
}

/// The questions of a pair, in the files' order.
pub fn load(pair: &Pair) -> Result<Vec<Question>> {
    if pair.outcomes.is_empty() || pair.device.is_empty() || pair.edge.is_empty() {
        return Err(Failure("--outcomes, --device and --edge must be given".to_owned()));
    }
    let mut rows = Vec::new();
    let mut places: HashMap<String, String> = HashMap::new();
    for file in &pair.outcomes {
        let read: Vec<(String, OutcomeRow)> = read_rows(file, "an outcome row")?;
        check_models(file, &read, pair)?;
        let n_whole = rows.len() + read.len();
        for (place, row) in read {
            if let Some(first) = places.insert(row.id.clone(), place.clone()) {
                return Err(Failure(format!("{place}: `{}` is already in {first}", row.id)));
            }
            rows.extend(Row::of(row, pair, &place)?);
        }
        let n_without = n_whole - rows.len();
        if n_without > 0 {
            eprintln!("{}: {n_without} questions without both models are ignored", file.display());
        }
    }
    if rows.is_empty() {
        return Err(Failure(nothing_usable(pair)));
    }
    for file in &pair.answers {
        add_answers(&mut rows, file)?;
    }
    keep_only(&mut rows, &pair.test_ids)?;
    Ok(complete(rows))
}

fn nothing_usable(pair: &Pair) -> String {
    let Pair { device, edge, outcomes, .. } = pair;
    let files: Vec<String> = outcomes.iter().map(|file| file.display().to_string()).collect();
    format!(
        "{}: no question has the outcomes of both `{device}` and `{edge}`. In a page, rate the \
         device's answer, ask the edge, and rate its answer too",
        files.join(", ")
    )
}

/// A model that no row of the file names is a slip.
fn check_models(file: &Path, rows: &[(String, OutcomeRow)], pair: &Pair) -> Result<()> {
    let known: BTreeSet<&str> =
        rows.iter().flat_map(|(_, row)| row.models.keys()).map(String::as_str).collect();
    match [&pair.device, &pair.edge].into_iter().find(|name| !known.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let known: Vec<&str> = known.into_iter().collect();
            let (file, known) = (file.display(), known.join(", "));
            Err(Failure(format!("{file}: no model `{name}`; there are: {known}")))
        }
    }
}

impl Row {
    /// `None` where one of the pair's models has not answered.
    fn of(row: OutcomeRow, pair: &Pair, place: &str) -> Result<Option<Row>> {
        if row.prompt.trim().is_empty() {
            return Err(Failure(format!("{place}: the prompt is empty")));
        }
        let (mut correct, mut n_chars) = ([false; 2], [None; 2]);
        for (side, name) in [&pair.device, &pair.edge].into_iter().enumerate() {
            let Some(outcome) = row.models.get(name) else { return Ok(None) };
            n_chars[side] = outcome.output_chars;
            correct[side] = match outcome.correct.as_u64() {
                Some(known @ 0..=1) => known == 1,
                _ => {
                    let problem =
                        format!("`correct` of `{name}` is {}, not 0 or 1", outcome.correct);
                    return Err(Failure(format!("{place}: {problem}")));
                }
            };
        }
        let OutcomeRow { id, dataset: set, prompt, .. } = row;
        let (answer, logprobs) = (None, Vec::new());
        Ok(Some(Row { id, set, prompt, correct, n_chars, answer, logprobs }))
    }
}

/// An answer to a question that is not there is left out, with a note.
fn add_answers(rows: &mut [Row], file: &Path) -> Result<()> {
    let mut by_id: HashMap<String, &mut Row> =
        rows.iter_mut().map(|row| (row.id.clone(), row)).collect();
    let mut n_unknown = 0;
    for (_, AnswerRow { id, answer, logprobs }) in read_rows(file, "an answer row")? {
        match by_id.get_mut(&id) {
            Some(row) => (row.answer, row.logprobs) = (Some(answer), logprobs),
            None => n_unknown += 1,
        }
    }
    if n_unknown > 0 {
        eprintln!("{}: {n_unknown} answers to unknown questions are ignored", file.display());
    }
    Ok(())
}

/// Where there are files of ids, leaves the other questions out.
fn keep_only(rows: &mut Vec<Row>, files: &[PathBuf]) -> Result<()> {
    let Some(first) = files.first() else { return Ok(()) };
    let mut ids = HashSet::new();
    for file in files {
        let text = read(file)?;
        ids.extend(text.lines().map(|line| line.trim().to_owned()));
    }
    rows.retain(|row| ids.contains(&row.id));
    match rows.is_empty() {
        true => Err(Failure(format!("{}: no id in it is that of a question", first.display()))),
        false => Ok(()),
    }
}

/// Gives every answer a length: its own, else the median of its set's known ones.
fn complete(mut rows: Vec<Row>) -> Vec<Question> {
    for row in &mut rows {
        let written = row.answer.as_ref().map(String::len);
        row.n_chars[0] = written.or(row.n_chars[0]);
    }
    let typical = [0, 1].map(|side| medians(&rows, side));
    let question = |row: Row| {
        let [device_chars, edge_chars] =
            [0, 1].map(|side| row.n_chars[side].unwrap_or(typical[side][&row.set]));
        let filler = || FILLER.chars().cycle().take(device_chars).collect();
        Question {
            id: row.id,
            prompt: row.prompt,
            device_correct: row.correct[0],
            edge_correct: row.correct[1],
            answer_known: row.answer.is_some(),
            answer: row.answer.unwrap_or_else(filler),
            logprobs: row.logprobs,
            edge_chars,
        }
    };
    rows.into_iter().map(question).collect()
}

/// For each set the median of a side's known lengths.
fn medians(rows: &[Row], side: usize) -> HashMap<String, usize> {
    let mut lengths: HashMap<String, Vec<usize>> = HashMap::new();
    for row in rows {
        lengths.entry(row.set.clone()).or_default().extend(row.n_chars[side]);
    }
    let median = |mut lengths: Vec<usize>| {
        lengths.sort_unstable();
        lengths.get(lengths.len() / 2).copied().unwrap_or(TYPICAL_CHARS)
    };
    lengths.into_iter().map(|(set, lengths)| (set, median(lengths))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_lengths_are_the_sets_median() {
        let row = |device_chars, answer: Option<&str>| Row {
            id: "q".to_owned(),
            set: "s".to_owned(),
            prompt: "?".to_owned(),
            correct: [true; 2],
            n_chars: [device_chars, None],
            answer: answer.map(str::to_owned),
            logprobs: Vec::new(),
        };
        let questions =
            complete(vec![row(Some(10), None), row(Some(30), Some("four")), row(None, None)]);
        let lengths: Vec<usize> = questions.iter().map(|question| question.answer.len()).collect();
        assert_eq!(lengths, [10, 4, 10]);
        assert_eq!(questions[1].answer, "four");
        assert!(questions[1].answer_known && !questions[0].answer_known);
        assert_eq!(questions[0].edge_chars, TYPICAL_CHARS);
    }
}
