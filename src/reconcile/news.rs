//! What a person should notice of an object: decided from its status before a pass and after it, and told by one Event each.
//!
//! A pass that is made again, by another process or from an older state, decides the same, and the Event has the same name: it is
//! not told twice. What the status says already is no news, however often it is listed. Nothing of people stands in an Event: words,
//! counts, and numbers of versions and attempts.

use sha2::Digest as _;

use super::ReconcileError;
use super::ending::Ending;
use crate::api::conditions::{COMPLETE, Condition, ConditionStatus, HELD, READY, REFERENCES_RESOLVED, is_true};
use crate::api::reasons::Reason;
use crate::api::run::RunStatus;
use crate::api::workflow::WorkflowStatus;
use crate::cluster::events::Notice;
use crate::cluster::{Cluster, ClusterError};
use crate::domain::hex;

/// What has happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum News {
    /// A version of the Workflow was made.
    VersionMade {
        /// Its number.
        number: i32,
    },
    /// The Workflow names what is not there.
    ReferencesMissing {
        /// What is not there: names of groups and extensions.
        message: String,
        /// Since when the condition said what it said before.
        since: String,
    },
    /// The object cannot do its work any more, or for another reason than before.
    NotReady {
        /// Why.
        reason: Reason,
        /// Since when the condition said what it said before.
        since: String,
    },
    /// The first attempt at the Run was made.
    Started {
        /// How many are planned.
        subjects: i32,
    },
    /// An attempt at the Run has ended before its end.
    AttemptEnded {
        /// Which.
        attempt: i32,
        /// How.
        ending: Ending,
    },
    /// The Run waits for a person.
    Held {
        /// Why.
        reason: Reason,
        /// The same, with counts.
        message: String,
        /// Since when nothing held it.
        since: String,
    },
    /// The Run has come to its end.
    Ended {
        /// To which.
        reason: Reason,
        /// Its counts.
        message: String,
    },
    /// People of the Run failed.
    PeopleFailed {
        /// How many.
        count: i32,
    },
}

fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

/// Since when a condition says what it says; nothing if it is not there.
fn since(condition: Option<&Condition>) -> String {
    condition.map(|condition| condition.last_transition_time.to_rfc3339()).unwrap_or_default()
}

/// What is new about whether an object can do its work.
pub(super) fn of_ready(before: &[Condition], after: &[Condition]) -> Option<News> {
    let now = find(after, READY).filter(|ready| ready.status == ConditionStatus::False)?;
    let then = find(before, READY);
    if then.is_some_and(|then| then.status == ConditionStatus::False && then.reason == now.reason) {
        return None;
    }
    Some(News::NotReady { reason: Reason::parse(&now.reason)?, since: since(then) })
}

/// What is new about a Workflow. `is_new`: the version that it has after the pass is not older than the Workflow itself; one that
/// is was made for an earlier Workflow of that name.
pub(super) fn of_workflow(before: Option<&WorkflowStatus>, after: &WorkflowStatus, is_new: bool) -> Vec<News> {
    let old = before.map(|status| status.conditions.as_slice()).unwrap_or_default();
    let known = before.and_then(|status| status.version);
    let made = after.version.filter(|number| known != Some(*number) && is_new).map(|number| News::VersionMade { number });
    let broken = find(&after.conditions, REFERENCES_RESOLVED).filter(|found| found.status == ConditionStatus::False);
    let then = find(old, REFERENCES_RESOLVED);
    let broken = broken.filter(|broken| then.is_none_or(|then| then.message != broken.message));
    let missing = broken.map(|broken| News::ReferencesMissing { message: broken.message.clone(), since: since(then) });
    made.into_iter().chain(missing).chain(of_ready(old, &after.conditions)).collect()
}

/// What is new about a Run. `early`: the attempts that have ended before their end, from the one that the status knew on.
pub(super) fn of_run(before: Option<&RunStatus>, after: &RunStatus, early: &[(i32, Ending)]) -> Vec<News> {
    let old = before.map(|status| status.conditions.as_slice()).unwrap_or_default();
    let known = before.map_or(0, |status| status.attempt);
    let ends = is_true(&after.conditions, COMPLETE) && !is_true(old, COMPLETE);
    let mut news = Vec::new();
    // A Run may have come to its end while nobody led.
    if known == 0 && (after.attempt > 0 || ends && !after.shards.is_empty()) {
        news.push(News::Started { subjects: after.total_users_count });
    }
    let early = early.iter().filter(|early| is_news(early, known, old, after));
    news.extend(early.map(|(attempt, ending)| News::AttemptEnded { attempt: *attempt, ending: ending.clone() }));
    news.extend(held(old, &after.conditions));
    let ended = find(&after.conditions, COMPLETE).filter(|_| ends);
    if let Some((ended, reason)) = ended.and_then(|ended| Some((ended, Reason::parse(&ended.reason)?))) {
        news.push(News::Ended { reason, message: ended.message.clone() });
        news.extend((after.failed_users_count > 0).then_some(News::PeopleFailed { count: after.failed_users_count }));
    }
    news
}

/// Whether the early end of an attempt was not told yet: it is when the next attempt begins to be waited for, or begins, or when
/// the Run comes to its end. That a Job is gone is told when the next attempt begins only: until then it may be that it has not been
/// seen yet, or that it has done all there was to do.
fn is_news((attempt, ending): &(i32, Ending), known: i32, old: &[Condition], after: &RunStatus) -> bool {
    let waits = |conditions: &[Condition]| find(conditions, COMPLETE).is_some_and(awaits_attempt);
    let is_followed = after.attempt > *attempt;
    match ending {
        Ending::Gone | Ending::SaidSo => is_followed,
        _ if known == *attempt && waits(old) => false,
        _ => is_followed || waits(&after.conditions) || is_true(&after.conditions, COMPLETE),
    }
}

fn awaits_attempt(complete: &Condition) -> bool {
    complete.status != ConditionStatus::True && Reason::parse(&complete.reason) == Some(Reason::AwaitingAttempt)
}

/// A Run that begins to wait for a person: once, until nothing holds it any more. Numbers that change while it waits are no news.
fn held(before: &[Condition], after: &[Condition]) -> Option<News> {
    let held = find(after, HELD).filter(|_| is_true(after, HELD) && !is_true(before, HELD))?;
    let message = format!("{}; nothing is done until a person decides", held.message);
    Some(News::Held { reason: Reason::parse(&held.reason)?, message, since: since(find(before, HELD)) })
}

/// The object that news are about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub kind: &'static str,
    pub name: &'a str,
    pub uid: Option<&'a str>,
}

impl News {
    fn reason(&self) -> Reason {
        match self {
            Self::VersionMade { .. } => Reason::VersionMade,
            Self::ReferencesMissing { .. } => Reason::ReferenceMissing,
            Self::Started { .. } => Reason::Started,
            Self::AttemptEnded { .. } => Reason::AttemptEndedEarly,
            Self::PeopleFailed { .. } => Reason::PeopleFailed,
            Self::NotReady { reason, .. } | Self::Held { reason, .. } | Self::Ended { reason, .. } => *reason,
        }
    }

    fn is_warning(&self) -> bool {
        match self {
            Self::VersionMade { .. } | Self::Started { .. } => false,
            // Whoever asked for it has got nothing.
            Self::Ended { reason, .. } => reason.refuses_a_run(),
            Self::ReferencesMissing { .. }
            | Self::NotReady { .. }
            | Self::AttemptEnded { .. }
            | Self::Held { .. }
            | Self::PeopleFailed { .. } => true,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::VersionMade { number } => format!("version {number} was made"),
            // What is wrong with a spec is told with words of the spec, and whatever people write there.
            Self::NotReady { .. } => "it cannot do its work: the condition Ready says why".to_owned(),
            Self::Started { subjects } => format!("the first attempt was made; {subjects} people are planned"),
            Self::AttemptEnded { attempt, ending } => format!("attempt {attempt} ended early: {}", ending.in_words()),
            Self::PeopleFailed { count } => format!("{count} people failed; their results say why"),
            Self::ReferencesMissing { message, .. } | Self::Held { message, .. } | Self::Ended { message, .. } => message.clone(),
        }
    }

    /// What makes it this very Event: news of one id are told once.
    fn id(&self, uid: &str) -> String {
        let (what, parts) = match self {
            Self::VersionMade { number } => (format!("version-{number}"), vec![uid]),
            Self::ReferencesMissing { message, since } => ("references".to_owned(), vec![uid, since.as_str(), message.as_str()]),
            Self::NotReady { reason, since } => ("ready".to_owned(), vec![uid, since.as_str(), reason.as_str()]),
            Self::Started { .. } => ("started".to_owned(), vec![uid]),
            Self::AttemptEnded { attempt, .. } => (format!("attempt-{attempt}"), vec![uid]),
            Self::Held { since, .. } => ("held".to_owned(), vec![uid, since.as_str()]),
            Self::Ended { .. } => ("ended".to_owned(), vec![uid]),
            Self::PeopleFailed { .. } => ("failed".to_owned(), vec![uid]),
        };
        let digest = sha2::Sha256::digest(parts.join("\n"));
        format!("{what}-{}", hex::encode(&digest[..8]))
    }

    fn notice<'a>(&self, about: &About<'a>) -> Notice<'a> {
        let uid = about.uid.unwrap_or_default();
        Notice {
            kind: about.kind,
            name: about.name,
            uid: about.uid.map(str::to_owned),
            warning: self.is_warning(),
            reason: self.reason(),
            message: self.message(),
            id: self.id(uid),
        }
    }
}

/// Tells the news. Before the status is written: after it nobody would know that they are news. An Event that the API server does
/// not take is passed over, since no work waits for what is said about it.
pub(super) async fn tell(cluster: &Cluster, about: &About<'_>, news: &[News]) -> Result<(), ReconcileError> {
    for each in news {
        match cluster.publish(&each.notice(about)).await {
            Ok(()) => {}
            Err(error @ ClusterError::Refused { .. }) => {
                tracing::warn!(namespace = cluster.namespace(), kind = about.kind, name = about.name, %error, "an Event is not taken");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
