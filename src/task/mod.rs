//! What a task does to a subject: one file a family.

mod account;
mod group;

use std::collections::BTreeMap;

use crate::api::run_slice::BeforeImage;
use crate::api::{Action, Task};
use crate::directory::{Account, Directory, DirectoryError, Effect};
use crate::domain::plan::BEFORE_BYTES;

/// Why a task failed.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The directory said no, or nothing.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// This release does not do the task.
    #[error("this release does not do {0}")]
    Unavailable(&'static str),
    /// No task is set.
    #[error("no task is set that this release knows")]
    NoTask,
}

impl TaskError {
    /// One word for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Directory(error) => error.reason(),
            Self::Unavailable(_) | Self::NoTask => "TaskUnavailable",
        }
    }

    /// Whether trying again can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Directory(DirectoryError::Transient { .. }))
    }
}

/// Performs one task for one subject.
///
/// # Errors
/// [`TaskError`] says whether trying again can help.
pub async fn perform<D: Directory>(directory: &D, subject: &str, task: &Task) -> Result<Effect, TaskError> {
    match task.action().ok_or(TaskError::NoTask)? {
        Action::EnableUserAccount(_) => account::enable(directory, subject).await,
        Action::DisableUserAccount(_) => account::disable(directory, subject).await,
        Action::DeleteUser(_) => account::delete(directory, subject).await,
        Action::UpdateUserAttributes(arguments) => account::update(directory, subject, arguments).await,
        Action::AddUserToGroups(arguments) => group::add(directory, subject, arguments).await,
        Action::RemoveUserFromGroups(arguments) => group::remove(directory, subject, arguments).await,
        Action::RemoveUserFromAllGroups(_) => group::remove_all(directory, subject).await,
        other => Err(TaskError::Unavailable(other.name())),
    }
}

/// What the task would change, as it is now; None for tasks that have nothing to take back.
#[must_use]
pub fn before_image(task: &Task, account: &Account) -> Option<BeforeImage> {
    let among = |names: &[String]| names.iter().filter(|name| account.member_of.contains(name)).cloned().collect::<Vec<_>>();
    match task.action()? {
        Action::EnableUserAccount(_) | Action::DisableUserAccount(_) => {
            Some(BeforeImage { account_enabled: Some(account.account_enabled), ..BeforeImage::default() })
        }
        Action::DeleteUser(_) => Some(account.deleted.clone()),
        Action::AddUserToGroups(arguments) | Action::RemoveUserFromGroups(arguments) => {
            Some(BeforeImage { member_of: Some(among(&arguments.groups)), ..BeforeImage::default() })
        }
        Action::RemoveUserFromAllGroups(_) => Some(BeforeImage { member_of: Some(account.assigned.clone()), ..BeforeImage::default() }),
        Action::UpdateUserAttributes(arguments) => {
            let written = |name: &String| arguments.attributes.iter().any(|update| &update.attribute == name);
            let attributes: BTreeMap<String, String> =
                account.attributes.iter().filter(|(name, _)| written(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
            Some(BeforeImage { attributes: Some(attributes), ..BeforeImage::default() })
        }
        _ => None,
    }
}

/// The before-images of all tasks; those past 8 `KiB` a subject are marked as not undoable instead.
#[must_use]
pub fn before_images(tasks: &[Task], account: &Account) -> Vec<Option<BeforeImage>> {
    let mut left = BEFORE_BYTES;
    tasks
        .iter()
        .map(|task| {
            let image = before_image(task, account)?;
            let size = serde_json::to_string(&image).map_or(usize::MAX, |text| text.len());
            if size > left {
                return Some(BeforeImage { not_undoable: Some(true), ..BeforeImage::default() });
            }
            left -= size;
            Some(image)
        })
        .collect()
}
