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
mod awaited;
mod cache;
mod ceilings;
mod directory;
mod ending;
mod failing;
pub mod foresight;
mod intake;
mod jobs;
mod judged;
mod kept;
mod key;
mod keys;
mod memory;
mod news;
mod pass;
pub mod places;
mod progress;
mod report;
mod room;
mod run;
mod starting;
mod status;
pub mod supervise;
mod tenant_schedule;
mod turn;
mod unplanned;
mod unreadable;
mod verdicts;
pub mod watched;
mod workflow;

pub use cache::Cache;
pub use ceilings::Ceilings;
pub use key::Key;
pub use keys::{keys_for, keys_for_gone};
pub use memory::Memory;
pub use pass::{Next, ReconcileError};
pub use watched::{Seen, SeenKind};

use crate::cluster::Cluster;

/// Brings one object to where it should be.
///
/// # Errors
/// [`ReconcileError`]; what was done before stays done, and the next pass goes on from there.
pub async fn reconcile(cache: &Cache, cluster: &Cluster, memory: &mut Memory, key: &Key) -> Result<Next, ReconcileError> {
    if cache.is_blind(key) {
        unreadable::tell(cache, cluster, key).await?;
        return Ok(Next::later(cluster));
    }
    match key {
        Key::Directory(name) => directory::reconcile(cache, cluster, name).await,
        Key::Workflow(name) => workflow::reconcile(cache, cluster, memory, name).await,
        Key::Run(name) => run::reconcile(cache, cluster, memory, name).await,
        Key::TenantSchedule => tenant_schedule::reconcile(cache, cluster, memory).await,
    }
}
