//! From wanted work to Runs, slices and rows: order per person, superseding, slicing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kube::api::ObjectMeta;

use crate::api::meta::{LABEL_EPOCH, LABEL_MANAGED_BY, LABEL_RUN, LABEL_WORKFLOW, MANAGED_BY};
use crate::api::reasons::Reason;
use crate::api::run::{ExecutionType, RunSource, RunSpec, WorkflowSource};
use crate::api::{Category, EntryState, LedgerEntry, ProcessingStatus, Run, RunSlice, RunSliceData, SubjectResult, Task, TaskResult};
use crate::domain::gate::is_already_so;
use crate::domain::order::{self, Candidate, OpenWork, Placement};
use crate::domain::person::Who;
use crate::domain::plan::{parts, result_bytes};
use crate::domain::standing::cancel;
use crate::domain::subject::HIRE_DATE;

use super::departure::People;
use super::draft::Draft;
use super::plan::plan_of;
use super::tenant::{Tenant, Usable};
use super::wanted::WantedSubject;

/// Places all work: rows, Runs, slices and plans go into the draft.
pub(super) fn place(tenant: &Tenant, people: &People<'_>, wanted: &[WantedSubject], draft: &mut Draft) {
    let Placements { of, superseded, restated } = order_people(tenant, people, wanted);
    let planner = Planner { tenant, people, wanted, placements: &of, scopes: scopes(tenant, people, wanted) };
    let mut groups: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (id, want) in wanted.iter().enumerate() {
        if let (Some(Placement::Superseded { by }), None) = (&of[id], &want.run) {
            draft.rows.extend(planner.superseded_rows(want, by));
            continue;
        }
        let run = want.run.as_ref().map_or_else(|| scheduled_name(tenant, &want.workflow), |(run, _)| run.clone());
        groups.entry((run, want.workflow.clone())).or_default().push(id);
    }
    let mut seats: BTreeMap<usize, Seat> = BTreeMap::new();
    for ((run, workflow), ids) in &groups {
        planner.build_run(run, &tenant.usable[workflow], ids, &mut seats, draft);
    }
    link(&of, &seats, draft);
    supersede_open(tenant, people, &superseded, draft);
    draft.rows.extend(restated);
}

/// How many people are in the scope of each workflow of which something is wanted: counted once, however many Runs of it
/// there are.
fn scopes<'w>(tenant: &Tenant, people: &People<'_>, wanted: &'w [WantedSubject]) -> BTreeMap<&'w str, i32> {
    let names: BTreeSet<&str> = wanted.iter().map(|want| want.workflow.as_str()).collect();
    let scope = |name: &str| i32::try_from(people.in_scope(&tenant.usable[name])).unwrap_or(i32::MAX);
    names.into_iter().map(|name| (name, scope(name))).collect()
}

/// Where somebody's result stands.
struct Seat {
    /// Name of the slice.
    slice: String,
    /// The slice's place in the draft, and the result's place in the slice.
    place: (usize, usize),
}

fn scheduled_name(tenant: &Tenant, workflow: &str) -> String {
    format!("{workflow}-v{}-e{}", tenant.usable[workflow].compiled.version, tenant.epoch)
}

/// Name of a slice. Those of Runs that people made have the epoch as well, and another letter before it: whatever such a Run is
/// called, no slice of it has the name of one of an evaluation's Run, which ends with `-e`, the epoch and the index.
fn slice_name(run: &str, on_demand: Option<i64>, index: usize) -> String {
    on_demand.map_or_else(|| format!("{run}-{index}"), |epoch| format!("{run}-d{epoch}-{index}"))
}

/// What became of everybody's work.
struct Placements {
    /// One for each that is wanted; None for subjects that are refused.
    of: Vec<Option<Placement>>,
    /// Open work that gives way: its key, its slice, and the key of what takes its place.
    superseded: Vec<(String, String, String)>,
    /// Rows of open work that say anew whom it is about: runners look for those who wait for it there.
    restated: Vec<LedgerEntry>,
}

/// Orders each person's work, also of those of whom nothing new is wanted: they may have left since it was planned. What is
/// open for the person in any directory counts.
fn order_people(tenant: &Tenant, people: &People<'_>, wanted: &[WantedSubject]) -> Placements {
    let register = people.register();
    let open = tenant.open_work(register, |key| people.left_at(key));
    let mut by_person: BTreeMap<&str, Vec<usize>> = open.ids().map(|id| (register.today(id).unwrap_or(id), Vec::new())).collect();
    for (id, want) in wanted.iter().enumerate().filter(|(_, want)| want.refused.is_none()) {
        by_person.entry(&want.person).or_default().push(id);
    }
    let mut placements = Placements { of: vec![None; wanted.len()], superseded: Vec::new(), restated: Vec::new() };
    let (mut given_way, mut restated) = (BTreeSet::new(), BTreeSet::new());
    for (person, ids) in by_person {
        let candidates: Vec<Candidate> = ids.iter().map(|id| candidate(tenant, people, *id, &wanted[*id])).collect();
        let theirs: Vec<&(Who<'_>, OpenWork)> = open.of(register.subjects(person).chain([person])).collect();
        let work: Vec<OpenWork> = theirs.iter().map(|(_, work)| work.clone()).collect();
        let placed = order::place(&candidates, &work, &people.departure(person));
        for (id, placement) in placed.candidates {
            placements.of[id] = Some(placement);
        }
        placements.superseded.extend(placed.superseded.into_iter().filter(|(key, ..)| given_way.insert(key.clone())));
        let is_unknown = |written: &Who<'_>| ids.iter().any(|id| !wanted[*id].who().is(written));
        let unknown = theirs.iter().filter(|(written, _)| is_unknown(written)).map(|(_, work)| work);
        let unknown = unknown.filter(|work| restated.insert(work.key.clone()));
        placements.restated.extend(unknown.filter_map(|work| restate(tenant, people, &work.key)));
    }
    placements.restated.retain(|row| !given_way.contains(&row.key));
    placements
}

/// The row of open work with the person that its subject is today. Nothing else in it is new.
fn restate(tenant: &Tenant, people: &People<'_>, key: &str) -> Option<LedgerEntry> {
    let row = tenant.ledger.get(key)?;
    Some(LedgerEntry { epoch: tenant.epoch, person: person_of(people, row), ..row.clone() })
}

/// The person of a row, as the row is to have it now.
fn person_of(people: &People<'_>, row: &LedgerEntry) -> Option<String> {
    let written = Who::of_row(row);
    Who { person: people.register().person(written), ..written }.stored_person()
}

fn candidate(tenant: &Tenant, people: &People<'_>, id: usize, want: &WantedSubject) -> Candidate {
    let usable = &tenant.usable[&want.workflow];
    Candidate {
        id,
        category: usable.compiled.category,
        due: want.due,
        workflow: want.workflow.clone(),
        key: want.key.clone(),
        is_of_hire: want.run.is_none() && usable.compiled.category == Category::Joiner && want.attribute == HIRE_DATE,
        closer: want.closer(usable, people.get(&want.subject_key), tenant.as_of),
        exempt: want.exempt,
    }
}

fn enabled(usable: &Usable) -> Vec<Task> {
    usable.version.spec.template.tasks.iter().filter(|task| task.is_enabled).cloned().collect()
}

fn result(tasks: &[Task], want: &WantedSubject, placement: Option<&Placement>, as_of: DateTime<Utc>) -> SubjectResult {
    let refused = want.refused.or_else(|| matches!(placement, Some(Placement::Superseded { .. })).then_some(Reason::Superseded));
    let mut result = SubjectResult {
        subject: want.subject.clone(),
        subject_key: want.subject_key.clone(),
        person: want.who().stored_person(),
        occurrence: want.key.clone(),
        also: want.also.iter().map(|change| change.key.clone()).collect(),
        off_boards: matches!(placement, Some(Placement::Planned { off_boards: true, .. })),
        due: want.due,
        tasks: tasks.iter().map(|task| TaskResult::queued(&task.name)).collect(),
        ..SubjectResult::default()
    };
    if let Some(reason) = refused {
        cancel(&mut result, reason, as_of);
        if reason == Reason::SubjectNotFound {
            result.processing_status = ProcessingStatus::Failed;
        }
    }
    result
}

/// How many names of slices [`link`] writes into a result at most.
fn names_to_come(placement: Option<&Placement>) -> usize {
    match placement {
        Some(Placement::Planned { after, slices, supersedes, .. }) => after.len() + slices.len() + supersedes.len(),
        _ => 0,
    }
}

/// What a plan is built from.
struct Planner<'a> {
    tenant: &'a Tenant,
    people: &'a People<'a>,
    wanted: &'a [WantedSubject],
    placements: &'a [Option<Placement>],
    /// How many people are in the scope of a workflow, by its name.
    scopes: BTreeMap<&'a str, i32>,
}

impl Planner<'_> {
    fn build_run(&self, run: &str, usable: &Usable, ids: &[usize], seats: &mut BTreeMap<usize, Seat>, draft: &mut Draft) {
        let (tenant, wanted, compiled) = (self.tenant, self.wanted, &usable.compiled);
        let tasks = enabled(usable);
        let on_demand = wanted[ids[0]].run.clone();
        let mut ids = ids.to_vec();
        ids.sort_by(|left, right| (wanted[*left].due, &wanted[*left].subject).cmp(&(wanted[*right].due, &wanted[*right].subject)));
        let results: Vec<SubjectResult> = ids.iter().map(|id| self.result(&tasks, &wanted[*id], self.placements[*id].as_ref())).collect();
        let scope = self.scopes.get(compiled.name.as_str()).copied().unwrap_or_default();
        let most = |(result, id): (&SubjectResult, &usize)| result_bytes(result, names_to_come(self.placements[*id].as_ref()), &tasks);
        let parts = parts(&results.iter().zip(&ids).map(most).collect::<Vec<_>>());
        let (mut slices, mut rest, mut results) = (Vec::new(), ids.as_slice(), results.into_iter());
        for (index, count) in parts.into_iter().enumerate() {
            let (part, others) = rest.split_at(count);
            rest = others;
            let name = slice_name(run, on_demand.is_some().then_some(tenant.epoch), index);
            for (row, id) in part.iter().enumerate() {
                seats.insert(*id, Seat { slice: name.clone(), place: (draft.slices.len() + index, row) });
                draft.rows.extend(self.planned_rows(usable, &wanted[*id], run, &name));
            }
            let data = RunSliceData {
                run: run.to_owned(),
                run_uid: on_demand.as_ref().map(|(_, uid)| uid.clone()).unwrap_or_default(),
                execution_type: if on_demand.is_some() { ExecutionType::OnDemand } else { ExecutionType::Scheduled },
                workflow: compiled.name.clone(),
                category: compiled.category,
                lineage: compiled.lineage.clone(),
                version: compiled.version,
                epoch: tenant.epoch,
                index: i32::try_from(index).unwrap_or(i32::MAX),
                scope,
                claim: None,
                tasks: tasks.iter().map(|task| task.name.clone()).collect(),
                results: results.by_ref().take(count).collect(),
            };
            slices.push(RunSlice { metadata: metadata(tenant, &name, run, &compiled.name), spec: data });
        }
        draft.plans.insert(run.to_owned(), plan_of(&slices.iter().collect::<Vec<_>>(), None));
        draft.slices.extend(slices);
        if on_demand.is_none() {
            draft.runs.push(Run {
                metadata: metadata(tenant, run, run, &compiled.name),
                spec: run_of(&compiled.name, compiled.version),
                status: None,
            });
        }
    }

    /// The result as it is planned; who is as every task wants them does not count against limits.
    fn result(&self, tasks: &[Task], want: &WantedSubject, placement: Option<&Placement>) -> SubjectResult {
        let already_so = self.people.get(&want.subject_key).is_some_and(|(person, _)| is_already_so(tasks, person));
        SubjectResult { already_so, ..result(tasks, want, placement, self.tenant.as_of) }
    }

    /// A row for the occurrence, and one for each further change that is done with it.
    fn rows(&self, want: &WantedSubject, state: EntryState) -> Vec<LedgerEntry> {
        let tenant = self.tenant;
        let usable = &tenant.usable[&want.workflow];
        let row = |key: &str, attribute: &str, sequence| {
            let category = usable.compiled.category;
            let mut row = tenant.row(key, want.who(), attribute, &want.workflow, category, state, want.due);
            row.sequence = sequence;
            row.hire = self.people.hire(&want.subject_key);
            row
        };
        let own = row(&want.key, &want.attribute, want.sequence);
        let also = want.also.iter().map(|change| row(&change.key, &change.attribute, Some(change.sequence)));
        std::iter::once(own).chain(also).collect()
    }

    fn planned_rows(&self, usable: &Usable, want: &WantedSubject, run: &str, slice: &str) -> Vec<LedgerEntry> {
        let mut rows = self.rows(want, EntryState::Planned);
        let closer = want.closer(usable, self.people.get(&want.subject_key), self.tenant.as_of);
        for row in &mut rows {
            row.run = Some(run.to_owned());
            row.run_uid = want.run.as_ref().map(|(_, uid)| uid.clone());
            row.slice = Some(slice.to_owned());
            row.reason = want.refused.map(|reason| reason.to_string());
            row.closes = closer.as_ref().map(|closer| closer.closing);
        }
        rows
    }

    fn superseded_rows(&self, want: &WantedSubject, by: &str) -> Vec<LedgerEntry> {
        let mut rows = self.rows(want, EntryState::Superseded);
        for row in &mut rows {
            row.by = Some(by.to_owned());
            row.reason = Some(Reason::Superseded.to_string());
        }
        rows
    }
}

fn run_of(workflow: &str, version: i32) -> RunSpec {
    RunSpec {
        source: RunSource { workflow: Some(WorkflowSource { name: workflow.to_owned(), version: Some(version) }) },
        execution_type: ExecutionType::Scheduled,
        subjects: None,
        undo: None,
        priority: crate::api::run::Priority::Normal,
        requested_by: None,
        acknowledges: None,
        cancel: false,
    }
}

/// A Run that is gone, as its first slice tells of it.
pub(super) fn made_again(tenant: &Tenant, name: &str, slice: &RunSlice) -> Run {
    let data = &slice.spec;
    let mut metadata = metadata(tenant, name, name, &data.workflow);
    metadata.labels.get_or_insert_default().insert(LABEL_EPOCH.to_owned(), data.epoch.to_string());
    Run { metadata, spec: run_of(&data.workflow, data.version), status: None }
}

fn metadata(tenant: &Tenant, name: &str, run: &str, workflow: &str) -> ObjectMeta {
    let labels = [
        (LABEL_RUN, run.to_owned()),
        (LABEL_WORKFLOW, workflow.to_owned()),
        (LABEL_EPOCH, tenant.epoch.to_string()),
        (LABEL_MANAGED_BY, MANAGED_BY.to_owned()),
    ];
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(tenant.namespace.clone()),
        labels: Some(labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ..ObjectMeta::default()
    }
}

/// Writes into every result for which older slices it waits, and whose place it takes.
fn link(placements: &[Option<Placement>], seats: &BTreeMap<usize, Seat>, draft: &mut Draft) {
    for (id, seat) in seats {
        let Some(Placement::Planned { after, slices, supersedes, .. }) = &placements[*id] else { continue };
        let others = after.iter().filter_map(|other| seats.get(other)).map(|other| &other.slice);
        let mut waits: Vec<String> = others.chain(slices).cloned().collect();
        waits.sort();
        waits.dedup();
        waits.retain(|slice| *slice != seat.slice);
        let mut takes = supersedes.clone();
        takes.sort();
        takes.dedup();
        let (slice, row) = seat.place;
        let Some(result) = draft.slices.get_mut(slice).and_then(|slice| slice.spec.results.get_mut(row)) else { continue };
        result.waits_for = waits;
        result.supersedes = takes;
    }
}

/// Rows for older work that gives way.
fn supersede_open(tenant: &Tenant, people: &People<'_>, superseded: &[(String, String, String)], draft: &mut Draft) {
    for (key, slice, by) in superseded {
        let also = tenant.result(Some(slice), key).map(|result| result.also.clone()).unwrap_or_default();
        for old in std::iter::once(key).chain(&also).filter_map(|key| tenant.ledger.get(key)) {
            let mut row = old.clone();
            row.epoch = tenant.epoch;
            row.person = person_of(people, old);
            row.at = tenant.as_of;
            row.state = EntryState::Superseded;
            row.by = Some(by.clone());
            row.reason = Some(Reason::Superseded.to_string());
            row.slice = Some(slice.clone());
            draft.rows.push(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_runs_have_a_slice_of_one_name() {
        // What an evaluation of epoch 7 makes, and what people may have called their Runs.
        let scheduled = ["off-v1-e7", "off-v11-e7"].map(|run| slice_name(run, None, 0));
        for run in ["off", "off-v1", "off-v1-e7", "off-v1-e7-0", "off-v1-d7", "off-v1-d7-0"] {
            let name = slice_name(run, Some(7), 0);
            assert!(!scheduled.contains(&name), "{run}: {name}");
        }
        let of_people = ["off", "off-d7", "off-d7-0", "off-d7-0-d7"].map(|run| slice_name(run, Some(7), 0));
        assert_eq!(of_people.iter().collect::<BTreeSet<_>>().len(), of_people.len(), "{of_people:?}");
        assert!(slice_name(&"r".repeat(52), Some(99_999), 999).len() <= 63, "a result names the slices that it waits for");
    }
}
