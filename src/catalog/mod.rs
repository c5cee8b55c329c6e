//! What each task is, and the workflow templates: data without behaviour.
//!
//! The 31 task definitions carry the numbers, names and identifiers of Lifecycle Workflows, so that its workflows can
//! be imported, and what Tenure adds: the member name in a manifest, the effect class, and whether a before-image is
//! enough to undo the task.

mod tasks;
mod templates;
#[cfg(test)]
mod tests;
mod windows_zones;

use crate::api::{Category, EffectClass};

pub use tasks::TASKS;
pub use templates::{DefaultTrigger, SAMPLE_SCOPE_RULE, TEMPLATES, Template, TemplateArgument, TemplateTask, Value, template_by_name};
pub use windows_zones::iana_name;

/// An argument of a task, as a manifest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    /// Name in camel case; those that hold several values are lists.
    pub name: &'static str,
    /// Whether the task cannot be configured without it.
    pub required: bool,
    /// One fragment that says what it holds, with units and range.
    pub description: &'static str,
}

/// One kind of task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskDefinition {
    /// Number in the list of Lifecycle Workflows, 1 to 31.
    pub number: u8,
    /// Member of the task union in a manifest.
    pub name: &'static str,
    /// Name that Lifecycle Workflows shows.
    pub display_name: &'static str,
    /// `taskDefinitionId` of Lifecycle Workflows, in lower case. Compare without regard to case: [`by_guid`] does.
    pub guid: &'static str,
    /// Categories of workflow that may hold the task.
    pub categories: &'static [Category],
    /// What the task can do to a person.
    pub effect: EffectClass,
    /// Whether the state before the task, once recorded, is enough to bring it back.
    pub reversible: bool,
    /// The arguments, in the order in which they are explained.
    pub arguments: &'static [Argument],
}

impl TaskDefinition {
    /// Whether a workflow of this category may hold the task.
    #[must_use]
    pub fn allows(&self, category: Category) -> bool {
        self.categories.contains(&category)
    }
}

/// The definition with this number, 1 to 31.
#[must_use]
pub fn by_number(number: u8) -> Option<&'static TaskDefinition> {
    TASKS.iter().find(|task| task.number == number)
}

/// The definition with this member name. Names are case-sensitive, as everywhere in a manifest.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static TaskDefinition> {
    TASKS.iter().find(|task| task.name == name)
}

/// The definition with this `taskDefinitionId`. One is published in capitals, so case does not matter.
#[must_use]
pub fn by_guid(guid: &str) -> Option<&'static TaskDefinition> {
    TASKS.iter().find(|task| task.guid.eq_ignore_ascii_case(guid))
}
