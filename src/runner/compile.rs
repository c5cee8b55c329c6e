//! From a WorkflowVersion and its tenant to a workflow that can be asked who is due.

use crate::api::{Category, DirectorySpec, TenantScheduleSpec, WorkflowSpec, WorkflowVersion};
use crate::domain::trigger::{CompiledWorkflow, window};
use crate::domain::validate::vocabulary;

/// Compiles a version as of today's Workflow, Directory and TenantSchedule.
pub(super) fn compile(
    version: &WorkflowVersion,
    workflow: &WorkflowSpec,
    directory: &DirectorySpec,
    schedule: Option<&TenantScheduleSpec>,
) -> Result<CompiledWorkflow, String> {
    let catch_up = schedule.and_then(|schedule| schedule.catch_up.clone()).unwrap_or_default();
    let tenant_window = match workflow.category {
        Category::Joiner => catch_up.joiner,
        Category::Mover => catch_up.mover,
        Category::Leaver => catch_up.leaver,
    };
    let window =
        window(workflow.category, workflow.catch_up_window.as_deref(), tenant_window.as_deref()).map_err(|error| error.to_string())?;
    let mappings = &directory.attributes;
    let zones = mappings.iter().map(|mapping| {
        (mapping.name.clone(), format!("{:?}|{:?}|{:?}", mapping.time_zone, mapping.time_zone_attribute, mapping.date_only))
    });
    let spec = &version.spec;
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

/// The version of a workflow with the highest number; where the lineage is known, another's versions are not its own.
pub(super) fn newest<'a>(versions: &'a [WorkflowVersion], workflow: &str, lineage: Option<&str>) -> Option<&'a WorkflowVersion> {
    let own =
        |version: &&WorkflowVersion| version.spec.workflow == workflow && lineage.is_none_or(|lineage| version.spec.lineage == lineage);
    versions.iter().filter(own).max_by_key(|version| version.spec.number)
}
