//! Why a runner ends early, and what its process says then.

use thiserror::Error;

use crate::cluster::ClusterError;
use crate::domain::fault::Fault;
use crate::domain::job;

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
    /// The head is missing although there is history: a new key would make everybody due again.
    #[error("the TenantLedger is missing although the namespace has history: restore it from a backup")]
    HeadMissing,
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
    /// Something that the head or another object holds cannot be used.
    #[error("{0}")]
    Invalid(String),
}

impl RunnerError {
    /// What the process ends with: 64 and above say that another try cannot help, and the Job fails at once.
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::HeadMissing => job::EXIT_HEAD_MISSING,
            Self::TornRestore { .. } => job::EXIT_TORN_RESTORE,
            Self::Invalid(_) => job::EXIT_DO_NOT_RETRY,
            Self::Cluster(_) | Self::Directory(_) | Self::Overtaken(_) | Self::ClockBehind { .. } => 1,
        }
    }
}
