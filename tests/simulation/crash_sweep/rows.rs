//! The rows of the ledger and the results of slices, of whichever form, with names for their members.

use serde_json::Value;
use tenure::api::{OccurrenceLedger, RunSlice, form};

/// The rows of a chunk in the order in which they were written; none of another object.
pub fn rows_of(object: &Value) -> Vec<Value> {
    if object["kind"] != "OccurrenceLedger" {
        return Vec::new();
    }
    let chunk: OccurrenceLedger = form::typed(object).expect("a chunk");
    chunk.spec.entries.iter().map(form::value).collect()
}

/// The rows of these chunks in the order in which they count.
pub fn ledger_rows<'a>(chunks: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    let mut chunks: Vec<&Value> = chunks.collect();
    chunks.sort_by_key(|chunk| chunk["metadata"]["name"].as_str()?.rsplit('-').next()?.parse::<i64>().ok());
    let mut rows: Vec<Value> = chunks.into_iter().flat_map(rows_of).collect();
    rows.sort_by_key(|row| row["epoch"].as_i64());
    rows
}

/// The results of a slice, each whole, with its tasks.
pub fn results_of(slice: &Value) -> Vec<Value> {
    let slice: RunSlice = form::typed(slice).expect("a slice");
    slice.spec.results.iter().map(form::value).collect()
}

/// The objects, and every result of a slice whole.
pub fn with_whole_results(mut objects: Vec<Value>) -> Vec<Value> {
    for slice in objects.iter_mut().filter(|object| object["kind"] == "RunSlice") {
        slice["results"] = results_of(slice).into();
    }
    objects
}
