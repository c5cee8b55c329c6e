//! Whole scenarios: small tenants played through controller, evaluation and execution in virtual time. Each test is
//! named by the sentence that it proves, and asserts who was processed, when, and how it ended.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

mod asked;
mod authority;
mod bounds;
mod broken;
mod catch_up;
mod changes;
mod concerns;
mod dates;
mod denied;
mod due;
mod elsewhere;
pub mod end;
mod held;
mod identity;
mod late;
mod leavers;
mod names;
mod on_demand;
mod once;
mod owed;
mod people;
pub mod play;
mod quiet;
mod readiness;
mod references;
mod requests;
mod retention;
mod schedules;
mod templates;
mod told;
mod uncertain;
