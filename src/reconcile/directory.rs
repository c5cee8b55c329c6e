//! Directory: is it one that this release can work on, and what the last evaluation found in it.

use chrono::{DateTime, Utc};
use kube::ResourceExt as _;

use super::cache::Cache;
use super::news::{self, About};
use super::{Next, ReconcileError, status};
use crate::api::Directory;
use crate::api::conditions::{self, DATA_QUALITY, DATES_PLAUSIBLE, Finding, READY, STALLED};
use crate::api::directory::DirectoryStatus;
use crate::api::reasons::Reason;
use crate::api::tenant_ledger::{DirectoryHead, UnreadableCount};
use crate::cluster::Cluster;
use crate::domain::concern::Concern;
use crate::domain::names;
use crate::domain::validate::{self, Problem};

/// Everything that decides.
struct Observed<'a> {
    directory: &'a Directory,
    /// What the last sealed evaluation that could read it remembers.
    head: Option<&'a DirectoryHead>,
    /// The head has no place for it.
    is_placeless: bool,
}

fn observe<'a>(cache: &'a Cache, name: &str) -> Option<Observed<'a>> {
    let head = cache.head().and_then(|head| head.spec.directories.iter().find(|directory| directory.name == name));
    Some(Observed { directory: cache.directory(name)?, head, is_placeless: cache.is_directory_placeless(name) })
}

fn decide(observed: &Observed<'_>, now: DateTime<Utc>) -> DirectoryStatus {
    let directory = observed.directory;
    let mut desired = directory.status.clone().unwrap_or_default();
    desired.observed_generation = directory.metadata.generation;
    let placeless = observed.is_placeless.then(names::directory_problem);
    let problems: Vec<Problem> = placeless.into_iter().chain(validate::directory_problems(&directory.spec)).collect();
    ready_and_stalled(
        &mut desired.conditions,
        &problems,
        Reason::Usable,
        "workflows can work on it".to_owned(),
        directory.metadata.generation,
        now,
    );
    if let Some(head) = observed.head {
        desired.subjects = Some(head.subjects);
        for finding in [quality(head), dates(head)] {
            conditions::upsert(&mut desired.conditions, finding, directory.metadata.generation, now);
        }
    }
    desired
}

/// Whether every value of the directory could be read, and every name and correlation value is one person's. The first
/// finding is the reason, and all of them are told: counts, and nobody's name.
fn quality(head: &DirectoryHead) -> Finding<'static> {
    let said = |words: &str, found: &[UnreadableCount]| {
        let counts: Vec<String> = found.iter().map(|found| format!("{} of {}", found.count, found.attribute)).collect();
        (!found.is_empty()).then(|| format!("{words}: {}", counts.join(", ")))
    };
    let number = |words: &str, count: i64| (count > 0).then(|| format!("{words}: {count}"));
    let reused = "accounts that remember another correlation value than their record has, so that nothing enables them, gives or deletes \
                  until somebody says whose they are (tenure account)";
    let bad = [
        (Reason::NameReused, number(reused, head.name_reused)),
        (
            Reason::DuplicateCorrelation,
            number("people who share a correlation value, which identifies none of them", head.duplicate_correlation),
        ),
        (Reason::Unreadable, said("values that cannot be read and never act", &head.unreadable)),
        (Reason::UnknownTimeZone, said("time zones that are none, so that another one applies", &head.zones)),
    ];
    let bad: Vec<(Reason, String)> = bad.into_iter().filter_map(|(reason, text)| Some((reason, text?))).collect();
    let reason = bad.first().map_or(Reason::Readable, |(reason, _)| *reason);
    let is_good = bad.is_empty();
    let good = is_good.then(|| "every value could be read".to_owned());
    let fillers = said("dates that stand for no value", &head.fillers);
    let message: Vec<String> = good.into_iter().chain(bad.into_iter().map(|(_, text)| text)).chain(fillers).collect();
    Finding { type_: DATA_QUALITY, status: is_good.into(), reason, message: message.join("; ") }
}

/// Whether what people's dates say together can be meant. The first concern is the reason, and all of them are told: counts,
/// and nobody's name.
fn dates(head: &DirectoryHead) -> Finding<'static> {
    let count = |concern: Concern| {
        head.date_concerns.iter().find(|found| Reason::parse(&found.reason) == Some(concern.reason())).map(|found| found.count)
    };
    let found: Vec<(Concern, i64)> = Concern::ALL.into_iter().filter_map(|concern| Some((concern, count(concern)?))).collect();
    let reason = found.first().map_or(Reason::Plausible, |(concern, _)| concern.reason());
    let said = found.iter().map(|(concern, count)| format!("{}: {count} ({})", concern.reason(), concern.in_words()));
    let message =
        if found.is_empty() { "nothing about anybody's dates asks for a look".to_owned() } else { said.collect::<Vec<_>>().join("; ") };
    Finding { type_: DATES_PLAUSIBLE, status: found.is_empty().into(), reason, message }
}

/// Ready if there are no problems, else Stalled for the reason of the first. `reason` and `message` are those of Ready.
pub(super) fn ready_and_stalled(
    conditions: &mut Vec<conditions::Condition>,
    problems: &[Problem],
    reason: Reason,
    message: String,
    generation: Option<i64>,
    now: DateTime<Utc>,
) {
    let said = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let (reason, message) = problems.first().map_or((reason, message), |problem| (problem.reason, said));
    let stalled = !problems.is_empty();
    conditions::upsert(conditions, Finding { type_: READY, status: (!stalled).into(), reason, message: message.clone() }, generation, now);
    let (reason, message) = if stalled { (reason, message) } else { (Reason::NotStalled, "nothing keeps it from its work".to_owned()) };
    conditions::upsert(conditions, Finding { type_: STALLED, status: stalled.into(), reason, message }, generation, now);
}

/// One pass.
pub(super) async fn reconcile(cache: &Cache, cluster: &Cluster, name: &str) -> Result<Next, ReconcileError> {
    let Some(observed) = observe(cache, name) else { return Ok(Next::IDLE) };
    let desired = decide(&observed, cluster.clock().now());
    let current = observed.directory.status.as_ref();
    let before = current.map(|status| status.conditions.as_slice()).unwrap_or_default();
    let news: Vec<_> = news::of_ready(before, &desired.conditions).into_iter().collect();
    news::tell(cluster, &About { kind: "Directory", name, uid: observed.directory.metadata.uid.as_deref() }, &news).await?;
    status::write::<Directory, _>(cluster, &observed.directory.name_any(), current, &desired).await?;
    Ok(Next::IDLE)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(head: Option<serde_json::Value>) -> DirectoryStatus {
        let directory = Directory::new("people", serde_json::from_value(json!({"embedded": {}})).expect("a Directory"));
        let head: Option<DirectoryHead> = head.map(|head| serde_json::from_value(head).expect("what a head remembers"));
        decide(&Observed { directory: &directory, head: head.as_ref(), is_placeless: false }, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let found = |status: &DirectoryStatus| {
            let quality = status.conditions.iter().find(|condition| condition.type_ == DATA_QUALITY)?;
            Some((quality.status, quality.reason.clone(), quality.message.clone()))
        };
        assert_eq!(found(&status(None)), None, "nobody looked yet");
        let fine = status(Some(json!({"name": "people", "subjects": 3})));
        assert_eq!((fine.subjects, found(&fine).map(|found| found.0)), (Some(3), Some(true.into())));
        let unreadable = json!([{"attribute": "employeeHireDate", "count": 2}, {"attribute": "badgeDate", "count": 1}]);
        let (failed, reason, message) =
            found(&status(Some(json!({"name": "people", "subjects": 3, "unreadable": unreadable.clone()})))).expect("a condition");
        assert_eq!((failed, reason.as_str()), (false.into(), "Unreadable"));
        assert!(message.ends_with(": 2 of employeeHireDate, 1 of badgeDate"), "{message}");
        for (head, expected, tells) in [
            (json!({"nameReused": 1}), "NameReused", vec![": 1"]),
            (json!({"duplicateCorrelation": 2}), "DuplicateCorrelation", vec!["none of them: 2"]),
            (
                json!({"nameReused": 3, "duplicateCorrelation": 2, "unreadable": unreadable}),
                "NameReused",
                vec![": 3;", "none of them: 2;", "2 of employeeHireDate"],
            ),
        ] {
            let mut all = json!({"name": "people", "subjects": 3});
            all.as_object_mut().expect("an object").extend(head.as_object().cloned().expect("an object"));
            let (failed, reason, message) = found(&status(Some(all))).expect("a condition");
            assert_eq!((failed, reason.as_str()), (false.into(), expected));
            assert!(tells.iter().all(|text| message.contains(text)), "{message}");
        }
        let fillers = json!([{"attribute": "employeeLeaveDateTime", "count": 7}]);
        let (status, reason, message) =
            found(&self::status(Some(json!({"name": "people", "subjects": 9, "fillers": fillers})))).expect("a condition");
        assert_eq!((status, reason.as_str()), (true.into(), "Readable"), "a filler is understood");
        assert!(message.ends_with("dates that stand for no value: 7 of employeeLeaveDateTime"), "{message}");
        let zones = json!([{"attribute": "timeZone", "count": 3}]);
        let head = json!({"name": "people", "subjects": 9, "fillers": fillers, "zones": zones});
        let (status, reason, message) = found(&self::status(Some(head))).expect("a condition");
        assert_eq!((status, reason.as_str()), (false.into(), "UnknownTimeZone"));
        assert!(message.contains("another one applies: 3 of timeZone; dates that stand for no value"), "{message}");
    }
    #[test]
    fn dates_that_ask_for_a_look_are_counted() {
        let said = |concerns: serde_json::Value| {
            let status = status(Some(json!({"name": "people", "subjects": 9, "dateConcerns": concerns})));
            let found = status.conditions.into_iter().find(|condition| condition.type_ == DATES_PLAUSIBLE).expect("a condition");
            (found.status, found.reason, found.message)
        };
        assert!(status(None).conditions.iter().all(|condition| condition.type_ != DATES_PLAUSIBLE), "nobody looked yet");
        assert_eq!(said(json!([])).0, true.into());
        let two = json!([{"reason": "ContractTooShort", "count": 2}, {"reason": "LeaveDateUncovered", "count": 1}]);
        let (status, reason, message) = said(two);
        assert_eq!((status, reason.as_str()), (false.into(), "LeaveDateUncovered"));
        assert!(message.starts_with("LeaveDateUncovered: 1 (no ") && message.contains("; ContractTooShort: 2 (a "), "{message}");
        let all: Vec<_> = Concern::ALL.iter().map(|concern| json!({"reason": concern.reason().as_str(), "count": 10_000})).collect();
        assert!(said(json!(all)).2.len() < 1024, "it fits into a condition");
    }
}
