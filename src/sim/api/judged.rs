//! The verdict about a request.

use std::sync::Arc;

use super::fault::{Interceptor, RequestInfo, Strike, Verdict};

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
