//! An HTTP proxy in front of the real API server, which makes one request of a tenant go wrong.
//!
//! Every process of Tenure has a kubeconfig of its own, whose token says who it is; the proxy speaks plain HTTP on the
//! loopback interface, and asks the API server as the administrator.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Response};
use axum::serve::{IncomingStream, Listener};
use futures::StreamExt;
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::BodyExt;
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::Error;
use super::fault::{Class, Fault, Record, SliceWrite, Who};

/// How much of a watch gets through before it is cut, unless an event comes first.
const WATCH_LIFE: Duration = Duration::from_secs(2);

/// A connection that can be broken off.
pub struct Wire {
    stream: TcpStream,
    switch: Switch,
}

/// Breaks a connection off: nothing more is written to it, not even an answer that is ready.
#[derive(Clone, Default)]
struct Switch(Arc<AtomicBool>);

impl Switch {
    fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.switch.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

struct Wires(TcpListener);

impl Listener for Wires {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small answers must not wait for one another.
        let _ = stream.set_nodelay(true);
        (Wire { stream, switch: Switch::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Wires>> for Switch {
    fn connect_info(stream: IncomingStream<'_, Wires>) -> Self {
        stream.io().switch.clone()
    }
}

/// A process of Tenure that asks through the proxy.
pub struct Process {
    who: Who,
    /// Its pod, or that it is a controller.
    name: String,
    record: Arc<Record>,
    child: Mutex<Option<Child>>,
    is_lost: AtomicBool,
}

impl Process {
    /// Takes in the operating system's process.
    pub fn adopt(&self, child: Child) {
        *self.child.lock().expect("nobody panics with it") = Some(child);
    }

    /// Ends it as a power cut would.
    pub fn kill(&self) {
        if let Some(child) = self.child.lock().expect("nobody panics with it").as_mut() {
            // It may have ended by itself.
            let _ = child.kill();
        }
    }

    /// Asks it to end, as the kubelet does.
    pub fn terminate(&self) {
        if let Some(child) = self.child.lock().expect("nobody panics with it").as_ref() {
            // It may have ended by itself.
            let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        }
    }

    /// What it ended with; None while it runs.
    pub fn exit(&self) -> io::Result<Option<i32>> {
        let mut child = self.child.lock().expect("nobody panics with it");
        match child.as_mut() {
            Some(child) => Ok(child.try_wait()?.map(|status| status.code().unwrap_or(137))),
            None => Ok(None),
        }
    }

    /// Whether nobody is to hear of its end.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::SeqCst)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = self.child.lock().expect("nobody panics with it").as_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The proxy.
pub struct Proxy {
    behind: Client,
    address: SocketAddr,
    processes: Mutex<BTreeMap<String, Arc<Process>>>,
    next: AtomicU64,
}

impl Proxy {
    /// Starts one on the runtime that is running.
    pub async fn start() -> Result<Arc<Self>, Error> {
        let mut config = Config::infer().await?;
        config.default_retry = false;
        config.read_timeout = Some(Duration::from_secs(320));
        let wires = Wires(TcpListener::bind("127.0.0.1:0").await?);
        let proxy = Arc::new(Self {
            behind: Client::try_from(config)?,
            address: wires.0.local_addr()?,
            processes: Mutex::default(),
            next: AtomicU64::new(1),
        });
        let service = Router::new().fallback(handle).with_state(Arc::clone(&proxy));
        let service = service.into_make_service_with_connect_info::<Switch>();
        tokio::spawn(async move {
            if let Err(error) = axum::serve(wires, service).await {
                println!("faults: the proxy ended: {error}");
            }
        });
        Ok(proxy)
    }

    /// Announces a process; also the text of its kubeconfig.
    pub fn announce(&self, who: Who, name: &str, record: &Arc<Record>) -> (Arc<Process>, String) {
        let token = format!("process-{}", self.next.fetch_add(1, Ordering::SeqCst));
        let process = Arc::new(Process {
            who,
            name: name.to_owned(),
            record: Arc::clone(record),
            child: Mutex::default(),
            is_lost: AtomicBool::new(false),
        });
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "proxy",
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "proxy"}}],
            "users": [{"name": "proxy", "user": {"token": token}}],
            "clusters": [{"name": "proxy", "cluster": {"server": format!("http://{}", self.address)}}],
        });
        self.processes.lock().expect("nobody panics with it").insert(token, Arc::clone(&process));
        (process, kubeconfig.to_string())
    }

    /// Forgets a process that has ended.
    pub fn forget(&self, process: &Arc<Process>) {
        self.processes.lock().expect("nobody panics with it").retain(|_, other| !Arc::ptr_eq(other, process));
    }

    fn process(&self, headers: &HeaderMap) -> Option<Arc<Process>> {
        let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        self.processes.lock().expect("nobody panics with it").get(token).cloned()
    }
}

/// A request as it goes on to the API server.
#[derive(Clone)]
struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Asked {
    fn class(&self) -> Class {
        match self.method {
            Method::GET if self.path.contains("watch=true") => Class::Watch,
            Method::GET => Class::Any,
            _ => Class::Write,
        }
    }

    fn request(self) -> Result<http::Request<kube::client::Body>, Error> {
        let mut request = http::Request::builder().method(self.method).uri(self.path);
        for name in [header::ACCEPT, header::CONTENT_TYPE] {
            if let Some(value) = self.headers.get(&name) {
                request = request.header(name, value);
            }
        }
        Ok(request.body(kube::client::Body::from(self.body))?)
    }
}

async fn handle(State(proxy): State<Arc<Proxy>>, ConnectInfo(switch): ConnectInfo<Switch>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(process) = proxy.process(&parts.headers) else {
        return refusal(StatusCode::UNAUTHORIZED, "Unauthorized");
    };
    let Ok(body) = body.collect().await else {
        switch.cut();
        return refusal(StatusCode::BAD_REQUEST, "BadRequest");
    };
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let asked = Asked { method: parts.method, path, headers: parts.headers, body: body.to_bytes() };
    let who = if process.who == Who::Controller && asked.path.contains("/leases") { Who::Lease } else { process.who };
    let fault = process.record.decide(who, asked.class());
    let line = format!("{} {who:?} {} {} {}", chrono::Utc::now().format("%H:%M:%S%.3f"), process.name, asked.method, asked.path);
    let response = answer(&proxy, &process, &switch, asked, fault).await;
    let spoilt = fault.map(|fault| format!(" <== {fault:?}")).unwrap_or_default();
    process.record.say(format!("{line} -> {}{spoilt}", response.status().as_u16()));
    response
}

async fn answer(proxy: &Arc<Proxy>, process: &Arc<Process>, switch: &Switch, asked: Asked, fault: Option<Fault>) -> Response {
    match fault {
        None => {}
        Some(Fault::Terminate) => process.terminate(),
        Some(Fault::Refuse) => return refusal(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
        Some(Fault::Forbid) => return refusal(StatusCode::FORBIDDEN, "Forbidden"),
        Some(Fault::Unknown) => return refusal(StatusCode::UNAUTHORIZED, "Unauthorized"),
        Some(Fault::Hangup) => {
            switch.cut();
            return refusal(StatusCode::BAD_GATEWAY, "InternalError");
        }
        Some(Fault::Conflict) => return refusal(StatusCode::CONFLICT, "Conflict"),
        Some(Fault::Throttle) => return refusal(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests"),
        Some(Fault::WatchGone) => return gone(),
        Some(Fault::Delay) => tokio::time::sleep(Fault::Delay.delay(&process.record.timing)).await,
        Some(Fault::Late) => {
            let (proxy, process) = (Arc::clone(proxy), Arc::clone(process));
            // It goes on when whoever asked has hung up.
            process.record.set_late(true);
            let late = tokio::spawn(async move {
                tokio::time::sleep(Fault::Late.delay(&process.record.timing)).await;
                let line = format!("late: {} {} {}", process.name, asked.method, asked.path);
                let response = forward(&proxy, &process, asked).await;
                process.record.say(format!("{line} -> {}", response.status().as_u16()));
                process.record.set_late(false);
                response
            });
            return late.await.unwrap_or_else(|_| refusal(StatusCode::BAD_GATEWAY, "InternalError"));
        }
        Some(Fault::KillBefore) => {
            process.kill();
            switch.cut();
            return refusal(StatusCode::BAD_GATEWAY, "InternalError");
        }
        Some(fault @ (Fault::DropAnswer | Fault::KillAfter | Fault::Lose)) => {
            // A watch has no end to wait for: its first bytes never arrive.
            let response = forward(proxy, process, asked).await;
            if fault != Fault::DropAnswer {
                process.is_lost.store(fault == Fault::Lose, Ordering::SeqCst);
                process.kill();
            }
            switch.cut();
            return response;
        }
        Some(Fault::CutWatch) => return cut(forward(proxy, process, asked).await),
    }
    let response = forward(proxy, process, asked).await;
    tokio::time::sleep(process.record.latency).await;
    response
}

/// The API server's answer; of a watch its beginning.
async fn forward(proxy: &Proxy, process: &Process, asked: Asked) -> Response {
    let (class, is_slice) = (asked.class(), asked.path.contains("/runslices/"));
    let Ok(request) = asked.request() else {
        return refusal(StatusCode::BAD_REQUEST, "BadRequest");
    };
    let Ok(response) = proxy.behind.send(request).await else {
        return refusal(StatusCode::BAD_GATEWAY, "InternalError");
    };
    let (mut parts, body) = response.into_parts();
    for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION] {
        parts.headers.remove(name);
    }
    if class == Class::Watch {
        return Response::from_parts(parts, Body::new(body));
    }
    let Ok(body) = body.collect().await else {
        return refusal(StatusCode::BAD_GATEWAY, "InternalError");
    };
    let body = body.to_bytes();
    if class == Class::Write && is_slice && parts.status.is_success() {
        let slice: Value = serde_json::from_slice(&body).unwrap_or_default();
        process.record.slice(SliceWrite { writer: process.name.clone(), slice });
    }
    Response::from_parts(parts, Body::from(body))
}

/// The beginning of a watch, and then a broken connection.
fn cut(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let broken = || Err::<Bytes, io::Error>(io::ErrorKind::ConnectionReset.into());
    let beginning = body.into_data_stream().take(1).map(|piece| piece.map_err(io::Error::other)).chain(futures::stream::iter([broken()]));
    let timely = futures::stream::unfold((Box::pin(beginning), false), move |(mut rest, is_over)| async move {
        if is_over {
            return None;
        }
        let piece = tokio::time::timeout(WATCH_LIFE, rest.next()).await.unwrap_or_else(|_| Some(broken()))?;
        let is_over = piece.is_err();
        Some((piece, (rest, is_over)))
    });
    Response::from_parts(parts, Body::from_stream(timely))
}

/// What the API server says to a watch from an expired version.
fn gone() -> Response {
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "too old resource version", "reason": "Expired", "code": 410});
    let line = format!("{}\n", json!({"type": "ERROR", "object": status}));
    ([(header::CONTENT_TYPE, "application/json")], line).into_response()
}

fn refusal(code: StatusCode, reason: &str) -> Response {
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "a fault of the test", "reason": reason, "code": code.as_u16()});
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::RETRY_AFTER, "1")];
    (code, headers, status.to_string()).into_response()
}
