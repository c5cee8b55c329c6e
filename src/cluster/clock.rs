//! The only readers of time: the wall clock, a clock that counts suspend, and sleep.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};

/// A boxed future, so that clocks can be exchanged at run time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Time as the programs see it.
pub trait Clock: Send + Sync {
    /// The wall clock, in whole seconds: the precision of every stored instant.
    fn now(&self) -> DateTime<Utc>;
    /// Time since some fixed point; it goes on while the machine is suspended and never jumps.
    fn elapsed(&self) -> Duration;
    /// Ends after `duration`.
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// A clock that can be handed around.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clocks.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(0)
    }

    fn elapsed(&self) -> Duration {
        boot_time()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Time since boot including suspend: the first field of `/proc/uptime` is `CLOCK_BOOTTIME` in hundredths of a second.
/// Where that file is missing, time since the first call by a clock that may stop during suspend.
fn boot_time() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    std::fs::read_to_string("/proc/uptime")
        .ok()
        .and_then(|text| text.split_whitespace().next().and_then(|seconds| seconds.parse::<f64>().ok()))
        .map_or_else(|| START.get_or_init(std::time::Instant::now).elapsed(), Duration::from_secs_f64)
}
