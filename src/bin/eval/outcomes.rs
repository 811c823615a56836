//! Which model got which question right, how long its answers were, and what the device wrote.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Failure, Result, file_failure};

/// Assumed where no answer of a set has a known length, in characters.
const TYPICAL_CHARS: usize = 800;
/// Stands for the text of an answer of which only the length is known.
const FILLER: &str = "text ";

/// Two models and what was recorded of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pair {
    pub device: String,
    pub edge: String,
    pub outcomes: Vec<PathBuf>,
    pub answers: Vec<PathBuf>,
    pub predictions: Option<PathBuf>,
    pub scorer: Option<PathBuf>,
    pub test_ids: Vec<PathBuf>,
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
    /// Length of the edge's answer.
    pub edge_chars: usize,
}

impl Question {
    /// The edge would be right where the device is wrong.
    pub fn needs_edge(&self) -> bool {
        self.edge_correct && !self.device_correct
    }
}

/// A question before the lengths that nobody recorded are filled in.
struct Row {
    id: String,
    set: String,
    prompt: String,
    device: Outcome,
    edge: Outcome,
    answer: Option<String>,
}

#[derive(Clone, Copy)]
struct Outcome {
    correct: bool,
    n_chars: Option<usize>,
}

#[derive(Deserialize)]
struct OutcomeRow {
    id: String,
    dataset: String,
    prompt: String,
    models: BTreeMap<String, ModelOutcome>,
}

#[derive(Deserialize)]
struct ModelOutcome {
    correct: serde_json::Value,
    output_chars: Option<usize>,
}

#[derive(Deserialize)]
struct AnswerRow {
    id: String,
    answer: String,
}

/// The questions of a pair, in the files' order.
pub fn load(pair: &Pair) -> Result<Vec<Question>> {
    let mut rows = Vec::new();
    let mut places: HashMap<String, String> = HashMap::new();
    for file in &pair.outcomes {
        let read: Vec<(String, OutcomeRow)> = read_rows(file, "an outcome row")?;
        check_models(file, &read, pair)?;
        let n_read = read.len();
        let n_before = rows.len();
        for (place, row) in read {
            if let Some(first) = places.insert(row.id.clone(), place.clone()) {
                return Err(Failure(format!("{place}: `{}` is already in {first}", row.id)));
            }
            rows.extend(Row::of(row, pair, &place)?);
        }
        let n_without = n_before + n_read - rows.len();
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
    if !pair.test_ids.is_empty() {
        keep_only(&mut rows, &pair.test_ids)?;
    }
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

/// The JSON rows of a file, each with its place in words.
pub fn read_rows<T: DeserializeOwned>(file: &Path, what: &str) -> Result<Vec<(String, T)>> {
    let text = fs::read_to_string(file).map_err(|error| file_failure(file, &error))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let rows = lines.map(|(index, line)| {
        let place = format!("{}, line {}", file.display(), index + 1);
        let row = serde_json::from_str(line)
            .map_err(|error| Failure(format!("{place}: not {what}: {}", reason(&error))))?;
        Ok((place, row))
    });
    let rows: Vec<(String, T)> = rows.collect::<Result<_>>()?;
    match rows.is_empty() {
        true => Err(Failure(format!("{}: the file is empty", file.display()))),
        false => Ok(rows),
    }
}

/// What serde says, without the line that it counts within the row.
pub fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
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
        let outcome = |name: &str| {
            let Some(outcome) = row.models.get(name) else { return Ok(None) };
            let correct = match outcome.correct.as_u64() {
                Some(0) => false,
                Some(1) => true,
                _ => {
                    let found = &outcome.correct;
                    let problem = format!("{place}: `correct` of `{name}` is {found}, not 0 or 1");
                    return Err(Failure(problem));
                }
            };
            Ok(Some(Outcome { correct, n_chars: outcome.output_chars }))
        };
        let (device, edge) = (outcome(&pair.device)?, outcome(&pair.edge)?);
        let OutcomeRow { id, dataset: set, prompt, .. } = row;
        let both = device.zip(edge);
        Ok(both.map(|(device, edge)| Row { id, set, prompt, device, edge, answer: None }))
    }
}

/// An answer to a question that is not there is left out, with a note.
fn add_answers(rows: &mut [Row], file: &Path) -> Result<()> {
    let by_id: HashMap<String, usize> =
        rows.iter().enumerate().map(|(index, row)| (row.id.clone(), index)).collect();
    let mut n_unknown = 0;
    for (_, AnswerRow { id, answer }) in read_rows(file, "an answer row")? {
        match by_id.get(&id) {
            Some(&index) => rows[index].answer = Some(answer),
            None => n_unknown += 1,
        }
    }
    if n_unknown > 0 {
        eprintln!("{}: {n_unknown} answers to unknown questions are ignored", file.display());
    }
    Ok(())
}

fn keep_only(rows: &mut Vec<Row>, files: &[PathBuf]) -> Result<()> {
    let mut ids = HashSet::new();
    for file in files {
        let text = fs::read_to_string(file).map_err(|error| file_failure(file, &error))?;
        ids.extend(text.lines().map(|line| line.trim().to_owned()));
    }
    rows.retain(|row| ids.contains(&row.id));
    match rows.is_empty() {
        true => {
            let file = files[0].display();
            Err(Failure(format!("{file}: no id in it is that of a question")))
        }
        false => Ok(()),
    }
}

/// Gives every answer a length: its own, else the median of its set's known ones.
fn complete(rows: Vec<Row>) -> Vec<Question> {
    let device_chars = |row: &Row| row.answer.as_ref().map(String::len).or(row.device.n_chars);
    let device_typical = medians(&rows, device_chars);
    let edge_typical = medians(&rows, |row| row.edge.n_chars);
    let question = |row: Row| {
        let n_chars = device_chars(&row).unwrap_or(device_typical[&row.set]);
        let answer_known = row.answer.is_some();
        let filler = || FILLER.repeat(n_chars.div_ceil(FILLER.len()))[..n_chars].to_owned();
        Question {
            device_correct: row.device.correct,
            edge_correct: row.edge.correct,
            answer: row.answer.unwrap_or_else(filler),
            answer_known,
            edge_chars: row.edge.n_chars.unwrap_or(edge_typical[&row.set]),
            id: row.id,
            prompt: row.prompt,
        }
    };
    rows.into_iter().map(question).collect()
}

/// For each set the median of its known lengths.
fn medians(rows: &[Row], length: impl Fn(&Row) -> Option<usize>) -> HashMap<String, usize> {
    let mut lengths: HashMap<String, Vec<usize>> = HashMap::new();
    for row in rows {
        lengths.entry(row.set.clone()).or_default().extend(length(row));
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

    fn row(device_chars: Option<usize>, answer: Option<&str>) -> Row {
        let outcome = |n_chars| Outcome { correct: true, n_chars };
        Row {
            id: "q".to_owned(),
            set: "s".to_owned(),
            prompt: "?".to_owned(),
            device: outcome(device_chars),
            edge: outcome(None),
            answer: answer.map(str::to_owned),
        }
    }

    #[test]
    fn unknown_lengths_are_the_sets_median() {
        let rows = vec![row(Some(10), None), row(Some(30), Some("four")), row(None, None)];
        let questions = complete(rows);
        let lengths: Vec<usize> = questions.iter().map(|question| question.answer.len()).collect();
        assert_eq!(lengths, [10, 4, 10]);
        assert_eq!(questions[1].answer, "four");
        assert!(questions[1].answer_known && !questions[0].answer_known);
        assert_eq!(questions[0].edge_chars, TYPICAL_CHARS);
    }
}
