//! The embedded directory: a User is the record, the Account of the same name the effect.

mod access;
mod identity;
mod mapping;
mod people;
mod person;
mod profile;
mod quality;
mod reading;
mod seed;
mod sponsors;
mod sponsorships;
mod store;
mod zone;

pub use mapping::Mapping;
pub use people::{Listing, Roll};
pub use quality::{Filler, Unreadable, WrongZone};
pub use seed::seed;
pub use sponsors::is_out;
pub use store::Embedded;
