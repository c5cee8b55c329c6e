//! When a tenant is evaluated.

use chrono::{DateTime, TimeDelta, Utc};
use tenure::sim::api::MemoryApi;

use super::end::End;
use super::play::{NS, Play, at, hired, joiner};

/// A tick's Job is made and its pod started within this time; ticks of cron are splayed by less than a minute.
const SLACK: TimeDelta = TimeDelta::seconds(80);

fn assert_ticks(end: &End, expected: &[&str], what: &str) {
    // The first evaluation is that of a tenant that has never been evaluated.
    let as_ofs = &end.as_ofs[1..];
    let fits =
        as_ofs.len() == expected.len() && as_ofs.iter().zip(expected).all(|(as_of, tick)| *as_of >= at(tick) && *as_of < at(tick) + SLACK);
    assert!(fits, "{what}: expected {expected:?}, found {as_ofs:?}");
}

fn quiet_changes(spec: &str) -> String {
    format!("{{{spec}, directory: people, evaluateOnChange: false}}")
}

#[test]
fn an_interval_ticks_at_the_same_distance_for_ever() {
    let end =
        Play::new("03-10", "03-14").schedule(&quiet_changes("interval: 5h")).workflow("joiner", &joiner(0)).note_evaluations(30).run();
    let pauses: Vec<i64> = end.as_ofs.windows(2).skip(1).map(|pair| (pair[1] - pair[0]).num_seconds()).collect();
    assert!(pauses.len() >= 17 && pauses.iter().all(|pause| (pause - 5 * 3600).abs() < 60), "{pauses:?}");
}

#[test]
fn a_cron_time_that_the_clock_skips_is_made_up_for_and_one_shown_twice_counts_once() {
    let schedule = quiet_changes("cron: \"30 2 * * *\", timeZone: Europe/Berlin");
    let play = |from, until| Play::new(from, until).schedule(&schedule).workflow("joiner", &joiner(0)).note_evaluations(30).run();
    // 02:30 in Berlin: 01:30 UTC in winter, 00:30 in summer; on 29 March the clock goes from 02:00 to 03:00.
    let spring = play("03-27T12:00", "03-31T12:00");
    assert_ticks(&spring, &["03-28T01:30", "03-29T01:00", "03-30T00:30", "03-31T00:30"], "spring");
    // On 25 October it goes back from 03:00 to 02:00.
    let autumn = play("10-23T12:00", "10-27T12:00");
    assert_ticks(&autumn, &["10-24T00:30", "10-25T00:30", "10-26T01:30", "10-27T01:30"], "autumn");
}

#[test]
fn cron_with_steps_follows_the_wall_clock() {
    let schedule = quiet_changes("cron: \"0 */6 * * *\", timeZone: America/New_York");
    // New York: five hours behind UTC until 8 March, four from then on.
    let end = Play::new("03-07T13:00", "03-09T03:00").schedule(&schedule).workflow("joiner", &joiner(0)).note_evaluations(30).run();
    assert_ticks(&end, &["03-07T17:00", "03-07T23:00", "03-08T05:00", "03-08T10:00", "03-08T16:00", "03-08T22:00"], "New York");
}

#[test]
fn people_are_processed_at_the_ticks_of_cron() {
    let schedule = quiet_changes("cron: \"0 6 * * MON-FRI\", timeZone: Europe/Berlin");
    // Friday the 13th is worked; Saturday's joiner waits for Monday.
    let end = Play::new("03-11T12:00", "03-18")
        .schedule(&schedule)
        .workflow("joiner", &joiner(0))
        .user("ann", &hired("2026-03-13"))
        .user("bob", &hired("2026-03-14"))
        .run();
    for (who, tick) in [("ann", at("03-13T05:00")), ("bob", at("03-16T05:00"))] {
        let when = end.when("joiner", who);
        assert!(when.len() == 1 && when[0] >= tick && when[0] < tick + SLACK * 2, "{who}: {when:?}");
    }
}

#[test]
fn a_suspended_tenant_is_not_evaluated() {
    let spec = |suspend: bool| format!("{{interval: 3h, directory: people, suspend: {suspend}}}");
    let end = Play::new("03-10", "03-13")
        .schedule(&spec(false))
        .object_at("03-11T00:10", "TenantSchedule", "default", &spec(true))
        .object_at("03-12T12:10", "TenantSchedule", "default", &spec(false))
        .workflow("joiner", &joiner(0))
        .user("ann", &hired("2026-03-11T06:00:00Z"))
        .object_at("03-11T10:00", "Run", "r", "{source: {workflow: {name: joiner}}, subjects: {users: [bob]}}")
        .user("bob", "{}")
        .note_evaluations(10)
        .run();
    assert!(!end.as_ofs.iter().any(|as_of| *as_of > at("03-11T00:12") && *as_of < at("03-12T12:10")), "{:?}", end.as_ofs);
    assert_eq!(end.processed(), ["joiner ann completed 03-12", "joiner bob completed 03-12"]);
    assert_eq!(end.condition("TenantSchedule", "default", "Ready"), "Ready=True Scheduled");
    let suspended =
        Play::new("03-10", "03-11").schedule(&spec(true)).workflow("joiner", &joiner(0)).user("ann", &hired("2026-03-10")).run();
    assert_eq!(suspended.condition("TenantSchedule", "default", "Ready"), "Ready=True Suspended");
    assert_eq!(suspended.processed(), [""; 0]);
}

#[test]
fn a_change_is_evaluated_at_once_unless_that_is_switched_off() {
    for (on, soon) in [(true, TimeDelta::minutes(2)), (false, TimeDelta::hours(24))] {
        let schedule = format!("{{interval: 24h, directory: people, evaluateOnChange: {on}}}");
        let play = Play::new("03-10", "03-14").schedule(&schedule).workflow("joiner", &joiner(0)).note_evaluations(10);
        let end = play.user_at("03-11T10:00", "ann", &hired("2026-03-11")).run();
        let when = end.when("joiner", "ann");
        assert!(when.len() == 1 && when[0] >= at("03-11T10:00") && when[0] <= at("03-11T10:00") + soon, "{on}: {when:?}");
        let is_tick = |as_of: &&DateTime<Utc>| as_of.signed_duration_since(at("03-11T10:00")).num_seconds().abs() < 120;
        assert_eq!(end.as_ofs.iter().filter(is_tick).count(), usize::from(on), "{:?}", end.as_ofs);
    }
}

#[test]
fn many_changes_ask_for_at_most_one_evaluation_a_minute_and_all_are_seen() {
    let mut play =
        Play::new("03-10", "03-10T12:00").schedule("{interval: 24h, directory: people}").workflow("joiner", &joiner(0)).note_evaluations(1);
    for index in 0..30 {
        play = play.user_at(&format!("03-10T10:{:02}:{:02}", index / 6, index % 6 * 10), &format!("p{index:02}"), &hired("2026-03-10"));
    }
    let end = play.run();
    assert_eq!(end.processed().len(), 30);
    let ours: Vec<&DateTime<Utc>> = end.as_ofs.iter().filter(|as_of| **as_of > at("03-10T09:59") && **as_of < at("03-10T10:10")).collect();
    assert!(ours.len() <= 8, "{ours:?}");
    assert!(ours.windows(2).skip(1).all(|pair| *pair[1] - *pair[0] >= TimeDelta::seconds(55)), "{ours:?}");
}

#[test]
fn a_person_can_ask_for_an_evaluation() {
    let ask = |api: &MemoryApi| {
        let mut schedule = (*api.get("TenantSchedule", NS, "default").expect("the schedule")).clone();
        schedule["metadata"]["annotations"] = serde_json::json!({"tenure.dev/evaluate-now": "1"});
        api.put(&schedule).expect("stored");
    };
    let play = Play::new("03-10", "03-12").schedule(&quiet_changes("interval: 24h")).workflow("joiner", &joiner(0)).note_evaluations(10);
    let end = play.user_at("03-11T10:00", "ann", &hired("2026-03-11")).act("03-11T11:00", ask).run();
    let when = end.when("joiner", "ann");
    assert!(when.len() == 1 && when[0] >= at("03-11T11:00") && when[0] < at("03-11T11:02"), "{when:?} {:?}", end.as_ofs);
}
