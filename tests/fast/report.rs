//! The report as a page: what is in it is what happened, nothing on it can become markup, and it needs nothing else.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use tenure::sim::report::{Entry, Happening, SubjectOutcome, page, text};
use tenure::sim::{Finished, Options, Simulation, load};

const TENANT: &str = r#"
apiVersion: tenure.dev/v1alpha1
kind: Directory
metadata: {name: people, namespace: acme}
spec: {embedded: {}}
---
apiVersion: tenure.dev/v1alpha1
kind: TenantSchedule
metadata:
  name: default
  namespace: acme
  annotations: {tenure.dev/simulate-from: "2026-01-01T00:00:00Z", tenure.dev/simulate-until: "2026-01-08T00:00:00Z"}
spec: {interval: 3h, directory: people}
---
apiVersion: tenure.dev/v1alpha1
kind: Group
metadata: {name: decided, namespace: acme}
spec: {displayName: Decided elsewhere, membership: dynamic}
---
"#;

/// Texts that would be something else if they were not escaped.
const HOSTILE: [&str; 9] = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\"><img src=x onerror=alert(1)>",
    "' onfocus='alert(1)' autofocus='",
    "{{nonce}}{{data}}",
    "A & B &lt;b&gt;",
    "\u{202e}\u{5d0}\u{5e1}\u{5ea}\u{5e8} \u{627}\u{644}\u{639}\u{631}\u{628}\u{64a}\u{629}",
    "O'Neil-Müller \u{2028} \\u003c \\",
    "javascript:alert(1)",
];

fn play(documents: Result<Vec<tenure::sim::Document>, Vec<tenure::sim::Problem>>) -> Finished {
    let documents = documents.unwrap_or_else(|problems| panic!("{problems:?}"));
    Simulation::new(documents, Options::default()).unwrap_or_else(|problems| panic!("{problems:?}")).run()
}

fn example(name: &str) -> Finished {
    play(load::read(&[PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)]))
}

/// A tenant with one person for each hostile text, and a workflow whose task fails for all of them.
fn hostile() -> Finished {
    let mut text = TENANT.to_owned();
    let mut add = |kind: &str, name: &str, spec: &Value| {
        let object =
            json!({"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": "acme"}, "spec": spec});
        text += &object.to_string();
        text += "\n---\n";
    };
    for (number, name) in HOSTILE.iter().enumerate() {
        let spec = json!({"displayName": name, "department": name, "employeeHireDate": "2026-01-02", "employeeLeaveDateTime": name});
        add("User", &format!("u{number}"), &spec);
    }
    let long = "ß".repeat(200);
    add("User", "long", &json!({"displayName": long, "employeeHireDate": "2026-01-02"}));
    let rule = json!({"rule": "displayName ne '</script><b>'"});
    let trigger = json!({"timeBasedAttribute": {"attribute": "employeeHireDate"}});
    let tasks = json!([{"name": "decided", "addUserToGroups": {"groups": ["decided"]}}]);
    let spec = json!({"category": "joiner", "displayName": HOSTILE[0], "isSchedulingEnabled": true,
        "executionConditions": {"scope": rule, "trigger": trigger}, "tasks": tasks});
    add("Workflow", "joiner", &spec);
    play(load::parse("hostile.yaml", &text))
}

/// The data within the page.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").expect("a data element");
    let (json, _) = rest.split_once("</script>").expect("its end");
    serde_json::from_str(json).expect("JSON")
}

fn names(objects: &[Value], kinds: &[&str]) -> BTreeSet<String> {
    let wanted = objects.iter().filter(|object| kinds.iter().any(|kind| object["kind"] == *kind));
    wanted.map(|object| object["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
}

fn named(list: &Value) -> BTreeSet<String> {
    list.as_array().expect("a list").iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_page_has_the_people_workflows_and_results_of_the_objects() {
    for finished in [example("quickstart"), hostile()] {
        let data = data(&page(&finished));
        let tenants = data["tenants"].as_array().expect("tenants");
        assert_eq!(tenants.len(), 1);
        let tenant = &tenants[0];
        assert_eq!(named(&tenant["people"]), names(&finished.objects, &["User", "Account"]));
        assert_eq!(named(&tenant["workflows"]), names(&finished.objects, &["Workflow"]));
        let events = tenant["events"].as_array().expect("events");
        let runs: BTreeSet<&str> = events.iter().filter(|event| event["is"] == "run").filter_map(|event| event["run"].as_str()).collect();
        assert_eq!(runs.len(), names(&finished.objects, &["Run"]).len());
        for run in finished.objects.iter().filter(|object| object["kind"] == "Run") {
            let event = events.iter().find(|event| event["run"] == run["metadata"]["name"]).expect("an event of the run");
            let subjects = event["subjects"].as_array().map_or(0, Vec::len);
            assert_eq!(subjects as u64, run["status"]["totalUsersCount"].as_u64().unwrap_or_default(), "{}", run["metadata"]["name"]);
        }
        let person = |name: &str| tenant["people"].as_array().into_iter().flatten().find(|person| person["name"] == name);
        for account in finished.objects.iter().filter(|object| object["kind"] == "Account") {
            let (name, spec) = (account["metadata"]["name"].as_str().expect("a name"), &account["spec"]);
            let state = person(name).expect("the person")["state"].as_str();
            let wanted = if spec["deletedAt"].is_string() {
                "deleted"
            } else if spec["accountEnabled"] == true {
                "enabled"
            } else {
                "disabled"
            };
            assert_eq!(state, Some(wanted), "{name}");
        }
    }
}

#[test]
fn no_text_of_a_record_becomes_markup() {
    let finished = hostile();
    let page = page(&finished);
    let data = data(&page);
    let people = data["tenants"][0]["people"].as_array().expect("people");
    for (number, text) in HOSTILE.iter().enumerate() {
        let person = people.iter().find(|person| person["name"] == format!("u{number}")).expect("the person");
        assert_eq!(person["facts"][0], *text, "the name is kept as it is");
    }
    assert_eq!(page.matches("<script").count(), 2, "the data and the script");
    assert_eq!(page.matches("</script").count(), 2);
    for markup in ["<img", "<b>", "<!--"] {
        assert!(!page.contains(markup), "{markup}");
    }
    let (_, head) = page.split_once("Content-Security-Policy\" content=\"").expect("a policy");
    let (policy, _) = head.split_once("\">").expect("its end");
    let nonce = policy.split('\'').find_map(|part| part.strip_prefix("nonce-")).expect("a nonce");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(!policy.contains("unsafe") && nonce.len() == 64, "{policy}");
    assert_eq!(page.matches(&format!("nonce=\"{nonce}\"")).count(), 2, "the style and the script");
    assert!(!data.to_string().contains(nonce));
}

#[test]
fn failures_and_what_cannot_be_read_can_be_seen_without_a_script() {
    let finished = hostile();
    let page = page(&finished);
    let (_, body) = page.split_once("<main").expect("a body");
    let (summary, _) = body.split_once("<noscript>").expect("a summary");
    assert!(summary.contains("10 subjects failed"), "{summary}");
    assert!(summary.contains("Cannot be read at the end"), "{summary}");
    assert!(summary.contains("u2: employeeLeaveDateTime is &quot;\\&quot;&gt;&lt;img src=x"), "{summary}");
}

#[test]
fn the_page_needs_nothing_else() {
    let page = page(&example("quickstart"));
    for reference in ["://", " src=", "url(", "@import", "<link", "<img", "<iframe", "fetch(", "XMLHttpRequest", "innerHTML", "eval("] {
        assert!(!page.contains(reference), "{reference}");
    }
    for (index, _) in page.match_indices("href=\"") {
        assert!(page[index..].starts_with("href=\"#"), "{}", &page[index..index + 40]);
    }
    assert_eq!(page.matches("{{").count(), 0, "every slot is filled");
}

#[test]
fn ten_thousand_people_fit_into_ten_megabytes() {
    const PEOPLE: usize = 10_000;
    let mut finished = example("quickstart");
    let person = |number: usize| format!("person-{number:05}");
    for number in 0..PEOPLE {
        let metadata = json!({"name": person(number), "namespace": "acme"});
        let record = json!({"displayName": format!("Person with the Number {number}"), "department": "Engineering", "jobTitle": "Developer",
            "employeeType": "Employee", "manager": "lena", "employeeHireDate": "2026-01-12", "employeeLeaveDateTime": "2026-02-12T17:00:00Z"});
        finished.objects.push(json!({"kind": "User", "metadata": metadata, "spec": record}));
        let account = json!({"accountEnabled": false, "memberOf": ["engineering", "everyone", "project-apollo"]});
        finished.objects.push(json!({"kind": "Account", "metadata": metadata, "spec": account}));
    }
    for run in 0..5 {
        let at = finished.period.from + TimeDelta::days(run);
        let outcome = |number: usize| SubjectOutcome {
            subject: person(number),
            due: Some(at),
            status: "completed".to_owned(),
            done: vec!["enable".to_owned(), "join-everyone".to_owned()],
            ..SubjectOutcome::default()
        };
        let what = Happening::Run {
            run: format!("joiner-v1-e{run}"),
            workflow: "joiner".to_owned(),
            version: Some(1),
            cause: String::new(),
            reason: String::new(),
            subjects: (0..PEOPLE).map(outcome).collect(),
        };
        finished.timeline.entries.push(Entry { at: at.with_timezone(&Utc), namespace: "acme".to_owned(), what });
    }
    let page = page(&finished);
    assert!(page.len() < 10_000_000, "{} bytes", page.len());
    assert_eq!(data(&page)["tenants"][0]["people"].as_array().map(Vec::len), Some(PEOPLE + 14));
}

/// Joiner work of two people, of whom the Workflow allows one at once: it is held until their windows are over.
#[test]
fn who_is_missed_is_not_said_to_be_released_as_well() {
    let person = |name: &str| {
        format!(
            "---\napiVersion: tenure.dev/v1alpha1\nkind: User\nmetadata: {{name: {name}, namespace: acme}}\nspec: {{employeeHireDate: \
             \"2026-01-02\"}}\n"
        )
    };
    let workflow = "apiVersion: tenure.dev/v1alpha1\nkind: Workflow\nmetadata: {name: few, namespace: acme}\nspec:\n  category: \
                    joiner\n  isSchedulingEnabled: true\n  executionLimits: {count: 1}\n  executionConditions: {trigger: \
                    {timeBasedAttribute: {attribute: employeeHireDate}}}\n  tasks: [{name: join, addUserToGroups: {groups: [decided]}}]\n";
    let finished = play(load::parse("held.yaml", &format!("{TENANT}{workflow}{}{}", person("ann"), person("bob"))));
    let rows: Vec<(&str, &str, usize)> = finished
        .timeline
        .entries
        .iter()
        .filter_map(|entry| match &entry.what {
            Happening::Ledger { state, reason, count, .. } => Some((state.as_str(), reason.as_str(), *count)),
            _ => None,
        })
        .collect();
    assert_eq!(rows, [("missed", "PlanExpired", 2)]);
}

#[test]
fn a_time_zone_that_is_none_is_told_with_the_one_that_applies() {
    let person = "apiVersion: tenure.dev/v1alpha1\nkind: User\nmetadata: {name: ann, namespace: acme}\nspec: {employeeHireDate: \
                  \"2026-01-02\", timeZone: Europe/Berln}\n";
    let tenant = TENANT.replace("{interval: 3h, directory: people}", "{interval: 3h, directory: people, timeZone: Europe/Lisbon}");
    let finished = play(load::parse("zone.yaml", &format!("{tenant}{person}")));
    let zone = finished.timeline.unreadable.iter().find_map(|entry| match &entry.what {
        Happening::WrongZone { person, attribute, applies, .. } => Some((person.as_str(), attribute.as_str(), *applies)),
        _ => None,
    });
    assert_eq!(zone, Some(("ann", "timeZone", "Europe/Lisbon")));
    let report = text(&finished);
    for wanted in [
        "Time zones that are none at the end, so that another one applies\n  ann: timeZone is \"Europe/Berln\"; ",
        "did you mean Europe/Berlin?); Europe/Lisbon applies in its place",
    ] {
        assert!(report.contains(wanted), "{wanted}: {report}");
    }
    assert!(!report.contains("Cannot be read at the end"), "{report}");
}
