//! The command line: one file per command.

mod crds;
mod jobs;
mod simulate;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::runner::args::{EvaluateArgs, ExecuteArgs};

/// Joiner-mover-leaver workflows as Kubernetes resources.
///
/// A Workflow says for whom, when and which tasks; Tenure keeps immutable versions of it, finds who is due, writes a
/// plan, and runs the plan as Kubernetes Jobs.
#[derive(Debug, Parser)]
#[command(name = "tenure", version, after_help = "Try it without a cluster:\n\n    tenure simulate examples/quickstart")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Simulate(simulate::SimulateArgs),
    Crds(crds::CrdsArgs),
    /// What an evaluation's Job runs: finds who is due, and plans.
    Evaluate(EvaluateArgs),
    /// What the Job of a Run runs: carries the plan out.
    Execute(ExecuteArgs),
}

/// Exit code: everything is as it should be.
const FINE: u8 = 0;
/// Exit code: it ran, and something is not as it should be.
const NOT_FINE: u8 = 1;
/// Exit code: the input has to be corrected; nothing was done.
const BAD_INPUT: u8 = 2;

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let code = match Arguments::parse().command {
        Command::Simulate(args) => simulate::run(&args),
        Command::Crds(args) => crds::run(&args),
        Command::Evaluate(args) => jobs::evaluate(&args),
        Command::Execute(args) => jobs::execute(&args),
    };
    ExitCode::from(code)
}

/// Writes to standard output. A reader that goes away, as `head` does, is no failure.
fn print(text: &str) -> u8 {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => FINE,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => FINE,
        Err(error) => {
            complain(&format!("standard output: {error}"));
            NOT_FINE
        }
    }
}

/// Writes a line to standard error.
fn complain(message: &str) {
    // There is nowhere left to say that this failed.
    let _ = writeln!(io::stderr().lock(), "{message}");
}
