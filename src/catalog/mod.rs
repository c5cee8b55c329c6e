//! What each task is, and the workflow templates: data without behaviour.
//!
//! The 31 task definitions carry the numbers, names and identifiers of Lifecycle Workflows, so that its workflows can
//! be imported, and what Tenure adds: the member name in a manifest, the effect class, and whether a before-image is
//! enough to undo the task.

mod definition;
mod tasks;
mod templates;
#[cfg(test)]
mod tests;
mod windows_zones;

pub use definition::{Argument, TaskDefinition};
pub use tasks::TASKS;
pub use templates::{DefaultTrigger, SAMPLE_SCOPE_RULE, TEMPLATES, Template, TemplateArgument, TemplateTask, Value, template_by_name};
pub use windows_zones::iana_name;

use crate::api::EffectClass;
use crate::api::task::Task;

/// The definition with this member name. Names are case-sensitive, as everywhere in a manifest.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static TaskDefinition> {
    TASKS.iter().find(|task| task.name == name)
}

/// What the task can do to a person; none for one that the schema would refuse.
#[must_use]
pub fn effect_class(task: &Task) -> Option<EffectClass> {
    by_name(task.action()?.name()).map(|definition| definition.effect)
}
