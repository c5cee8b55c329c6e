//! Pure decisions: functions of what was observed and of an instant. No client, no clock, no environment.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod canonical;
pub mod concern;
pub mod correlation;
pub mod dates;
pub mod decision;
pub mod departure;
pub mod due;
pub mod employment;
pub mod epochs;
pub mod filler;
pub mod gate;
pub mod identity;
pub mod job;
pub mod keys;
pub mod ledger;
pub mod order;
pub mod plan;
pub mod references;
pub mod release;
pub mod retention;
pub mod rollup;
pub mod schedule;
pub mod schema;
pub mod snapshot;
pub mod subject;
pub mod template;
pub mod tick;
pub mod timing;
pub mod trigger;
pub mod validate;
pub mod variable;
pub mod version;
