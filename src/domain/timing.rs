//! Every pause and life time of the protocol, in one value.
//!
//! What is safe rests on how they compare: the tests of this file have every inequality that an argument elsewhere
//! uses, for the times of production and for every scale that is allowed. Whoever waits, sleeps or gives up asks here;
//! `tests/fast/architecture/seconds.rs` looks that nothing else names seconds.
//!
//! Not here: what people configure (ticks, catch-up windows, freeze windows) and what is kept for days (retention), for
//! those are a tenant's own; the skew of clocks that is borne (`cluster/guard.rs`), which is no pause; the patience of commands that a person waits for.

use std::time::Duration;

/// The precision of every stored instant: the clock is read in whole seconds.
pub const GRAIN: Duration = Duration::from_secs(1);

/// From the beginning of one evaluation to the next that a change asks for it is at least so many times as long as the first one
/// takes: changes cost a tenth of a busy tenant's time.
const CHANGE_FACTOR: u32 = 10;

/// How often a request to the API server is tried.
pub const REQUEST_TRIES: u32 = 6;

/// The times of a lease.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LeaseTimes {
    /// How long others wait since the last renewal that they saw; in whole seconds, as the Lease says it.
    pub duration: Duration,
    /// How long the holder trusts a renewal.
    pub renew_deadline: Duration,
    /// Pause between renewals. Who waits for the lease looks twice as often, see [`Self::look`].
    pub retry: Duration,
}

impl LeaseTimes {
    /// Pause between looks at a lease that another process holds: so soon is seen that it was given back.
    #[must_use]
    pub fn look(&self) -> Duration {
        self.retry / 2
    }
}

/// Every pause and life time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timing {
    /// How many times shorter than in production: 1, but in tests. See [`Self::scaled`].
    pub divisor: u32,

    // Claims: runner/execute, design 3.1 rules 6 and 7.
    /// Time for one effect; one that takes longer is cut off.
    pub effect: Duration,
    /// An effect starts only if the last successful write was sent less than this ago.
    pub trust: Duration,
    /// A claim is renewed this often while its subjects are worked on.
    pub renewal: Duration,
    /// How long a process trusts that a claim of another, of which it does not know that it ended, may still be at work;
    /// so long a leaver waits for an owner that does not answer, and a successor for who was before it.
    pub claim_life: Duration,
    /// Pause between looks at an owner that has not stopped yet.
    pub settle_look: Duration,
    /// How long what was seen of a subject before its claim is believed: whose turn comes later is looked at again.
    pub sight: Duration,
    /// First pause before an effect is tried again that failed for a passing reason; it doubles. Does not scale: what a
    /// directory needs to recover is not ours to shorten.
    pub effect_retry: Duration,
    /// Pause between looks at work that comes first.
    pub wait: Duration,
    /// How long an attempt waits for other work before it ends and leaves the rest to the next one.
    pub patience: Duration,
    /// A report is written at most this often, but for the first and the last. Does not scale: it bounds writes, nobody
    /// waits for it.
    pub report_period: Duration,

    // Attempts: reconcile/attempt.rs.
    /// How long a runner that nobody can see may still act, and its successor waits.
    pub unseen_pause: Duration,
    /// Pause after an attempt that left subjects open, because they wait or their target does; it doubles.
    pub open_pause: Duration,
    /// Longest pause after such an attempt.
    pub longest_open_pause: Duration,

    // Evaluations: domain/tick.rs, reconcile/tenant_schedule.rs.
    /// Least time from the beginning of an evaluation to one that a change asks for; ten times what the first took, if that is
    /// longer. See [`Self::after_evaluation`].
    pub change_pause: Duration,
    /// Longest such time: the shortest interval of a schedule, since so often any tenant may be evaluated. The next tick may
    /// come earlier, and does not wait.
    pub longest_change_pause: Duration,
    /// How long a person's attributes must be still before their changes are due: three writes of one form are one change.
    pub stillness: Duration,
    /// Half of the pause after a first failed evaluation; it doubles with every further one.
    pub failure_pause: Duration,
    /// Longest pause after a failed evaluation: a leaver must not wait longer than for an administrator's coffee.
    pub longest_failure_pause: Duration,
    /// Pause before a Run that a sealed evaluation has left without a plan asks for one again.
    pub ask_again_pause: Duration,
    /// How long an evaluation waits for Workflows that were just applied: a pass over one takes a few requests. Does not
    /// scale: requests take what they take, and who has no such Workflow does not wait.
    pub settle_pause: Duration,
    /// How long a tenant's evaluation takes one of the places that all tenants share: one that does not start, or takes its
    /// time, keeps the others waiting no longer. Who has waited so long for a place comes first.
    pub place_life: Duration,
    /// How often who waits for a place asks again. Does not scale: instants are whole seconds.
    pub place_look: Duration,
    /// Pause before another look at a clock that was off.
    pub clock_look: Duration,

    // The controller's passes: reconcile/.
    /// How long a Job may be there before it is said what keeps its container from running: within 15 s, and later than most
    /// pods start. Does not scale: a pod takes what it takes.
    pub said_after: Duration,
    /// How long a Job may be there before its container runs, unless the installation says otherwise (design 3.2.4).
    /// Does not scale: it has a flag of its own.
    pub stalled_after: Duration,
    /// Pause before another look at what is said only in Events, which nobody watches.
    pub obstacle_look: Duration,
    /// Between passes that are left out because what decides cannot be read, if nothing is seen in between.
    pub blind_look: Duration,
    /// How old a version is before the whole spec is kept beside it: when a thousand Workflows are applied at once, this
    /// write, the largest of the three for each, waits until all of them are ready. A Workflow that is deleted sooner has
    /// its version, and nothing beside it.
    pub keep_pause: Duration,
    /// First pause after a failed pass; it doubles. Does not scale: instants are whole seconds.
    pub pass_pause: Duration,
    /// Longest pause after failed passes.
    pub longest_pass_pause: Duration,
    /// Longest sleep of a tenant's loop: timers stand still during suspend, the wall clock does not. Does not scale, as
    /// all that is about the loop and not about work.
    pub longest_sleep: Duration,
    /// Shortest sleep of a tenant's loop: instants are whole seconds, and sleeping up to one would come too early. Does
    /// not scale.
    pub shortest_sleep: Duration,
    /// How often the controller's loop says that it lives. Does not scale.
    pub beat: Duration,
    /// How long that loop may stand still before the process counts as dead. Does not scale.
    pub pulse_life: Duration,
    /// How long that loop may stand still before the lease, which is renewed beside it, is let go of. Does not scale.
    pub loop_silence: Duration,
    /// How long passes that are under way may take to end when the process is asked to: the next one waits for it, and every
    /// pass may be cut off anywhere. Does not scale.
    pub drain: Duration,
    /// Pause between looks at definitions that are not those of this release. Does not scale.
    pub schema_pause: Duration,
    /// The controller's lease. Does not scale: it has flags of its own, and a Lease says whole seconds.
    pub lease: LeaseTimes,

    // Requests: cluster/.
    /// Pause after the first failure of a request; it doubles.
    pub request_pause: Duration,
    /// Longest silence in the answer to a request: within the bound of an effect.
    pub request_timeout: Duration,
    /// Longest wait for a connection. Does not scale: a network takes what it takes, and an effect is cut off anyway.
    pub connect_timeout: Duration,
    /// Longest silence of a watch: the server ends each after 290 s by itself, and sends bookmarks every minute. Does not
    /// scale for that reason.
    pub watch_timeout: Duration,

    // Jobs: domain/job.rs. None of them scales: they are bounds of what went wrong, nobody waits for them.
    /// Deadline of an attempt to execute a Run.
    pub execution_deadline: Duration,
    /// Longest deadline of an evaluation; the next tick may come earlier.
    pub evaluation_deadline: Duration,
    /// Shortest deadline of an evaluation: one that a change asks for just before a tick must be able to end, and its pod
    /// has to be scheduled first.
    pub shortest_evaluation_deadline: Duration,
    /// How long a finished Job stays once its result is stored: long enough for a look at its log.
    pub job_life: Duration,
}

impl Timing {
    /// The times of every installation. Those of claims are design 3.1 rule 6: 60 s of trust, 20 s for an effect, and a
    /// margin for clocks make the 90 s of a claim.
    pub const PRODUCTION: Self = Self {
        divisor: 1,
        effect: Duration::from_secs(20),
        trust: Duration::from_secs(60),
        renewal: Duration::from_secs(20),
        claim_life: Duration::from_secs(90),
        settle_look: Duration::from_secs(2),
        sight: Duration::from_secs(20),
        effect_retry: Duration::from_secs(2),
        wait: Duration::from_secs(5),
        patience: Duration::from_secs(600),
        report_period: Duration::from_secs(5),
        unseen_pause: Duration::from_secs(90),
        open_pause: Duration::from_secs(60),
        longest_open_pause: Duration::from_secs(30 * 60),
        change_pause: Duration::from_secs(5),
        longest_change_pause: Duration::from_secs(3_600),
        stillness: Duration::from_secs(60),
        failure_pause: Duration::from_secs(5),
        longest_failure_pause: Duration::from_secs(300),
        ask_again_pause: Duration::from_secs(300),
        settle_pause: Duration::from_secs(10),
        place_life: Duration::from_secs(60),
        place_look: Duration::from_secs(1),
        clock_look: Duration::from_secs(30),
        said_after: Duration::from_secs(10),
        stalled_after: Duration::from_secs(300),
        obstacle_look: Duration::from_secs(30),
        blind_look: Duration::from_secs(60),
        keep_pause: Duration::from_secs(30),
        pass_pause: Duration::from_secs(1),
        longest_pass_pause: Duration::from_secs(300),
        longest_sleep: Duration::from_secs(10),
        shortest_sleep: Duration::from_millis(100),
        beat: Duration::from_secs(1),
        pulse_life: Duration::from_secs(30),
        loop_silence: Duration::from_secs(10),
        drain: Duration::from_millis(500),
        schema_pause: Duration::from_secs(5),
        lease: LeaseTimes { duration: Duration::from_secs(10), renew_deadline: Duration::from_secs(7), retry: Duration::from_secs(2) },
        request_pause: Duration::from_millis(500),
        request_timeout: Duration::from_secs(20),
        connect_timeout: Duration::from_secs(5),
        watch_timeout: Duration::from_secs(300),
        execution_deadline: Duration::from_secs(6 * 3_600),
        evaluation_deadline: Duration::from_secs(3_600),
        shortest_evaluation_deadline: Duration::from_secs(300),
        job_life: Duration::from_secs(300),
    };

    /// The largest divisor for which everything holds: with the next one, the whole second that a stored instant may be
    /// behind uses up the margin of a claim.
    pub const MOST_DIVISOR: u32 = 9;

    /// The times of production, so many times shorter: for tests that would wait for them. All processes of an
    /// installation, and all that was claimed before, need the same, and their clocks must be one machine's: what a claim's
    /// margin leaves for clocks is divided, too. What is compared with stored instants is rounded up
    /// to whole seconds. None: not from 1 to [`Self::MOST_DIVISOR`].
    #[must_use]
    pub fn scaled(divisor: u32) -> Option<Self> {
        if !(1..=Self::MOST_DIVISOR).contains(&divisor) {
            return None;
        }
        let whole = Self::PRODUCTION;
        let stored = |time: Duration| Duration::from_secs(time.as_secs().div_ceil(divisor.into()));
        Some(Self {
            divisor,
            effect: whole.effect / divisor,
            trust: whole.trust / divisor,
            renewal: whole.renewal / divisor,
            claim_life: stored(whole.claim_life),
            settle_look: whole.settle_look / divisor,
            sight: whole.sight / divisor,
            wait: whole.wait / divisor,
            patience: whole.patience / divisor,
            unseen_pause: stored(whole.unseen_pause),
            open_pause: stored(whole.open_pause),
            longest_open_pause: stored(whole.longest_open_pause),
            change_pause: stored(whole.change_pause),
            longest_change_pause: stored(whole.longest_change_pause),
            stillness: stored(whole.stillness),
            failure_pause: stored(whole.failure_pause),
            longest_failure_pause: stored(whole.longest_failure_pause),
            ask_again_pause: stored(whole.ask_again_pause),
            place_life: stored(whole.place_life),
            clock_look: stored(whole.clock_look),
            obstacle_look: stored(whole.obstacle_look),
            blind_look: stored(whole.blind_look),
            keep_pause: stored(whole.keep_pause),
            longest_pass_pause: stored(whole.longest_pass_pause),
            request_pause: whole.request_pause / divisor,
            request_timeout: whole.request_timeout / divisor,
            ..whole
        })
    }

    /// The time from the beginning of an evaluation that took so long to one that a change asks for: ten times as long (design
    /// 3.2 rule 2), in whole seconds as instants are.
    #[must_use]
    pub fn after_evaluation(&self, took: Duration) -> Duration {
        let rest = took.saturating_mul(CHANGE_FACTOR);
        let seconds = rest.as_secs().saturating_add(u64::from(rest.subsec_nanos() > 0));
        Duration::from_secs(seconds).min(self.longest_change_pause).max(self.change_pause)
    }

    /// The pause after so many failed evaluations, or attempts, in a row.
    #[must_use]
    pub fn after_failures(&self, failures: u32) -> Duration {
        doubled(self.failure_pause, failures, self.longest_failure_pause)
    }

    /// The pause after so many attempts, from 1, that ended by themselves and left subjects open.
    #[must_use]
    pub fn after_open_attempts(&self, attempts: u32) -> Duration {
        doubled(self.open_pause, attempts.saturating_sub(1), self.longest_open_pause)
    }

    /// The pause after a failed pass that was preceded by so many in a row.
    #[must_use]
    pub fn after_failed_passes(&self, before: u32) -> Duration {
        doubled(self.pass_pause, before, self.longest_pass_pause)
    }

    /// The pause before a try of an effect, of which there were so many, from 1.
    #[must_use]
    pub fn before_effect(&self, tries: u32) -> Duration {
        doubled(self.effect_retry, tries.saturating_sub(1), Duration::MAX)
    }

    /// The pause before a try of a request, of which there were so many; none before the first.
    #[must_use]
    pub fn before_request(&self, tries: u32) -> Duration {
        if tries == 0 { Duration::ZERO } else { doubled(self.request_pause, tries - 1, Duration::MAX) }
    }
}

fn doubled(pause: Duration, times: u32, longest: Duration) -> Duration {
    pause.saturating_mul(2_u32.saturating_pow(times)).min(longest)
}

#[cfg(test)]
mod tests;
