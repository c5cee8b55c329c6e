//! Errors of the protocol that a test plants, to show that the crash sweep finds them.
//!
//! No program can have one: what is not [`Planted::NONE`] is made by [`Planted::error`] only, which only the builder of
//! simulations calls, and nothing but a test calls that. `tests/fast/architecture/planted.rs` reads the sources and says so.

/// An error of the protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PlantedError {
    /// The head is committed before the ledger rows are written.
    CommitBeforeEntries,
    /// A sighting is written without the sealed one before it.
    SnapshotWithoutPredecessor,
    /// A claim is written over whatever stands there.
    ClaimWithoutResourceVersion,
    /// A later attempt takes the before-images anew.
    BeforeImageTakenAgain,
}

/// What is planted into a runner: nothing, or one error.
#[derive(Clone, Copy, Debug)]
pub struct Planted(Option<PlantedError>);

impl Planted {
    /// What every program has.
    pub const NONE: Self = Self(None);

    /// That error, for a simulation.
    #[must_use]
    pub fn error(error: PlantedError) -> Self {
        Self(Some(error))
    }

    /// Whether it is this error.
    pub(super) fn is(self, error: PlantedError) -> bool {
        self.0 == Some(error)
    }
}
