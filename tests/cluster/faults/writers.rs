//! Who wrote what into slices: the result of a subject is written by one attempt, once, and an attempt whose successor
//! has written writes no more.

use std::collections::BTreeMap;

use serde_json::Value;
use tenure::domain::job::execution_job_name;

/// More attempts than any Run of a story has.
const MOST_ATTEMPTS: i32 = 50;

/// A subject of a slice.
type Place = (String, String);

fn is_final(status: &str) -> bool {
    matches!(status, "completed" | "completedWithErrors" | "canceled" | "failed")
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The attempt of a pod that executes the Run itself; others write into its slices what they have decided about subjects.
fn attempt(pod: &str, run: &str) -> Option<i32> {
    (1..=MOST_ATTEMPTS).find(|attempt| pod.strip_prefix(&execution_job_name(run, *attempt)).is_some_and(|rest| rest.starts_with('-')))
}

/// What is wrong with the writes, which are given as the API server stored them, in any order.
pub fn trespasses(writes: &[(&str, &Value)]) -> Vec<String> {
    let mut writes = writes.to_vec();
    writes.sort_by_key(|(_, slice)| text(slice, "/metadata/resourceVersion").parse::<u64>().unwrap_or_default());
    let mut found = Vec::new();
    let mut ended: BTreeMap<Place, (String, String)> = BTreeMap::new();
    let mut newest: BTreeMap<String, i32> = BTreeMap::new();
    for (writer, slice) in writes {
        if let Some(attempt) = attempt(writer, text(slice, "/run")) {
            let newest = newest.entry(text(slice, "/metadata/uid").to_owned()).or_default();
            if attempt < *newest {
                found.push(format!("attempt {attempt} wrote into {} after attempt {newest}", text(slice, "/metadata/name")));
            }
            *newest = attempt.max(*newest);
        }
        let name = text(slice, "/metadata/name");
        for result in slice["results"].as_array().into_iter().flatten() {
            let place = (format!("{name} {}", text(slice, "/metadata/uid")), text(result, "/occurrence").to_owned());
            let subject = text(result, "/subject");
            let end = format!("{} {}", text(result, "/processingStatus"), text(result, "/reason"));
            match ended.get(&place) {
                Some((before, by)) if *before != end => {
                    found.push(format!("{subject} in {name} had ended as {before} by {by}, and {writer} wrote {end}"));
                }
                None if is_final(text(result, "/processingStatus")) => {
                    ended.insert(place, (end, writer.to_owned()));
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn write(version: u32, status: &str) -> Value {
        json!({
            "metadata": {"name": "s", "uid": "u", "resourceVersion": version.to_string()}, "run": "r",
            "results": [{"subject": "ann", "occurrence": "o", "processingStatus": status}],
        })
    }

    #[test]
    fn an_end_is_an_end() {
        let (queued, begun, done, canceled) = (write(1, "queued"), write(9, "inProgress"), write(10, "completed"), write(11, "canceled"));
        assert!(trespasses(&[("a", &done), ("a", &begun), ("a", &queued), ("b", &done)]).is_empty());
        assert_eq!(trespasses(&[("a", &done), ("b", &canceled)]).len(), 1, "another end");
        assert_eq!(trespasses(&[("b", &canceled), ("a", &write(12, "inProgress"))]).len(), 1, "begun again");
        let pod = |run: &str, attempt: i32, end: &str| format!("{}-{end}", execution_job_name(run, attempt));
        let (first, second, other, late) = (pod("r", 1, "x"), pod("r", 2, "y"), pod("other", 1, "x"), pod("r", 1, "y"));
        assert!(trespasses(&[(&first, &begun), (&other, &begun), (&second, &done)]).is_empty());
        assert_eq!(trespasses(&[(&second, &begun), (&late, &done)]).len(), 1, "an older attempt");
    }
}
