//! The roles of the programs: what the charts grant is what the programs ask for, no less and no more.
//!
//! Every scenario of the crash sweep is played with an observer of every request, with processes
//! that die on the way, so that what only repairs is asked for as well. The rules are read from the charts' own files.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use tenure::sim::api::{Interceptor, RequestInfo, Verb, Verdict};
use tenure::sim::load::parse;
use tenure::sim::{CONTROLLER, Death, Document, Options, Simulation};

/// Group, resource with subresource, and verb.
type Right = (String, String, String);

/// Somebody whose record comes after the window of a workflow: an evaluation says so in an Event. The workflow names a group
/// that is not there: the controller says so in another. And a workflow that is deleted with its history: its versions go.
const LATE: &str = r#"
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: late, namespace: t}
spec:
  category: joiner
  isSchedulingEnabled: true
  catchUpWindow: 1h
  executionConditions:
    scope: {rule: "department eq 'late'"}
    trigger: {timeBasedAttribute: {attribute: employeeHireDate}}
  tasks: [{name: enable, enableUserAccount: {}}, {name: gone, continueOnError: true, addUserToGroups: {groups: [gone]}}]
---
apiVersion: tenure.dev/v1alpha1
kind: User
metadata: {name: late, namespace: t, annotations: {tenure.dev/simulate-at: "2026-01-05T12:30:00Z"}}
spec: {displayName: Late, department: late, employeeHireDate: "2026-01-05T02:00:00Z"}
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: passing, namespace: t}
spec: {category: leaver, deletionPolicy: Delete, tasks: [{name: disable, disableUserAccount: {}}]}
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata:
  name: passing
  namespace: t
  annotations: {tenure.dev/simulate-at: "2026-01-05T10:30:00Z", tenure.dev/simulate-delete: "true"}
"#;

/// What the controller asks for only where a Job gets no pod; no simulation has such a cluster, `tests/node.py` has one.
const WITHOUT_PODS: [(&str, &str, &str); 1] = [("", "events", "list")];

/// One rule of a role.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    api_groups: Vec<String>,
    resources: Vec<String>,
    verbs: Vec<String>,
}

/// What the files of the charts grant.
fn granted(files: &[&str]) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for file in files {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("charts").join(file);
        let text = std::fs::read_to_string(&path).expect("the chart has the file");
        let rules: Vec<Rule> = serde_yaml::from_str(&text).expect("rules");
        for rule in rules {
            for group in &rule.api_groups {
                for resource in &rule.resources {
                    rights.extend(rule.verbs.iter().map(|verb| (group.clone(), resource.clone(), verb.clone())));
                }
            }
        }
    }
    rights
}

/// Which processes die, by the number of the write among all writes that are not the controller's, and whether somebody else
/// has written where they write.
#[derive(Clone, Copy)]
struct Deaths {
    /// Every fifth write of a runner meets a conflict, and the answer to what the controller first makes is lost.
    conflicts: bool,
    /// Before the write is sent.
    before: &'static [u64],
    /// After it took effect.
    after: &'static [u64],
}

/// Nobody; an evaluation that has written nothing; evaluations before and after their commit, and whoever comes then; and
/// conflicts.
const DEATHS: [Deaths; 4] = [
    Deaths { conflicts: false, before: &[], after: &[] },
    Deaths { conflicts: false, before: &[1], after: &[] },
    Deaths { conflicts: false, before: &[], after: &[3, 7, 16, 27] },
    Deaths { conflicts: true, before: &[], after: &[] },
];

/// Notes what is asked for, and lets processes die.
struct Observer {
    deaths: Deaths,
    asked: Mutex<(u64, BTreeMap<bool, BTreeSet<Right>>)>,
}

impl Interceptor for Observer {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        let group = match request.resource.as_str() {
            "jobs" => "batch",
            "pods" | "events" => "",
            _ => "tenure.dev",
        };
        let resource = request.subresource.as_ref().map_or_else(|| request.resource.clone(), |sub| format!("{}/{sub}", request.resource));
        let is_controller = &*request.process == CONTROLLER;
        let mut asked = self.asked.lock().expect("nobody panics while noting");
        let right = (group.to_owned(), resource, request.verb.to_string());
        let is_first = asked.1.entry(is_controller).or_default().insert(right);
        // The controller does not learn that it has made what it first makes.
        if is_controller && self.deaths.conflicts && is_first && request.verb == Verb::Create {
            return Verdict::LoseAnswer;
        }
        if is_controller || !request.verb.is_write() {
            return Verdict::Pass;
        }
        asked.0 += 1;
        match asked.0 {
            write if self.deaths.before.contains(&write) => Verdict::Die,
            write if self.deaths.after.contains(&write) => Verdict::DieAfter,
            write if self.deaths.conflicts && write % 5 == 0 => Verdict::Conflict,
            _ => Verdict::Pass,
        }
    }
}

/// Plays the documents; gives what the controller (true) and the runners (false) asked for.
fn play(name: &str, documents: Vec<Document>, deaths: Deaths) -> BTreeMap<bool, BTreeSet<Right>> {
    let options = Options { seed: 1, skip_quiet: true, death: Death::Lost, ..Options::default() };
    let observer = Arc::new(Observer { deaths, asked: Mutex::default() });
    let simulation = Simulation::new(documents, options).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
    let _ = simulation.with_interceptor(Arc::clone(&observer) as _).run();
    let asked = observer.asked.lock().expect("nobody panics while noting");
    asked.1.clone()
}

fn read(file: &Path) -> Vec<Document> {
    let text = std::fs::read_to_string(file).expect("the file can be read");
    parse(&file.display().to_string(), &text).expect("the documents are sound")
}

/// Everything that is asked for, by the controller (true) and the runners (false).
fn asked() -> BTreeMap<bool, BTreeSet<Right>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulation/crash_sweep/scenarios");
    let mut all: BTreeMap<bool, BTreeSet<Right>> = BTreeMap::new();
    let mut files: Vec<_> = std::fs::read_dir(&root).expect("there are scenarios").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    for file in files.iter().filter(|file| !file.ends_with("base.yaml")) {
        for deaths in DEATHS {
            let mut documents = read(&root.join("base.yaml"));
            documents.extend(read(file));
            documents.extend(parse("late", LATE).expect("the documents are sound"));
            for (is_controller, rights) in play(&file.display().to_string(), documents, deaths) {
                all.entry(is_controller).or_default().extend(rights);
            }
        }
    }
    all
}

fn check(who: &str, granted: &BTreeSet<Right>, asked: &BTreeSet<Right>) {
    let missing: Vec<_> = asked.difference(granted).collect();
    let idle: Vec<_> = granted.difference(asked).collect();
    println!("{who}: {} rights asked for, {} granted", asked.len(), granted.len());
    assert!(missing.is_empty() && idle.is_empty(), "{who}: asked for and not granted: {missing:?}; granted and never asked for: {idle:?}");
}

#[test]
fn the_programs_may_do_what_they_do_and_nothing_else() {
    let mut asked = asked();
    let runner = asked.remove(&false).expect("runners ran");
    check("runner", &granted(&["tenure-tenant/files/runner.yaml"]), &runner);
    let mut controller = asked.remove(&true).expect("the controller ran");
    controller.extend(WITHOUT_PODS.map(|(group, resource, verb)| (group.to_owned(), resource.to_owned(), verb.to_owned())));
    check("controller", &granted(&["tenure/files/controller-read.yaml", "tenure/files/controller-write.yaml"]), &controller);
}
