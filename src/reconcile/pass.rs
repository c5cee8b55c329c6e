//! What a pass over one object comes to.

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::cluster::{Cluster, ClusterError};

/// When a key is to be reconciled again although nothing was seen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Next {
    /// The instant; none: only when something is seen.
    pub wake_at: Option<DateTime<Utc>>,
}

impl Next {
    /// Only when something is seen.
    pub const IDLE: Self = Self { wake_at: None };

    /// After a while: what decides cannot be read, and nobody knows what will be seen once it can.
    pub(super) fn later(cluster: &Cluster) -> Self {
        Self { wake_at: Some(cluster.clock().now() + cluster.timing().blind_look) }
    }
}

/// Why a pass did not come to its end. Trying again with a growing pause is right for every one of them.
#[derive(Debug, Error)]
pub enum ReconcileError {
    /// The API server did not do what was asked.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// What was watched is older than what the API server has.
    #[error("{kind} {name:?}: what was watched is out of date")]
    Behind {
        /// The kind.
        kind: &'static str,
        /// The object.
        name: String,
    },
    /// The Job of a finished evaluation is in the way until it is gone.
    #[error("Job {name:?}: still being deleted")]
    StillThere {
        /// The Job.
        name: String,
    },
}
