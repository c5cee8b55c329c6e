//! What schema and CEL cannot say about an object of a tenant: whether it can do its work there.
//!
//! A field whose behaviour this release does not have, and whose neglect would be dangerous (a limit that does not
//! limit, an approval that nobody waits for), is a problem and not a shrug.

mod tasks;
mod tenant;
#[cfg(test)]
mod tests;
mod texts;
mod trigger;
mod warnings;

use std::collections::BTreeMap;

pub use tenant::{directory_problems, schedule_problems};
pub use warnings::workflow_warnings;

use super::dates;
use crate::api::directory::AttributeType;
use crate::api::{Directory, DirectorySpec, TenantScheduleSpec, WorkflowSpec};
use crate::rule::{Kind, Vocabulary};

/// The task definitions that this release cannot execute.
pub const UNAVAILABLE_TASKS: [&str; 5] = [
    "requestAccessPackageAssignment",
    "runCustomTaskExtension",
    "removeAccessPackageAssignment",
    "removeAllAccessPackageAssignments",
    "cancelPendingAccessPackageRequests",
];

/// Text attributes of our records that Lifecycle Workflows has no rules about.
const RECORD_ATTRIBUTES: [&str; 2] = ["manager", "timeZone"];

/// Why an object cannot do its work: one word for programs.
pub mod reason {
    /// The behaviour is not there yet.
    pub const NOT_AVAILABLE: &str = "NotAvailable";
    /// The task is not there yet.
    pub const TASK_UNAVAILABLE: &str = "TaskUnavailable";
    /// The category does not allow the task.
    pub const CATEGORY: &str = "TaskNotAllowed";
    /// A union has no member that this release knows, or several.
    pub const UNION: &str = "ExactlyOne";
    /// The scope rule is not one.
    pub const RULE: &str = "InvalidRule";
    /// The trigger cannot be evaluated.
    pub const TRIGGER: &str = "InvalidTrigger";
    /// An attribute is not known.
    pub const ATTRIBUTE: &str = "UnknownAttribute";
    /// A duration is not one, or out of range.
    pub const DURATION: &str = "InvalidDuration";
    /// No Directory is named, or there is none of that name.
    pub const DIRECTORY: &str = "DirectoryNotFound";
    /// Interval or cron expression give no ticks.
    pub const SCHEDULE: &str = "InvalidSchedule";
    /// The time zone is not known.
    pub const TIME_ZONE: &str = "UnknownTimeZone";
    /// A text has a variable that there is not.
    pub const VARIABLE: &str = "VariableUnknown";
    /// It comes later than it can be meant.
    pub const LATE: &str = "ComesLate";
}

/// One reason why an object cannot do its work.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Where, from the root of the object, for example `spec.tasks[2].directories`.
    pub path: String,
    /// One word for programs, of [`reason`].
    pub reason: &'static str,
    /// A lower-case fragment for people.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Collects problems.
#[derive(Debug, Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, path: impl Into<String>, reason: &'static str, message: impl Into<String>) {
        self.0.push(Problem { path: path.into(), reason, message: message.into() });
    }

    /// A duration that is there must be one, up to 365 days.
    fn check_duration(&mut self, path: &str, text: Option<&str>) {
        if let Some(Err(error)) = text.map(dates::parse_duration) {
            self.add(path, reason::DURATION, error.to_string());
        }
    }
}

/// The objects of a tenant that others refer to.
#[derive(Clone, Copy, Debug)]
pub struct Tenant<'a> {
    /// The schedule, if there is one.
    pub schedule: Option<&'a TenantScheduleSpec>,
    /// The Directories by name.
    pub directories: &'a BTreeMap<String, Directory>,
}

impl<'a> Tenant<'a> {
    /// The name of the Directory that a workflow which says `named` works on.
    #[must_use]
    pub fn directory_name(&self, named: Option<&'a str>) -> Option<&'a str> {
        named.or_else(|| self.schedule.and_then(|schedule| schedule.directory.as_deref()))
    }
}

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
pub fn workflow_problems(spec: &WorkflowSpec, tenant: &Tenant<'_>) -> Vec<Problem> {
    let mut problems = Problems::default();
    let directory = directory_of(&mut problems, spec, tenant);
    let vocabulary = vocabulary(directory);
    if let Some(conditions) = &spec.execution_conditions {
        trigger::check(&mut problems, conditions, directory, &vocabulary);
    }
    tasks::check(&mut problems, spec, &vocabulary, directory.is_some());
    problems.check_duration("spec.catchUpWindow", spec.catch_up_window.as_deref());
    if spec.approval.is_some() {
        problems.add("spec.approval", reason::NOT_AVAILABLE, "approvals are not available yet: nothing would wait");
    }
    problems.0
}

fn directory_of<'a>(problems: &mut Problems, spec: &'a WorkflowSpec, tenant: &Tenant<'a>) -> Option<&'a DirectorySpec> {
    let Some(name) = tenant.directory_name(spec.directory.as_deref()) else {
        problems.add("spec.directory", reason::DIRECTORY, "no Directory is named, neither here nor in the TenantSchedule");
        return None;
    };
    let Some(directory) = tenant.directories.get(name) else {
        problems.add("spec.directory", reason::DIRECTORY, format!("there is no Directory {name:?}"));
        return None;
    };
    for problem in directory_problems(&directory.spec) {
        problems.add("spec.directory", problem.reason, format!("Directory {name:?}: {problem}"));
    }
    Some(&directory.spec)
}
