use super::*;
use crate::api::reasons::Reason;
use crate::api::{ProcessingStatus, TaskResult};
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

fn facts<'a>(employment: &'a Employment, result: Option<&'a SubjectResult>) -> ClosedPerson<'a> {
    ClosedPerson {
        result,
        has_changed: false,
        employment,
        hire: Some("before"),
        elsewhere: &[],
        is_enabled: Some(false),
        enabled_since: None,
        as_of: at(20),
    }
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
    let mut uncertain = result(Canceled, Canceled, Some(12));
    uncertain.tasks[0].reason = Some(Reason::Uncertain.to_string());
    let with_errors = result(CompletedWithErrors, Failed, Some(12));
    let base = facts(&employment, Some(&done));
    let cases = [
        ("queued", &leaving, facts(&employment, Some(&queued)), true),
        ("at work", &leaving, facts(&employment, Some(&at_work)), true),
        ("failed", &leaving, facts(&employment, Some(&failed)), true),
        (
            "failed, and the account is enabled",
            &leaving,
            ClosedPerson { is_enabled: Some(true), ..facts(&employment, Some(&failed)) },
            true,
        ),
        ("canceled before it began", &leaving, facts(&employment, Some(&denied)), false),
        ("canceled in the middle", &leaving, facts(&employment, Some(&in_the_middle)), true),
        ("canceled after a task of which nobody knows whether it was done", &leaving, facts(&employment, Some(&uncertain)), true),
        ("done", &leaving, base, true),
        ("done, and opened again by hand", &leaving, ClosedPerson { is_enabled: Some(true), ..base }, false),
        (
            "done with an error, the account still enabled",
            &leaving,
            ClosedPerson { is_enabled: Some(true), ..facts(&employment, Some(&with_errors)) },
            true,
        ),
        (
            "done with an error, seen disabled, then enabled",
            &leaving,
            ClosedPerson { is_enabled: Some(true), enabled_since: Some(at(15)), ..facts(&employment, Some(&with_errors)) },
            false,
        ),
        ("done, its slice is gone", &leaving, facts(&employment, None), true),
        (
            "done, its slice is gone, and the account is enabled",
            &leaving,
            ClosedPerson { is_enabled: Some(true), ..facts(&employment, None) },
            false,
        ),
        ("another value now", &leaving, ClosedPerson { has_changed: true, ..base }, false),
        (
            "by a membership, another hire date, not yet come",
            &group,
            ClosedPerson { hire: Some("anew"), ..facts(&later, Some(&done)) },
            true,
        ),
        (
            "by a membership, another hire date, which has come",
            &group,
            ClosedPerson { hire: Some("anew"), ..facts(&anew, Some(&done)) },
            false,
        ),
        ("by a membership, the same hire date", &group, facts(&anew, Some(&done)), true),
        ("for inactivity", &state, base, true),
        ("for inactivity, and signed in since", &state, ClosedPerson { has_changed: true, ..base }, true),
        ("for inactivity, and opened again by hand", &state, ClosedPerson { is_enabled: Some(true), ..base }, false),
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
    let spares = |facts: &ClosedPerson<'_>| closer(&group, facts).map(|closer| closer.spares_the_hire);
    assert_eq!(spares(&ClosedPerson { hire: Some("anew"), ..facts(&later, None) }), Some(true));
    assert_eq!(spares(&facts(&later, None)), Some(false), "the hire date is the one that it closed");
}

#[test]
fn a_return_that_another_directory_knows_of_is_one() {
    let without_dates = Employment::read(DateReading::Absent, DateReading::Absent, &DatesSeen::default());
    let left = Employment::read(DateReading::Absent, known("1970-01-12"), &DatesSeen::default());
    let (before, soon, back, far) = (hired("1970-01-05"), hired("1970-01-11"), hired("1970-01-15"), hired("1970-02-01"));
    let leaving = closing(LEAVE_DATE, Closing::Leaving, EntryState::Planned);
    let group = closing("group:staff", Closing::Leaving, EntryState::Planned);
    // (what, the row, its own directory's dates, the hire date elsewhere and its digest, it stands and spares the hire)
    let cases = [
        ("no hire date there", &group, &without_dates, (&without_dates, None), Some(false)),
        ("the hire date that was left", &group, &without_dates, (&before, Some("anew")), Some(false)),
        ("the return to come", &group, &without_dates, (&far, Some("anew")), Some(true)),
        ("the return that has come", &group, &without_dates, (&back, Some("anew")), None),
        ("a hire date that was known at the plan", &group, &without_dates, (&back, Some("before")), Some(false)),
        ("by a leave date: the return to come", &leaving, &left, (&far, Some("anew")), Some(true)),
        ("by a leave date: the return that has come", &leaving, &left, (&back, Some("anew")), None),
        ("by a leave date: hired before it", &leaving, &left, (&soon, Some("anew")), Some(false)),
        ("its own directory cannot be read", &leaving, &without_dates, (&without_dates, None), Some(false)),
    ];
    for (what, row, own, (employment, hire), expected) in cases {
        let elsewhere = [Dated { employment, hire }];
        let facts = ClosedPerson { elsewhere: &elsewhere, ..facts(own, None) };
        assert_eq!(closer(row, &facts).map(|closer| closer.spares_the_hire), expected, "{what}");
    }
}

#[test]
fn by_which_leave_date_somebody_has_left() {
    let none = Employment::read(DateReading::Absent, DateReading::Absent, &DatesSeen::default());
    let left = Employment::read(DateReading::Absent, known("1970-01-12"), &DatesSeen::default());
    let stays = Employment::read(DateReading::Absent, known("1970-02-12"), &DatesSeen::default());
    let (before, back, far) = (hired("1970-01-05"), hired("1970-01-15"), hired("1970-02-01"));
    // (what, the dates, those elsewhere, whether they have left, and joiner work of the hire is spared)
    let cases: [(&str, &Employment, &[&Employment], Option<bool>); 8] = [
        ("no leave date", &none, &[], None),
        ("one to come", &stays, &[], None),
        ("one that has come", &left, &[], Some(false)),
        ("elsewhere nothing is known", &left, &[&none], Some(false)),
        ("elsewhere hired before", &left, &[&before], Some(false)),
        ("elsewhere hired again, to come", &left, &[&before, &far], Some(true)),
        ("elsewhere hired again, and back", &left, &[&back], None),
        ("only elsewhere: that is its own question", &none, &[&left], None),
    ];
    for (what, employment, elsewhere, expected) in cases {
        let found = left_by(employment, elsewhere.iter().copied(), at(20));
        assert_eq!(found.as_ref().map(|left| left.spares_the_hire), expected, "{what}");
        assert!(found.is_none_or(|left| left.value == "1970-01-12"), "{what}");
    }
}
