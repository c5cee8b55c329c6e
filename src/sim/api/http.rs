//! The HTTP side: from a request to what is asked, from the outcome to a response.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode, header, request};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{Full, StreamBody};
use kube::client::Body;
use serde_json::{Value, json};

use super::call::{Call, Endpoint, parse};
use super::fault::{RequestInfo, Verb, Verdict};
use super::judged::Judged;
use super::list;
use super::status::{self, Refusal};
use super::watch::{self, WatchRequest};

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

impl tower::Service<Request<Body>> for Endpoint {
    type Response = Answer;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Answer, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    /// Everything happens here and now; only the answer of a dead process is waited for, in vain.
    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let Some(Ok(body)) = body.collect_bytes().now_or_never() else {
            let refusal = status::bad_request("a request body must be complete when it is sent");
            return futures::future::ready(Ok(self.refuse(&refusal))).boxed();
        };
        let is_watch = parts.uri.query().is_some_and(|query| query.contains("watch=true"));
        match self.answer(&parts, &body) {
            Reply::Now(answer) if is_watch => futures::future::ready(Ok(answer)).boxed(),
            Reply::Now(answer) => self.deliver(answer),
            Reply::Never => futures::future::pending().boxed(),
            Reply::Later(seconds, judged) => {
                let endpoint = self.clone();
                async move {
                    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
                    let call = endpoint.understand(&parts);
                    let answer = call.and_then(|call| endpoint.perform(&call, &body, &judged));
                    Ok(answer.unwrap_or_else(|refusal| endpoint.refuse(&refusal)))
                }
                .boxed()
            }
        }
    }
}

impl Endpoint {
    /// The answer, after its time on the wire. The simulation's own clients are not on a wire.
    fn deliver(&self, answer: Answer) -> BoxFuture<'static, Result<Answer, Infallible>> {
        let latency = std::time::Duration::from_nanos(self.shared.latency.load(std::sync::atomic::Ordering::Relaxed));
        if latency.is_zero() || self.process.starts_with("simulation/") {
            return futures::future::ready(Ok(answer)).boxed();
        }
        async move {
            tokio::time::sleep(latency).await;
            Ok(answer)
        }
        .boxed()
    }
}

/// When a request is answered.
enum Reply {
    /// At once.
    Now(Answer),
    /// Once the process has stood still for that many seconds.
    Later(u64, Arc<Judged>),
    /// Not at all.
    Never,
}

impl Endpoint {
    /// The answer, or `None` if there never is one.
    fn answer(&self, parts: &request::Parts, body: &Bytes) -> Reply {
        let call = match self.understand(parts) {
            Ok(call) => call,
            Err(refusal) => {
                let described = (parts.method == Method::GET).then(|| self.describe(parts.uri.path())).flatten();
                return Reply::Now(described.map_or_else(|| self.refuse(&refusal), |text| self.respond(StatusCode::OK, text)));
            }
        };
        let judged = Arc::new(self.shared.judge(self.info(&call)));
        let mut is_done = false;
        let mut perform = || {
            let answer = self.perform(&call, body, &judged);
            is_done = answer.is_ok();
            answer.unwrap_or_else(|refusal| self.refuse(&refusal))
        };
        let reply = match judged.verdict {
            Verdict::Refuse => Reply::Now(self.refuse(&status::unavailable())),
            Verdict::Forbid => Reply::Now(self.refuse(&status::forbidden())),
            Verdict::Astray => Reply::Now(self.respond(StatusCode::NOT_FOUND, Bytes::from_static(b"404 page not found\n"))),
            Verdict::Throttle => Reply::Now(self.refuse(&status::throttled())),
            Verdict::Conflict if call.verb.is_write() => {
                let resource = &self.shared.resources[call.target.resource];
                let name = call.target.name.as_deref().unwrap_or_default();
                Reply::Now(self.refuse(&status::modified(resource, name)))
            }
            Verdict::Die => Reply::Never,
            // The outcome is what nobody gets to know.
            Verdict::DieAfter => {
                drop(perform());
                Reply::Never
            }
            Verdict::LoseAnswer => {
                drop(perform());
                Reply::Now(self.refuse(&status::answer_lost()))
            }
            Verdict::Freeze { seconds } if call.verb != Verb::Watch => Reply::Later(seconds, Arc::clone(&judged)),
            Verdict::Pass
            | Verdict::Freeze { .. }
            | Verdict::Conflict
            | Verdict::Stale { .. }
            | Verdict::WatchCoalesce
            | Verdict::WatchCut => Reply::Now(perform()),
        };
        for verdict in judged.asked() {
            if let Some(strike) = self.strike(&call, body, verdict, is_done) {
                judged.tell(verdict, strike);
            }
        }
        reply
    }

    fn info(&self, call: &Call) -> RequestInfo {
        let target = &call.target;
        RequestInfo {
            process: Arc::clone(&self.process),
            sequence: self.shared.next_sequence(),
            verb: call.verb,
            resource: self.shared.resources[target.resource].plural.clone(),
            namespace: Some(target.namespace.clone()).filter(|namespace| !namespace.is_empty()),
            name: target.name.clone(),
            subresource: target.status.then(|| "status".to_owned()),
            is_watch: call.verb == Verb::Watch,
        }
    }

    fn perform(&self, call: &Call, body: &Bytes, judged: &Arc<Judged>) -> Result<Answer, Refusal> {
        let back = if let Verdict::Stale { back } = judged.verdict { back } else { 0 };
        let target = &call.target;
        let index = target.resource;
        let key = (target.namespace.clone(), target.name.clone().unwrap_or_default());
        let options = call.options();
        let render = |code, stored: &super::state::Stored| self.respond(code, list::render(stored, call.partial));
        match call.verb {
            Verb::Watch => self.watch(call, back, judged),
            Verb::Get => {
                let kind = &self.shared.resources[index];
                let (version, back) = (call.version()?, if call.asks_for_any() { back } else { 0 });
                let stored = self.shared.read(|state| list::get(state, kind, index, &key, version, back))?;
                Ok(render(StatusCode::OK, &stored))
            }
            Verb::List => {
                let request = self.list_request(call, back)?;
                let kind = &self.shared.resources[index];
                let text = self.shared.read(|state| list::list(state, kind, index, &request))?;
                Ok(self.respond(StatusCode::OK, text))
            }
            Verb::Create => {
                let body = parse(body)?;
                let stored = self.shared.write(|w| w.create(index, &target.namespace, body, call.part(), options))?;
                Ok(render(StatusCode::CREATED, &stored))
            }
            Verb::Update => {
                let body = parse(body)?;
                let stored = self.shared.write(|w| w.update(index, &key, body, call.part(), options))?;
                Ok(render(StatusCode::OK, &stored))
            }
            Verb::Patch => {
                if call.content_type != "application/merge-patch+json" {
                    return Err(status::unsupported_media_type());
                }
                let patch = parse(body)?;
                let stored = self.shared.write(|w| w.patch(index, &key, &patch, call.part(), options))?;
                Ok(render(StatusCode::OK, &stored))
            }
            Verb::Delete => self.delete(call, &key, &delete_options(call, body)?),
            Verb::DeleteCollection => self.delete_collection(call, &delete_options(call, body)?),
        }
    }

    fn delete(&self, call: &Call, key: &(String, String), options: &Value) -> Result<Answer, Refusal> {
        let index = call.target.resource;
        let resource = &self.shared.resources[index];
        let uid = self.shared.read(|state| state.get(index, key).map(|stored| stored.meta("uid").to_owned()));
        if let Some(waiting) = self.shared.write(|writer| writer.delete(index, key, options))? {
            return Ok(self.respond(StatusCode::OK, list::render(&waiting, call.partial)));
        }
        let status = json!({
            "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Success",
            "details": {"name": key.1, "group": resource.group, "kind": resource.plural, "uid": uid},
        });
        Ok(self.respond(StatusCode::OK, Bytes::from(status.to_string())))
    }

    fn delete_collection(&self, call: &Call, options: &Value) -> Result<Answer, Refusal> {
        let index = call.target.resource;
        let request = self.list_request(call, 0)?;
        let kind = &self.shared.resources[index];
        let text = self.shared.read(|state| list::list(state, kind, index, &request))?;
        self.shared.write(|writer| {
            let objects = super::state::Table::scope(&writer.state.tables[index].objects, &request.namespace);
            let matching = objects.filter(|(_, stored)| request.selector.matches(&stored.value));
            let keys: Vec<_> = matching.map(|(key, _)| key.clone()).collect();
            for key in keys {
                // Collected together with an earlier one of the same request.
                if writer.state.get(index, &key).is_some() {
                    writer.delete(index, &key, options)?;
                }
            }
            Ok::<(), Refusal>(())
        })?;
        Ok(self.respond(StatusCode::OK, text))
    }

    fn watch(&self, call: &Call, back: u64, judged: &Arc<Judged>) -> Result<Answer, Refusal> {
        let mut selector = self.selector(call)?;
        if let Some(name) = &call.target.name {
            selector.require_name(name);
        }
        let seconds = call.parameter("timeoutSeconds").and_then(|seconds| seconds.parse().ok());
        let request = WatchRequest {
            resource: call.target.resource,
            namespace: call.target.namespace.clone(),
            selector,
            from: call.version()?,
            bookmarks: call.flag("allowWatchBookmarks"),
            initial_events: call.flag("sendInitialEvents"),
            timeout: seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs),
            partial: call.partial,
            back,
        };
        let stream = watch::open(&self.shared, request, Arc::clone(judged));
        Ok(self.build(StatusCode::OK, UnsyncBoxBody::new(StreamBody::new(stream))))
    }

    fn respond(&self, code: StatusCode, text: Bytes) -> Answer {
        self.build(code, UnsyncBoxBody::new(Full::new(text)))
    }

    fn build(&self, code: StatusCode, body: UnsyncBoxBody<Bytes, Infallible>) -> Answer {
        let mut answer = Response::new(body);
        *answer.status_mut() = code;
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        let date = self.shared.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(date) = header::HeaderValue::from_str(&date) {
            headers.insert(header::DATE, date);
        }
        answer
    }

    fn refuse(&self, refusal: &Refusal) -> Answer {
        let code = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = self.respond(code, Bytes::from(status::json(refusal).to_string()));
        if code == StatusCode::TOO_MANY_REQUESTS {
            answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        answer
    }

    /// What is served at the path of a group and version, for clients that ask first.
    fn describe(&self, path: &str) -> Option<Bytes> {
        let wanted = path.trim_end_matches('/');
        let wanted = wanted.strip_prefix("/apis/").or_else(|| wanted.strip_prefix("/api/"))?;
        let served = self.shared.resources.iter().filter(|resource| resource.api_version() == wanted);
        let described: Vec<Value> = served
            .map(|resource| {
                json!({
                    "name": resource.plural, "singularName": resource.kind.to_lowercase(), "kind": resource.kind,
                    "namespaced": resource.namespaced,
                    "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
                })
            })
            .collect();
        if described.is_empty() {
            return None;
        }
        let list = json!({"apiVersion": "v1", "kind": "APIResourceList", "groupVersion": wanted, "resources": described});
        Some(Bytes::from(list.to_string()))
    }
}

/// The `DeleteOptions`, from the body or, without one, from the query.
fn delete_options(call: &Call, body: &Bytes) -> Result<Value, Refusal> {
    let mut options = if body.is_empty() { json!({}) } else { parse(body)? };
    if let Some(policy) = call.parameter("propagationPolicy")
        && options["propagationPolicy"].is_null()
    {
        options["propagationPolicy"] = json!(policy);
    }
    if call.options().dry_run {
        options["dryRun"] = json!(["All"]);
    }
    Ok(options)
}
