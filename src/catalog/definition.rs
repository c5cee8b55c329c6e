//! What is said of each task.

use crate::api::{Category, EffectClass};

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
    /// `taskDefinitionId` of Lifecycle Workflows, in lower case. One is published in capitals, so case does not matter.
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
