//! How long a runner may believe that its claims are its own.

use std::sync::Mutex;
use std::time::Duration;

use crate::cluster::clock::SharedClock;

/// An effect starts only if the last successful write was sent less than this ago (design 3.1 rule 6).
const TRUST: Duration = Duration::from_secs(60);

/// The instant of the last successful write, by a clock that counts suspend.
pub(super) struct Lease {
    clock: SharedClock,
    written: Mutex<Duration>,
}

impl Lease {
    /// Begins with the first read.
    pub fn new(clock: SharedClock) -> Self {
        let written = Mutex::new(clock.elapsed());
        Self { clock, written }
    }

    /// The instant to pass to [`Self::renew`], taken before a write is sent.
    pub fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// A write that was sent then succeeded.
    pub fn renew(&self, sent: Duration) {
        let mut written = self.written.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *written = (*written).max(sent);
    }

    /// Whether an effect may start.
    pub fn holds(&self) -> bool {
        let written = *self.written.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.clock.elapsed().saturating_sub(written) < TRUST
    }
}
