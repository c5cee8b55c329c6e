//! Who was planned and not done within the window, at the end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::object::string;
use super::observer::is_valid;
use crate::api::EntryState;
use crate::api::reasons::Reason;

/// A line for each workflow whose plans expired: with how many people nobody has done anything about since.
pub(super) fn expired(objects: &[Value]) -> Vec<String> {
    let heads = objects.iter().filter(|object| object["kind"] == "TenantLedger");
    let heads: BTreeMap<&str, &Value> = heads.map(|head| (string(&head["metadata"]["namespace"]), head)).collect();
    let mut chunks: Vec<&Value> = objects.iter().filter(|object| object["kind"] == "OccurrenceLedger").collect();
    chunks.sort_by_key(|chunk| string(&chunk["metadata"]["name"]).rsplit('-').next().and_then(|number| number.parse::<i64>().ok()));
    // The newest valid row of an occurrence decides.
    let mut newest: BTreeMap<(&str, &str), &Value> = BTreeMap::new();
    for chunk in chunks {
        let namespace = string(&chunk["metadata"]["namespace"]);
        for row in chunk["entries"].as_array().into_iter().flatten() {
            let epoch = |row: &Value| row["epoch"].as_i64().unwrap_or_default();
            let known = newest.get(&(namespace, string(&row["key"]))).map_or(0, |known| epoch(known));
            if heads.get(namespace).is_some_and(|head| is_valid(head, epoch(row))) && known <= epoch(row) {
                newest.insert((namespace, string(&row["key"])), row);
            }
        }
    }
    let mut people: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for ((namespace, _), row) in newest {
        if row["state"] == EntryState::Missed.as_str() && Reason::of(row["reason"].as_str()) == Some(Reason::PlanExpired) {
            people.entry((namespace, string(&row["workflow"]))).or_default().insert(string(&row["subject"]));
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

    #[test]
    fn whose_plan_expired_is_counted_until_something_else_becomes_of_them() {
        let chunk = |number: i64, rows: &[(i64, &str, &str, &str)]| {
            let row = |(epoch, key, state, reason): &(i64, &str, &str, &str)| json!({"epoch": epoch, "key": key, "subject": format!("s{key}"), "workflow": "join", "state": state, "reason": reason});
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
            let found = expired(&[chunk(10, &second), head.clone(), chunk(2, &first)]);
            let who = if count == 1 { "1 person was".to_owned() } else { format!("{count} people were") };
            let wanted = format!("Workflow a/join: {who} planned and not begun before the window ended: PlanExpired");
            assert_eq!(found, if count == 0 { Vec::new() } else { vec![wanted] }, "{what}");
        }
        assert!(expired(&[chunk(1, &missed(2, "1"))]).is_empty(), "without a head nothing counts");
    }
}
