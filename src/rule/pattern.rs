//! Regular expressions of a rule: each compiled once, and bounded in size, alone and together. What compiling costs, in time and
//! in memory, is about linear in that size.

use std::collections::BTreeMap;

use regex_automata::meta::{BuildError, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::syntax;

/// How large an automaton of a pattern may be, in bytes: `\w` takes a twelfth, `[a-z]` next to nothing. The time of a match is linear in the
/// text and in this size.
const MAX_PATTERN_SIZE: usize = 256 << 10;
/// How large all that the patterns of a rule are compiled to may be, in bytes. A Workflow has one rule.
pub const MAX_RULE_SIZE: usize = 512 << 10;
/// Bytes of what a pattern remembers of its matches.
const MAX_MATCH_MEMORY: usize = 256 << 10;

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PatternError {
    /// It alone is too large.
    TooLarge,
    /// It is too large together with those before it.
    TooLargeTogether,
    /// It is no regular expression.
    Syntax(String),
}

impl From<BuildError> for PatternError {
    fn from(error: BuildError) -> Self {
        match error.syntax_error() {
            Some(error) => Self::Syntax(error.to_string()),
            None => Self::TooLarge,
        }
    }
}

/// The patterns of one rule, by their text: all of them with or without regard to case.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    compiled: BTreeMap<String, Regex>,
    size: usize,
}

impl Patterns {
    /// Compiles a pattern, if it was not.
    pub(super) fn add(&mut self, text: &str, insensitive: bool) -> Result<(), PatternError> {
        if self.compiled.contains_key(text) {
            return Ok(());
        }
        let compiled = compile(text, insensitive)?;
        self.size = self.size.saturating_add(compiled.memory_usage());
        if self.size > MAX_RULE_SIZE {
            return Err(PatternError::TooLargeTogether);
        }
        self.compiled.insert(text.to_owned(), compiled);
        Ok(())
    }

    /// The compiled pattern.
    pub(super) fn get(&self, text: &str, insensitive: bool) -> Result<Regex, PatternError> {
        self.compiled.get(text).map_or_else(|| compile(text, insensitive), |compiled| Ok(compiled.clone()))
    }

    /// Bytes that they take.
    pub(super) fn size(&self) -> usize {
        self.size
    }
}

fn compile(text: &str, insensitive: bool) -> Result<Regex, PatternError> {
    // Whether it matches is all that is asked.
    let config = Regex::config()
        .nfa_size_limit(Some(MAX_PATTERN_SIZE))
        .onepass_size_limit(Some(MAX_PATTERN_SIZE))
        .hybrid_cache_capacity(MAX_MATCH_MEMORY)
        .which_captures(WhichCaptures::None);
    let syntax = syntax::Config::new().case_insensitive(insensitive);
    Ok(Regex::builder().configure(config).syntax(syntax).build(text)?)
}
