//! Virtual time: it stands still while anything can run, and jumps to the next timer when nothing can.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::timing::LONGEST_SLEEP;
use crate::cluster::clock::{Clock, Sleep};

/// A runtime whose time is virtual.
///
/// # Errors
/// What the operating system says when it gives no runtime.
pub fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_time().start_paused(true).build()
}

/// The clock of a simulated cluster: an epoch, and what the runtime's paused time says has passed since.
#[derive(Clone, Copy, Debug)]
pub struct VirtualClock {
    epoch: DateTime<Utc>,
    start: Instant,
}

impl VirtualClock {
    /// A clock that shows `epoch`, in whole seconds, now. Call it within the runtime whose time it follows.
    #[must_use]
    pub fn begin(epoch: DateTime<Utc>) -> Self {
        Self { epoch: epoch.trunc_subsecs(0), start: Instant::now() }
    }

    /// The time left until `instant`; nothing if it has come.
    #[must_use]
    pub fn until(&self, instant: DateTime<Utc>) -> Duration {
        let since_epoch = instant.signed_duration_since(self.epoch).to_std().unwrap_or_default();
        since_epoch.saturating_sub(self.start.elapsed())
    }

    /// Ends when it is `instant`.
    pub async fn sleep_until(&self, instant: DateTime<Utc>) {
        loop {
            let left = self.until(instant);
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
        }
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        let elapsed = TimeDelta::from_std(self.start.elapsed()).unwrap_or(TimeDelta::MAX);
        self.epoch.checked_add_signed(elapsed).unwrap_or(DateTime::<Utc>::MAX_UTC).trunc_subsecs(0)
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta};

    use super::{VirtualClock, runtime};
    use crate::cluster::clock::Clock;

    #[test]
    fn years_pass_at_once() {
        runtime().expect("a runtime").block_on(async {
            let epoch = DateTime::from_timestamp(1_149_120_000, 0).expect("an instant");
            let clock = VirtualClock::begin(epoch);
            assert_eq!(clock.now(), epoch);
            clock.sleep(Duration::from_millis(1_500)).await;
            assert_eq!(clock.now(), epoch + TimeDelta::seconds(1));
            let later = epoch + TimeDelta::days(8 * 365);
            clock.sleep_until(later).await;
            assert_eq!(clock.now(), later);
            assert!(clock.until(later).is_zero());
        });
    }
}
