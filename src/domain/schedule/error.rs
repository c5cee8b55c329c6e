//! Why a cadence is not a schedule.

/// Shortest interval in hours, as in Lifecycle Workflows.
pub const MIN_INTERVAL_HOURS: u32 = 1;

/// Longest interval in hours, as in Lifecycle Workflows.
pub const MAX_INTERVAL_HOURS: u32 = 24;

/// Why a cadence is not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The interval is not a whole number of hours within its bounds.
    #[error("expected an interval of {MIN_INTERVAL_HOURS} to {MAX_INTERVAL_HOURS} whole hours")]
    Interval,
    /// The splay is negative, has a fraction of a second, or is not below the bound of the cadence.
    #[error("expected a splay of whole seconds from 0 to {longest}")]
    Splay {
        /// Longest splay of the cadence, in seconds.
        longest: u32,
    },
    /// The expression is not five-field cron.
    #[error("cron expression: {reason}")]
    Cron {
        /// What is wrong with it.
        reason: String,
    },
    /// No day matches the expression, for example 30 February.
    #[error("cron expression: it never fires")]
    NeverFires,
}
