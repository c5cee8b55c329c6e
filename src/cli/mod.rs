//! The command line: one file per command.

mod account;
mod completions;
mod controller;
mod crds;
mod explain;
mod jobs;
mod log;
mod output;
mod probe;
mod runtime;
mod simulate;
mod table;
mod tasks;
mod template;
mod templates;
mod validate;
mod variables;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::runner::args::{EvaluateArgs, ExecuteArgs};

/// Joiner-mover-leaver workflows as Kubernetes resources.
///
/// A Workflow says for whom, when and which tasks; Tenure keeps immutable versions of it, finds who is due, writes a
/// plan, and runs the plan as Kubernetes Jobs.
#[derive(Debug, Parser)]
#[command(
    name = "tenure",
    version,
    max_term_width = 110,
    after_help = "\
Examples:

    tenure simulate examples/quickstart         # a tenant in seconds, without a cluster
    tenure template onboard-new-hire            # a Workflow to start from
    tenure tasks                                # what a Workflow can do
    tenure crds | kubectl apply --server-side -f -"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Simulate(simulate::SimulateArgs),
    Explain(explain::ExplainArgs),
    Validate(validate::ValidateArgs),
    Account(account::AccountArgs),
    Tasks(tasks::TasksArgs),
    Variables(variables::VariablesArgs),
    Templates(templates::TemplatesArgs),
    Template(template::TemplateArgs),
    Crds(crds::CrdsArgs),
    Completions(completions::CompletionsArgs),
    Controller(controller::ControllerArgs),
    Probe(probe::ProbeArgs),
    /// What an evaluation's Job runs: finds who is due, and plans.
    #[command(after_help = "Examples:\n\n    tenure evaluate --namespace acme\n    tenure evaluate --namespace acme --runs-only")]
    Evaluate(EvaluateArgs),
    /// What the Job of a Run runs: carries the plan out.
    #[command(after_help = "Examples:\n\n    tenure execute --namespace acme --run joiner-v1-e7 --attempt 1")]
    Execute(ExecuteArgs),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let code = match Arguments::parse().command {
        Command::Simulate(args) => simulate::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Account(args) => account::run(&args),
        Command::Tasks(args) => tasks::run(&args),
        Command::Variables(args) => variables::run(&args),
        Command::Templates(args) => templates::run(&args),
        Command::Template(args) => template::run(&args),
        Command::Crds(args) => crds::run(&args),
        Command::Completions(args) => completions::run(&args, Arguments::command()),
        Command::Controller(args) => controller::run(&args),
        Command::Probe(args) => probe::run(&args),
        Command::Evaluate(args) => jobs::evaluate(&args),
        Command::Execute(args) => jobs::execute(&args),
    };
    ExitCode::from(code)
}
