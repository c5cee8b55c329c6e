//! Pure decisions: functions of what was observed and of an instant. No client, no clock, no environment.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod authority;
pub mod canonical;
pub mod capability;
pub mod change;
pub mod concern;
pub mod correlation;
pub mod dates;
pub mod decision;
pub mod departure;
pub mod due;
pub mod employment;
pub mod epochs;
pub mod fault;
pub mod filler;
pub mod gate;
pub mod hex;
pub mod identity;
pub mod job;
pub mod keys;
pub mod ledger;
pub mod mail;
pub mod names;
pub mod order;
pub mod owed;
pub mod person;
pub mod plan;
pub mod references;
pub mod release;
pub mod retention;
pub mod rollup;
pub mod room;
pub mod schedule;
pub mod snapshot;
pub mod source;
pub mod standing;
pub mod subject;
pub mod template;
pub mod tick;
pub mod timing;
pub mod trigger;
pub mod validate;
pub mod variable;
pub mod version;
