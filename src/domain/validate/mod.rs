//! What schema and CEL cannot say about an object of a tenant: whether it can do its work there.
//!
//! A field whose behaviour this release does not have, and whose neglect would be dangerous (a limit that does not
//! limit, an approval that nobody waits for), is a problem and not a shrug.

mod capable;
mod problem;
mod tasks;
mod tenant;
#[cfg(test)]
mod tests;
mod texts;
mod trigger;
mod warnings;

pub use problem::{Matter, Problem};
pub use tenant::{Referents, directory_problems, schedule_problems};
pub use warnings::workflow_warnings;

use problem::Problems;

use crate::api::directory::AttributeType;
use crate::api::reasons::Reason;
use crate::api::{DirectorySpec, WorkflowSpec};
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
        let kind = match mapping.type_ {
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
    problems_where(spec, tenant, Capabilities::of_directory)
}

/// The same, where `can` says what a Directory can do.
fn problems_where(spec: &WorkflowSpec, tenant: &Referents<'_>, can: impl FnOnce(&DirectorySpec) -> Option<Capabilities>) -> Vec<Problem> {
    let mut problems = Problems::default();
    let directory = directory_of(&mut problems, spec, tenant);
    let vocabulary = vocabulary(directory);
    if let Some(conditions) = &spec.execution_conditions {
        trigger::check(&mut problems, conditions, directory, &vocabulary);
    }
    tasks::check(&mut problems, spec, &vocabulary, directory.is_some());
    if let Some(capabilities) = directory.and_then(can) {
        capable::check(&mut problems, spec, capabilities);
    }
    problems.check_duration("spec.catchUpWindow", spec.catch_up_window.as_deref());
    if spec.approval.is_some() {
        problems.add("spec.approval", Reason::NotAvailable, "approvals are not available yet: nothing would wait");
    }
    problems.0
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
