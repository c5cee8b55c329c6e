//! What every request to the API server passes: a look at its clock, a count, and a fence.
//!
//! Guarantee: a request of a fenced client that begins after the fence has fallen never leaves this process. Assumption:
//! the `Date` header is the API server's clock, in whole seconds.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use chrono::{DateTime, Utc};
use http::{Request, Response};
use tower::{BoxError, Layer, Service};

use super::clock::SharedClock;

/// Largest difference between our clock and the API server's with which people are evaluated, in seconds (design 3.2.8).
pub const MAX_SKEW_SECONDS: i64 = 60;

/// Says whether requests may leave.
pub type Fence = Arc<dyn Fn() -> bool + Send + Sync>;

/// Requests by method and status; status 0 for those without an answer.
pub type Traffic = BTreeMap<(String, u16), u64>;

/// What was learned from the requests of all clients of this process.
pub struct Guard {
    clock: SharedClock,
    /// Seconds that our clock is ahead of the API server's.
    skew: AtomicI64,
    traffic: Mutex<Traffic>,
}

impl Guard {
    /// A guard that has seen nothing.
    #[must_use]
    pub fn new(clock: SharedClock) -> Arc<Self> {
        Arc::new(Self { clock, skew: AtomicI64::new(0), traffic: Mutex::new(Traffic::new()) })
    }

    /// Seconds that our clock is ahead of the API server's, by the newest answer; 0 before the first.
    #[must_use]
    pub fn skew_seconds(&self) -> i64 {
        self.skew.load(Ordering::Relaxed)
    }

    /// Whether our clock is too far from the API server's to say who is due.
    #[must_use]
    pub fn is_clock_off(&self) -> bool {
        self.skew_seconds().abs() > MAX_SKEW_SECONDS
    }

    /// Requests so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, method: String, answer: Option<(u16, Option<&str>)>, before: DateTime<Utc>) {
        *self.lock().entry((method, answer.map_or(0, |(code, _)| code))).or_default() += 1;
        if let Some(server) = answer.and_then(|(_, date)| DateTime::parse_from_rfc2822(date?).ok()) {
            self.skew.store(skew(before, self.clock.now(), server.to_utc()), Ordering::Relaxed);
        }
    }
}

/// Seconds that our clock is ahead, if it said `before` and `after` around the instant at which the server's said `server`.
fn skew(before: DateTime<Utc>, after: DateTime<Utc>, server: DateTime<Utc>) -> i64 {
    if server < before {
        (before - server).num_seconds()
    } else if server > after {
        (after - server).num_seconds()
    } else {
        0
    }
}

/// Puts the guard around a client, with or without a fence.
#[derive(Clone)]
pub struct GuardLayer {
    guard: Arc<Guard>,
    fence: Option<Fence>,
}

impl GuardLayer {
    /// A layer that lets everything through.
    #[must_use]
    pub fn open(guard: &Arc<Guard>) -> Self {
        Self { guard: Arc::clone(guard), fence: None }
    }

    /// A layer that lets requests through while `fence` says so.
    #[must_use]
    pub fn fenced(guard: &Arc<Guard>, fence: Fence) -> Self {
        Self { guard: Arc::clone(guard), fence: Some(fence) }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, layer: self.clone() }
    }
}

/// A client's service with the guard around it.
pub struct Guarded<S> {
    inner: S,
    layer: GuardLayer,
}

impl<S, B, C> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<C>>,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
{
    type Response = Response<C>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<C>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.layer.fence.as_ref().is_some_and(|fence| !fence()) {
            return Box::pin(async { Err("the lease is not held any more".into()) });
        }
        let guard = Arc::clone(&self.layer.guard);
        let method = request.method().as_str().to_owned();
        let before = guard.clock.now();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await.map_err(Into::into);
            let seen = answer.as_ref().ok().map(|answer: &Response<C>| {
                let date = answer.headers().get(http::header::DATE).and_then(|date| date.to_str().ok());
                (answer.status().as_u16(), date)
            });
            guard.note(method, seen, before);
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::AtomicBool;

    use futures::FutureExt;

    use super::*;
    use crate::cluster::SystemClock;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn skews() {
        for (before, after, server, expected) in [(10, 10, 10, 0), (10, 14, 12, 0), (10, 12, 5, 5), (10, 12, 80, -68), (100, 130, 39, 61)] {
            assert_eq!(skew(at(before), at(after), at(server)), expected, "{before} {after} {server}");
        }
    }

    /// A server whose clock is that many seconds behind ours.
    struct Server(i64);

    impl Service<Request<()>> for Server {
        type Response = Response<()>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<()>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            use crate::cluster::Clock;
            let date = (SystemClock.now() - chrono::TimeDelta::seconds(self.0)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let mut answer = Response::new(());
            answer.headers_mut().insert(http::header::DATE, date.parse().unwrap());
            std::future::ready(Ok(answer))
        }
    }

    #[test]
    fn the_date_of_an_answer_is_looked_at() {
        for (behind, off) in [(0, false), (50, false), (70, true), (-70, true)] {
            let guard = Guard::new(Arc::new(SystemClock));
            let mut service = GuardLayer::open(&guard).layer(Server(behind));
            service.call(Request::new(())).now_or_never().unwrap().unwrap();
            assert_eq!(guard.is_clock_off(), off, "{behind}: {}", guard.skew_seconds());
            assert_eq!(guard.traffic(), Traffic::from([(("GET".to_owned(), 200), 1)]));
        }
    }

    #[test]
    fn nothing_passes_a_fence_that_has_fallen() {
        let guard = Guard::new(Arc::new(SystemClock));
        let open = Arc::new(AtomicBool::new(true));
        let fence = Arc::clone(&open);
        let layer = GuardLayer::fenced(&guard, Arc::new(move || fence.load(Ordering::Relaxed)));
        let mut service = layer.layer(Server(0));
        assert!(service.call(Request::new(())).now_or_never().unwrap().is_ok());
        open.store(false, Ordering::Relaxed);
        assert!(service.call(Request::new(())).now_or_never().unwrap().is_err());
        assert_eq!(guard.traffic().values().sum::<u64>(), 1);
    }
}
