//! Reading what is to be played: files and folders of YAML documents, as for `kubectl apply`, some of them with a time.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::yaml::{self, Parsed};
use crate::api::meta::{GROUP, VERSION};

/// Annotation: the virtual time at which a document is applied or deleted.
pub const SIMULATE_AT: &str = "tenure.dev/simulate-at";
/// Annotation, `"true"`: the document's object is deleted at that time, not applied.
pub const SIMULATE_DELETE: &str = "tenure.dev/simulate-delete";
/// Annotation on a `TenantSchedule`: the virtual time at which the simulation begins.
pub const SIMULATE_FROM: &str = "tenure.dev/simulate-from";
/// Annotation on a `TenantSchedule`: the virtual time at which the simulation ends.
pub const SIMULATE_UNTIL: &str = "tenure.dev/simulate-until";

/// The kinds that people and `GitOps` write.
const KINDS: [&str; 7] = ["Account", "Directory", "Group", "Run", "TenantSchedule", "User", "Workflow"];

/// Something about the input that has to be corrected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File, and line where there is one: `people.yaml:12`.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.place, self.message) }
    }
}

/// One document to apply or to delete.
#[derive(Clone, Debug)]
pub struct Document {
    file: String,
    lines: BTreeMap<String, u64>,
    /// The object, with its namespace, without the annotations that only the simulation reads.
    pub object: Value,
    /// When it is applied or deleted; `None`: at the start.
    pub at: Option<DateTime<Utc>>,
    /// Whether the object is deleted then.
    pub is_deletion: bool,
    /// What a `TenantSchedule` says about the simulation's beginning.
    pub from: Option<DateTime<Utc>>,
    /// What a `TenantSchedule` says about the simulation's end.
    pub until: Option<DateTime<Utc>>,
}

impl Document {
    /// `Kind`, namespace and name.
    #[must_use]
    pub fn key(&self) -> (&str, &str, &str) {
        let text = |pointer: &str| self.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        (text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
    }

    /// A problem with the field at `path` (`spec.tasks[0].name`): its line, or that of the closest field around it.
    #[must_use]
    pub fn problem(&self, path: &str, message: impl Into<String>) -> Problem {
        let mut path = path;
        let line = loop {
            if let Some(line) = self.lines.get(path) {
                break *line;
            }
            let Some(end) = path.rfind(['.', '[']) else { break self.lines.get("").copied().unwrap_or(0) };
            path = &path[..end];
        };
        Problem { place: place(&self.file, line), message: message.into() }
    }
}

fn place(file: &str, line: u64) -> String {
    if line == 0 { file.to_owned() } else { format!("{file}:{line}") }
}

/// Reads every document of the files and folders, in the order given; of a folder its `*.yaml`, `*.yml` and `*.json`
/// files in the order of their names, then its subfolders in the order of theirs.
///
/// # Errors
/// Everything that is wrong with them.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Document>, Vec<Problem>> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        let before = files.len();
        collect(path, true, &mut files, &mut problems);
        if files.len() == before && problems.is_empty() {
            problems.push(problem_at(path, "no *.yaml, *.yml or *.json file in it"));
        }
    }
    let mut documents = Vec::new();
    for file in files {
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) => {
                problems.push(problem_at(&file, error));
                continue;
            }
        };
        match parse(&file.display().to_string(), &text) {
            Ok(found) => documents.extend(found),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

fn problem_at(path: &Path, message: impl fmt::Display) -> Problem {
    Problem { place: path.display().to_string(), message: message.to_string() }
}

fn collect(path: &Path, is_named: bool, files: &mut Vec<PathBuf>, problems: &mut Vec<Problem>) {
    if !path.is_dir() {
        let is_wanted = path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
        if is_named || is_wanted {
            files.push(path.to_owned());
        }
        return;
    }
    let entries = std::fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut entries: Vec<PathBuf> = match entries {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(problem_at(path, error));
            return;
        }
    };
    entries.retain(|entry| !entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    entries.sort_by_key(|entry| (entry.is_dir(), entry.clone()));
    for entry in entries {
        collect(&entry, false, files, problems);
    }
}

/// Reads every document of `text`; `file` is its name in messages.
///
/// # Errors
/// Everything that is wrong with it but for what only the API server can say.
pub fn parse(file: &str, text: &str) -> Result<Vec<Document>, Vec<Problem>> {
    let parsed = yaml::parse(text).map_err(|error| vec![Problem { place: place(file, error.line), message: error.message }])?;
    let mut documents = Vec::new();
    let mut problems = Vec::new();
    for document in parsed {
        match examine(file, document) {
            Ok(document) => documents.push(document),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

fn examine(file: &str, Parsed { value, lines }: Parsed) -> Result<Document, Vec<Problem>> {
    let mut document = Document { file: file.to_owned(), lines, object: value, at: None, is_deletion: false, from: None, until: None };
    let mut problems = Vec::new();
    identify(&document, &mut problems);
    if problems.is_empty() {
        let metadata = &mut document.object["metadata"];
        if metadata.get("namespace").is_none() {
            metadata["namespace"] = json!("default");
        }
        take_annotations(&mut document, &mut problems);
    }
    if problems.is_empty() { Ok(document) } else { Err(problems) }
}

/// Says what keeps the document from being an object that may be applied here.
fn identify(document: &Document, problems: &mut Vec<Problem>) {
    if !document.object.is_object() {
        problems.push(document.problem("", "expected a Kubernetes object"));
        return;
    }
    let text = |pointer: &str| document.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (text("/apiVersion"), text("/kind"));
    for (field, value) in [("apiVersion", version), ("kind", kind), ("metadata.name", text("/metadata/name"))] {
        if value.is_empty() {
            problems.push(document.problem(field, format!("{field} is missing or not a text")));
        }
    }
    if !problems.is_empty() {
        return;
    }
    if version != format!("{GROUP}/{VERSION}") {
        let message = format!("apiVersion {version}: only {GROUP}/{VERSION} can be simulated");
        problems.push(document.problem("apiVersion", message));
    } else if !KINDS.contains(&kind) {
        let message = format!("kind {kind}: expected one of {}; the programs write the others", KINDS.join(", "));
        problems.push(document.problem("kind", message));
    }
}

fn take_annotations(document: &mut Document, problems: &mut Vec<Problem>) {
    let is_schedule = document.key().0 == "TenantSchedule";
    document.at = take_instant(document, SIMULATE_AT, problems);
    if is_schedule {
        document.from = take_instant(document, SIMULATE_FROM, problems);
        document.until = take_instant(document, SIMULATE_UNTIL, problems);
    }
    if let Some(value) = take(document, SIMULATE_DELETE) {
        document.is_deletion = value == "true";
        if value != "true" && value != "false" {
            problems.push(complain(document, SIMULATE_DELETE, "expected the text \"true\""));
        }
    }
    if document.is_deletion && document.at.is_none() && problems.is_empty() {
        problems.push(complain(document, SIMULATE_DELETE, &format!("needs {SIMULATE_AT} beside it")));
    }
}

fn take(document: &mut Document, annotation: &str) -> Option<Value> {
    let metadata = document.object["metadata"].as_object_mut()?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    let value = annotations.remove(annotation);
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    value
}

fn take_instant(document: &mut Document, annotation: &str, problems: &mut Vec<Problem>) -> Option<DateTime<Utc>> {
    let value = take(document, annotation)?;
    let instant = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    if instant.is_none() {
        let message = "expected an instant in quotes, for example \"2026-01-05T09:00:00Z\"";
        problems.push(complain(document, annotation, message));
    }
    instant.map(|instant| instant.to_utc())
}

fn complain(document: &Document, annotation: &str, message: &str) -> Problem {
    document.problem(&format!("metadata.annotations.{annotation}"), format!("{annotation}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::{parse, read};

    fn problems(text: &str) -> Vec<String> {
        parse("a.yaml", text).expect_err("bad input").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_document_knows_its_time_and_its_lines() {
        let text = "apiVersion: tenure.dev/v1alpha1\nkind: User\nmetadata:\n  name: ava\n  annotations:\n    \
                    tenure.dev/simulate-at: \"2026-02-04T10:00:00+01:00\"\n    tenure.dev/simulate-delete: \"true\"\nspec:\n  mail: x\n";
        let documents = parse("a.yaml", text).expect("documents");
        let document = &documents[0];
        assert_eq!(document.key(), ("User", "default", "ava"));
        assert_eq!(document.at.map(|at| at.to_rfc3339()), Some("2026-02-04T09:00:00+00:00".to_owned()));
        assert!(document.is_deletion);
        assert!(document.object["metadata"].get("annotations").is_none());
        assert_eq!(document.problem("spec.mail", "m").to_string(), "a.yaml:9: m");
        assert_eq!(document.problem("spec.tasks[2].name", "m").to_string(), "a.yaml:9: m");
    }

    #[test]
    fn what_cannot_be_applied_is_named() {
        let found = problems("kind: User\nmetadata: {name: x}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: x}\n");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], "a.yaml:1: apiVersion is missing or not a text");
        assert!(found[1].starts_with("a.yaml:4: apiVersion v1: only tenure.dev/v1alpha1"), "{found:?}");
        let found = problems("apiVersion: tenure.dev/v1alpha1\nkind: RunSlice\nmetadata: {name: x}\n");
        assert!(found[0].starts_with("a.yaml:2: kind RunSlice: expected one of"), "{found:?}");
    }

    #[test]
    fn times_must_be_instants() {
        let head = "apiVersion: tenure.dev/v1alpha1\nkind: User\nmetadata:\n  name: x\n  annotations:\n";
        for (line, wanted) in [
            ("    tenure.dev/simulate-at: tomorrow\n", "simulate-at: expected an instant"),
            ("    tenure.dev/simulate-at: 3\n", "simulate-at: expected an instant"),
            ("    tenure.dev/simulate-delete: true\n", "simulate-delete: expected the text"),
            ("    tenure.dev/simulate-delete: \"true\"\n", "simulate-delete: needs tenure.dev/simulate-at"),
        ] {
            let found = problems(&format!("{head}{line}"));
            assert!(found.len() == 1 && found[0].contains(wanted), "{line}: {found:?}");
        }
    }

    #[test]
    fn folders_are_read_in_the_order_of_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, who: &str| {
            let text = format!("apiVersion: tenure.dev/v1alpha1\nkind: User\nmetadata: {{name: {who}}}\n");
            std::fs::write(folder.path().join(name), text).expect("written");
        };
        std::fs::create_dir(folder.path().join("a")).expect("a folder");
        for (name, who) in [("b.yaml", "two"), ("a.json.yml", "one"), ("a/c.yaml", "three"), ("x.txt", "never"), (".y.yaml", "never")] {
            write(name, who);
        }
        let documents = read(&[folder.path().to_owned()]).expect("documents");
        let names: Vec<&str> = documents.iter().map(|document| document.key().2).collect();
        assert_eq!(names, ["one", "two", "three"]);
        assert!(read(&[folder.path().join("missing.yaml")]).is_err());
    }
}
