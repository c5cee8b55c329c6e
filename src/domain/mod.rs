//! Pure decisions: functions of what was observed and of an instant. No client, no clock, no environment.

pub mod canonical;
pub mod dates;
pub mod decision;
pub mod due;
pub mod epochs;
pub mod job;
pub mod keys;
pub mod ledger;
pub mod order;
pub mod plan;
pub mod release;
pub mod retention;
pub mod rollup;
pub mod schedule;
pub mod schema;
pub mod snapshot;
pub mod subject;
pub mod tick;
pub mod timing;
pub mod trigger;
pub mod validate;
pub mod version;
