//! What a task does to a subject: one file a family.

mod account;
mod before;
mod credential;
mod group;
mod licence;
mod locale;
mod mail;
pub mod post;
mod sponsor;
mod team;
mod values;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::api::reasons::UNCERTAIN;
use crate::api::task::{AttributesArguments, OnUncertain};
use crate::api::tenant_schedule::MailSettings;
use crate::api::{Action, Task};
use crate::catalog;
use crate::directory::{Directory, DirectoryError, Effect};

use post::Post;

pub use before::before_images;

/// What one task of one subject is performed with.
pub struct Scene<'a, D> {
    /// Where the subject lives.
    pub directory: &'a D,
    /// Name of the subject.
    pub subject: &'a str,
    /// Key of the occurrence; with the task's name it makes the identity of a mail.
    pub occurrence: &'a str,
    /// What is to be done.
    pub task: &'a Task,
    /// The tenant: its namespace.
    pub tenant: &'a str,
    /// Name of the Workflow.
    pub workflow: &'a str,
    /// Overlay attributes as they were before the first attempt, of all tasks that write some.
    pub before: &'a [Before<'a>],
    /// The instant of the performance.
    pub now: DateTime<Utc>,
    /// Secure source of random bytes; of the seed in simulation.
    pub random: &'a (dyn Fn() -> [u8; 32] + Send + Sync),
    /// Where mails leave.
    pub post: &'a dyn Post,
    /// The tenant's mail settings.
    pub mail: &'a MailSettings,
}

/// The before-image of a task that writes attributes.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// What the task writes.
    pub arguments: &'a AttributesArguments,
    /// The overlay that was there; None: it was too large to be kept.
    pub overlay: Option<&'a BTreeMap<String, String>>,
}

/// Why a task failed.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The directory said no, or nothing.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The task cannot be done for this subject; trying again cannot help.
    #[error("{reason}: {message}")]
    Impossible {
        /// One word for programs.
        reason: &'static str,
        /// What is in the way; ids only.
        message: String,
    },
    /// Something outside did not answer; trying again can help.
    #[error("{reason}: {message}")]
    Passing {
        /// One word for programs.
        reason: &'static str,
        /// What happened; ids only.
        message: String,
    },
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
            Self::Impossible { reason, .. } | Self::Passing { reason, .. } => reason,
            Self::Unavailable(_) | Self::NoTask => "TaskUnavailable",
        }
    }

    /// Whether trying again can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Directory(DirectoryError::Transient { .. }) | Self::Passing { .. })
    }
}

/// Whether the task must not be done again when nobody knows whether it was done.
#[must_use]
pub fn is_once_only(task: &Task) -> bool {
    let definition = task.action().and_then(|action| catalog::by_name(action.name()));
    task.on_uncertain != OnUncertain::Repeat && definition.is_some_and(|definition| definition.effect.leaves_the_house())
}

/// What comes of a task that is done once only, and of which nobody knows whether it was done.
///
/// # Errors
/// [`TaskError`] where the task says that it then fails.
pub fn leave_uncertain(task: &Task) -> Result<Effect, TaskError> {
    match task.on_uncertain {
        OnUncertain::Repeat | OnUncertain::Skip => {
            Ok(Effect::DoneBut("it may have been done, or not, and is not done again (onUncertain: Skip)".to_owned()))
        }
        OnUncertain::Fail => Err(TaskError::Impossible {
            reason: UNCERTAIN,
            message: "it may have been done, or not, and is not done again (onUncertain: Fail)".to_owned(),
        }),
    }
}

/// Performs one task for one subject.
///
/// # Errors
/// [`TaskError`] says whether trying again can help.
pub async fn perform<D: Directory>(scene: &Scene<'_, D>) -> Result<Effect, TaskError> {
    match scene.task.action().ok_or(TaskError::NoTask)? {
        Action::EnableUserAccount(_) => account::set_enabled(scene, true).await,
        Action::DisableUserAccount(_) => account::set_enabled(scene, false).await,
        Action::DeleteUser(_) => account::delete(scene).await,
        Action::UpdateUserAttributes(arguments) => account::update(scene, arguments).await,
        Action::AddUserToGroups(arguments) => group::add(scene, arguments).await,
        Action::RemoveUserFromGroups(arguments) => group::remove(scene, arguments).await,
        Action::RemoveUserFromAllGroups(_) => group::remove_all(scene).await,
        Action::AddUserToTeams(arguments) => team::add(scene, arguments).await,
        Action::RemoveUserFromTeams(arguments) => team::remove(scene, arguments).await,
        Action::RemoveUserFromAllTeams(_) => team::remove_all(scene).await,
        Action::AssignLicenses(arguments) => licence::assign(scene, arguments).await,
        Action::RemoveLicenses(arguments) => licence::remove(scene, arguments).await,
        Action::RemoveAllLicenses(_) => licence::remove_all(scene).await,
        Action::RevokeRefreshTokens(_) => credential::revoke(scene).await,
        Action::TransferSponsorshipsToManager(_) => sponsor::transfer(scene).await,
        Action::GenerateTemporaryAccessPass(arguments) => mail::access_pass(scene, arguments).await,
        other => match mail::letter(other) {
            Some((kind, arguments)) => mail::send(scene, kind, arguments).await,
            None => Err(TaskError::Unavailable(other.name())),
        },
    }
}
