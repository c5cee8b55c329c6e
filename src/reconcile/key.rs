//! What there is to reconcile.

/// What is reconciled. The order is a good one to work in: an evaluation that starts last finds versions and plans done.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Key {
    /// The Directory of that name.
    Directory(String),
    /// The Workflow of that name, also if it is gone.
    Workflow(String),
    /// The Run of that name.
    Run(String),
    /// The tenant's schedule and evaluations.
    TenantSchedule,
}
