//! From wanted work to Runs, slices and rows: order per person, superseding, slicing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kube::ResourceExt;
use kube::api::ObjectMeta;

use crate::api::meta::{LABEL_EPOCH, LABEL_MANAGED_BY, LABEL_RUN, LABEL_WORKFLOW, MANAGED_BY};
use crate::api::reasons::{self, HIRE_DATE_UNKNOWN, NAME_REUSED, OFF_BOARDED, SUBJECT_NOT_FOUND, SUPERSEDED};
use crate::api::run::{ExecutionType, RunPlan, RunSource, RunSpec, WorkflowSource};
use crate::api::{
    Category, Closing, EntryState, LedgerEntry, ProcessingStatus, Run, RunSlice, RunSliceData, SubjectResult, Task, TaskResult,
};
use crate::domain::departure::{Closer, is_return};
use crate::domain::gate::is_already_so;
use crate::domain::identity::PlanIdentity;
use crate::domain::order::{self, Candidate, Placement};
use crate::domain::plan::{hash, parts, result_bytes};
use crate::domain::subject::{HIRE_DATE, LEAVE_DATE, Person};
use crate::domain::trigger::{Change, CompiledWorkflow, Occurrence};

use super::departure::People;
use super::draft::Draft;
use super::snapshot::Seen;
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
    /// Further changes that are done with it.
    also: Vec<Change>,
    due: DateTime<Utc>,
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
            also: occurrence.also,
            due: occurrence.due,
            run: None,
            exempt: false,
            refused: None,
        }
    }

    /// A subject of a Run that a person made.
    pub fn on_demand(
        usable: &Usable,
        run: &Run,
        subject: &str,
        subject_key: String,
        key: String,
        fitness: Fitness,
        as_of: DateTime<Utc>,
    ) -> Self {
        let refused = match fitness {
            Fitness::Nobody => Some(SUBJECT_NOT_FOUND),
            Fitness::OfAnother => Some(NAME_REUSED),
            Fitness::MayReturn => Some(HIRE_DATE_UNKNOWN),
            Fitness::Refused => Some(OFF_BOARDED),
            Fitness::Works | Fitness::Exempt => None,
        };
        Self {
            workflow: usable.compiled.name.clone(),
            subject: subject.to_owned(),
            subject_key,
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

    /// What it keeps from being done, if it closes the account.
    fn closer(&self, usable: &Usable, person: Option<(&Person, &Seen<'_>)>, as_of: DateTime<Utc>) -> Option<Closer> {
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

/// Places all work: rows, Runs, slices and plans go into the draft.
pub(super) fn place(tenant: &Tenant, people: &People<'_>, wanted: &[Wanted], draft: &mut Draft) {
    let Placements { of, superseded } = order_people(tenant, people, wanted);
    let scene = Plan { tenant, people, wanted, placements: &of };
    let mut groups: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (id, want) in wanted.iter().enumerate() {
        if let (Some(Placement::Superseded { by }), None) = (&of[id], &want.run) {
            draft.rows.extend(scene.superseded_rows(want, by));
            continue;
        }
        let run = want.run.as_ref().map_or_else(|| scheduled_name(tenant, &want.workflow), |(run, _)| run.clone());
        groups.entry((run, want.workflow.clone())).or_default().push(id);
    }
    let mut slice_of: BTreeMap<usize, String> = BTreeMap::new();
    for ((run, workflow), ids) in &groups {
        scene.build_run(run, &tenant.usable[workflow], ids, &mut slice_of, draft);
    }
    link(wanted, &of, &slice_of, draft);
    supersede_open(tenant, &superseded, draft);
}

fn scheduled_name(tenant: &Tenant, workflow: &str) -> String {
    format!("{workflow}-v{}-e{}", tenant.usable[workflow].compiled.version, tenant.epoch)
}

/// What became of everybody's work.
struct Placements {
    /// One for each that is wanted; None for subjects that are refused.
    of: Vec<Option<Placement>>,
    /// Open work that gives way: its key, its slice, and the key of what takes its place.
    superseded: Vec<(String, String, String)>,
}

/// Orders each person's work, also of those of whom nothing new is wanted: they may have left since it was planned.
fn order_people(tenant: &Tenant, people: &People<'_>, wanted: &[Wanted]) -> Placements {
    let open = tenant.open_work(|key| people.left_at(key));
    let mut by_person: BTreeMap<&str, Vec<usize>> = open.keys().map(|person| (*person, Vec::new())).collect();
    for (id, want) in wanted.iter().enumerate().filter(|(_, want)| want.refused.is_none()) {
        by_person.entry(&want.subject_key).or_default().push(id);
    }
    let mut placements = Placements { of: vec![None; wanted.len()], superseded: Vec::new() };
    for (person, ids) in by_person {
        let candidates: Vec<Candidate> = ids.iter().map(|id| candidate(tenant, people, *id, &wanted[*id])).collect();
        let none = Vec::new();
        let placed = order::place(&candidates, open.get(person).unwrap_or(&none), &people.departure(person));
        for (id, placement) in placed.candidates {
            placements.of[id] = Some(placement);
        }
        placements.superseded.extend(placed.superseded);
    }
    placements
}

fn candidate(tenant: &Tenant, people: &People<'_>, id: usize, want: &Wanted) -> Candidate {
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
        also: want.also.iter().map(|change| change.key.clone()).collect(),
        off_boards: matches!(placement, Some(Placement::Planned { off_boards: true, .. })),
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
        Some(Placement::Planned { after, slices, supersedes, .. }) => after.len() + slices.len() + supersedes.len(),
        _ => 0,
    }
}

/// What a plan is built from.
struct Plan<'a> {
    tenant: &'a Tenant,
    people: &'a People<'a>,
    wanted: &'a [Wanted],
    placements: &'a [Option<Placement>],
}

impl Plan<'_> {
    fn build_run(&self, run: &str, usable: &Usable, ids: &[usize], slice_of: &mut BTreeMap<usize, String>, draft: &mut Draft) {
        let (tenant, wanted, compiled) = (self.tenant, self.wanted, &usable.compiled);
        let tasks = enabled(usable);
        let on_demand = wanted[ids[0]].run.clone();
        let mut ids = ids.to_vec();
        ids.sort_by(|left, right| (wanted[*left].due, &wanted[*left].subject).cmp(&(wanted[*right].due, &wanted[*right].subject)));
        let mut results: Vec<SubjectResult> =
            ids.iter().map(|id| self.result(&tasks, &wanted[*id], self.placements[*id].as_ref())).collect();
        let scope = i32::try_from(self.people.in_scope(usable)).unwrap_or(i32::MAX);
        let most = |(result, id): (&SubjectResult, &usize)| result_bytes(result, names_to_come(self.placements[*id].as_ref()), &tasks);
        let parts = parts(&results.iter().zip(&ids).map(most).collect::<Vec<_>>());
        let (mut slices, mut rest) = (Vec::new(), ids.as_slice());
        for (index, count) in parts.into_iter().enumerate() {
            let (part, others) = rest.split_at(count);
            rest = others;
            let name = if on_demand.is_some() { format!("{run}-e{}-{index}", tenant.epoch) } else { format!("{run}-{index}") };
            for id in part {
                slice_of.insert(*id, name.clone());
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
                results: results.drain(..count).collect(),
            };
            slices.push(RunSlice { metadata: metadata(tenant, &name, run, &compiled.name), spec: data });
        }
        draft.plans.insert(run.to_owned(), plan_of(&slices, None));
        draft.slices.extend(slices);
        if on_demand.is_none() {
            draft.runs.push(Run { metadata: metadata(tenant, run, run, &compiled.name), spec: scheduled_spec(compiled), status: None });
        }
    }

    /// The result as it is planned; who is as every task wants them does not count against limits.
    fn result(&self, tasks: &[Task], want: &Wanted, placement: Option<&Placement>) -> SubjectResult {
        let already_so = self.people.get(&want.subject_key).is_some_and(|(person, _)| is_already_so(tasks, person));
        SubjectResult { already_so, ..result(tasks, want, placement, self.tenant.as_of) }
    }

    /// A row for the occurrence, and one for each further change that is done with it.
    fn rows(&self, want: &Wanted, state: EntryState) -> Vec<LedgerEntry> {
        let tenant = self.tenant;
        let usable = &tenant.usable[&want.workflow];
        let row = |key: &str, attribute: &str, sequence| {
            let category = usable.compiled.category;
            let mut row = tenant.row(key, &want.subject_key, attribute, &want.workflow, category, state, want.due);
            row.sequence = sequence;
            row.hire = self.people.hire(&want.subject_key);
            row
        };
        let own = row(&want.key, &want.attribute, want.sequence);
        let also = want.also.iter().map(|change| row(&change.key, &change.attribute, Some(change.sequence)));
        std::iter::once(own).chain(also).collect()
    }

    fn planned_rows(&self, usable: &Usable, want: &Wanted, run: &str, slice: &str) -> Vec<LedgerEntry> {
        let mut rows = self.rows(want, EntryState::Planned);
        let closer = want.closer(usable, self.people.get(&want.subject_key), self.tenant.as_of);
        for row in &mut rows {
            row.run = Some(run.to_owned());
            row.run_uid = want.run.as_ref().map(|(_, uid)| uid.clone());
            row.slice = Some(slice.to_owned());
            row.reason = want.refused.map(str::to_owned);
            row.closes = closer.as_ref().map(|closer| closer.closing);
        }
        rows
    }

    fn superseded_rows(&self, want: &Wanted, by: &str) -> Vec<LedgerEntry> {
        let mut rows = self.rows(want, EntryState::Superseded);
        for row in &mut rows {
            row.by = Some(by.to_owned());
            row.reason = Some(SUPERSEDED.to_owned());
        }
        rows
    }
}

fn scheduled_spec(compiled: &CompiledWorkflow) -> RunSpec {
    RunSpec {
        source: RunSource { workflow: Some(WorkflowSource { name: compiled.name.clone(), version: Some(compiled.version) }) },
        execution_type: ExecutionType::Scheduled,
        subjects: None,
        undo: None,
        priority: crate::api::run::Priority::Normal,
        requested_by: None,
        cancel: false,
    }
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

/// The plan that slices make: of all their people, but for those who left it before they began.
pub(super) fn plan_of(slices: &[RunSlice], reason: Option<&str>) -> RunPlan {
    plan_without(slices, reason, |_| false)
}

/// The same, without those of whom `has_left` says that they have left it, whatever the slices say.
pub(super) fn plan_without(slices: &[RunSlice], reason: Option<&str>, has_left: impl Fn(&SubjectResult) -> bool) -> RunPlan {
    let stays = |result: &&SubjectResult| !was_let_go(result) && !has_left(result);
    let results = || slices.iter().flat_map(|slice| &slice.spec.results).filter(stays);
    let first = slices.first().map(|slice| &slice.spec);
    let (workflow, version, epoch, scope) =
        first.map_or(("", 0, 0, 0), |data| (data.workflow.as_str(), data.version, data.epoch, data.scope));
    let names: Vec<(String, &RunSlice)> = slices.iter().map(|slice| (slice.name_any(), slice)).collect();
    let people = names.iter().flat_map(|(name, slice)| {
        slice.spec.results.iter().filter(stays).map(|result| [name.as_str(), result.subject.as_str(), result.occurrence.as_str()])
    });
    let identity = PlanIdentity { workflow, version, people: people.collect() };
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    RunPlan {
        epoch,
        hash: hash(&identity),
        version,
        subjects: count(results().count()),
        slices: count(slices.len()),
        counted: count(results().filter(|result| !result.already_so).count()),
        scope,
        due_date_time: results().map(|result| result.due).min(),
        reason: reason.map(str::to_owned),
    }
}

/// Whether the subject was canceled before it began because its occurrence is released, or because a leaver's work took the
/// place of a plan that stood.
fn was_let_go(result: &SubjectResult) -> bool {
    result.processing_status == ProcessingStatus::Canceled
        && result.attempt.is_none()
        && (result.superseded_date_time.is_some() || result.reason.as_deref().is_some_and(reasons::is_releasable))
}

/// Writes into every result for which older slices it waits, and whose place it takes.
fn link(wanted: &[Wanted], placements: &[Option<Placement>], slice_of: &BTreeMap<usize, String>, draft: &mut Draft) {
    let mut drafted: BTreeMap<String, &mut RunSlice> = draft.slices.iter_mut().map(|slice| (slice.name_any(), slice)).collect();
    for (id, want) in wanted.iter().enumerate() {
        let Some(Placement::Planned { after, slices, supersedes, .. }) = &placements[id] else { continue };
        let Some(name) = slice_of.get(&id) else { continue };
        let mut waits: Vec<String> = after.iter().filter_map(|other| slice_of.get(other)).chain(slices).cloned().collect();
        waits.sort();
        waits.dedup();
        waits.retain(|slice| slice != name);
        let mut takes = supersedes.clone();
        takes.sort();
        takes.dedup();
        let Some(result) =
            drafted.get_mut(name).and_then(|slice| slice.spec.results.iter_mut().find(|result| result.occurrence == want.key))
        else {
            continue;
        };
        result.waits_for = waits;
        result.supersedes = takes;
    }
}

/// Rows for older work that gives way.
fn supersede_open(tenant: &Tenant, superseded: &[(String, String, String)], draft: &mut Draft) {
    for (key, slice, by) in superseded {
        let also = tenant.result(Some(slice), key).map(|result| result.also.clone()).unwrap_or_default();
        for old in std::iter::once(key).chain(&also).filter_map(|key| tenant.ledger.get(key)) {
            let mut row = old.clone();
            row.epoch = tenant.epoch;
            row.at = tenant.as_of;
            row.state = EntryState::Superseded;
            row.by = Some(by.clone());
            row.reason = Some(SUPERSEDED.to_owned());
            row.slice = Some(slice.clone());
            draft.rows.push(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(index: i32, people: &[(&str, &str)]) -> RunSlice {
        let result = |(subject, key): &(&str, &str)| SubjectResult {
            subject: (*subject).to_owned(),
            occurrence: (*key).to_owned(),
            processing_status: ProcessingStatus::Queued,
            ..SubjectResult::default()
        };
        let spec = RunSliceData {
            run: "join-v3-e1".to_owned(),
            run_uid: String::new(),
            execution_type: ExecutionType::Scheduled,
            workflow: "join".to_owned(),
            category: Category::Joiner,
            lineage: "l".to_owned(),
            version: 3,
            epoch: 1,
            index,
            scope: 10,
            claim: None,
            results: people.iter().map(result).collect(),
        };
        RunSlice { metadata: ObjectMeta { name: Some(format!("join-v3-e1-{index}")), ..ObjectMeta::default() }, spec }
    }

    type Alteration = fn(&mut Vec<RunSlice>);

    /// Two slices, after a change.
    fn plan(change: Alteration) -> RunPlan {
        let mut slices = vec![slice(0, &[("ann", "k1"), ("bob", "k2")]), slice(1, &[("cid", "k3")])];
        change(&mut slices);
        plan_of(&slices, None)
    }

    #[test]
    fn the_hash_of_a_plan_is_over_version_subjects_occurrences_and_slices() {
        let own = plan(|_| {});
        assert_eq!((own.subjects, own.slices, own.version), (3, 2, 3));
        let cases: [(&str, Alteration, bool); 15] = [
            ("another workflow", |slices| slices.iter_mut().for_each(|slice| slice.spec.workflow = "off".to_owned()), false),
            ("another version", |slices| slices.iter_mut().for_each(|slice| slice.spec.version = 4), false),
            ("another subject", |slices| slices[0].spec.results[1].subject = "dee".to_owned(), false),
            ("another occurrence", |slices| slices[0].spec.results[1].occurrence = "k4".to_owned(), false),
            ("another slice", |slices| slices[1].metadata.name = Some("join-v3-e1-2".to_owned()), false),
            ("another order of slices", |slices| slices.swap(0, 1), false),
            ("somebody more", |slices| slices.push(slice(2, &[("dee", "k4")])), false),
            ("somebody less", |slices| drop(slices.pop()), false),
            ("somebody canceled by a person", |slices| cancel(slices, reasons::CANCELED_BY_REQUEST), true),
            ("somebody let go by an evaluation", |slices| cancel(slices, reasons::CHANGED), false),
            ("somebody whose turn a leaver took when it was planned", |slices| cancel(slices, reasons::SUPERSEDED), true),
            ("somebody whose place a leaver took", |slices| supersede(slices), false),
            ("progress", |slices| slices[0].spec.results[0].processing_status = ProcessingStatus::Completed, true),
            ("who waits for whom", |slices| slices[0].spec.results[0].waits_for = vec!["off-v1-e1-0".to_owned()], true),
            ("how large the scope is", |slices| slices[0].spec.scope = 11, true),
        ];
        for (what, change, is_same) in cases {
            assert_eq!(plan(change).hash == own.hash, is_same, "{what}");
        }
        let less = plan(|slices| drop(slices[0].spec.results.pop()));
        assert_eq!(plan(|slices| cancel(slices, reasons::CHANGED)).hash, less.hash, "who was let go is as if never planned");
        assert_eq!(plan(|slices| supersede(slices)).hash, less.hash, "nor whose place was taken");
        let slices = [slice(0, &[("ann", "k1"), ("bob", "k2")]), slice(1, &[("cid", "k3")])];
        let without = plan_without(&slices, Some("why"), |result| result.subject == "bob");
        assert_eq!((without.hash, without.subjects, without.reason.as_deref()), (less.hash, 2, Some("why")));
    }

    /// A leaver takes the place of what was planned for Bob.
    fn supersede(slices: &mut [RunSlice]) {
        cancel(slices, reasons::SUPERSEDED);
        slices[0].spec.results[1].superseded_date_time = Some(DateTime::UNIX_EPOCH);
    }

    /// Bob is canceled before he began.
    fn cancel(slices: &mut [RunSlice], reason: &str) {
        let result = &mut slices[0].spec.results[1];
        result.processing_status = ProcessingStatus::Canceled;
        result.reason = Some(reason.to_owned());
    }
}
