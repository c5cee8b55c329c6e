//! Whether the tasks of a workflow can be executed.

use super::problem::Problems;
use super::texts;
use crate::api::reasons::Reason;
use crate::api::user::TEXT_ATTRIBUTES;
use crate::api::{Task, WorkflowSpec, form, task};
use crate::catalog;
use crate::domain::change::{unavailable, wanted};
use crate::rule::Vocabulary;

/// `has_directory`: the vocabulary is all that there is, with what the Directory maps.
pub(super) fn check(problems: &mut Problems, spec: &WorkflowSpec, vocabulary: &Vocabulary, has_directory: bool) {
    for (index, task) in spec.tasks.iter().enumerate() {
        let path = format!("spec.tasks[{index}]");
        match members(task) {
            1 => check_action(problems, &path, task, spec, (vocabulary, has_directory)),
            0 => problems.add(path.as_str(), Reason::ExactlyOne, format!("task {:?} has no member that this release knows", task.name)),
            several => {
                problems.add(
                    path.as_str(),
                    Reason::ExactlyOne,
                    format!("task {:?} has {several} members, exactly one must be set", task.name),
                );
            }
        }
        if !task.directories.is_empty() {
            problems.add(
                format!("{path}.directories"),
                Reason::NotAvailable,
                format!("task {:?}: further directories are not available yet: the person would stay as it is there", task.name),
            );
        }
    }
}

/// How many members of the union are set.
#[expect(clippy::disallowed_methods, reason = "members are counted, and nothing is identified")]
fn members(task: &Task) -> usize {
    // The types hold no map with keys other than text, so that they always serialize.
    let value = form::value(task);
    task::MEMBERS.iter().filter(|member| value.get(**member).is_some()).count()
}

fn check_action(problems: &mut Problems, path: &str, task: &Task, spec: &WorkflowSpec, (vocabulary, has_directory): (&Vocabulary, bool)) {
    let Some(action) = task.action() else { return };
    let member = action.name();
    let path = format!("{path}.{member}");
    let category = spec.category;
    if !catalog::by_name(member).is_some_and(|definition| definition.allows(category)) {
        problems.add(path.as_str(), Reason::TaskNotAllowed, format!("task {:?}: a {category} workflow may not have {member}", task.name));
    }
    if task.is_enabled && unavailable(member).is_some() {
        problems.add(path.as_str(), Reason::TaskUnavailable, format!("task {:?}: {member} is not available yet", task.name));
    }
    let Some(wanted) = wanted(task) else { return };
    texts::check(problems, &path, task, wanted, has_directory.then_some(vocabulary));
    for update in wanted.updates() {
        let name = update.attribute.as_str();
        if !TEXT_ATTRIBUTES.contains(&name) && vocabulary.resolve(name).is_none() {
            problems.add_unknown(format!("{path}.attributes"), &format!("task {:?}: ", task.name), name);
        }
    }
}
