//! Where subjects live and tasks write: the port that every provider offers, and how a Change is done through it.
//!
//! A provider reads, and replaces one entry by another one if nobody else has written to it meanwhile. What has to be
//! written, and that nothing has to be, is found in [`effects`], once for all providers.

pub mod effects;
pub mod embedded;
mod port;
mod profile;

pub use effects::{Applied, Effect};
pub use embedded::Embedded;
pub use port::{Directory, HeldEntry, Lookup, Sight, Written};
pub use profile::{Dated, Profile, Sponsored};
