//! One kind in one scope, from its watch to the tenants.

use std::collections::BTreeMap;

use futures::StreamExt;
use kube::Client;
use kube::runtime::watcher::Event;
use tokio::sync::mpsc::Sender;

use crate::api::tenant_ledger::UsersSeen;
use crate::cluster::watch::{self, Extent};
use crate::reconcile::kept::{self, Newest};
use crate::reconcile::watched::Watched;
use crate::reconcile::{Seen, SeenKind};

/// What a watch has to say.
pub(super) struct News {
    /// Index of the scope.
    pub scope: usize,
    /// The kind.
    pub kind: SeenKind,
    /// What happened.
    pub what: Happened,
}

/// What happened to objects of a kind.
pub(super) enum Happened {
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

/// Follows the kind in the scope; ends only when nobody listens any more.
pub(super) async fn follow(watched: Watched, client: Client, scope: Extent, outlet: Outlet) {
    let kind = watched.kind;
    let mut events = watch::objects(client, &scope, &watched.subject());
    let mut listed = BTreeMap::new();
    let mut users: BTreeMap<String, Option<UsersSeen>> = BTreeMap::new();
    let mut newest = Newest::default();
    while let Some(event) = events.next().await {
        let what = match event {
            Ok(Event::Init) => {
                (listed, users, newest) = (BTreeMap::new(), BTreeMap::new(), Newest::default());
                continue;
            }
            Ok(Event::InitApply(object)) => {
                if kind == SeenKind::User {
                    // Of people nothing is kept but how many there are, and how new.
                    let [namespace, _, _, version] = object.identity();
                    let of_namespace = users.entry(namespace).or_insert(Some(UsersSeen::default()));
                    *of_namespace = of_namespace.and_then(|users| users.with(Some(&version)));
                    continue;
                }
                let (namespace, seen) = watched.see(&object);
                let of_namespace: &mut Vec<Seen> = listed.entry(namespace).or_default();
                let older = if let Seen::WorkflowVersion(version) = &seen { newest.note(version) } else { None };
                // Whatever ended before the list was taken is told to nobody.
                of_namespace.push(seen.shortened());
                // Before all are there: a tenant may have more of them than there is room for.
                if let Some(name) = older {
                    shorten(of_namespace, &name);
                }
                continue;
            }
            Ok(Event::InitDone) => {
                let users = std::mem::take(&mut users).into_iter().map(|(namespace, users)| (namespace, vec![Seen::Users(users)]));
                Happened::All(std::mem::take(&mut listed).into_iter().chain(users).collect())
            }
            Ok(Event::Apply(object)) => {
                let (namespace, seen) = watched.see(&object);
                Happened::Put(namespace, seen)
            }
            Ok(Event::Delete(object)) => {
                let (namespace, seen) = watched.see(&object);
                Happened::Gone(namespace, seen)
            }
            Err(error) => {
                tracing::warn!(?kind, %error, "the watch is interrupted and goes on by itself");
                continue;
            }
        };
        if outlet.news.send(News { scope: outlet.scope, kind, what }).await.is_err() {
            return;
        }
    }
}

/// Shortens the version of that name. It is among the last ones, for lists come in the order of names.
fn shorten(listed: &mut [Seen], older: &str) {
    let mut found = listed.iter_mut().rev().filter_map(|seen| if let Seen::WorkflowVersion(version) = seen { Some(version) } else { None });
    if let Some(version) = found.find(|version| version.metadata.name.as_deref() == Some(older)) {
        kept::older_version(version);
    }
}
