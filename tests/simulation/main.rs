//! The protocol in virtual time: scenarios, the crash sweep over them, and the model of the protocol.

mod crash_sweep;
mod departures;
mod histories;
mod protocol_model;
mod scenarios;
mod written;

/// As in the program: the system's allocator takes a fifth of the sweep's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
