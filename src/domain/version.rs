//! Versions of a workflow: what is versioned, whether the newest version still says it, and the number of the next.
//!
//! The judge of equality is the typed comparison with the newest version as this release decodes it; the hash is an
//! index for people. Numbers are never used again, and a workflow keeps its lineage as long as anything remembers it.

use std::sync::OnceLock;

use kube::{CustomResourceExt as _, ResourceExt as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::canonical;
use super::hex::encode;
use super::identity::{self, LineageIdentity};
use crate::api::tenant_ledger::WorkflowHead;
use crate::api::{Task, VersionedSpec, WorkflowSpec, WorkflowVersion, form};

/// What is versioned of a Workflow: the tasks lose their names and texts for people.
#[must_use]
pub fn versioned(spec: &WorkflowSpec) -> VersionedSpec {
    VersionedSpec {
        category: spec.category,
        directory: spec.directory.clone(),
        execution_conditions: spec.execution_conditions.clone(),
        tasks: spec.tasks.iter().map(|task| Task { display_name: None, description: None, ..task.clone() }).collect(),
    }
}

/// `v1:` and the SHA-256, in hexadecimal, of the canonical JSON with defaults left out.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "an index for people: no decision compares it")]
pub fn hash(spec: &VersionedSpec) -> String {
    let value = form::value(spec);
    format!("v1:{}", encode(&Sha256::digest(canonical::text(&value, template_schema()).as_bytes())))
}

/// The schema of a version's template, for its defaults.
#[expect(clippy::disallowed_methods, reason = "the definition of the kind, in which there is no data")]
fn template_schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let crd = serde_json::to_value(WorkflowVersion::crd()).unwrap_or_default();
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["template"].clone()
    })
}

/// Name of a version.
#[must_use]
pub fn version_name(workflow: &str, number: i32) -> String {
    format!("{workflow}-v{number}")
}

/// Name of the workflow whose version has that name; None: no version has it.
#[must_use]
pub fn workflow_of(version: &str) -> Option<&str> {
    version.rsplit_once("-v").map(|(workflow, _)| workflow)
}

/// The lineage of a Workflow that nothing remembers: a UUID (version 8) that follows from what it is made of, so that
/// minting repeats itself after a crash instead of starting a second lineage.
#[must_use]
pub fn new_lineage(namespace: &str, workflow: &str, uid: &str) -> String {
    let mut bytes = identity::hash(&LineageIdentity { namespace, workflow, uid });
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = encode(&bytes[..16]);
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

/// What decides about the version of a Workflow.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The Workflow's name.
    pub name: &'a str,
    /// Its spec.
    pub spec: &'a WorkflowSpec,
    /// The versions that name it, in any order.
    pub versions: &'a [&'a WorkflowVersion],
    /// What the tenant's head remembers of that name.
    pub head: Option<&'a WorkflowHead>,
    /// The lineage in the Workflow's status.
    pub status_lineage: Option<&'a str>,
}

/// The version that says what the Workflow says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum VersionDecision {
    /// It is there.
    Current {
        /// Its number.
        number: i32,
        /// Its name.
        name: String,
        /// The workflow's lineage.
        lineage: String,
        /// Names of versions that belong to another lineage, in the order of their numbers.
        foreign: Vec<String>,
    },
    /// It has to be made.
    Mint {
        /// Its number.
        number: i32,
        /// Its name.
        name: String,
        /// The workflow's lineage.
        lineage: String,
        /// Names of versions that belong to another lineage, in the order of their numbers.
        foreign: Vec<String>,
    },
}

impl VersionDecision {
    /// Number, name, lineage and foreign versions.
    #[must_use]
    pub fn parts(&self) -> (i32, &str, &str, &[String]) {
        match self {
            Self::Current { number, name, lineage, foreign } | Self::Mint { number, name, lineage, foreign } => {
                (*number, name, lineage, foreign)
            }
        }
    }
}

/// Finds the version that says what the Workflow says, or the number of the one to make.
///
/// The lineage is the head's, else the status's, else that of the lowest numbered version, else a new one. A version of
/// another lineage is foreign: it is passed over and its number is not used.
pub fn decide_version(input: &Input<'_>, new_lineage: impl FnOnce() -> String) -> VersionDecision {
    let mut versions: Vec<_> = input.versions.iter().filter(|version| version.spec.workflow == input.name).collect();
    versions.sort_by_key(|version| version.spec.number);
    let lineage = input
        .head
        .map(|head| head.lineage.as_str())
        .filter(|lineage| !lineage.is_empty())
        .or(input.status_lineage)
        .or_else(|| versions.first().map(|version| version.spec.lineage.as_str()))
        .map_or_else(new_lineage, str::to_owned);
    let remembered = input.head.map_or(0, |head| head.highest_version);
    let highest = versions.last().map_or(0, |version| version.spec.number).max(remembered);
    let foreign = versions.iter().filter(|version| version.spec.lineage != lineage).map(|version| version.name_any()).collect();
    let newest = versions.iter().rev().find(|version| version.spec.lineage == lineage);
    match newest {
        // A version that the head knows and that is gone may have had other content: its successor is a new version.
        Some(version) if version.spec.number >= remembered && version.spec.template == versioned(input.spec) => {
            VersionDecision::Current { number: version.spec.number, name: version.name_any(), lineage, foreign }
        }
        _ => {
            let number = highest.saturating_add(1);
            VersionDecision::Mint { number, name: version_name(input.name, number), lineage, foreign }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::workflow_version::WorkflowVersionSpec;

    fn spec(group: &str) -> WorkflowSpec {
        serde_json::from_value(json!({"category": "joiner", "tasks": [{"name": "t", "addUserToGroups": {"groups": [group]}}]})).unwrap()
    }

    fn version(number: i32, lineage: &str, spec: &WorkflowSpec) -> WorkflowVersion {
        let template = versioned(spec);
        WorkflowVersion::new(
            &version_name("w", number),
            WorkflowVersionSpec {
                workflow: "w".into(),
                number,
                lineage: lineage.into(),
                hash: hash(&template),
                git_commit: None,
                template,
            },
        )
    }

    fn head(lineage: &str, highest_version: i32) -> WorkflowHead {
        WorkflowHead { lineage: lineage.into(), highest_version, ..WorkflowHead::named("w") }
    }

    /// (versions as (number, lineage, content), head, status lineage) -> (minted, number, lineage, foreign).
    type Row<'a> = (&'a str, &'a [(i32, &'a str, &'a str)], Option<(&'a str, i32)>, Option<&'a str>, (bool, i32, &'a str, &'a [&'a str]));

    const ROWS: &[Row<'_>] = &[
        ("nothing known", &[], None, None, (true, 1, "new", &[])),
        ("unchanged", &[(1, "L", "a")], None, None, (false, 1, "L", &[])),
        ("unchanged, head agrees", &[(1, "L", "a")], Some(("L", 1)), Some("L"), (false, 1, "L", &[])),
        ("changed", &[(1, "L", "b")], Some(("L", 1)), None, (true, 2, "L", &[])),
        ("back to an older content is a new version", &[(1, "L", "a"), (2, "L", "b")], Some(("L", 2)), None, (true, 3, "L", &[])),
        ("order of the list does not matter", &[(2, "L", "a"), (1, "L", "b")], None, None, (false, 2, "L", &[])),
        ("numbers by value, not by text", &[(9, "L", "b"), (10, "L", "a")], None, None, (false, 10, "L", &[])),
        ("versions lost, the head remembers", &[], Some(("L", 7)), None, (true, 8, "L", &[])),
        ("newest version lost", &[(6, "L", "a")], Some(("L", 7)), None, (true, 8, "L", &[])),
        ("head older than the versions", &[(3, "L", "a")], Some(("L", 2)), None, (false, 3, "L", &[])),
        ("status remembers the lineage alone", &[], None, Some("L"), (true, 1, "L", &[])),
        ("foreign content under the next name", &[(1, "L", "b"), (2, "F", "a")], Some(("L", 1)), None, (true, 3, "L", &["w-v2"])),
        ("foreign content is not adopted", &[(1, "L", "a"), (2, "F", "a")], Some(("L", 1)), None, (false, 1, "L", &["w-v2"])),
        ("foreign without head: the lowest number is ours", &[(2, "F", "x"), (1, "L", "a")], None, None, (false, 1, "L", &["w-v2"])),
        ("only foreign versions", &[(1, "F", "a")], Some(("L", 0)), None, (true, 2, "L", &["w-v1"])),
    ];

    #[test]
    fn decisions() {
        for (what, versions, known, status_lineage, (mint, number, lineage, foreign)) in ROWS {
            let versions: Vec<_> = versions.iter().map(|(number, lineage, content)| version(*number, lineage, &spec(content))).collect();
            let versions: Vec<_> = versions.iter().collect();
            let known = known.map(|(lineage, highest)| head(lineage, highest));
            let spec = spec("a");
            let input = Input { name: "w", spec: &spec, versions: &versions, head: known.as_ref(), status_lineage: *status_lineage };
            let decision = decide_version(&input, || "new".to_owned());
            let foreign: Vec<_> = foreign.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(decision.parts(), (*number, version_name("w", *number).as_str(), *lineage, foreign.as_slice()), "{what}");
            assert_eq!(matches!(decision, VersionDecision::Mint { .. }), *mint, "{what}");
        }
    }

    #[test]
    fn what_mints_a_version() {
        let base = json!({"category": "leaver", "tasks": [{"name": "t", "disableUserAccount": {}}],
            "executionConditions": {"trigger": {"timeBasedAttribute": {"attribute": "employeeLeaveDateTime"}}, "scope": {"rule": "department eq 'a'"}}});
        // (pointer, value, mints)
        let rows = [
            ("/displayName", json!("x"), false),
            ("/description", json!("x"), false),
            ("/isEnabled", json!(false), false),
            ("/isSchedulingEnabled", json!(true), false),
            ("/catchUpWindow", json!("9d"), false),
            ("/executionLimits", json!({"count": 1}), false),
            ("/approval", json!({"requiredFor": ["mail"]}), false),
            ("/deletionPolicy", json!("Delete"), false),
            ("/tasks/0/displayName", json!("x"), false),
            ("/tasks/0/description", json!("x"), false),
            ("/tasks/0/isEnabled", json!(true), false),
            ("/tasks/0/onUncertain", json!("Repeat"), false),
            ("/executionConditions/trigger/timeBasedAttribute/offsetInDays", json!(0), false),
            ("/executionConditions/scope/caseSensitive", json!(true), false),
            ("/category", json!("mover"), true),
            ("/directory", json!("d"), true),
            ("/tasks/0/isEnabled", json!(false), true),
            ("/tasks/0/continueOnError", json!(true), true),
            ("/tasks/0/onUncertain", json!("Skip"), true),
            ("/tasks/0/directories", json!(["d"]), true),
            ("/tasks/0/name", json!("u"), true),
            ("/executionConditions/trigger/timeBasedAttribute/offsetInDays", json!(-7), true),
            ("/executionConditions/trigger/timeBasedAttribute/at", json!("06:00"), true),
            ("/executionConditions/scope/rule", json!("department eq 'b'"), true),
            ("/executionConditions/scope/caseSensitive", json!(false), true),
        ];
        let before = versioned(&serde_json::from_value(base.clone()).unwrap());
        for (pointer, value, mints) in rows {
            let mut changed = base.clone();
            let (parent, field) = pointer.rsplit_once('/').unwrap();
            changed.pointer_mut(parent).unwrap()[field] = value;
            let after = versioned(&serde_json::from_value(changed).unwrap());
            assert_eq!(after != before, mints, "{pointer}");
            assert_eq!(hash(&after) != hash(&before), mints, "hash of {pointer}");
        }
    }

    #[test]
    fn the_hash_leaves_every_default_out() {
        let spec = spec("a");
        let value = serde_json::to_value(versioned(&spec)).unwrap();
        assert_eq!(
            canonical::text(&value, template_schema()),
            r#"{"category":"joiner","tasks":[{"addUserToGroups":{"groups":["a"]},"name":"t"}]}"#
        );
        assert!(hash(&versioned(&spec)).starts_with("v1:"));
        assert_eq!(hash(&versioned(&spec)).len(), 3 + 64);
    }

    #[test]
    fn a_lineage_is_a_uuid_that_repeats_itself() {
        let lineage = new_lineage("acme", "w", "uid");
        assert_eq!(lineage, new_lineage("acme", "w", "uid"));
        assert_eq!(lineage.len(), 36);
        let parts: Vec<_> = lineage.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(&lineage[14..15], "8");
        assert!("89ab".contains(&lineage[19..20]));
        for other in [new_lineage("acme", "w", "uid2"), new_lineage("acme", "wu", "id"), new_lineage("acmew", "", "uid")] {
            assert_ne!(lineage, other);
        }
    }
}
