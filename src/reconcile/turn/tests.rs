use k8s_openapi::api::batch::v1::Job;
use proptest::prelude::*;
use serde_json::{Value, json};

use chrono::{DateTime, Utc};

use super::*;
use crate::api::{TenantLedger, TenantSchedule, Workflow, WorkflowVersion};
use crate::domain::gate::Gate;
use crate::reconcile::room::{Turn, gate_of, plan_in_force};
use crate::reconcile::{Ceilings, Seen, SeenKind};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
}

fn object<K: serde::de::DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).unwrap()
}

/// Something that is seen. Names are numbers, so that few objects meet often.
#[derive(Clone, Debug)]
enum Event {
    Run {
        name: u8,
        workflow: Option<u8>,
        status: Status,
        urgent: bool,
        /// A person asks for it.
        asked: bool,
        cancel: bool,
    },
    Job {
        run: u8,
        attempt: u8,
        ended: bool,
    },
    Workflow {
        name: u8,
        category: &'static str,
        limit: Option<i32>,
    },
    Version {
        workflow: u8,
        number: i32,
        category: &'static str,
    },
    Schedule {
        places: i32,
        limit: Option<i32>,
    },
    Head {
        sealed: i64,
        abandoned: bool,
    },
    /// This process made the Job of a Run's attempt.
    Launched {
        run: u8,
        attempt: u8,
    },
    /// The object of that kind and name is gone, or cannot be read.
    Gone(SeenKind, String),
}

#[derive(Clone, Debug)]
struct Status {
    /// Epoch, version and people of the plan.
    plan: Option<(i64, i32, i32)>,
    attempt: i32,
    scheduled: Option<i64>,
    complete: bool,
}

impl Status {
    fn value(&self) -> Value {
        let mut status = json!({"attempt": self.attempt});
        if let Some((epoch, version, subjects)) = self.plan {
            status["plan"] = json!({"epoch": epoch, "hash": "sha256:0", "version": version, "subjects": subjects, "slices": 1,
                "counted": subjects, "scope": subjects});
        }
        if let Some(scheduled) = self.scheduled {
            status["scheduledDateTime"] = json!(at(scheduled));
        }
        if self.complete {
            status["conditions"] =
                json!([{"type": "Complete", "status": "True", "reason": "x", "message": "", "lastTransitionTime": at(0)}]);
        }
        status
    }
}

fn run_name(number: u8) -> String {
    format!("r{number}")
}

fn workflow_name(number: u8) -> String {
    format!("w{number}")
}

fn run(name: u8, workflow: Option<u8>, status: &Status, [urgent, asked, cancel]: [bool; 3]) -> Run {
    let source = workflow.map_or_else(|| json!({}), |workflow| json!({"workflow": {"name": workflow_name(workflow)}}));
    object(json!({
        "apiVersion": "tenure.dev/v1alpha1", "kind": "Run",
        "metadata": {"name": run_name(name), "uid": run_name(name), "generation": 1, "creationTimestamp": at(i64::from(name % 2))},
        "spec": {"source": source, "executionType": if asked { "onDemand" } else { "scheduled" }, "priority": if urgent { "emergency" } else { "normal" }, "cancel": cancel},
        "status": status.value(),
    }))
}

fn job(run: u8, attempt: u8, ended: bool) -> Job {
    let conditions = if ended { json!([{"type": "Complete", "status": "True", "lastTransitionTime": at(1)}]) } else { json!([]) };
    let run = run_name(run);
    object(json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": format!("{run}-a{attempt}"), "uid": format!("{run}-{attempt}"), "labels": {"tenure.dev/run": run}, "creationTimestamp": at(0),
            "ownerReferences": [{"apiVersion": "tenure.dev/v1alpha1", "kind": "Run", "name": run, "uid": run, "controller": true}]},
        "spec": {"template": {}}, "status": {"conditions": conditions},
    }))
}

fn limits(limit: Option<i32>) -> Value {
    limit.map_or(Value::Null, |count| json!({"count": count}))
}

fn happen(event: &Event, cache: &mut Cache, memory: &mut Memory) {
    let kind = |kind: &str, name: &str| json!({"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"name": name}});
    let seen = match event {
        Event::Run { name, workflow, status, urgent, asked, cancel } => {
            Seen::from(run(*name, *workflow, status, [*urgent, *asked, *cancel]))
        }
        Event::Job { run, attempt, ended } => Seen::from(job(*run, *attempt, *ended)),
        Event::Workflow { name, category, limit } => {
            let mut workflow = kind("Workflow", &workflow_name(*name));
            workflow["spec"] = json!({"category": category, "tasks": [], "executionLimits": limits(*limit)});
            Seen::from(object::<Workflow>(workflow))
        }
        Event::Version { workflow, number, category } => {
            let of = workflow_name(*workflow);
            let mut version = kind("WorkflowVersion", &format!("{of}-v{number}"));
            let template = json!({"category": category, "tasks": []});
            version["spec"] = json!({"workflow": of, "number": number, "lineage": "l", "hash": "", "template": template});
            Seen::from(object::<WorkflowVersion>(version))
        }
        Event::Schedule { places, limit } => {
            let mut schedule = kind("TenantSchedule", "default");
            schedule["spec"] = json!({"maxConcurrentRuns": places, "limits": limits(*limit)});
            Seen::from(object::<TenantSchedule>(schedule))
        }
        Event::Head { sealed, abandoned } => {
            let mut head = kind("TenantLedger", "default");
            (head["epoch"], head["sealedEpoch"], head["key"]) = (json!(4), json!(sealed), json!("0"));
            head["abandoned"] = if *abandoned { json!([{"from": 2, "to": 2}]) } else { json!([]) };
            Seen::from(object::<TenantLedger>(head))
        }
        Event::Launched { run, attempt } => {
            let run = run_name(*run);
            let job = format!("{run}-a{attempt}");
            memory.launched.insert(run, job);
            return;
        }
        Event::Gone(kind, name) => {
            cache.forget(*kind, name);
            return;
        }
    };
    cache.put(seen);
}

fn category() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("joiner"), 2 => Just("mover"), 2 => Just("leaver")]
}

fn limit() -> impl Strategy<Value = Option<i32>> {
    prop_oneof![3 => Just(None), 1 => Just(Some(2)), 1 => Just(Some(100))]
}

fn status() -> impl Strategy<Value = Status> {
    let plan =
        prop_oneof![1 => Just(None), 9 => (1_i64..5, 1_i32..3, prop_oneof![1 => Just(0), 4 => Just(1), 2 => Just(3)]).prop_map(Some)];
    let attempt = prop_oneof![4 => Just(0), 1 => Just(1)];
    let complete = prop_oneof![9 => Just(false), 1 => Just(true)];
    (plan, attempt, proptest::option::of(0_i64..3), complete).prop_map(|(plan, attempt, scheduled, complete)| Status {
        plan,
        attempt,
        scheduled,
        complete,
    })
}

fn gone() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0_u8..8).prop_map(|run| Event::Gone(SeenKind::Run, run_name(run))),
        (0_u8..8, 1_u8..3).prop_map(|(run, attempt)| Event::Gone(SeenKind::Job, format!("{}-a{attempt}", run_name(run)))),
        (0_u8..3).prop_map(|name| Event::Gone(SeenKind::Workflow, workflow_name(name))),
        (0_u8..3, 1_i32..3).prop_map(|(of, number)| Event::Gone(SeenKind::WorkflowVersion, format!("{}-v{number}", workflow_name(of)))),
        Just(Event::Gone(SeenKind::TenantSchedule, "default".to_owned())),
        Just(Event::Gone(SeenKind::TenantLedger, "default".to_owned())),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let workflow = prop_oneof![1 => Just(None), 9 => (0_u8..3).prop_map(Some)];
    let of_run = (0_u8..8, workflow, status(), any::<[bool; 3]>());
    prop_oneof![
        8 => of_run.prop_map(|(name, workflow, status, [urgent, asked, cancel])| Event::Run { name, workflow, status, urgent, asked, cancel }),
        3 => (0_u8..8, 1_u8..3, any::<bool>()).prop_map(|(run, attempt, ended)| Event::Job { run, attempt, ended }),
        2 => (0_u8..3, category(), limit()).prop_map(|(name, category, limit)| Event::Workflow { name, category, limit }),
        1 => (0_u8..3, 1_i32..3, category()).prop_map(|(workflow, number, category)| Event::Version { workflow, number, category }),
        1 => (1_i32..4, limit()).prop_map(|(places, limit)| Event::Schedule { places, limit }),
        1 => (2_i64..5, any::<bool>()).prop_map(|(sealed, abandoned)| Event::Head { sealed, abandoned }),
        1 => (0_u8..8, 1_u8..3).prop_map(|(run, attempt)| Event::Launched { run, attempt }),
        1 => gone(),
    ]
}

/// The same by a walk over every open Run.
fn has_room_by_walking(cache: &Cache, memory: &Memory, run: &Run) -> bool {
    let share = cache.say_in(run).share(run);
    let others_of = |share: Share| -> Vec<&Run> {
        let of_share = |other: &&Run| other.name_any() != run.name_any() && cache.say_in(other).share(other) == share;
        cache.open_runs().filter(of_share).collect()
    };
    let executes = |other: &Run| {
        let launched = memory.launched.get(&other.name_any());
        cache.is_under_way(&other.name_any()) || launched.is_some_and(|job| cache.job(job).is_none())
    };
    let executing = |share: Share| others_of(share).iter().filter(|other| executes(other)).count();
    let goes_before = |other: &Run, of: Share| {
        let is_due = plan_in_force(other, cache.head()).is_some_and(|plan| plan.subjects > 0)
            && gate_of(&cache.say_in(other), other, false) == Gate::Open;
        is_first(run) && is_first(other) && !executes(other) && is_due && turn(other, of) < turn(run, share)
    };
    let ahead = |of: Share| others_of(of).iter().filter(|other| goes_before(other, of)).count();
    if share == Share::Others {
        let allowed = cache.schedule().map_or(DEFAULT_CONCURRENT_RUNS, |schedule| schedule.spec.max_concurrent_runs);
        let bound = memory.ceilings.others(usize::try_from(allowed).unwrap());
        return ahead(share) < bound.saturating_sub(executing(share));
    }
    let of_asked = memory.ceilings.asked_leavers().saturating_sub(executing(Share::AskedLeavers));
    let of_all = memory.ceilings.leavers().saturating_sub(executing(Share::Leavers) + executing(Share::AskedLeavers));
    let asked = ahead(Share::AskedLeavers);
    if share == Share::AskedLeavers && asked >= of_asked {
        return false;
    }
    asked.min(of_asked) + ahead(Share::Leavers) < of_all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is seen, and in whatever order.
    #[test]
    fn room_is_what_a_walk_over_all_runs_finds(places in 2_usize..8, events in proptest::collection::vec(event(), 1..60), asked in (0_u8..8, status(), any::<[bool; 2]>())) {
        let (mut cache, mut memory) = (Cache::default(), Memory { ceilings: Ceilings::new(places, 200), ..Memory::default() });
        for event in &events {
            happen(event, &mut cache, &mut memory);
            for run in cache.open_runs() {
                let expected = has_room_by_walking(&cache, &memory, run);
                prop_assert_eq!(has_room(&cache, &memory, run), expected, "{} after {:?}", run.name_any(), event);
            }
        }
        // One that the API server has otherwise than it was seen.
        let (name, status, [urgent, is_asked]) = asked;
        let newer = run(name, Some(0), &Status { complete: false, ..status }, [urgent, is_asked, false]);
        prop_assert_eq!(has_room(&cache, &memory, &newer), has_room_by_walking(&cache, &memory, &newer));
    }
}

/// Two places, and one of them is taken.
#[test]
fn a_crowd_of_held_and_leaving_runs_is_no_queue() {
    let (mut cache, mut memory) = (Cache::default(), Memory::default());
    let planned = |subjects: i32, attempt: i32| Status { plan: Some((3, 1, subjects)), attempt, scheduled: None, complete: false };
    let asks = |name: u8, workflow: u8, status: Status| Event::Run {
        name,
        workflow: Some(workflow),
        status,
        urgent: false,
        asked: false,
        cancel: false,
    };
    let mut events = vec![
        Event::Head { sealed: 4, abandoned: false },
        Event::Schedule { places: 2, limit: Some(2) },
        Event::Workflow { name: 0, category: "joiner", limit: None },
        Event::Workflow { name: 1, category: "leaver", limit: None },
    ];
    events.extend((0..40).map(|name| asks(name, 0, planned(3, 0))));
    events.extend((40..80).map(|name| asks(name, 1, planned(1, 0))));
    events.extend((80..84).map(|name| asks(name, 0, planned(1, 0))));
    events.push(Event::Job { run: 40, attempt: 1, ended: false });
    events.push(Event::Job { run: 80, attempt: 1, ended: false });
    for event in &events {
        happen(event, &mut cache, &mut memory);
    }
    let names = |names: &BTreeSet<Turn>| names.iter().map(|(.., name)| name.clone()).collect::<Vec<_>>();
    let Room { places, queue } = cache.room(Share::Others);
    assert_eq!(places.iter().collect::<Vec<_>>(), ["r80"]);
    assert_eq!(names(queue), ["r82", "r81", "r83"], "the created first, then by name");
    let rooms = |cache: &Cache, memory: &Memory| {
        let of = |name: u8| has_room(cache, memory, cache.open_run(&run_name(name)).unwrap());
        [40, 80, 81, 82, 83].map(of)
    };
    assert_eq!(rooms(&cache, &memory), [true, true, false, true, false]);
    happen(&Event::Launched { run: 82, attempt: 1 }, &mut cache, &mut memory);
    assert_eq!(rooms(&cache, &memory), [true, true, false, true, false], "its Job was not seen yet");
    happen(&Event::Schedule { places: 2, limit: None }, &mut cache, &mut memory);
    assert_eq!(cache.room(Share::Others).queue.len(), 43, "nothing holds them any more");
}

/// Leavers have a reserve, not infinity: the first twenty of a crowd begin, those that people ask for urgently before the others.
#[test]
fn leavers_have_places_of_their_own_and_no_more() {
    let (mut cache, mut memory) = (Cache::default(), Memory::default());
    let status = || Status { plan: Some((3, 1, 1)), attempt: 0, scheduled: None, complete: false };
    let asks = |name: u8, urgent: bool| Event::Run { name, workflow: Some(1), status: status(), urgent, asked: false, cancel: false };
    let mut events = vec![Event::Head { sealed: 4, abandoned: false }, Event::Workflow { name: 1, category: "leaver", limit: None }];
    events.extend((100..250).map(|name| asks(name, name == 248)));
    for event in &events {
        happen(event, &mut cache, &mut memory);
    }
    let begin = |cache: &Cache, memory: &Memory| -> Vec<String> {
        cache
            .open_runs()
            .filter(|run| !cache.is_under_way(&run.name_any()) && has_room(cache, memory, run))
            .map(kube::ResourceExt::name_any)
            .collect()
    };
    let first = begin(&cache, &memory);
    assert_eq!((first.len(), first.contains(&run_name(248))), (20, true));
    for name in &first {
        let number = name.trim_start_matches('r').parse().unwrap();
        happen(&Event::Job { run: number, attempt: 1, ended: false }, &mut cache, &mut memory);
    }
    assert_eq!((begin(&cache, &memory), under_way(&cache, &memory)), (Vec::<String>::new(), 20));
    // One ends, and the next one begins; a joiner waits for none of them.
    happen(&Event::Job { run: 248, attempt: 1, ended: true }, &mut cache, &mut memory);
    happen(&Event::Gone(SeenKind::Run, run_name(248)), &mut cache, &mut memory);
    happen(&Event::Workflow { name: 0, category: "joiner", limit: None }, &mut cache, &mut memory);
    let joiner = Event::Run { name: 1, workflow: Some(0), status: status(), urgent: false, asked: false, cancel: false };
    happen(&joiner, &mut cache, &mut memory);
    let next = begin(&cache, &memory);
    assert_eq!((next.len(), next.contains(&run_name(1)), under_way(&cache, &memory)), (2, true, 19));
}

/// Nothing that people ask for delays tonight's off-boardings: 150 urgent Runs begin ten at a time, and leave the other places to
/// those that evaluations found, who go first among equals.
#[test]
fn what_people_ask_for_takes_half_of_the_places_of_leavers() {
    let status = || Status { plan: Some((3, 1, 1)), attempt: 0, scheduled: None, complete: false };
    let leaver =
        |name: u8, urgent: bool, asked: bool| Event::Run { name, workflow: Some(1), status: status(), urgent, asked, cancel: false };
    // (what, Runs that people ask for, whether urgently, those that evaluations found, how many of either begin)
    let rows = [
        ("urgent, and none else", 150, true, 0, (10, 0)),
        ("urgent, beside a few", 150, true, 5, (10, 5)),
        ("urgent, beside many", 150, true, 60, (10, 10)),
        ("not urgent, beside a few", 150, false, 5, (10, 5)),
        ("not urgent, beside many", 150, false, 60, (0, 20)),
        ("one that is urgent, beside many", 1, true, 60, (1, 19)),
        ("none", 0, true, 60, (0, 20)),
    ];
    for (what, asked, urgent, found, expected) in rows {
        let (mut cache, mut memory) = (Cache::default(), Memory::default());
        let mut events = vec![Event::Head { sealed: 4, abandoned: false }, Event::Workflow { name: 1, category: "leaver", limit: None }];
        events.extend((0..asked).map(|name| leaver(name, urgent, true)));
        events.extend((0..found).map(|name| leaver(180 + name, false, false)));
        for event in &events {
            happen(event, &mut cache, &mut memory);
        }
        let begins = |share: Share| {
            let of_share = |run: &&Run| cache.say_in(run).share(run) == share && has_room(&cache, &memory, run);
            cache.open_runs().filter(of_share).count()
        };
        assert_eq!((begins(Share::AskedLeavers), begins(Share::Leavers)), expected, "{what}");
    }
}
