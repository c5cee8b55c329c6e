//! What stands in the way of requests, and who dies of it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::api::{Interceptor, RequestInfo, Strike, Verdict};

/// The controller's name before the interceptor.
pub const CONTROLLER: &str = "controller";

/// Clients whose requests are the simulation's own, which no interceptor sees.
const OWN: &str = "simulation/";

/// The name of a client of the simulation itself.
pub(super) fn own_client(name: &str) -> String {
    format!("{OWN}{name}")
}

/// Passes requests on to the interceptor that is installed, and turns a deadly verdict into the death of the process:
/// from then on nothing that it sends arrives.
pub(super) struct Hook {
    inner: Mutex<Option<Arc<dyn Interceptor>>>,
    dead: Mutex<BTreeSet<Arc<str>>>,
    deaths: UnboundedSender<Arc<str>>,
}

impl Hook {
    /// A hook, and where it says who died.
    pub(super) fn new() -> (Arc<Self>, UnboundedReceiver<Arc<str>>) {
        let (deaths, died) = unbounded_channel();
        (Arc::new(Self { inner: Mutex::new(None), dead: Mutex::new(BTreeSet::new()), deaths }), died)
    }

    pub(super) fn install(&self, interceptor: Option<Arc<dyn Interceptor>>) {
        *lock(&self.inner) = interceptor;
    }

    /// Ends a process as a deadly verdict would.
    pub(super) fn kill(&self, process: &str) {
        let process: Arc<str> = Arc::from(process);
        if lock(&self.dead).insert(Arc::clone(&process)) {
            // Nobody listens any more once the simulation is over.
            let _ = self.deaths.send(process);
        }
    }

    /// Another process of that name may send requests again.
    pub(super) fn revive(&self, process: &str) {
        lock(&self.dead).remove(process);
    }
}

impl Interceptor for Hook {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        if request.process.starts_with(OWN) {
            return Verdict::Pass;
        }
        if lock(&self.dead).contains(&request.process) {
            return Verdict::Die;
        }
        let inner = lock(&self.inner).clone();
        let verdict = inner.map_or(Verdict::Pass, |inner| inner.decide(request));
        match verdict {
            Verdict::Die | Verdict::DieAfter => self.kill(&request.process),
            // Only its pod is gone, the process is not. Nobody notices that a controller stands still.
            Verdict::Freeze { .. } if &*request.process != CONTROLLER => drop(self.deaths.send(Arc::clone(&request.process))),
            _ => {}
        }
        verdict
    }

    fn struck(&self, request: &RequestInfo, verdict: Verdict, strike: Strike) {
        // Who is dead already was struck by an earlier verdict.
        if let Some(inner) = lock(&self.inner).clone() {
            inner.struck(request, verdict, strike);
        }
    }

    fn weighed(&self) -> &'static [Verdict] {
        lock(&self.inner).as_ref().map_or(&[], |inner| inner.weighed())
    }

    fn would_strike(&self, request: &RequestInfo, verdict: Verdict, strike: Strike) {
        if let Some(inner) = lock(&self.inner).clone() {
            inner.would_strike(request, verdict, strike);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
