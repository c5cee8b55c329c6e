//! What schema and CEL cannot say about an object of a tenant: whether it can do its work there.
//!
//! A field whose behaviour this release does not have, and whose neglect would be dangerous (a limit that does not
//! limit, an approval that nobody waits for), is a problem and not a shrug.

mod authority;
mod capable;
mod patterns;
mod problem;
mod tasks;
mod tenant;
#[cfg(test)]
mod tests;
mod texts;
mod trigger;
mod warnings;

pub use authority::authority_problems;
pub use patterns::{MAX_TENANT_PATTERNS, no_room_for_patterns, rule_applicant};
pub use problem::{Matter, Problem};
pub use tenant::{Referents, directory_problems, schedule_problems};
pub use warnings::workflow_warnings;

use problem::Problems;

use crate::api::directory::AttributeType;
use crate::api::reasons::Reason;
use crate::api::{DirectorySpec, WorkflowSpec};
use crate::domain::attribute;
use crate::domain::capability::Capabilities;
use crate::rule::{Kind, Vocabulary};

/// Text attributes of our records that Lifecycle Workflows has no rules about.
const RECORD_ATTRIBUTES: [&str; 2] = ["manager", "timeZone"];

/// The attributes that workflows on this Directory may name: those of our records and those that it maps, typed.
#[must_use]
pub fn vocabulary(directory: Option<&DirectorySpec>) -> Vocabulary {
    let dated = Vocabulary::lcw().with_typed(super::trigger::LAST_SIGN_IN, Kind::Date);
    let records = RECORD_ATTRIBUTES.into_iter().fold(dated, |vocabulary, name| vocabulary.with_typed(name, Kind::Text));
    directory.into_iter().flat_map(|directory| &directory.attributes).fold(records, |vocabulary, mapping| {
        let kind = match attribute::type_of(mapping) {
            AttributeType::String => Kind::Text,
            AttributeType::Boolean => Kind::Boolean,
            AttributeType::Integer => Kind::Integer,
            AttributeType::DateTime => Kind::Date,
            AttributeType::StringList => Kind::TextCollection,
        };
        vocabulary.with_typed(mapping.name.as_str(), kind)
    })
}

/// Everything that keeps a Workflow from being Ready in its tenant. Groups and people are not looked up: they may come
/// later, and a task that misses one says so for the subject.
#[must_use]
pub fn workflow_problems(spec: &WorkflowSpec, tenant: &Referents<'_>) -> Vec<Problem> {
    judge(spec, tenant).problems
}

/// The same, for who has compiled the rule: that is what costs time.
#[must_use]
pub fn problems_beside_the_rule(spec: &WorkflowSpec, tenant: &Referents<'_>) -> Vec<Problem> {
    judge_where(spec, tenant, false, Capabilities::of_directory).problems
}

/// What there is to say of a Workflow.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Verdict {
    /// What keeps it from being Ready.
    pub problems: Vec<Problem>,
    /// Bytes that the regular expressions of its rule are compiled to.
    pub pattern_bytes: usize,
}

/// Everything that keeps a Workflow from being Ready in its tenant, and how large its rule is.
#[must_use]
pub fn judge(spec: &WorkflowSpec, tenant: &Referents<'_>) -> Verdict {
    judge_where(spec, tenant, true, Capabilities::of_directory)
}

/// The same, where `can` says what a Directory can do, and of the rule only what does not ask to compile it unless `compiles`.
fn judge_where(
    spec: &WorkflowSpec,
    tenant: &Referents<'_>,
    compiles: bool,
    can: impl FnOnce(&DirectorySpec) -> Option<Capabilities>,
) -> Verdict {
    let mut problems = Problems::default();
    let directory = directory_of(&mut problems, spec, tenant);
    let vocabulary = vocabulary(directory);
    let mut pattern_bytes = 0;
    if let Some(conditions) = &spec.execution_conditions {
        pattern_bytes = trigger::check(&mut problems, conditions, directory, &vocabulary, compiles);
    }
    tasks::check(&mut problems, spec, &vocabulary, directory.is_some());
    if let Some(capabilities) = directory.and_then(can) {
        capable::check(&mut problems, spec, capabilities);
    }
    problems.check_duration("spec.catchUpWindow", spec.catch_up_window.as_deref());
    if spec.approval.is_some() {
        problems.add("spec.approval", Reason::NotAvailable, "approvals are not available yet: nothing would wait");
    }
    Verdict { problems: problems.0, pattern_bytes }
}

fn directory_of<'a>(problems: &mut Problems, spec: &'a WorkflowSpec, tenant: &Referents<'a>) -> Option<&'a DirectorySpec> {
    let Some(name) = tenant.directory_name(spec.directory.as_deref()) else {
        problems.add("spec.directory", Reason::DirectoryNotFound, "no Directory is named, neither here nor in the TenantSchedule");
        return None;
    };
    let Some(directory) = tenant.directories.get(name) else {
        problems.add("spec.directory", Reason::DirectoryNotFound, format!("there is no Directory {name:?}"));
        return None;
    };
    for problem in directory_problems(&directory.spec) {
        problems.add_about(Matter::Directory, "spec.directory", problem.reason, format!("Directory {name:?}: {problem}"));
    }
    Some(&directory.spec)
}
