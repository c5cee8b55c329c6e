//! The engine inside the Jobs: evaluations find who is due and seal plans, executions carry them out.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod args;
mod compile;
pub mod concerns;
pub mod evaluate;
pub mod execute;
mod planted;
pub mod quality;

use std::sync::Arc;

use thiserror::Error;

use crate::cluster::{Cluster, ClusterError};
use crate::directory::DirectoryError;
use crate::domain::job;

pub use evaluate::evaluate;
pub use execute::execute;
pub use planted::{Planted, PlantedError};

pub use crate::task::post;

/// Makes 32 random bytes.
pub type Random = Arc<dyn Fn() -> [u8; 32] + Send + Sync>;

/// What a runner works with.
#[derive(Clone)]
pub struct Context {
    /// The tenant's API, as this process sees it.
    pub cluster: Cluster,
    /// The process: name and UID of its pod. No two processes ever share one.
    pub holder: String,
    /// Source of the tenant's key, and of what tasks give people to sign in with.
    pub random: Random,
    /// Where mails leave.
    pub post: Arc<dyn post::Post>,
    /// An error that a test planted; nothing in a program.
    pub planted: Planted,
}

/// Why a runner ended early.
#[derive(Debug, Error)]
pub enum RunnerError {
    /// The API server.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
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
