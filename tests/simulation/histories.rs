//! Histories of one person's two dates: before, on and after each other, written together, in either order, late, moved,
//! cleared and restored. Who can sign in on which day is compared with an oracle that knows nothing of keys, rows or
//! windows of evaluations, and says in its own words who must be able to work when.

#![expect(clippy::expect_used, reason = "a test ends by panicking, and so do its helpers")]

mod oracle;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tenure::sim::api::MemoryApi;

use super::scenarios::play::{NS, Play, joiner, leaver, timed};
use oracle::{History, State, Write};

/// Days that are played: until everybody who left on day 31 was deleted.
const DAYS: i64 = 66;

/// The first day of the play.
fn day_zero() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day")
}

fn date(day: i64) -> NaiveDate {
    day_zero() + TimeDelta::days(day)
}

/// The instant of a day at which records are written, or people looked at.
fn hour(day: i64, hour: u32) -> DateTime<Utc> {
    date(day).and_hms_opt(hour, 0, 0).expect("an hour").and_utc()
}

fn text(instant: DateTime<Utc>) -> String {
    instant.format("%m-%dT%H:%M").to_string()
}

const HIRES: [Option<i64>; 5] = [None, Some(-400), Some(10), Some(12), Some(30)];
const LEAVES: [Option<i64>; 6] = [None, Some(-300), Some(9), Some(10), Some(11), Some(29)];

fn pairs() -> Vec<(Option<i64>, Option<i64>)> {
    HIRES.into_iter().flat_map(|hire| LEAVES.into_iter().map(move |leave| (hire, leave))).collect()
}

/// Every pair of dates followed by every other, on one of two days; of some the first is restored later.
fn histories() -> Vec<History> {
    let pairs = pairs();
    let mut histories = Vec::new();
    for (number, first) in pairs.iter().enumerate() {
        for (other, second) in pairs.iter().enumerate() {
            // Neighbours in time and in the lists are alike: every third is tried.
            let salt = number * 7 + other;
            if salt % 3 != 0 {
                continue;
            }
            let when = if salt % 2 == 0 { 8 } else { 20 };
            let mut writes = vec![Write::of(0, *first), Write::of(when, *second)];
            if salt % 5 == 0 {
                writes.push(Write::of(33, *first));
            }
            histories.push(History { writes });
        }
    }
    // Contracts of one day: which date is written first does not matter, but that nobody comes back from nowhere does.
    let (end, both) = ((None, Some(10)), (Some(10), Some(10)));
    histories.push(History { writes: vec![Write::of(0, end), Write::of(8, both)] });
    histories.push(History { writes: vec![Write::of(0, (None, None)), Write::of(5, end), Write::of(8, both)] });
    histories.push(History {
        writes: vec![Write::of(0, (None, None)), Write::of(5, end), Write::of(8, both), Write::of(20, (Some(30), Some(10)))],
    });
    histories.push(History { writes: vec![Write::of(0, (Some(-400), Some(10))), Write::of(8, both)] });
    histories
}

fn record(write: &Write, enabled: bool) -> String {
    let date = |name: &str, day: Option<i64>| day.map(|day| format!("{name}: \"{}\", ", date(day))).unwrap_or_default();
    format!(
        "{{{}{}initialAccount: {{accountEnabled: {enabled}}}}}",
        date("employeeHireDate", write.hire),
        date("employeeLeaveDateTime", write.leave)
    )
}

fn look(api: &MemoryApi, name: &str) -> State {
    let Some(account) = api.get("Account", NS, name) else { return State::Disabled };
    match (account["spec"]["deletedAt"].is_null(), account["spec"]["accountEnabled"].as_bool()) {
        (false, _) => State::Deleted,
        (true, Some(true)) => State::Enabled,
        (true, _) => State::Disabled,
    }
}

type Seen = Arc<Mutex<BTreeMap<(usize, i64), State>>>;

/// Plays all histories in one tenant, and notes who can sign in at noon of each day.
fn play(histories: &[History]) -> BTreeMap<(usize, i64), State> {
    let deletion = timed("leaver", "employeeLeaveDateTime", 30, "tasks: [{name: delete, deleteUser: {}}]");
    let until = hour(DAYS, 18);
    let mut play = Play::new("03-01", &text(until))
        .workflow("join", &joiner(0))
        .workflow("leave", &leaver(0))
        .workflow("delete", &deletion)
        .schedule("{interval: 3h, directory: people, historyLimits: {days: 3650}}");
    for (number, history) in histories.iter().enumerate() {
        let (name, enabled) = (format!("p{number}"), history.works_at_first());
        for write in &history.writes {
            let record = record(write, enabled);
            play = if write.day == 0 { play.user(&name, &record) } else { play.user_at(&text(hour(write.day, 9)), &name, &record) };
        }
    }
    let seen = Seen::default();
    for day in 0..DAYS {
        let (seen, count) = (Arc::clone(&seen), histories.len());
        play = play.act(&text(hour(day, 12)), move |api| {
            let mut seen = seen.lock().expect("nobody panics while looking");
            seen.extend((0..count).map(|number| ((number, day), look(api, &format!("p{number}")))));
        });
    }
    drop(play.run_broken());
    let seen = seen.lock().expect("nobody panics while looking");
    seen.clone()
}

#[test]
fn who_can_work_when() {
    let histories = histories();
    assert!(histories.len() >= 300, "{} histories show little", histories.len());
    let seen = play(&histories);
    let mut wrong = Vec::new();
    for (number, history) in histories.iter().enumerate() {
        let expected = history.states(DAYS);
        let found: Vec<State> = (0..DAYS).map(|day| seen[&(number, day)]).collect();
        if let Some(day) = (0..expected.len()).find(|day| expected[*day] != found[*day]) {
            wrong.push(format!("p{number} {history}: on day {day} {:?}, not {:?}", found[day], expected[day]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} histories are wrong:\n{}", wrong.len(), histories.len(), wrong.join("\n"));
}
