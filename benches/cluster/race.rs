//! Objects applied at once by an impatient client, and how long their controller takes with them.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use kube::api::{Api, PostParams};
use kube::runtime::watcher::{Config, Event, watcher};
use kube::{Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tenure::api::conditions::{READY, is_true};
use tenure::api::{Workflow, WorkflowVersion};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use crate::Error;

/// Requests of the client at the same time.
pub const CLIENTS: usize = 16;
/// How long a race may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long it took.
#[derive(Clone, Copy)]
pub struct Times {
    /// From the first create to the answer to the last.
    pub applied: f64,
    /// From the first create to the last object that its controller is done with.
    pub done: f64,
}

/// A kind that a controller works on.
pub trait Racer:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Serialize + Send + 'static
{
    /// What the controller makes of it.
    type Product: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Send + 'static;
    /// Whether the controller is done with it.
    fn is_done(&self) -> bool;
    /// The name of the object that something was made of.
    fn source(product: &Self::Product) -> Option<String>;
}

impl Racer for Deployment {
    type Product = ReplicaSet;
    fn is_done(&self) -> bool {
        self.status
            .as_ref()
            .is_some_and(|status| status.observed_generation.is_some() && status.observed_generation == self.metadata.generation)
    }
    fn source(product: &ReplicaSet) -> Option<String> {
        product.owner_references().first().map(|owner| owner.name.clone())
    }
}

impl Racer for Workflow {
    type Product = WorkflowVersion;
    fn is_done(&self) -> bool {
        let is_done = |status: &tenure::api::workflow::WorkflowStatus| {
            status.observed_generation.is_some()
                && status.observed_generation == self.metadata.generation
                && is_true(&status.conditions, READY)
        };
        self.status.as_ref().is_some_and(is_done)
    }
    fn source(product: &WorkflowVersion) -> Option<String> {
        Some(product.spec.workflow.clone())
    }
}

enum Sight {
    Listed,
    Done(String),
    Made(String),
}

/// Follows a kind and tells of every object for which `tell` has something to say. A watch that is interrupted ends the
/// benchmark by its time limit.
fn follow<K>(api: Api<K>, sights: UnboundedSender<Sight>, tell: fn(&K) -> Option<Sight>) -> AbortHandle
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let mut events = watcher(api, Config::default()).boxed();
    let task = tokio::spawn(async move {
        while let Some(event) = events.next().await {
            let sight = match event {
                Ok(Event::InitDone) => Some(Sight::Listed),
                Ok(Event::Apply(object) | Event::InitApply(object)) => tell(&object),
                _ => None,
            };
            if sight.is_some_and(|sight| sights.send(sight).is_err()) {
                return;
            }
        }
    });
    task.abort_handle()
}

/// Creates the objects and waits until the controller is done with all of them.
pub async fn race<K: Racer>(client: &Client, namespace: &str, objects: &[K]) -> Result<Times, Error> {
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    let products: Api<K::Product> = Api::namespaced(client.clone(), namespace);
    let (sender, mut sights) = unbounded_channel();
    let watches = [
        follow(api.clone(), sender.clone(), |object: &K| object.is_done().then(|| Sight::Done(object.name_any()))),
        follow(products, sender, |product| K::source(product).map(Sight::Made)),
    ];
    for _ in &watches {
        while !matches!(sights.recv().await, Some(Sight::Listed)) {}
    }
    let began = Instant::now();
    let apply = async {
        stream::iter(objects)
            .map(|object| {
                let api = &api;
                async move { api.create(&PostParams::default(), object).await.map(|_| ()) }
            })
            .buffer_unordered(CLIENTS)
            .try_collect::<()>()
            .await?;
        Ok::<_, Error>(began.elapsed().as_secs_f64())
    };
    let (mut done, mut made) = (BTreeSet::new(), BTreeSet::new());
    let finish = async {
        while done.len() < objects.len() || made.len() < objects.len() {
            match sights.recv().await.ok_or("the watches go on")? {
                Sight::Done(name) => drop(done.insert(name)),
                Sight::Made(name) => drop(made.insert(name)),
                Sight::Listed => {}
            }
        }
        Ok(began.elapsed().as_secs_f64())
    };
    let both = tokio::time::timeout(PATIENCE, async { tokio::try_join!(apply, finish) }).await;
    for watch in watches {
        watch.abort();
    }
    let (applied, done) = both.map_err(|_| format!("{namespace}: not done after {} s", PATIENCE.as_secs()))??;
    Ok(Times { applied, done })
}
