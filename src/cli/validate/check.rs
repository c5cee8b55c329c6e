//! All documents, from the texts of their files to what is wrong with them, in the order of the places.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::deep;
use super::document::{By, Draft, NAME, Said, at, is_in_element, quoted};
use super::identity::{self, Belonging};
use super::metadata;
use super::references;
use super::scalar::Lines;
use super::tenant::TenantDocuments;
use crate::api::reasons::Reason;
use crate::api::{self, meta::GROUP};
use crate::sim::load::{self, SourceFile};
use crate::sim::places::Mark;
use crate::sim::schema::{Schema, ViolationKind};
use crate::sim::yaml;

/// The schema: a rule between fields.
const RULE: By = By::Schema(ViolationKind::Rule);

/// The schema: there is no such field.
const UNKNOWN: By = By::Schema(ViolationKind::UnknownField);

/// The tasks of a Workflow.
const TASKS: &str = "spec.tasks";

/// One mistake, or one warning. The order is that of the places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Remark {
    /// Index of the file.
    pub source: usize,
    pub mark: Mark,
    /// The field; empty where it is about no field.
    pub path: String,
    pub message: String,
}

/// What there is to say.
pub(super) struct Report {
    pub findings: Vec<Remark>,
    /// Data that nobody refuses and that nothing can be done with.
    pub warnings: Vec<Remark>,
    /// How many documents of ours there are.
    pub documents: usize,
    /// How many of other groups.
    pub foreign: usize,
    /// Whether something is referred to that is not among the documents.
    pub misses_others: bool,
}

/// Every kind with its schema, which is compiled when it is needed.
struct Kinds(BTreeMap<String, (Value, OnceLock<Schema>)>);

impl Kinds {
    fn new() -> Self {
        let crds = api::crds().into_iter().filter(|crd| crd.spec.group == GROUP);
        let kinds = crds.filter_map(|crd| {
            let version = crd.spec.versions.into_iter().next()?;
            // The schema type of the client library always becomes JSON.
            let schema = serde_json::to_value(version.schema?.open_api_v3_schema?).unwrap_or_default();
            Some((crd.spec.names.kind, (schema, OnceLock::new())))
        });
        Self(kinds.collect())
    }

    fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    fn schema(&self, kind: &str) -> Option<&Schema> {
        let (schema, compiled) = self.0.get(kind)?;
        Some(compiled.get_or_init(|| Schema::compile(schema)))
    }
}

/// Examines everything. `partial`: what is referred to need not be there.
pub(super) fn check(sources: &[SourceFile], partial: bool) -> Report {
    let kinds = Kinds::new();
    let lines: Vec<Lines<'_>> = sources.iter().map(|source| Lines::new(&source.text)).collect();
    let mut report = Report { findings: Vec::new(), warnings: Vec::new(), documents: 0, foreign: 0, misses_others: false };
    let mut drafts = Vec::new();
    for (index, (source, lines)) in sources.iter().zip(&lines).enumerate() {
        read(index, source, lines, &kinds, &mut report, &mut drafts);
    }
    admit(&kinds, &mut drafts, sources);
    let said = tenants(&drafts, partial, &mut report.misses_others);
    for (draft, further) in drafts.into_iter().zip(said) {
        let source = draft.source;
        for Said { path, mark, message, by } in settle(draft.said, further) {
            let list = if by == By::Data { &mut report.warnings } else { &mut report.findings };
            list.push(Remark { source, mark, path, message });
        }
    }
    for list in [&mut report.findings, &mut report.warnings] {
        list.sort();
        list.dedup();
    }
    report
}

/// Reads the documents of one file and says what can be said about each by itself, without its schema.
fn read<'a>(index: usize, source: &'a SourceFile, lines: &'a Lines<'a>, kinds: &Kinds, report: &mut Report, drafts: &mut Vec<Draft<'a>>) {
    for parsed in load::unfold(yaml::parse(&source.text)) {
        report.documents += 1;
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(error) => {
                report.findings.push(Remark { source: index, mark: error.mark, path: String::new(), message: error.message });
                continue;
            }
        };
        let (document, repeated) = load::document(&source.file, parsed);
        let mut draft = Draft::new(index, &source.file, lines, document);
        match identity::identify(&mut draft, &kinds.names()) {
            Belonging::Foreign => {
                report.documents -= 1;
                report.foreign += 1;
                continue;
            }
            Belonging::Refused => {}
            Belonging::Ours(kind) => {
                draft.kind = kind;
                for complaint in draft.document.take_annotations() {
                    draft.say(&complaint.path, complaint.message);
                }
                metadata::check(&mut draft);
                say_misread(&mut draft);
            }
        }
        let repeated = repeated.into_iter();
        draft.said.extend(repeated.map(|(mark, found)| Said { path: found.path, mark, message: found.message, by: By::Purpose }));
        drafts.push(draft);
    }
}

fn say_misread(draft: &mut Draft<'_>) {
    let scalars = draft.document.places.scalars();
    let misread = scalars.filter_map(|(path, mark)| {
        let text = at(draft.object(), path)?.as_str()?;
        let kind = draft.lines.misread(mark, text)?;
        Some(draft.about(path, format!("kubectl reads {text} as {kind}; write {}", quoted(text))))
    });
    let misread: Vec<Said> = misread.collect();
    draft.said.extend(misread);
}

/// Says what the API server would say to the documents, in the order in which they are applied.
fn admit(kinds: &Kinds, drafts: &mut [Draft<'_>], sources: &[SourceFile]) {
    /// Kind, namespace and name.
    type Key = (String, String, String);
    /// What is applied at the same time.
    type Applied = (Key, Option<DateTime<Utc>>);
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|index| drafts[*index].document.at);
    let mut stored: BTreeMap<Key, Value> = BTreeMap::new();
    let mut seen: BTreeMap<Applied, (usize, Mark)> = BTreeMap::new();
    for index in order {
        let draft = &mut drafts[index];
        let Some(schema) = kinds.schema(&draft.kind) else { continue };
        let key = (draft.kind.clone(), draft.namespace().to_owned(), draft.name().to_owned());
        if !key.2.is_empty() {
            let mark = draft.document.places.of(NAME);
            if let Some((source, first)) = seen.insert((key.clone(), draft.document.at), (draft.source, mark)) {
                let place = load::place(sources.get(source).map_or("", |source| &source.file), first);
                let message = format!("the {} {} is there twice, see {place}", draft.kind, quoted(draft.name()));
                draft.say(NAME, message);
            }
        }
        if draft.document.is_deletion {
            stored.remove(&key);
            continue;
        }
        draft.admit(schema, stored.get(&key));
        if !key.2.is_empty() {
            stored.insert(key, draft.admitted.clone());
        }
    }
}

/// What is to be said about each draft that needs the others.
fn tenants(drafts: &[Draft<'_>], partial: bool, misses_others: &mut bool) -> Vec<Vec<Said>> {
    let mut by_namespace: BTreeMap<&str, Vec<&Draft<'_>>> = BTreeMap::new();
    for draft in drafts.iter().filter(|draft| !draft.kind.is_empty()) {
        by_namespace.entry(draft.namespace()).or_default().push(draft);
    }
    let tenants: BTreeMap<&str, TenantDocuments<'_>> =
        by_namespace.into_iter().map(|(namespace, drafts)| (namespace, TenantDocuments::new(namespace, drafts, partial))).collect();
    let examine = |draft: &Draft<'_>| {
        let Some(tenant) = tenants.get(draft.namespace()).filter(|_| !draft.kind.is_empty() && !draft.document.is_deletion) else {
            return Vec::new();
        };
        let mut said = deep::check(draft, tenant);
        let missing = references::check(draft, tenant);
        said.extend(missing);
        said
    };
    let said: Vec<Vec<Said>> = drafts.iter().map(examine).collect();
    *misses_others = tenants.values().any(|tenant| tenant.misses_others.get());
    said
}

/// Where schema and deeper checks speak of the same field, one of them is enough: the schema where it is about unions,
/// else the deeper check, which knows what the field is for.
fn settle(mut said: Vec<Said>, further: Vec<Said>) -> Vec<Said> {
    let unions = further.iter().filter(|deep| deep.by == By::Controller(Reason::ExactlyOne));
    let unions: BTreeSet<String> = unions.map(|deep| deep.path.clone()).collect();
    for deep in further {
        let is_echo = said.iter().any(|other| is_better(other, &deep, &unions));
        if !is_echo {
            said.retain(|other| other.path != deep.path || other.by == UNKNOWN || !matches!(other.by, By::Schema(_)));
            said.push(deep);
        }
    }
    // The rules about all tasks are about the category. The schema does not know which task it is that its category does not
    // allow, nor whether it is one.
    if said.iter().any(|other| is_in_element(&other.path, TASKS)) {
        said.retain(|other| other.by != RULE || other.path != TASKS);
    }
    said
}

/// Whether what the schema says is better than what the deeper check says: it is the same, or knows all members of the union.
/// `unions`: where the deeper checks find that not exactly one member of a union is set.
fn is_better(schema: &Said, deep: &Said, unions: &BTreeSet<String>) -> bool {
    if !matches!(schema.by, By::Schema(_)) {
        return false;
    }
    let is_union = schema.by == RULE && unions.contains(&deep.path);
    let is_same = schema.by == RULE && matches!(deep.by, By::Rule(field) if field == schema.path);
    is_same || schema.path == deep.path && (is_union || schema.by == UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who says something, where, and what.
    type Sentence = (By, &'static str, &'static str);

    fn said(sentences: &[Sentence]) -> Vec<Said> {
        let said = |(by, path, message): &Sentence| Said {
            path: (*path).to_owned(),
            mark: Mark { line: 1, column: 1 },
            message: (*message).to_owned(),
            by: *by,
        };
        sentences.iter().map(said).collect()
    }

    /// What stays depends upon who says it and where, and not upon the words.
    #[test]
    fn one_of_two_sentences_about_a_field_is_enough() {
        const BOUND: By = By::Schema(ViolationKind::TooLong);
        const UNION: By = By::Controller(Reason::ExactlyOne);
        const TRIGGER: By = By::Controller(Reason::InvalidTrigger);
        const AGAIN: By = By::Rule("spec");
        const TASK: By = By::Controller(Reason::TaskNotAllowed);
        // (what, what the schema says, what deeper checks say, what stays)
        type Row = (&'static str, &'static [Sentence], &'static [Sentence], &'static [&'static str]);
        let rows: [Row; 11] = [
            ("the schema knows the members", &[(RULE, "spec.a", "one of x, y")], &[(UNION, "spec.a", "two are set")], &["one of x, y"]),
            (
                "and what else is said of the union waits",
                &[(RULE, "spec.a", "one of x, y")],
                &[(TRIGGER, "spec.a", "goes with x"), (UNION, "spec.a", "two are set")],
                &["one of x, y"],
            ),
            ("another rule about the field", &[(RULE, "spec.a", "exactly one")], &[(TRIGGER, "spec.a", "no date")], &["no date"]),
            ("a bound of the field", &[(BOUND, "spec.a", "too long")], &[(TRIGGER, "spec.a", "no date")], &["no date"]),
            ("no field at all", &[(UNKNOWN, "spec.a", "what is that?")], &[(TRIGGER, "spec.a", "no date")], &["what is that?"]),
            ("of two fields", &[(BOUND, "spec.b", "too long")], &[(TRIGGER, "spec.a", "no date")], &["too long", "no date"]),
            ("a rule that is checked twice", &[(RULE, "spec", "a goes with b")], &[(AGAIN, "spec.a", "a and b")], &["a goes with b"]),
            (
                "and that the schema could not decide",
                &[(BOUND, "spec", "too long")],
                &[(AGAIN, "spec.a", "a and b")],
                &["too long", "a and b"],
            ),
            ("the same words of two fields", &[(RULE, "spec", "no date")], &[(TRIGGER, "spec.a", "no date")], &["no date", "no date"]),
            (
                "which task it is",
                &[(RULE, "spec.tasks", "not in this category"), (BOUND, "spec.tasks", "too long")],
                &[(TASK, "spec.tasks[1].x", "the task x")],
                &["too long", "the task x"],
            ),
            ("nobody knows which task", &[(RULE, "spec.tasks", "not in this category")], &[], &["not in this category"]),
        ];
        for (what, schema, deep, expected) in rows {
            let stays: Vec<String> = settle(said(schema), said(deep)).into_iter().map(|said| said.message).collect();
            assert_eq!(stays, expected, "{what}");
        }
    }
}
