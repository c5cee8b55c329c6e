//! Which verdicts strike which requests: as foretold of a request that passes, and as told when it happens.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{TimeZone, Utc};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, WatchParams};
use serde_json::json;
use tenure::sim::api::{Interceptor, MemoryApi, RequestInfo, Strike, Verdict};

const VERDICTS: [Verdict; 9] = [
    Verdict::Refuse,
    Verdict::LoseAnswer,
    Verdict::Conflict,
    Verdict::Die,
    Verdict::DieAfter,
    Verdict::Freeze { seconds: 240 },
    Verdict::Stale { back: 1 },
    Verdict::WatchCoalesce,
    Verdict::WatchCut,
];

type Maps = Api<ConfigMap>;
type Ask = fn(Maps) -> BoxFuture<'static, ()>;

/// A cache may answer.
fn any_age() -> GetParams {
    GetParams { resource_version: Some("0".to_owned()) }
}

/// What is asked, and a letter for each of [`VERDICTS`]: `F`ull, `s`light, or nothing.
const CASES: [(&str, Ask, &str); 12] = [
    ("read what has just changed, of whatever age", |maps| ask(async move { maps.get_with("a", &any_age()).await }), "Fs.FFFF.."),
    ("read what has not, of whatever age", |maps| ask(async move { maps.get_with("old", &any_age()).await }), "Fs.FFF..."),
    ("read from the store", |maps| ask(async move { maps.get("a").await }), "Fs.FFF..."),
    ("list both", |maps| ask(async move { maps.list(&ListParams::default()).await }), "Fs.FFFF.."),
    (
        "list what has not changed",
        |maps| ask(async move { maps.list(&ListParams::default().fields("metadata.name=old")).await }),
        "Fs.FFFs..",
    ),
    ("create", |maps| ask(async move { maps.create(&PostParams::default(), &map("b", None)).await }), "FFFFFF..."),
    ("create what is there", |maps| ask(async move { maps.create(&PostParams::default(), &map("a", None)).await }), "FsFFFF..."),
    ("replace one version", |maps| ask(async move { maps.replace("a", &PostParams::default(), &map("a", Some("3"))).await }), "FFFFFF..."),
    (
        "patch any version",
        |maps| ask(async move { maps.patch("a", &PatchParams::default(), &Patch::Merge(json!({"data": {"k": "2"}}))).await }),
        "FFsFFF...",
    ),
    ("delete any version", |maps| ask(async move { maps.delete("a", &DeleteParams::default()).await }), "FFsFFF..."),
    ("watch two changes of one object", |maps| follow(maps, "1"), "Fs.FF..FF"),
    ("watch when nothing happens", |maps| follow(maps, "3"), "Fs.FF.F.."),
];

fn ask<T: 'static>(request: impl Future<Output = T> + Send + 'static) -> BoxFuture<'static, ()> {
    request.map(drop).boxed()
}

fn follow(maps: Maps, version: &'static str) -> BoxFuture<'static, ()> {
    ask(async move {
        if let Ok(events) = maps.watch(&WatchParams::default().timeout(60), version).await {
            events.map(drop).collect::<()>().await;
        }
    })
}

fn map(name: &str, version: Option<&str>) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name, "resourceVersion": version}, "data": {"k": "1"}})).expect("a ConfigMap")
}

/// Gives one verdict about the first request and remembers what it is told of it.
struct Recorder {
    verdict: Verdict,
    told: Mutex<Vec<(Verdict, Strike)>>,
    foretold: Mutex<Vec<(Verdict, Strike)>>,
}

impl Interceptor for Recorder {
    fn decide(&self, _: &RequestInfo) -> Verdict {
        self.verdict
    }

    fn struck(&self, _: &RequestInfo, verdict: Verdict, strike: Strike) {
        self.told.lock().expect("nobody panics while it is locked").push((verdict, strike));
    }

    fn weighed(&self) -> &'static [Verdict] {
        &VERDICTS
    }

    fn would_strike(&self, _: &RequestInfo, verdict: Verdict, strike: Strike) {
        self.foretold.lock().expect("nobody panics while it is locked").push((verdict, strike));
    }
}

/// What is told and foretold of a request with that verdict. Before it, `old` was created, then `a`, and `a` was changed.
async fn strikes(request: Ask, verdict: Verdict) -> [Vec<(Verdict, Strike)>; 2] {
    let start = Utc.with_ymd_and_hms(2026, 3, 1, 6, 0, 0).single().expect("an instant");
    let api = MemoryApi::new(&[], Arc::new(move || start));
    let maps: Maps = Api::namespaced(api.client("tester"), "ns");
    for name in ["old", "a"] {
        maps.create(&PostParams::default(), &map(name, None)).await.expect("it is created");
    }
    maps.patch("a", &PatchParams::default(), &Patch::Merge(json!({"data": {"k": "0"}}))).await.expect("it is changed");
    let recorder = Arc::new(Recorder { verdict, told: Mutex::default(), foretold: Mutex::default() });
    api.set_interceptor(Some(Arc::clone(&recorder) as Arc<dyn Interceptor>));
    // The dead are never answered.
    let _ = tokio::time::timeout(Duration::from_secs(600), request(maps)).await;
    [&recorder.told, &recorder.foretold].map(|list| list.lock().expect("nobody panics while it is locked").clone())
}

fn letters(strikes: &[(Verdict, Strike)]) -> String {
    let letter = |verdict: &Verdict| match strikes.iter().find(|(told, _)| told == verdict) {
        Some((_, Strike::Full)) => 'F',
        Some((_, Strike::Slight)) => 's',
        None => '.',
    };
    VERDICTS.iter().map(letter).collect()
}

#[test]
fn what_strikes_is_foretold_and_told() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        for (what, request, expected) in CASES {
            let [told, foretold] = strikes(request, Verdict::Pass).await;
            assert_eq!((told.as_slice(), letters(&foretold).as_str()), (&[][..], expected), "{what}, foretold");
            let mut happened = Vec::new();
            for verdict in VERDICTS {
                let [told, foretold] = strikes(request, verdict).await;
                assert_eq!(foretold, [], "{what}, {verdict:?}");
                happened.extend(told);
            }
            assert_eq!(letters(&happened), expected, "{what}, told");
        }
    });
}
