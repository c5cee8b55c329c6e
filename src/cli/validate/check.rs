//! All documents, from the texts of their files to what is wrong with them, in the order of the places.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::deep;
use super::document::{By, Draft, Said, at, quoted};
use super::identity::{self, Identity};
use super::metadata;
use super::references;
use super::scalar::Lines;
use super::tenant::Tenant;
use crate::api::{self, meta::GROUP};
use crate::domain::schema::Schema;
use crate::sim::load::{self, Source};
use crate::sim::places::Mark;
use crate::sim::yaml;

/// One mistake. The order is that of the places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// Index of the file.
    pub source: usize,
    pub mark: Mark,
    /// The field; empty where it is about no field.
    pub path: String,
    pub message: String,
}

/// What there is to say.
pub(super) struct Report {
    pub findings: Vec<Finding>,
    /// Data that nobody refuses and that nothing can be done with.
    pub warnings: Vec<Finding>,
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
pub(super) fn check(sources: &[Source], partial: bool) -> Report {
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
            list.push(Finding { source, mark, path, message });
        }
    }
    for list in [&mut report.findings, &mut report.warnings] {
        list.sort();
        list.dedup();
    }
    report
}

/// Reads the documents of one file and says what can be said about each by itself, without its schema.
fn read<'a>(index: usize, source: &'a Source, lines: &'a Lines<'a>, kinds: &Kinds, report: &mut Report, drafts: &mut Vec<Draft<'a>>) {
    for parsed in load::unfold(yaml::parse(&source.text)) {
        report.documents += 1;
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(error) => {
                report.findings.push(Finding { source: index, mark: error.mark, path: String::new(), message: error.message });
                continue;
            }
        };
        let (document, repeated) = load::document(&source.file, parsed);
        let mut draft = Draft::new(index, &source.file, lines, document);
        match identity::identify(&mut draft, &kinds.names()) {
            Identity::Foreign => {
                report.documents -= 1;
                report.foreign += 1;
                continue;
            }
            Identity::Refused => {}
            Identity::Ours(kind) => {
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
fn admit(kinds: &Kinds, drafts: &mut [Draft<'_>], sources: &[Source]) {
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
            let mark = draft.document.places.of("metadata.name");
            if let Some((source, first)) = seen.insert((key.clone(), draft.document.at), (draft.source, mark)) {
                let place = load::place(sources.get(source).map_or("", |source| &source.file), first);
                let message = format!("the {} {} is there twice, see {place}", draft.kind, quoted(draft.name()));
                draft.say("metadata.name", message);
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
    let tenants: BTreeMap<&str, Tenant<'_>> =
        by_namespace.into_iter().map(|(namespace, drafts)| (namespace, Tenant::new(namespace, drafts, partial))).collect();
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
    for deep in further {
        let is_echo = said.iter().any(|other| other.by == By::Schema && is_better(other, &deep));
        if !is_echo {
            said.retain(|other| other.by != By::Schema || other.path != deep.path || other.message.contains("unknown field"));
            said.push(deep);
        }
    }
    // The schema does not know which task it is that its category does not allow, nor whether it is one.
    if said.iter().any(|other| other.path.starts_with("spec.tasks[")) {
        said.retain(|other| other.by != By::Schema || !other.message.contains("does not allow the category"));
    }
    said
}

fn is_better(schema: &Said, deep: &Said) -> bool {
    let is_union = schema.message.contains("exactly one") && schema.path == deep.path;
    is_union || schema.message.contains(&deep.message) || schema.message.contains("unknown field") && schema.path == deep.path
}
