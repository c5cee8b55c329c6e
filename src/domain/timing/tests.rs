use super::*;
use crate::domain::schedule::MIN_INTERVAL_HOURS;

type Holds = fn(&Timing) -> bool;

/// What somebody's argument needs, a way to break it, and how it holds.
struct Inequality {
    what: &'static str,
    holds: Holds,
    broken: fn(&mut Timing),
}

fn is_whole(time: Duration) -> bool {
    time.subsec_nanos() == 0 && time >= GRAIN
}

/// The pauses of a request that is tried as often as any is.
fn request_pauses(timing: &Timing) -> Duration {
    (0..REQUEST_TRIES).map(|tries| timing.before_request(tries)).sum()
}

/// For the claims of executions: who acts on what others may take over.
const CLAIMS: [Inequality; 11] = [
    Inequality {
        what: "an effect that begins on the last instant of trust is over before the claim's life, with an instant cut to its second",
        holds: |t| t.trust + t.effect + GRAIN < t.claim_life,
        broken: |t| t.trust += Duration::from_secs(9),
    },
    Inequality {
        what: "a runner that nobody sees has as long as its claim",
        holds: |t| t.unseen_pause >= t.claim_life,
        broken: |t| t.unseen_pause /= 2,
    },
    Inequality {
        what: "a renewal may fail and the next one still comes within trust",
        holds: |t| t.renewal * 2 < t.trust,
        broken: |t| t.renewal = t.trust / 2,
    },
    Inequality {
        what: "a request that is tried again and again pauses for less than trust",
        holds: |t| request_pauses(t) < t.trust,
        broken: |t| t.request_pause *= 4,
    },
    Inequality {
        what: "no silence that is borne outlasts an effect",
        holds: |t| t.request_timeout <= t.effect,
        broken: |t| t.request_timeout *= 2,
    },
    Inequality {
        what: "a leaver looks often while it waits for an owner",
        holds: |t| t.settle_look * 10 <= t.claim_life,
        broken: |t| t.settle_look = t.claim_life,
    },
    Inequality {
        what: "what was seen is believed no longer than a claim that nobody has renewed",
        holds: |t| t.sight <= t.trust,
        broken: |t| t.sight = t.trust * 2,
    },
    Inequality {
        what: "an attempt looks often at what it waits for",
        holds: |t| t.wait * 10 <= t.patience,
        broken: |t| t.wait = t.patience,
    },
    Inequality {
        what: "who waits for other work outlasts a claim that nobody ends",
        holds: |t| t.patience > t.claim_life * 2,
        broken: |t| t.patience = t.claim_life,
    },
    Inequality {
        what: "an attempt ends by itself before its Job is ended",
        holds: |t| t.claim_life + t.patience < t.execution_deadline,
        broken: |t| t.execution_deadline = t.patience,
    },
    Inequality {
        what: "what is compared with stored instants is in their seconds",
        holds: |t| {
            let attempts = [t.claim_life, t.unseen_pause, t.open_pause, t.longest_open_pause, t.failure_pause, t.longest_failure_pause];
            let others = [
                t.change_pause,
                t.longest_change_pause,
                t.ask_again_pause,
                t.place_life,
                t.place_look,
                t.clock_look,
                t.obstacle_look,
                t.blind_look,
                t.keep_pause,
                t.said_after,
                t.stalled_after,
                t.settle_pause,
                t.stillness,
            ];
            attempts.into_iter().chain(others).chain([t.pass_pause, t.longest_pass_pause]).all(is_whole)
        },
        broken: |t| t.claim_life += Duration::from_millis(1),
    },
];

/// For evaluations, passes, Jobs and the lease.
const OTHERS: [Inequality; 22] = [
    Inequality {
        what: "the lease is renewed before it is given up",
        holds: |t| t.lease.retry < t.lease.renew_deadline && !t.lease.retry.is_zero(),
        broken: |t| t.lease.retry = t.lease.renew_deadline,
    },
    Inequality {
        what: "the holder gives the lease up before others take it",
        holds: |t| t.lease.renew_deadline < t.lease.duration,
        broken: |t| t.lease.renew_deadline = t.lease.duration,
    },
    Inequality {
        what: "so it does where its clock is a tenth too slow and theirs a tenth too fast",
        holds: |t| t.lease.renew_deadline * 11 < t.lease.duration * 9,
        broken: |t| t.lease.renew_deadline = t.lease.duration * 9 / 10,
    },
    Inequality {
        what: "a renewal of the lease may fail and the next one still comes in time",
        holds: |t| t.lease.retry * 2 < t.lease.renew_deadline,
        broken: |t| t.lease.retry = t.lease.renew_deadline / 2,
    },
    Inequality {
        what: "a leader that crashed is followed within 15 s: its last renewal may be seen a look late, and its end, too",
        holds: |t| t.lease.duration + t.lease.look() * 2 < Duration::from_secs(15),
        broken: |t| t.lease.duration *= 2,
    },
    Inequality {
        what: "a leader that is asked to end is followed within 2 s",
        holds: |t| t.drain + t.lease.look() < Duration::from_secs(2),
        broken: |t| t.drain *= 10,
    },
    Inequality {
        what: "a Lease says its duration in whole seconds, and none is cut off",
        holds: |t| is_whole(t.lease.duration),
        broken: |t| t.lease.duration -= Duration::from_millis(1),
    },
    Inequality {
        what: "pauses after attempts grow",
        holds: |t| t.open_pause <= t.longest_open_pause,
        broken: |t| t.longest_open_pause = Duration::ZERO,
    },
    Inequality {
        what: "pauses after failures grow",
        holds: |t| t.failure_pause <= t.longest_failure_pause,
        broken: |t| t.longest_failure_pause = Duration::ZERO,
    },
    Inequality {
        what: "pauses after evaluations grow",
        holds: |t| t.change_pause <= t.longest_change_pause,
        broken: |t| t.longest_change_pause = Duration::ZERO,
    },
    Inequality {
        what: "no change waits longer than the shortest interval of a schedule",
        holds: |t| t.longest_change_pause <= GRAIN * MIN_INTERVAL_HOURS * 3_600,
        broken: |t| t.longest_change_pause *= 2,
    },
    Inequality {
        what: "pauses after failed passes grow",
        holds: |t| t.pass_pause <= t.longest_pass_pause,
        broken: |t| t.longest_pass_pause = Duration::ZERO,
    },
    Inequality {
        what: "who waits for a place asks often while another has it",
        holds: |t| t.place_look * 5 <= t.place_life,
        broken: |t| t.place_look = t.place_life,
    },
    Inequality {
        what: "an evaluation that waits for Workflows is not taken for one that does not start",
        holds: |t| t.settle_pause < t.stalled_after,
        broken: |t| t.settle_pause = t.stalled_after,
    },
    Inequality {
        what: "a Job that does not start is complained of before its deadline takes it away",
        holds: |t| t.stalled_after <= t.shortest_evaluation_deadline,
        broken: |t| t.stalled_after *= 2,
    },
    Inequality {
        what: "what keeps a Job from starting is said within 15 s, and before it stalls anybody",
        holds: |t| t.said_after + t.pass_pause < Duration::from_secs(15) && t.said_after < t.stalled_after,
        broken: |t| t.said_after = Duration::from_secs(15),
    },
    Inequality {
        what: "deadlines of evaluations are an interval",
        holds: |t| t.shortest_evaluation_deadline <= t.evaluation_deadline,
        broken: |t| t.evaluation_deadline = Duration::ZERO,
    },
    Inequality {
        what: "an ended Job stays until whoever waited longest for it has read it",
        holds: |t| t.claim_life < t.job_life,
        broken: |t| t.job_life = t.claim_life,
    },
    Inequality {
        what: "many beats may be missed before the loop counts as dead",
        holds: |t| t.beat * 10 <= t.pulse_life,
        broken: |t| t.beat = t.pulse_life,
    },
    Inequality {
        what: "a loop that stands still has let go of the lease before its process counts as dead, and not for a few missed beats",
        holds: |t| t.beat * 5 <= t.loop_silence && t.loop_silence + t.lease.retry < t.pulse_life,
        broken: |t| t.loop_silence = t.pulse_life,
    },
    Inequality {
        what: "a tenant's loop sleeps no longer than a runner is waited for",
        holds: |t| t.shortest_sleep < t.longest_sleep && t.longest_sleep <= t.unseen_pause,
        broken: |t| t.longest_sleep = t.unseen_pause * 2,
    },
    Inequality {
        what: "a watch is borne for longer than the server lets it live",
        holds: |t| t.watch_timeout > Duration::from_secs(290),
        broken: |t| t.watch_timeout = Duration::from_secs(290),
    },
];

fn violations(timing: &Timing) -> Vec<&'static str> {
    CLAIMS.iter().chain(&OTHERS).filter(|inequality| !(inequality.holds)(timing)).map(|inequality| inequality.what).collect()
}

#[test]
fn every_inequality_holds_for_every_scale() {
    assert_eq!(Timing::scaled(1), Some(Timing::PRODUCTION));
    for divisor in 1..=Timing::MOST_DIVISOR {
        assert_eq!(violations(&Timing::scaled(divisor).unwrap()), Vec::<&str>::new(), "divided by {divisor}");
    }
}

#[test]
fn every_inequality_can_fail() {
    for Inequality { what, broken, .. } in CLAIMS.iter().chain(&OTHERS) {
        let mut timing = Timing::PRODUCTION;
        broken(&mut timing);
        assert!(violations(&timing).contains(what), "{what}");
    }
}

#[test]
fn only_those_divisors_are_allowed_for_which_the_margin_of_a_claim_is_more_than_a_second() {
    for divisor in [0, Timing::MOST_DIVISOR + 1, 60, u32::MAX] {
        assert_eq!(Timing::scaled(divisor), None, "{divisor}");
    }
    let Timing { trust, effect, claim_life, .. } = Timing::PRODUCTION;
    let next = Timing::MOST_DIVISOR + 1;
    assert!((trust + effect) / next + GRAIN >= claim_life / next);
}

#[test]
fn a_sixth() {
    let (sixth, whole) = (Timing::scaled(6).unwrap(), Timing::PRODUCTION);
    assert_eq!((sixth.divisor, whole.divisor), (6, 1));
    let seconds = |times: &[Duration]| times.iter().map(Duration::as_secs).collect::<Vec<_>>();
    let claims = [sixth.trust, sixth.effect, sixth.renewal, sixth.claim_life, sixth.unseen_pause, sixth.patience];
    assert_eq!(seconds(&claims), [10, 3, 3, 15, 15, 100]);
    let evaluations = [sixth.change_pause, sixth.failure_pause, sixth.longest_failure_pause, sixth.ask_again_pause];
    assert_eq!(seconds(&evaluations), [1, 1, 50, 50]);
    // What says that it does not scale.
    let fixed = |t: &Timing| {
        let loops = [
            t.longest_sleep,
            t.shortest_sleep,
            t.beat,
            t.pulse_life,
            t.loop_silence,
            t.drain,
            t.schema_pause,
            t.pass_pause,
            t.stalled_after,
        ];
        let others = [t.said_after, t.effect_retry, t.report_period, t.settle_pause, t.connect_timeout, t.watch_timeout, t.job_life];
        (loops, others, t.lease, [t.execution_deadline, t.evaluation_deadline, t.shortest_evaluation_deadline])
    };
    assert_eq!(fixed(&sixth), fixed(&whole));
}

#[test]
fn a_tenant_rests_for_ten_times_what_its_evaluation_took() {
    for (took, seconds) in [(0, 5), (200, 5), (500, 5), (501, 6), (1_234, 13), (60_000, 600), (360_000, 3_600), (u64::MAX, 3_600)] {
        assert_eq!(Timing::PRODUCTION.after_evaluation(Duration::from_millis(took)), Duration::from_secs(seconds), "{took} ms");
    }
    assert_eq!(Timing::PRODUCTION.after_evaluation(Duration::MAX), Duration::from_secs(3_600));
    let sixth = Timing::scaled(6).unwrap();
    assert_eq!([0, 1_000, 600_000].map(|took| sixth.after_evaluation(Duration::from_millis(took)).as_secs()), [1, 10, 600]);
}

#[test]
fn pauses_double_up_to_their_longest() {
    type Row<'a> = (&'a str, fn(&Timing, u32) -> Duration, &'a [u64]);
    let timing = Timing::PRODUCTION;
    let rows: [Row<'_>; 4] = [
        ("evaluations that failed", Timing::after_failures, &[5, 10, 20, 40, 80, 160, 300, 300]),
        ("attempts that left subjects open", Timing::after_open_attempts, &[60, 60, 120, 240, 480, 960, 1_800, 1_800]),
        ("passes that failed", Timing::after_failed_passes, &[1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]),
        ("tries of an effect", Timing::before_effect, &[2, 2, 4]),
    ];
    for (what, pause, seconds) in rows {
        let found: Vec<u64> = (0..).map(|times| pause(&timing, times).as_secs()).take(seconds.len()).collect();
        assert_eq!(found, seconds, "{what}");
    }
    assert_eq!(timing.after_failures(u32::MAX), timing.longest_failure_pause);
    let requests: Vec<u128> = (0..REQUEST_TRIES).map(|tries| timing.before_request(tries).as_millis()).collect();
    assert_eq!(requests, [0, 500, 1_000, 2_000, 4_000, 8_000]);
}
