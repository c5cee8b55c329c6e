//! Everything that speaks to the Kubernetes API: typed reads and writes with fencing, the clock, Events.

pub mod client;
pub mod clock;
pub mod error;
pub mod events;

pub use client::{Cluster, Created, Replaced, Selector};
pub use clock::{Clock, SystemClock};
pub use error::ClusterError;
