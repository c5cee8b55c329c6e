//! What an evaluation wants to plan, before it has a place.

use chrono::{DateTime, Utc};
use kube::ResourceExt;

use crate::api::reasons::Reason;
use crate::api::{Closing, Run};
use crate::domain::departure::{Closer, is_return};
use crate::domain::person::Who;
use crate::domain::subject::{LEAVE_DATE, Person};
use crate::domain::trigger::{AttributeChange, Occurrence};

use super::snapshot::Seen;
use super::tenant::Usable;

/// One subject that is to be planned.
#[derive(Clone, Debug)]
pub(super) struct WantedSubject {
    pub workflow: String,
    pub subject: String,
    pub subject_key: String,
    /// Keyed id of the person, whom other directories may have as well.
    pub person: String,
    pub key: String,
    pub attribute: String,
    pub sequence: Option<i64>,
    /// Further changes that are done with it.
    pub also: Vec<AttributeChange>,
    pub due: DateTime<Utc>,
    /// On demand: name and UID of the Run.
    pub run: Option<(String, String)>,
    pub exempt: bool,
    /// On demand: why the subject is not processed.
    pub refused: Option<Reason>,
}

impl WantedSubject {
    /// An occurrence that an evaluation found.
    pub fn scheduled(usable: &Usable, person: &Person, occurrence: Occurrence, key: String) -> Self {
        Self {
            workflow: usable.compiled.name.clone(),
            subject: person.name.clone(),
            subject_key: person.key.clone(),
            person: person.person.as_str().to_owned(),
            key,
            sequence: occurrence.sequence(),
            attribute: occurrence.attribute,
            also: occurrence.also,
            due: occurrence.due,
            run: None,
            exempt: false,
            refused: None,
        }
    }

    /// A subject of a Run that a person made.
    pub fn on_demand(usable: &Usable, run: &Run, subject: &str, who: Who<'_>, key: String, fitness: Fitness, as_of: DateTime<Utc>) -> Self {
        let refused = match fitness {
            Fitness::Nobody => Some(Reason::SubjectNotFound),
            Fitness::OfAnother => Some(Reason::NameReused),
            Fitness::MayReturn => Some(Reason::HireDateUnknown),
            Fitness::Refused => Some(Reason::OffBoarded),
            Fitness::Works | Fitness::Exempt => None,
        };
        Self {
            workflow: usable.compiled.name.clone(),
            subject: subject.to_owned(),
            subject_key: who.subject.to_owned(),
            person: who.person.to_owned(),
            key,
            attribute: String::new(),
            sequence: None,
            also: Vec::new(),
            due: as_of,
            run: Some((run.name_any(), run.uid().unwrap_or_default())),
            exempt: fitness == Fitness::Exempt,
            refused,
        }
    }

    /// Whom it is about.
    pub fn who(&self) -> Who<'_> {
        Who { subject: &self.subject_key, person: &self.person }
    }

    /// What it keeps from being done, if it closes the account.
    pub fn closer(&self, usable: &Usable, person: Option<(&Person, &Seen<'_>)>, as_of: DateTime<Utc>) -> Option<Closer> {
        let compiled = &usable.compiled;
        // Whom a person has closed has left, whatever the workflow's trigger waits for.
        let closing = compiled.closing().map(|closing| if self.run.is_some() { Closing::Leaving } else { closing })?;
        let is_leave = self.attribute == LEAVE_DATE;
        let (returns, is_back) =
            person.map_or((false, false), |(_, seen)| (is_return(&seen.employment), seen.employment.has_returned(as_of)));
        if is_leave && is_back {
            return None;
        }
        Some(Closer { key: self.key.clone(), due: self.due, closing, spares_the_hire: is_leave && returns })
    }
}

/// What an on-demand Run may do to somebody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fitness {
    /// There is no such person.
    Nobody,
    /// The account may be another person's, and nobody has said whose it is.
    OfAnother,
    /// The workflow deletes, and their hire date cannot be read.
    MayReturn,
    /// They have not left.
    Works,
    /// They have left, and the Run was made for them afterwards.
    Exempt,
    /// They have left.
    Refused,
}
