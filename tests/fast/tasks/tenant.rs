//! A task in a whole simulated tenant: a Run on demand for the subject, in which something may go wrong.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tenure::catalog;
use tenure::sim::api::{Interceptor, MemoryApi, RequestInfo, Verb, Verdict};
use tenure::sim::load::parse;
use tenure::sim::{Death, Options, Simulation};
use tenure::task::post::PASS_NOTICE;

use super::spec::Spec;
use super::world::{NS, OBJECTS, SUBJECT, merge, object, parsed, task, view};

/// A write of the slice by the runner, counted from 1, and what becomes of it.
#[derive(Clone, Copy, Debug)]
pub struct Strike {
    pub nth: u32,
    pub verdict: Verdict,
}

impl Strike {
    /// The n-th write never arrives, and the process ends.
    pub const fn before(nth: u32) -> Self {
        Self { nth, verdict: Verdict::Die }
    }

    /// The n-th write takes effect, and the process ends.
    pub const fn after(nth: u32) -> Self {
        Self { nth, verdict: Verdict::DieAfter }
    }

    /// Before the n-th write the process stands still until another has taken over.
    pub const fn freeze(nth: u32) -> Self {
        Self { nth, verdict: Verdict::Freeze { seconds: 240 } }
    }
}

struct Striker {
    strike: Strike,
    seen: AtomicU32,
}

impl Interceptor for Striker {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        let is_slice = request.process.starts_with("execute/") && request.verb == Verb::Update && request.resource == "runslices";
        let hit = is_slice && self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.strike.nth;
        if hit { self.strike.verdict } else { Verdict::Pass }
    }
}

/// What came of it.
pub struct End {
    /// The accounts before the Run.
    pub before: BTreeMap<String, Value>,
    /// The accounts afterwards.
    pub after: BTreeMap<String, Value>,
    /// The subject's result.
    pub result: Value,
    /// The identities of the mails.
    pub mails: Vec<String>,
}

impl End {
    /// The result of the task: status, reason and words.
    pub fn task(&self) -> (&str, Option<&str>, Option<&str>) {
        let task = &self.result["tasks"][0];
        (task["processingStatus"].as_str().expect("a status"), task["reason"].as_str(), task["processingInfo"].as_str())
    }
}

fn at(hour: u32) -> DateTime<Utc> {
    format!("2026-01-05T{hour:02}:30:00Z").parse().expect("an instant")
}

fn accounts(api: &MemoryApi) -> BTreeMap<String, Value> {
    let name = |account: &Value| account["metadata"]["name"].as_str().expect("a name").to_owned();
    api.list("Account", Some(NS)).iter().map(|account| (name(account), view(&account["spec"]))).collect()
}

fn documents(spec: &Spec, further: &Value, directory: &str) -> String {
    let category = catalog::by_name(spec.member).expect("a task").categories[0];
    let mut task = task(spec);
    merge(&mut task, further);
    let mut run = object(
        "Run",
        "now",
        &json!({"source": {"workflow": {"name": "flow"}}, "subjects": {"users": [SUBJECT]},
        "acknowledges": ["mail", "access", "account", "credential", "destructive", "extension"]}),
    );
    run["metadata"]["annotations"] = json!({"tenure.dev/simulate-at": at(5)});
    let schedule = json!({"interval": "24h", "directory": "people"});
    let own =
        [object("TenantSchedule", "default", &schedule), object("Workflow", "flow", &json!({"category": category, "tasks": [task]})), run];
    let mut text = String::new();
    for (kind, name, spec) in OBJECTS {
        let mut spec = parsed(spec);
        if *kind == "Directory" {
            merge(&mut spec, &parsed(directory));
        }
        writeln!(text, "{}\n---", object(kind, name, &spec)).expect("a text can be written to");
    }
    for object in own {
        writeln!(text, "{object}\n---").expect("a text can be written to");
    }
    text
}

/// Plays the task with fields of its own beside the spec's, in a directory, with or without a strike.
pub fn simulate(spec: &Spec, further: &Value, directory: &str, strike: Option<Strike>) -> End {
    let documents = parse("tenant.yaml", &documents(spec, further, directory)).unwrap_or_else(|problems| panic!("{problems:?}"));
    let is_frozen = strike.is_some_and(|strike| matches!(strike.verdict, Verdict::Freeze { .. }));
    let options = Options {
        from: Some(at(0)),
        until: Some(at(12)),
        death: if is_frozen { Death::Zombie } else { Death::Reported },
        ..Options::default()
    };
    let mut simulation = Simulation::new(documents, options).unwrap_or_else(|problems| panic!("{}: {problems:?}", spec.member));
    let api = simulation.api();
    let (account, before) = (parsed(spec.account), Arc::new(Mutex::new(BTreeMap::new())));
    let noted = Arc::clone(&before);
    let prepare = move |api: &MemoryApi| {
        let mut object = (*api.get("Account", NS, SUBJECT).expect("the first evaluation has seeded it")).clone();
        merge(&mut object["spec"], &account);
        api.put(&object).unwrap_or_else(|refusal| panic!("{}", refusal.message));
        *noted.lock().expect("nobody panics here") = accounts(api);
    };
    simulation = simulation.with_action(at(4), Box::new(prepare));
    let striker = strike.map(|strike| Arc::new(Striker { strike, seen: AtomicU32::new(0) }));
    if let Some(striker) = &striker {
        simulation = simulation.with_interceptor(Arc::clone(striker) as _);
    }
    let finished = simulation.run();
    if let Some(striker) = striker {
        let seen = striker.seen.load(Ordering::SeqCst);
        assert!(seen > striker.strike.nth, "{}: {:?}: only {seen} writes came, the case proves nothing", spec.member, striker.strike);
    }
    let slice = finished.objects.iter().find(|object| object["kind"] == "RunSlice").unwrap_or_else(|| panic!("{:?}", finished.problems));
    let before = before.lock().expect("nobody panics here").clone();
    End {
        before,
        after: accounts(&api),
        result: slice["results"][0].clone(),
        // The word to the subject of a pass is not the task's own mail.
        mails: finished.mails.into_iter().filter(|sent| sent.mail.task != PASS_NOTICE).map(|sent| sent.mail.message_id).collect(),
    }
}
