//! Whether a verdict does anything to a request.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::fault::{Interceptor, RequestInfo, Strike, Verb, Verdict};
use super::http::{Call, Endpoint, parse};
use super::list;

/// A request and the verdict about it, and who wants to know what came of it.
pub(super) struct Judged {
    interceptor: Option<Arc<dyn Interceptor>>,
    request: RequestInfo,
    pub verdict: Verdict,
}

impl Judged {
    pub(super) fn new(interceptor: Option<Arc<dyn Interceptor>>, request: RequestInfo) -> Self {
        let verdict = interceptor.as_ref().map_or(Verdict::Pass, |interceptor| interceptor.decide(&request));
        Self { interceptor, request, verdict }
    }

    /// The verdicts whose strikes are asked for: the one that was given, or all that are weighed of a request that passes.
    pub(super) fn asked(&self) -> impl Iterator<Item = Verdict> + use<> {
        let given = (self.verdict != Verdict::Pass).then_some(self.verdict);
        let weighed = if given.is_some() { None } else { self.interceptor.as_ref() };
        given.into_iter().chain(weighed.map_or(&[][..], |interceptor| interceptor.weighed()).iter().copied())
    }

    /// Whether the strikes of this verdict are asked for.
    pub(super) fn asks(&self, verdict: Verdict) -> bool {
        self.asked().any(|asked| asked == verdict)
    }

    /// Says that a verdict struck, or that it would have.
    pub(super) fn tell(&self, verdict: Verdict, strike: Strike) {
        match &self.interceptor {
            Some(interceptor) if verdict == self.verdict => interceptor.struck(&self.request, verdict, strike),
            Some(interceptor) => interceptor.would_strike(&self.request, verdict, strike),
            None => {}
        }
    }
}

impl Endpoint {
    /// What the verdict did to the call, or would have done; `is_done`: the call took effect. What it does to a watch that is
    /// open only the watch can tell.
    pub(super) fn strike(&self, call: &Call, body: &Bytes, verdict: Verdict, is_done: bool) -> Option<Strike> {
        let full_if = |is_full| if is_full { Strike::Full } else { Strike::Slight };
        match verdict {
            Verdict::Pass | Verdict::WatchCoalesce | Verdict::WatchCut => None,
            Verdict::Refuse | Verdict::Forbid | Verdict::Throttle | Verdict::Die | Verdict::DieAfter => Some(Strike::Full),
            Verdict::LoseAnswer => Some(full_if(call.verb.is_write() && is_done)),
            Verdict::Conflict => call.verb.is_write().then(|| full_if(call.verb == Verb::Create || has_precondition(body))),
            Verdict::Freeze { .. } => (call.verb != Verb::Watch).then_some(Strike::Full),
            Verdict::Stale { back } => self.older(call, back),
        }
    }

    /// How the answer from an older state differs.
    fn older(&self, call: &Call, back: u64) -> Option<Strike> {
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
