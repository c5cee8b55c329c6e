use super::*;
use crate::api::TaskResult;
use crate::domain::employment::DatesSeen;
use crate::domain::ledger::row;
use crate::domain::subject::known;

fn at(day: u32) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::TimeDelta::days(i64::from(day))
}

fn closing(attribute: &str, closes: Closing, state: EntryState) -> LedgerEntry {
    LedgerEntry {
        attribute: attribute.to_owned(),
        closes: Some(closes),
        hire: Some("before".to_owned()),
        due: at(10),
        at: at(10),
        ..row(1, "k", state)
    }
}

fn result(status: ProcessingStatus, task: ProcessingStatus, completed: Option<u32>) -> SubjectResult {
    SubjectResult {
        processing_status: status,
        completed_date_time: completed.map(at),
        tasks: vec![TaskResult { processing_status: task, ..TaskResult::default() }],
        ..SubjectResult::default()
    }
}

fn works() -> Employment {
    Employment::read(known("1970-01-01"), DateReading::Absent, &DatesSeen { begun_at: Some(DateTime::UNIX_EPOCH), ..DatesSeen::default() })
}

fn hired(day: &str) -> Employment {
    Employment::read(known(day), DateReading::Absent, &DatesSeen { begun_at: Some(DateTime::UNIX_EPOCH), ..DatesSeen::default() })
}

fn facts<'a>(employment: &'a Employment, result: Option<&'a SubjectResult>) -> Facts<'a> {
    Facts { result, has_changed: false, employment, hire: Some("before"), is_enabled: Some(false), enabled_since: None, as_of: at(20) }
}

#[test]
fn what_closes_an_account_stands() {
    use ProcessingStatus::{Canceled, Completed, CompletedWithErrors, Failed, InProgress, Queued};
    let (employment, later, anew) = (works(), hired("1970-02-01"), hired("1970-01-15"));
    let leaving = closing(LEAVE_DATE, Closing::Leaving, EntryState::Planned);
    let group = closing("group:staff", Closing::Leaving, EntryState::Planned);
    let state = closing("inactivity", Closing::State, EntryState::Planned);
    let done = result(Completed, Completed, Some(12));
    let queued = result(Queued, Queued, None);
    let (at_work, failed) = (result(InProgress, InProgress, None), result(Failed, Failed, Some(12)));
    let (denied, in_the_middle) = (result(Canceled, Canceled, Some(12)), result(Canceled, Completed, Some(12)));
    let with_errors = result(CompletedWithErrors, Failed, Some(12));
    let base = facts(&employment, Some(&done));
    let cases = [
        ("queued", &leaving, facts(&employment, Some(&queued)), true),
        ("at work", &leaving, facts(&employment, Some(&at_work)), true),
        ("failed", &leaving, facts(&employment, Some(&failed)), true),
        ("failed, and the account is enabled", &leaving, Facts { is_enabled: Some(true), ..facts(&employment, Some(&failed)) }, true),
        ("canceled before it began", &leaving, facts(&employment, Some(&denied)), false),
        ("canceled in the middle", &leaving, facts(&employment, Some(&in_the_middle)), true),
        ("done", &leaving, base, true),
        ("done, and opened again by hand", &leaving, Facts { is_enabled: Some(true), ..base }, false),
        (
            "done with an error, the account still enabled",
            &leaving,
            Facts { is_enabled: Some(true), ..facts(&employment, Some(&with_errors)) },
            true,
        ),
        (
            "done with an error, seen disabled, then enabled",
            &leaving,
            Facts { is_enabled: Some(true), enabled_since: Some(at(15)), ..facts(&employment, Some(&with_errors)) },
            false,
        ),
        ("done, its slice is gone", &leaving, facts(&employment, None), true),
        (
            "done, its slice is gone, and the account is enabled",
            &leaving,
            Facts { is_enabled: Some(true), ..facts(&employment, None) },
            false,
        ),
        ("another value now", &leaving, Facts { has_changed: true, ..base }, false),
        ("by a membership, another hire date, not yet come", &group, Facts { hire: Some("anew"), ..facts(&later, Some(&done)) }, true),
        ("by a membership, another hire date, which has come", &group, Facts { hire: Some("anew"), ..facts(&anew, Some(&done)) }, false),
        ("by a membership, the same hire date", &group, facts(&anew, Some(&done)), true),
        ("for inactivity", &state, base, true),
        ("for inactivity, and signed in since", &state, Facts { has_changed: true, ..base }, true),
        ("for inactivity, and opened again by hand", &state, Facts { is_enabled: Some(true), ..base }, false),
        ("missed", &closing(LEAVE_DATE, Closing::Leaving, EntryState::Missed), base, false),
        ("released", &closing(LEAVE_DATE, Closing::Leaving, EntryState::Released), base, false),
        ("closes nothing", &LedgerEntry { closes: None, ..leaving.clone() }, base, false),
    ];
    for (what, row, facts, expected) in cases {
        assert_eq!(stands(row, &facts), expected, "{what}");
    }
}

#[test]
fn the_joiner_work_of_a_return_is_spared() {
    let later = hired("1970-02-01");
    let group = closing("group:staff", Closing::Leaving, EntryState::Planned);
    let spares = |facts: &Facts<'_>| closer(&group, facts).map(|closer| closer.spares_the_hire);
    assert_eq!(spares(&Facts { hire: Some("anew"), ..facts(&later, None) }), Some(true));
    assert_eq!(spares(&facts(&later, None)), Some(false), "the hire date is the one that it closed");
}
