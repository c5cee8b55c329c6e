//! The protocol in virtual time: scenarios, the crash sweep over them, and the model of the protocol.

mod crash_sweep;
mod protocol_model;
mod scenarios;
