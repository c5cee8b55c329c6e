//! What somebody should look at before a Workflow is used: the decision that `validate` tells of, asked from outside.

use std::collections::BTreeMap;

use crate::api::{Directory, TenantScheduleSpec, Workflow};
use crate::domain::validate::{self, Referents};

/// One line for each warning: the reason, where it is, and what it is.
#[must_use]
pub fn of_workflow(workflow: &Workflow, schedule: Option<&TenantScheduleSpec>, directories: &BTreeMap<String, Directory>) -> Vec<String> {
    let found = validate::workflow_warnings(&workflow.spec, &Referents { schedule, directories });
    found.into_iter().map(|warning| format!("{}: {}: {}", warning.reason, warning.path, warning.message)).collect()
}
