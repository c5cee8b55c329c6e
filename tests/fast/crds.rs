//! The resource definitions: that the committed files are those of the code, that they keep the house's rules, and
//! which objects they admit.
//!
//! One table says what is accepted and what is refused. It runs here through `tenure::sim::schema`, which is what
//! the simulation uses, and, with `TENURE_REAL_API=1`, on the API server that the kubeconfig names.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

pub mod case;
pub mod cases_around;
pub mod cases_directory;
mod cases_programs;
pub mod cases_run;
pub mod cases_tasks;
pub mod cases_tenant;
pub mod cases_workflow;
mod decodes;
mod lint;
mod local;
mod real;
mod rules;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use case::Case;

/// Every case of the table.
fn table() -> Vec<Case> {
    let groups = [
        cases_workflow::cases(),
        cases_tasks::cases(),
        cases_run::cases(),
        cases_tenant::cases(),
        cases_directory::cases(),
        cases_programs::cases(),
        cases_around::cases(),
    ];
    groups.into_iter().flatten().collect()
}

/// The definitions as JSON, with their plural.
fn definitions() -> Vec<(String, Value)> {
    let crds = tenure::api::crds().into_iter();
    crds.map(|crd| (crd.spec.names.plural.clone(), serde_json::to_value(&crd).expect("a definition is JSON"))).collect()
}

#[test]
fn the_committed_files_are_those_of_the_code() {
    const HINT: &str = "run `cargo run -- crds --out crds`";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds");
    let folder = std::env::var_os("TENURE_CRDS").map_or(folder, Into::into);
    let mut expected = BTreeSet::new();
    for (plural, definition) in definitions() {
        let name = format!("{plural}.yaml");
        let text = std::fs::read_to_string(folder.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}: {HINT}"));
        let committed: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}: {HINT}"));
        assert!(committed == definition, "crds/{name} is not what the code says: {HINT}");
        // A release of the chart keeps all of them in one Secret of at most 1 MiB.
        assert!(text.len() < 200_000, "crds/{name} has {} bytes, 200,000 are too many", text.len());
        expected.insert(name);
    }
    let files = std::fs::read_dir(&folder).expect("the folder crds");
    let found: BTreeSet<String> = files.map(|file| file.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(found, expected, "crds/ holds one file per kind and nothing else: {HINT}");
}

#[test]
fn the_definitions_keep_the_rules_of_the_house() {
    let complaints = lint::check(&definitions());
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The two categories and their kinds, as docs/install.md lists them and as the API server does.
#[test]
fn the_documentation_lists_what_each_category_has() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/install.md");
    let text = std::fs::read_to_string(path).expect("docs/install.md is there");
    let listed = |category: &str| -> BTreeSet<String> {
        let row =
            text.lines().find(|line| line.starts_with(&format!("| `{category}` |"))).unwrap_or_else(|| panic!("no row of {category}"));
        row.split('`').skip(3).step_by(2).map(str::to_owned).collect()
    };
    for category in ["tenure", "tenure-all"] {
        let all = definitions().into_iter();
        let found: BTreeSet<String> = all
            .filter(|(_, definition)| definition["spec"]["names"]["categories"] == serde_json::json!([category]))
            .map(|(plural, _)| plural)
            .collect();
        assert!(!found.is_empty() && listed(category) == found, "docs/install.md: {category}: {:?}, not {found:?}", listed(category));
    }
}

#[test]
fn the_names_of_the_cases_are_unique() {
    let table = table();
    let names: BTreeSet<&str> = table.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), table.len(), "two cases have the same name");
}

#[test]
fn the_table_holds_locally() {
    let table = table();
    let local = local::Local::new(&definitions());
    let failures: Vec<String> = table.iter().filter_map(|case| case.judge(&local.answer(case)).err()).collect();
    println!("crds: {} cases ran locally, {} failed", table.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_rule_accepts_and_refuses_somebody() {
    let table = table();
    let local = local::Local::new(&definitions());
    let rules = rules::all(&definitions());
    assert!(rules.len() > 20, "only {} rules were found", rules.len());
    let without = rules::without_cases(&rules, &table, &local);
    println!("crds: {} rules, each with a case that it accepts and one that it refuses", rules.len());
    assert!(without.is_empty(), "{}", without.join("\n"));
}

#[test]
fn a_rule_without_a_case_is_noticed() {
    let local = local::Local::new(&definitions());
    let rules = rules::all(&definitions());
    assert_eq!(rules::without_cases(&rules, &[], &local).len(), 2 * rules.len());
    let table: Vec<Case> = table().into_iter().filter(|case| !case.name.starts_with("freeze: ")).collect();
    let without = rules::without_cases(&rules, &table, &local);
    assert_eq!(without.len(), 2, "{without:?}");
    assert!(without.iter().all(|text| text.contains("from must be before until")), "{without:?}");
}

#[test]
fn the_table_holds_on_a_real_api_server() {
    if std::env::var("TENURE_REAL_API").as_deref() != Ok("1") {
        println!("SKIPPED: crds on a real API server: TENURE_REAL_API is not set");
        return;
    }
    let table = table();
    let local = local::Local::new(&definitions());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let failures = runtime.block_on(async {
        let server = real::Real::prepare().await.expect("a server with the definitions and a namespace");
        let mut failures = Vec::new();
        for case in &table {
            let answer = server.answer(case).await.unwrap_or_else(|error| panic!("{}: {error}", case.name));
            failures.extend(case.judge(&answer).err());
            failures.extend(case.compare(&local.answer(case), &answer).err());
        }
        println!("crds: create of a workflow with 25 tasks: median {:.1} ms", server.measure().await.expect("creates"));
        server.clear().await.expect("the namespace can be deleted");
        failures
    });
    println!("crds: {} cases ran on a real API server, {} complaints", table.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The definition's text for a field, on one line.
fn explained(definitions: &[(String, Value)], plural: &str, path: &str) -> String {
    let (_, definition) = definitions.iter().find(|(name, _)| name == plural).expect("a kind");
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let field = path.split('.').fold(schema, |schema, name| {
        let own = if schema["items"].is_object() { &schema["items"] } else { schema };
        &own["properties"][name]
    });
    let text = field["description"].as_str().unwrap_or_else(|| panic!("{plural} {path} has no text"));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Of a field that has a type of ours, one of two texts reaches the definition: what people must know stands in that one.
#[test]
fn what_people_must_know_is_explained() {
    let trigger = "spec.executionConditions.trigger";
    let cases = [
        ("directories", "spec.attributes.dateOnly".to_owned(), "default: `EndOfDay` for `employeeLeaveDateTime`"),
        ("directories", "spec.attributes.dateOnly".to_owned(), "A date-time at 00:00:00 is a time of day like any other."),
        ("users", "spec.employeeLeaveDateTime".to_owned(), "of which 00:00:00 is one"),
        ("workflows", format!("{trigger}.userInactivity"), "is due with the first evaluation"),
        ("workflows", format!("{trigger}.userInactivity"), "a hire date that has come"),
        ("workflows", format!("{trigger}.userInactivity"), "seen to be enabled again"),
        ("workflows", format!("{trigger}.userInactivity.neverSignedIn"), "Absent: they are never due."),
        (
            "workflows",
            format!("{trigger}.attributeChange.attributes"),
            "are one occurrence, due when the record has been still for a minute",
        ),
        ("workflows", "spec.executionLimits".to_owned(), "limits of the TenantSchedule bind it too"),
        (
            "workflows",
            "spec.executionLimits".to_owned(),
            "held above 50 people, or above 10 that are more than 10 % of the people in scope",
        ),
        ("workflows", "spec.executionLimits".to_owned(), "already as every task wants them does not count"),
        ("workflows", "spec.executionLimits.percent".to_owned(), "in percent of the people in the workflow's scope"),
        ("workflows", "spec.executionLimits.byEffectClass.percent".to_owned(), "in percent of the people in the workflow's scope"),
        ("tenantschedules", "spec.limits".to_owned(), "executionLimits of its Workflow bind it too"),
    ];
    let definitions = definitions();
    for (plural, path, sentence) in cases {
        let text = explained(&definitions, plural, &path);
        assert!(text.contains(sentence), "{plural} {path}: {sentence:?} is not in {text:?}");
    }
}
