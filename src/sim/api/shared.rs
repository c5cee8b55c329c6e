//! What all clones of the API, and all its clients and watches, have in common.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::fault::{Interceptor, RequestInfo};
use super::judged::Judged;
use super::resource::Resource;
use super::state::State;
use super::writer::Writer;

/// Where the API gets its time from.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

pub(super) struct Shared {
    pub resources: Arc<[Resource]>,
    pub clock: Clock,
    pub state: Mutex<State>,
    /// One per resource type: wakes its watchers.
    pub notify: Vec<Notify>,
    pub sequence: AtomicU64,
    /// Nanoseconds that answers are on their way.
    pub latency: AtomicU64,
    pub interceptor: Mutex<Option<Arc<dyn Interceptor>>>,
}

impl Shared {
    pub(super) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    pub(super) fn next_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn judge(&self, request: RequestInfo) -> Judged {
        let interceptor = self.interceptor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Judged::new(interceptor, request)
    }

    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the store and wakes who watches what changed.
    pub(super) fn write<T>(&self, change: impl FnOnce(&mut Writer<'_>) -> T) -> T {
        let now = self.now();
        let (result, touched) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let mut writer = Writer { state: &mut state, resources: &self.resources, now };
            let result = change(&mut writer);
            (result, std::mem::take(&mut state.touched))
        };
        for resource in touched {
            self.notify[resource].notify_waiters();
        }
        result
    }
}
