//! Who leads: a `Lease` that one process holds and renews.
//!
//! Guarantee: as long as no clock runs at a wildly different rate, a holder stops trusting itself ([`Leadership`]) before
//! another process takes the lease over, because it counts from before its last renewal was sent, and the other from
//! when it saw that renewal. Both count by a clock that goes on during suspend; no wall clock is compared.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client, ResourceExt};

use super::clock::SharedClock;
use super::events::kubernetes_time;
use crate::domain::timing::LeaseTimes;

/// Where this process stands, for all who ask.
pub struct Leadership {
    clock: SharedClock,
    /// Milliseconds of the clock up to which the lease is held; 0: it is not.
    until: AtomicU64,
    /// Milliseconds of the clock at which the lease was last read or written.
    contact: AtomicU64,
    /// Nobody competes: there is only this process.
    alone: AtomicBool,
}

impl Leadership {
    /// A process that does not lead.
    #[must_use]
    pub fn new(clock: SharedClock) -> Arc<Self> {
        Arc::new(Self { clock, until: AtomicU64::new(0), contact: AtomicU64::new(0), alone: AtomicBool::new(false) })
    }

    /// Without a lease: leads from now on.
    pub fn lead_alone(&self) {
        self.alone.store(true, Ordering::SeqCst);
    }

    /// Leads no longer.
    pub fn step_down(&self) {
        self.alone.store(false, Ordering::SeqCst);
        self.until.store(0, Ordering::SeqCst);
    }

    /// Whether this process leads now.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.alone.load(Ordering::SeqCst) || self.now() < self.until.load(Ordering::SeqCst)
    }

    /// Whether it leads, or could read the lease in the last `window`, so that it would.
    #[must_use]
    pub fn is_fit(&self, window: Duration) -> bool {
        let contact = self.contact.load(Ordering::SeqCst);
        self.leads() || (contact > 0 && self.now() < contact + millis(window))
    }

    fn now(&self) -> u64 {
        millis(self.clock.elapsed())
    }
}

/// At least 1, so that 0 can mean never.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// What one try came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Tried {
    /// The lease is ours.
    Held,
    /// Somebody else's.
    Others,
    /// Another write was faster, perhaps an earlier one of ours.
    Raced,
    /// The API server did not say.
    Unknown,
}

/// A lease as it was first seen, and when.
struct Sighting {
    version: Option<String>,
    at: Duration,
}

/// One process that wants to lead.
pub struct Elector {
    leases: Api<Lease>,
    name: String,
    identity: String,
    times: LeaseTimes,
    clock: SharedClock,
    standing: Arc<Leadership>,
    sighting: Option<Sighting>,
    answers: Answers,
}

/// Says whether what leads still answers.
pub type Answers = Arc<dyn Fn() -> bool + Send + Sync>;

impl Elector {
    /// Wants the lease `name` of `namespace`, as `identity`, which no other process has.
    #[must_use]
    pub fn new(client: Client, place: (&str, &str), identity: String, times: LeaseTimes, standing: &Arc<Leadership>) -> Self {
        let (namespace, name) = place;
        Self {
            leases: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity,
            times,
            clock: Arc::clone(&standing.clock),
            standing: Arc::clone(standing),
            sighting: None,
            answers: Arc::new(|| true),
        }
    }

    /// Keeps the lease only while `answers` says so: for one that is renewed beside what leads.
    #[must_use]
    pub fn while_it(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    /// Ends when the lease is held.
    pub async fn acquire(&mut self) {
        loop {
            if self.attempt(self.times.renew_deadline).await == Tried::Held {
                return;
            }
            self.clock.sleep(self.times.look()).await;
        }
    }

    /// Renews the lease; ends when it is lost, at the latest when it can no longer be trusted, or when what leads does not answer.
    pub async fn keep(&mut self) {
        loop {
            self.clock.sleep(self.times.retry).await;
            let until = Duration::from_millis(self.standing.until.load(Ordering::SeqCst));
            let left = until.saturating_sub(self.clock.elapsed());
            let lost = left.is_zero() || !(self.answers)() || self.attempt(left).await == Tried::Others;
            if lost || !self.standing.leads() {
                self.standing.step_down();
                return;
            }
        }
    }

    /// Gives the lease back, so that the next holder need not wait. Call it when nothing acts on it any more.
    pub async fn release(&mut self) {
        self.standing.step_down();
        let give_back = async {
            let mut lease = self.leases.get(&self.name).await?;
            let spec = lease.spec.get_or_insert_default();
            if spec.holder_identity.as_deref() == Some(self.identity.as_str()) {
                spec.holder_identity = Some(String::new());
                spec.lease_duration_seconds = Some(1);
                self.leases.replace(&self.name, &PostParams::default(), &lease).await?;
            }
            Ok::<_, kube::Error>(())
        };
        // Whoever comes next waits for the lease's time, if this does not work.
        if let Ok(Err(error)) = tokio::time::timeout(self.times.renew_deadline, give_back).await {
            tracing::warn!(%error, "the lease could not be given back");
        }
    }

    /// Tries once, for at most `patience`.
    async fn attempt(&mut self, patience: Duration) -> Tried {
        let began = self.clock.elapsed();
        let tried = match tokio::time::timeout(patience, self.exchange()).await {
            Ok(Ok(tried)) => tried,
            Ok(Err(kube::Error::Api(status))) if status.code == 409 => Tried::Raced,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the lease could not be read or written");
                Tried::Unknown
            }
            Err(_) => {
                tracing::warn!(seconds = patience.as_secs_f64(), "the lease could not be read or written: no answer in time");
                Tried::Unknown
            }
        };
        if tried != Tried::Unknown {
            self.standing.contact.store(millis(began), Ordering::SeqCst);
        }
        if tried == Tried::Held {
            self.standing.until.store(millis(began + self.times.renew_deadline), Ordering::SeqCst);
        }
        tried
    }

    async fn exchange(&mut self) -> Result<Tried, kube::Error> {
        let Some(mut lease) = self.leases.get_opt(&self.name).await? else {
            let metadata = ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() };
            let lease = Lease { metadata, spec: Some(self.claim(&LeaseSpec::default())) };
            self.leases.create(&PostParams::default(), &lease).await?;
            return Ok(Tried::Held);
        };
        let spec = lease.spec.clone().unwrap_or_default();
        if !self.may_take(&spec, lease.resource_version()) {
            return Ok(Tried::Others);
        }
        lease.spec = Some(self.claim(&spec));
        self.leases.replace(&self.name, &PostParams::default(), &lease).await?;
        Ok(Tried::Held)
    }

    /// Whether the lease is ours, nobody's, or of somebody who has not renewed it for its time while we looked.
    fn may_take(&mut self, spec: &LeaseSpec, version: Option<String>) -> bool {
        let holder = spec.holder_identity.as_deref().unwrap_or_default();
        if holder.is_empty() || holder == self.identity {
            return true;
        }
        let now = self.clock.elapsed();
        let seen = match &self.sighting {
            Some(sighting) if sighting.version == version => sighting.at,
            _ => {
                self.sighting = Some(Sighting { version, at: now });
                now
            }
        };
        let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        now.saturating_sub(seen) > seconds.map_or(self.times.duration, Duration::from_secs)
    }

    /// The lease as this process holds it from now on.
    fn claim(&self, before: &LeaseSpec) -> LeaseSpec {
        let now = MicroTime(kubernetes_time(self.clock.now()).0);
        let is_ours = before.holder_identity.as_deref() == Some(self.identity.as_str());
        let transitions = before.lease_transitions.unwrap_or(0);
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: Some(i32::try_from(self.times.duration.as_secs()).unwrap_or(i32::MAX)),
            acquire_time: if is_ours { before.acquire_time.clone() } else { Some(now.clone()) },
            renew_time: Some(now),
            lease_transitions: Some(if is_ours || before.holder_identity.is_none() { transitions } else { transitions + 1 }),
            ..before.clone()
        }
    }
}
