//! How long the parts of a simulated cluster take that are not Tenure's, and how long a simulation looks ahead or waits.
//!
//! Whatever the engine waits for is its own: `domain/timing.rs`, of which simulations change nothing.

use std::time::Duration;

use chrono::TimeDelta;

/// How long a controller that died is away.
pub(super) const CONTROLLER_RESTART: TimeDelta = TimeDelta::seconds(10);
/// How long after the end of a Job to look whether everything has settled.
pub(super) const SETTLE: TimeDelta = TimeDelta::seconds(10);
/// How long after the end to wait for what began before it.
pub(super) const LONGEST_AFTERMATH: TimeDelta = TimeDelta::hours(48);
/// Longer than anything that an evaluation leaves behind and that is removed by time.
pub(super) const TRACES: TimeDelta = TimeDelta::hours(48);
/// Pause before another look at a schedule that may start nothing at the end of a simulation.
pub(super) const END_LOOK: TimeDelta = TimeDelta::seconds(10);
/// So long nothing happens when everything has arrived that was on its way.
pub(super) const ARRIVAL: Duration = Duration::from_millis(1);
/// The longest single sleep: tokio's timers hold a little more than two years.
pub(super) const LONGEST_SLEEP: Duration = Duration::from_secs(300 * 24 * 3600);

/// The pause before a kind is listed again, the watch of which has failed so many times in a row before: the client library
/// paces that in a cluster.
pub(super) fn before_list(failures: u32) -> Duration {
    Duration::from_secs(1).saturating_mul(2_u32.saturating_pow(failures)).min(Duration::from_secs(300))
}

/// How long the process of a pod that is deleted may take to end.
pub(super) fn grace() -> Duration {
    Duration::from_secs(30)
}

/// How long after its Job a pod's process begins, by a roll of the dice: in whole seconds, enough to be another instant.
pub(super) fn start_delay(roll: u8) -> Duration {
    Duration::from_secs(u64::from(roll % 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let pauses: Vec<u64> = (0..12).map(|failures| before_list(failures).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    }

    #[test]
    fn a_process_begins_within_three_seconds() {
        let delays: Vec<u64> = [0, 1, 2, 3, 4, 255].into_iter().map(|roll| start_delay(roll).as_secs()).collect();
        assert_eq!(delays, [0, 1, 2, 3, 0, 3]);
    }
}
