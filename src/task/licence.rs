//! Tasks on licences that are assigned directly.

use crate::api::task::LicensesArguments;
use crate::directory::{Directory, Effect};

use super::{Scene, TaskError};

/// assignLicenses.
pub(super) async fn assign<D: Directory>(scene: &Scene<'_, D>, arguments: &LicensesArguments) -> Result<Effect, TaskError> {
    Ok(scene.directory.assign_licenses(scene.subject, &arguments.licenses).await?)
}

/// removeLicenses.
pub(super) async fn remove<D: Directory>(scene: &Scene<'_, D>, arguments: &LicensesArguments) -> Result<Effect, TaskError> {
    Ok(scene.directory.remove_licenses(scene.subject, Some(&arguments.licenses)).await?)
}

/// removeAllLicenses.
pub(super) async fn remove_all<D: Directory>(scene: &Scene<'_, D>) -> Result<Effect, TaskError> {
    Ok(scene.directory.remove_licenses(scene.subject, None).await?)
}
