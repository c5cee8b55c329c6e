//! Tasks on memberships in groups. A team is a group, so that these reach teams too.

use crate::api::task::GroupsArguments;
use crate::directory::{Directory, Effect, GroupKind};

use super::{Scene, TaskError};

/// addUserToGroups.
pub(super) async fn add<D: Directory>(scene: &Scene<'_, D>, arguments: &GroupsArguments) -> Result<Effect, TaskError> {
    Ok(scene.directory.add_to_groups(scene.subject, GroupKind::Any, &arguments.groups).await?)
}

/// removeUserFromGroups.
pub(super) async fn remove<D: Directory>(scene: &Scene<'_, D>, arguments: &GroupsArguments) -> Result<Effect, TaskError> {
    Ok(scene.directory.remove_from_groups(scene.subject, GroupKind::Any, &arguments.groups).await?)
}

/// removeUserFromAllGroups.
pub(super) async fn remove_all<D: Directory>(scene: &Scene<'_, D>) -> Result<Effect, TaskError> {
    Ok(scene.directory.remove_from_all_groups(scene.subject, GroupKind::Any).await?)
}
