//! Somebody who may write anything, and stands in the way of what is owed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tenure::sim::api::{Interceptor, MemoryApi, RequestInfo, Strike, Verb, Verdict};

use super::fault::Spoiler;

/// The scenario with the stranger.
pub const SCENARIO: &str = "stranger";

const NS: &str = "t";

/// Acts once each, just before two requests; everything else is the spoiler's.
pub struct Stranger {
    api: MemoryApi,
    spoiler: Arc<Spoiler>,
    has_planted: AtomicBool,
    has_deleted: AtomicBool,
}

impl Stranger {
    /// In front of the spoiler.
    pub fn before(spoiler: Arc<Spoiler>, api: MemoryApi) -> Self {
        Self { api, spoiler, has_planted: AtomicBool::new(false), has_deleted: AtomicBool::new(false) }
    }

    /// Makes a canceled Run under the name that the evaluation is about to use, with its labels.
    fn plant(&self) {
        let head = self.api.get("TenantLedger", NS, "default").expect("an evaluation has a head");
        let epoch = head["epoch"].as_i64().expect("an epoch");
        let name = format!("leaver-v1-e{epoch}");
        let labels: Value = json!({
            "tenure.dev/run": name, "tenure.dev/workflow": "leaver", "tenure.dev/epoch": epoch.to_string(),
            "app.kubernetes.io/managed-by": "tenure",
        });
        let run = json!({
            "apiVersion": "tenure.dev/v1alpha1", "kind": "Run", "metadata": {"name": name, "namespace": NS, "labels": labels},
            "spec": {"source": {"workflow": {"name": "leaver", "version": 1}}, "executionType": "scheduled", "cancel": true},
        });
        self.api.put(&run).expect("stored");
    }

    /// Deletes every Run.
    fn delete(&self) {
        for run in self.api.list("Run", Some(NS)) {
            self.api.delete("Run", NS, run["metadata"]["name"].as_str().expect("a name")).expect("deleted");
        }
    }
}

impl Interceptor for Stranger {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        let is_of = |process: &str, verb: Verb| request.process.starts_with(process) && request.verb == verb && request.resource == "runs";
        if is_of("evaluate/", Verb::Create) && !self.has_planted.swap(true, Ordering::SeqCst) {
            self.plant();
        }
        if is_of("execute/", Verb::Get) && !self.has_deleted.swap(true, Ordering::SeqCst) {
            self.delete();
        }
        self.spoiler.decide(request)
    }

    fn struck(&self, request: &RequestInfo, verdict: Verdict, strike: Strike) {
        Interceptor::struck(&*self.spoiler, request, verdict, strike);
    }

    fn weighed(&self) -> &'static [Verdict] {
        self.spoiler.weighed()
    }

    fn would_strike(&self, request: &RequestInfo, verdict: Verdict, strike: Strike) {
        self.spoiler.would_strike(request, verdict, strike);
    }
}
