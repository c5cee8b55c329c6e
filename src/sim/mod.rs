//! Simulation: the same reconcilers, evaluation and execution as in a cluster, over an in-memory API in virtual time.
//!
//! Decision-faithful, not cluster-faithful: there is no scheduling, no quota, no image pull.

pub mod api;
pub mod clock;
mod driver;
mod files;
pub mod foreign;
mod hook;
mod kubelet;
pub mod load;
pub mod outbox;
pub mod places;
mod problem;
pub mod report;
pub mod schema;
pub mod script;
pub mod simulation;
mod tenant;
mod timing;
pub mod yaml;

#[cfg(test)]
mod tests;

pub use hook::CONTROLLER;
pub use kubelet::Death;
pub use load::{Document, Problem};
pub use outbox::SentMail;
pub use simulation::{Finished, Options, Simulation};
