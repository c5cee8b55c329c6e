//! By what each person has left, as this evaluation knows it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::api::{EntryState, LedgerEntry};
use crate::domain::departure::{self, Closer, Facts, closer, left_by};
use crate::domain::order::Departure;
use crate::domain::release::has_changed;
use crate::domain::snapshot::enabled_since;
use crate::domain::subject::{HIRE_DATE, Person};
use crate::rule::Truth;

use super::snapshot::{Looks, Seen};
use super::tenant::{Reading, Tenant, Usable};

/// Everybody that was read, with what is known of them.
pub(super) struct People<'t> {
    tenant: &'t Tenant,
    by_key: BTreeMap<&'t str, (&'t Person, &'t Seen<'t>)>,
}

impl<'t> People<'t> {
    pub fn new(tenant: &'t Tenant, looks: &'t Looks<'t>) -> Self {
        Self { tenant, by_key: looks.by_key(tenant) }
    }

    pub fn get(&self, key: &str) -> Option<(&'t Person, &'t Seen<'t>)> {
        self.by_key.get(key).copied()
    }

    /// How many people are in a workflow's scope.
    pub fn in_scope(&self, usable: &Usable) -> usize {
        let people = match self.tenant.readings.get(&usable.directory) {
            Some(Reading::People(people)) => people.as_slice(),
            _ => &[],
        };
        people.iter().filter(|person| usable.compiled.in_scope(person, self.tenant.as_of) == Truth::True).count()
    }

    /// Digest of the person's hire date; None: they have none.
    pub fn hire(&self, key: &str) -> Option<String> {
        let (_, seen) = self.get(key)?;
        mark(seen, HIRE_DATE).map(|mark| mark.digest.to_string()).filter(|digest| !digest.is_empty())
    }

    /// By what the person has left before anything is planned.
    pub fn departure(&self, key: &str) -> Departure {
        let Some((person, seen)) = self.get(key) else { return Departure::default() };
        let left = left_by(&seen.employment, self.tenant.as_of).map(|value| self.tenant.keys.leave(&person.key, &value));
        let closers = self.closing_rows(key).filter_map(|row| self.closer(row)).collect();
        Departure { closers, left, is_return: departure::is_return(&seen.employment) }
    }

    /// Since when the person has left, if they have.
    pub fn left_at(&self, key: &str) -> Option<DateTime<Utc>> {
        let (_, seen) = self.get(key)?;
        let by_work = self.closing_rows(key).filter(|row| row.closes == Some(crate::api::Closing::Leaving));
        let by_work = by_work.filter(|row| self.closer(row).is_some()).map(|row| row.at);
        by_work.chain(seen.employment.left_at(self.tenant.as_of)).min()
    }

    fn closing_rows<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a LedgerEntry> {
        self.tenant.ledger.of_subject(key).filter(|row| row.closes.is_some() && row.state == EntryState::Planned)
    }

    /// What a row keeps from being done, if its work closes the account and stands.
    pub fn closer(&self, row: &LedgerEntry) -> Option<Closer> {
        // What closed the account of whoever had the name before is none of this person's business.
        let (person, seen) = self.get(&row.subject).filter(|(person, _)| person.identity.is_theirs(row.at))?;
        let tenant = self.tenant;
        let hire = self.hire(&row.subject);
        let facts = Facts {
            result: tenant.result(row.slice.as_deref(), &row.key),
            has_changed: has_changed(row, Some(person), tenant.lineage(&row.workflow), &tenant.keys) || is_another_change(row, seen),
            employment: &seen.employment,
            hire: hire.as_deref(),
            is_enabled: person.is_enabled(),
            enabled_since: enabled_since(&seen.now, person),
            as_of: tenant.as_of,
        };
        closer(row, &facts)
    }

    /// Whether the leave date with that key is one by which the person has left.
    pub fn has_left_by(&self, subject: &str, leave_key: &str) -> bool {
        let Some((person, seen)) = self.get(subject) else { return false };
        left_by(&seen.employment, self.tenant.as_of).is_some_and(|value| self.tenant.keys.leave(&person.key, &value) == leave_key)
    }
}

fn mark<'a>(seen: &'a Seen<'_>, name: &str) -> Option<&'a crate::api::AttributeMark> {
    seen.now.marks.iter().find(|mark| &*mark.name == name)
}

/// Whether the attribute or the membership has changed again since.
fn is_another_change(row: &LedgerEntry, seen: &Seen<'_>) -> bool {
    row.sequence.is_some_and(|sequence| mark(seen, &row.attribute).is_some_and(|mark| mark.sequence != sequence))
}
