//! What a Job's container is told.

use clap::Args;

/// `tenure evaluate`: one pass over the tenant's directories.
#[derive(Args, Clone, Debug, Eq, PartialEq)]
pub struct EvaluateArgs {
    /// The tenant.
    #[arg(long, env = "TENURE_NAMESPACE")]
    pub namespace: String,
    /// Plan Runs that people made, and nothing else.
    #[arg(long)]
    pub runs_only: bool,
}

/// `tenure execute`: one attempt at a Run.
#[derive(Args, Clone, Debug, Eq, PartialEq)]
pub struct ExecuteArgs {
    /// The tenant.
    #[arg(long, env = "TENURE_NAMESPACE")]
    pub namespace: String,
    /// Name of the Run.
    #[arg(long)]
    pub run: String,
    /// Number of the attempt, from 1.
    #[arg(long)]
    pub attempt: i32,
    /// The attempt before is known to have ended: its claims are taken over without waiting.
    #[arg(long)]
    pub take_over: bool,
}
