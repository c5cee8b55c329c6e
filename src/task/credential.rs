//! Tasks on what a person signs in with.

use crate::directory::{Directory, Effect};

use super::{Scene, TaskError};

/// revokeRefreshTokens.
pub(super) async fn revoke<D: Directory>(scene: &Scene<'_, D>) -> Result<Effect, TaskError> {
    Ok(scene.directory.revoke_sessions(scene.subject).await?)
}
