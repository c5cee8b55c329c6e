//! The hook, the history and the direct access; what a real server does as well is in `tests/fast/conformance.rs`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{TimeZone, Utc};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt;
use kube::api::{Api, GetParams, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use serde_json::{Value, json};

use super::{Interceptor, MemoryApi, RequestInfo, Verb, Verdict};

/// Gives each verb in turn what is scripted for it, and remembers what it saw.
#[derive(Default)]
struct Script {
    verdicts: Mutex<Vec<(Verb, Verdict)>>,
    seen: Mutex<Vec<String>>,
}

impl Script {
    fn next(&self, verb: Verb, verdict: Verdict) {
        self.verdicts.lock().unwrap().push((verb, verdict));
    }
}

impl Interceptor for Script {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        self.seen.lock().unwrap().push(request.to_string());
        let mut verdicts = self.verdicts.lock().unwrap();
        let found = verdicts.iter().position(|(verb, _)| *verb == request.verb);
        found.map_or(Verdict::Pass, |index| verdicts.remove(index).1)
    }
}

struct Stage {
    api: MemoryApi,
    maps: Api<ConfigMap>,
    script: Arc<Script>,
}

fn stage() -> Stage {
    let start = Utc.with_ymd_and_hms(2026, 3, 1, 6, 0, 0).unwrap();
    let api = MemoryApi::new(&[], Arc::new(move || start));
    let script = Arc::new(Script::default());
    api.set_interceptor(Some(Arc::clone(&script) as Arc<dyn Interceptor>));
    let maps = Api::namespaced(api.client("tester"), "ns");
    Stage { api, maps, script }
}

fn virtual_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

fn map(name: &str, value: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name}, "data": {"k": value}})).unwrap()
}

fn value_of(map: &ConfigMap) -> String {
    map.data.clone().unwrap_or_default().remove("k").unwrap_or_default()
}

impl Stage {
    async fn create(&self, name: &str) -> kube::Result<ConfigMap> {
        self.maps.create(&PostParams::default(), &map(name, "0")).await
    }

    async fn set(&self, name: &str, value: &str) -> kube::Result<ConfigMap> {
        let patch = Patch::Merge(json!({"data": {"k": value}}));
        self.maps.patch(name, &PatchParams::default(), &patch).await
    }

    /// The events after a version, as `KIND name=value`, until none comes for a second.
    async fn watch(&self, version: &str) -> Vec<String> {
        let mut stream = self.maps.watch(&WatchParams::default().timeout(290), version).await.unwrap().boxed();
        let mut seen = Vec::new();
        while let Ok(Ok(Some(event))) = tokio::time::timeout(Duration::from_secs(1), stream.try_next()).await {
            let shown = |kind: &str, map: ConfigMap| format!("{kind} {}={}", map.name_any(), value_of(&map));
            seen.push(match event {
                WatchEvent::Added(map) => shown("ADDED", map),
                WatchEvent::Modified(map) => shown("MODIFIED", map),
                WatchEvent::Deleted(map) => shown("DELETED", map),
                WatchEvent::Bookmark(_) => "BOOKMARK".to_owned(),
                WatchEvent::Error(status) => format!("ERROR {}", status.code),
            });
        }
        seen
    }
}

fn code<T: std::fmt::Debug>(result: kube::Result<T>) -> u16 {
    match result {
        Err(kube::Error::Api(status)) => status.code,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn refusals_change_nothing_and_lost_answers_do() {
    virtual_time(async {
        let stage = stage();
        stage.create("a").await.unwrap();
        let refusals =
            [(Verdict::Refuse, 503), (Verdict::Forbid, 403), (Verdict::Astray, 404), (Verdict::Conflict, 409), (Verdict::Throttle, 429)];
        for (verdict, wanted) in refusals {
            stage.script.next(Verb::Patch, verdict);
            assert_eq!(code(stage.set("a", "1").await), wanted);
            assert_eq!(value_of(&stage.maps.get("a").await.unwrap()), "0", "{verdict:?}");
        }
        stage.script.next(Verb::Patch, Verdict::LoseAnswer);
        assert_eq!(code(stage.set("a", "2").await), 504);
        assert_eq!(value_of(&stage.maps.get("a").await.unwrap()), "2");
        // A conflict is nothing that a read can meet.
        stage.script.next(Verb::Get, Verdict::Conflict);
        assert_eq!(value_of(&stage.maps.get("a").await.unwrap()), "2");
    });
}

#[test]
fn the_dead_are_never_answered() {
    virtual_time(async {
        let stage = stage();
        stage.create("a").await.unwrap();
        for (verdict, wanted) in [(Verdict::Die, "0"), (Verdict::DieAfter, "1")] {
            stage.script.next(Verb::Patch, verdict);
            let answer = tokio::time::timeout(Duration::from_secs(86_400), stage.set("a", "1")).await;
            assert!(answer.is_err(), "{verdict:?} was answered: {answer:?}");
            assert_eq!(value_of(&stage.maps.get("a").await.unwrap()), wanted, "{verdict:?}");
        }
    });
}

#[test]
fn stale_reads_come_from_the_past_of_the_same_kind() {
    virtual_time(async {
        let stage = stage();
        stage.create("a").await.unwrap();
        stage.set("a", "1").await.unwrap();
        stage.create("b").await.unwrap();
        // Changes of other kinds do not count.
        stage.api.put(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "ns"}})).unwrap();
        stage.set("a", "2").await.unwrap();
        let mut past = Vec::new();
        for back in 0..6 {
            stage.script.next(Verb::List, Verdict::Stale { back });
            let list = stage.maps.list(&ListParams::default()).await.unwrap();
            let items: Vec<String> = list.iter().map(|map| format!("{}={}", map.name_any(), value_of(map))).collect();
            past.push((items.join(" "), list.metadata.resource_version.unwrap_or_default()));
        }
        let wanted = [("a=2 b=0", "5"), ("a=1 b=0", "3"), ("a=1", "2"), ("a=0", "1"), ("", "0"), ("", "0")];
        assert_eq!(past, wanted.map(|(items, version)| (items.to_owned(), version.to_owned())));
        let any = GetParams { resource_version: Some("0".to_owned()) };
        stage.script.next(Verb::Get, Verdict::Stale { back: 1 });
        assert_eq!(value_of(&stage.maps.get_with("a", &any).await.unwrap()), "1");
        stage.script.next(Verb::Get, Verdict::Stale { back: 2 });
        assert_eq!(code(stage.maps.get_with("b", &any).await), 404);
        // Who does not say that an older state will do is answered by the store.
        stage.script.next(Verb::Get, Verdict::Stale { back: 1 });
        assert_eq!(value_of(&stage.maps.get("a").await.unwrap()), "2");
        stage.script.next(Verb::Watch, Verdict::Stale { back: 2 });
        assert_eq!(stage.watch("5").await, ["ADDED b=0", "MODIFIED a=2"]);
        stage.script.next(Verb::Watch, Verdict::Stale { back: 1 });
        assert_eq!(stage.watch("0").await, ["ADDED a=1", "ADDED b=0", "MODIFIED a=2"]);
    });
}

#[test]
fn watches_can_be_coalesced_and_cut() {
    virtual_time(async {
        let stage = stage();
        stage.create("a").await.unwrap();
        for value in ["1", "2"] {
            stage.set("a", value).await.unwrap();
        }
        stage.create("passing").await.unwrap();
        stage.api.delete("ConfigMap", "ns", "passing").unwrap();
        stage.create("b").await.unwrap();
        stage.set("b", "3").await.unwrap();
        stage.script.next(Verb::Watch, Verdict::WatchCoalesce);
        assert_eq!(stage.watch("1").await, ["MODIFIED a=2", "ADDED b=3"]);
        stage.script.next(Verb::Watch, Verdict::WatchCut);
        assert_eq!(stage.watch("1").await, ["MODIFIED a=1", "ERROR 410"]);
        let all = ["MODIFIED a=1", "MODIFIED a=2", "ADDED passing=0", "DELETED passing=0", "ADDED b=0", "MODIFIED b=3"];
        assert_eq!(stage.watch("1").await, all);
    });
}

#[test]
fn a_waiting_watch_hears_of_later_changes() {
    virtual_time(async {
        let stage = stage();
        let (api, maps) = (stage.api.clone(), stage.maps.clone());
        let writer = tokio::spawn(async move {
            for value in ["1", "2"] {
                tokio::time::sleep(Duration::from_millis(300)).await;
                maps.patch("a", &PatchParams::default(), &Patch::Merge(json!({"data": {"k": value}}))).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            api.delete("configmaps", "ns", "a").unwrap();
        });
        let created = stage.create("a").await.unwrap();
        let seen = stage.watch(&created.resource_version().unwrap()).await;
        assert_eq!(seen, ["MODIFIED a=1", "MODIFIED a=2", "DELETED a=2"]);
        writer.await.unwrap();
    });
}

#[test]
fn a_watch_ends_in_time_with_a_bookmark() {
    virtual_time(async {
        let stage = stage();
        let begin = tokio::time::Instant::now();
        let mut stream = stage.maps.watch(&WatchParams::default().timeout(7), "0").await.unwrap().boxed();
        let last = stream.try_next().await.unwrap();
        assert!(matches!(last, Some(WatchEvent::Bookmark(_))), "{last:?}");
        assert!(stream.try_next().await.unwrap().is_none());
        assert_eq!(begin.elapsed().as_secs(), 7);
    });
}

#[test]
fn the_interceptor_sees_who_asks_for_what() {
    virtual_time(async {
        let stage = stage();
        stage.create("a").await.unwrap();
        stage.maps.list(&ListParams::default()).await.unwrap();
        let other: Api<ConfigMap> = Api::all(stage.api.client("other"));
        other.list(&ListParams::default()).await.unwrap();
        let seen = stage.script.seen.lock().unwrap().clone();
        let wanted = ["#1 tester create configmaps/ns", "#2 tester list configmaps/ns", "#3 other list configmaps"];
        assert_eq!(seen, wanted);
        assert_eq!(stage.api.requests(), 3);
    });
}

#[test]
fn the_watcher_of_the_client_library_works_over_it() {
    virtual_time(async {
        let stage = stage();
        stage.create("a").await.unwrap();
        let (reader, writer) = kube::runtime::reflector::store();
        let watcher = kube::runtime::watcher(stage.maps.clone(), kube::runtime::watcher::Config::default());
        let reflect = kube::runtime::reflector(writer, watcher);
        let follow = tokio::spawn(reflect.for_each(|_| std::future::ready(())));
        reader.wait_until_ready().await.unwrap();
        stage.set("a", "1").await.unwrap();
        stage.create("b").await.unwrap();
        // Past the reconnect of the library after 290 seconds.
        tokio::time::sleep(Duration::from_secs(1000)).await;
        stage.set("b", "2").await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        let mut found: Vec<String> = reader.state().iter().map(|map| format!("{}={}", map.name_any(), value_of(map))).collect();
        found.sort();
        assert_eq!(found, ["a=1", "b=2"]);
        follow.abort();
    });
}

#[test]
fn applying_keeps_what_is_not_in_the_manifest() {
    let start = Utc.with_ymd_and_hms(2026, 3, 1, 6, 0, 0).unwrap();
    let api = MemoryApi::new(&[], Arc::new(move || start));
    let job = |labels: Value, spec: Value, status: Value| {
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "ns", "labels": labels},
            "spec": spec, "status": status})
    };
    let first = api.apply(&job(json!({"a": "1"}), json!({"x": 1}), json!({"mine": 1}))).unwrap();
    assert_eq!(first.get("status"), None);
    assert_eq!(first["metadata"]["creationTimestamp"], "2026-03-01T06:00:00Z");
    let run = api.put(&job(json!({"a": "1"}), json!({"x": 1}), json!({"active": 1}))).unwrap();
    assert_eq!((&run["status"], &run["metadata"]["generation"]), (&json!({"active": 1}), &json!(1)));
    let second = api.apply(&job(json!({"b": "2"}), json!({"x": 2}), Value::Null)).unwrap();
    assert_eq!(second["status"], json!({"active": 1}));
    assert_eq!(second["metadata"]["labels"], json!({"b": "2"}));
    assert_eq!(second["metadata"]["generation"], 2);
    assert_eq!(second["metadata"]["uid"], first["metadata"]["uid"]);
    let revision = api.revision();
    let third = api.apply(&job(json!({"b": "2"}), json!({"x": 2}), json!({"other": 1}))).unwrap();
    assert_eq!((third, api.revision()), (second, revision));
    let unknown = api.apply(&json!({"apiVersion": "x/v1", "kind": "Y", "metadata": {"name": "a"}})).unwrap_err();
    assert_eq!(unknown.message, "no matches for kind \"Y\" in version \"x/v1\"");
}

#[test]
fn the_same_requests_give_the_same_bytes() {
    let play = |seed: u64| {
        let start = Utc.with_ymd_and_hms(2026, 3, 1, 6, 0, 0).unwrap();
        let api = MemoryApi::new(&[], Arc::new(move || start)).with_seed(seed);
        for (kind, name) in [("Secret", "b"), ("ConfigMap", "b"), ("ConfigMap", "a")] {
            api.put(&json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "ns"}})).unwrap();
        }
        api.delete("ConfigMap", "ns", "a").unwrap();
        api.put(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "a-", "namespace": "ns"}})).unwrap();
        api.dump().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(play(1), play(1));
    assert_ne!(play(1), play(2));
    let kinds: Vec<String> = play(1).iter().map(|text| serde_json::from_str::<Value>(text).unwrap()["kind"].to_string()).collect();
    assert_eq!(kinds, ["\"ConfigMap\"", "\"ConfigMap\"", "\"Secret\""]);
}

#[test]
fn a_foreground_owner_waits_for_a_held_dependent() {
    let api = MemoryApi::new(&[], Arc::new(Utc::now));
    let put = |name: &str, metadata: Value| {
        let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        object["metadata"]["name"] = json!(name);
        object["metadata"]["namespace"] = json!("ns");
        api.put(&object).unwrap()
    };
    virtual_time(async {
        let owner = put("owner", json!({}));
        let reference = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "owner",
            "uid": owner["metadata"]["uid"], "blockOwnerDeletion": true});
        put("held", json!({"ownerReferences": [reference], "finalizers": ["x/y"]}));
        let maps: Api<ConfigMap> = Api::namespaced(api.client("tester"), "ns");
        maps.delete("owner", &kube::api::DeleteParams::foreground()).await.unwrap();
        let waiting = |name: &str| api.get("ConfigMap", "ns", name).map(|map| map["metadata"]["finalizers"].clone());
        assert_eq!(waiting("owner"), Some(json!(["foregroundDeletion"])));
        assert_eq!(waiting("held"), Some(json!(["x/y"])));
        put("held", json!({"ownerReferences": [reference]}));
        assert_eq!((waiting("owner"), waiting("held")), (None, None));
        // Who is born to a dead owner does not live long.
        put("late", json!({"ownerReferences": [reference]}));
        assert_eq!(waiting("late"), None);
    });
}

#[test]
fn a_namespace_takes_its_objects_along() {
    let api = MemoryApi::new(&[], Arc::new(Utc::now));
    for namespace in ["one", "two"] {
        api.put(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})).unwrap();
        api.put(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": namespace}})).unwrap();
    }
    api.delete("Namespace", "", "one").unwrap();
    let left: Vec<String> = api.dump().iter().map(|object| format!("{}{}", object["kind"], object["metadata"]["namespace"])).collect();
    assert_eq!(left, [r#""Namespace"null"#, r#""Secret""two""#]);
}

#[tokio::test]
async fn what_another_server_stored_is_taken_over_as_it_is() {
    let object = |name: &str, version: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns", "uid": format!("uid of {name}"),
            "creationTimestamp": "2020-01-01T00:00:00Z", "resourceVersion": version}, "data": {"k": "1"}})
    };
    let api = MemoryApi::new(&[], Arc::new(|| Utc.with_ymd_and_hms(2026, 3, 1, 6, 0, 0).unwrap()));
    api.adopt(&object("a", "7")).unwrap();
    api.adopt(&object("b", "12")).unwrap();
    assert_eq!(*api.get("ConfigMap", "ns", "a").unwrap(), object("a", "7"));
    assert_eq!((api.list("ConfigMap", Some("ns")).len(), api.revision()), (2, 12));
    for (what, refused) in [("there already", object("a", "13")), ("older", object("c", "12")), ("without a version", object("c", ""))] {
        assert!(api.adopt(&refused).is_err(), "{what}");
    }
    let mut changed = object("a", "7");
    changed["data"]["k"] = "2".into();
    let changed = api.put(&changed).unwrap();
    assert_eq!((&changed["metadata"]["resourceVersion"], &changed["metadata"]["uid"]), (&json!("13"), &json!("uid of a")));
}
