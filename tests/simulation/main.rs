//! The protocol in virtual time: scenarios, the crash sweep over them, and the model of the protocol.

mod crash_sweep;
#[cfg(feature = "planted-errors")]
mod planted_errors;
mod protocol_model;
mod scenarios;
