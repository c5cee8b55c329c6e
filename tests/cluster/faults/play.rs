//! One story, told with one fault or with none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tenure::domain::timing::Timing;
use tenure::sim::Finished;
use tenure::sim::report::Timeline;
use tenure::sim::script::Period;

use super::Error;
use super::fault::{Class, Counts, Fault, Record, SliceWrite, Spoil};
use super::oracle::Outcome;
use super::rows::with_whole_results;
use super::scenario::Compare;
use super::story::{Deed, Step, Story, When};
use super::tenant::{DIVISOR, Ground, TestedTenant};
use super::writers;

/// From the making of a namespace to the start of its story, on a machine that is not busy.
const PREPARATION: TimeDelta = TimeDelta::seconds(8);
/// How late a story may start: its people are due at instants that count from there.
const LATE: TimeDelta = TimeDelta::seconds(5);

/// What came of it.
pub struct Played {
    pub outcome: Outcome,
    pub counts: Counts,
    pub has_struck: bool,
    /// What was written by those who should not have.
    pub trespasses: Vec<String>,
    pub took: Duration,
    pub restarts: u32,
    pub namespace: String,
}

/// Whether everybody waits as long as in production: once, for an off-boarding that meets an owner who vanished without a
/// word. Everything else is told in a hurry.
pub fn is_unhurried(story: &Story, fault: Option<Fault>) -> bool {
    story.name == "race" && fault == Some(Fault::Lose)
}

/// The times with which it is told.
fn timing(story: &Story, fault: Option<Fault>) -> Result<Timing, Error> {
    Timing::scaled(if is_unhurried(story, fault) { 1 } else { DIVISOR }).ok_or_else(|| "no such divisor".into())
}

/// Tells the story in a namespace of its own.
pub async fn play(ground: &Ground, story: &Story, spoil: Option<Spoil>) -> Result<Played, Error> {
    let began = Instant::now();
    let place = ground.gate.acquire().await?;
    let planned = Utc::now() + PREPARATION;
    let timing = timing(story, spoil.map(|spoil| spoil.fault))?;
    let record = Arc::new(Record::new(spoil, Duration::from_millis(story.latency), &timing));
    let mut tenant = ground.tenant(story.name, planned, story.first_tick, Arc::clone(&record)).await?;
    if ["attributeChange", "membershipChange"].iter().any(|trigger| story.documents.contains(trigger)) {
        tenant.stillness = Some(TimeDelta::from_std(timing.stillness)?);
    }
    let told = async {
        let told = async {
            tenant.led().await?;
            drop(place);
            tell(&tenant, story, begin(planned).await).await
        };
        let told = told.await;
        tenant.over();
        told
    };
    let (told, controlled) = futures::future::join(told, tenant.control()).await;
    let objects = tenant.objects().await?;
    let counts = record.counts();
    let requests = counts.iter().filter(|((_, class), _)| *class == Class::Any).map(|(_, count)| count).sum();
    let period = Period { from: planned, until: Utc::now() };
    let finished =
        Finished { period, zone: chrono_tz::UTC, objects, timeline: Timeline::default(), mails: Vec::new(), problems: Vec::new() };
    // A lost pod may be at work for as long as a claim lives: the steps of the story, which are seconds apart, do not wait
    // for that.
    let is_lost = spoil.is_some_and(|spoil| spoil.fault == Fault::Lose);
    let compare = if is_lost { story.compare.max(Compare::Ends) } else { story.compare };
    let outcome = Outcome::new(finished, compare, requests, record.log());
    let diaries = tenant.diaries();
    std::fs::create_dir_all(&diaries)?;
    std::fs::write(diaries.join("requests.log"), outcome.log.join("\n"))?;
    std::fs::write(diaries.join("objects.json"), serde_json::to_string_pretty(&outcome.objects)?)?;
    told.and(controlled).map_err(|error| -> Error { format!("{error}; see {}", diaries.display()).into() })?;
    let (names, slices): (Vec<_>, Vec<_>) = record.slices().into_iter().map(|SliceWrite { writer, slice }| (writer, slice)).unzip();
    let slices = with_whole_results(slices);
    let writes: Vec<_> = names.iter().map(String::as_str).zip(&slices).collect();
    let trespasses = writers::trespasses(&writes);
    tenant.clear().await?;
    Ok(Played {
        outcome,
        counts,
        has_struck: record.has_struck(),
        trespasses,
        took: began.elapsed(),
        restarts: tenant.restarts(),
        namespace: tenant.namespace.clone(),
    })
}

/// The start of the story. The ticks of its namespace fit the one that was planned, and come again every minute.
async fn begin(planned: DateTime<Utc>) -> DateTime<Utc> {
    let mut start = planned;
    while start + LATE < Utc::now() {
        start += TimeDelta::minutes(1);
    }
    tokio::time::sleep((start - Utc::now()).to_std().unwrap_or_default()).await;
    start
}

async fn tell(tenant: &TestedTenant, story: &Story, start: DateTime<Utc>) -> Result<(), Error> {
    // Everything up to the last step that changed what only a full evaluation sees.
    let mut evaluated = None;
    let mut due_until = start;
    let mut last = None;
    for step in story.script(start)? {
        match step.when {
            When::Quiet => tenant.quiet(evaluated).await?,
            When::QuietAfterDue => tenant.quiet(evaluated.max(Some(due_until))).await?,
            When::Open => tenant.open(false).await?,
            When::Claimed => tenant.open(true).await?,
            When::SoonAfter => tokio::time::sleep(Duration::from_secs(1)).await,
        }
        evaluated = act(tenant, &step).await?.or(evaluated);
        due_until = step.due_until.max(due_until);
        last = step.touches("Workflow").then(Utc::now);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    while tenant.record.is_late() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tenant.quiet(evaluated.max(last).max(Some(due_until))).await
}

/// Does it all, the schedule last; when the last of it was done that a full evaluation has to see.
async fn act(tenant: &TestedTenant, step: &Step) -> Result<Option<DateTime<Utc>>, Error> {
    let is_schedule = |deed: &&Deed| matches!(deed, Deed::Apply(object) if object["kind"] == "TenantSchedule");
    let (schedule, others): (Vec<&Deed>, Vec<&Deed>) = step.deeds.iter().partition(is_schedule);
    futures::future::try_join_all(others.into_iter().map(|deed| tenant.act(deed))).await?;
    let done = Utc::now();
    if !schedule.is_empty() {
        // The instant of an evaluation is a whole second, cut off: the first one's is to be later than all of this.
        let rest = 1_050_000_000_u32.saturating_sub(done.timestamp_subsec_nanos());
        tokio::time::sleep(Duration::from_nanos(rest.into())).await;
    }
    futures::future::try_join_all(schedule.into_iter().map(|deed| tenant.act(deed))).await?;
    Ok(step.touches("User").then_some(done))
}

impl TestedTenant {
    async fn act(&self, deed: &Deed) -> Result<(), Error> {
        match deed {
            Deed::Apply(object) => self.apply(object).await,
            Deed::Delete { kind, name } => self.delete(kind, name).await,
        }
    }
}
