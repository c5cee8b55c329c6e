//! Tasks on memberships in teams.

use crate::api::task::TeamsArguments;
use crate::directory::{Directory, Effect, GroupKind};

use super::{Scene, TaskError};

/// addUserToTeams.
pub(super) async fn add<D: Directory>(scene: &Scene<'_, D>, arguments: &TeamsArguments) -> Result<Effect, TaskError> {
    Ok(scene.directory.add_to_groups(scene.subject, GroupKind::Teams, &arguments.teams).await?)
}

/// removeUserFromTeams.
pub(super) async fn remove<D: Directory>(scene: &Scene<'_, D>, arguments: &TeamsArguments) -> Result<Effect, TaskError> {
    Ok(scene.directory.remove_from_groups(scene.subject, GroupKind::Teams, &arguments.teams).await?)
}

/// removeUserFromAllTeams.
pub(super) async fn remove_all<D: Directory>(scene: &Scene<'_, D>) -> Result<Effect, TaskError> {
    Ok(scene.directory.remove_from_all_groups(scene.subject, GroupKind::Teams).await?)
}
