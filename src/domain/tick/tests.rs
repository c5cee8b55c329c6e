use chrono::TimeDelta;

use super::*;
use crate::api::TenantScheduleSpec;

/// Ticks at every full three hours; no splay, so that the table can be read.
fn three_hours() -> Schedule {
    Schedule::new(&Cadence::Interval { hours: 3 }, TimeDelta::zero()).unwrap()
}

/// 2026-01-05, so many seconds after noon, which is a tick.
fn at(seconds: i64) -> DateTime<Utc> {
    "2026-01-05T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

#[expect(clippy::unnecessary_wraps, reason = "the table has rows without a head")]
fn head(epoch: i64, sealed_epoch: i64, as_of: i64) -> Option<HeadFacts> {
    Some(HeadFacts { epoch, sealed_epoch, as_of: Some(at(as_of)), took: None, allocated_as_of: Some(at(as_of)), look_again_at: None })
}

/// The head after an evaluation that took so many milliseconds.
fn rested(as_of: i64, took: u64) -> Option<HeadFacts> {
    head(4, 4, as_of).map(|head| HeadFacts { took: Some(Duration::from_millis(took)), ..head })
}

fn job(number: i64, created: i64, finished: Option<i64>) -> JobFacts {
    JobFacts { number, uid: format!("uid-{number}"), created_at: at(created), finished_at: finished.map(at) }
}

fn start(number: i64, runs_only: bool) -> EvaluationDecision {
    EvaluationDecision::Start { number, runs_only, replaces: None }
}

fn wait(seconds: i64) -> EvaluationDecision {
    EvaluationDecision::Wait { until: Some(at(seconds)) }
}

const NEXT: i64 = 10_800;

/// What differs from a tenant without Jobs that was evaluated at noon and is looked at ten minutes later.
struct Row {
    what: &'static str,
    change: fn(&mut Input<'_>),
    jobs: Vec<JobFacts>,
    expected: EvaluationDecision,
}

fn row(what: &'static str, change: fn(&mut Input<'_>), jobs: &[JobFacts], expected: EvaluationDecision) -> Row {
    Row { what, change, jobs: jobs.to_vec(), expected }
}

fn check(rows: Vec<Row>) {
    let schedule = three_hours();
    for Row { what, change, jobs, expected } in rows {
        let mut input = Input {
            schedule: &schedule,
            timing: &Timing::PRODUCTION,
            suspend: false,
            head: head(4, 4, 0),
            jobs: &jobs,
            change: false,
            asked: false,
            unplanned: Unplanned::None,
            last_start: None,
            failures: 0,
            now: at(600),
        };
        change(&mut input);
        assert_eq!(decide_evaluation(&input), expected, "{what}");
    }
}

#[test]
fn ticks_and_changes() {
    check(vec![
        row("nothing to do", |_| {}, &[], wait(NEXT)),
        row("first evaluation", |input| input.head = None, &[], start(1, false)),
        row(
            "head without as-of",
            |input| input.head = Some(HeadFacts { epoch: 1, sealed_epoch: 1, ..HeadFacts::default() }),
            &[],
            start(2, false),
        ),
        row("the tick of the last as-of itself is done", |input| input.now = at(0), &[], wait(NEXT)),
        row("a second before the tick", |input| input.now = at(NEXT - 1), &[], wait(NEXT)),
        row("at the tick", |input| input.now = at(NEXT), &[], start(5, false)),
        row("four days without evaluation: one", |input| input.now = at(4 * 86_400), &[], start(5, false)),
        row("a change", |input| input.change = true, &[], start(5, false)),
        row("a change right after", |input| (input.change, input.now) = (true, at(4)), &[], wait(5)),
        row("a change a little later", |input| (input.change, input.now) = (true, at(5)), &[], start(5, false)),
        row("a change right after our own start", |input| (input.change, input.last_start) = (true, Some(at(597))), &[], wait(602)),
        row("a change right after a Job's start", |input| input.change = true, &[job(4, 597, Some(599))], wait(602)),
        row("suspended", |input| (input.suspend, input.change, input.now) = (true, true, at(NEXT)), &[], EvaluationDecision::Suspended),
        row("the clock went back", |input| input.now = at(-1), &[], EvaluationDecision::ClockBehind { as_of: at(0) }),
    ]);
}

/// How long a change waits that comes right after an evaluation.
#[test]
fn a_change_waits_for_ten_times_what_the_last_evaluation_took() {
    check(vec![
        row("it took a moment", |input| (input.change, input.head) = (true, rested(597, 200)), &[], wait(602)),
        row("nobody says how long it took", |input| (input.change, input.head) = (true, head(4, 4, 597)), &[], wait(602)),
        row("it took its time", |input| (input.change, input.head) = (true, rested(590, 3_000)), &[], wait(620)),
        row("parts of a second count", |input| (input.change, input.head) = (true, rested(590, 1_234)), &[], wait(603)),
        row("that is over", |input| (input.change, input.head) = (true, rested(570, 3_000)), &[], start(5, false)),
        row("its pod was pending", |input| (input.change, input.head) = (true, rested(597, 200)), &[job(4, 297, Some(599))], wait(602)),
        row(
            "the pod was pending of one that took its time",
            |input| (input.change, input.head) = (true, rested(590, 3_000)),
            &[job(4, 290, Some(595))],
            wait(620),
        ),
        row("it took ten minutes: an hour at most", |input| (input.change, input.head) = (true, rested(0, 600_000)), &[], wait(3_600)),
        row("an hour is over", |input| (input.change, input.head, input.now) = (true, rested(0, 600_000), at(3_600)), &[], start(5, false)),
        row("it took for ever", |input| (input.change, input.head) = (true, rested(0, u64::MAX)), &[], wait(3_600)),
        row(
            "the tick is nearer",
            |input| (input.change, input.head, input.now) = (true, rested(NEXT - 60, 50_000), at(NEXT - 1)),
            &[],
            wait(NEXT),
        ),
        row(
            "the tick does not wait",
            |input| (input.change, input.head, input.now) = (true, rested(NEXT - 60, 50_000), at(NEXT)),
            &[],
            start(5, false),
        ),
        row("nothing changed", |input| input.head = rested(590, 3_000), &[], wait(NEXT)),
    ]);
}

/// A person who asks waits for what is under way, and for what has just begun, and not for the tenant's rest.
#[test]
fn who_asks_by_hand_waits_for_no_rest() {
    check(vec![
        row("nothing is in the way", |input| input.asked = true, &[], start(5, false)),
        row("it took its time", |input| (input.asked, input.head) = (true, rested(590, 3_000)), &[], start(5, false)),
        row("it took an hour", |input| (input.asked, input.head) = (true, rested(0, 3_600_000)), &[], start(5, false)),
        row("one has just begun", |input| (input.asked, input.head) = (true, rested(597, 3_000)), &[], wait(602)),
        row("this process has just begun one", |input| (input.asked, input.last_start) = (true, Some(at(597))), &[], wait(602)),
        row("its time is over", |input| (input.asked, input.head, input.now) = (true, rested(597, 3_000), at(602)), &[], start(5, false)),
        row(
            "a change beside it waits no longer",
            |input| (input.asked, input.change, input.head) = (true, true, rested(590, 3_000)),
            &[],
            start(5, false),
        ),
        row("one is under way", |input| input.asked = true, &[job(5, 5, None)], EvaluationDecision::Running { number: 5 }),
        row("suspended", |input| (input.asked, input.suspend) = (true, true), &[], EvaluationDecision::Suspended),
        row("the last one failed", |input| (input.asked, input.head) = (true, head(5, 4, 0)), &[job(5, 590, Some(595))], wait(605)),
        row(
            "a tick comes first",
            |input| (input.asked, input.head, input.now) = (true, rested(NEXT - 2, 3_000), at(NEXT)),
            &[],
            start(5, false),
        ),
        row(
            "a new Run, while one has just begun",
            |input| (input.asked, input.head, input.unplanned) = (true, rested(597, 3_000), Unplanned::New),
            &[],
            start(5, true),
        ),
    ]);
}

/// The head after an evaluation that took so long, and that wants another one at 650.
fn looks_again(as_of: i64, took: u64) -> Option<HeadFacts> {
    rested(as_of, took).map(|head| HeadFacts { look_again_at: Some(at(650)), ..head })
}

#[test]
fn a_change_that_must_first_be_still_is_looked_at_again() {
    check(vec![
        row("not yet", |input| input.head = looks_again(590, 200), &[], wait(650)),
        row("it is", |input| (input.head, input.now) = (looks_again(590, 200), at(650)), &[], start(5, false)),
        row("a change in between", |input| (input.head, input.change) = (looks_again(590, 200), true), &[], start(5, false)),
        row("a busy tenant rests", |input| (input.head, input.now) = (looks_again(590, 10_000), at(650)), &[], wait(690)),
        row("and looks then", |input| (input.head, input.now) = (looks_again(590, 10_000), at(690)), &[], start(5, false)),
    ]);
}

#[test]
fn what_else_has_begun_before_a_change() {
    check(vec![
        row(
            "an evaluation for Runs only, a moment ago",
            |input| (input.change, input.head, input.last_start) = (true, rested(0, 200), Some(at(598))),
            &[],
            wait(603),
        ),
        row(
            "the same, of another process",
            |input| {
                let before = rested(0, 200).unwrap();
                (input.change, input.head) = (true, Some(HeadFacts { allocated_as_of: Some(at(598)), ..before }));
            },
            &[],
            wait(603),
        ),
        row(
            "the same, while a busy tenant rests",
            |input| (input.change, input.head, input.last_start) = (true, rested(590, 3_000), Some(at(598))),
            &[],
            wait(620),
        ),
        row(
            "a new Run while a busy tenant rests",
            |input| (input.change, input.head, input.unplanned) = (true, rested(590, 3_000), Unplanned::New),
            &[],
            start(5, true),
        ),
        row(
            "one that failed, while a busy tenant rests",
            |input| {
                let before = rested(500, 30_000).unwrap();
                (input.change, input.head) = (true, Some(HeadFacts { epoch: 5, ..before }));
            },
            &[job(5, 590, Some(595))],
            wait(605),
        ),
    ]);
}

#[test]
fn runs() {
    check(vec![
        row("a new Run", |input| input.unplanned = Unplanned::New, &[], start(5, true)),
        row(
            "a new Run before a change may ask",
            |input| (input.unplanned, input.change, input.now) = (Unplanned::New, true, at(3)),
            &[],
            start(5, true),
        ),
        row("a new Run and a change", |input| (input.unplanned, input.change) = (Unplanned::New, true), &[], start(5, false)),
        row("a new Run at a tick", |input| (input.unplanned, input.now) = (Unplanned::New, at(NEXT)), &[], start(5, false)),
        row("a new Run before the first evaluation", |input| (input.unplanned, input.head) = (Unplanned::New, None), &[], start(1, false)),
        row("a Run that was left without a plan", |input| (input.unplanned, input.now) = (Unplanned::Again, at(299)), &[], wait(300)),
        row(
            "a Run that was left without a plan, later",
            |input| (input.unplanned, input.now) = (Unplanned::Again, at(300)),
            &[],
            start(5, true),
        ),
    ]);
}

#[test]
fn never_two_at_a_time() {
    check(vec![
        row(
            "one is under way",
            |input| (input.change, input.now) = (true, at(NEXT)),
            &[job(5, 5, None)],
            EvaluationDecision::Running { number: 5 },
        ),
        row(
            "its epoch is allocated",
            |input| (input.head, input.now) = (head(5, 4, 0), at(NEXT)),
            &[job(5, 5, None)],
            EvaluationDecision::Running { number: 5 },
        ),
        row("suspended meanwhile", |input| input.suspend = true, &[job(5, 5, None)], EvaluationDecision::Running { number: 5 }),
        row("only an ended one", |input| input.now = at(NEXT), &[job(4, 0, Some(9))], start(5, false)),
    ]);
}

#[test]
fn failures() {
    let replaced = |number: i64| EvaluationDecision::Start { number, runs_only: false, replaces: Some(format!("uid-{number}")) };
    check(vec![
        row(
            "ended before it allocated",
            |input| (input.now, input.failures) = (at(NEXT + 10), 1),
            &[job(5, NEXT, Some(NEXT + 3))],
            wait(NEXT + 13),
        ),
        row(
            "the same, waited: the old Job goes first",
            |input| (input.now, input.failures) = (at(NEXT + 13), 1),
            &[job(5, NEXT, Some(NEXT + 3))],
            replaced(5),
        ),
        row("the same after a restart of the controller", |input| input.now = at(NEXT + 8), &[job(5, NEXT, Some(NEXT + 3))], replaced(5)),
        row(
            "one unsealed epoch",
            |input| (input.head, input.now) = (head(5, 4, 0), at(NEXT + 12)),
            &[job(5, NEXT, Some(NEXT + 3))],
            wait(NEXT + 13),
        ),
        row(
            "one unsealed epoch, waited",
            |input| (input.head, input.now) = (head(5, 4, 0), at(NEXT + 13)),
            &[job(5, NEXT, Some(NEXT + 3))],
            start(6, false),
        ),
        row(
            "three unsealed epochs",
            |input| (input.head, input.now) = (head(7, 4, 0), at(NEXT + 42)),
            &[job(7, NEXT, Some(NEXT + 3))],
            wait(NEXT + 43),
        ),
        row(
            "many unsealed epochs",
            |input| (input.head, input.now) = (head(400, 4, 0), at(NEXT + 200)),
            &[job(400, NEXT, Some(NEXT + 3))],
            wait(NEXT + 303),
        ),
        row("unsealed, no Job left, long ago", |input| (input.head, input.now) = (head(5, 4, 0), at(NEXT)), &[], start(6, false)),
        row(
            "failure of a Run's evaluation",
            |input| (input.head, input.unplanned) = (head(5, 4, 0), Unplanned::New),
            &[job(5, 590, Some(595))],
            wait(605),
        ),
        row(
            "failure of an evaluation that a change had asked for",
            |input| (input.head, input.change, input.last_start) = (head(5, 4, 0), true, Some(at(590))),
            &[job(5, 590, Some(595))],
            wait(605),
        ),
        row(
            "a failure that a later seal has healed",
            |input| input.now = at(NEXT),
            &[job(3, 0, Some(NEXT - 1)), job(4, 0, Some(5))],
            start(5, false),
        ),
    ]);
}

#[test]
fn pauses_double_up_to_five_minutes() {
    for (failures, seconds) in [(0, 5), (1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 300), (7, 300), (u32::MAX, 300)] {
        assert_eq!(Timing::PRODUCTION.after_failures(failures), std::time::Duration::from_secs(seconds), "{failures} failures");
    }
}

#[test]
fn cadences() {
    let rows = [
        ("{}", Ok(())),
        (r#"{"interval": "1h"}"#, Ok(())),
        (r#"{"interval": "24h"}"#, Ok(())),
        (r#"{"interval": "25h"}"#, Err("spec.interval")),
        (r#"{"interval": "90m"}"#, Err("spec.interval")),
        (r#"{"interval": "soon"}"#, Err("spec.interval")),
        (r#"{"cron": "0 6 * * 1-5", "timeZone": "Europe/Berlin"}"#, Ok(())),
        (r#"{"cron": "0 6 * * 1-5"}"#, Ok(())),
        (r#"{"cron": "0 0 30 2 *"}"#, Err("spec.cron")),
        (r#"{"cron": "0 0 0 30 2 *"}"#, Err("spec.cron")),
        (r#"{"cron": "0 6 * * *", "timeZone": "Mars/Olympus"}"#, Err("spec.timeZone")),
    ];
    for (spec, expected) in rows {
        let spec: TenantScheduleSpec = serde_json::from_str(spec).unwrap();
        let result = ticks("acme", &spec).map(|_| ()).map_err(|error| error.to_string());
        match expected {
            Ok(()) => assert_eq!(result, Ok(()), "{spec:?}"),
            Err(field) => assert!(result.clone().is_err_and(|error| error.starts_with(field)), "{spec:?}: {result:?}"),
        }
    }
}
