//! Reading what is to be played: files and folders of YAML documents, as for `kubectl apply`, some of them with a time.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub use super::files::{SourceFile, sources};
use super::places::{Mark, Places};
pub use super::problem::{Problem, place};
use super::yaml::{self, Malformed, Parsed};
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
const KINDS: [&str; 8] = ["Account", "CustomTaskExtension", "Directory", "Group", "Run", "TenantSchedule", "User", "Workflow"];
/// Kinds that people write and that nothing obeys yet. A simulation that let them pass would show what does not hold.
const NOT_YET: [&str; 2] = ["Approval", "Hold"];

/// What is said of a Run that a person makes and that says it was scheduled. In a cluster a policy refuses it.
pub const ONLY_EVALUATIONS: &str = "executionType scheduled: only evaluations make such a Run";

/// What is wrong with one field of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The field, for example `spec.tasks[0].name`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

/// One document to apply or to delete.
#[derive(Clone, Debug)]
pub struct Document {
    file: Arc<str>,
    /// Where its fields are written.
    pub places: Places,
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

    /// A problem with the field at `path` (`spec.tasks[0].name`): its place, or that of the closest field around it.
    #[must_use]
    pub fn problem(&self, path: &str, message: impl Into<String>) -> Problem {
        Problem { place: place(&self.file, self.places.of(path)), message: message.into() }
    }

    /// Takes the annotations that only the simulation reads out of the object and says what is wrong with them.
    pub fn take_annotations(&mut self) -> Vec<Complaint> {
        let mut found = Vec::new();
        self.at = self.take_instant(SIMULATE_AT, &mut found);
        if self.key().0 == "TenantSchedule" {
            self.from = self.take_instant(SIMULATE_FROM, &mut found);
            self.until = self.take_instant(SIMULATE_UNTIL, &mut found);
        }
        if let Some(value) = self.take(SIMULATE_DELETE) {
            self.is_deletion = value == "true";
            if value != "true" && value != "false" {
                found.push(of_annotation(SIMULATE_DELETE, "expected the text \"true\""));
            }
        }
        if self.is_deletion && self.at.is_none() && found.is_empty() {
            found.push(of_annotation(SIMULATE_DELETE, &format!("needs {SIMULATE_AT} beside it")));
        }
        found
    }

    fn take(&mut self, annotation: &str) -> Option<Value> {
        let metadata = self.object.get_mut("metadata")?.as_object_mut()?;
        let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
        let value = annotations.remove(annotation);
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
        value
    }

    fn take_instant(&mut self, annotation: &str, found: &mut Vec<Complaint>) -> Option<DateTime<Utc>> {
        let value = self.take(annotation)?;
        let instant = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        if instant.is_none() {
            let message = "expected an instant in quotes, for example \"2026-01-05T09:00:00Z\"";
            found.push(of_annotation(annotation, message));
        }
        instant.map(|instant| instant.to_utc())
    }
}

fn of_annotation(annotation: &str, message: &str) -> Complaint {
    Complaint { path: format!("metadata.annotations.{annotation}"), message: format!("{annotation}: {message}") }
}

/// Puts the items of each `List`, as `kubectl get -o yaml` prints it, in its place.
#[must_use]
pub fn unfold(documents: Vec<Result<Parsed, Malformed>>) -> Vec<Result<Parsed, Malformed>> {
    let is_list = |value: &Value| value["apiVersion"] == "v1" && value["kind"] == "List" && value["items"].is_array();
    let unfold = |document| match document {
        Ok(Parsed { value, places, .. }) if is_list(&value) => {
            let items = value["items"].as_array().into_iter().flatten().cloned().enumerate();
            let below = |(index, value)| Parsed { value, places: places.below(&format!("items[{index}]")), repeated: Vec::new() };
            items.map(below).map(Ok).collect()
        }
        other => vec![other],
    };
    documents.into_iter().flat_map(unfold).collect()
}

/// A document that is not examined yet, and the complaints about keys that it has twice.
#[must_use]
pub fn document(file: &Arc<str>, parsed: Parsed) -> (Document, Vec<(Mark, Complaint)>) {
    let Parsed { value: object, places, repeated } = parsed;
    let repeated = repeated.into_iter().map(|(path, mark)| {
        let message = "this key is there twice".to_owned();
        (mark, Complaint { path, message })
    });
    let document = Document { file: Arc::clone(file), places, object, at: None, is_deletion: false, from: None, until: None };
    (document, repeated.collect())
}

/// Reads every document of the files and folders, see [`sources`].
///
/// # Errors
/// Everything that is wrong with them.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Document>, Vec<Problem>> {
    let mut documents = Vec::new();
    let mut problems = Vec::new();
    for source in sources(paths)? {
        match parse(&source.file, &source.text) {
            Ok(found) => documents.extend(found),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

/// Reads every document of `text`; `file` is its name in messages.
///
/// # Errors
/// Everything that is wrong with it but for what only the API server can say.
pub fn parse(file: &str, text: &str) -> Result<Vec<Document>, Vec<Problem>> {
    let file: Arc<str> = file.into();
    let mut documents = Vec::new();
    let mut problems = Vec::new();
    for parsed in unfold(yaml::parse(text)) {
        match parsed {
            Ok(parsed) => match examine(&file, parsed) {
                Ok(document) => documents.push(document),
                Err(found) => problems.extend(found),
            },
            Err(error) => problems.push(Problem { place: place(&file, error.mark), message: error.message }),
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

fn examine(file: &Arc<str>, parsed: Parsed) -> Result<Document, Vec<Problem>> {
    let (mut document, repeated) = document(file, parsed);
    let repeated = repeated.into_iter().map(|(mark, found)| (mark, format!("{}: {}", found.path, found.message)));
    let mut problems: Vec<Problem> = repeated.map(|(mark, message)| Problem { place: place(file, mark), message }).collect();
    identify(&document, &mut problems);
    if problems.is_empty() {
        let metadata = &mut document.object["metadata"];
        if metadata.get("namespace").is_none() {
            metadata["namespace"] = json!("default");
        }
        let found = document.take_annotations();
        problems.extend(found.into_iter().map(|found| document.problem(&found.path, found.message)));
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
    } else if NOT_YET.contains(&kind) {
        problems.push(document.problem("kind", format!("kind {kind} is not available yet: it would have no effect")));
    } else if !KINDS.contains(&kind) {
        let message = format!("kind {kind}: expected one of {}; the programs write the others", KINDS.join(", "));
        problems.push(document.problem("kind", message));
    } else if kind == "Run" && text("/spec/executionType") == "scheduled" {
        problems.push(document.problem("spec.executionType", ONLY_EVALUATIONS));
    }
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
        assert_eq!(document.problem("spec.mail", "m").to_string(), "a.yaml:9:9: m");
        assert_eq!(document.problem("spec.tasks[2].name", "m").to_string(), "a.yaml:8:1: m");
    }

    #[test]
    fn what_cannot_be_applied_is_named() {
        let found = problems("kind: User\nmetadata: {name: x}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: x}\n");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], "a.yaml:1:1: apiVersion is missing or not a text");
        assert!(found[1].starts_with("a.yaml:4:13: apiVersion v1: only tenure.dev/v1alpha1"), "{found:?}");
        let found = problems("apiVersion: tenure.dev/v1alpha1\nkind: RunSlice\nmetadata: {name: x}\n");
        assert!(found[0].starts_with("a.yaml:2:7: kind RunSlice: expected one of"), "{found:?}");
        let found = problems("apiVersion: tenure.dev/v1alpha1\nkind: Run\nmetadata: {name: x}\nspec:\n  executionType: scheduled\n");
        assert_eq!(found, ["a.yaml:5:18: executionType scheduled: only evaluations make such a Run"]);
    }

    #[test]
    fn a_list_is_its_items() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: tenure.dev/v1alpha1\n  kind: User\n  metadata: {name: ava}\n";
        let documents = parse("a.yaml", text).expect("documents");
        assert_eq!(documents.len(), 1);
        assert_eq!(documents[0].key().2, "ava");
        assert_eq!(documents[0].problem("metadata.name", "m").to_string(), "a.yaml:6:20: m");
        assert_eq!(documents[0].problem("spec", "m").to_string(), "a.yaml:4:3: m");
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
