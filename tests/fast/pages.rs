//! Lists come in pages of one state, also of one that is forgotten in the middle of it.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use kube::ResourceExt;
use serde_json::json;
use tenure::api::Group;
use tenure::cluster::{Clock as _, Cluster, Selector};
use tenure::sim::api::{Interceptor, MemoryApi, RequestInfo, Verb, Verdict};
use tenure::sim::clock::{VirtualClock, runtime};

const NS: &str = "t";
/// Two full pages and a part of one.
const GROUPS: usize = 600;

fn put(api: &MemoryApi, name: &str) {
    let group = json!({
        "apiVersion": "tenure.dev/v1alpha1", "kind": "Group", "metadata": {"namespace": NS, "name": name},
        "spec": {"displayName": name},
    });
    api.put(&group).unwrap_or_else(|refusal| panic!("{name}: {}", refusal.message));
}

/// The numbers of requests, and what becomes of them.
type Before = &'static [(u32, Verdict)];

/// Writes before the requests with these numbers more than the API remembers, and gives them a verdict.
struct Writes {
    api: MemoryApi,
    asked: AtomicU32,
    before: Before,
}

impl Interceptor for Writes {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        if request.verb != Verb::List {
            return Verdict::Pass;
        }
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let Some((_, verdict)) = self.before.iter().find(|(before, _)| *before == number) else { return Verdict::Pass };
        for name in ["new-a", "new-b", "new-c"] {
            put(&self.api, &format!("{name}-{number}"));
        }
        *verdict
    }
}

/// The names of a list, and how many requests it took.
fn listed(history: usize, before: Before) -> (Vec<String>, u32) {
    let work = async move {
        let clock = Arc::new(VirtualClock::begin("2026-01-05T09:00:00Z".parse().expect("an instant")));
        let now = Arc::clone(&clock);
        let api = MemoryApi::tenure(Arc::new(move || now.now())).with_history(history, usize::MAX);
        (0..GROUPS).for_each(|number| put(&api, &format!("group-{number:03}")));
        let writes = Arc::new(Writes { api: api.clone(), asked: AtomicU32::new(0), before });
        api.set_interceptor(Some(Arc::clone(&writes) as _));
        let cluster = Cluster::new(api.client("lister"), NS, Arc::clone(&clock) as _);
        let groups = cluster.list::<Group>(&Selector::all()).await.expect("a list");
        (groups.iter().map(ResourceExt::name_any).collect(), writes.asked.load(Ordering::SeqCst))
    };
    runtime().expect("a runtime").block_on(work)
}

#[test]
fn a_list_of_several_pages_is_of_one_state() {
    let old: Vec<String> = (0..GROUPS).map(|number| format!("group-{number:03}")).collect();
    let with = |numbers: &[u32]| {
        let new = ["new-a", "new-b", "new-c"].iter().flat_map(|name| numbers.iter().map(move |number| format!("{name}-{number}")));
        let mut all: Vec<String> = old.iter().cloned().chain(new).collect();
        all.sort();
        all
    };
    // (what, how many changes are remembered, what is written before which request, what is listed, with how many requests)
    let cases: [(&str, usize, Before, Vec<String>, u32); 5] = [
        ("nothing happens", 4_096, &[], old.clone(), 3),
        ("what is written between two pages is of a later state", 4_096, &[(2, Verdict::Pass)], old.clone(), 3),
        ("no answer to the second page: it is asked for again", 4_096, &[(2, Verdict::LoseAnswer)], old.clone(), 4),
        ("the state is forgotten after the first page: from the beginning", 2, &[(2, Verdict::Pass)], with(&[2]), 5),
        ("after the second, and once more", 2, &[(3, Verdict::Pass), (5, Verdict::Pass)], with(&[3, 5]), 8),
    ];
    for (what, history, before, expected, requests) in cases {
        let (names, asked) = listed(history, before);
        assert_eq!(names.len(), expected.len(), "{what}");
        assert_eq!((names, asked), (expected, requests), "{what}");
    }
}
