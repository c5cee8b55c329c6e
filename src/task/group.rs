//! Tasks on memberships in groups.

use crate::api::task::GroupsArguments;
use crate::directory::{Directory, Effect};

use super::TaskError;

/// addUserToGroups.
pub(super) async fn add<D: Directory>(directory: &D, subject: &str, arguments: &GroupsArguments) -> Result<Effect, TaskError> {
    Ok(directory.add_to_groups(subject, &arguments.groups).await?)
}

/// removeUserFromGroups.
pub(super) async fn remove<D: Directory>(directory: &D, subject: &str, arguments: &GroupsArguments) -> Result<Effect, TaskError> {
    Ok(directory.remove_from_groups(subject, &arguments.groups).await?)
}

/// removeUserFromAllGroups.
pub(super) async fn remove_all<D: Directory>(directory: &D, subject: &str) -> Result<Effect, TaskError> {
    Ok(directory.remove_from_all_groups(subject).await?)
}
