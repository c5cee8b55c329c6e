//! Everything that is stored, its recent history, and the one way to change it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Namespace (empty for cluster scope) and name: the order in which lists come.
pub(super) type Key = (String, String);

/// One version of one object.
#[derive(Debug)]
pub(super) struct Stored {
    pub value: Arc<Value>,
    /// The same as JSON, made once.
    pub bytes: Bytes,
}

impl Stored {
    pub(super) fn new(value: Value) -> Self {
        let bytes = Bytes::from(value.to_string());
        Self { value: Arc::new(value), bytes }
    }

    /// A text of the metadata, or the empty text.
    pub(super) fn meta(&self, field: &str) -> &str {
        self.value["metadata"][field].as_str().unwrap_or_default()
    }
}

/// One change of one object.
#[derive(Debug)]
pub(super) struct ObjectChange {
    pub revision: u64,
    pub key: Key,
    pub before: Option<Arc<Stored>>,
    pub after: Option<Arc<Stored>>,
}

/// All objects of one resource type, and how they came to be.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub objects: BTreeMap<Key, Arc<Stored>>,
    pub history: VecDeque<ObjectChange>,
    /// The revision of the newest change in each namespace.
    pub newest: BTreeMap<String, u64>,
    /// The history is complete for every revision from here on.
    pub complete_since: u64,
    history_bytes: usize,
}

/// How much history each resource type keeps; whichever bound is met first drops the oldest change.
#[derive(Clone, Copy, Debug)]
pub(super) struct HistoryLimit {
    pub changes: usize,
    pub bytes: usize,
}

impl Table {
    fn remember(&mut self, change: ObjectChange, limit: HistoryLimit) {
        self.history_bytes += size(&change);
        match self.newest.get_mut(&change.key.0) {
            Some(newest) => *newest = change.revision,
            None => drop(self.newest.insert(change.key.0.clone(), change.revision)),
        }
        self.history.push_back(change);
        self.forget(limit);
    }

    fn forget(&mut self, limit: HistoryLimit) {
        while self.history.len() > limit.changes || self.history_bytes > limit.bytes {
            let Some(oldest) = self.history.pop_front() else { return };
            self.history_bytes -= size(&oldest);
            self.complete_since = oldest.revision;
        }
    }

    /// The changes after `revision`, oldest first; `None` if some of them are forgotten.
    pub(super) fn since(&self, revision: u64) -> Option<impl Iterator<Item = &ObjectChange>> {
        if revision < self.complete_since {
            return None;
        }
        let first = self.history.partition_point(|change| change.revision <= revision);
        Some(self.history.range(first..))
    }

    /// The objects as they were at `revision`; `None` if that is forgotten.
    pub(super) fn at(&self, revision: u64) -> Option<BTreeMap<Key, Arc<Stored>>> {
        if revision < self.complete_since {
            return None;
        }
        let mut objects = self.objects.clone();
        for change in self.history.iter().rev().take_while(|change| change.revision > revision) {
            match &change.before {
                Some(before) => objects.insert(change.key.clone(), Arc::clone(before)),
                None => objects.remove(&change.key),
            };
        }
        Some(objects)
    }

    /// The revision at which the table was `back` changes ago, or the oldest that is known.
    pub(super) fn revision_back(&self, back: u64, now: u64) -> u64 {
        let back = usize::try_from(back).unwrap_or(usize::MAX);
        if back == 0 {
            return now;
        }
        match self.history.len().checked_sub(back) {
            None | Some(0) => self.complete_since,
            Some(first) => self.history[first - 1].revision,
        }
    }

    /// The objects of one namespace, or all for the empty one, in order.
    pub(super) fn scope<'a>(
        objects: &'a BTreeMap<Key, Arc<Stored>>,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Stored>)> {
        let first = (namespace.to_owned(), String::new());
        let range = objects.range(first..);
        range.take_while(move |((found, _), _)| namespace.is_empty() || found == namespace)
    }
}

fn size(change: &ObjectChange) -> usize {
    // Each version is counted where it came in; the one before it is the same allocation.
    change.after.as_ref().map_or(0, |stored| stored.bytes.len()) + 64
}

/// The whole store.
#[derive(Debug)]
pub(super) struct State {
    pub revision: u64,
    pub tables: Vec<Table>,
    /// Where each living uid is.
    pub living: HashMap<String, (usize, Key)>,
    /// Who names a uid as owner.
    pub dependents: HashMap<String, BTreeSet<(usize, Key)>>,
    pub limit: HistoryLimit,
    /// Resource types that changed since their watchers were woken.
    pub touched: BTreeSet<usize>,
    pub seed: u64,
    minted: HashMap<(usize, Key), u64>,
}

impl State {
    pub(super) fn new(resources: usize, limit: HistoryLimit) -> Self {
        Self {
            revision: 0,
            tables: std::iter::repeat_with(Table::default).take(resources).collect(),
            living: HashMap::new(),
            dependents: HashMap::new(),
            limit,
            touched: BTreeSet::new(),
            seed: 0,
            minted: HashMap::new(),
        }
    }

    pub(super) fn limit_history(&mut self, limit: HistoryLimit) {
        self.limit = limit;
        for table in &mut self.tables {
            table.forget(limit);
        }
    }

    pub(super) fn get(&self, resource: usize, key: &Key) -> Option<&Arc<Stored>> {
        self.tables[resource].objects.get(key)
    }

    /// Stores a version of an object under the next revision.
    pub(super) fn store(&mut self, resource: usize, key: &Key, mut value: Value) -> Arc<Stored> {
        self.revision += 1;
        value["metadata"]["resourceVersion"] = Value::String(self.revision.to_string());
        let after = Arc::new(Stored::new(value));
        let before = self.tables[resource].objects.insert(key.clone(), Arc::clone(&after));
        if let Some(before) = &before {
            self.forget_links(resource, key, before);
        }
        self.living.insert(after.meta("uid").to_owned(), (resource, key.clone()));
        for uid in owners(&after.value) {
            self.dependents.entry(uid.to_owned()).or_default().insert((resource, key.clone()));
        }
        self.remember(resource, key, before, Some(Arc::clone(&after)));
        after
    }

    /// Removes an object; `None` if it is not there.
    pub(super) fn remove(&mut self, resource: usize, key: &Key) -> Option<Arc<Stored>> {
        let before = self.tables[resource].objects.remove(key)?;
        self.revision += 1;
        self.forget_links(resource, key, &before);
        self.remember(resource, key, Some(Arc::clone(&before)), None);
        Some(before)
    }

    fn forget_links(&mut self, resource: usize, key: &Key, stored: &Stored) {
        self.living.remove(stored.meta("uid"));
        for uid in owners(&stored.value) {
            if let Some(dependents) = self.dependents.get_mut(uid) {
                dependents.remove(&(resource, key.clone()));
                if dependents.is_empty() {
                    self.dependents.remove(uid);
                }
            }
        }
    }

    fn remember(&mut self, resource: usize, key: &Key, before: Option<Arc<Stored>>, after: Option<Arc<Stored>>) {
        let change = ObjectChange { revision: self.revision, key: key.clone(), before, after };
        self.tables[resource].remember(change, self.limit);
        self.touched.insert(resource);
    }

    /// A uid for the next object of this name: a version 4 UUID in form, a function of seed and identity in fact.
    pub(super) fn mint_uid(&mut self, resource: usize, kind: &str, key: &Key) -> String {
        let count = self.minted.entry((resource, key.clone())).or_insert(0);
        *count += 1;
        let identity = format!("uid\0{}\0{kind}\0{}\0{}\0{count}", self.seed, key.0, key.1);
        let hash = Sha256::digest(identity.as_bytes());
        let hex: String = hash.iter().take(16).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
    }

    /// A free name for a `generateName`.
    pub(super) fn generate_name(&mut self, resource: usize, namespace: &str, prefix: &str) -> String {
        /// The letters and digits that the server draws from.
        const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
        // The server cuts the prefix so that five characters fit into 63.
        let prefix = prefix.get(..58).unwrap_or(prefix);
        loop {
            let count = self.minted.entry((resource, (namespace.to_owned(), format!("{prefix}*")))).or_insert(0);
            *count += 1;
            let identity = format!("name\0{}\0{resource}\0{namespace}\0{prefix}\0{count}", self.seed);
            let hash = Sha256::digest(identity.as_bytes());
            let suffix: String = hash.iter().take(5).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect();
            let name = format!("{prefix}{suffix}");
            if !self.tables[resource].objects.contains_key(&(namespace.to_owned(), name.clone())) {
                return name;
            }
        }
    }
}

/// The uids of an object's owners.
pub(super) fn owners(value: &Value) -> impl Iterator<Item = &str> {
    let references = value["metadata"]["ownerReferences"].as_array();
    references.into_iter().flatten().filter_map(|reference| reference["uid"].as_str())
}
