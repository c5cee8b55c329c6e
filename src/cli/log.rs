//! The log of programs that run in a cluster: JSON lines on standard error, or plain lines on a terminal. `TENURE_LOG`
//! chooses what is said, in the syntax of `RUST_LOG`; default `info`.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

/// What is said unless `TENURE_LOG` says otherwise.
const DEFAULT: &str = "info";

/// Starts the log. A second call changes nothing.
pub(super) fn start() {
    let filter = EnvFilter::try_from_env("TENURE_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    // It fails only where a log was started before, which then goes on.
    let _ = if stderr().is_terminal() { log.with_target(false).try_init() } else { log.json().flatten_event(true).try_init() };
}
