//! How a scenario is written down: objects, what happens to them and when, and what stands in the way of requests.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tenure::sim::api::{Interceptor, MemoryApi, RequestInfo, Verb, Verdict};
use tenure::sim::load::parse;
use tenure::sim::{Death, Options, Simulation};

use super::end::End;

/// The namespace of everything that does not say otherwise.
pub const NS: &str = "t";

/// Something that a scenario does to the cluster.
type Deed = Box<dyn FnOnce(&MemoryApi) + Send>;

/// How many such requests there were, and what happens at the awaited one.
type Pending = Arc<Mutex<(u32, Option<Deed>)>>;

/// An instant of 2026 in UTC: `03-10` or `03-10T08:00` or `03-10T08:00:30`.
pub fn at(text: &str) -> DateTime<Utc> {
    let missing = match text.len() {
        5 => "T00:00:00Z",
        11 => ":00Z",
        14 => "Z",
        _ => panic!("{text}: expected MM-DD, MM-DDThh:mm or MM-DDThh:mm:ss"),
    };
    format!("2026-{text}{missing}").parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A workflow of `category` that is timed by a date, with the rest of its spec.
pub fn timed(category: &str, attribute: &str, offset: i32, rest: &str) -> String {
    format!(
        "{{category: {category}, isSchedulingEnabled: true, executionConditions: {{trigger: {{timeBasedAttribute: \
         {{attribute: {attribute}, offsetInDays: {offset}}}}}}}, {rest}}}"
    )
}

/// Enables the account and adds it to the group `all`, so many days after the hire date.
pub fn joiner(offset: i32) -> String {
    timed(
        "joiner",
        "employeeHireDate",
        offset,
        "tasks: [{name: enable, enableUserAccount: {}}, {name: group, addUserToGroups: {groups: [all]}}]",
    )
}

/// Disables the account and removes it from all groups, so many days after the leave date.
pub fn leaver(offset: i32) -> String {
    timed(
        "leaver",
        "employeeLeaveDateTime",
        offset,
        "tasks: [{name: disable, disableUserAccount: {}}, {name: groups, removeUserFromAllGroups: {}}]",
    )
}

/// Adds whoever changes to that department to the group `lab`.
pub fn mover(department: &str) -> String {
    format!(
        "{{category: mover, isSchedulingEnabled: true, executionConditions: {{scope: {{rule: \"department eq '{department}'\"}}, \
         trigger: {{attributeChange: {{attributes: [department]}}}}}}, tasks: [{{name: lab, addUserToGroups: {{groups: [lab]}}}}]}}"
    )
}

/// A record with a hire date and an account that is disabled at first.
pub fn hired(date: &str) -> String {
    format!("{{employeeHireDate: \"{date}\", initialAccount: {{accountEnabled: false}}}}")
}

/// A record with a leave date and an account that is enabled at first, in the group `all`. A day alone is its beginning.
pub fn leaves(date: &str) -> String {
    format!("{{employeeLeaveDateTime: \"{}\", initialAccount: {{memberOf: [all]}}}}", instant(date))
}

/// The beginning of a day as an instant: a leave date without a time of day is the day's end.
pub fn instant(date: &str) -> String {
    if date.len() == 10 { format!("{date}T00:00:00Z") } else { date.to_owned() }
}

/// A record with a department.
pub fn works_in(department: &str) -> String {
    format!("{{department: {department}}}")
}

/// A scenario.
pub struct Play {
    text: String,
    schedule: String,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    deeds: Vec<(DateTime<Utc>, Deed)>,
    obstacles: Vec<Obstacle>,
    awaited: Vec<(String, Pending)>,
    as_ofs: Arc<Mutex<Vec<DateTime<Utc>>>>,
    /// How it is simulated.
    pub options: Options,
}

impl Play {
    /// A tenant with a directory `people`, groups `all` and `lab`, and a tick every three hours.
    pub fn new(from: &str, until: &str) -> Self {
        let play = Self {
            text: String::new(),
            schedule: "{interval: 3h, directory: people, mail: {from: hr@acme.example}}".to_owned(),
            from: at(from),
            until: at(until),
            deeds: Vec::new(),
            obstacles: Vec::new(),
            awaited: Vec::new(),
            as_ofs: Arc::default(),
            options: Options::default(),
        };
        play.tenant(NS)
    }

    /// Another tenant like that, without a schedule.
    pub fn tenant(self, namespace: &str) -> Self {
        let play = self.object_in(namespace, None, "Directory", "people", "{embedded: {}}");
        let play = play.object_in(namespace, None, "Group", "all", "{displayName: Everybody}");
        play.object_in(namespace, None, "Group", "lab", "{displayName: Laboratory}")
    }

    /// Another schedule from the start.
    pub fn schedule(mut self, spec: &str) -> Self {
        spec.clone_into(&mut self.schedule);
        self
    }

    /// Another end than in 2026.
    pub fn until(mut self, instant: &str) -> Self {
        self.until = instant.parse().unwrap_or_else(|error| panic!("{instant}: {error}"));
        self
    }

    /// An object that is there from the start, or replaced at an instant.
    pub fn object_in(mut self, namespace: &str, when: Option<&str>, kind: &str, name: &str, spec: &str) -> Self {
        let annotations =
            when.map(|when| format!("\n  annotations: {{tenure.dev/simulate-at: \"{}\"}}", at(when).to_rfc3339())).unwrap_or_default();
        writeln!(
            self.text,
            "apiVersion: tenure.dev/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}{annotations}\nspec: {spec}\n---"
        )
        .expect("a text can be written to");
        self
    }

    /// An object from the start.
    pub fn object(self, kind: &str, name: &str, spec: &str) -> Self {
        self.object_in(NS, None, kind, name, spec)
    }

    /// An object that is applied at an instant.
    pub fn object_at(self, when: &str, kind: &str, name: &str, spec: &str) -> Self {
        self.object_in(NS, Some(when), kind, name, spec)
    }

    /// A workflow from the start.
    pub fn workflow(self, name: &str, spec: &str) -> Self {
        self.object("Workflow", name, spec)
    }

    /// A user from the start.
    pub fn user(self, name: &str, spec: &str) -> Self {
        self.object("User", name, spec)
    }

    /// A user whose record is applied at an instant.
    pub fn user_at(self, when: &str, name: &str, spec: &str) -> Self {
        self.object_at(when, "User", name, spec)
    }

    /// An object is deleted at an instant.
    pub fn delete_at(mut self, when: &str, kind: &str, name: &str) -> Self {
        let when = at(when).to_rfc3339();
        writeln!(
            self.text,
            "apiVersion: tenure.dev/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {NS}\n  annotations: \
             {{tenure.dev/simulate-at: \"{when}\", tenure.dev/simulate-delete: \"true\"}}\n---"
        )
        .expect("a text can be written to");
        self
    }

    /// A namespace loses everything at an instant.
    pub fn delete_all_in(self, namespace: &'static str, when: &str) -> Self {
        self.act(when, move |api| wipe_namespace(api, namespace))
    }

    /// Whatever a scenario does to the cluster.
    pub fn act(mut self, when: &str, deed: impl FnOnce(&MemoryApi) + Send + 'static) -> Self {
        self.deeds.push((at(when), Box::new(deed)));
        self
    }

    /// From one instant to another nothing that processes of that name's beginning ask for is answered.
    pub fn outage(mut self, from: &str, until: &str, process: &'static str) -> Self {
        let is_on = Arc::new(AtomicBool::new(false));
        let (on, off) = (Arc::clone(&is_on), Arc::clone(&is_on));
        self.obstacles.push(Obstacle { process, what: What::Outage(is_on) });
        let play = self.act(from, move |_| on.store(true, Ordering::SeqCst));
        play.act(until, move |_| off.store(false, Ordering::SeqCst))
    }

    /// From one instant to another processes of that name's beginning may not make such requests; how often they did is counted.
    pub fn deny(
        mut self,
        (from, until): (&str, &str),
        process: &'static str,
        (verb, resource): (Verb, &'static str),
        denied: &Arc<AtomicU32>,
    ) -> Self {
        let is_on = Arc::new(AtomicBool::new(false));
        let (on, off) = (Arc::clone(&is_on), Arc::clone(&is_on));
        self.obstacles.push(Obstacle { process, what: What::Denied { verb, resource, is_on, denied: Arc::clone(denied) } });
        let play = self.act(from, move |_| on.store(true, Ordering::SeqCst));
        play.act(until, move |_| off.store(false, Ordering::SeqCst))
    }

    /// Just before the n-th request of that kind arrives, something happens, and then it arrives or not.
    pub fn on_request(
        mut self,
        process: &'static str,
        (verb, resource): (Verb, &'static str),
        nth: u32,
        deed: impl FnOnce(&MemoryApi) + Send + 'static,
        verdict: Verdict,
    ) -> Self {
        let pending: Pending = Arc::new(Mutex::new((0, Some(Box::new(deed)))));
        self.awaited.push((format!("request {nth}: {verb} {resource} of {process}"), Arc::clone(&pending)));
        self.obstacles.push(Obstacle { process, what: What::Once { verb, resource, nth, pending, verdict } });
        self
    }

    /// The requests of that kind with these numbers, from 1, have this verdict, unless something that is said before meets them.
    pub fn spoil(
        mut self,
        process: &'static str,
        (verb, resource): (Verb, &'static str),
        numbers: RangeInclusive<u32>,
        verdict: Verdict,
    ) -> Self {
        let seen = Arc::default();
        self.obstacles.push(Obstacle { process, what: What::Several { verb, resource, numbers, seen, verdict } });
        self
    }

    /// Counts the requests of that kind, unless something that is said before meets them.
    pub fn count(mut self, process: &'static str, (verb, resource): (Verb, &'static str)) -> (Self, Arc<AtomicU32>) {
        let seen = Arc::<AtomicU32>::default();
        let what = What::Several { verb, resource, numbers: 0..=0, seen: Arc::clone(&seen), verdict: Verdict::Pass };
        self.obstacles.push(Obstacle { process, what });
        (self, seen)
    }

    /// Writes down the instants as of which the tenant was evaluated, looking every `minutes`.
    pub fn note_evaluations(self, minutes: i64) -> Self {
        let (from, until) = (self.from, self.until);
        self.note_every(TimeDelta::minutes(minutes), from, until)
    }

    /// The same in a part of the time, looking every second: none is overlooked.
    pub fn note_each_evaluation(self, from: &str, until: &str) -> Self {
        self.note_every(TimeDelta::seconds(1), at(from), at(until))
    }

    fn note_every(mut self, pause: TimeDelta, from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        let mut when = from;
        while when < until {
            let as_ofs = Arc::clone(&self.as_ofs);
            let deed = move |api: &MemoryApi| {
                let Some(head) = api.get("TenantLedger", NS, "default") else { return };
                let Some(as_of) = head["asOf"].as_str().and_then(|text| text.parse().ok()) else { return };
                let mut as_ofs = as_ofs.lock().expect("nobody panics while noting");
                if as_ofs.last() != Some(&as_of) {
                    as_ofs.push(as_of);
                }
            };
            self.deeds.push((when, Box::new(deed)));
            when += pause;
        }
        self
    }

    /// Pods of processes that die are lost with their node.
    pub fn lost_nodes(mut self) -> Self {
        self.options.death = Death::Lost;
        self
    }

    /// Plays it, and checks what must hold in every scenario.
    pub fn run(self) -> End {
        let end = self.run_broken();
        let faults = end.faults();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        end
    }

    /// Plays it. Whatever comes of it is the scenario's own business.
    pub fn run_broken(mut self) -> End {
        let schedule = std::mem::take(&mut self.schedule);
        self = self.object("TenantSchedule", "default", &schedule);
        let documents = parse("scenario.yaml", &self.text).unwrap_or_else(|problems| panic!("{problems:?}"));
        let options = Options { from: Some(self.from), until: Some(self.until), ..self.options };
        let mut simulation = Simulation::new(documents, options).unwrap_or_else(|problems| panic!("{problems:?}"));
        let obstacles = Obstacles { api: simulation.api(), all: self.obstacles };
        simulation = simulation.with_interceptor(Arc::new(obstacles));
        for (when, deed) in self.deeds {
            simulation = simulation.with_action(when, deed);
        }
        let api = simulation.api();
        let finished = simulation.run();
        for (what, pending) in self.awaited {
            assert!(pending.lock().expect("nobody panics in a deed").1.is_none(), "{what} never came: the scenario proves nothing");
        }
        let as_ofs = self.as_ofs.lock().expect("nobody panics while noting").clone();
        End::new(finished, as_ofs, api.requests())
    }
}

/// Something in the way of the requests of processes whose names begin so.
struct Obstacle {
    process: &'static str,
    what: What,
}

enum What {
    Outage(Arc<AtomicBool>),
    Denied { verb: Verb, resource: &'static str, is_on: Arc<AtomicBool>, denied: Arc<AtomicU32> },
    Once { verb: Verb, resource: &'static str, nth: u32, pending: Pending, verdict: Verdict },
    Several { verb: Verb, resource: &'static str, numbers: RangeInclusive<u32>, seen: Arc<AtomicU32>, verdict: Verdict },
}

struct Obstacles {
    api: MemoryApi,
    all: Vec<Obstacle>,
}

impl Interceptor for Obstacles {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        let mut found = Verdict::Pass;
        for obstacle in self.all.iter().filter(|obstacle| request.process.starts_with(obstacle.process)) {
            match &obstacle.what {
                What::Outage(is_on) if is_on.load(Ordering::SeqCst) => return Verdict::Refuse,
                What::Denied { verb, resource, is_on, denied }
                    if *verb == request.verb && *resource == request.resource && is_on.load(Ordering::SeqCst) =>
                {
                    denied.fetch_add(1, Ordering::SeqCst);
                    return Verdict::Forbid;
                }
                What::Once { verb, resource, nth, pending, verdict } if *verb == request.verb && *resource == request.resource => {
                    let mut pending = pending.lock().expect("nobody panics in a deed");
                    pending.0 += 1;
                    if pending.0 == *nth
                        && let Some(deed) = pending.1.take()
                    {
                        deed(&self.api);
                        return *verdict;
                    }
                }
                What::Several { verb, resource, numbers, seen, verdict } if *verb == request.verb && *resource == request.resource => {
                    let number = seen.fetch_add(1, Ordering::SeqCst) + 1;
                    if numbers.contains(&number) && found == Verdict::Pass {
                        found = *verdict;
                    }
                }
                What::Outage(_) | What::Denied { .. } | What::Once { .. } | What::Several { .. } => {}
            }
        }
        found
    }
}

/// Every object of the tenant that a backup would have: all but what is made anew for work under way.
pub fn backup(api: &MemoryApi) -> Vec<Value> {
    let kept = |object: &&Arc<Value>| {
        object["metadata"]["namespace"] == NS && !["Job", "Pod", "Event", "Lease"].contains(&object["kind"].as_str().unwrap_or_default())
    };
    api.dump().iter().filter(kept).map(|object| (**object).clone()).collect()
}

/// Deletes everything in the tenant.
pub fn wipe(api: &MemoryApi) {
    wipe_namespace(api, NS);
}

fn wipe_namespace(api: &MemoryApi, namespace: &str) {
    for object in api.dump().iter().filter(|object| object["metadata"]["namespace"] == namespace) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        // What an owner took with it is gone already.
        let _ = api.delete(&text(&object["kind"]), namespace, &text(&object["metadata"]["name"]));
    }
}

/// Puts the objects of a backup back, without their status and as new objects.
pub fn restore(api: &MemoryApi, backup: &[Value]) {
    for object in backup {
        let mut object = object.clone();
        object.as_object_mut().expect("an object").remove("status");
        let metadata = object["metadata"].as_object_mut().expect("metadata");
        for field in ["uid", "resourceVersion", "creationTimestamp", "generation"] {
            metadata.remove(field);
        }
        api.put(&object).unwrap_or_else(|refusal| panic!("{} is not restored: {}", object["kind"], refusal.message));
    }
}
