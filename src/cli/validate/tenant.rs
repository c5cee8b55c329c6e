//! The documents of one namespace together.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;

use kube::ResourceExt;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::document::{Draft, at_mut};
use crate::api::meta::DEFAULT_NAME;
use crate::api::{Directory, DirectorySpec, TenantScheduleSpec, User, Workflow, form};
use crate::cluster::{Clock, SystemClock};
use crate::domain::authority::Readers;
use crate::runner::concerns::{Concern, House, concerned};

/// What the documents of a namespace say about each other.
pub(super) struct TenantDocuments<'a> {
    pub namespace: &'a str,
    /// By kind and name: the first document of each object in time.
    objects: BTreeMap<&'a str, BTreeMap<&'a str, &'a Draft<'a>>>,
    pub directories: BTreeMap<String, Directory>,
    /// The embedded ones among them; where there is none, one without a mapping, so that people can be read.
    pub embedded: Vec<Directory>,
    pub schedule: Option<TenantScheduleSpec>,
    /// What is referred to need not be there.
    pub partial: bool,
    /// Whether something is referred to that is not there.
    pub misses_others: Cell<bool>,
    /// What about the dates of people somebody should look at, by their names: found out once.
    concerns: OnceCell<BTreeMap<String, Vec<Concern>>>,
    /// What Workflows delete people or make passes by: found out once.
    readers: OnceCell<Readers>,
}

impl<'a> TenantDocuments<'a> {
    pub(super) fn new(namespace: &'a str, mut drafts: Vec<&'a Draft<'a>>, partial: bool) -> Self {
        drafts.sort_by_key(|draft| draft.document.at);
        let mut objects: BTreeMap<&str, BTreeMap<&str, &Draft<'_>>> = BTreeMap::new();
        for draft in drafts.into_iter().filter(|draft| !draft.document.is_deletion) {
            objects.entry(draft.kind.as_str()).or_default().entry(draft.name()).or_insert(draft);
        }
        let directories = objects.get("Directory").into_iter().flatten().filter_map(|(name, draft)| {
            let spec: DirectorySpec = spec(draft)?;
            Some(((*name).to_owned(), Directory::new(name, spec)))
        });
        let directories: BTreeMap<String, Directory> = directories.collect();
        let mut embedded: Vec<Directory> = directories.values().filter(|directory| directory.spec.embedded.is_some()).cloned().collect();
        if embedded.is_empty() {
            let plain = form::typed(&json!({"embedded": {}})).ok();
            embedded.extend(plain.map(|spec| Directory::new(DEFAULT_NAME, spec)));
        }
        let schedule = objects.get("TenantSchedule").and_then(|schedules| spec(schedules.get(DEFAULT_NAME)?));
        Self {
            namespace,
            objects,
            directories,
            embedded,
            schedule,
            partial,
            misses_others: Cell::new(false),
            concerns: OnceCell::new(),
            readers: OnceCell::new(),
        }
    }

    pub(super) fn object(&self, kind: &str, name: &str) -> Option<&'a Draft<'a>> {
        self.objects.get(kind)?.get(name).copied()
    }

    pub(super) fn names(&self, kind: &str) -> impl Iterator<Item = &'a str> {
        self.objects.get(kind).into_iter().flat_map(|objects| objects.keys().copied())
    }

    /// The Directory that workflows work on which name this one, or none.
    pub(super) fn directory(&self, named: Option<&str>) -> Option<&Directory> {
        let name = named.or_else(|| self.schedule.as_ref()?.directory.as_deref())?;
        self.directories.get(name)
    }

    /// What Workflows delete people or make passes by.
    pub(super) fn readers(&self) -> &Readers {
        self.readers.get_or_init(|| {
            let mut readers = Readers::default();
            for (name, spec) in self.all("Workflow") {
                readers.put(name, &spec);
            }
            readers
        })
    }

    /// What about the dates of a person somebody should look at, as of now. Workflows that are not among the documents may
    /// cover who is covered by none of them.
    pub(super) fn concerns(&self, name: &str) -> Vec<Concern> {
        let found = self.concerns.get_or_init(|| self.find_concerns()).get(name).cloned().unwrap_or_default();
        let has_all = !self.partial && self.objects.contains_key("Workflow");
        found.into_iter().filter(|concern| has_all || *concern != Concern::LeaveDateUncovered).collect()
    }

    fn find_concerns(&self) -> BTreeMap<String, Vec<Concern>> {
        let house = House {
            directories: self.embedded.iter().map(|directory| (directory.name_any(), directory.clone())).collect(),
            schedule: self.schedule.clone(),
            workflows: self.all("Workflow").map(|(name, spec)| Workflow::new(name, spec)).collect(),
            users: self.all("User").map(|(name, spec)| User::new(name, spec)).collect(),
            ..House::default()
        };
        let mut found: BTreeMap<String, Vec<Concern>> = BTreeMap::new();
        for concerned in concerned(&house, SystemClock.now()) {
            let concerns = found.entry(concerned.name).or_default();
            if !concerns.contains(&concerned.concern) {
                concerns.push(concerned.concern);
            }
        }
        found
    }

    /// The specs of a kind that can be read.
    fn all<T: DeserializeOwned>(&self, kind: &str) -> impl Iterator<Item = (&'a str, T)> {
        self.objects.get(kind).into_iter().flatten().filter_map(|(name, draft)| Some((*name, spec(draft)?)))
    }
}

/// The spec as the controller reads it. What cannot be read is left out, as far as a spec can be without it.
pub(super) fn spec<T: DeserializeOwned>(draft: &Draft<'_>) -> Option<T> {
    let read = |object: &Value| form::typed(object.get("spec")?).ok();
    let mut rest = draft.admitted.clone();
    if let Some(spec) = read(&rest) {
        return Some(spec);
    }
    for path in &draft.unreadable {
        remove(&mut rest, path);
    }
    if let Some(spec) = read(&rest) {
        return Some(spec);
    }
    // Inside of lists nothing can be left out, because paths count their elements; then the whole list is.
    for path in &draft.unreadable {
        let outer = path.match_indices(['.', '[']).nth(1).map_or(path.as_str(), |(end, _)| &path[..end]);
        remove(&mut rest, outer);
    }
    read(&rest)
}

fn remove(object: &mut Value, path: &str) {
    if let Some((parent, key)) = path.rsplit_once('.')
        && let Some(parent) = at_mut(object, parent).and_then(Value::as_object_mut)
    {
        parent.remove(key);
    }
}
