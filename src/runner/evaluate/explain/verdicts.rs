//! What an evaluation as of now would make of the workflows and the person.

use std::collections::BTreeMap;

use crate::api::EntryState;
use crate::api::reasons::Reason;
use crate::domain::decision::{Books, Decided, Decision};
use crate::runner::evaluate::decide;
use crate::runner::evaluate::departure::People;
use crate::runner::evaluate::draft::Draft;
use crate::runner::evaluate::place;
use crate::runner::evaluate::snapshot::Looks;
use crate::runner::evaluate::tenant::Tenant;
use crate::runner::evaluate::wanted::WantedSubject;

/// What would become of one workflow and the person.
#[derive(Default)]
pub(super) struct Verdicts {
    /// One for each occurrence, in their order.
    pub decided: Vec<Decided>,
    /// The leaver workflow in whose favour a due occurrence would not be planned.
    pub superseded_by: Option<String>,
}

impl Verdicts {
    /// What waited for the account to be opened again in the same evaluation is not due without that.
    fn give_up(&mut self, reason: Reason) {
        for decided in self.decided.iter_mut().filter(|decided| matches!(decided.decision, Decision::DueBeforeReturn { .. })) {
            decided.decision = Decision::NotDue { reason };
        }
    }

    /// What was decided about an attribute's occurrence: alone, or with other changes.
    pub fn about(&self, attribute: &str) -> Option<&Decided> {
        let is_own = |decided: &&Decided| decided.about.as_ref().is_some_and(|about| about.attribute == attribute);
        let is_with = |decided: &&Decided| match &decided.decision {
            Decision::Due { occurrence, .. } => occurrence.also.iter().any(|change| change.attribute == attribute),
            // Changes wait for one another.
            Decision::NotYet { .. } => true,
            _ => decided.about.is_none(),
        };
        let all = || self.decided.iter();
        all().find(is_own).or_else(|| all().find(is_with))
    }
}

/// Asks every workflow as an evaluation does, and places what is due.
pub(super) fn verdicts(tenant: &Tenant, looks: &Looks<'_>) -> BTreeMap<String, Verdicts> {
    let books = Books { keys: &tenant.keys, ledger: &tenant.ledger };
    let mut verdicts: BTreeMap<String, Verdicts> = BTreeMap::new();
    let mut wanted = Vec::new();
    let mut keys: BTreeMap<String, String> = BTreeMap::new();
    let mut due = Vec::new();
    for directory in tenant.readings.keys() {
        for (person, seen) in looks.people(tenant, directory) {
            let view = decide::view(tenant, person, seen);
            for (usable, facts) in decide::facts(tenant, directory) {
                let mut decided = facts.decide(person, view, books, None);
                if usable.is_forbidden_for(person) {
                    put_off(&mut decided);
                }
                due.extend(decided.iter().map(|decided| (usable, person, decided.decision.clone())));
                verdicts.insert(usable.compiled.name.clone(), Verdicts { decided, superseded_by: None });
            }
        }
    }
    decide::settle_returns(&mut due, 0);
    for (usable, person, decision) in due {
        let name = &usable.compiled.name;
        match decision {
            Decision::Due { occurrence, key } => {
                keys.extend(occurrence.also.iter().map(|change| (change.key.clone(), name.clone())));
                keys.insert(key.clone(), name.clone());
                wanted.push(WantedSubject::scheduled(usable, person, occurrence, key));
            }
            Decision::NotDue { reason } => verdicts.entry(name.clone()).or_default().give_up(reason),
            _ => {}
        }
    }
    let mut draft = Draft::default();
    place::place(tenant, &People::new(tenant, looks), &wanted, &mut draft);
    for row in draft.rows.iter().filter(|row| row.state == EntryState::Superseded) {
        let by = row.by.as_deref().unwrap_or_default();
        let leaver = keys.get(by).cloned().or_else(|| tenant.ledger.get(by).map(|row| row.workflow.clone()));
        let leaver = leaver.or_else(|| Some("the leave date".to_owned()));
        if let Some(verdicts) = keys.get(&row.key).and_then(|name| verdicts.get_mut(name)) {
            verdicts.superseded_by = leaver;
        }
    }
    verdicts
}

/// What is due for somebody of whom nobody knows whose the account is waits until somebody says.
fn put_off(decided: &mut [Decided]) {
    for decided in decided.iter_mut().filter(|decided| matches!(decided.decision, Decision::Due { .. })) {
        decided.decision = Decision::NotDue { reason: Reason::NameReused };
    }
}
