//! What the sweep's oracle asks of a scenario.

/// What of the undisturbed run a fault must not change, beside what must hold of every run; the most first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Compare {
    /// Who was processed by what and how, the ledger, the accounts and how often each was changed.
    Everything,
    /// How the accounts end.
    Ends,
    /// Nothing.
    Nothing,
}
