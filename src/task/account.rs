//! Tasks on the account itself.

use crate::api::task::AttributesArguments;
use crate::directory::{Directory, Effect};

use super::{Scene, TaskError};

/// enableUserAccount and disableUserAccount.
pub(super) async fn set_enabled<D: Directory>(scene: &Scene<'_, D>, enabled: bool) -> Result<Effect, TaskError> {
    Ok(scene.directory.set_account_enabled(scene.subject, enabled).await?)
}

/// deleteUser.
pub(super) async fn delete<D: Directory>(scene: &Scene<'_, D>) -> Result<Effect, TaskError> {
    Ok(scene.directory.delete_user(scene.subject).await?)
}

/// updateUserAttributes.
pub(super) async fn update<D: Directory>(scene: &Scene<'_, D>, arguments: &AttributesArguments) -> Result<Effect, TaskError> {
    Ok(scene.directory.update_attributes(scene.subject, &arguments.attributes).await?)
}
