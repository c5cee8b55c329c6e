//! How long a runner may believe that its claims are its own.

use std::sync::Mutex;
use std::time::Duration;

use crate::cluster::clock::SharedClock;

/// The instant of the last successful write, by a clock that counts suspend.
pub(super) struct Lease {
    clock: SharedClock,
    trust: Duration,
    written: Mutex<Duration>,
}

impl Lease {
    /// Begins with the first read; a write is trusted for so long.
    pub fn new(clock: SharedClock, trust: Duration) -> Self {
        let written = Mutex::new(clock.elapsed());
        Self { clock, trust, written }
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
        self.clock.elapsed().saturating_sub(written) < self.trust
    }
}
