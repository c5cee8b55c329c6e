//! Slicing a plan and hashing it (design 2.3): fixed at planning, so that a slice never grows past its bound.

use sha2::{Digest, Sha256};

use crate::api::{Action, Task};

use super::keys::encode;

/// Most subjects of a slice.
pub const SLICE_SUBJECTS: usize = 100;
/// Most bytes of a slice in the worst case.
pub const SLICE_BYTES: usize = 256 * 1024;
/// Most bytes of a subject's before-images.
pub const BEFORE_BYTES: usize = 8 * 1024;
/// Bytes of a result without its tasks: names, keys, instants, reasons at their bounds.
const RESULT_BYTES: usize = 1_600;
/// Bytes of a task's result without its before-image: name, status, reason, processingInfo at their bounds.
const TASK_BYTES: usize = 1_400;

/// The most that the before-image of a task can take.
fn before_bytes(task: &Task) -> usize {
    match task.action() {
        Some(Action::AddUserToGroups(arguments) | Action::RemoveUserFromGroups(arguments)) => {
            arguments.groups.iter().map(|name| name.len() + 3).sum()
        }
        Some(Action::AddUserToTeams(arguments) | Action::RemoveUserFromTeams(arguments)) => {
            arguments.teams.iter().map(|name| name.len() + 3).sum()
        }
        Some(Action::EnableUserAccount(_) | Action::DisableUserAccount(_) | Action::DeleteUser(_)) => 64,
        _ => BEFORE_BYTES,
    }
}

/// How many subjects a slice of these tasks may have, at least one.
#[must_use]
pub fn subjects_per_slice(tasks: &[Task]) -> usize {
    let before = tasks.iter().map(before_bytes).sum::<usize>().min(BEFORE_BYTES);
    let subject = RESULT_BYTES + tasks.len() * TASK_BYTES + before;
    (SLICE_BYTES / subject).clamp(1, SLICE_SUBJECTS)
}

/// The hash that an approval names: version, and every subject with its occurrence, in order.
#[must_use]
pub fn hash<'a>(workflow: &str, version: i32, subjects: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut hasher = Sha256::new();
    let mut part = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    };
    part(workflow);
    part(&version.to_string());
    for (subject, occurrence) in subjects {
        part(subject);
        part(occurrence);
    }
    format!("sha256:{}", encode(&hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::task::NoArguments;

    #[test]
    fn a_slice_stays_below_its_bound() {
        let enable = Task { name: "enable".to_owned(), enable_user_account: Some(Box::new(NoArguments {})), ..Task::default() };
        assert!(subjects_per_slice(std::slice::from_ref(&enable)) >= 80);
        let all = Task { name: "all".to_owned(), remove_user_from_all_groups: Some(Box::new(NoArguments {})), ..Task::default() };
        let many = vec![all; 25];
        let count = subjects_per_slice(&many);
        assert!(count >= 1 && count * (RESULT_BYTES + 25 * TASK_BYTES + BEFORE_BYTES) <= SLICE_BYTES);
    }
}
