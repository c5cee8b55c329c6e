//! The ticks of a tenant: the instants at which its evaluation is wanted.
//!
//! Pure arithmetic over a cadence; nobody's clock is read here. A tick says only when; one evaluation covers everything
//! since the last one, so a tick that was slept through is not replayed.
//!
//! # Intervals
//! Ticks are counted from 1970-01-01T00:00:00Z in steps of the interval, so that they are the same after a restart and
//! on every replica. An interval that does not divide 24 hours meets other hours on other days.
//!
//! # Cron and summer time
//! An expression has five fields, is read on the wall clock of its zone, and follows these rules:
//! - A single minute and a single hour, such as `30 2 * * *`: a time that the clock skips in spring is made up for at
//!   the first instant after the gap; a time that the clock shows twice in autumn counts once, the first time.
//! - Anything with a list, range, step or `*` in minute or hour: it ticks whenever the clock shows a matching time.
//!   What is skipped in spring is not made up for, and the repeated hour in autumn ticks in both of its passes.
//! - If day of month and day of week are both restricted, a day that meets either of them counts, as in Kubernetes.
//!   Sunday is 0 and 7. `?` means `*` in these two fields.
//!
//! # Splay
//! Tenants with the same cadence must not start at the same second. Every tick is moved later by a constant number of
//! seconds that follows from the namespace: less than the interval, or less than [`CRON_SPLAY_BOUND_SECONDS`] for cron,
//! because who writes `0 6 * * *` expects six o'clock and one minute is as fine as cron itself can say.

mod cron;
mod error;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use sha2::{Digest as _, Sha256};

pub use cron::MAX_EXPRESSION_BYTES;
pub use error::{MAX_INTERVAL_HOURS, MIN_INTERVAL_HOURS, ScheduleError};

use cron::ZonedCron;

/// Interval in hours of a tenant that sets none, as in Lifecycle Workflows.
pub const DEFAULT_INTERVAL_HOURS: u32 = 3;

/// A tick of a cron expression is moved by fewer seconds than this.
pub const CRON_SPLAY_BOUND_SECONDS: u32 = 60;

const SECONDS_PER_HOUR: u32 = 3_600;

/// How often a tenant is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cadence {
    /// Every so many hours, [`MIN_INTERVAL_HOURS`] to [`MAX_INTERVAL_HOURS`].
    Interval {
        /// Whole hours between two ticks.
        hours: u32,
    },
    /// Whenever the clock of a zone matches a cron expression.
    Cron {
        /// Minute, hour, day of month, month, day of week.
        expression: String,
        /// The zone whose clock is matched.
        zone: Tz,
    },
}

impl Cadence {
    /// The cadence of an interval that is given as a duration.
    ///
    /// # Errors
    /// [`ScheduleError::Interval`] unless it is a whole number of hours within the bounds.
    pub fn every(interval: TimeDelta) -> Result<Self, ScheduleError> {
        let hours = u32::try_from(interval.num_hours()).map_err(|_| ScheduleError::Interval)?;
        if interval != TimeDelta::hours(i64::from(hours)) {
            return Err(ScheduleError::Interval);
        }
        check_interval(hours).map(|()| Self::Interval { hours })
    }

    /// Seconds below which the splay of this cadence must stay.
    fn splay_bound(&self) -> u32 {
        match self {
            Self::Interval { hours } => hours.saturating_mul(SECONDS_PER_HOUR),
            Self::Cron { .. } => CRON_SPLAY_BOUND_SECONDS,
        }
    }
}

/// The constant delay of a tenant's ticks: the first eight bytes of SHA-256 of the namespace, as a big-endian number,
/// modulo the bound of the cadence in seconds. It is always below that bound.
#[must_use]
pub fn splay(namespace: &str, cadence: &Cadence) -> TimeDelta {
    let digest = Sha256::digest(namespace.as_bytes());
    let hash = digest.iter().take(8).fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
    let seconds = hash % u64::from(cadence.splay_bound().max(1));
    // The remainder of a division by a u32 fits.
    TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default())
}

/// The ticks of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    ticks: Ticks,
    splay: TimeDelta,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Ticks {
    Every { seconds: i64 },
    Cron(Box<ZonedCron>),
}

impl Schedule {
    /// The ticks of `cadence`, each later by `splay`.
    ///
    /// # Errors
    /// [`ScheduleError`] says which part is wrong.
    pub fn new(cadence: &Cadence, splay: TimeDelta) -> Result<Self, ScheduleError> {
        let ticks = match cadence {
            Cadence::Interval { hours } => {
                check_interval(*hours)?;
                Ticks::Every { seconds: i64::from(*hours) * i64::from(SECONDS_PER_HOUR) }
            }
            Cadence::Cron { expression, zone } => Ticks::Cron(Box::new(ZonedCron::parse(expression, *zone)?)),
        };
        let bound = cadence.splay_bound();
        let accepted = TimeDelta::zero()..TimeDelta::seconds(i64::from(bound));
        if splay.subsec_nanos() != 0 || !accepted.contains(&splay) {
            return Err(ScheduleError::Splay { longest: bound - 1 });
        }
        Ok(Self { ticks, splay })
    }

    /// The ticks of `cadence` for the tenant of a namespace, with its [`splay`].
    ///
    /// # Errors
    /// [`ScheduleError`] says which part is wrong.
    pub fn for_tenant(namespace: &str, cadence: &Cadence) -> Result<Self, ScheduleError> {
        Self::new(cadence, splay(namespace, cadence))
    }

    /// The first tick that is strictly later than `instant`; none at the far ends of the calendar.
    #[must_use]
    pub fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let unsplayed = instant.checked_sub_signed(self.splay)?;
        let tick = match &self.ticks {
            Ticks::Every { seconds } => nth_tick(unsplayed.timestamp().div_euclid(*seconds) + 1, *seconds),
            Ticks::Cron(cron) => cron.next_after(unsplayed),
        };
        tick?.checked_add_signed(self.splay)
    }

    /// The last tick that is not later than `instant`; none at the far ends of the calendar.
    #[must_use]
    pub fn latest_at_or_before(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let unsplayed = instant.checked_sub_signed(self.splay)?;
        let tick = match &self.ticks {
            Ticks::Every { seconds } => nth_tick(unsplayed.timestamp().div_euclid(*seconds), *seconds),
            Ticks::Cron(cron) => cron.latest_at_or_before(unsplayed),
        };
        tick?.checked_add_signed(self.splay)
    }
}

fn check_interval(hours: u32) -> Result<(), ScheduleError> {
    if (MIN_INTERVAL_HOURS..=MAX_INTERVAL_HOURS).contains(&hours) { Ok(()) } else { Err(ScheduleError::Interval) }
}

/// The tick number `n` since 1970 of an interval of so many seconds.
fn nth_tick(n: i64, seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(n.checked_mul(seconds)?, 0)
}
