//! Everything that one evaluation reads.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use kube::ResourceExt;

use crate::api::reasons::Reason;
use crate::api::run::ExecutionType;
use crate::api::tenant_ledger::{TenantLedgerData, UsersSeen, WorkflowHead};
use crate::api::{
    Category, Directory as DirectoryObject, DirectorySnapshot, LedgerEntry, OccurrenceLedger, Run, RunSlice, SubjectResult, TenantSchedule,
    Workflow, WorkflowSpec, WorkflowVersion,
};
use crate::cluster::events::our_time;
use crate::domain::authority::Readers;
use crate::domain::due::Moment;
use crate::domain::fault::Fault;
use crate::domain::keys::Keyring;
use crate::domain::ledger::LedgerIndex;
use crate::domain::names::{self, Placeless};
use crate::domain::order::OpenWork;
use crate::domain::owed::{is_looked_for, lacks_results};
use crate::domain::person::{Index, Register, Who};
use crate::domain::standing::Standing;
use crate::domain::subject::{HIRE_DATE, Person};
use crate::domain::trigger::CompiledWorkflow;

/// What a directory said.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    /// All its subjects.
    People(Vec<Person>),
    /// It could not be read in full, for this reason: nobody in it is due, nothing in it is missed.
    Unknown(Fault),
}

impl Reading {
    /// Of a directory for which the head has no place.
    pub fn placeless() -> Self {
        Self::Unknown(Fault::permanent(Reason::TooManyNames, names::directory_problem().message))
    }

    /// Of a directory that another provider has.
    pub fn elsewhere() -> Self {
        Self::Unknown(Fault::permanent(Reason::NotAvailable, "this release reads embedded directories only".to_owned()))
    }
}

/// A workflow that this evaluation evaluates or runs on demand.
#[derive(Clone, Debug)]
pub(super) struct Usable {
    pub compiled: CompiledWorkflow,
    pub directory: String,
    pub version: WorkflowVersion,
    /// Enabled, scheduled and with conditions: evaluated, as of this moment.
    pub moment: Option<Moment>,
}

impl Usable {
    /// Whether its work is not for somebody of whom nobody knows whose the account is.
    pub fn is_forbidden_for(&self, person: &Person) -> bool {
        person.identity.forbids(self.compiled.category, &self.version.spec.template.tasks)
    }
}

/// The tenant as one evaluation sees it.
pub(super) struct Tenant {
    pub namespace: String,
    pub epoch: i64,
    pub as_of: DateTime<Utc>,
    pub runs_only: bool,
    /// How long a person's attributes must be still before their changes are due.
    pub stillness: TimeDelta,
    pub head: TenantLedgerData,
    /// Where in the head each workflow stands: every row of the ledger asks.
    pub head_places: BTreeMap<String, usize>,
    pub keys: Keyring,
    pub schedule: Option<TenantSchedule>,
    pub workflows: BTreeMap<String, Workflow>,
    /// What they delete people or make passes by.
    pub readers: Readers,
    pub versions: Vec<WorkflowVersion>,
    pub directories: BTreeMap<String, DirectoryObject>,
    /// Workflows and Directories for which the head has no place.
    pub placeless: Placeless,
    pub readings: BTreeMap<String, Reading>,
    /// How many records of a directory have an account that is deleted and was another person's.
    pub reused_and_deleted: BTreeMap<String, usize>,
    /// How many of its records have a hire date after the deletion of the account, by directory.
    pub returning_and_deleted: BTreeMap<String, usize>,
    /// The Users as every directory of theirs read them; None: not all did, or not alike.
    pub users: Option<UsersSeen>,
    pub usable: BTreeMap<String, Usable>,
    pub chunks: Vec<OccurrenceLedger>,
    pub ledger: LedgerIndex,
    pub snapshots: Vec<DirectorySnapshot>,
    pub runs: Vec<Run>,
    /// Names of the Runs between whose plan and first effect a limit stands, as this evaluation sees it.
    pub held: BTreeSet<String>,
    /// Valid slices of Runs that matter, by name.
    pub slices: BTreeMap<String, RunSlice>,
}

impl Tenant {
    /// Every person that was read, with the directory.
    pub fn people(&self) -> impl Iterator<Item = (&str, &Person)> {
        self.readings.iter().flat_map(|(directory, reading)| match reading {
            Reading::People(people) => people.iter().map(|person| (directory.as_str(), person)).collect::<Vec<_>>(),
            Reading::Unknown(_) => Vec::new(),
        })
    }

    /// The name of the directory whose people a workflow is about; None: neither it nor the schedule names one.
    pub fn directory_of<'a>(&'a self, spec: &'a WorkflowSpec) -> Option<&'a String> {
        spec.directory.as_ref().or_else(|| self.schedule.as_ref()?.spec.directory.as_ref())
    }

    /// The tenant's time zone, as the schedule says it.
    pub fn time_zone(&self) -> Option<&str> {
        self.schedule.as_ref()?.spec.time_zone.as_deref()
    }

    /// What the head knows of a workflow.
    pub fn workflow_head(&self, name: &str) -> Option<&WorkflowHead> {
        self.head.workflows.get(*self.head_places.get(name)?)
    }

    /// Identity of a workflow, if the head knows it.
    pub fn lineage(&self, workflow: &str) -> Option<&str> {
        self.workflow_head(workflow).map(|head| head.lineage.as_str()).filter(|lineage| !lineage.is_empty())
    }

    /// The result of an occurrence in a slice that was read.
    pub fn result(&self, slice: Option<&str>, key: &str) -> Option<&SubjectResult> {
        self.slices.get(slice?)?.spec.results.iter().find(|result| result.occurrence == key || result.also.iter().any(|also| also == key))
    }

    /// The slices that were read, by the name of their Run.
    pub fn slices_by_run(&self) -> BTreeMap<&str, Vec<&RunSlice>> {
        let mut by_run: BTreeMap<&str, Vec<&RunSlice>> = BTreeMap::new();
        for slice in self.slices.values() {
            by_run.entry(&slice.spec.run).or_default().push(slice);
        }
        by_run
    }

    /// Whether a row is joiner work that is timed by the hire date. Work of an earlier hire date is canceled as changed.
    fn is_of_hire(row: &LedgerEntry) -> bool {
        row.category == Category::Joiner && row.attribute == HIRE_DATE
    }

    /// Whom people named in their on-demand Runs, and when, by the name of the Run; others and those that name nobody are
    /// left out.
    fn named(&self) -> BTreeMap<&str, (BTreeSet<&str>, DateTime<Utc>)> {
        let mut named = BTreeMap::new();
        for run in self.runs.iter().filter(|run| run.spec.execution_type == ExecutionType::OnDemand) {
            let users = run.spec.subjects.as_ref().and_then(|subjects| subjects.users.as_ref());
            let created = run.metadata.creation_timestamp.as_ref().map(our_time);
            if let (Some(name), Some(users), Some(created)) = (run.metadata.name.as_deref(), users, created) {
                named.insert(name, (users.iter().map(String::as_str).collect(), created));
            }
        }
        named
    }

    /// Whom a result is about: as the ledger says by now, else as it was planned.
    fn who<'a>(&'a self, result: &'a SubjectResult) -> Who<'a> {
        self.ledger.get(&result.occurrence).filter(|row| row.person.is_some()).map_or_else(|| Who::of_result(result), Who::of_row)
    }

    /// Unfinished work, by subject and by person. `register`: who is who today; `left_at`: since when somebody has left, by
    /// the subject's keyed id.
    pub fn open_work<'a>(
        &'a self,
        register: &Register<'a>,
        left_at: impl Fn(&str) -> Option<DateTime<Utc>>,
    ) -> Index<'a, (Who<'a>, OpenWork)> {
        let mut open = Index::default();
        let named = self.named();
        for slice in self.slices.values() {
            let named = named.get(slice.spec.run.as_str());
            // Who was named after they had left is processed all the same.
            let exempt = |result: &SubjectResult| {
                let named = named.filter(|(users, _)| users.contains(result.subject.as_str()));
                named.is_some_and(|(_, created)| left_at(&result.subject_key).is_some_and(|left| *created > left))
            };
            for result in slice.spec.results.iter().filter(|result| Standing::of(result).is_open()) {
                let consumed_here = self.ledger.get(&result.occurrence).is_none_or(|row| row.state == crate::api::EntryState::Planned);
                if consumed_here {
                    let written = self.who(result);
                    let work = OpenWork {
                        key: result.occurrence.clone(),
                        slice: slice.name_any(),
                        category: slice.spec.category,
                        due: result.due,
                        is_of_hire: self.ledger.get(&result.occurrence).is_some_and(Self::is_of_hire),
                        exempt: exempt(result),
                    };
                    open.add(Who { person: register.person(written), ..written }, (written, work));
                }
            }
        }
        open
    }

    /// A row of this epoch about somebody.
    #[expect(clippy::too_many_arguments, reason = "the columns of one row, gathered in one place")]
    pub fn row(
        &self,
        key: &str,
        who: Who<'_>,
        attribute: &str,
        workflow: &str,
        category: Category,
        state: crate::api::EntryState,
        due: DateTime<Utc>,
    ) -> LedgerEntry {
        LedgerEntry {
            key: key.to_owned(),
            subject: who.subject.to_owned(),
            person: who.stored_person(),
            attribute: attribute.to_owned(),
            workflow: workflow.to_owned(),
            due,
            ..LedgerEntry::blank(self.epoch, category, state, self.as_of)
        }
    }

    /// The Runs that had not ended when the last evaluation was sealed, and are gone. Where an earlier release sealed it nobody wrote
    /// down which these were: any that evaluations planned lately.
    pub fn runs_gone(&self) -> BTreeSet<&str> {
        let there: BTreeSet<&str> = self.runs.iter().filter_map(|run| run.metadata.name.as_deref()).collect();
        let is_gone = |name: &&str| !there.contains(name);
        if let Some(open) = &self.head.open_runs {
            return open.iter().map(String::as_str).filter(is_gone).collect();
        }
        let rows = self.ledger.rows().filter(|row| is_looked_for(row, self.as_of));
        rows.filter_map(|row| row.run.as_deref()).filter(is_gone).collect()
    }

    /// Names of Runs whose slices matter: without an end, with canceled subjects, with fewer results than subjects, or without a
    /// row that names them.
    pub fn runs_that_matter(&self) -> BTreeSet<String> {
        let matters = |run: &&Run| {
            let complete = run.status.as_ref().is_some_and(|status| {
                let is_complete = crate::api::conditions::is_true(&status.conditions, crate::api::conditions::COMPLETE);
                is_complete && status.canceled_users_count == 0 && !lacks_results(status)
            });
            !complete || !self.ledger.names_run(&run.name_any())
        };
        self.runs.iter().filter(matters).map(ResourceExt::name_any).collect()
    }
}
