use super::*;
use crate::api::TaskResult;
use crate::domain::dates::DateValue;
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

fn result(processing_status: ProcessingStatus, reason: &str) -> SubjectResult {
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
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
    let (release, cancel) =
        (|reason: &str| Release::Release(reason.to_owned()), |reason: &str| Release::CancelAndRelease(reason.to_owned()));
    let disabled = Some(reasons::WORKFLOW_DISABLED);
    // (the row, its result, the workflow is stopped, the date is another, what follows)
    let cases = [
        (Planned, Some(result(Queued, "")), None, false, Release::Keep),
        (Planned, Some(result(Queued, "")), None, true, cancel(CHANGED)),
        (Planned, Some(result(Queued, "")), disabled, false, cancel(reasons::WORKFLOW_DISABLED)),
        (Planned, Some(result(Queued, "")), disabled, true, cancel(reasons::WORKFLOW_DISABLED)),
        (Planned, Some(result(InProgress, "")), disabled, true, Release::Keep),
        (Planned, Some(result(Completed, "")), disabled, false, Release::Keep),
        (Planned, Some(result(Completed, "")), None, true, release(CHANGED)),
        (Planned, Some(result(Failed, reasons::SUBJECT_NOT_FOUND)), None, false, Release::Keep),
        (Planned, Some(result(Canceled, reasons::OUT_OF_SCOPE)), None, false, release(reasons::OUT_OF_SCOPE)),
        (Planned, Some(result(Canceled, reasons::PLAN_EXPIRED)), None, false, release(reasons::PLAN_EXPIRED)),
        (Planned, Some(result(Canceled, reasons::WORKFLOW_DELETED)), None, false, release(reasons::WORKFLOW_DELETED)),
        (Planned, Some(result(Canceled, reasons::CANCELED_BY_REQUEST)), None, false, Release::Keep),
        (Planned, Some(result(Canceled, reasons::SUPERSEDED)), None, false, Release::Keep),
        // A failed task is no reason to do it again.
        (Planned, Some(result(Failed, reasons::OUT_OF_SCOPE)), None, false, Release::Keep),
        // The slice is gone with its Run.
        (Planned, None, disabled, false, Release::Keep),
        (Planned, None, None, true, release(CHANGED)),
        (Missed, None, None, false, Release::Keep),
        (Missed, None, None, true, release(CHANGED)),
        (Superseded, None, None, true, release(CHANGED)),
        (Released, None, None, true, Release::Keep),
    ];
    for (state, result, stopped, changed, wanted) in cases {
        let row = dated(state);
        let person = person(&[(HIRED, known(if changed { "2026-03-11" } else { WAS }))]);
        let facts = Facts { row: &row, lineage: Some(LINEAGE), person: Some(&person), result: result.as_ref(), stopped };
        assert_eq!(decide(&facts, &keys()), wanted, "{state:?} {result:?} {stopped:?} changed: {changed}");
    }
    let own = LedgerEntry { subject: String::new(), attribute: String::new(), ..dated(Planned) };
    let facts = Facts { row: &own, lineage: None, person: None, result: Some(&result(Queued, "")), stopped: disabled };
    assert_eq!(decide(&facts, &keys()), Release::Keep, "nothing of a Run on demand becomes due again");
}

#[test]
fn what_a_leaver_took_the_place_of_is_freed_with_it() {
    let leaver = |state| LedgerEntry { category: Category::Leaver, ..row(1, "leaver", state) };
    let begun = |status| SubjectResult {
        tasks: vec![TaskResult { processing_status: status, ..TaskResult::default() }],
        ..result(Canceled, reasons::SUPERSEDED)
    };
    let joiner = row(1, "joiner", Released);
    // (what, the row that it names, its own state, its result, it is freed)
    let cases = [
        ("it had not been planned", Some(leaver(Released)), Superseded, None, true),
        ("it was claimed, and no task had ended", Some(leaver(Released)), Superseded, Some(begun(InProgress)), true),
        ("its tasks were canceled with it", Some(leaver(Released)), Superseded, Some(begun(Canceled)), true),
        ("a task had been done", Some(leaver(Released)), Superseded, Some(begun(Completed)), false),
        ("a task had failed", Some(leaver(Released)), Superseded, Some(begun(Failed)), false),
        ("the leaver stands", Some(leaver(Planned)), Superseded, None, false),
        ("the leaver is not known", None, Superseded, None, false),
        ("what it names is no leaver's", Some(joiner), Superseded, None, false),
        ("it is not superseded", Some(leaver(Released)), Missed, None, false),
    ];
    for (what, leaver, state, result, freed) in cases {
        assert_eq!(frees(leaver.as_ref(), &row(1, "k", state), result.as_ref()), freed, "{what}");
    }
}
