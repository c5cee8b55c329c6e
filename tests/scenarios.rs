//! Whole scenarios: small tenants played through controller, evaluation and execution in virtual time. Each test is
//! named by the sentence that it proves, and asserts who was processed, when, and how it ended.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

#[path = "scenarios/broken.rs"]
mod broken;
#[path = "scenarios/catch_up.rs"]
mod catch_up;
#[path = "scenarios/changes.rs"]
mod changes;
#[path = "scenarios/due.rs"]
mod due;
#[path = "scenarios/end.rs"]
mod end;
#[path = "scenarios/leavers.rs"]
mod leavers;
#[path = "scenarios/on_demand.rs"]
mod on_demand;
#[path = "scenarios/once.rs"]
mod once;
#[path = "scenarios/people.rs"]
mod people;
#[path = "scenarios/play.rs"]
mod play;
#[path = "scenarios/quiet.rs"]
mod quiet;
#[path = "scenarios/readiness.rs"]
mod readiness;
#[path = "scenarios/retention.rs"]
mod retention;
#[path = "scenarios/schedules.rs"]
mod schedules;
