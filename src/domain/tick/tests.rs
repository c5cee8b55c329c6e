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
    Some(HeadFacts { epoch, sealed_epoch, as_of: Some(at(as_of)), allocated_as_of: Some(at(as_of)), look_again_at: None })
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
        row("a change within the minute", |input| (input.change, input.now) = (true, at(59)), &[], wait(60)),
        row("a change a minute after", |input| (input.change, input.now) = (true, at(60)), &[], start(5, false)),
        row("a change within a minute of our own start", |input| (input.change, input.last_start) = (true, Some(at(590))), &[], wait(650)),
        row("a change within a minute of a Job's start", |input| input.change = true, &[job(4, 595, Some(597))], wait(655)),
        row(
            "a tick does not wait for the minute",
            |input| (input.change, input.now, input.last_start) = (true, at(NEXT), Some(at(NEXT - 5))),
            &[],
            start(5, false),
        ),
        row("suspended", |input| (input.suspend, input.change, input.now) = (true, true, at(NEXT)), &[], EvaluationDecision::Suspended),
        row("the clock went back", |input| input.now = at(-1), &[], EvaluationDecision::ClockBehind { as_of: at(0) }),
    ]);
}

#[test]
fn runs() {
    check(vec![
        row("a new Run", |input| input.unplanned = Unplanned::New, &[], start(5, true)),
        row(
            "a new Run within the minute of a change",
            |input| (input.unplanned, input.change, input.now) = (Unplanned::New, true, at(30)),
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
