//! Everything that speaks to the Kubernetes API: typed reads and writes with fencing, watches, the lease, the clocks, Events.

pub mod client;
pub mod clock;
pub mod connect;
pub mod error;
pub mod events;
pub mod guard;
pub mod lease;
pub mod object;
mod request;
pub mod watch;

pub use client::{Cluster, Created, Replaced, Selector};
pub use clock::{Clock, SystemClock};
pub use error::ClusterError;
