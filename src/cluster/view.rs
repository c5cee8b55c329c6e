//! One tenant's API, as one process sees it: by which client, at what time, and what it has seen already.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kube::Client;

use super::clock::SharedClock;
use crate::domain::timing::Timing;

/// One tenant's API, as one process sees it.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    namespace: String,
    clock: SharedClock,
    timing: Arc<Timing>,
    floor: Arc<AtomicU64>,
    denials: Option<Arc<Denials>>,
}

/// What was denied for as long as a denial is borne, by verb and kind: it is not borne once more before it was allowed.
#[derive(Default)]
struct Denials(Mutex<BTreeSet<(&'static str, String)>>);

impl Cluster {
    /// The namespace's API by `client`, with the times of production.
    #[must_use]
    pub fn new(client: Client, namespace: &str, clock: SharedClock) -> Self {
        let timing = Arc::new(Timing::PRODUCTION);
        Self { client, namespace: namespace.to_owned(), clock, timing, floor: Arc::new(AtomicU64::new(0)), denials: None }
    }

    /// The same, which bears it for a while that a request is denied: an API server that starts answers so until it knows its
    /// roles and accounts. For whoever would lose what it has begun; others begin anew anyway.
    #[must_use]
    pub fn bearing_denials(self) -> Self {
        Self { denials: Some(Arc::default()), ..self }
    }

    /// The same with other times.
    #[must_use]
    pub fn with_timing(self, timing: Timing) -> Self {
        Self { timing: Arc::new(timing), ..self }
    }

    /// The tenant's namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// How long whoever works here waits for what.
    #[must_use]
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    /// For one request.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The newest version that this process has seen; 0: none.
    pub(super) fn floor(&self) -> u64 {
        self.floor.load(Ordering::Relaxed)
    }

    pub(super) fn learn(&self, version: Option<&str>) -> Option<u64> {
        let version = version?.parse().ok()?;
        self.floor.fetch_max(version, Ordering::Relaxed);
        Some(version)
    }

    /// Whether a denial of such a request is borne: not where that was in vain.
    pub(super) fn bears_denial(&self, verb: &'static str, kind: &str) -> bool {
        self.denials.as_ref().is_some_and(|denials| !denials.lock().contains(&(verb, kind.to_owned())))
    }

    /// Such a request was allowed, or a denial of it was borne in vain.
    pub(super) fn learn_right(&self, verb: &'static str, kind: &str, is_allowed: bool) {
        let Some(denials) = &self.denials else { return };
        let mut denials = denials.lock();
        if !is_allowed {
            denials.insert((verb, kind.to_owned()));
        } else if !denials.is_empty() {
            denials.remove(&(verb, kind.to_owned()));
        }
    }

    pub(super) async fn pause(&self, attempt: u32) {
        if attempt > 0 {
            self.clock.sleep(self.timing.before_request(attempt)).await;
        }
    }
}

impl Denials {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<(&'static str, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
