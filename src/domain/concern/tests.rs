use super::Concern::{ContractTooShort, DatesContradict, LeaveBeforeHire, LeaveDateUncovered};
use super::*;
use crate::domain::employment::DatesSeen;
use crate::domain::subject::DateReading::{Absent, Unknown};
use crate::domain::subject::{HIRE_DATE, known, person};
use crate::domain::trigger::Effects;
use crate::rule::Rule;

fn at(text: &str) -> DateTime<Utc> {
    format!("2026-{text}T00:00:00Z").parse().expect("an instant")
}

/// A date of 2026, or that instant of its day.
fn on(text: &str) -> DateReading {
    known(&format!("2026-{text}"))
}

fn seen(leave_changed_on: Option<&str>, begun: bool) -> DatesSeen {
    DatesSeen {
        first_seen_at: Some(at("01-01")),
        leave_changed_at: leave_changed_on.map(at),
        begun_at: begun.then(|| at("01-01")),
        ..DatesSeen::default()
    }
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

/// Hire date, leave date, what was seen of them.
type Dates = (DateReading, DateReading, DatesSeen);

/// What it is about; the dates; whether the account can be used; when closing work is due; as of when; what is found.
type Row = (&'static str, Dates, Option<bool>, &'static [&'static str], &'static str, &'static [Concern]);

#[test]
fn what_about_two_dates_somebody_should_look_at() {
    let plain = |hire: &str, leave: &str| (on(hire), on(leave), seen(None, true));
    let newcomer = |hire: &str, leave: &str| (on(hire), on(leave), seen(None, false));
    let conversion = || {
        let seen = DatesSeen { hire_changed_at: Some(at("01-20")), ..seen(None, true) };
        (on("03-10T12:00:00Z"), on("03-10T09:00:00Z"), seen)
    };
    let withdrawn = || (on("03-20"), on("03-10"), seen(Some("02-01"), false));
    let rows: Vec<Row> = vec![
        ("no leave date", (on("01-10"), Absent, seen(None, true)), YES, &[], "02-01", &[]),
        ("a leave date that cannot be read", (on("01-10"), Unknown, seen(None, true)), YES, &[], "02-01", &[]),
        ("covered", plain("01-10", "03-10"), YES, &["03-10"], "02-01", &[]),
        ("nobody closes", plain("01-10", "03-10"), YES, &[], "02-01", &[LeaveDateUncovered]),
        ("nobody closed", plain("01-10", "03-10"), YES, &[], "04-01", &[LeaveDateUncovered]),
        ("nobody closes, no hire date", (Absent, on("03-10"), seen(None, false)), YES, &[], "02-01", &[LeaveDateUncovered]),
        (
            "nobody closes, a hire date that cannot be read",
            (Unknown, on("03-10"), seen(None, true)),
            YES,
            &[],
            "02-01",
            &[LeaveDateUncovered],
        ),
        ("nobody knows whether it is open", plain("01-10", "03-10"), None, &[], "04-01", &[LeaveDateUncovered]),
        ("left, and is closed", plain("01-10", "03-10"), NO, &[], "04-01", &[]),
        ("is not let in yet", newcomer("03-01", "06-30"), NO, &[], "02-01", &[LeaveDateUncovered]),
        ("an earlier end before a return that has come", plain("03-20", "01-31"), YES, &[], "04-01", &[LeaveBeforeHire]),
        ("the same, covered", plain("03-20", "01-31"), YES, &["01-31"], "04-01", &[LeaveBeforeHire]),
        ("on the first day of it", plain("03-20", "01-31"), YES, &["01-31"], "03-20", &[LeaveBeforeHire]),
        ("the day before", plain("03-20", "01-31"), NO, &["01-31"], "03-19", &[]),
        ("leaves and returns", plain("05-01", "03-10"), YES, &["03-10"], "02-01", &[]),
        ("leaves and returns, nobody closes", plain("05-01", "03-10"), YES, &[], "02-01", &[LeaveDateUncovered]),
        ("leaves and goes on the next day, nobody needs to close", plain("03-11", "03-10"), YES, &[], "02-01", &[]),
        ("works nowhere and leaves first", newcomer("05-01", "03-10"), NO, &["03-10"], "02-01", &[DatesContradict]),
        (
            "a contract of one day that ends before it begins",
            (on("03-10T12:00:00Z"), on("03-10T09:00:00Z"), seen(None, false)),
            NO,
            &["03-11"],
            "02-01",
            &[DatesContradict],
        ),
        ("the same, later", (on("03-10T12:00:00Z"), on("03-10T09:00:00Z"), seen(None, false)), NO, &["03-11"], "03-11", &[]),
        ("a contract of one day at one instant", plain("03-10", "03-10"), NO, &["03-11"], "02-01", &[]),
        ("goes on within one day", conversion(), YES, &["03-10"], "02-01", &[]),
        ("went on within one day", conversion(), YES, &["03-10"], "03-11", &[]),
        ("a contract of one day", (on("03-10T09:00:00Z"), on("03-10T17:00:00Z"), seen(None, false)), NO, &["03-11"], "02-01", &[]),
        ("an offer that was taken back", withdrawn(), NO, &[], "02-02", &[]),
        ("an offer that was taken back, and nobody closes what is open", withdrawn(), YES, &[], "02-02", &[LeaveDateUncovered]),
        ("an offer that was taken back, on its day", withdrawn(), NO, &["03-10"], "03-20", &[]),
        ("closed seven days ahead, of a contract of five", newcomer("03-01", "03-06"), NO, &["02-27"], "02-01", &[ContractTooShort]),
        ("of seven", newcomer("03-01", "03-08"), NO, &["03-01"], "02-01", &[ContractTooShort]),
        ("of eight", newcomer("03-01", "03-09"), NO, &["03-02"], "02-01", &[]),
        ("one of two workflows does", newcomer("03-01", "03-06"), NO, &["03-06", "02-27"], "02-01", &[ContractTooShort]),
        ("while the contract lasts", newcomer("03-01", "03-06"), NO, &["02-27"], "03-05", &[ContractTooShort]),
        ("once it is over", newcomer("03-01", "03-06"), NO, &["02-27"], "03-06", &[]),
        ("a return is not a contract", plain("03-20", "03-10"), YES, &["03-03"], "02-01", &[]),
    ];
    for (what, (hire, leave, seen), is_enabled, closings, as_of, expected) in rows {
        let employment = Employment::read(hire, leave, &seen);
        let closings: Vec<_> = closings.iter().map(|day| at(day)).collect();
        let facts = LeavingPerson { employment: &employment, is_enabled, closings: &closings, as_of: at(as_of) };
        assert_eq!(decide(&facts), expected, "{what}");
    }
}

/// A workflow that is timed by a date, so many days after it.
fn workflow(category: crate::api::Category, attribute: &str, offset: i32, rule: Option<&str>, closes: bool) -> CompiledWorkflow {
    CompiledWorkflow {
        name: "w".to_owned(),
        lineage: "l".to_owned(),
        version: 1,
        category,
        scope: rule.map(|rule| Rule::parse(rule).expect("a rule")),
        trigger: Some(crate::domain::trigger::Trigger::Time { attribute: attribute.to_owned(), offset_in_days: offset, at: None }),
        window: chrono::TimeDelta::days(30),
        due_rule: String::new(),
        zone_attributes: Vec::new(),
        tasks: Effects { closes, ..Effects::default() },
    }
}

#[test]
fn which_workflows_cover_a_leave_date() {
    use crate::api::Category::{Leaver, Mover};
    let mut ann = person(&[(HIRE_DATE, on("03-01")), (LEAVE_DATE, on("06-30"))]);
    ann.attributes.set("department", "Sales");
    let rows = [
        ("a leaver workflow that closes", true, workflow(Leaver, LEAVE_DATE, 0, None, true)),
        ("earlier", true, workflow(Leaver, LEAVE_DATE, -7, None, true)),
        ("that closes nothing", false, workflow(Leaver, LEAVE_DATE, 0, None, false)),
        ("timed by another date", false, workflow(Leaver, HIRE_DATE, 0, None, true)),
        ("of another category", false, workflow(Mover, LEAVE_DATE, 0, None, true)),
        ("in its scope", true, workflow(Leaver, LEAVE_DATE, 0, Some("department eq 'Sales'"), true)),
        ("in another's", false, workflow(Leaver, LEAVE_DATE, 0, Some("department eq 'Legal'"), true)),
        ("in that of who can sign in", true, workflow(Leaver, LEAVE_DATE, 0, Some("accountEnabled eq true"), true)),
    ];
    for is_enabled in [true, false] {
        ann.attributes.set(ACCOUNT_ENABLED, is_enabled);
        let employment = Employment::of(&ann, &seen(None, false));
        for (what, covers, workflow) in &rows {
            let found = concerns(&ann, &employment, [workflow], at("02-01"));
            assert_eq!(found.is_empty(), *covers, "{what}, {is_enabled}: {found:?}");
        }
        assert_eq!(concerns(&ann, &employment, [], at("02-01")), [LeaveDateUncovered]);
    }
}
