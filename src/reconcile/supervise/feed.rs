//! One kind in one scope, from its watch to the tenants.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::PartialObjectMeta;
use kube::runtime::watcher::Event;
use kube::{Client, ResourceExt};
use tokio::sync::mpsc::Sender;

use crate::api::conditions::{COMPLETE, is_true};
use crate::api::meta::{LABEL_MANAGED_BY, MANAGED_BY};
use crate::api::{Directory, Run, TenantLedger, TenantSchedule, User, Workflow, WorkflowVersion};
use crate::cluster::client::Kind;
use crate::cluster::watch::{self, Scope};
use crate::reconcile::{Seen, SeenKind};

/// Where kubectl keeps a whole copy of what it applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What a watch has to say.
pub(super) struct News {
    /// Index of the scope.
    pub scope: usize,
    /// The kind.
    pub kind: SeenKind,
    /// What happened.
    pub what: What,
}

/// What happened to objects of a kind.
pub(super) enum What {
    /// Everything of the kind, by namespace, as it is now.
    All(BTreeMap<String, Vec<Seen>>),
    /// An object of a namespace came or changed.
    Put(String, Seen),
    /// An object of a namespace is gone; this is how it was last.
    Gone(String, Seen),
}

/// Where the news go.
#[derive(Clone)]
pub(super) struct Outlet {
    pub scope: usize,
    pub news: Sender<News>,
}

/// A task that ends only when nobody listens any more.
type Follow = fn(Client, Scope, Outlet) -> BoxFuture<'static, ()>;

/// The kinds that are followed.
pub(super) const SOURCES: [(SeenKind, Follow); 9] = [
    (SeenKind::TenantLedger, follow::<TenantLedger>),
    (SeenKind::TenantSchedule, follow::<TenantSchedule>),
    (SeenKind::Directory, follow::<Directory>),
    (SeenKind::Workflow, follow::<Workflow>),
    (SeenKind::WorkflowVersion, follow::<WorkflowVersion>),
    (SeenKind::Run, follow::<Run>),
    (SeenKind::Job, follow::<Job>),
    (SeenKind::Pod, follow::<Pod>),
    (SeenKind::User, follow::<PartialObjectMeta<User>>),
];

/// A kind as it is kept.
trait Followed: Kind + Send + 'static {
    const KIND: SeenKind;
    /// Labels of the objects that matter; none: all do.
    fn labels() -> Option<String> {
        None
    }
    /// What is kept of it.
    fn keep(self) -> Seen;
}

macro_rules! followed {
    ($($kind:ident),+) => { $(
        impl Followed for $kind {
            const KIND: SeenKind = SeenKind::$kind;
            fn keep(self) -> Seen {
                self.into()
            }
        }
    )+ };
}
followed!(Workflow, WorkflowVersion, TenantSchedule, Directory, TenantLedger);

fn ours() -> String {
    format!("{LABEL_MANAGED_BY}={MANAGED_BY}")
}

impl Followed for Job {
    const KIND: SeenKind = SeenKind::Job;
    fn labels() -> Option<String> {
        Some(ours())
    }
    fn keep(mut self) -> Seen {
        // Which pod it starts is asked of nobody again.
        if let Some(spec) = &mut self.spec {
            spec.template = k8s_openapi::api::core::v1::PodTemplateSpec::default();
        }
        self.into()
    }
}

impl Followed for Pod {
    const KIND: SeenKind = SeenKind::Pod;
    fn labels() -> Option<String> {
        Some(ours())
    }
    fn keep(mut self) -> Seen {
        self.spec = None;
        self.into()
    }
}

impl Followed for Run {
    const KIND: SeenKind = SeenKind::Run;
    fn keep(mut self) -> Seen {
        // Of a Run that is complete nobody asks for more than its counts and conditions.
        if let Some(status) = self.status.as_mut().filter(|status| is_true(&status.conditions, COMPLETE)) {
            status.shards = Vec::new();
            status.task_reports = Vec::new();
            self.spec.subjects = None;
        }
        self.into()
    }
}

impl Followed for PartialObjectMeta<User> {
    const KIND: SeenKind = SeenKind::User;
    fn keep(self) -> Seen {
        Seen::UserChanged
    }
}

fn follow<K: Followed>(client: Client, scope: Scope, outlet: Outlet) -> BoxFuture<'static, ()> {
    async move {
        let mut events = watch::objects::<K>(client, &scope, K::labels().as_deref());
        let mut listed = BTreeMap::new();
        while let Some(event) = events.next().await {
            let what = match event {
                Ok(Event::Init) => {
                    listed = BTreeMap::new();
                    continue;
                }
                Ok(Event::InitApply(object)) => {
                    let (namespace, seen) = kept(object);
                    let of_namespace: &mut Vec<Seen> = listed.entry(namespace).or_default();
                    // That there are people is known without a list of them.
                    if K::KIND != SeenKind::User {
                        // Whatever ended before the list was taken is told to nobody.
                        of_namespace.push(seen.shortened());
                    }
                    continue;
                }
                Ok(Event::InitDone) => What::All(std::mem::take(&mut listed)),
                Ok(Event::Apply(object)) => {
                    let (namespace, seen) = kept(object);
                    What::Put(namespace, seen)
                }
                Ok(Event::Delete(object)) => {
                    let (namespace, seen) = kept(object);
                    What::Gone(namespace, seen)
                }
                Err(error) => {
                    tracing::warn!(kind = ?K::KIND, %error, "the watch is interrupted and goes on by itself");
                    continue;
                }
            };
            if outlet.news.send(News { scope: outlet.scope, kind: K::KIND, what }).await.is_err() {
                return;
            }
        }
    }
    .boxed()
}

fn kept<K: Followed>(mut object: K) -> (String, Seen) {
    // Not only emptied: the room that a list has would stay.
    object.meta_mut().managed_fields = None;
    object.annotations_mut().remove(LAST_APPLIED);
    (object.namespace().unwrap_or_default(), object.keep())
}
