//! Whether the schedule and the directories of a tenant can be used.

use std::collections::BTreeMap;

use super::problem::{Problem, Problems};
use crate::api::reasons::Reason;
use crate::api::{Directory, DirectorySpec, TenantScheduleSpec};
use crate::domain::dates;
use crate::domain::tick::{self, CadenceError};

/// The objects of a tenant that others refer to.
#[derive(Clone, Copy, Debug)]
pub struct Referents<'a> {
    /// The schedule, if there is one.
    pub schedule: Option<&'a TenantScheduleSpec>,
    /// The Directories by name.
    pub directories: &'a BTreeMap<String, Directory>,
}

impl<'a> Referents<'a> {
    /// The name of the Directory that a workflow which says `named` works on.
    #[must_use]
    pub fn directory_name(&self, named: Option<&'a str>) -> Option<&'a str> {
        named.or_else(|| self.schedule.and_then(|schedule| schedule.directory.as_deref()))
    }
}

/// Everything that keeps a `TenantSchedule` from being Ready. `namespace` is the tenant's.
#[must_use]
pub fn schedule_problems(namespace: &str, spec: &TenantScheduleSpec, tenant: &Referents<'_>) -> Vec<Problem> {
    let mut problems = Problems::default();
    match tick::ticks(namespace, spec) {
        Ok(_) => {}
        Err(CadenceError::Interval(message)) => problems.add("spec.interval", Reason::InvalidSchedule, message),
        Err(CadenceError::Cron(error)) => problems.add("spec.cron", Reason::InvalidSchedule, error.to_string()),
        Err(CadenceError::TimeZone(error)) => problems.add("spec.timeZone", Reason::UnknownTimeZone, error.to_string()),
    }
    if let Some(name) = spec.directory.as_deref().filter(|name| !tenant.directories.contains_key(*name)) {
        problems.add("spec.directory", Reason::DirectoryNotFound, format!("there is no Directory {name:?}"));
    }
    if let Some(windows) = &spec.catch_up {
        problems.check_duration("spec.catchUp.joiner", windows.joiner.as_deref());
        problems.check_duration("spec.catchUp.mover", windows.mover.as_deref());
        problems.check_duration("spec.catchUp.leaver", windows.leaver.as_deref());
    }
    if !spec.freeze_windows.is_empty() {
        problems.add("spec.freezeWindows", Reason::NotAvailable, "freeze windows are not available yet: nothing would be frozen");
    }
    problems.0
}

/// Everything that keeps a Directory from being Ready.
#[must_use]
pub fn directory_problems(spec: &DirectorySpec) -> Vec<Problem> {
    let mut problems = Problems::default();
    let providers = [
        ("ldap", spec.ldap.is_some()),
        ("activeDirectory", spec.active_directory.is_some()),
        ("scim", spec.scim.is_some()),
        ("keycloak", spec.keycloak.is_some()),
    ];
    let count = usize::from(spec.embedded.is_some()) + providers.iter().filter(|(_, set)| *set).count();
    if count != 1 {
        problems.add("spec", Reason::ExactlyOne, format!("{count} providers that this release knows, exactly one must be set"));
    }
    for (name, _) in providers.into_iter().filter(|(_, set)| *set) {
        problems.add(format!("spec.{name}"), Reason::NotAvailable, format!("the provider {name} is not available yet"));
    }
    if spec.guards.is_some() {
        problems.add("spec.guards", Reason::NotAvailable, "guards are not available yet: a broken answer would be believed");
    }
    for (index, mapping) in spec.attributes.iter().enumerate() {
        if let Some(Err(error)) = mapping.time_zone.as_deref().map(dates::read_zone) {
            problems.add(
                format!("spec.attributes[{index}].timeZone"),
                Reason::UnknownTimeZone,
                format!("attribute {:?}: {error}", mapping.name),
            );
        }
    }
    problems.0
}
