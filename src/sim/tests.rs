//! Whole simulations of a small tenant.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::Value;

use super::api::{Interceptor, RequestInfo, Verdict};
use super::{CONTROLLER, Death, Finished, Options, Simulation, load};

const TENANT: &str = r"
apiVersion: tenure.dev/v1alpha1
kind: Directory
metadata: {name: people, namespace: acme}
spec: {embedded: {}}
---
apiVersion: tenure.dev/v1alpha1
kind: Group
metadata: {name: everyone, namespace: acme}
spec: {displayName: Everyone}
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: joiner, namespace: acme}
spec:
  category: joiner
  isSchedulingEnabled: true
  executionConditions: {trigger: {timeBasedAttribute: {attribute: employeeHireDate, offsetInDays: 0}}}
  tasks:
    - {name: enable, enableUserAccount: {}}
    - {name: group, addUserToGroups: {groups: [everyone]}}
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: leaver, namespace: acme}
spec:
  category: leaver
  isSchedulingEnabled: true
  executionConditions: {trigger: {timeBasedAttribute: {attribute: employeeLeaveDateTime, offsetInDays: 0}}}
  tasks:
    - {name: disable, disableUserAccount: {}}
    - {name: groups, removeUserFromAllGroups: {}}
---
";

fn schedule(interval: u32, days: i64) -> String {
    let until = instant("2026-01-01T00:00:00Z") + TimeDelta::days(days);
    format!(
        "apiVersion: tenure.dev/v1alpha1\nkind: TenantSchedule\nmetadata:\n  name: default\n  namespace: acme\n  annotations:\n    \
         tenure.dev/simulate-from: \"2026-01-01T00:00:00Z\"\n    tenure.dev/simulate-until: \"{}\"\n\
         spec: {{interval: {interval}h, directory: people}}\n---\n",
        until.to_rfc3339()
    )
}

fn user(name: &str, at: Option<&str>, hired: &str, leaves: &str) -> String {
    let annotations = at.map(|at| format!("\n  annotations: {{tenure.dev/simulate-at: \"{at}\"}}")).unwrap_or_default();
    format!(
        "apiVersion: tenure.dev/v1alpha1\nkind: User\nmetadata:\n  name: {name}\n  namespace: acme{annotations}\n\
         spec: {{employeeHireDate: \"{hired}\", employeeLeaveDateTime: \"{leaves}\", initialAccount: {{accountEnabled: false}}}}\n---\n"
    )
}

fn two_weeks() -> String {
    let mut text = TENANT.to_owned() + &schedule(3, 14);
    text += &user("ava", None, "2026-01-03", "2026-01-10T12:00:00Z");
    text += &user("ben", None, "2026-01-05", "");
    text += &user("cleo", Some("2026-01-07T10:00:00Z"), "2026-01-06", "");
    text
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn simulation(text: &str, options: Options) -> Simulation {
    Simulation::new(load::parse("a.yaml", text).expect("documents"), options).expect("good documents")
}

fn play(text: &str, options: Options) -> Finished {
    simulation(text, options).run()
}

/// The objects by kind and name, without what counts requests.
fn objects(finished: &Finished) -> BTreeMap<(String, String), Value> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut objects = BTreeMap::new();
    for object in &finished.objects {
        let mut object = object.clone();
        let metadata = object["metadata"].as_object_mut().expect("metadata");
        metadata.remove("resourceVersion");
        // Which Users an evaluation read is told by a resource version, too.
        if let Some(users) = object["users"].as_object_mut() {
            users.remove("newest");
        }
        let key = (text(&object["kind"]), text(&object["metadata"]["name"]));
        assert!(objects.insert(key, object).is_none());
    }
    objects
}

/// Name, enabled, number of groups.
fn accounts(finished: &Finished) -> Vec<(String, bool, usize)> {
    let accounts = objects(finished).into_iter().filter(|((kind, _), _)| kind == "Account");
    let summary = accounts.map(|((_, name), account)| {
        let spec = &account["spec"];
        (name, spec["accountEnabled"] == true, spec["memberOf"].as_array().map_or(0, Vec::len))
    });
    summary.collect()
}

fn wanted() -> Vec<(String, bool, usize)> {
    vec![("ava".to_owned(), false, 0), ("ben".to_owned(), true, 1), ("cleo".to_owned(), true, 1)]
}

/// Every result by subject and workflow.
fn results(finished: &Finished) -> Vec<(String, String, String)> {
    let mut results = Vec::new();
    for slice in finished.objects.iter().filter(|object| object["kind"] == "RunSlice") {
        for result in slice["results"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            results.push((text(&result["subject"]), text(&slice["workflow"]), text(&result["processingStatus"])));
        }
    }
    results.sort();
    results
}

#[test]
fn people_join_and_leave() {
    let finished = play(&two_weeks(), Options::default());
    assert_eq!(finished.problems, [""; 0]);
    assert_eq!(accounts(&finished), wanted());
    let expected = [("ava", "joiner"), ("ava", "leaver"), ("ben", "joiner"), ("cleo", "joiner")];
    let expected: Vec<_> = expected.map(|(who, what)| (who.to_owned(), what.to_owned(), "completed".to_owned())).into();
    assert_eq!(results(&finished), expected);
    let text = super::report::text(&finished);
    assert!(text.contains("leaver v1: ava completed: disable, groups"), "{text}");
}

#[test]
fn a_seed_decides_names_and_delays_but_not_who_is_processed() {
    let seeded = |seed| play(&two_weeks(), Options { seed, ..Options::default() });
    assert_eq!(seeded(1).objects, seeded(1).objects);
    assert_ne!(objects(&seeded(1)), objects(&seeded(2)));
    assert_eq!(results(&seeded(1)), results(&seeded(2)));
}

#[test]
fn bad_input_is_found_before_the_start() {
    let text = two_weeks()
        + "apiVersion: tenure.dev/v1alpha1\nkind: Workflow\nmetadata:\n  name: joiner\n  namespace: acme\n  annotations: \
           {tenure.dev/simulate-at: \"2026-01-09T00:00:00Z\"}\nspec:\n  category: mover\n  tasks:\n    - name: a\n      enableAccount: {}\n";
    let first = text.lines().position(|line| line == "  category: mover").expect("the line") + 1;
    let documents = load::parse("a.yaml", &text).expect("documents");
    let problems = Simulation::new(documents, Options::default()).err().expect("problems");
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let wanted = format!("a.yaml:{}:7: Workflow acme/joiner: unknown field spec.tasks[0].enableAccount", first + 3);
    assert_eq!(problems, [wanted]);
    let strange = text.replace(
        "  annotations: {tenure.dev/simulate-at: \"2026-01-09",
        "  lables: {}\n  annotations: {tenure.dev/simulate-at: \"2026-01-09",
    );
    let strange = strange.replace("      enableAccount: {}\n", "      enableUserAccount: {}\nstatus: {colour: red}\n");
    let documents = load::parse("a.yaml", &strange).expect("documents");
    let problems = Simulation::new(documents, Options::default()).err().expect("problems");
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, [format!("a.yaml:{}:3: Workflow acme/joiner: unknown field metadata.lables", first - 2)]);
    let text = text.replace("enableAccount: {}", "addUserToGroups: {groups: [everyone]}");
    let documents = load::parse("a.yaml", &text).expect("documents");
    let problems = Simulation::new(documents, Options::default()).err().expect("problems");
    let problem = problems.first().map(ToString::to_string).unwrap_or_default();
    assert!(problem.starts_with(&format!("a.yaml:{first}:13: ")) && problem.contains("category is immutable"), "{problems:?}");
}

#[test]
fn the_end_must_come_after_the_beginning() {
    let options = Options { from: Some(instant("2026-02-01T00:00:00Z")), ..Options::default() };
    assert!(Simulation::new(load::parse("a.yaml", &two_weeks()).expect("documents"), options).is_err());
}

/// Lets one process die at one of its requests, once.
struct DieOnce {
    process: &'static str,
    at: u64,
    seen: AtomicU64,
    verdict: Verdict,
}

impl Interceptor for DieOnce {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        let is_it = request.process.starts_with(self.process);
        if is_it && self.seen.fetch_add(1, Ordering::Relaxed) + 1 == self.at { self.verdict } else { Verdict::Pass }
    }
}

#[test]
fn processes_that_die_are_replaced() {
    for process in [CONTROLLER, "evaluate/", "execute/"] {
        for (at, verdict, death) in [
            (4, Verdict::Die, Death::Reported),
            (7, Verdict::DieAfter, Death::Lost),
            (31, Verdict::DieAfter, Death::Reported),
            (60, Verdict::Die, Death::Lost),
            (7, Verdict::Freeze { seconds: 0 }, Death::Asked),
            (31, Verdict::Freeze { seconds: 0 }, Death::Asked),
        ] {
            let killer = Arc::new(DieOnce { process, at, seen: AtomicU64::new(0), verdict });
            let options = Options { death, ..Options::default() };
            let finished = simulation(&two_weeks(), options).with_interceptor(Arc::<DieOnce>::clone(&killer)).run();
            assert!(killer.seen.load(Ordering::Relaxed) > at, "{process} has not made {at} requests");
            assert_eq!(finished.problems, [""; 0], "{process} {at} {verdict:?} {death:?}");
            assert_eq!(accounts(&finished), wanted(), "{process} {at} {verdict:?} {death:?}");
            assert_eq!(results(&finished).len(), 4, "{process} {at} {verdict:?} {death:?}");
        }
    }
}

#[test]
fn tests_can_act_and_kill_by_time() {
    let at = instant("2026-01-05T00:00:00Z");
    let delete = Box::new(|api: &super::api::MemoryApi| api.delete("User", "acme", "ben").expect("deleted"));
    let simulation = simulation(&two_weeks(), Options::default()).with_action(at - TimeDelta::hours(30), delete);
    let finished = simulation.with_death(at, CONTROLLER).with_death(at, "execute/nobody").run();
    assert_eq!(finished.problems, [""; 0]);
    assert!(!results(&finished).iter().any(|(subject, _, _)| subject == "ben"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Leaving out quiet ticks saves requests and changes nothing.
    #[test]
    fn quiet_ticks_change_nothing(
        seed in 0_u64..1000,
        interval in 1_u32..25,
        people in proptest::collection::vec((0_i64..12, 0_i64..20, 0_i64..15 * 24), 1..5),
    ) {
        let begin = instant("2026-01-01T00:00:00Z");
        let mut text = TENANT.to_owned() + &schedule(interval, 15);
        for (index, (hired, stay, known)) in people.iter().enumerate() {
            let day = |days: i64| (begin + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
            let known = (begin + TimeDelta::hours(*known)).to_rfc3339();
            text += &user(&format!("person{index}"), Some(&known), &day(*hired), &day(hired + stay));
        }
        let mut played = [true, false].into_iter().map(|skip_quiet| {
            let simulation = simulation(&text, Options { seed, skip_quiet, ..Options::default() });
            let api = simulation.api();
            let finished = simulation.run();
            (objects(&finished), finished.timeline, api.requests())
        });
        let (Some(short), Some(long)) = (played.next(), played.next()) else { unreachable!() };
        let mut differences = String::new();
        for (key, object) in &short.0 {
            if long.0.get(key) != Some(object) {
                let _ = write!(differences, "\n{key:?}\n  {object}\n  {:?}", long.0.get(key).map(ToString::to_string));
            }
        }
        prop_assert!(differences.is_empty() && short.0.len() == long.0.len(), "{differences}");
        prop_assert_eq!(short.1, long.1);
        prop_assert!(short.2 <= long.2);
    }
}
