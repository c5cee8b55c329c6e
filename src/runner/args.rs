//! What a Job's container is told.

use clap::Args;

use crate::domain::timing::Timing;

/// `tenure evaluate`: one pass over the tenant's directories.
#[derive(Args, Clone, Debug, Eq, PartialEq)]
pub struct EvaluateArgs {
    /// The tenant.
    #[arg(long, env = "TENURE_NAMESPACE")]
    pub namespace: String,
    /// Plan Runs that people made, and nothing else.
    #[arg(long)]
    pub runs_only: bool,
    /// How fast time goes.
    #[command(flatten)]
    pub pace: Pace,
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
    /// How fast time goes.
    #[command(flatten)]
    pub pace: Pace,
}

/// How fast time goes, for controller and runners.
#[derive(Args, Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Pace {
    /// For tests only: all pauses and life times are so many times shorter. There is no variable of the environment for it,
    /// so that the admission policy on Jobs sees it.
    #[arg(long, hide = true, value_name = "DIVISOR", value_parser = scaled)]
    timing_divisor: Option<Timing>,
}

impl Pace {
    /// The times.
    #[must_use]
    pub fn timing(&self) -> Timing {
        self.timing_divisor.unwrap_or(Timing::PRODUCTION)
    }
}

fn scaled(text: &str) -> Result<Timing, String> {
    let timing = text.parse().ok().and_then(Timing::scaled);
    timing.ok_or_else(|| format!("not a number from 1 to {}", Timing::MOST_DIVISOR))
}
