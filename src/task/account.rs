//! Tasks on the account itself.

use crate::api::task::AttributesArguments;
use crate::directory::{Directory, Effect};

use super::TaskError;

/// enableUserAccount.
pub(super) async fn enable<D: Directory>(directory: &D, subject: &str) -> Result<Effect, TaskError> {
    Ok(directory.set_account_enabled(subject, true).await?)
}

/// disableUserAccount.
pub(super) async fn disable<D: Directory>(directory: &D, subject: &str) -> Result<Effect, TaskError> {
    Ok(directory.set_account_enabled(subject, false).await?)
}

/// deleteUser.
pub(super) async fn delete<D: Directory>(directory: &D, subject: &str) -> Result<Effect, TaskError> {
    Ok(directory.delete_user(subject).await?)
}

/// updateUserAttributes.
pub(super) async fn update<D: Directory>(directory: &D, subject: &str, arguments: &AttributesArguments) -> Result<Effect, TaskError> {
    Ok(directory.update_attributes(subject, &arguments.attributes).await?)
}
