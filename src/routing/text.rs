//! A text as numbers, words, line ends and signs, for what is counted off it.

/// Numbers beyond it are as good as it.
const MOST: f64 = 1e15;
/// Shorter words tell nothing about what a text is about.
const WORD_CHARS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Number,
    Word,
    Line,
    Sign,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Token<'t> {
    pub kind: Kind,
    pub text: &'t str,
    /// Of a number; 0 otherwise.
    pub value: f64,
}

/// `12,000.5` is one number; a word is a run of letters; every other sign stands alone.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let (kind, n_bytes) = match first {
            '0'..='9' => (Kind::Number, number_length(rest)),
            '\n' => (Kind::Line, 1),
            _ if is_letter(first) => {
                (Kind::Word, rest.find(|c| !is_letter(c)).unwrap_or(rest.len()))
            }
            _ => (Kind::Sign, first.len_utf8()),
        };
        let (text, after) = rest.split_at(n_bytes);
        if !matches!(first, ' ' | '\t' | '\r') {
            let value = if kind == Kind::Number { value_of(text) } else { 0.0 };
            found.push(Token { kind, text, value });
        }
        rest = after;
    }
    found
}

/// The values of the numbers among `tokens`.
pub fn numbers<'t>(tokens: &'t [Token]) -> impl Iterator<Item = f64> + 't {
    tokens.iter().filter(|token| token.kind == Kind::Number).map(|token| token.value)
}

/// The words of some length among `tokens`, ASCII's capitals made small.
pub fn words<'t>(tokens: &'t [Token]) -> impl Iterator<Item = String> + 't {
    let long =
        |token: &&Token| token.kind == Kind::Word && token.text.chars().count() >= WORD_CHARS;
    tokens.iter().filter(long).map(|token| token.text.to_ascii_lowercase())
}

/// ASCII's letters, and all that lies beyond Latin-1's signs and is no punctuation.
fn is_letter(c: char) -> bool {
    let beyond = !matches!(c, '×' | '÷' | '\u{2000}'..='\u{2bff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffff}');
    c.is_ascii_alphabetic() || (c >= 'À' && beyond)
}

/// Bytes of the number that a text begins with: `1`, `1.5`, `12,000`, `12,000.5`.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    if end <= 3 {
        while bytes.get(end) == Some(&b',') && digits(end + 1) == 3 {
            end += 4;
        }
    }
    match bytes.get(end) {
        Some(b'.') if digits(end + 1) > 0 => end + 1 + digits(end + 1),
        _ => end,
    }
}

fn value_of(number: &str) -> f64 {
    let plain: String = number.chars().filter(|&c| c != ',').collect();
    plain.parse().map_or(0.0, |value: f64| value.min(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = tokens(text).iter().map(|token| token.text).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn numbers_are_whole_and_signs_stand_alone() {
        check("It's 12,000.5!", &["It", "'", "s", "12,000.5", "!"]);
        check(
            "1,2 1,0000 1,000,0000 1234,567",
            &["1", ",", "2", "1", ",", "0000", "1,000", ",", "0000", "1234", ",", "567"],
        );
        check("3*4=12.\nüber 東京。", &["3", "*", "4", "=", "12", ".", "\n", "über", "東京", "。"]);
        assert_eq!(
            numbers(&tokens("12,000.5 0.5.6 9e9")).collect::<Vec<_>>(),
            [12000.5, 0.5, 6.0, 9.0, 9.0]
        );
        assert_eq!(numbers(&tokens(&"9".repeat(400))).collect::<Vec<_>>(), [MOST]);
    }

    #[test]
    fn short_words_are_left_out() {
        assert_eq!(
            words(&tokens("The Answer is ÄRGER 1234")).collect::<Vec<_>>(),
            ["answer", "Ärger"]
        );
    }
}
