//! Following a collection.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures::stream::{self, Stream};
use http_body::Frame;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::fault::{Strike, Verdict};
use super::judged::Judged;
use super::list::{partial_of, render};
use super::select::Selector;
use super::shared::Shared;
use super::state::{Key, ObjectChange, State, Stored, Table};
use super::status;

/// A watch, as asked for.
#[derive(Debug)]
pub(super) struct WatchRequest {
    pub resource: usize,
    /// Empty for all namespaces.
    pub namespace: String,
    pub selector: Selector,
    /// The version after which to begin; `None` begins with all objects as they are.
    pub from: Option<u64>,
    pub bookmarks: bool,
    /// Begin with all objects and mark the end of them with a bookmark.
    pub initial_events: bool,
    pub timeout: Option<Duration>,
    /// Only metadata.
    pub partial: bool,
    /// How many changes to go back.
    pub back: u64,
}

struct Watcher {
    shared: Arc<Shared>,
    request: WatchRequest,
    judged: Arc<Judged>,
    /// Everything up to this revision has been delivered or queued.
    position: u64,
    queue: VecDeque<Bytes>,
    deadline: Option<Instant>,
    is_ended: bool,
}

/// The body of a watch: one line per event, for as long as it is polled.
pub(super) fn open(
    shared: &Arc<Shared>,
    request: WatchRequest,
    judged: Arc<Judged>,
) -> impl Stream<Item = Result<Frame<Bytes>, Infallible>> + use<> {
    let deadline = request.timeout.map(|timeout| Instant::now() + timeout);
    let (own, queue) = (Arc::clone(shared), VecDeque::new());
    let mut watcher = Watcher { shared: own, request, judged, position: 0, queue, deadline, is_ended: false };
    shared.read(|state| watcher.begin(state));
    stream::unfold(watcher, |mut watcher| async move {
        let line = watcher.next().await?;
        Some((Ok(Frame::data(line)), watcher))
    })
}

impl Watcher {
    fn begin(&mut self, state: &State) {
        let table = &state.tables[self.request.resource];
        self.tell_repeats(state, table);
        let oldest = table.revision_back(self.request.back, state.revision);
        match self.request.from {
            Some(version) if !self.request.initial_events => {
                self.position = if self.request.back == 0 { version } else { version.min(oldest) };
            }
            Some(_) | None => self.begin_with_all(state, table, oldest),
        }
    }

    /// Says whether beginning with an older state means to be told something again.
    fn tell_repeats(&self, state: &State, table: &Table) {
        let from = self.request.from.unwrap_or(state.revision);
        for verdict in self.judged.asked() {
            let Verdict::Stale { back } = verdict else { continue };
            let mut repeated = table.since(table.revision_back(back, state.revision)).into_iter().flatten();
            if repeated.any(|change| change.revision <= from && self.is_mine(change) && self.event(change).is_some()) {
                self.judged.tell(verdict, Strike::Full);
            }
        }
    }

    fn begin_with_all(&mut self, state: &State, table: &Table, revision: u64) {
        self.position = revision;
        let older;
        let objects = if revision == state.revision {
            &table.objects
        } else {
            // The revision comes from the table's own history, which can always be rebuilt.
            older = table.at(revision).unwrap_or_default();
            &older
        };
        let scope = Table::scope(objects, &self.request.namespace);
        let matching = scope.filter(|(_, stored)| self.request.selector.matches(&stored.value));
        self.queue.extend(matching.map(|(_, stored)| line("ADDED", &render(stored, self.request.partial))));
        if self.request.initial_events {
            let bookmark = self.bookmark(true);
            self.queue.push_back(bookmark);
        }
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.queue.pop_front() {
                return Some(line);
            }
            if self.is_ended {
                return None;
            }
            let shared = Arc::clone(&self.shared);
            let woken = shared.notify[self.request.resource].notified();
            tokio::pin!(woken);
            // Registered before looking, so that a change in between is not missed.
            woken.as_mut().enable();
            shared.read(|state| self.pull(state));
            if !self.queue.is_empty() || self.is_ended {
                continue;
            }
            let Some(deadline) = self.deadline else {
                woken.await;
                continue;
            };
            if tokio::time::timeout_at(deadline, woken).await.is_err() {
                if self.request.bookmarks {
                    let bookmark = self.bookmark(false);
                    self.queue.push_back(bookmark);
                }
                self.is_ended = true;
            }
        }
    }

    /// Queues what happened since the last time.
    fn pull(&mut self, state: &State) {
        let table = &state.tables[self.request.resource];
        let Some(changes) = table.since(self.position) else {
            let oldest = table.complete_since;
            self.end_expired(&format!("too old resource version: {} ({oldest})", self.position));
            return;
        };
        let changes: Vec<&ObjectChange> = changes.filter(|change| self.is_mine(change)).collect();
        let mut lines: Vec<Bytes> = changes.iter().filter_map(|change| self.event(change)).collect();
        if self.judged.asks(Verdict::WatchCoalesce) {
            let newest: Vec<Bytes> = coalesce(changes).iter().filter_map(|change| self.event(change)).collect();
            if newest.len() < lines.len() {
                self.judged.tell(Verdict::WatchCoalesce, Strike::Full);
            }
            if self.judged.verdict == Verdict::WatchCoalesce {
                lines = newest;
            }
        }
        if !lines.is_empty() && self.judged.asks(Verdict::WatchCut) {
            self.judged.tell(Verdict::WatchCut, Strike::Full);
        }
        // A watch may begin at a version that is still to come; until then it is silent.
        self.position = self.position.max(state.revision);
        if self.judged.verdict == Verdict::WatchCut && !lines.is_empty() {
            self.queue.extend(lines.into_iter().take(1));
            self.end_expired("The resourceVersion for the provided watch is too old.");
        } else {
            self.queue.extend(lines);
        }
    }

    fn is_mine(&self, change: &ObjectChange) -> bool {
        self.request.namespace.is_empty() || change.key.0 == self.request.namespace
    }

    /// The event that a change is to this watcher, if it is one.
    fn event(&self, change: &ObjectChange) -> Option<Bytes> {
        let matching = |stored: &Option<Arc<Stored>>| stored.clone().filter(|stored| self.request.selector.matches(&stored.value));
        match (matching(&change.before), matching(&change.after)) {
            (None, Some(after)) => Some(line("ADDED", &render(&after, self.request.partial))),
            (Some(_), Some(after)) => Some(line("MODIFIED", &render(&after, self.request.partial))),
            (Some(before), None) => {
                let mut last = (*before.value).clone();
                last["metadata"]["resourceVersion"] = Value::String(change.revision.to_string());
                let bytes = if self.request.partial { partial_of(&last) } else { Bytes::from(last.to_string()) };
                Some(line("DELETED", &bytes))
            }
            (None, None) => None,
        }
    }

    fn bookmark(&self, is_end_of_initial: bool) -> Bytes {
        let resource = &self.shared.resources[self.request.resource];
        let mut object = json!({
            "apiVersion": resource.api_version(),
            "kind": resource.kind,
            "metadata": {"resourceVersion": self.position.to_string()},
        });
        if is_end_of_initial {
            object["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        line("BOOKMARK", object.to_string().as_bytes())
    }

    fn end_expired(&mut self, message: &str) {
        self.queue.push_back(line("ERROR", status::json(&status::expired(message)).to_string().as_bytes()));
        self.is_ended = true;
    }
}

/// One change per object: from what it was before the first to what it is after the last, in the order of the last.
fn coalesce(changes: Vec<&ObjectChange>) -> Vec<ObjectChange> {
    let mut merged: HashMap<&Key, ObjectChange> = HashMap::new();
    for change in changes {
        let before = match merged.remove(&change.key) {
            Some(earlier) => earlier.before,
            None => change.before.clone(),
        };
        let newest = ObjectChange { revision: change.revision, key: change.key.clone(), before, after: change.after.clone() };
        merged.insert(&change.key, newest);
    }
    let mut merged: Vec<ObjectChange> = merged.into_values().collect();
    merged.sort_by_key(|change| change.revision);
    merged
}

fn line(kind: &str, object: &[u8]) -> Bytes {
    let mut text = BytesMut::with_capacity(object.len() + 40);
    text.put_slice(b"{\"type\":\"");
    text.put_slice(kind.as_bytes());
    text.put_slice(b"\",\"object\":");
    text.put_slice(object);
    text.put_slice(b"}\n");
    text.freeze()
}
