//! What every runner works with.

use std::sync::Arc;

use super::planted::Planted;
use super::stop::Stop;
use crate::cluster::Cluster;
use crate::task::post::Post;

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
    pub post: Arc<dyn Post>,
    /// Whether the process is asked to end.
    pub stop: Stop,
    /// An error that a test planted; nothing in a program.
    pub planted: Planted,
}
