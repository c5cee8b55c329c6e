//! Whether a verdict does anything to a call.

use bytes::Bytes;
use serde_json::Value;

use super::call::{Call, Endpoint, parse};
use super::fault::{Strike, Verb, Verdict};
use super::list;

impl Endpoint {
    /// What the verdict did to the call, or would have done; `is_done`: the call took effect. What it does to a watch that is
    /// open only the watch can tell.
    pub(super) fn strike(&self, call: &Call, body: &Bytes, verdict: Verdict, is_done: bool) -> Option<Strike> {
        let full_if = |is_full| if is_full { Strike::Full } else { Strike::Slight };
        match verdict {
            Verdict::Pass | Verdict::WatchCoalesce | Verdict::WatchCut => None,
            Verdict::Refuse | Verdict::Forbid | Verdict::Astray | Verdict::Throttle | Verdict::Die | Verdict::DieAfter => {
                Some(Strike::Full)
            }
            Verdict::LoseAnswer => Some(full_if(call.verb.is_write() && is_done)),
            Verdict::Conflict => call.verb.is_write().then(|| full_if(call.verb == Verb::Create || has_precondition(body))),
            Verdict::Freeze { .. } => (call.verb != Verb::Watch).then_some(Strike::Full),
            Verdict::Stale { back } => self.older(call, back),
        }
    }

    /// How the answer from an older state differs.
    fn older(&self, call: &Call, back: u64) -> Option<Strike> {
        if !call.asks_for_any() {
            return None;
        }
        let index = call.target.resource;
        let kind = &self.shared.resources[index];
        let read = |back| match call.verb {
            Verb::Get => {
                let key = (call.target.namespace.clone(), call.target.name.clone().unwrap_or_default());
                let version = call.version().ok()?;
                self.shared.read(|state| list::get(state, kind, index, &key, version, back)).ok().map(|stored| stored.bytes.clone())
            }
            Verb::List => {
                let request = self.list_request(call, back).ok()?;
                self.shared.read(|state| list::list(state, kind, index, &request)).ok()
            }
            _ => None,
        };
        let (now, then) = (read(0), read(back));
        if now == then {
            return None;
        }
        let is_same = call.verb == Verb::List && items(now) == items(then);
        Some(if is_same { Strike::Slight } else { Strike::Full })
    }
}

/// Whether the request says which version it means.
fn has_precondition(body: &Bytes) -> bool {
    let versions = ["/metadata/resourceVersion", "/preconditions/resourceVersion"];
    parse(body).is_ok_and(|body| versions.iter().any(|version| body.pointer(version).is_some()))
}

fn items(list: Option<Bytes>) -> Option<Value> {
    let mut list: Value = serde_json::from_slice(&list?).ok()?;
    Some(list["items"].take())
}
