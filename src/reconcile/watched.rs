//! The kinds that the controller watches: one table, for the cluster and for simulation.

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::ApiResource;

use super::kept;
use super::progress::{is_complete, was_planned};
use crate::api::meta::{LABEL_MANAGED_BY, MANAGED_BY};
use crate::api::tenant_ledger::UsersSeen;
use crate::api::{CustomTaskExtension, Directory, Group, Run, TenantLedger, TenantSchedule, User, Workflow, WorkflowVersion};
use crate::cluster::client::Kind;
use crate::cluster::object::{Raw, Undecodable, trim};
use crate::cluster::watch::Subject;
use crate::domain::references::Referred;

/// A kind, how it is watched, and what is kept of its objects.
#[derive(Clone, Copy, Debug)]
pub struct Watched {
    /// The kind.
    pub kind: SeenKind,
    /// Whether only those matter that are ours.
    ours: bool,
    /// Whether only the metadata travels: what is in the objects is nobody's business here.
    metadata: bool,
    resource: fn() -> ApiResource,
    decode: fn(&Raw) -> Result<Seen, Undecodable>,
}

/// The kinds that are watched, in the order in which simulation takes their events.
pub const WATCHED: [Watched; 11] = [
    Watched::all::<TenantLedger>(SeenKind::TenantLedger),
    Watched::all::<TenantSchedule>(SeenKind::TenantSchedule),
    Watched::all::<Directory>(SeenKind::Directory),
    Watched::all::<Workflow>(SeenKind::Workflow),
    Watched::all::<WorkflowVersion>(SeenKind::WorkflowVersion),
    Watched::all::<Run>(SeenKind::Run),
    Watched { ours: true, ..Watched::all::<Job>(SeenKind::Job) },
    Watched { ours: true, ..Watched::all::<Pod>(SeenKind::Pod) },
    Watched::names::<Group>(SeenKind::Group, |raw| Ok(Seen::group(raw.name_any()))),
    Watched::names::<CustomTaskExtension>(SeenKind::CustomTaskExtension, |raw| Ok(Seen::extension(raw.name_any()))),
    Watched::names::<User>(SeenKind::User, |_| Ok(Seen::UserChanged)),
];

/// An object that is not what this program knows of its kind. It is a thing that was seen as any other: it stands in
/// for the object until somebody mends that.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Broken {
    /// Its kind.
    pub kind: SeenKind,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// Its resource version.
    pub version: String,
    /// Why, without any value of it.
    pub error: Undecodable,
}

macro_rules! seen {
    ($($(#[$doc:meta])* $kind:ident),+ $(,)?) => {
        /// The kinds that are watched.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum SeenKind {
            $($(#[$doc])* $kind,)+
            /// Groups: only their names.
            Group,
            /// Extensions: only their names.
            CustomTaskExtension,
            /// Users: only that something changed.
            User,
        }

        /// One object as a watch showed it.
        #[derive(Clone, Debug)]
        pub enum Seen {
            $($(#[$doc])* $kind(Box<$kind>),)+
            /// A Run that has come to its end, as far as anybody asks about it later.
            EndedRun {
                /// Its name.
                name: String,
                /// Its UID.
                uid: String,
                /// Whether an evaluation made or planned it.
                planned: bool,
            },
            /// That an object is there to which Workflows refer; nobody here asks what is in it.
            Referred {
                /// What it is.
                referred: Referred,
                /// Its name.
                name: String,
            },
            /// Some User was added, changed or removed: the controller keeps nothing of people.
            UserChanged,
            /// The Users were listed: how many there are, and how new; none if a version is no number.
            Users(Option<UsersSeen>),
            /// An object that cannot be read.
            Broken(Box<Broken>),
        }

        $(impl From<$kind> for Seen {
            fn from(object: $kind) -> Self {
                Self::$kind(Box::new(object))
            }
        })+

        impl Seen {
            /// Its kind.
            #[must_use]
            pub fn kind(&self) -> SeenKind {
                match self {
                    $(Self::$kind(_) => SeenKind::$kind,)+
                    Self::EndedRun { .. } => SeenKind::Run,
                    Self::Referred { referred: Referred::Group, .. } => SeenKind::Group,
                    Self::Referred { referred: Referred::Extension, .. } => SeenKind::CustomTaskExtension,
                    Self::UserChanged | Self::Users(_) => SeenKind::User,
                    Self::Broken(broken) => broken.kind,
                }
            }

            /// Its name; empty for a changed User.
            #[must_use]
            pub fn name(&self) -> String {
                match self {
                    $(Self::$kind(object) => object.name_any(),)+
                    Self::EndedRun { name, .. } | Self::Referred { name, .. } => name.clone(),
                    Self::UserChanged | Self::Users(_) => String::new(),
                    Self::Broken(broken) => broken.name.clone(),
                }
            }
        }
    };
}

seen! {
    /// Workflows.
    Workflow,
    /// Versions.
    WorkflowVersion,
    /// The schedule.
    TenantSchedule,
    /// Directories.
    Directory,
    /// Runs.
    Run,
    /// The head.
    TenantLedger,
    /// Jobs.
    Job,
    /// Pods.
    Pod,
}

impl Seen {
    /// That a Group is there.
    #[must_use]
    pub fn group(name: String) -> Self {
        Self::Referred { referred: Referred::Group, name }
    }

    /// That a CustomTaskExtension is there.
    #[must_use]
    pub fn extension(name: String) -> Self {
        Self::Referred { referred: Referred::Extension, name }
    }

    /// Without what nobody asks for again.
    fn trimmed(mut self) -> Self {
        match &mut self {
            Self::Job(job) => kept::job(job),
            Self::Pod(pod) => kept::pod(pod),
            Self::Run(run) => kept::run(run),
            _ => {}
        }
        self
    }

    /// What is kept of it: of a Run that has come to its end a few words, for there are thousands.
    #[must_use]
    pub fn shortened(self) -> Self {
        match self {
            Self::Run(run) if is_complete(&run) => {
                Self::EndedRun { name: run.name_any(), uid: run.uid().unwrap_or_default(), planned: was_planned(&run) }
            }
            other => other,
        }
    }
}

impl Watched {
    /// All objects of a kind.
    const fn all<K: Kind + Into<Seen>>(kind: SeenKind) -> Self {
        Self { kind, ours: false, metadata: false, resource: || ApiResource::erase::<K>(&()), decode: read::<K> }
    }

    /// All objects of a kind of which nobody here asks what is in them.
    const fn names<K: Kind>(kind: SeenKind, decode: fn(&Raw) -> Result<Seen, Undecodable>) -> Self {
        Self { kind, ours: false, metadata: true, resource: || ApiResource::erase::<K>(&()), decode }
    }

    /// What is to be watched.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject {
            resource: (self.resource)(),
            labels: self.ours.then(|| format!("{LABEL_MANAGED_BY}={MANAGED_BY}")),
            metadata: self.metadata,
        }
    }

    /// The object's namespace, and what is kept of it.
    #[must_use]
    pub fn see(&self, raw: &Raw) -> (String, Seen) {
        let seen = (self.decode)(raw);
        let [namespace, name, uid, version] = raw.identity();
        let broken = |error| Seen::Broken(Box::new(Broken { kind: self.kind, name, uid, version, error }));
        (namespace, seen.map_or_else(broken, Seen::trimmed))
    }
}

/// The object, without what nobody here asks for and may be as large as the rest.
fn read<K: Kind + Into<Seen>>(raw: &Raw) -> Result<Seen, Undecodable> {
    let mut object: K = raw.decode()?;
    trim(object.meta_mut(), false);
    Ok(object.into())
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::PodSpec;
    use kube::api::ObjectMeta;
    use serde_json::{Value, json};

    use super::*;

    fn see(kind: SeenKind, rest: &Value) -> Seen {
        let mut object = json!({"metadata": {"name": "a", "namespace": "acme", "uid": "u", "resourceVersion": "7"}});
        object.as_object_mut().unwrap().extend(rest.as_object().cloned().unwrap());
        let watched = WATCHED.into_iter().find(|watched| watched.kind == kind).unwrap();
        let raw: Raw = serde_json::from_str(&object.to_string()).unwrap();
        let (namespace, seen) = watched.see(&raw);
        assert_eq!((namespace.as_str(), seen.kind()), ("acme", kind));
        seen
    }

    #[test]
    fn an_object_that_cannot_be_read_is_seen_as_such() {
        for Watched { kind, .. } in WATCHED {
            let seen = see(kind, &json!({"spec": "Ann", "status": "Ann", "sealedEpoch": "Ann", "epoch": "Ann"}));
            match (kind, seen) {
                // Of a User only that it changed is seen, of others only that they are there.
                (SeenKind::User, Seen::UserChanged) | (SeenKind::Group | SeenKind::CustomTaskExtension, Seen::Referred { .. }) => {}
                (_, Seen::Broken(broken)) => {
                    assert_eq!((broken.name.as_str(), broken.uid.as_str(), broken.version.as_str()), ("a", "u", "7"));
                    assert!(!broken.error.to_string().contains("Ann"), "{kind:?}: {}", broken.error);
                }
                (_, other) => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_nobody_asks_for_is_left_out() {
        let template = json!({"spec": {"containers": [{"name": "c"}]}});
        let copy = "kubectl.kubernetes.io/last-applied-configuration";
        for (is_replaced, expected) in [(false, Some(1)), (true, Some(3))] {
            let mut metadata = ObjectMeta { managed_fields: Some(Vec::new()), ..ObjectMeta::default() };
            metadata.annotations = Some(
                [(copy, "{}"), ("a", "b"), ("tenure.dev/git-commit", "0")].map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            );
            trim(&mut metadata, is_replaced);
            assert_eq!((metadata.managed_fields, metadata.annotations.map(|annotations| annotations.len())), (None, expected));
        }
        let Seen::Job(job) = see(SeenKind::Job, &json!({"spec": {"template": template, "backoffLimit": 0}})) else { panic!("no Job") };
        let spec = job.spec.unwrap();
        assert_eq!((spec.template.spec, spec.backoff_limit), (None, Some(0)));
        let inside = json!({"spec": {"serviceAccountName": "tenure-runner", "containers": [{"name": "c"}]}});
        let Seen::Pod(pod) = see(SeenKind::Pod, &inside) else { panic!("no Pod") };
        let runs_as = PodSpec { service_account_name: Some("tenure-runner".to_owned()), ..PodSpec::default() };
        assert_eq!(pod.spec, Some(runs_as));
        let wanted = json!({"source": {"workflow": {"name": "w"}}, "executionType": "onDemand", "subjects": {"users": ["ann"]}});
        let Seen::Run(run) = see(SeenKind::Run, &json!({"spec": wanted})) else { panic!("no Run") };
        assert_eq!(run.spec.subjects, None, "also of a Run that has not ended");
        let complete =
            json!([{"type": "Complete", "status": "True", "reason": "x", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
        let shards = json!([{"index": 0, "attempt": 1, "updatedDateTime": "2026-01-01T00:00:00Z", "counts": {}}]);
        for (conditions, kept) in [(json!([]), 1), (complete, 0)] {
            let Seen::Run(run) = see(SeenKind::Run, &json!({"spec": wanted, "status": {"conditions": conditions, "shards": shards}}))
            else {
                panic!("no Run")
            };
            assert_eq!(run.status.unwrap().shards.len(), kept);
        }
    }
}
