//! `tenure validate` and the table of what the API server admits, see `tests/crds`: what is refused there is refused by
//! it too, and of what is accepted there it says nothing that the API server would say.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::program;
use crate::crds::case::{Case, Expected};
use crate::crds::{cases_around, cases_directory, cases_run, cases_tasks, cases_tenant, cases_workflow};

/// How the sentences of the API server begin.
const SERVER: [&str; 8] =
    ["Invalid value", "Unsupported value", "Required value", "Too long", "Too many", "Duplicate value", "unknown field", "must be of type"];

/// Kinds that only the programs write.
const PROGRAMS: [&str; 2] = ["Account", "ExtensionCall"];

/// The cases that people could write into a file: what is created, of their own kinds.
fn table() -> Vec<Case> {
    let groups = [
        cases_workflow::cases(),
        cases_tasks::cases(),
        cases_run::cases(),
        cases_tenant::cases(),
        cases_directory::cases(),
        cases_around::cases(),
    ];
    let mut cases: Vec<Case> = groups.into_iter().flatten().collect();
    cases.retain(|case| case.before.is_none() && !case.in_status && !PROGRAMS.contains(&case.kind));
    cases
}

#[test]
fn what_the_api_server_refuses_is_refused() {
    let table = table();
    let folder = tempfile::tempdir().expect("a folder");
    // Each in a file and a namespace of its own, so that one start of the program answers for all.
    for (index, case) in table.iter().enumerate() {
        let mut object = case.object.clone();
        object["metadata"]["namespace"] = json!(format!("case-{index}"));
        std::fs::write(folder.path().join(format!("{index}.json")), object.to_string()).expect("written");
    }
    let answer = program::validate(&[folder.path()], &["--partial"]);
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for finding in answer.findings {
        let stem = Path::new(&finding.file).file_stem().expect("a file").to_string_lossy().into_owned();
        let index = stem.parse().expect("a number");
        found.entry(index).or_default().push(format!("{}: {}", finding.path, finding.message));
    }
    let mut complaints = Vec::new();
    for (index, case) in table.iter().enumerate() {
        let said = found.remove(&index).unwrap_or_default();
        let by_server = |line: &&String| SERVER.iter().any(|begin| line.contains(&format!(": {begin}")));
        match &case.expected {
            Expected::Refused(words) if said.is_empty() => complaints.push(format!("{}: nothing is said, wanted: {words}", case.name)),
            Expected::Accepted if said.iter().any(|line| by_server(&line)) => complaints.push(format!("{}: {said:?}", case.name)),
            Expected::Refused(_) | Expected::Accepted => {}
        }
    }
    let refused = table.iter().filter(|case| matches!(case.expected, Expected::Refused(_))).count();
    println!("validate: {} objects, {refused} of them refused by the API server, {} complaints", table.len(), complaints.len());
    assert!(refused > 100, "only {refused} objects are refused");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
