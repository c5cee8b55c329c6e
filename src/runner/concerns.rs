//! Whose dates somebody should look at: the decision whose counts evaluations keep, asked from outside and with the names.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kube::ResourceExt;

use crate::api::tenant_ledger::TenantLedgerData;
use crate::api::workflow_version::WorkflowVersionSpec;
use crate::api::{Account, Directory, DirectorySnapshot, OccurrenceLedger, Sighting, TenantScheduleSpec, User, Workflow, WorkflowVersion};
use crate::directory::embedded::{Mapping, seed};
use crate::domain::authority::Readers;
use crate::domain::concern::concerns;
use crate::domain::employment::{DatesSeen, Employment};
use crate::domain::keys::Keyring;
use crate::domain::ledger::LedgerIndex;
use crate::domain::snapshot::{employment, sealed_sighting};
use crate::domain::subject::Person;
use crate::domain::trigger::CompiledWorkflow;
use crate::domain::validate;
use crate::domain::version::versioned;

use super::compile::compile;

pub use crate::domain::concern::Concern;

/// The objects of one tenant.
#[derive(Clone, Debug, Default)]
pub struct House {
    /// Its directories by name; nobody is read of those that are not embedded.
    pub directories: BTreeMap<String, Directory>,
    /// Its schedule.
    pub schedule: Option<TenantScheduleSpec>,
    /// Its workflows.
    pub workflows: Vec<Workflow>,
    /// The records.
    pub users: Vec<User>,
    /// The accounts. A record without one is read as at the first evaluation.
    pub accounts: Vec<Account>,
    /// The head; None: nobody evaluated yet.
    pub head: Option<TenantLedgerData>,
    /// The tenant's key, where it is stored beside the head.
    pub key: Option<String>,
    /// What evaluations saw.
    pub snapshots: Vec<DirectorySnapshot>,
    /// What evaluations wrote down.
    pub ledger: Vec<OccurrenceLedger>,
}

/// Somebody of whom there is something to look at.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Concerned {
    /// Name of the Directory.
    pub directory: String,
    /// Name of the User.
    pub name: String,
    /// What it is.
    pub concern: Concern,
}

/// Whose dates somebody should look at, in the order of directories and names.
#[must_use]
pub fn concerned(house: &House, as_of: DateTime<Utc>) -> Vec<Concerned> {
    let keys = match &house.head {
        Some(head) => Keyring::of(head, house.key.as_deref()),
        // Before the first evaluation there is no key. Any will do: nothing is looked up that was written under another.
        None => Keyring::from_hex(&"00".repeat(32)),
    };
    let (Ok(keys), head) = (keys, house.head.clone().unwrap_or_default()) else { return Vec::new() };
    let ledger = LedgerIndex::build(&head, house.ledger.iter().flat_map(|chunk| &chunk.spec.entries));
    let accounts: BTreeMap<String, &Account> = house.accounts.iter().map(|account| (account.name_any(), account)).collect();
    let mut found = Vec::new();
    for (name, directory) in house.directories.iter().filter(|(_, directory)| directory.spec.embedded.is_some()) {
        let workflows = evaluated(house, name, directory);
        let sightings = sightings(house, name, &head);
        let mapping = Mapping::new(name, &directory.spec, house.schedule.as_ref().and_then(|schedule| schedule.time_zone.as_deref()));
        for user in &house.users {
            let account = accounts.get(&user.name_any()).copied();
            let of = |concern| Concerned { directory: name.clone(), name: user.name_any(), concern };
            let Some(person) = person(&mapping, user, account, &keys) else {
                let is_told = account.is_some_and(|account| mapping.returns_after_deletion(user, account));
                found.extend(is_told.then(|| of(Concern::ReturnsAfterDeletion)));
                continue;
            };
            let employment = match sightings.get(person.key.as_str()) {
                Some(sighting) => employment(&person, sighting, Some(sighting), &keys, &ledger),
                None => Employment::of(&person, &DatesSeen::default()),
            };
            found.extend(concerns(&person, &employment, &workflows, as_of).into_iter().map(of));
        }
    }
    found.sort();
    found
}

/// Sponsors have no part in it.
fn person(mapping: &Mapping, user: &User, account: Option<&Account>, keys: &Keyring) -> Option<Person> {
    let seeded = if account.is_none() { Some(seed(user)) } else { None };
    mapping.person(user, account.or(seeded.as_ref())?, &|_| false, keys)
}

/// The sightings that count, by the keyed ids of a directory's people.
fn sightings<'a>(house: &'a House, directory: &str, head: &TenantLedgerData) -> BTreeMap<&'a str, &'a Sighting> {
    let rows = house.snapshots.iter().filter(|bucket| bucket.spec.directory == directory).flat_map(|bucket| &bucket.spec.rows);
    rows.filter_map(|row| Some((row.subject.as_str(), sealed_sighting(head, row)?))).collect()
}

/// The workflows of a directory that an evaluation would evaluate, each as it is today.
fn evaluated(house: &House, name: &str, directory: &Directory) -> Vec<CompiledWorkflow> {
    let default = house.schedule.as_ref().and_then(|schedule| schedule.directory.as_deref());
    let facts = validate::Referents { schedule: house.schedule.as_ref(), directories: &house.directories };
    let names: Vec<String> = house.workflows.iter().map(ResourceExt::name_any).collect();
    let readers = Readers::of(names.iter().map(String::as_str).zip(house.workflows.iter().map(|workflow| &workflow.spec)));
    let is_here = |workflow: &&Workflow| {
        let spec = &workflow.spec;
        let is_scheduled = spec.is_enabled && spec.is_scheduled();
        let is_named = is_scheduled && spec.directory.as_deref().or(default) == Some(name);
        is_named
            && validate::problems_beside_the_rule(spec, &facts).is_empty()
            && validate::authority_problems(&workflow.name_any(), spec, &facts, &readers).is_empty()
    };
    let compiled = |workflow: &Workflow| {
        let spec = WorkflowVersionSpec {
            workflow: workflow.name_any(),
            number: 1,
            lineage: String::new(),
            hash: String::new(),
            git_commit: None,
            template: versioned(&workflow.spec),
        };
        compile(&WorkflowVersion::new("", spec), &workflow.spec, &directory.spec, house.schedule.as_ref()).ok()
    };
    house.workflows.iter().filter(is_here).filter_map(compiled).collect()
}
