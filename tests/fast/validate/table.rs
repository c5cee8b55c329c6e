//! The cases, and how an answer is judged.

use std::path::Path;

use super::program::{Answer, Finding};

/// Stands before a place that must be named.
const CARET: char = '\u{2038}';

/// One place that must be named, and words that the line about it must have.
pub struct Mark {
    line: usize,
    column: usize,
    words: String,
}

/// Documents with mistakes.
pub struct Case {
    pub name: String,
    pub text: String,
    pub marks: Vec<Mark>,
    /// The kinds of which it has an object of its own in place of the one that it could refer to.
    replaces: Vec<&'static str>,
}

impl Case {
    /// What the case refers to, without what it replaces.
    pub fn base(&self, base: &str) -> String {
        let is_replaced = |document: &&str| self.replaces.iter().any(|kind| document.contains(&format!("kind: {kind}\n")));
        let kept: Vec<&str> = base.split("---\n").filter(|document| !is_replaced(document)).collect();
        kept.join("---\n")
    }

    /// The places of an answer are exactly those that are marked, and its words are there.
    pub fn judge(&self, answer: &Answer) -> Result<(), String> {
        let shown = |finding: &Finding| format!("{}:{}: {}: {}", finding.line, finding.column, finding.path, finding.message);
        let found: Vec<String> = answer.findings.iter().map(shown).collect();
        let here = answer.findings.iter().all(|finding| Path::new(&finding.file).file_name().is_some_and(|name| name == "case.yaml"));
        let fits = |(mark, finding): (&Mark, &Finding)| {
            let line = format!("{}: {}", finding.path, finding.message);
            (mark.line, mark.column) == (finding.line, finding.column) && line.contains(&mark.words)
        };
        let all = self.marks.len() == found.len() && self.marks.iter().zip(&answer.findings).all(fits);
        if all && here && answer.code == 1 {
            return Ok(());
        }
        let wanted: Vec<String> = self.marks.iter().map(|mark| format!("{}:{}: {}", mark.line, mark.column, mark.words)).collect();
        Err(format!(
            "{}: code {}\n  wanted:\n    {}\n  found:\n    {}",
            self.name,
            answer.code,
            wanted.join("\n    "),
            found.join("\n    ")
        ))
    }
}

/// Every case of every file of the folder.
pub fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fast/validate");
    let files = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    files.sort();
    files.iter().flat_map(|file| parse(&std::fs::read_to_string(file).expect("text"))).collect()
}

fn parse(text: &str) -> Vec<Case> {
    text.split("=== ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case {
    let (name, rest) = text.split_once('\n').expect("a case has lines");
    let mut lines = Vec::new();
    let mut words = Vec::new();
    let mut replaces = Vec::new();
    for line in rest.lines() {
        match (line.strip_prefix("!!! "), line.strip_prefix('@')) {
            (Some(said), _) => words.push(said.to_owned()),
            (_, Some(head)) => lines.extend(expand(head, &mut replaces)),
            _ => lines.push(line.to_owned()),
        }
    }
    let mut places = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        for (before, (at, _)) in line.char_indices().filter(|(_, character)| *character == CARET).enumerate() {
            places.push((index + 1, line[..at].chars().count() + 1 - before));
        }
    }
    assert_eq!(places.len(), words.len(), "{name}: as many places as words");
    let marks = places.into_iter().zip(words).map(|((line, column), words)| Mark { line, column, words });
    Case { name: name.to_owned(), text: lines.join("\n").replace(CARET, ""), marks: marks.collect(), replaces }
}

/// The head of a document. `@Kind-change` is the one object that others refer to, written anew.
fn expand(head: &str, replaces: &mut Vec<&'static str>) -> Vec<String> {
    let (kind, name) = head.split_once(' ').unwrap_or((head, "case"));
    let (kind, name) = match kind {
        "TenantSchedule-change" => {
            replaces.push("TenantSchedule");
            ("TenantSchedule", "default")
        }
        kind => (kind, name),
    };
    vec!["apiVersion: tenure.dev/v1alpha1".to_owned(), format!("kind: {kind}"), format!("metadata: {{name: {name}}}")]
}
