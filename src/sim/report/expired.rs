//! Who was planned and not done within the window, at the end.

use std::collections::{BTreeMap, BTreeSet};

use kube::ResourceExt;
use serde_json::Value;

use super::object::{all, string};
use super::observer::is_valid;
use crate::api::reasons::Reason;
use crate::api::{EntryState, LedgerEntry, OccurrenceLedger};

/// A line for each workflow whose plans expired: with how many people nobody has done anything about since.
pub(super) fn expired(objects: &[Value]) -> Vec<String> {
    let heads = objects.iter().filter(|object| object["kind"] == "TenantLedger");
    let heads: BTreeMap<&str, &Value> = heads.map(|head| (string(&head["metadata"]["namespace"]), head)).collect();
    let mut chunks: Vec<OccurrenceLedger> = all(objects.iter(), "OccurrenceLedger");
    chunks.sort_by_key(|chunk| chunk.name_any().rsplit('-').next().and_then(|number| number.parse::<i64>().ok()));
    // The newest valid row of an occurrence decides.
    let mut newest: BTreeMap<(&str, &str), &LedgerEntry> = BTreeMap::new();
    for chunk in &chunks {
        let namespace = chunk.metadata.namespace.as_deref().unwrap_or_default();
        for row in &chunk.spec.entries {
            let known = newest.get(&(namespace, row.key.as_str())).map_or(0, |known| known.epoch);
            if heads.get(namespace).is_some_and(|head| is_valid(head, row.epoch)) && known <= row.epoch {
                newest.insert((namespace, row.key.as_str()), row);
            }
        }
    }
    let mut people: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for ((namespace, _), row) in newest {
        if row.state == EntryState::Missed && Reason::of(row.reason.as_deref()) == Some(Reason::PlanExpired) {
            people.entry((namespace, row.workflow.as_str())).or_default().insert(row.subject.as_str());
        }
    }
    let line = |((namespace, workflow), people): (_, BTreeSet<&str>)| {
        let who = if people.len() == 1 { "1 person was".to_owned() } else { format!("{} people were", people.len()) };
        format!("Workflow {namespace}/{workflow}: {who} planned and not begun before the window ended: {}", Reason::PlanExpired)
    };
    people.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::form;

    #[test]
    fn whose_plan_expired_is_counted_until_something_else_becomes_of_them() {
        let chunk = |number: i64, rows: &[(i64, &str, &str, &str)]| {
            let row = |(epoch, key, state, reason): &(i64, &str, &str, &str)| {
                let (due, subject) = ("2026-03-10T00:00:00Z", format!("s{key}"));
                json!({"epoch": epoch, "key": key, "subject": subject, "workflow": "join", "category": "joiner", "state": state,
                    "due": due, "at": due, "reason": reason})
            };
            let rows: Vec<Value> = rows.iter().map(row).collect();
            json!({"kind": "OccurrenceLedger", "metadata": {"namespace": "a", "name": format!("occurrences-{number}")}, "entries": rows})
        };
        let head = json!({
            "kind": "TenantLedger", "metadata": {"namespace": "a", "name": "default"}, "sealedEpoch": 5, "abandoned": [{"from": 3, "to": 3}],
        });
        let missed =
            |epoch, key| [(epoch, key, "released", Reason::PlanExpired.as_str()), (epoch, key, "missed", Reason::PlanExpired.as_str())];
        let (late, again) = ([(2, "1", "missed", "WindowEnded")], [(4, "1", "released", "Changed"), (4, "1", "planned", "")]);
        // (what, the rows in two chunks, of how many it tells)
        let cases = [
            ("nothing was missed", vec![], vec![], 0),
            ("one expired", missed(2, "1").to_vec(), vec![], 1),
            ("two expired", missed(2, "1").to_vec(), missed(4, "2").to_vec(), 2),
            ("it was known too late", late.to_vec(), vec![], 0),
            ("another value of theirs was planned since", missed(2, "1").to_vec(), again.to_vec(), 0),
            ("the chunks are in another order", again.to_vec(), missed(2, "1").to_vec(), 0),
            ("the evaluation was abandoned", missed(3, "1").to_vec(), vec![], 0),
            ("the evaluation is not sealed", missed(6, "1").to_vec(), vec![], 0),
        ];
        for (what, first, second, count) in cases {
            let older = [chunk(10, &second), head.clone(), chunk(2, &first)];
            let written = older.clone().map(|object| match form::typed::<OccurrenceLedger>(&object) {
                Ok(chunk) if object["kind"] == "OccurrenceLedger" => form::value(&chunk),
                _ => object,
            });
            let found = expired(&written);
            assert_eq!(expired(&older), found, "{what}: as older releases wrote it");
            let who = if count == 1 { "1 person was".to_owned() } else { format!("{count} people were") };
            let wanted = format!("Workflow a/join: {who} planned and not begun before the window ended: PlanExpired");
            assert_eq!(found, if count == 0 { Vec::new() } else { vec![wanted] }, "{what}");
        }
        assert!(expired(&[chunk(1, &missed(2, "1"))]).is_empty(), "without a head nothing counts");
    }
}
