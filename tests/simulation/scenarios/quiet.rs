//! Ticks in which nothing can happen may be left out, because leaving them out changes nothing.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::Value;

use super::end::{End, text};
use super::play::{Play, at, joiner, leaver, mover};

/// One person: what their record says at first, and each time that it is changed.
#[derive(Clone, Debug)]
struct Person {
    records: Vec<(i64, Record)>,
}

/// A record, in days from the beginning. None: not in it.
#[derive(Clone, Debug)]
struct Record {
    hired: Option<i64>,
    leaves: Option<i64>,
    signed_in: Option<i64>,
    department: usize,
}

impl Record {
    fn spec(&self) -> String {
        let day = |days: i64| (at("03-10") + TimeDelta::hours(days * 24 + 7)).to_rfc3339();
        let mut fields = vec![
            format!("department: {}", ["Sales", "Lab", "Board"][self.department]),
            "initialAccount: {accountEnabled: false}".to_owned(),
        ];
        fields.extend(self.hired.map(|days| format!("employeeHireDate: \"{}\"", &day(days)[..10])));
        fields.extend(self.leaves.map(|days| format!("employeeLeaveDateTime: \"{}\"", day(days))));
        fields.extend(self.signed_in.map(|days| format!("lastSuccessfulSignInDateTime: \"{}\"", day(days))));
        format!("{{{}}}", fields.join(", "))
    }
}

fn record() -> impl Strategy<Value = Record> {
    (proptest::option::of(-6_i64..10), proptest::option::of(-6_i64..11), proptest::option::of(-12_i64..8), 0_usize..3)
        .prop_map(|(hired, leaves, signed_in, department)| Record { hired, leaves, signed_in, department })
}

fn person() -> impl Strategy<Value = Person> {
    proptest::collection::vec((0_i64..9 * 24 * 60, record()), 1..4).prop_map(|mut records| {
        records.sort_by_key(|(minute, _)| *minute);
        Person { records }
    })
}

/// What happens to a workflow at a minute.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Disabled,
    Offset(i32),
    Window,
    Deleted,
    Limit(i32),
}

fn edit() -> impl Strategy<Value = (i64, Edit)> {
    let what = prop_oneof![
        Just(Edit::Disabled),
        (-3_i32..4).prop_map(Edit::Offset),
        Just(Edit::Window),
        Just(Edit::Deleted),
        (1_i32..4).prop_map(Edit::Limit)
    ];
    (0_i64..9 * 24 * 60, what)
}

fn schedule() -> impl Strategy<Value = String> {
    let interval = (1_u32..25).prop_map(|hours| format!("interval: {hours}h"));
    let cron = (0_u32..60, 1_u32..7).prop_map(|(minute, hours)| format!("cron: \"{minute} */{hours} * * *\", timeZone: Europe/Berlin"));
    let daily = (0_u32..24).prop_map(|hour| format!("cron: \"15 {hour} * * *\", timeZone: America/New_York"));
    let limit = proptest::option::of(1_i32..3).prop_map(|most| most.map(|most| format!(", limits: {{count: {most}}}")).unwrap_or_default());
    (prop_oneof![interval, cron, daily], any::<bool>(), 1_i32..6, limit).prop_map(|(cadence, on_change, days, limit)| {
        format!("{{{cadence}, directory: people, evaluateOnChange: {on_change}, historyLimits: {{days: {days}}}{limit}}}")
    })
}

const IDLE: &str = "{category: leaver, isSchedulingEnabled: true, executionConditions: {trigger: {userInactivity: {inactivityPeriodInDays: 9}}}, \
                    tasks: [{name: disable, disableUserAccount: {}}]}";

fn play(schedule: &str, people: &[Person], edits: &[(i64, Edit)], seed: u64, skip_quiet: bool) -> End {
    let mut play = Play::new("03-10", "03-20").schedule(schedule);
    play.options.seed = seed;
    play.options.skip_quiet = skip_quiet;
    play = play.workflow("joiner", &joiner(0)).workflow("leaver", &leaver(-1)).workflow("mover", &mover("Lab")).workflow("idle", IDLE);
    let when = |minute: i64| (at("03-10") + TimeDelta::minutes(minute)).format("%m-%dT%H:%M").to_string();
    for (index, person) in people.iter().enumerate() {
        for (minute, record) in &person.records {
            play = play.user_at(&when(*minute), &format!("p{index}"), &record.spec());
        }
    }
    let mut edits = edits.to_vec();
    edits.sort_by_key(|(minute, _)| *minute);
    for (minute, edit) in edits {
        let spec = match edit {
            Edit::Disabled => joiner(0).replace("isSchedulingEnabled: true", "isEnabled: false"),
            Edit::Offset(days) => joiner(days),
            Edit::Window => joiner(0).replacen('{', "{catchUpWindow: 12h, ", 1),
            Edit::Limit(most) => joiner(0).replacen('{', &format!("{{executionLimits: {{count: {most}}}, "), 1),
            Edit::Deleted => {
                play = play.delete_at(&when(minute), "Workflow", "joiner");
                play = play.object_at(&when(minute + 90), "Workflow", "joiner", &joiner(0));
                continue;
            }
        };
        play = play.object_at(&when(minute), "Workflow", "joiner", &spec);
    }
    // Who is held waits at the end, and that is no fault.
    let end = play.run_broken();
    let faults: Vec<String> = end.faults().into_iter().filter(|fault| !fault.ends_with("is queued")).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    end
}

/// The objects without what counts everybody's requests.
fn objects(end: &End) -> BTreeMap<String, Value> {
    let named = end.objects.iter().map(|object| {
        let mut object = object.clone();
        object["metadata"].as_object_mut().expect("metadata").remove("resourceVersion");
        // Which Users an evaluation read is told by a resource version, too.
        if let Some(users) = object["users"].as_object_mut() {
            users.remove("newest");
        }
        (format!("{} {}", text(&object, "/kind"), text(&object, "/metadata/name")), object)
    });
    named.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_objects_at_the_end_are_the_same_with_and_without_quiet_ticks(
        seed in 0_u64..1_000_000,
        schedule in schedule(),
        people in proptest::collection::vec(person(), 1..5),
        edits in proptest::collection::vec(edit(), 0..2),
    ) {
        println!("seed {seed} {schedule}");
        let (short, long) = (play(&schedule, &people, &edits, seed, true), play(&schedule, &people, &edits, seed, false));
        prop_assert!(short.requests <= long.requests, "leaving out ticks makes no more requests: {} {}", short.requests, long.requests);
        let (short, long) = (objects(&short), objects(&long));
        let differences: Vec<String> = short
            .iter()
            .filter(|(name, object)| long.get(*name) != Some(object))
            .map(|(name, object)| format!("{name}\n  {object}\n  {}", long.get(name).unwrap_or(&Value::Null)))
            .collect();
        prop_assert!(differences.is_empty(), "{}", differences.join("\n"));
        prop_assert_eq!(short.len(), long.len());
    }
}

#[test]
fn quiet_ticks_are_left_out_at_all() {
    let play = |skip_quiet: bool| {
        let mut play = Play::new("03-10", "03-24").workflow("joiner", &joiner(0)).user("ann", &super::play::hired("2026-03-22"));
        play.options.skip_quiet = skip_quiet;
        play.run()
    };
    let (short, long) = (play(true), play(false));
    assert_eq!(objects(&short), objects(&long));
    assert!(short.requests * 5 < long.requests, "{} {}", short.requests, long.requests);
}
