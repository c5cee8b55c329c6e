use super::*;
use crate::api::{ProcessingStatus, TaskResult};
use crate::domain::dates::DateValue;
use crate::domain::employment::DatesSeen;
use crate::domain::keys::keys;
use crate::domain::ledger::row;
use crate::domain::subject::{DateReading, known, person};
use EntryState::{Missed, Planned, Released, Superseded};
use ProcessingStatus::{Canceled, Completed, Failed, InProgress, Queued};

const HIRED: &str = "employeeHireDate";
const LINEAGE: &str = "lineage";
const WAS: &str = "2026-03-10";

/// The row of the hire date [`WAS`].
fn dated(state: EntryState) -> LedgerEntry {
    let value = DateValue::parse(WAS).expect("a date").canonical();
    row(1, &keys().time_occurrence(LINEAGE, "s", HIRED, &value), state)
}

fn result(processing_status: ProcessingStatus, reason: impl Into<Option<Reason>>) -> SubjectResult {
    let reason = reason.into().map(|reason| reason.to_string());
    SubjectResult { processing_status, reason, ..SubjectResult::default() }
}

#[test]
fn a_value_has_changed_only_if_the_directory_says_so() {
    let date = dated(Planned);
    let change = LedgerEntry { sequence: Some(2), ..date.clone() };
    let on_demand = LedgerEntry { attribute: String::new(), ..date.clone() };
    let (same, other) = (person(&[(HIRED, known(WAS))]), person(&[(HIRED, known("2026-03-11"))]));
    let (cleared, unknown) = (person(&[(HIRED, DateReading::Absent)]), person(&[(HIRED, DateReading::Unknown)]));
    // (what, the row, the person, the lineage, it has changed)
    let cases = [
        ("the same date", &date, Some(&same), Some(LINEAGE), false),
        ("another date", &date, Some(&other), Some(LINEAGE), true),
        ("cleared", &date, Some(&cleared), Some(LINEAGE), true),
        ("no date in it", &date, Some(&unknown), Some(LINEAGE), false),
        ("the person is away", &date, None, Some(LINEAGE), false),
        ("the head does not know the workflow", &date, Some(&other), None, false),
        ("a change is no value", &change, Some(&other), Some(LINEAGE), false),
        ("on demand is no value", &on_demand, Some(&other), Some(LINEAGE), false),
    ];
    for (what, row, person, lineage, changed) in cases {
        assert_eq!(has_changed(row, person, lineage, &keys()), changed, "{what}");
    }
}

#[test]
fn what_becomes_due_again() {
    let (release, cancel) = (Release::Release, Release::CancelAndRelease);
    let disabled = Some(Reason::WorkflowDisabled);
    // (the row, its result, the workflow is stopped, the date is another, what follows)
    let cases = [
        (Planned, Some(result(Queued, None)), None, false, Release::Keep),
        (Planned, Some(result(Queued, None)), None, true, cancel(Reason::Changed)),
        (Planned, Some(result(Queued, None)), disabled, false, cancel(Reason::WorkflowDisabled)),
        (Planned, Some(result(Queued, None)), disabled, true, cancel(Reason::WorkflowDisabled)),
        (Planned, Some(result(InProgress, None)), disabled, true, Release::Keep),
        (Planned, Some(result(Completed, None)), disabled, false, Release::Keep),
        (Planned, Some(result(Completed, None)), None, true, release(Reason::Changed)),
        (Planned, Some(result(Failed, Reason::SubjectNotFound)), None, false, Release::Keep),
        (Planned, Some(result(Canceled, Reason::OutOfScope)), None, false, release(Reason::OutOfScope)),
        (Planned, Some(result(Canceled, Reason::PlanExpired)), None, false, release(Reason::PlanExpired)),
        (Planned, Some(result(Canceled, Reason::WorkflowDeleted)), None, false, release(Reason::WorkflowDeleted)),
        (Planned, Some(result(Canceled, Reason::CanceledByRequest)), None, false, Release::Keep),
        (Planned, Some(result(Canceled, Reason::Superseded)), None, false, Release::Keep),
        // Why somebody waits is no reason to let go.
        (Planned, Some(result(Queued, Reason::Unreadable)), None, false, Release::Keep),
        (Planned, Some(result(Queued, Reason::Changed)), None, false, Release::Keep),
        // A failed task is no reason to do it again.
        (Planned, Some(result(Failed, Reason::OutOfScope)), None, false, Release::Keep),
        // The slice is gone with its Run.
        (Planned, None, disabled, false, Release::Keep),
        (Planned, None, None, true, release(Reason::Changed)),
        (Missed, None, None, false, Release::Keep),
        (Missed, None, None, true, release(Reason::Changed)),
        (Superseded, None, None, true, release(Reason::Changed)),
        (Released, None, None, true, Release::Keep),
    ];
    for (state, result, stopped, changed, wanted) in cases {
        let row = dated(state);
        let person = person(&[(HIRED, known(if changed { "2026-03-11" } else { WAS }))]);
        let employment = Employment::of(&person, &DatesSeen::default());
        let facts = KnownRow { person: Some((&person, &employment)), result: result.as_ref(), stopped, ..facts(&row) };
        assert_eq!(decide(&facts, &keys()), wanted, "{state:?} {result:?} {stopped:?} changed: {changed}");
    }
    let own = LedgerEntry { subject: String::new(), attribute: String::new(), ..dated(Planned) };
    let queued = result(Queued, None);
    let facts = KnownRow { lineage: None, result: Some(&queued), stopped: disabled, ..facts(&own) };
    assert_eq!(decide(&facts, &keys()), Release::Keep, "nothing of a Run on demand becomes due again");
}

fn facts(row: &LedgerEntry) -> KnownRow<'_> {
    let as_of = "2026-04-01T00:00:00Z".parse().expect("an instant");
    KnownRow { row, lineage: Some(LINEAGE), person: None, deletes: false, result: None, stopped: None, leaves: None, as_of }
}

#[test]
fn who_was_let_in_for_a_return_that_is_none_any_more_is_closed_again() {
    let instant = |day: u32| format!("2026-03-{day:02}T06:00:00Z").parse().expect("an instant");
    let closed = LedgerEntry {
        category: Category::Leaver,
        attribute: LEAVE_DATE.to_owned(),
        closes: Some(crate::api::Closing::Leaving),
        at: instant(6),
        ..row(1, "k", Planned)
    };
    let let_in = |day| LedgerEntry { done: Some(instant(day)), ..dated(Released) };
    let (done, queued) = (result(Completed, None), result(Queued, None));
    let (gone, unread, back, later) = (DateReading::Absent, DateReading::Unknown, known("2026-03-20"), known("2026-03-01"));
    let closes_nothing = LedgerEntry { closes: None, ..closed.clone() };
    let cases = [
        ("the return was taken back", &closed, Some(&done), gone, vec![let_in(8)], true),
        ("and nobody reads the slice any more", &closed, None, gone, vec![let_in(8)], true),
        ("it was never a return", &closed, Some(&done), later, vec![let_in(8)], true),
        ("nobody had let them in", &closed, Some(&done), gone, vec![dated(Released)], false),
        ("they were let in before they left", &closed, Some(&done), gone, vec![let_in(2)], false),
        ("the return is another day", &closed, Some(&done), back, vec![let_in(8)], false),
        ("the hire date cannot be read", &closed, Some(&done), unread, vec![let_in(8)], false),
        ("it is closed again already", &closed, Some(&queued), gone, vec![let_in(8)], false),
        ("work that closes nothing", &closes_nothing, Some(&done), gone, vec![let_in(8)], false),
    ];
    for (what, row, result, hire, rows, expected) in cases {
        let person = person(&[(HIRED, hire), (LEAVE_DATE, known("2026-03-05"))]);
        let seen = DatesSeen { begun_at: Some(DateTime::UNIX_EPOCH), ..DatesSeen::default() };
        let employment = Employment::of(&person, &seen);
        assert_eq!(closes_again(row, result, &employment, rows.iter(), instant(10)), expected, "{what}");
    }
}

#[test]
fn what_the_dates_forbid_is_canceled_and_what_a_return_ends_is_released() {
    let seen = |begun: bool| DatesSeen {
        first_seen_at: Some(DateTime::UNIX_EPOCH),
        leave_changed_at: Some(DateTime::UNIX_EPOCH),
        begun_at: begun.then_some(DateTime::UNIX_EPOCH),
        ..DatesSeen::default()
    };
    let (queued, done) = (result(Queued, None), result(Completed, None));
    let leaver = |due: &str| LedgerEntry {
        category: Category::Leaver,
        attribute: LEAVE_DATE.to_owned(),
        key: keys().time_occurrence(LINEAGE, "s", LEAVE_DATE, WAS),
        due: format!("{due}T00:00:00Z").parse().expect("an instant"),
        ..row(1, "k", Planned)
    };
    let cancel = Release::CancelAndRelease;
    // (what, the row, the hire date, the person has begun, it deletes, its result, what follows)
    let cases = [
        ("leaver work before a return that is far", leaver("2026-03-11"), "2026-05-01", true, false, &queued, Release::Keep),
        (
            "leaver work that would be due after the return",
            leaver("2026-04-10"),
            "2026-04-05",
            true,
            false,
            &queued,
            cancel(Reason::Rehired),
        ),
        ("deletion before a return", leaver("2026-03-11"), "2026-05-01", true, true, &queued, cancel(Reason::Rehired)),
        (
            "leaver work that was not begun when the return came",
            leaver("2026-03-11"),
            "2026-03-30",
            true,
            false,
            &queued,
            cancel(Reason::Rehired),
        ),
        ("what was done, before the return", leaver("2026-03-11"), "2026-05-01", true, false, &done, Release::Keep),
        (
            "what was done, when the return has come",
            leaver("2026-03-11"),
            "2026-03-30",
            true,
            false,
            &done,
            Release::Release(Reason::Rehired),
        ),
        ("the hire was taken back: leaver work goes on", leaver("2026-03-11"), "2026-03-30", false, true, &queued, Release::Keep),
    ];
    for (what, row, hire, begun, deletes, result, wanted) in cases {
        let person = person(&[(HIRED, known(hire)), (LEAVE_DATE, known(WAS))]);
        let employment = Employment::of(&person, &seen(begun));
        let facts = KnownRow { person: Some((&person, &employment)), deletes, result: Some(result), ..facts(&row) };
        assert_eq!(decide(&facts, &keys()), wanted, "{what}");
    }
    let joiner = LedgerEntry { key: keys().time_occurrence(LINEAGE, "s", HIRED, "2026-03-30"), ..dated(Planned) };
    let person = person(&[(HIRED, known("2026-03-30")), (LEAVE_DATE, known(WAS))]);
    let employment = Employment::of(&person, &seen(false));
    let facts = KnownRow { person: Some((&person, &employment)), result: Some(&queued), ..facts(&joiner) };
    assert_eq!(decide(&facts, &keys()), cancel(Reason::HireWithdrawn));
}

#[test]
fn what_was_done_for_a_hire_that_was_taken_back_is_released_once() {
    let (person, done) = (person(&[(HIRED, known("2026-03-30")), (LEAVE_DATE, known(WAS))]), result(Completed, None));
    let joiner = LedgerEntry { key: keys().time_occurrence(LINEAGE, "s", HIRED, "2026-03-30"), ..dated(Planned) };
    let seen = |begun: bool| DatesSeen {
        first_seen_at: Some(DateTime::UNIX_EPOCH),
        leave_changed_at: Some(DateTime::UNIX_EPOCH),
        begun_at: begun.then_some(DateTime::UNIX_EPOCH),
        ..DatesSeen::default()
    };
    // (what, the row, the workflow is known, the person has begun, its result, what follows)
    let withdrawn = Release::Release(Reason::HireWithdrawn);
    let leaver = LedgerEntry { category: Category::Leaver, ..joiner.clone() };
    let of = |state| LedgerEntry { state, ..joiner.clone() };
    let cases = [
        ("let in, and taken back", &joiner, true, false, Some(&done), withdrawn.clone()),
        ("and nobody reads the slice any more", &joiner, true, false, None, withdrawn.clone()),
        ("missed, and taken back", &of(Missed), true, false, None, withdrawn.clone()),
        ("gave way, and taken back", &of(Superseded), true, false, None, withdrawn),
        ("let go once, and still taken back", &of(Released), true, false, None, Release::Keep),
        ("let in, and not taken back", &joiner, true, true, Some(&done), Release::Keep),
        ("leaver work of the hire date", &leaver, true, false, Some(&done), Release::Keep),
        ("the row that says that it was taken back", &of(Superseded), false, false, None, Release::Keep),
    ];
    for (what, row, is_known, begun, result, wanted) in cases {
        let employment = Employment::of(&person, &seen(begun));
        let lineage = is_known.then_some(LINEAGE);
        let facts = KnownRow { person: Some((&person, &employment)), lineage, result, ..facts(row) };
        assert_eq!(decide(&facts, &keys()), wanted, "{what}");
    }
}

#[test]
fn what_gave_way_is_freed_with_what_took_its_place() {
    let begun = |status| SubjectResult {
        tasks: vec![TaskResult { processing_status: status, ..TaskResult::default() }],
        ..result(Canceled, Reason::Superseded)
    };
    let claimed = SubjectResult { processing_status: InProgress, reason: None, ..begun(Queued) };
    let mut called_off = begun(Canceled);
    called_off.tasks[0].reason = Some(Reason::Uncertain.to_string());
    let over = Superseder { stands: false, is_leave_date: false, has_returned: false, is_hired_anew: false };
    let back = Superseder { is_leave_date: true, has_returned: true, is_hired_anew: true, ..over };
    let (joiner, mover) = (row(1, "k", Superseded), LedgerEntry { category: Category::Mover, ..row(1, "k", Superseded) });
    let planned = LedgerEntry { slice: Some("s-0".to_owned()), ..joiner.clone() };
    // (what, the row, what it gave way to, its result, it is freed)
    let cases = [
        ("it had not been planned", &joiner, over, None, Some(Reason::Changed)),
        ("its slice is not read any more: it was carried through", &planned, over, None, None),
        ("it was claimed, and no task had ended", &joiner, over, Some(begun(Queued)), Some(Reason::Changed)),
        ("it is under a claim that nobody has marked", &joiner, over, Some(claimed), None),
        ("a mail may have left", &joiner, over, Some(begun(InProgress)), None),
        ("a mail may have left before the rest was called off", &joiner, over, Some(called_off), None),
        ("its tasks were canceled with it", &joiner, over, Some(begun(Canceled)), Some(Reason::Changed)),
        ("a task had been done", &joiner, over, Some(begun(Completed)), None),
        ("a task had failed", &joiner, over, Some(begun(Failed)), None),
        ("what took its place stands", &joiner, Superseder { stands: true, ..over }, None, None),
        ("the hire date is another one now", &joiner, Superseder { is_hired_anew: true, ..over }, None, None),
        ("joiner work of the earlier employment, the person is back", &joiner, back, None, None),
        ("mover work of the time between, the person is back", &mover, back, None, Some(Reason::Rehired)),
        (
            "mover work that closing work of another attribute took the place of",
            &mover,
            Superseder { is_leave_date: false, ..back },
            None,
            None,
        ),
        (
            "the same, and the return was known when it gave way",
            &mover,
            Superseder { is_hired_anew: false, ..back },
            None,
            Some(Reason::Rehired),
        ),
        ("it did not give way", &row(1, "k", Missed), over, None, None),
    ];
    for (what, row, by, result, freed) in cases {
        assert_eq!(frees(row, by, result.as_ref()), freed, "{what}");
    }
}
