//! Everything that speaks to the Kubernetes API: typed reads and writes with fencing, watches, the lease, the clocks, Events.

pub mod client;
pub mod clock;
pub mod connect;
pub mod error;
pub mod events;
pub mod guard;
pub mod lease;
pub mod object;
mod paged;
mod request;
mod target;
mod view;
pub mod watch;

/// How many writes that do not depend on each other one process has under way at the same time: the API server answers as
/// many in the time of a few, and more would crowd out others.
pub const WRITES: usize = 8;

pub use client::{Cluster, Created, Replaced, Selector};
pub use clock::{Clock, SystemClock};
pub use error::ClusterError;
