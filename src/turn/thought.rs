//! Tells a model's thinking from its answer, where both come as one text.
//!
//! Models that think write so between two tags before they answer: `<think>…</think>` (Qwen3, SmolLM3,
//! DeepSeek R1), `[THINK]…[/THINK]` (Magistral) and others. A tag counts where an answer begins, so
//! that an answer may speak of tags. Some templates write the opening tag themselves; where nobody
//! knew, a closing tag alone on its line tells afterwards that all before it was thinking.

/// Tags that open and close a thought.
const TAGS: [(&str, &str); 7] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("◁think▷", "◁/think▷"),
];

/// What a piece of the model's text turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Thinking(String),
    Text(String),
    /// All that was said before, as text, was thinking.
    Rethought,
}

/// The text of one side, as it arrives in pieces cut anywhere.
#[derive(Debug, Clone)]
pub(super) struct Thought {
    state: State,
    /// What may still become a tag, or is space that may have to go.
    held: String,
    /// Whether the model has thought.
    thought: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing but space has come.
    Beginning,
    /// Until any closing tag. Space before the first word is dropped.
    Thinking { begun: bool },
    /// A thought has ended; what follows may be another one.
    Between,
    /// The answer, in which no tag counts. Before a line that is a closing tag alone, it may turn
    /// out to have been a thought if `open`.
    Answering { open: bool },
}

impl Thought {
    /// At the beginning of what a side writes; `inside` a thought where its prompt ends in one.
    pub fn new(inside: bool) -> Thought {
        let state = if inside { State::Thinking { begun: false } } else { State::Beginning };
        Thought { state, held: String::new(), thought: inside }
    }

    /// Whether what comes now is no answer yet.
    pub fn is_thinking(&self) -> bool {
        matches!(self.state, State::Thinking { .. } | State::Between)
    }

    /// The side has told a thought from its answer itself.
    pub fn note_thinking(&mut self) {
        self.thought = true;
        if self.state == State::Beginning {
            self.state = State::Between;
        }
    }

    pub fn push(&mut self, text: &str) -> Vec<Said> {
        self.held.push_str(text);
        let mut said = Vec::new();
        while self.advance(&mut said) {}
        said
    }

    /// The side has said all: what was held is what it seems to be.
    pub fn end(&mut self) -> Vec<Said> {
        let held = std::mem::take(&mut self.held);
        match self.state {
            State::Thinking { begun } => thinking(held.trim_end(), begun),
            State::Between if held.trim().is_empty() => Vec::new(),
            _ => text(held),
        }
    }

    /// Takes in what is held as far as it is certain; `true` if the rest is to be looked at anew.
    fn advance(&mut self, said: &mut Vec<Said>) -> bool {
        match self.state {
            State::Beginning | State::Between => self.open(),
            State::Thinking { begun } => self.think(begun, said),
            State::Answering { open } => self.answer(open, said),
        }
    }

    /// Where a thought may open.
    fn open(&mut self) -> bool {
        let trimmed = self.held.trim_start();
        let n_space = self.held.len() - trimmed.len();
        let opening = TAGS.iter().find(|(open, _)| trimmed.starts_with(open));
        let closing = TAGS.iter().find(|(_, close)| trimmed.starts_with(close));
        if let Some((open, _)) = opening {
            self.held.drain(..n_space + open.len());
            (self.state, self.thought) = (State::Thinking { begun: false }, true);
            return true;
        }
        // A thought's end, of which a server has told the beginning otherwise.
        if let Some((_, close)) = closing {
            self.held.drain(..n_space + close.len());
            (self.state, self.thought) = (State::Between, true);
            return true;
        }
        let may_be_tag = |tag: &str| tag.starts_with(trimmed);
        if TAGS.iter().any(|(open, close)| may_be_tag(open) || may_be_tag(close)) {
            return false;
        }
        // Line breaks between a thought and its answer belong to neither.
        if self.state == State::Between && self.held[..n_space].contains('\n') {
            self.held.drain(..n_space);
        }
        self.state = State::Answering { open: !self.thought };
        true
    }

    fn think(&mut self, begun: bool, said: &mut Vec<Said>) -> bool {
        let ends = TAGS.iter().filter_map(|(_, close)| Some((self.held.find(close)?, close.len())));
        if let Some((end, n_tag)) = ends.min() {
            said.extend(thinking(self.held[..end].trim_end(), begun));
            self.held.drain(..end + n_tag);
            self.state = State::Between;
            return true;
        }
        let n_tag = TAGS.iter().map(|(_, close)| open_end(&self.held, close)).max().unwrap_or(0);
        let certain = self.held[..self.held.len() - n_tag].trim_end();
        let rest = self.held.split_off(certain.len());
        let certain = thinking(&std::mem::replace(&mut self.held, rest), begun);
        self.state = State::Thinking { begun: begun || !certain.is_empty() };
        said.extend(certain);
        false
    }

    fn answer(&mut self, open: bool, said: &mut Vec<Said>) -> bool {
        if !open {
            said.extend(text(std::mem::take(&mut self.held)));
            return false;
        }
        let opening = TAGS.iter().filter_map(|(open, _)| self.held.find(open)).min();
        let closing = closing_line(&self.held);
        // An answer that speaks of thoughts may show their ends too.
        if opening.is_some_and(|open| closing.is_none_or(|(close, _)| open < close)) {
            self.state = State::Answering { open: false };
            return true;
        }
        if let Some((at, end)) = closing {
            said.extend(text(self.held[..at].to_owned()));
            self.held.drain(..end);
            (self.state, self.thought) = (State::Between, true);
            said.push(Said::Rethought);
            return true;
        }
        let lines = TAGS.iter().map(|(_, close)| open_end(&self.held, &format!("\n{close}")));
        let opens = TAGS.iter().map(|(open, _)| open_end(&self.held, open));
        let n_held = lines.chain(opens).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - n_held);
        said.extend(text(std::mem::replace(&mut self.held, rest)));
        false
    }
}

/// Whether a prompt that ends so leaves a thought open.
pub(super) fn ends_inside_thought(prompt_end: &str) -> bool {
    TAGS.iter().any(|(open, _)| prompt_end.trim_end().ends_with(open))
}

fn text(text: String) -> Vec<Said> {
    if text.is_empty() { Vec::new() } else { vec![Said::Text(text)] }
}

fn thinking(text: &str, begun: bool) -> Vec<Said> {
    let text = if begun { text } else { text.trim_start() };
    if text.is_empty() { Vec::new() } else { vec![Said::Thinking(text.to_owned())] }
}

/// A line that begins with a closing tag: where it begins, and where the tag ends.
fn closing_line(text: &str) -> Option<(usize, usize)> {
    let tags = TAGS.iter().map(|(_, close)| format!("\n{close}"));
    tags.filter_map(|tag| text.find(&tag).map(|at| (at, at + tag.len()))).min()
}

/// The length of the longest end of `text` that begins `tag`, in bytes.
fn open_end(text: &str, tag: &str) -> usize {
    let longest = text.len().min(tag.len() - 1);
    let begins = |&n: &usize| tag.is_char_boundary(n) && text.ends_with(&tag[..n]);
    (1..=longest).rev().find(begins).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is thinking and what is text, wherever `written` is cut.
    #[track_caller]
    fn check_from(inside: bool, written: &str, expected: (&str, &str)) {
        let read = |pieces: &[&str]| {
            let mut thought = Thought::new(inside);
            let (mut thinking, mut text) = (String::new(), String::new());
            let pushed = pieces.iter().flat_map(|piece| thought.push(piece)).collect::<Vec<_>>();
            for said in pushed.into_iter().chain(thought.end()) {
                match said {
                    Said::Thinking(piece) => thinking.push_str(&piece),
                    Said::Text(piece) => text.push_str(&piece),
                    Said::Rethought => thinking.push_str(&std::mem::take(&mut text)),
                }
            }
            (thinking, text)
        };
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        for (cut, _) in written.char_indices() {
            assert_eq!(read(&[&written[..cut], &written[cut..]]), expected, "{cut}: {written:?}");
        }
        let each: Vec<String> = written.chars().map(String::from).collect();
        let each: Vec<&str> = each.iter().map(String::as_str).collect();
        assert_eq!(read(&each), expected, "by characters: {written:?}");
    }

    #[track_caller]
    fn check(written: &str, expected: (&str, &str)) {
        check_from(false, written, expected);
    }

    #[test]
    fn thoughts_are_told_from_answers() {
        // Qwen3, SmolLM3; Qwen3 told not to think; DeepSeek R1; Magistral; Kimi; Gemma by name.
        check("<think>\nHm, é.\n\nSo.\n</think>\n\nFour.", ("Hm, é.\n\nSo.", "Four."));
        check("<think>\n\n</think>\n\nFour.", ("", "Four."));
        check("\n<think>so</think>Four.\n", ("so", "Four.\n"));
        check("[THINK]so[/THINK]Four.", ("so", "Four."));
        check("◁think▷so◁/think▷Four.", ("so", "Four."));
        check("<thought>so</thought> Four.", ("so", " Four."));
        check("<think>one</think>\n<think>two</think>\nFour.", ("onetwo", "Four."));
        // Cut off in the middle.
        check("<think>so it", ("so it", ""));
        check("<think>so </thi", ("so </thi", ""));
        check("<think>so</think>\n\n", ("so", ""));
    }

    #[test]
    fn what_only_looks_like_a_thought_is_text() {
        check("Four.", ("", "Four."));
        check("  Four.\n\n", ("", "  Four.\n\n"));
        check("\n", ("", "\n"));
        check("<", ("", "<"));
        check("<thin", ("", "<thin"));
        check("<thinner> is no tag", ("", "<thinner> is no tag"));
        check("The tags are <think> and </think>.", ("", "The tags are <think> and </think>."));
        check("It ends with </think>.", ("", "It ends with </think>."));
        check(
            "```\n<think>\nso\n</think>\nFour.\n```",
            ("", "```\n<think>\nso\n</think>\nFour.\n```"),
        );
        check("<think>so</think>a\n</think>\nb", ("so", "a\n</think>\nb"));
    }

    #[test]
    fn an_end_alone_on_its_line_tells_that_all_before_was_a_thought() {
        check("so\nit is\n</think>\n\nFour.", ("so\nit is", "Four."));
        check("so\n</think>", ("so", ""));
        check("</think>\n\nFour.", ("", "Four."));
    }

    #[test]
    fn a_prompt_may_end_inside_a_thought() {
        check_from(true, "so</think>\n\nFour.", ("so", "Four."));
        check_from(true, "\n\nso\n</think>Four.", ("so", "Four."));
        check_from(true, "so", ("so", ""));
    }

    #[test]
    fn prompts_that_open_a_thought_are_seen() {
        assert!(ends_inside_thought("assistant\n<think>\n"));
        assert!(!ends_inside_thought("assistant\n<think>\n\n</think>\n\n"));
        assert!(!ends_inside_thought("assistant\n"));
    }

    #[test]
    fn line_breaks_after_a_thought_told_otherwise_belong_to_nobody() {
        let mut thought = Thought::new(false);
        thought.note_thinking();
        assert!(thought.is_thinking());
        assert_eq!(thought.push("\n\n"), []);
        assert_eq!(thought.push("Four."), [Said::Text("Four.".to_owned())]);
        assert!(!thought.is_thinking());
        assert_eq!(thought.push("\n</think>\nx"), [Said::Text("\n</think>\nx".to_owned())]);
    }
}
