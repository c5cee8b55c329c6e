//! Tasks on sponsorships.

use crate::directory::{Directory, Effect};

use super::{Scene, TaskError};

/// transferSponsorshipsToManager.
pub(super) async fn transfer<D: Directory>(scene: &Scene<'_, D>) -> Result<Effect, TaskError> {
    Ok(scene.directory.transfer_sponsorships(scene.subject).await?)
}
