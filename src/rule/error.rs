//! What is wrong with the text of a rule, and where.

/// A rule that cannot be used. Its `Display` shows the line with a caret under the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})\n    {excerpt}\n    {:>1$}", '^', *caret + 1)]
pub struct RuleError {
    /// Bytes before the place.
    pub offset: usize,
    /// Line of the place, from 1.
    pub line: usize,
    /// Characters of that line up to the place, from 1.
    pub column: usize,
    /// What stands there.
    pub found: Box<str>,
    /// What could stand there.
    pub expected: Box<str>,
    /// Both in one sentence, with advice where there is some.
    pub message: Box<str>,
    /// The attribute that nobody knows, if that is the mistake.
    pub unknown: Option<Box<str>>,
    /// The line, shortened if it is long; control characters are shown as spaces so that the caret is right.
    excerpt: Box<str>,
    /// Characters of the excerpt before the place.
    caret: usize,
}

/// A mistake before it is put beside the text.
#[derive(Debug, Clone)]
pub(super) struct Mistake {
    pub offset: usize,
    pub found: String,
    pub expected: String,
    /// Replaces "expected ..., found ..." where that would not say it.
    pub message: Option<String>,
    /// The attribute that nobody knows, if that is the mistake.
    pub unknown: Option<Box<str>>,
    pub advice: Option<String>,
}

/// How many characters of a long line are shown before and after the place: with the indent it fits into 100 columns.
const BEFORE: usize = 50;
const AFTER: usize = 40;

impl Mistake {
    pub(super) fn in_text(self, text: &str) -> RuleError {
        let before = text.get(..self.offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_text = text[start..].lines().next().unwrap_or_default();
        let characters: Vec<char> = line_text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let position = before[start..].chars().count();
        let first = position.saturating_sub(BEFORE);
        let last = (position + AFTER).min(characters.len());
        let shown: String = characters.get(first..last).unwrap_or_default().iter().collect();
        let left = if first > 0 { "..." } else { "" };
        let right = if last < characters.len() { "..." } else { "" };
        let mut message = self.message.unwrap_or_else(|| format!("expected {}, found {}", self.expected, self.found));
        if let Some(advice) = self.advice {
            message.push_str("; ");
            message.push_str(&advice);
        }
        RuleError {
            offset: before.len(),
            line: before.matches('\n').count() + 1,
            column: position + 1,
            found: self.found.into(),
            expected: self.expected.into(),
            message: message.into(),
            unknown: self.unknown,
            excerpt: format!("{left}{shown}{right}").into(),
            caret: left.len() + position - first,
        }
    }
}
