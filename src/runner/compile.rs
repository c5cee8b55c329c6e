//! From a WorkflowVersion and its tenant to a workflow that can be asked who is due.

use chrono::TimeDelta;

use crate::api::directory::DateOnly as ApiDateOnly;
use crate::api::{Category, DirectorySpec, TenantScheduleSpec, WorkflowSpec, WorkflowVersion};
use crate::domain::dates::DateOnly;
use crate::domain::identity::ZoneFacts;
use crate::domain::subject::{HIRE_DATE, LEAVE_DATE};
use crate::domain::trigger::{CompileError, CompiledWorkflow, window};
use crate::domain::validate::vocabulary;

/// Compiles a version as of today's Workflow, Directory and TenantSchedule.
pub(super) fn compile(
    version: &WorkflowVersion,
    workflow: &WorkflowSpec,
    directory: &DirectorySpec,
    schedule: Option<&TenantScheduleSpec>,
) -> Result<CompiledWorkflow, String> {
    let window = window_of(workflow, schedule).map_err(|error| error.to_string())?;
    let spec = &version.spec;
    let conditions = spec.template.execution_conditions.as_ref();
    let timed = conditions.and_then(|conditions| conditions.trigger.time_based_attribute.as_ref());
    let tenant_zone = schedule.and_then(|schedule| schedule.time_zone.as_deref());
    // The hire date and the leave date are read together.
    let dates = timed.into_iter().flat_map(|timed| [timed.attribute.as_str(), HIRE_DATE, LEAVE_DATE]);
    let zones = dates.map(|date| (date.to_owned(), zone_facts(directory, date, tenant_zone)));
    CompiledWorkflow::compile(
        &spec.workflow,
        &spec.lineage,
        spec.number,
        &spec.template,
        window,
        &vocabulary(Some(directory)),
        &zones.collect(),
    )
    .map_err(|error| error.to_string())
}

/// What moves the due instants of a date attribute for everybody.
fn zone_facts(directory: &DirectorySpec, attribute: &str, tenant: Option<&str>) -> ZoneFacts {
    let mapping = directory.attributes.iter().find(|mapping| mapping.name == attribute);
    let date_only = mapping.and_then(|mapping| mapping.date_only).map(|date_only| match date_only {
        ApiDateOnly::StartOfDay => DateOnly::StartOfDay,
        ApiDateOnly::EndOfDay => DateOnly::EndOfDay,
    });
    let time_zone = mapping.and_then(|mapping| mapping.time_zone.clone());
    ZoneFacts {
        time_zone_attribute: mapping.and_then(|mapping| mapping.time_zone_attribute.clone()),
        date_only,
        // The tenant's zone moves nothing where the Directory has one.
        tenant: tenant.filter(|_| time_zone.is_none()).map(str::to_owned),
        time_zone,
    }
}

/// The catch-up window of a Workflow: its own, else the tenant's for its category, else the default.
pub(super) fn window_of(workflow: &WorkflowSpec, schedule: Option<&TenantScheduleSpec>) -> Result<TimeDelta, CompileError> {
    let catch_up = schedule.and_then(|schedule| schedule.catch_up.clone()).unwrap_or_default();
    let tenant_window = match workflow.category {
        Category::Joiner => catch_up.joiner,
        Category::Mover => catch_up.mover,
        Category::Leaver => catch_up.leaver,
    };
    window(workflow.category, workflow.catch_up_window.as_deref(), tenant_window.as_deref())
}

/// The version of a workflow with the highest number; where the lineage is known, another's versions are not its own.
pub(super) fn newest<'a>(versions: &'a [WorkflowVersion], workflow: &str, lineage: Option<&str>) -> Option<&'a WorkflowVersion> {
    let own =
        |version: &&WorkflowVersion| version.spec.workflow == workflow && lineage.is_none_or(|lineage| version.spec.lineage == lineage);
    versions.iter().filter(own).max_by_key(|version| version.spec.number)
}
