//! How long the decisions of one evaluation take, and what they need in memory: 100,000 people, 100 workflows, one core.
//!
//! People come out of the mapping that reads a directory, workflows out of the compiler of versions, and every pair goes
//! through the same functions as in the runner. What is not measured: reading from and writing to the API server.

#![expect(clippy::expect_used, reason = "a measurement over wrong facts ends by panicking")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tenure::api::{
    Account, AccountSpec, Category, DirectorySpec, EntryState, LedgerEntry, Sighting, SnapshotRow, TenantLedgerData, User, VersionedSpec,
};
use tenure::directory::embedded::Mapping;
use tenure::domain::decision::{Books, Decision, Facts, PersonView};
use tenure::domain::due::Moment;
use tenure::domain::employment::Employment;
use tenure::domain::keys::Keyring;
use tenure::domain::ledger::LedgerIndex;
use tenure::domain::snapshot::{Tracked, employment, look, next_row, sealed_sighting};
use tenure::domain::subject::Person;
use tenure::domain::trigger::{CompiledWorkflow, window};
use tenure::domain::validate::vocabulary;
use tenure::rule::Truth;

/// The program's allocator, so that the figures are the program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PEOPLE: u32 = 100_000;
const DEPARTMENTS: u32 = 20;
/// Each department has these five workflows.
const WORKFLOWS_A_DEPARTMENT: u32 = 5;
/// Seconds on one core.
const TIME_BOUND: f64 = 3.0;
/// Megabytes of 1,000,000 bytes.
const MEMORY_BOUND: f64 = 300.0;

fn as_of() -> DateTime<Utc> {
    "2026-03-10T12:00:00Z".parse().expect("an instant")
}

/// The instant of the evaluation before.
fn sealed_at() -> DateTime<Utc> {
    as_of() - TimeDelta::hours(3)
}

/// A number below `below` that looks random: one more step of splitmix64 for each `salt`.
fn chance(of: u32, salt: u64, below: u32) -> u32 {
    let mut value = u64::from(of).wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((value ^ (value >> 31)) % u64::from(below)).expect("a remainder below a u32")
}

fn day(days_from_now: i64) -> String {
    (as_of() + TimeDelta::days(days_from_now)).format("%Y-%m-%d").to_string()
}

/// Ten years of hire dates and a few weeks to come; one in five leaves within two years; one date in a hundred is no date.
fn record(number: u32, moved: bool) -> User {
    let hired = day(i64::from(chance(number, 1, 3_700)) - 3_650);
    let leaves = (chance(number, 2, 5) == 0).then(|| day(i64::from(chance(number, 3, 730)) - 365));
    let seen = as_of() - TimeDelta::hours(i64::from(chance(number, 4, 3_000)));
    let department = (chance(number, 5, DEPARTMENTS) + u32::from(moved)) % DEPARTMENTS;
    let country = ["DE", "FR", "US", "IN"][usize::try_from(chance(number, 8, 4)).expect("a small number")];
    let spec = json!({
        "displayName": format!("Person {number}"),
        "givenName": "Person",
        "surname": number.to_string(),
        "mail": format!("person-{number}@people.example"),
        "userPrincipalName": format!("person-{number}@people.example"),
        "employeeId": number.to_string(),
        "employeeType": if chance(number, 6, 10) == 0 { "Temp" } else { "Employee" },
        "jobTitle": format!("Title {}", chance(number, 7, 200)),
        "country": country,
        "department": format!("Department {department:02}"),
        "employeeHireDate": if chance(number, 9, 100) == 0 { "soon".to_owned() } else { hired },
        "employeeLeaveDateTime": leaves,
        "lastSuccessfulSignInDateTime": seen.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    let mut user = User::new(&format!("person-{number}"), serde_json::from_value(spec).expect("a User"));
    user.metadata.namespace = Some("tenant".to_owned());
    user
}

fn directory() -> DirectorySpec {
    let spec = json!({
        "type": "embedded",
        "attributes": [
            {"name": "employeeHireDate", "type": "dateTime", "timeZone": "Europe/Berlin"},
            {"name": "employeeLeaveDateTime", "type": "dateTime", "timeZone": "Europe/Berlin", "dateOnly": "EndOfDay"},
        ],
    });
    serde_json::from_value(spec).expect("a Directory")
}

struct People {
    mapping: Mapping,
    keys: Keyring,
}

impl People {
    fn person(&self, number: u32, moved: bool) -> Person {
        let user = record(number, moved);
        let spec: AccountSpec = serde_json::from_value(json!({"accountEnabled": true})).expect("an Account");
        let account = Account::new(&format!("person-{number}"), spec);
        self.mapping.person(&user, &account, &|_| false, &self.keys).expect("nobody is deleted")
    }

    /// As they were at the last evaluation: one in a thousand was in another department.
    fn before(&self, number: u32) -> Person {
        self.person(number, chance(number, 10, 1_000) == 0)
    }
}

fn workflow(department: u32, kind: u32, spec: &DirectorySpec) -> CompiledWorkflow {
    let (category, trigger) = match kind {
        0 => ("joiner", json!({"timeBasedAttribute": {"attribute": "employeeHireDate", "offsetInDays": -7}})),
        1 => ("joiner", json!({"timeBasedAttribute": {"attribute": "employeeHireDate", "offsetInDays": 0, "at": "09:00"}})),
        2 => ("leaver", json!({"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": 0}})),
        3 => ("mover", json!({"attributeChange": {"attributes": ["department"]}})),
        _ => ("leaver", json!({"userInactivity": {"inactivityPeriodInDays": 90}})),
    };
    let rule = format!("department eq 'Department {department:02}' and employeeType ne 'Trainee' and not (country in ('XX', 'YY'))");
    let template: Value = json!({
        "category": category,
        "executionConditions": {"scope": {"rule": rule}, "trigger": trigger},
        "tasks": [{"name": "enable", "enableUserAccount": {}}],
    });
    let template: VersionedSpec = serde_json::from_value(template).expect("a version");
    let name = format!("{category}-{department:02}-{kind}");
    let window = window(template.category, None, None).expect("a window");
    CompiledWorkflow::compile(&name, &name, 1, &template, window, &vocabulary(Some(spec)), &BTreeMap::new()).expect("a workflow")
}

fn workflows(spec: &DirectorySpec) -> Vec<CompiledWorkflow> {
    (0..DEPARTMENTS).flat_map(|department| (0..WORKFLOWS_A_DEPARTMENT).map(move |kind| workflow(department, kind, spec))).collect()
}

/// Every second occurrence in scope that was ever due is planned.
fn half_full(people: &[Person], workflows: &[CompiledWorkflow], keys: &Keyring) -> LedgerIndex {
    let mut ledger = LedgerIndex::default();
    let mut count = 0_u32;
    for person in people {
        for workflow in workflows {
            let Some(due) = workflow.date_due(person).filter(|due| *due <= as_of()) else { continue };
            if workflow.in_scope(person, as_of()) != Truth::True {
                continue;
            }
            count += 1;
            if count.is_multiple_of(2) {
                let none = Sighting { epoch: 1, first_seen_at: due, begun_at: None, marks: Vec::new() };
                let dates = employment(person, &none, None, keys, &ledger);
                ledger.add(row(
                    workflow,
                    person,
                    &workflow.occurrences(person, &none, &dates, as_of()).remove(0).key(keys, &workflow.lineage, &person.key),
                    due,
                ));
            }
        }
    }
    ledger
}

fn row(workflow: &CompiledWorkflow, person: &Person, key: &str, due: DateTime<Utc>) -> LedgerEntry {
    LedgerEntry {
        key: key.to_owned(),
        subject: person.key.clone(),
        attribute: "employeeHireDate".to_owned(),
        workflow: workflow.name.clone(),
        due,
        run: Some(format!("{}-e1", workflow.name)),
        slice: Some(format!("{}-e1-0", workflow.name)),
        ..LedgerEntry::blank(1, Category::Joiner, EntryState::Planned, sealed_at())
    }
}

/// A person's sighting, the one before, the two dates read together, and whether something was released.
type Seen<'a> = (Cow<'a, Sighting>, Option<&'a Sighting>, Employment, bool);

/// What one evaluation has before it decides.
struct Material {
    head: TenantLedgerData,
    keys: Keyring,
    workflows: Vec<CompiledWorkflow>,
    people: Vec<Person>,
    snapshot: Vec<SnapshotRow>,
    ledger: LedgerIndex,
}

impl Material {
    fn new() -> Self {
        let keys = Keyring::from_hex(&"5e".repeat(32)).expect("a key");
        let spec = directory();
        let workflows = workflows(&spec);
        let head = TenantLedgerData { epoch: 2, sealed_epoch: 1, ..TenantLedgerData::default() };
        let source = People { mapping: Mapping::new("people", &spec, None), keys: keys.clone() };
        let (tracked, ledger) = (tracked(&workflows), LedgerIndex::default());
        let mut snapshot = Vec::new();
        for number in 0..PEOPLE {
            let person = source.before(number);
            let sighting = look(&person, None, &tracked, &keys, &ledger, 1, sealed_at() - TimeDelta::days(30));
            snapshot.extend(next_row(&head, None, &sighting, &person.key));
        }
        let people = (0..PEOPLE).map(|number| source.person(number, false)).collect();
        Self { head, keys, workflows, people, snapshot, ledger }
    }

    /// What everybody looks like today, and whether something of theirs was released.
    fn sightings(&self) -> Vec<Seen<'_>> {
        let tracked = tracked(&self.workflows);
        let rows: BTreeMap<&str, &SnapshotRow> = self.snapshot.iter().map(|row| (row.subject.as_str(), row)).collect();
        let see = |person: &Person| {
            let before = rows.get(person.key.as_str()).and_then(|row| sealed_sighting(&self.head, row));
            let now = look(person, before, &tracked, &self.keys, &self.ledger, 2, as_of());
            let dates = employment(person, &now, before, &self.keys, &self.ledger);
            (now, before, dates, self.ledger.of_subject(&person.key).any(|row| row.state == EntryState::Released))
        };
        self.people.iter().map(see).collect()
    }

    /// Asks every workflow about everybody, in the order of the runner.
    fn decisions(&self, seen: &[Seen<'_>]) -> Count {
        let moment = |workflow: &CompiledWorkflow| Moment {
            as_of: as_of(),
            window: workflow.window,
            stillness: TimeDelta::minutes(1),
            activated_at: as_of() - TimeDelta::days(400),
            last_sealed_at: Some(sealed_at()),
        };
        let facts: Vec<Facts<'_>> = self.workflows.iter().map(|workflow| Facts::new(workflow, moment(workflow), false, &[])).collect();
        let books = Books { keys: &self.keys, ledger: &self.ledger };
        let (mut count, mut horizon) = (Count::default(), None::<DateTime<Utc>>);
        for (person, (now, before, employment, has_released)) in self.people.iter().zip(seen) {
            let view = PersonView { now, before: *before, employment, has_released: *has_released, is_let_in: false };
            for facts in &facts {
                for decided in facts.decide(person, view, books, horizon) {
                    horizon = horizon.into_iter().chain(decided.next).min();
                    count.add(&decided.decision);
                }
            }
        }
        count
    }
}

fn tracked(workflows: &[CompiledWorkflow]) -> Tracked {
    let mut tracked = Tracked::default();
    for workflow in workflows {
        workflow.track(&mut tracked);
    }
    tracked
}

#[derive(Default)]
struct Count {
    later: u32,
    due: u32,
    missed: u32,
    history: u32,
    consumed: u32,
    out_of_scope: u32,
}

impl Count {
    fn add(&mut self, decision: &Decision) {
        *match decision {
            Decision::Later | Decision::NotYet { .. } => &mut self.later,
            Decision::Due { .. } | Decision::DueBeforeReturn { .. } => &mut self.due,
            Decision::Missed { .. } => &mut self.missed,
            Decision::History => &mut self.history,
            Decision::Consumed { .. } => &mut self.consumed,
            Decision::OutOfScope | Decision::NotDue { .. } => &mut self.out_of_scope,
        } += 1;
    }
}

/// The most memory that the process had so far, in megabytes; None where the system does not say.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok().map(|kibibytes| kibibytes * 1_024.0 / 1e6)
}

fn show_peak(what: &str) {
    match peak() {
        Some(peak) => println!("  {what:<34}{peak:>9.0} MB    bound {MEMORY_BOUND:.0} MB, ratio {:.2}", peak / MEMORY_BOUND),
        None => println!("  {what:<34}  unknown on this system"),
    }
}

fn measure(name: &str, tenant: &Material) {
    let start = Instant::now();
    let seen = tenant.sightings();
    let sightings = start.elapsed();
    let start = Instant::now();
    let count = tenant.decisions(&seen);
    let decisions = start.elapsed();
    let (both, pairs) = (sightings + decisions, f64::from(PEOPLE) * f64::from(DEPARTMENTS * WORKFLOWS_A_DEPARTMENT));
    let seconds = |name: &str, time: Duration| println!("  {name:<34}{:>9.3} s", time.as_secs_f64());
    println!("{name}: {} rows in the ledger", tenant.ledger.rows().count());
    println!(
        "  {} due, {} missed, {} consumed, {} out of scope in time, {} later, {} history",
        count.due, count.missed, count.consumed, count.out_of_scope, count.later, count.history
    );
    seconds("sightings", sightings);
    seconds("decisions", decisions);
    println!("  {:<34}{:>9.3} s     bound {TIME_BOUND} s, ratio {:.2}", "together", both.as_secs_f64(), both.as_secs_f64() / TIME_BOUND);
    println!("  {:<34}{:>9.1} million", "pairs decided in a second", pairs / both.as_secs_f64() / 1e6);
    show_peak("most memory so far");
}

fn main() {
    println!("{PEOPLE} people, {} workflows, one core", DEPARTMENTS * WORKFLOWS_A_DEPARTMENT);
    let mut tenant = Material::new();
    show_peak("people and sealed snapshot");
    measure("empty ledger", &tenant);
    tenant.ledger = half_full(&tenant.people, &tenant.workflows, &tenant.keys);
    measure("half-full ledger", &tenant);
}
