//! One tenant's API, as one process sees it: by which client, at what time, and what it has seen already.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
}

impl Cluster {
    /// The namespace's API by `client`, with the times of production.
    #[must_use]
    pub fn new(client: Client, namespace: &str, clock: SharedClock) -> Self {
        let timing = Arc::new(Timing::PRODUCTION);
        Self { client, namespace: namespace.to_owned(), clock, timing, floor: Arc::new(AtomicU64::new(0)) }
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

    pub(super) async fn pause(&self, attempt: u32) {
        if attempt > 0 {
            self.clock.sleep(self.timing.before_request(attempt)).await;
        }
    }
}
