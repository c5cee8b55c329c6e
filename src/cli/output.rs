//! How commands answer: what they write where, and what their processes end with.

use std::io::{self, Write};

use clap::ValueEnum;

use crate::sim::foreign::{Foreign, harmless};

/// How a command answers.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Exit code: everything is as it should be.
pub(super) const FINE: u8 = 0;
/// Exit code: it ran, and something is not as it should be.
pub(super) const NOT_FINE: u8 = 1;
/// Exit code: the input has to be corrected; nothing was done.
pub(super) const BAD_INPUT: u8 = 2;

/// Writes to standard output, without anything that a terminal or a CI system would obey. A reader that goes away, as `head` does, is no failure.
pub(super) fn print(text: &str) -> u8 {
    write(&mut io::stdout().lock(), &harmless(text, false))
}

/// Writes text with colours to standard output; they are left out where it is no terminal, or where `NO_COLOR` is set.
pub(super) fn show(text: &str) -> u8 {
    write(&mut anstream::AutoStream::auto(io::stdout()).lock(), &harmless(text, true))
}

fn write(output: &mut impl Write, text: &str) -> u8 {
    match output.write_all(text.as_bytes()) {
        Ok(()) => FINE,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => FINE,
        Err(error) => {
            complain(&format!("standard output: {error}"));
            NOT_FINE
        }
    }
}

/// Writes a line to standard error; what it is about may be somebody else's text.
pub(super) fn complain(message: &str) {
    // There is nowhere left to say that this failed.
    let _ = writeln!(io::stderr().lock(), "{}", harmless(&Foreign(message).to_string(), false));
}
