//! From wanted work to Runs, slices and rows: order per person, superseding, slicing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kube::ResourceExt;
use kube::api::ObjectMeta;

use crate::api::meta::{LABEL_EPOCH, LABEL_MANAGED_BY, LABEL_RUN, LABEL_WORKFLOW, MANAGED_BY};
use crate::api::reasons::{OFF_BOARDED, SUBJECT_NOT_FOUND, SUPERSEDED};
use crate::api::run::{ExecutionType, RunPlan, RunSource, RunSpec, WorkflowSource};
use crate::api::{EntryState, ProcessingStatus, Run, RunSlice, RunSliceData, SubjectResult, Task, TaskResult};
use crate::domain::order::{self, Candidate, EarlierLeaver, Placement};
use crate::domain::plan::{hash, parts, result_bytes};
use crate::domain::subject::{DateReading, Person};
use crate::domain::trigger::Occurrence;

use super::draft::Draft;
use super::tenant::{Tenant, Usable};

/// One subject that is to be planned.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    workflow: String,
    subject: String,
    subject_key: String,
    key: String,
    attribute: String,
    sequence: Option<i64>,
    due: DateTime<Utc>,
    hired: DateReading,
    /// On demand: name and UID of the Run.
    run: Option<(String, String)>,
    exempt: bool,
    /// On demand: why the subject is not processed.
    refused: Option<&'static str>,
}

impl Wanted {
    /// An occurrence that an evaluation found.
    pub fn scheduled(usable: &Usable, person: &Person, occurrence: Occurrence, key: String) -> Self {
        Self {
            workflow: usable.compiled.name.clone(),
            subject: person.name.clone(),
            subject_key: person.key.clone(),
            key,
            sequence: occurrence.sequence(),
            attribute: occurrence.attribute,
            due: occurrence.due,
            hired: person.date("employeeHireDate"),
            run: None,
            exempt: false,
            refused: None,
        }
    }

    /// A subject of a Run that a person made.
    #[expect(clippy::too_many_arguments, reason = "the facts of one subject, gathered in one place")]
    pub fn on_demand(
        usable: &Usable,
        run: &Run,
        subject: &str,
        subject_key: String,
        key: String,
        person: Option<Person>,
        exempt: bool,
        off_boarded: bool,
        as_of: DateTime<Utc>,
    ) -> Self {
        let refused = if person.is_none() { Some(SUBJECT_NOT_FOUND) } else { off_boarded.then_some(OFF_BOARDED) };
        Self {
            workflow: usable.compiled.name.clone(),
            subject: subject.to_owned(),
            subject_key,
            key,
            attribute: String::new(),
            sequence: None,
            due: as_of,
            hired: person.map_or(DateReading::Absent, |person| person.date("employeeHireDate")),
            run: Some((run.name_any(), run.uid().unwrap_or_default())),
            exempt,
            refused,
        }
    }
}

/// Places all work: rows, Runs, slices and plans go into the draft.
pub(super) fn place(tenant: &Tenant, wanted: &[Wanted], draft: &mut Draft) {
    let placements = order_people(tenant, wanted);
    let mut groups: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (id, want) in wanted.iter().enumerate() {
        if let (Some(Placement::Superseded { by }), None) = (&placements[id], &want.run) {
            draft.rows.push(superseded_row(tenant, want, by));
            continue;
        }
        let run = want.run.as_ref().map_or_else(|| scheduled_name(tenant, &want.workflow), |(run, _)| run.clone());
        groups.entry((run, want.workflow.clone())).or_default().push(id);
    }
    let mut slice_of: BTreeMap<usize, String> = BTreeMap::new();
    for ((run, workflow), ids) in &groups {
        build_run(tenant, run, &tenant.usable[workflow], wanted, ids, &placements, &mut slice_of, draft);
    }
    link(wanted, &placements, &slice_of, draft);
    supersede_open(tenant, wanted, &placements, draft);
}

fn scheduled_name(tenant: &Tenant, workflow: &str) -> String {
    format!("{workflow}-v{}-e{}", tenant.usable[workflow].compiled.version, tenant.epoch)
}

/// Orders each person's work; None for subjects that are refused.
fn order_people(tenant: &Tenant, wanted: &[Wanted]) -> Vec<Option<Placement>> {
    let open = tenant.open_work();
    let mut by_person: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (id, want) in wanted.iter().enumerate().filter(|(_, want)| want.refused.is_none()) {
        by_person.entry(&want.subject_key).or_default().push(id);
    }
    let mut placements = vec![None; wanted.len()];
    for (person, ids) in by_person {
        let candidates: Vec<Candidate> = ids
            .iter()
            .map(|id| {
                let want = &wanted[*id];
                Candidate {
                    id: *id,
                    category: tenant.usable[&want.workflow].compiled.category,
                    due: want.due,
                    workflow: want.workflow.clone(),
                    key: want.key.clone(),
                    exempt: want.exempt,
                }
            })
            .collect();
        let earlier = tenant.ledger.latest_leaver(person).map(|row| EarlierLeaver { key: row.key.clone(), due: row.due });
        let hired = wanted[ids[0]].hired;
        let none = Vec::new();
        for (id, placement) in order::place(&candidates, open.get(person).unwrap_or(&none), earlier.as_ref(), hired) {
            placements[id] = Some(placement);
        }
    }
    placements
}

fn superseded_row(tenant: &Tenant, want: &Wanted, by: &str) -> crate::api::LedgerEntry {
    let category = tenant.usable[&want.workflow].compiled.category;
    let mut row = tenant.row(&want.key, &want.subject_key, &want.attribute, &want.workflow, category, EntryState::Superseded, want.due);
    row.by = Some(by.to_owned());
    row.sequence = want.sequence;
    row.reason = Some(SUPERSEDED.to_owned());
    row
}

fn enabled(usable: &Usable) -> Vec<Task> {
    usable.version.spec.template.tasks.iter().filter(|task| task.is_enabled).cloned().collect()
}

fn result(tasks: &[Task], want: &Wanted, placement: Option<&Placement>, as_of: DateTime<Utc>) -> SubjectResult {
    let refused = want.refused.or_else(|| matches!(placement, Some(Placement::Superseded { .. })).then_some(SUPERSEDED));
    let status = match refused {
        Some(SUBJECT_NOT_FOUND) => ProcessingStatus::Failed,
        Some(_) => ProcessingStatus::Canceled,
        None => ProcessingStatus::Queued,
    };
    let task_status = if refused.is_some() { ProcessingStatus::Canceled } else { ProcessingStatus::Queued };
    SubjectResult {
        subject: want.subject.clone(),
        subject_key: want.subject_key.clone(),
        occurrence: want.key.clone(),
        due: want.due,
        processing_status: status,
        reason: refused.map(str::to_owned),
        completed_date_time: refused.map(|_| as_of),
        tasks: tasks
            .iter()
            .map(|task| TaskResult { name: task.name.clone(), processing_status: task_status, ..TaskResult::default() })
            .collect(),
        ..SubjectResult::default()
    }
}

/// How many names of slices [`link`] writes into a result at most.
fn names_to_come(placement: Option<&Placement>) -> usize {
    match placement {
        Some(Placement::Planned { after, slices, supersedes }) => after.len() + slices.len() + supersedes.len(),
        _ => 0,
    }
}

#[expect(clippy::too_many_arguments, reason = "one Run is built from all that was decided")]
fn build_run(
    tenant: &Tenant,
    run: &str,
    usable: &Usable,
    wanted: &[Wanted],
    ids: &[usize],
    placements: &[Option<Placement>],
    slice_of: &mut BTreeMap<usize, String>,
    draft: &mut Draft,
) {
    let compiled = &usable.compiled;
    let tasks = enabled(usable);
    let on_demand = wanted[ids[0]].run.clone();
    let mut ids = ids.to_vec();
    ids.sort_by(|left, right| (wanted[*left].due, &wanted[*left].subject).cmp(&(wanted[*right].due, &wanted[*right].subject)));
    let mut results: Vec<SubjectResult> =
        ids.iter().map(|id| result(&tasks, &wanted[*id], placements[*id].as_ref(), tenant.as_of)).collect();
    let most = |(result, id): (&SubjectResult, &usize)| result_bytes(result, names_to_come(placements[*id].as_ref()), &tasks);
    let parts = parts(&results.iter().zip(&ids).map(most).collect::<Vec<_>>());
    let (mut slices, mut rest) = (Vec::new(), ids.as_slice());
    for (index, count) in parts.into_iter().enumerate() {
        let (part, others) = rest.split_at(count);
        rest = others;
        let name = if on_demand.is_some() { format!("{run}-e{}-{index}", tenant.epoch) } else { format!("{run}-{index}") };
        for id in part {
            slice_of.insert(*id, name.clone());
            draft.rows.push(planned_row(tenant, usable, &wanted[*id], run, &name));
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
            claim: None,
            results: results.drain(..count).collect(),
        };
        slices.push(RunSlice { metadata: metadata(tenant, &name, run, &compiled.name), spec: data });
    }
    draft.plans.insert(run.to_owned(), plan_of(&slices, None));
    draft.slices.extend(slices);
    if on_demand.is_none() {
        let spec = RunSpec {
            source: RunSource { workflow: Some(WorkflowSource { name: compiled.name.clone(), version: Some(compiled.version) }) },
            execution_type: ExecutionType::Scheduled,
            subjects: None,
            undo: None,
            priority: crate::api::run::Priority::Normal,
            requested_by: None,
            cancel: false,
        };
        draft.runs.push(Run { metadata: metadata(tenant, run, run, &compiled.name), spec, status: None });
    }
}

fn planned_row(tenant: &Tenant, usable: &Usable, want: &Wanted, run: &str, slice: &str) -> crate::api::LedgerEntry {
    let mut row =
        tenant.row(&want.key, &want.subject_key, &want.attribute, &want.workflow, usable.compiled.category, EntryState::Planned, want.due);
    row.run = Some(run.to_owned());
    row.run_uid = want.run.as_ref().map(|(_, uid)| uid.clone());
    row.slice = Some(slice.to_owned());
    row.sequence = want.sequence;
    row.reason = want.refused.map(str::to_owned);
    row
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

/// The plan that slices make.
pub(super) fn plan_of(slices: &[RunSlice], reason: Option<&str>) -> RunPlan {
    let results = || slices.iter().flat_map(|slice| &slice.spec.results);
    let first = slices.first().map(|slice| &slice.spec);
    let (workflow, version, epoch) = first.map_or(("", 0, 0), |data| (data.workflow.as_str(), data.version, data.epoch));
    RunPlan {
        epoch,
        hash: hash(workflow, version, results().map(|result| (result.subject.as_str(), result.occurrence.as_str()))),
        version,
        subjects: i32::try_from(results().count()).unwrap_or(i32::MAX),
        slices: i32::try_from(slices.len()).unwrap_or(i32::MAX),
        due_date_time: results().map(|result| result.due).min(),
        reason: reason.map(str::to_owned),
    }
}

/// Writes into every result for which older slices it waits, and whose place it takes.
fn link(wanted: &[Wanted], placements: &[Option<Placement>], slice_of: &BTreeMap<usize, String>, draft: &mut Draft) {
    for (id, want) in wanted.iter().enumerate() {
        let Some(Placement::Planned { after, slices, supersedes }) = &placements[id] else { continue };
        let Some(name) = slice_of.get(&id) else { continue };
        let mut waits: Vec<String> = after.iter().filter_map(|other| slice_of.get(other)).chain(slices).cloned().collect();
        waits.sort();
        waits.dedup();
        waits.retain(|slice| slice != name);
        let mut takes: Vec<String> = supersedes.iter().map(|(_, slice)| slice.clone()).collect();
        takes.sort();
        takes.dedup();
        let slice = draft.slices.iter_mut().find(|slice| &slice.name_any() == name);
        let Some(result) = slice.and_then(|slice| slice.spec.results.iter_mut().find(|result| result.occurrence == want.key)) else {
            continue;
        };
        result.waits_for = waits;
        result.supersedes = takes;
    }
}

/// Rows for older work that a leaver of this evaluation takes the place of.
fn supersede_open(tenant: &Tenant, wanted: &[Wanted], placements: &[Option<Placement>], draft: &mut Draft) {
    for (id, want) in wanted.iter().enumerate() {
        let Some(Placement::Planned { supersedes, .. }) = &placements[id] else { continue };
        for (key, slice) in supersedes {
            let Some(old) = tenant.ledger.get(key) else { continue };
            let mut row = old.clone();
            row.epoch = tenant.epoch;
            row.at = tenant.as_of;
            row.state = EntryState::Superseded;
            row.by = Some(want.key.clone());
            row.reason = Some(SUPERSEDED.to_owned());
            row.slice = Some(slice.clone());
            draft.rows.push(row);
        }
    }
}
