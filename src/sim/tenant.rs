//! One simulated tenant: its controller, and the quiet ticks that need not be played.

use std::collections::hash_map::DefaultHasher;
use std::convert::Infallible;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::api::MemoryApi;
use super::clock::VirtualClock;
use super::driver::{Driver, SharedActivity, look};
use super::hook::CONTROLLER;
use super::kubelet::Kubelet;
use super::timing::TRACES;
use crate::api::conditions::{COMPLETE, FAILED, HELD};
use crate::api::meta::DEFAULT_NAME;
use crate::api::{TenantLedger, TenantSchedule, form};
use crate::reconcile::Key;
use crate::reconcile::foresight::{evaluation_job_name, next_tick};
use crate::runner;

/// What an evaluation reads, but for the head and the schedule.
const KINDS: [&str; 10] =
    ["Account", "Directory", "DirectorySnapshot", "Group", "OccurrenceLedger", "Run", "RunSlice", "User", "Workflow", "WorkflowVersion"];

type Running = Pin<Box<dyn Future<Output = Infallible> + Send>>;

/// Ticks that are not played, because nothing can happen in them.
struct Quiet {
    /// The instants as of which they would have been evaluated.
    as_ofs: Vec<DateTime<Utc>>,
    /// The head's version when that was decided.
    head_version: Value,
}

/// One namespace.
pub(super) struct SimulatedTenant {
    pub namespace: String,
    activity: SharedActivity,
    controller: Option<Running>,
    quiet: Option<Quiet>,
    /// Versions of the head that quiet ticks would have stored and did not.
    unwritten: i64,
}

impl SimulatedTenant {
    /// A tenant whose controller does not run yet.
    pub(super) fn new(namespace: String) -> Self {
        Self { namespace, activity: SharedActivity::default(), controller: None, quiet: None, unwritten: 0 }
    }

    /// Starts a controller that knows nothing, in place of the one that runs.
    pub(super) fn start(&mut self, api: &MemoryApi, clock: &Arc<VirtualClock>, seed: u64) {
        self.stop();
        let client = api.client(CONTROLLER);
        let driver = Driver::new(client, &self.namespace, Arc::clone(clock), seed, Arc::clone(&self.activity));
        self.controller = Some(Box::pin(driver.run()));
    }

    /// Ends the controller as a power cut would.
    pub(super) fn stop(&mut self) {
        self.controller = None;
        look(&self.activity).is_idle = false;
    }

    /// Lets the controller do what it can, unless quiet ticks go by.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) {
        if self.quiet.is_none()
            && let Some(controller) = &mut self.controller
        {
            // The controller never ends, so it is never polled after its end.
            let _ = controller.as_mut().poll(context);
        }
    }

    /// No evaluation starts from `at` on.
    pub(super) fn end_evaluations(&self, at: DateTime<Utc>) {
        look(&self.activity).no_evaluation_from = Some(at);
    }

    /// Whether the controller waits and no Job runs.
    pub(super) fn is_idle(&self, kubelet: &Kubelet) -> bool {
        self.quiet.is_none() && look(&self.activity).is_idle && !kubelet.is_busy(&self.namespace)
    }

    /// Whether every Run is complete, or waits for a person.
    pub(super) fn has_open_runs(&self, api: &MemoryApi) -> bool {
        api.list("Run", Some(&self.namespace)).iter().any(|run| !is_settled(run))
    }

    /// When the controller would start the next evaluation by the schedule.
    pub(super) fn next_tick(&self, api: &MemoryApi, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let schedule = api.get("TenantSchedule", &self.namespace, DEFAULT_NAME)?;
        let schedule: TenantSchedule = form::typed(&schedule).ok()?;
        next_tick(&self.namespace, &schedule.spec, after)
    }

    /// Lets ticks in which nothing can happen before `horizon` go by unplayed. `until` is the end of it all.
    pub(super) fn rest(&mut self, api: &MemoryApi, kubelet: &Kubelet, now: DateTime<Utc>, horizon: DateTime<Utc>, until: DateTime<Utc>) {
        self.quiet = self.find_quiet(api, kubelet, now, (horizon, until));
    }

    fn find_quiet(
        &self,
        api: &MemoryApi,
        kubelet: &Kubelet,
        now: DateTime<Utc>,
        (horizon, until): (DateTime<Utc>, DateTime<Utc>),
    ) -> Option<Quiet> {
        let evaluated = kubelet.evaluated(&self.namespace)?;
        let horizon = horizon.min(evaluated.quiet_until?);
        let is_unchanged = || fingerprint(api, &self.namespace) == evaluated.before;
        if !self.is_idle(kubelet) || !is_unchanged() || self.has_open_runs(api) {
            return None;
        }
        let schedule: TenantSchedule = object(api, "TenantSchedule", &self.namespace)?;
        let stored = api.get("TenantLedger", &self.namespace, DEFAULT_NAME)?;
        let head: TenantLedger = object(api, "TenantLedger", &self.namespace)?;
        if schedule.spec.suspend || head.spec.epoch != head.spec.sealed_epoch {
            return None;
        }
        let horizon = look(&self.activity)
            .wakes
            .iter()
            .fold(horizon, |horizon, (key, at)| if matches!(key, Key::TenantSchedule) { horizon } else { horizon.min(*at) });
        let mut tick = next_tick(&self.namespace, &schedule.spec, head.spec.as_of?)?;
        // An evaluation that the controller wants at another time than the tick is none that may be left out.
        if look(&self.activity).wakes.get(&Key::TenantSchedule).is_some_and(|at| *at < tick) || tick <= now {
            return None;
        }
        let is_last = until - horizon < TRACES;
        let mut as_ofs = Vec::new();
        loop {
            let epoch = head.spec.epoch + 1 + i64::try_from(as_ofs.len()).ok()?;
            let as_of = tick + TimeDelta::from_std(kubelet.start_delay(&evaluation_job_name(epoch))).ok()?;
            if as_of >= horizon {
                break;
            }
            as_ofs.push(as_of);
            let Some(next) = next_tick(&self.namespace, &schedule.spec, as_of) else { break };
            tick = next;
        }
        if is_last {
            // What an evaluation leaves behind for some minutes is to be there at the end.
            as_ofs.pop();
        }
        if as_ofs.is_empty() { None } else { Some(Quiet { as_ofs, head_version: stored["metadata"]["resourceVersion"].clone() }) }
    }

    /// When the quiet ticks are over.
    pub(super) fn rests_until(&self) -> Option<DateTime<Utc>> {
        self.quiet.as_ref()?.as_ofs.last().copied()
    }

    /// Stores what the evaluations of the quiet ticks would have stored, now that their time is over.
    pub(super) fn awake(&mut self, api: &MemoryApi) {
        let Some(Quiet { as_ofs, head_version }) = self.quiet.take() else { return };
        let Some(stored) = api.get("TenantLedger", &self.namespace, DEFAULT_NAME) else { return };
        let Ok(mut head) = form::typed::<TenantLedger>(&stored) else { return };
        if stored["metadata"]["resourceVersion"] != head_version {
            return;
        }
        runner::evaluate::fold_quiet(&mut head.spec, &as_ofs);
        match api.put(&form::value(&head)) {
            // Each evaluation stores the head twice: when it takes its epoch, and when it seals it.
            Ok(_) => self.unwritten += i64::try_from(as_ofs.len()).unwrap_or(i64::MAX) * 2 - 1,
            Err(refusal) => tracing::warn!(message = refusal.message, "quiet ticks could not be stored"),
        }
    }

    /// Counts the versions of the head that quiet ticks did not store.
    pub(super) fn complete(&self, object: &mut Value) {
        if object["kind"] == "TenantLedger"
            && object["metadata"]["namespace"] == self.namespace.as_str()
            && let Some(generation) = object["metadata"]["generation"].as_i64()
        {
            object["metadata"]["generation"] = (generation + self.unwritten).into();
        }
    }
}

fn object<K: serde::de::DeserializeOwned>(api: &MemoryApi, kind: &str, namespace: &str) -> Option<K> {
    let object = api.get(kind, namespace, DEFAULT_NAME)?;
    form::typed(&object).ok()
}

fn is_settled(run: &Value) -> bool {
    let conditions = run["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| {
        let is_end = [COMPLETE, FAILED, HELD].iter().any(|end| condition["type"] == *end);
        is_end && condition["status"] == "True"
    })
}

/// Sums up everything that an evaluation of the namespace can read, but for the head, which only evaluations change,
/// and the schedule's status, which says nothing that is not in the head.
pub(super) fn fingerprint(api: &MemoryApi, namespace: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for kind in KINDS {
        api.newest_change(kind, namespace).hash(&mut hasher);
    }
    for schedule in api.list("TenantSchedule", Some(namespace)) {
        let metadata = &schedule["metadata"];
        (metadata["uid"].as_str(), metadata["generation"].as_i64(), metadata["annotations"].to_string()).hash(&mut hasher);
    }
    hasher.finish()
}
