//! Why a runner ends early, and what its process says then.

use thiserror::Error;

use crate::cluster::ClusterError;
use crate::domain::fault::Fault;
use crate::domain::job;
use crate::domain::keys::KeyError;

/// Why a runner ended early.
#[derive(Debug, Error)]
pub enum RunnerError {
    /// The API server.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] Fault),
    /// Another process took the work over: nothing is wrong, and nothing more may be done here.
    #[error("overtaken: {0}")]
    Overtaken(String),
    /// Somebody asked the process to end: what was under way is finished and written, and the next one may begin at once.
    #[error("asked to end")]
    Asked,
    /// The head is missing although there is history: a new key would make everybody due again.
    #[error("the TenantLedger is missing although the namespace has history: restore it from a backup")]
    HeadMissing,
    /// The tenant's key is missing, or not the one that the head knows: another one would make everybody due again.
    #[error("{0}")]
    KeyMissing(KeyError),
    /// There are rows of an epoch that the head never allocated: a torn backup.
    #[error("there are rows of epoch {row}, but the TenantLedger has allocated {head} only: a torn restore")]
    TornRestore {
        /// The epoch of the row.
        row: i64,
        /// The last allocated epoch.
        head: i64,
    },
    /// The clock stands before the last sealed evaluation.
    #[error("the clock stands {seconds} s before the last sealed evaluation")]
    ClockBehind {
        /// By how much.
        seconds: i64,
    },
    /// The API server does not take what an evaluation writes, and will not the next time.
    #[error("nothing can be sealed: {0}")]
    SealRefused(ClusterError),
    /// An object of the tenant cannot be read, so that nobody knows who is due.
    #[error("nothing can be decided: {0}")]
    Unreadable(ClusterError),
    /// Something that the head or another object holds cannot be used.
    #[error("{0}")]
    Invalid(String),
}

impl From<KeyError> for RunnerError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Missing | KeyError::Another | KeyError::Spoilt => Self::KeyMissing(error),
            KeyError::Version(_) => Self::Invalid(error.to_string()),
        }
    }
}

impl RunnerError {
    /// What an error means to an evaluation. Whatever an API server says of who we are, or of a moment, may be another thing the
    /// next time; that it does not take an object is not.
    #[must_use]
    pub fn of_evaluation(self) -> Self {
        match self {
            Self::Cluster(error @ ClusterError::Refused { code: 400 | 413 | 422, .. }) => Self::SealRefused(error),
            Self::Cluster(error) if error.exceeds_quota() => Self::SealRefused(error),
            Self::Cluster(error @ ClusterError::Unreadable { .. }) => Self::Unreadable(error),
            other => other,
        }
    }

    /// What the process ends with. Each code is said in `domain/job.rs`, and in the README whether another try can help.
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::HeadMissing => job::EXIT_HEAD_MISSING,
            Self::KeyMissing(_) => job::EXIT_KEY_MISSING,
            Self::TornRestore { .. } => job::EXIT_TORN_RESTORE,
            Self::Invalid(_) => job::EXIT_DO_NOT_RETRY,
            Self::Asked => job::EXIT_ASKED_TO_END,
            Self::SealRefused(_) => job::EXIT_SEAL_REFUSED,
            Self::Unreadable(_) => job::EXIT_UNREADABLE,
            Self::Cluster(_) | Self::Directory(_) | Self::Overtaken(_) | Self::ClockBehind { .. } => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_evaluation_ends_with() {
        let refused = |code: u16| {
            let (kind, name, reason) = ("TenantLedger".to_owned(), "default".to_owned(), "Why".to_owned());
            ClusterError::Refused { verb: "replace", kind, name, code, reason, message: String::new() }
        };
        let quota = || {
            let (kind, name, reason) = ("Run".to_owned(), "leaver-v1-e7".to_owned(), "Forbidden".to_owned());
            let message = "runs.tenure.dev \"leaver-v1-e7\" is forbidden: exceeded quota: tenure, requested: count/runs.tenure.dev=1, \
                           used: count/runs.tenure.dev=20k, limited: count/runs.tenure.dev=20k";
            ClusterError::Refused { verb: "create", kind, name, code: 403, reason, message: message.to_owned() }
        };
        let unreadable = ClusterError::Unreadable { kind: "Run".to_owned(), name: "r".to_owned(), message: "why".to_owned() };
        let stale = ClusterError::Stale { kind: "Run".to_owned(), seen: 1, floor: 2 };
        let rows = [
            (refused(422), job::EXIT_SEAL_REFUSED),
            (refused(400), job::EXIT_SEAL_REFUSED),
            (refused(413), job::EXIT_SEAL_REFUSED),
            (refused(401), 1),
            (refused(403), 1),
            (quota(), job::EXIT_SEAL_REFUSED),
            (refused(404), 1),
            (unreadable, job::EXIT_UNREADABLE),
            (stale, 1),
        ];
        for (error, code) in rows {
            let said = error.to_string();
            assert_eq!(RunnerError::Cluster(error).of_evaluation().exit_code(), code, "{said}");
        }
        assert_eq!(RunnerError::HeadMissing.of_evaluation().exit_code(), job::EXIT_HEAD_MISSING);
    }
}
