//! The engine inside the Jobs: evaluations find who is due and seal plans, executions carry them out.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod args;
mod compile;
pub mod concerns;
mod context;
mod error;
pub mod evaluate;
pub mod execute;
mod keyring;
mod planted;
pub mod quality;
mod stop;
pub mod warnings;

pub use context::{Context, Random};
pub use error::RunnerError;
pub use evaluate::evaluate;
pub use execute::execute;
pub use planted::{Planted, PlantedError};
pub use stop::Stop;

pub use crate::task::post;
