//! The reconcilers: one file a kind, each observing a cache of what was watched, deciding, and acting.
//!
//! Guarantees: whatever is decided from the cache and cannot be taken back (a new version, a new Job) is decided again
//! from a consistent read right before it is done, so that a cache which lags behind does nothing twice. A pass writes
//! the status of its object at most once, and only if it differs. Nothing is lost with the process: [`Memory`] only
//! saves work and spaces attempts out.
//!
//! Whoever drives keeps a [`Cache`] up to date, asks [`keys_for`] what each event concerns, calls [`reconcile`] for
//! those keys, again at [`Next::wake_at`], and again with a growing pause after an error.

mod attempt;
mod cache;
mod directory;
pub mod foresight;
mod jobs;
mod keys;
mod memory;
mod report;
mod run;
mod starting;
mod status;
pub mod supervise;
mod tenant_schedule;
pub mod watched;
mod workflow;

use chrono::{DateTime, Utc};
use thiserror::Error;

pub use cache::Cache;
pub use keys::keys_for;
pub use memory::Memory;
pub use watched::{Seen, SeenKind};

use crate::cluster::{Cluster, ClusterError};

/// What is reconciled. The order is a good one to work in: an evaluation that starts last finds versions and plans done.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Key {
    /// The Directory of that name.
    Directory(String),
    /// The Workflow of that name, also if it is gone.
    Workflow(String),
    /// The Run of that name.
    Run(String),
    /// The tenant's schedule and evaluations.
    TenantSchedule,
}

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
    fn later(cluster: &Cluster) -> Self {
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
    /// A name that we need belongs to something else.
    #[error("{kind} {name:?}: the name is taken by an object that is not ours")]
    NameTaken {
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

/// Brings one object to where it should be.
///
/// # Errors
/// [`ReconcileError`]; what was done before stays done, and the next pass goes on from there.
pub async fn reconcile(cache: &Cache, cluster: &Cluster, memory: &mut Memory, key: &Key) -> Result<Next, ReconcileError> {
    if cache.is_blind(key) {
        return Ok(Next::later(cluster));
    }
    match key {
        Key::Directory(name) => directory::reconcile(cache, cluster, name).await,
        Key::Workflow(name) => workflow::reconcile(cache, cluster, memory, name).await,
        Key::Run(name) => run::reconcile(cache, cluster, memory, name).await,
        Key::TenantSchedule => tenant_schedule::reconcile(cache, cluster, memory).await,
    }
}
