//! What is allowed and is hardly meant.

use super::authority::check_addresses;
use super::problem::{Problem, Problems};
use super::tenant::Referents;
use crate::api::WorkflowSpec;
use crate::api::directory::DateOnly;
use crate::api::reasons::Reason;
use crate::domain::subject::LEAVE_DATE;

/// What somebody should look at before the Workflow is used. It keeps nothing from being Ready.
#[must_use]
pub fn workflow_warnings(spec: &WorkflowSpec, tenant: &Referents<'_>) -> Vec<Problem> {
    let mut problems = Problems::default();
    check_addresses(&mut problems, spec, tenant);
    check_last_day(&mut problems, spec, tenant);
    problems.0
}

/// Mails of the last day that come after it.
fn check_last_day(problems: &mut Problems, spec: &WorkflowSpec, tenant: &Referents<'_>) {
    let conditions = spec.execution_conditions.as_ref();
    let Some(timed) = conditions.and_then(|conditions| conditions.trigger.time_based_attribute.as_ref()) else { return };
    let directory = tenant.directory_name(spec.directory.as_deref()).and_then(|name| tenant.directories.get(name));
    let mapping = directory.and_then(|directory| directory.spec.attributes.iter().find(|mapping| mapping.name == timed.attribute));
    let ends = match mapping.and_then(|mapping| mapping.date_only) {
        Some(date_only) => date_only == DateOnly::EndOfDay,
        None => timed.attribute == LEAVE_DATE,
    };
    for task in spec.tasks.iter().filter(|task| task.is_enabled && task.send_email_on_last_day.is_some()) {
        // A day or more ahead it comes before the last day is over.
        if ends && timed.at.is_none() && timed.offset_in_days >= 0 {
            let message = format!(
                "task {:?}: a date alone is the end of that day, so that this mail of the last day comes after it; say at what time \
                 it comes, for example at: \"08:00\"",
                task.name
            );
            problems.add("spec.executionConditions.trigger.timeBasedAttribute", Reason::ComesLate, message);
        }
    }
}
