//! Pure decisions: functions of what was observed and of an instant. No client, no clock, no environment.

pub mod dates;
pub mod due;
pub mod keys;
pub mod ledger;
pub mod order;
pub mod plan;
pub mod release;
pub mod retention;
pub mod schedule;
pub mod schema;
pub mod snapshot;
pub mod subject;
pub mod trigger;
