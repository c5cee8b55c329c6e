//! By what each person has left, as this evaluation knows it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::api::{Closing, EntryState, LedgerEntry};
use crate::domain::departure::{ClosedPerson, Closer, Dated, Left, closer, left_by};
use crate::domain::employment::{DatesSeen, Employment};
use crate::domain::order::Departure;
use crate::domain::person::{Register, Who};
use crate::domain::release::has_changed;
use crate::domain::snapshot::enabled_since;
use crate::domain::subject::{DateReading, HIRE_DATE, Person};
use crate::rule::Truth;

use super::snapshot::{Looks, Seen};
use super::tenant::{Reading, Tenant, Usable};

/// Everybody that was read, with what is known of them.
pub(super) struct People<'t> {
    tenant: &'t Tenant,
    by_key: BTreeMap<&'t str, (&'t Person, &'t Seen<'t>)>,
    register: Register<'t>,
}

impl<'t> People<'t> {
    pub fn new(tenant: &'t Tenant, looks: &'t Looks<'t>) -> Self {
        let by_key = looks.by_key(tenant);
        let register = Register::of(by_key.values().map(|(person, _)| person.who()));
        Self { tenant, by_key, register }
    }

    pub fn get(&self, key: &str) -> Option<(&'t Person, &'t Seen<'t>)> {
        self.by_key.get(key).copied()
    }

    /// Who is who today.
    pub fn register(&self) -> &Register<'t> {
        &self.register
    }

    /// How many people are in a workflow's scope.
    pub fn in_scope(&self, usable: &Usable) -> usize {
        let people = match self.tenant.readings.get(&usable.directory) {
            Some(Reading::People(people)) => people.as_slice(),
            _ => &[],
        };
        people.iter().filter(|person| usable.compiled.in_scope(person, self.tenant.as_of) == Truth::True).count()
    }

    /// Digest of the subject's hire date; None: they have none.
    pub fn hire(&self, key: &str) -> Option<String> {
        let (_, seen) = self.get(key)?;
        hire_mark(seen).map(str::to_owned)
    }

    /// By what the person has left before anything is planned, as every directory has them.
    pub fn departure(&self, person: &str) -> Departure {
        let closers = self.closing_rows(person).into_iter().filter_map(|row| self.closer(row, person)).collect();
        // One that lets nobody in is enough.
        let left = self.left(person).into_iter().min_by_key(|(_, left)| left.spares_the_hire);
        Departure {
            closers,
            is_return: left.as_ref().is_some_and(|(_, left)| left.spares_the_hire),
            left: left.map(|(subject, left)| self.tenant.keys.leave(subject, &left.value)),
        }
    }

    /// Since when the person behind a subject has left, if they have.
    pub fn left_at(&self, key: &str) -> Option<DateTime<Utc>> {
        let person = self.register.today(key)?;
        let by_work = self.closing_rows(person).into_iter().filter(|row| row.closes == Some(Closing::Leaving));
        let by_work = by_work.filter(|row| self.closer(row, person).is_some()).map(|row| row.at);
        by_work.chain(self.left(person).into_iter().map(|(_, left)| left.at)).min()
    }

    /// The leave dates by which the person has left, with the subjects that have them.
    fn left<'a>(&'a self, person: &'a str) -> Vec<(&'a str, Left)> {
        let employment = |subject: &str| self.get(subject).map(|(_, seen)| &seen.employment);
        let of = |subject: &'a str| {
            let elsewhere = self.register.subjects(person).filter(|other| *other != subject).filter_map(employment);
            Some((subject, left_by(employment(subject)?, elsewhere, self.tenant.as_of)?))
        };
        self.register.subjects(person).filter_map(of).collect()
    }

    /// Planned rows that close an account of the person, in whatever directory.
    fn closing_rows<'a>(&'a self, person: &'a str) -> Vec<&'a LedgerEntry> {
        let ledger = &self.tenant.ledger;
        let own = self.register.subjects(person).flat_map(|subject| ledger.of_subject(subject));
        // What was written about a person who is the subject is among the subject's rows.
        let further = ledger.of_person(person).filter(|row| self.register.today(&row.subject) != Some(person));
        let is_about = |row: &&LedgerEntry| self.register.is_about(Who::of_row(row), person);
        let all = own.chain(further).filter(|row| row.closes.is_some() && row.state == EntryState::Planned);
        all.filter(is_about).collect()
    }

    /// What a row about the person keeps from being done, if its work closes the account and stands.
    fn closer(&self, row: &LedgerEntry, person: &str) -> Option<Closer> {
        let own = self.get(&row.subject);
        // What closed the account of whoever had the name before is none of this person's business.
        if own.is_some_and(|(own, _)| !own.identity.is_theirs(row.at)) {
            return None;
        }
        let others = self.register.subjects(person).filter(|subject| *subject != row.subject);
        let others = others.filter_map(|subject| Some(self.get(subject)?.1));
        let elsewhere: Vec<Dated<'_>> = others.map(|seen| Dated { employment: &seen.employment, hire: hire_mark(seen) }).collect();
        if own.is_none() && elsewhere.is_empty() {
            return None;
        }
        let account = own.or_else(|| self.renamed(row, person));
        let undated = Employment::read(DateReading::Absent, DateReading::Absent, &DatesSeen::default());
        let tenant = self.tenant;
        let is_another = |person: &Person| has_changed(row, Some(person), tenant.lineage(&row.workflow), &tenant.keys);
        let has_changed = match (own, account) {
            (Some((own, seen)), _) => is_another(own) || is_another_change(row, seen),
            // The value is compared as that of the old name.
            (None, Some((renamed, _))) => is_another(&Person { key: row.subject.clone(), ..renamed.clone() }),
            (None, None) => false,
        };
        // Where the row's subject is not read, its dates are not known: what is known of the person's others decides.
        let facts = ClosedPerson {
            result: tenant.result(row.slice.as_deref(), &row.key),
            has_changed,
            employment: own.map_or(&undated, |(_, seen)| &seen.employment),
            hire: own.map_or(row.hire.as_deref(), |(_, seen)| hire_mark(seen)),
            elsewhere: &elsewhere,
            is_enabled: account.and_then(|(person, _)| person.is_enabled()),
            enabled_since: account.and_then(|(person, seen)| enabled_since(&seen.now, person)),
            as_of: tenant.as_of,
        };
        closer(row, &facts)
    }

    /// The person under another name in the directory of a row's workflow: their account is that one now.
    fn renamed(&self, row: &LedgerEntry, person: &str) -> Option<(&'t Person, &'t Seen<'t>)> {
        let directory = self.tenant.directory_of(&self.tenant.workflows.get(&row.workflow)?.spec)?;
        let mut subjects = self.register.subjects(person).filter_map(|subject| self.get(subject));
        subjects.find(|(person, _)| self.tenant.keys.subject(directory, &person.name) == person.key)
    }

    /// Whether what a row gave way to stands: a row of the same person. `by`: its key.
    pub fn stands(&self, row: &LedgerEntry, by: &LedgerEntry) -> bool {
        let is_theirs = |person: &&str| self.register.is_about(Who::of_row(by), person);
        self.behind(row).into_iter().filter(is_theirs).any(|person| self.closer(by, person).is_some())
    }

    /// Whether the leave date with that key is one by which a row's person has left.
    pub fn has_left_by(&self, row: &LedgerEntry, leave_key: &str) -> bool {
        let keys = &self.tenant.keys;
        self.behind(row)
            .into_iter()
            .flat_map(|person| self.left(person))
            .any(|(subject, left)| keys.leave(subject, &left.value) == leave_key)
    }

    /// Whether a directory that cannot be read today may have the leave date of a row's person.
    pub fn is_hidden(&self, row: &LedgerEntry) -> bool {
        let was_read = |name: &str| self.tenant.head.directories.iter().any(|head| head.name == name);
        let is_hidden = |(name, reading): (&String, &Reading)| matches!(reading, Reading::Unknown(_)) && was_read(name);
        row.person.is_some() && self.tenant.readings.iter().any(is_hidden)
    }

    /// Whom a row is about: the person that its subject is today, and the one that it was written about.
    fn behind<'a>(&'a self, row: &'a LedgerEntry) -> Vec<&'a str> {
        let (written, today) = (self.register.person(Who::of_row(row)), self.register.today(&row.subject));
        std::iter::once(written).chain(today.filter(|today| *today != written)).collect()
    }
}

fn hire_mark<'a>(seen: &'a Seen<'_>) -> Option<&'a str> {
    mark(seen, HIRE_DATE).map(|mark| &*mark.digest).filter(|digest| !digest.is_empty())
}

fn mark<'a>(seen: &'a Seen<'_>, name: &str) -> Option<&'a crate::api::AttributeMark> {
    seen.now.marks.iter().find(|mark| &*mark.name == name)
}

/// Whether the attribute or the membership has changed again since.
fn is_another_change(row: &LedgerEntry, seen: &Seen<'_>) -> bool {
    row.sequence.is_some_and(|sequence| mark(seen, &row.attribute).is_some_and(|mark| mark.sequence != sequence))
}
