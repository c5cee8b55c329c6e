//! Whether the controller lives and is ready.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::witness::Counting;
use crate::cluster::guard::Guard;
use crate::cluster::lease::Leadership;
use crate::domain::timing::Timing;
use crate::reconcile::supervise::Pulse;
use crate::server::Health;

pub(super) struct ControllerHealth {
    pulse: Arc<Pulse>,
    standing: Arc<Leadership>,
    guard: Arc<Guard>,
    witness: Arc<Counting>,
    /// How long the loop may stand still.
    life: Duration,
    /// How old the last look at the lease may be.
    contact: Duration,
    /// What is wrong with the definitions that are served.
    schemas: Mutex<Option<String>>,
}

impl ControllerHealth {
    pub(super) fn new(
        pulse: &Arc<Pulse>,
        standing: &Arc<Leadership>,
        guard: &Arc<Guard>,
        witness: &Arc<Counting>,
        timing: &Timing,
    ) -> Self {
        let schemas = Mutex::new(Some("the definitions were not read yet".to_owned()));
        let (pulse, standing, guard, witness) = (Arc::clone(pulse), Arc::clone(standing), Arc::clone(guard), Arc::clone(witness));
        Self { pulse, standing, guard, witness, life: timing.pulse_life, contact: timing.lease.duration * 2, schemas }
    }

    /// What is wrong with the definitions that are served, or nothing.
    pub(super) fn schemas(&self, complaint: Option<String>) {
        *self.schemas.lock().unwrap_or_else(PoisonError::into_inner) = complaint;
    }
}

impl Health for ControllerHealth {
    fn dead(&self) -> Option<String> {
        (!self.pulse.beats(self.life)).then(|| "the loop stands still".to_owned())
    }

    fn unready(&self) -> Option<String> {
        let schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sync = || (!self.pulse.is_synced()).then(|| "no tenant was listed yet".to_owned());
        let lease = || (!self.standing.is_fit(self.contact)).then(|| "the lease cannot be read or written".to_owned());
        let clock = || self.guard.is_clock_off().then(|| format!("the clock is {} s ahead of the API server's", self.guard.skew_seconds()));
        schemas.or_else(sync).or_else(lease).or_else(clock)
    }

    fn refresh(&self) {
        self.witness.refresh(&self.standing, &self.guard);
    }
}
