//! Plain facts about a turn and an answer, counted off the text: numbers, sums, options, and what
//! is stated at the end.
//!
//! A tiny BERT cannot check a sum, or compare the value that was worked out with the option that
//! was chosen; these few lines can. A scorer whose file names features has weights for them beside
//! those of its encoder. It was trained on what `train/features.py` counts, which this
//! file repeats number for number. No word of any language is listed.

use std::collections::HashSet;

use super::text::{Kind, Token, numbers, tokens, words};
use crate::{Error, Result};

/// What is counted, in the order of [`features`]: of the turn, then of the answer.
pub const NAMES: [&str; N_FEATURES] = [
    "turn_length",
    "turn_numbers",
    "turn_signs",
    "options",
    "options_with_numbers",
    "option_words",
    "answer_length",
    "answer_lines",
    "answer_numbers",
    "answer_equals",
    "right_sums",
    "wrong_sums",
    "unused_numbers",
    "new_numbers",
    "new_words",
    "ended",
    "stated",
    "overlap",
    "overlap_margin",
    "agrees",
    "agrees_with_other",
    "final_fraction",
    "final_size",
    "final_is_last_sum",
];
const N_FEATURES: usize = N_TURN + N_ANSWER;
const N_TURN: usize = 6;
const N_ANSWER: usize = 18;

/// Words that may stand between a number and its operator, as in `3 full hours * 60`.
const MOST_UNITS: usize = 2;
/// How near the end a bare letter states an option.
const END_TOKENS: usize = 6;

/// Which of [`NAMES`] a scorer's file asks for, in its order.
///
/// # Errors
/// `model_corrupt` where it asks for one that is not counted here.
pub fn find(names: &[String]) -> Result<Vec<usize>> {
    let place = |name: &String| {
        let unknown = || Error::ModelCorrupt(format!("the scorer reads a feature `{name}`"));
        NAMES.iter().position(|known| known == name).ok_or_else(unknown)
    };
    names.iter().map(place).collect()
}

/// Numbers of about unit size, one for each of [`NAMES`]; zeros for the answer's while none is
/// written.
pub fn features(turn: &str, answer: &str) -> [f32; N_FEATURES] {
    let asked = tokens(turn);
    let choices: Vec<Choice> = options(turn).iter().map(|option| Choice::read(option)).collect();
    let mut counted = of_turn(turn, &asked, &choices).to_vec();
    match answer {
        "" => counted.resize(N_FEATURES, 0.0),
        _ => counted.extend(of_answer(answer, &asked, &choices)),
    }
    std::array::from_fn(|i| counted[i] as f32)
}

fn of_turn(turn: &str, asked: &[Token], choices: &[Choice]) -> [f64; N_TURN] {
    let n_choices = choices.len() as f64;
    let with_numbers = choices.iter().filter(|choice| !choice.numbers.is_empty()).count();
    let n_words: usize = choices.iter().map(|choice| choice.n_words).sum();
    [
        log(turn.chars().count()) - 5.0,
        log(numbers(asked).count()),
        share(count(asked, |token| token.kind == Kind::Sign), asked.len()),
        n_choices / 10.0,
        share(with_numbers, choices.len()),
        share(n_words, choices.len()).ln_1p(),
    ]
}

fn of_answer(answer: &str, asked: &[Token], choices: &[Choice]) -> Vec<f64> {
    let said = tokens(answer);
    let (given, used) = (distinct(numbers(asked)), distinct(numbers(&said)));
    let asked_words: HashSet<String> = words(asked).collect();
    let (mut n_words, mut n_new_words) = (0, 0);
    for word in words(&said) {
        n_words += 1;
        n_new_words += usize::from(!asked_words.contains(&word));
    }
    let sums = Sums::of(&said);
    let end = answer.trim_end_matches([' ', '\t', '\r', '\n']).chars().next_back();
    let mut counted = vec![
        log(answer.chars().count()) - 5.0,
        log(count(&said, |token| token.kind == Kind::Line)),
        log(numbers(&said).count()),
        log(count(&said, |token| token.text == "=")),
        log(sums.n_right),
        log(sums.n_wrong),
        share(given.difference(&used).count(), given.len()),
        share(used.difference(&given).count(), used.len()),
        share(n_new_words, n_words),
        flag(end.is_some_and(|end| ".!?)}`".contains(end))),
    ];
    counted.extend(of_choice(&said, choices));
    let last_number = numbers(&said).last();
    counted.push(flag(last_number.is_some_and(|last| last != last.floor())));
    counted.push(last_number.map_or(0.0, |last| (1.0 + last).log10()));
    counted.push(agreement(sums.last.zip(last_number).map(|(sum, last)| same(sum, last))));
    counted
}

/// `stated` to `agrees_with_other`: the option that an answer names, and what speaks for it.
fn of_choice(said: &[Token], choices: &[Choice]) -> [f64; 5] {
    let named = stated(said, choices.len());
    let before = &said[..named.map_or(said.len(), |(_, at)| at)];
    let (reasons, worked) = (terms(before), numbers(before).last());
    let overlap =
        |choice: &Choice| share(choice.terms.intersection(&reasons).count(), choice.terms.len());
    let holds = |choice: &Choice| {
        worked.is_some_and(|worked| choice.numbers.iter().any(|&n| same(worked, n)))
    };
    let chosen = named.map(|(chosen, _)| &choices[chosen]);
    let is_other = |i: &usize| named.is_none_or(|(chosen, _)| *i != chosen);
    let others = || (0..choices.len()).filter(is_other).map(|i| &choices[i]);
    let mine = chosen.map_or(0.0, overlap);
    let comparable = chosen.filter(|choice| worked.is_some() && !choice.numbers.is_empty());
    [
        flag(named.is_some()),
        mine,
        mine - others().map(overlap).fold(0.0, f64::max),
        agreement(comparable.map(holds)),
        flag(others().any(holds)),
    ]
}

/// What an option says.
struct Choice {
    n_words: usize,
    numbers: Vec<f64>,
    terms: HashSet<Term>,
}

impl Choice {
    fn read(option: &[Token]) -> Choice {
        Choice {
            n_words: words(option).count(),
            numbers: numbers(option).collect(),
            terms: terms(option),
        }
    }
}

/// A word, or a number by its bits.
#[derive(PartialEq, Eq, Hash)]
enum Term {
    Word(String),
    Number(u64),
}

fn terms(tokens: &[Token]) -> HashSet<Term> {
    let numbers = numbers(tokens).map(|number| Term::Number(number.to_bits()));
    words(tokens).map(Term::Word).chain(numbers).collect()
}

/// The tokens of each option: of lines that begin `A.`, `B.` and so on, or `A)` or `(A)`.
fn options(turn: &str) -> Vec<Vec<Token<'_>>> {
    let mut found = Vec::new();
    for line in turn.split('\n') {
        let line = line.trim_matches([' ', '\t', '\r']);
        let line = line.strip_prefix('(').unwrap_or(line);
        let rest = letter(found.len()).and_then(|letter| line.strip_prefix(letter));
        if let Some(option) = rest.and_then(|rest| rest.strip_prefix(['.', ')'])) {
            found.push(tokens(option));
        }
    }
    found
}

/// The `i`th capital.
fn letter(i: usize) -> Option<char> {
    ('A'..='Z').nth(i)
}

/// The option named last in brackets, or else by a bare letter near the end, and where.
fn stated(said: &[Token], n_options: usize) -> Option<(usize, usize)> {
    let option = |i: usize| (0..n_options.min(26)).find(|&n| is_letter(said[i].text, n));
    let bracketed = |i: &usize| said[*i].text == "(" && said[i + 2].text == ")";
    let inside = (0..said.len().saturating_sub(2)).rev().filter(bracketed);
    let in_brackets = inside.filter_map(|i| Some((option(i + 1)?, i))).next();
    let near_end = (said.len().saturating_sub(END_TOKENS)..said.len()).rev();
    in_brackets.or_else(|| near_end.filter_map(|i| Some((option(i)?, i))).next())
}

fn is_letter(text: &str, n: usize) -> bool {
    let mut chars = text.chars();
    chars.next() == letter(n) && chars.next().is_none()
}

/// The sums that are written out.
struct Sums {
    n_right: usize,
    n_wrong: usize,
    /// What is said after the last '='.
    last: Option<f64>,
}

impl Sums {
    fn of(said: &[Token]) -> Sums {
        let mut sums = Sums { n_right: 0, n_wrong: 0, last: None };
        for equals in (0..said.len()).filter(|&i| said[i].text == "=") {
            let left = Sum::read(said[..equals].iter().rev(), true);
            let right = Sum::read(said[equals + 1..].iter(), false);
            let Some(value) = right.value() else { continue };
            sums.last = Some(value);
            match left.value().filter(|_| !left.operators.is_empty()) {
                Some(worked) if same_share(worked, value) => sums.n_right += 1,
                Some(_) => sums.n_wrong += 1,
                None => {}
            }
        }
        sums
    }
}

/// Numbers with operators between them, in reading order.
#[derive(Default)]
struct Sum {
    numbers: Vec<f64>,
    operators: Vec<char>,
}

impl Sum {
    /// The longest sum that `tokens` begin with; those before a '=' come `backwards`.
    fn read<'t>(tokens: impl Iterator<Item = &'t Token<'t>>, backwards: bool) -> Sum {
        let (mut sum, mut n_units) = (Sum::default(), 0);
        for token in tokens {
            let wants_number = sum.numbers.len() == sum.operators.len();
            let after_number = wants_number == backwards;
            match (token.kind, operator(token.text)) {
                (Kind::Number, _) if wants_number => {
                    sum.numbers.push(token.value);
                    n_units = 0;
                }
                (_, Some(operator)) if !wants_number => {
                    sum.operators.push(operator);
                    n_units = 0;
                }
                (Kind::Word, _) if after_number && n_units < MOST_UNITS => n_units += 1,
                _ if is_skipped(token.text) => {}
                _ => break,
            }
        }
        sum.operators.truncate(sum.numbers.len().saturating_sub(1));
        if backwards {
            sum.numbers.reverse();
            sum.operators.reverse();
        }
        sum
    }

    /// Products first.
    fn value(&self) -> Option<f64> {
        let (mut total, mut product) = (0.0, *self.numbers.first()?);
        for (operator, &number) in self.operators.iter().zip(&self.numbers[1..]) {
            match operator {
                '*' => product *= number,
                '/' if number == 0.0 => product = f64::NAN, // which no value equals
                '/' => product /= number,
                _ => {
                    total += product;
                    product = if *operator == '+' { number } else { -number };
                }
            }
        }
        Some(total + product)
    }
}

fn operator(text: &str) -> Option<char> {
    match text {
        "+" => Some('+'),
        "-" | "−" | "–" => Some('-'),
        "*" | "×" | "⋅" | "·" | "x" | "times" | "cdot" => Some('*'),
        "/" | "÷" | "div" => Some('/'),
        _ => None,
    }
}

fn is_skipped(text: &str) -> bool {
    matches!(text, "$" | "£" | "€" | "%" | "\\")
}

/// Whether two values are the same up to rounding.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.01 * a.abs().max(b.abs()).max(0.01)
}

/// The same, or one of them in per cent.
fn same_share(a: f64, b: f64) -> bool {
    same(a, b) || same(a, 100.0 * b) || same(100.0 * a, b)
}

fn distinct(numbers: impl Iterator<Item = f64>) -> HashSet<u64> {
    numbers.map(f64::to_bits).collect()
}

fn count(tokens: &[Token], wanted: impl Fn(&Token) -> bool) -> usize {
    tokens.iter().filter(|token| wanted(token)).count()
}

fn log(n: usize) -> f64 {
    (n as f64).ln_1p()
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// 1 or -1 where there was something to compare.
fn agreement(holds: Option<bool>) -> f64 {
    holds.map_or(0.0, |holds| if holds { 1.0 } else { -1.0 })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Golden {
        turn: String,
        answer: String,
        features: Vec<f32>,
    }

    #[test]
    fn the_router_counts_what_training_counts() {
        let text = std::fs::read_to_string("tests/fixtures/features.json").unwrap();
        let golden: Vec<Golden> = serde_json::from_str(&text).unwrap();
        for (i, name) in NAMES.iter().enumerate() {
            let varies = golden.iter().any(|case| case.features[i] != golden[0].features[i]);
            assert!(varies, "no case shows `{name}`");
        }
        for Golden { turn, answer, features: expected } in golden {
            let found = features(&turn, &answer);
            for ((name, found), expected) in NAMES.iter().zip(found).zip(expected) {
                let close = (found - expected).abs() < 1e-5;
                assert!(close, "{name}: {found} is not {expected}, of {turn:?} and {answer:?}");
            }
        }
    }

    #[test]
    fn a_file_may_ask_for_known_features_alone() {
        let find =
            |names: &[&str]| find(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(find(&["stated", "turn_length"]).unwrap(), [16, 0]);
        assert_eq!(find(&["mood"]).unwrap_err().code(), "model_corrupt");
    }

    fn check(text: &str, expected: (usize, usize, Option<f64>)) {
        let Sums { n_right, n_wrong, last } = Sums::of(&tokens(text));
        assert_eq!((n_right, n_wrong, last), expected, "{text}");
    }

    #[test]
    fn sums_are_checked_as_they_are_written() {
        check("3 + 4 = 7, 3 * 4 = 13", (1, 1, Some(13.0)));
        check("1 + 2 * 3 - 8 / 4 = 5", (1, 0, Some(5.0)));
        check("3 sprints * 60 meters = 180 meters", (1, 0, Some(180.0)));
        check("20 / 80 = 25%", (1, 0, Some(25.0)));
        check("2 * 3 = 6 = 5 + 1", (1, 0, Some(6.0)));
        check("x = 5 and 2 * x = 10", (0, 0, Some(10.0)));
        check("5 / 0 = 5 and so =", (0, 1, Some(5.0)));
        check("no sum at all", (0, 0, None));
    }
}
