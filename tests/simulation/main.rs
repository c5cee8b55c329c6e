//! The protocol in virtual time: scenarios, the crash sweep over them, and models whose states are all visited.

mod checker;
mod crash_sweep;
mod departures;
mod held_model;
mod histories;
mod person_model;
mod protocol_model;
mod scenarios;
mod written;

/// As in the program: the system's allocator takes a fifth of the sweep's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
