//! Everybody, read once for all whose sponsorships are looked at together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;

use crate::domain::fault::Fault;

use super::sponsors::Everybody;

/// The last reading, for all who need it as it is now: a directory may be large, and is never read twice at the same time.
#[derive(Default)]
pub(super) struct Reading {
    last: Mutex<Option<Read>>,
    /// How often something was written, or met another writer: what was read before is not believed any more.
    writes: AtomicU64,
}

/// One reading.
struct Read {
    began: DateTime<Utc>,
    ended: DateTime<Utc>,
    writes: u64,
    everybody: Result<Arc<Everybody>, Fault>,
}

impl Reading {
    /// What was read so far is not what is there.
    pub fn outdate(&self) {
        self.writes.fetch_add(1, Ordering::SeqCst);
    }

    /// Everybody, by the last reading where it began no longer ago than `sight`, or ended while this one waited for it: also
    /// badly. Else by `read`.
    pub async fn get(
        &self,
        now: impl Fn() -> DateTime<Utc> + Send,
        sight: Duration,
        read: impl Future<Output = Result<Everybody, Fault>>,
    ) -> Result<Arc<Everybody>, Fault> {
        let asked = now();
        let mut last = self.last.lock().await;
        let (began, writes) = (now(), self.writes.load(Ordering::SeqCst));
        let is_young =
            |read: &&Read| read.writes == writes && (read.ended >= asked || read.everybody.is_ok() && began <= read.began + sight);
        if let Some(read) = last.as_ref().filter(is_young) {
            return read.everybody.clone();
        }
        // One that is not believed any more is not held beside the next.
        *last = None;
        let everybody = read.await.map(Arc::new);
        *last = Some(Read { began, ended: now(), writes, everybody: everybody.clone() });
        everybody
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicU32};

    use futures::future::join_all;

    use super::*;
    use crate::api::reasons::Reason;

    #[test]
    fn everybody_is_read_once_for_all_who_ask_together() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (reading, times, time) = (Reading::default(), AtomicU32::new(0), AtomicI64::new(0));
        let pass = |seconds| {
            time.fetch_add(seconds, Ordering::SeqCst);
        };
        let now = || DateTime::from_timestamp(time.load(Ordering::SeqCst), 0).expect("an instant");
        let get = async |takes: i64, ends_well: bool| {
            let read = async {
                times.fetch_add(1, Ordering::SeqCst);
                // The others ask meanwhile.
                tokio::task::yield_now().await;
                pass(takes);
                if ends_well { Ok(Everybody::new()) } else { Err(Fault::transient(Reason::DirectoryUnavailable, String::new())) }
            };
            reading.get(now, Duration::from_secs(20), read).await.is_ok()
        };
        let so_far = || times.load(Ordering::SeqCst);
        runtime.block_on(async {
            // Whoever waited for a reading has it, however long it took and whether it ended well or badly.
            for (ends_well, expected) in [(false, 1), (true, 2)] {
                let all = join_all((0..20).map(|_| get(30, ends_well))).await;
                assert_eq!((so_far(), all.iter().all(|is_well| *is_well == ends_well)), (expected, true));
                pass(1);
            }
            assert!(get(0, true).await && so_far() == 3, "for who comes later it began too long ago");
            pass(20);
            assert!(get(0, true).await && so_far() == 3, "that one is still believed");
            reading.outdate();
            assert!(get(0, true).await && so_far() == 4, "something was written");
        });
    }
}
