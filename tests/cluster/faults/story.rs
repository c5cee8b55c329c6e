//! The crash sweep's scenarios in real time: the same documents, with their instants moved to seconds from now, and
//! with what people do in the middle told by what has happened by then instead of by the clock.
//!
//! What cannot be told in real seconds: the sweep's ticks lie six hours apart, and here one a minute, so that a story
//! that needs four evaluations takes three minutes; an offset of days is a whole day here, too, so that such an occurrence is made due by a
//! date that lies as many days back; and no mail leaves, because this release has no way to a mail server: the mail
//! tasks fail, and their tasks are made to go on.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::Error;
use super::scenario::Compare;

/// Annotations of the sweep's documents.
const AT: &str = "tenure.dev/simulate-at";
const DELETE: &str = "tenure.dev/simulate-delete";

/// When the next thing that somebody does happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum When {
    /// Everything that was done has been dealt with.
    Quiet,
    /// And everything that becomes due by itself has come and was evaluated.
    QuietAfterDue,
    /// A Run is planned and not complete.
    Open,
    /// A subject is claimed.
    Claimed,
    /// A second after the last.
    SoonAfter,
}

/// What stands for an instant of the sweep.
#[derive(Clone, Copy, Debug)]
pub enum Instant {
    /// So many days from the day of the start, as a date without a time.
    Day(i64),
    /// So many days and seconds from the start.
    At(i64, i64),
}

/// A scenario as it is told here.
#[derive(Debug)]
pub struct Story {
    pub name: &'static str,
    pub documents: &'static str,
    /// Seconds from the start to the second evaluation that nobody asks for; more follow every minute.
    pub first_tick: i64,
    /// Milliseconds that every answer takes.
    pub latency: u64,
    /// What of the undisturbed run a fault must not change.
    pub compare: Compare,
    instants: &'static [(&'static str, Instant)],
    whens: &'static [(&'static str, When)],
}

macro_rules! story {
    ($name:literal, $tick:literal s, $latency:literal ms, $compare:ident, $instants:expr, $whens:expr) => {
        Story {
            name: $name,
            documents: include_str!(concat!("../../simulation/crash_sweep/scenarios/", $name, ".yaml")),
            first_tick: $tick,
            latency: $latency,
            compare: Compare::$compare,
            instants: &$instants,
            whens: &$whens,
        }
    };
}

use Instant::{At, Day};
use When::{Claimed, Open, Quiet, QuietAfterDue, SoonAfter};

const TODAY: (&str, Instant) = ("2026-01-05", Day(0));
const YESTERDAY: (&str, Instant) = ("2026-01-04", Day(-1));

/// All of them, the longest first.
pub const STORIES: &[Story] = &[
    story!(
        "mover", 50 s, 0 ms, Everything, [],
        [("2026-01-05T03:00:00Z", Quiet), ("2026-01-05T08:00:00Z", Quiet), ("2026-01-05T09:00:00Z", Quiet), ("2026-01-05T14:00:00Z", Quiet)]
    ),
    story!(
        "leaver-deletes", 50 s, 0 ms, Everything,
        // The day between the two workflows lies in the past: both people left yesterday, one as late as 45 s from now.
        [("2026-01-05T05:00:00Z", At(-1, 45)), ("2026-01-04T05:00:00Z", At(-1, 45)), ("2026-01-05T13:00:00Z", At(-1, 90))],
        [("2026-01-05T15:00:00Z", QuietAfterDue)]
    ),
    story!(
        "disabled", 50 s, 0 ms, Everything,
        [("2025-12-06T09:00:00Z", At(-30, 45)), ("2026-01-05T03:00:00Z", At(0, 15))],
        [("2026-01-05T08:00:00Z", Quiet), ("2026-01-05T15:00:00Z", QuietAfterDue)]
    ),
    story!(
        "leaver", 50 s, 0 ms, Everything, [YESTERDAY, TODAY, ("2026-01-05T15:00:00Z", At(0, 45))],
        [("2026-01-05T09:00:00Z", Quiet), ("2026-01-05T21:00:00Z", QuietAfterDue)]
    ),
    story!(
        "reapply", 50 s, 0 ms, Everything, [TODAY],
        [("2026-01-05T03:00:00Z", Quiet), ("2026-01-05T04:00:00Z", SoonAfter), ("2026-01-05T09:00:00Z", Quiet), ("2026-01-05T10:00:00Z", SoonAfter)]
    ),
    story!(
        "release", 50 s, 0 ms, Everything, [("2026-01-10", Day(5)), ("2026-01-11", Day(6))],
        [("2026-01-05T03:00:00Z", Quiet), ("2026-01-05T08:00:00Z", SoonAfter), ("2026-01-05T15:00:00Z", Quiet)]
    ),
    story!(
        "mover-version", 40 s, 250 ms, Ends, [],
        [("2026-01-05T09:00:00Z", Quiet), ("2026-01-05T09:00:09Z", Open)]
    ),
    story!(
        "race", 30 s, 250 ms, Ends, [TODAY, ("2026-01-05T00:00:10Z", At(0, 1))],
        [("2026-01-05T00:00:30Z", Claimed)]
    ),
    story!("joiner", 50 s, 0 ms, Everything, [TODAY, ("2026-01-05T10:00:00Z", At(0, 45))], []),
    // Nothing is sent here, there is no mail server: a death may leave it open whether something was.
    story!("mails", 50 s, 0 ms, Ends, [TODAY, ("2026-01-05T10:00:00Z", At(0, 45))], []),
    story!("licences-and-teams", 50 s, 0 ms, Everything, [("2026-01-05T05:00:00Z", At(0, 45))], []),
    story!(
        "cancel-mid-run", 50 s, 250 ms, Nothing, [],
        [("2026-01-05T03:00:00Z", Quiet), ("2026-01-05T03:00:40Z", Claimed)]
    ),
    story!(
        "on-demand", 50 s, 0 ms, Everything, [],
        [
            ("2026-01-05T03:00:00Z", Quiet),
            ("2026-01-05T08:00:00Z", Quiet),
            ("2026-01-05T09:00:00Z", SoonAfter),
            ("2026-01-05T13:00:00Z", Quiet),
            ("2026-01-05T14:00:00Z", SoonAfter),
        ]
    ),
    story!("many", 50 s, 0 ms, Everything, [TODAY], []),
];

/// What somebody does.
#[derive(Clone, Debug)]
pub enum Deed {
    Apply(Value),
    Delete { kind: String, name: String },
}

/// What somebody does at once.
#[derive(Clone, Debug)]
pub struct Step {
    pub when: When,
    pub deeds: Vec<Deed>,
    /// The last instant at which something becomes due by itself of all that has been done so far, this included.
    pub due_until: DateTime<Utc>,
}

impl Step {
    /// Whether it is about objects of a kind.
    pub fn touches(&self, kind: &str) -> bool {
        self.deeds.iter().any(|deed| match deed {
            Deed::Apply(object) => object["kind"] == kind,
            Deed::Delete { kind: deleted, .. } => deleted == kind,
        })
    }
}

impl Story {
    /// The story as it begins at `start`.
    pub fn script(&self, start: DateTime<Utc>) -> Result<Vec<Step>, Error> {
        let base = serde_yaml::from_multiple::<Value>(include_str!("../../simulation/crash_sweep/scenarios/base.yaml"))?;
        let own = serde_yaml::from_multiple::<Value>(self.documents)?;
        let (schedule, others): (Vec<Value>, Vec<Value>) =
            base.into_iter().chain(own).partition(|document| document["kind"] == "TenantSchedule");
        let mut steps = vec![Step { when: When::SoonAfter, deeds: Vec::new(), due_until: start }];
        let mut at = String::new();
        for document in others {
            let own_at = document["metadata"]["annotations"][AT].as_str().unwrap_or_default().to_owned();
            // What is there from the beginning stands anywhere, the rest in the order of time.
            if !own_at.is_empty() && own_at != at {
                let when = self.whens.iter().find(|(instant, _)| *instant == own_at).ok_or("every deed has its time")?.1;
                steps.push(Step { when, deeds: Vec::new(), due_until: start });
                at.clone_from(&own_at);
            }
            let position = if own_at.is_empty() { 0 } else { steps.len() - 1 };
            let mut due_until = steps[position].due_until;
            let deed = self.deed(document, start, &mut due_until)?;
            steps[position].deeds.push(deed);
            steps[position].due_until = due_until;
        }
        for position in 1..steps.len() {
            steps[position].due_until = steps[position].due_until.max(steps[position - 1].due_until);
        }
        // The schedule comes last of what there is at first, so that the first evaluation sees all of it.
        for mut schedule in schedule {
            schedule["metadata"] = json!({"name": "default"});
            schedule["spec"] = json!({"cron": "* * * * *", "directory": "people"});
            steps[0].deeds.push(Deed::Apply(schedule));
        }
        Ok(steps)
    }

    fn deed(&self, mut document: Value, start: DateTime<Utc>, due_until: &mut DateTime<Utc>) -> Result<Deed, Error> {
        let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, name) = (text("/kind"), text("/metadata/name"));
        if document["metadata"]["annotations"][DELETE] == "true" {
            return Ok(Deed::Delete { kind, name });
        }
        document["metadata"] = json!({"name": name});
        self.move_instants(&mut document["spec"], start, due_until)?;
        if self.name == "mails" && kind == "Workflow" {
            for task in document["spec"]["tasks"].as_array_mut().into_iter().flatten() {
                task["continueOnError"] = json!(true);
            }
        }
        Ok(Deed::Apply(document))
    }

    /// Replaces every instant of the sweep.
    fn move_instants(&self, value: &mut Value, start: DateTime<Utc>, due_until: &mut DateTime<Utc>) -> Result<(), Error> {
        match value {
            Value::String(text) if text.starts_with("2026-01-") || text.starts_with("2025-12-") => {
                let found = self.instants.iter().find(|(instant, _)| instant == text);
                let (_, instant) = found.ok_or_else(|| format!("{}: what does {text} stand for?", self.name))?;
                *text = match instant {
                    Instant::Day(days) => (start + TimeDelta::days(*days)).date_naive().to_string(),
                    Instant::At(days, seconds) => {
                        let of_the_start = start + TimeDelta::seconds(*seconds);
                        *due_until = of_the_start.max(*due_until);
                        (of_the_start + TimeDelta::days(*days)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
                    }
                };
                Ok(())
            }
            Value::Array(values) => values.iter_mut().try_for_each(|value| self.move_instants(value, start, due_until)),
            Value::Object(values) => values.values_mut().try_for_each(|value| self.move_instants(value, start, due_until)),
            _ => Ok(()),
        }
    }
}
