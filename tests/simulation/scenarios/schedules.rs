//! When a tenant is evaluated.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tenure::sim::api::MemoryApi;

use super::end::{End, number, text};
use super::play::{NS, Play, at, hired, joiner, leaver, leaves};

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
fn many_changes_ask_for_an_evaluation_every_five_seconds_at_most_and_all_are_seen() {
    let mut play = Play::new("03-10", "03-10T12:00").schedule("{interval: 24h, directory: people}").workflow("joiner", &joiner(0));
    for index in 0..30 {
        play = play.user_at(&format!("03-10T10:00:{:02}", index * 2), &format!("p{index:02}"), &hired("2026-03-10"));
    }
    let end = play.note_each_evaluation("03-10T10:00", "03-10T10:05").run();
    assert_eq!(end.processed().len(), 30);
    let ours: Vec<&DateTime<Utc>> = end.as_ofs.iter().filter(|as_of| **as_of >= at("03-10T10:00")).collect();
    assert!((2..=14).contains(&ours.len()), "{ours:?}");
    assert!(ours.windows(2).all(|pair| *pair[1] - *pair[0] >= TimeDelta::seconds(5)), "{ours:?}");
}

/// What counts is how long the evaluation took and not how long its pod was waited for: that is 3 s here, the longest there is.
#[test]
fn a_leaver_who_is_typed_in_right_after_another_change_is_off_boarded_within_seconds() {
    let mut play = Play::new("03-10T09:58", "03-10T10:10").schedule("{interval: 24h, directory: people}").workflow("leaver", &leaver(0));
    // With this seed it is so for the first six evaluations.
    play.options.seed = 824;
    let typed = at("03-10T10:00:04");
    let end = play
        .user("ann", "{}")
        .user_at("03-10T10:00:00", "bob", "{}")
        .user_at("03-10T10:00:04", "ann", "{employeeLeaveDateTime: \"2026-03-10T10:00:01Z\"}")
        .note_each_evaluation("03-10T10:00", "03-10T10:10")
        .run();
    let first = end.as_ofs.iter().find(|as_of| **as_of >= at("03-10T10:00")).expect("the change of bob is evaluated");
    let before = typed - *first;
    assert!(
        before >= TimeDelta::zero() && before <= TimeDelta::seconds(1),
        "its pod has started late, and ann comes right after it: {first}"
    );
    // 5 s after the first evaluation began, a pod that evaluates and one that executes, and a second because instants are cut.
    let latest = *first + TimeDelta::seconds(5 + 3 + 3 + 1);
    let when = end.when("leaver", "ann");
    assert!(when.len() == 1 && when[0] >= typed && when[0] <= latest, "{when:?} {:?}", end.as_ofs);
    assert!(!end.account("ann").0);
}

/// As of when the tenant was evaluated, and how many milliseconds that took.
type Evaluations = BTreeMap<DateTime<Utc>, i64>;

/// The evaluations of an hour in which somebody's record changes every second, and of ten minutes after it. Every answer of the
/// API server takes so many milliseconds.
fn storm(latency: u64) -> Vec<(DateTime<Utc>, i64)> {
    let found: Arc<Mutex<Evaluations>> = Arc::default();
    let mut play = Play::new("03-10T09:50", "03-10T11:20").schedule("{interval: 24h, directory: people}").workflow("leaver", &leaver(0));
    play.options.latency = Duration::from_millis(latency);
    play = play.user("ann", "{}");
    for second in 0..4_200 {
        let found = Arc::clone(&found);
        let deed = move |api: &MemoryApi| {
            let head = api.get("TenantLedger", NS, "default").expect("the head");
            let as_of = head["asOf"].as_str().and_then(|text| text.parse().ok()).expect("an instant");
            let took = head["evaluationMilliseconds"].as_i64().expect("how long it took");
            found.lock().expect("nobody panics while noting").insert(as_of, took);
            if second < 3_600 {
                let mut user = (*api.get("User", NS, "ann").expect("the person")).clone();
                user["spec"]["jobTitle"] = format!("Clerk {second}").into();
                api.put(&user).expect("a sound record");
            }
        };
        play = play.act(&(at("03-10T10:00") + TimeDelta::seconds(second)).format("%m-%dT%H:%M:%S").to_string(), deed);
    }
    play.run();
    let found = found.lock().expect("nobody panics while noting");
    found.iter().filter(|(as_of, _)| **as_of >= at("03-10T10:00")).map(|(as_of, took)| (*as_of, *took)).collect()
}

#[test]
fn a_storm_of_changes_is_evaluated_for_a_tenth_of_the_time_and_to_its_last_change() {
    for latency in [0, 250] {
        let found = storm(latency);
        let pause = |took: i64| TimeDelta::milliseconds((took * 10).max(5_000));
        for pair in found.windows(2) {
            let [(as_of, took), (next, _)] = pair else { panic!("two of them") };
            assert!(*next - *as_of >= pause(*took), "{latency} ms: {took} ms at {as_of}, and the next one at {next}");
            // Nobody waits for longer than that, but for the pod and the controller's own requests.
            assert!(*next - *as_of <= pause(*took) + TimeDelta::seconds(10), "{latency} ms: {took} ms at {as_of}, and the next at {next}");
        }
        let least = found.iter().map(|(_, took)| *took).min().expect("evaluations");
        assert!(latency == 0 || least > 500, "they take their time: {least} ms");
        let most = TimeDelta::hours(1).num_milliseconds() / pause(least).num_milliseconds() + 2;
        assert!(found.len() > 10 && i64::try_from(found.len()).is_ok_and(|count| count <= most), "{latency} ms: {} of {most}", found.len());
        assert!(found.last().is_some_and(|(as_of, _)| *as_of >= at("03-10T10:59:59")), "the last change is evaluated: {:?}", found.last());
    }
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

#[test]
fn the_head_says_which_users_were_evaluated_and_when_the_next_one_leaves() {
    let end = Play::new("03-10", "03-14")
        .workflow("leaver", &leaver(0))
        .user("ann", &leaves("2026-06-20"))
        .user("bob", &leaves("2026-05-20"))
        .user("cid", &leaves("2026-04-20"))
        .delete_at("03-11T10:00", "User", "cid")
        .user_at("03-12T10:00", "ann", &leaves("2026-06-10"))
        .run();
    let newest = end.of_kind("User").filter_map(|user| text(user, "/metadata/resourceVersion").parse::<i64>().ok()).max();
    let head = end.object("TenantLedger", "default");
    assert_eq!((number(head, "/users/count"), Some(number(head, "/users/newest"))), (2, newest));
    assert_eq!(text(head, "/nextLeaverAt"), "2026-05-20T00:00:00Z");
}
