//! What people write into records and file names, and what it can do to the terminal or the CI system that shows it.

#![expect(clippy::expect_used, reason = "a test ends by panicking, and so do its helpers")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A line of its own, a sequence that clears the screen, one of C1, one that turns the direction of writing,
/// and what CI systems obey.
const HOSTILE: &str = "x\nforged\n::warning::forged\n##vso[task.complete]\x1b[2J\u{9b}2J\u{202e}\r##[error]forged";

fn object(kind: &str, name: &str, spec: &Value) -> String {
    let metadata = json!({"name": name, "namespace": "acme"});
    let text = json!({"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}).to_string();
    // YAML has no controls of C1 as they are.
    format!("{}\n---\n", text.replace('\u{9b}', "\\u009b"))
}

/// A tenant in which everything that is free text is hostile.
fn tenant() -> String {
    let trigger = json!({"timeBasedAttribute": {"attribute": "employeeHireDate"}});
    let rule = json!({"rule": "displayName ne 'y' and jobTitle eq 'z'"});
    let tasks = json!([{"name": "decided", "displayName": HOSTILE, "addUserToGroups": {"groups": ["nobody"]}}]);
    let workflow = json!({"category": "joiner", "displayName": HOSTILE, "isSchedulingEnabled": true,
        "executionConditions": {"scope": rule, "trigger": trigger}, "tasks": tasks});
    let mut broken = workflow.clone();
    broken["executionConditions"]["scope"]["rule"] = json!(format!("department eq\n::error::forged {HOSTILE}"));
    let user = json!({"displayName": HOSTILE, "department": HOSTILE, "jobTitle": HOSTILE, "employeeHireDate": "2026-01-02",
        "employeeLeaveDateTime": HOSTILE});
    let changed = json!({"displayName": format!("{HOSTILE} again"), "department": HOSTILE, "employeeHireDate": "2026-01-02"});
    let later = object("User", "ava", &changed)
        .replace(r#""name":"ava""#, r#""annotations":{"tenure.dev/simulate-at":"2026-01-03T00:00:00Z"},"name":"ava""#);
    assert!(later.contains("simulate-at"), "{later}");
    [
        object("Directory", "people", &json!({"embedded": {}})),
        object("TenantSchedule", "default", &json!({"directory": "people"})),
        object("Workflow", "joiner", &workflow),
        object("Workflow", "broken", &broken),
        object("User", "ava", &user),
        later,
    ]
    .concat()
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenure"));
    command.current_dir(folder).args(arguments).env("CLICOLOR_FORCE", "1").output().expect("the program starts")
}

/// What is written is obeyed by nobody, and no line is forged.
fn is_harmless(what: &[&str], bytes: &[u8]) {
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    let mut plain = text.clone();
    for colour in ["\x1b[0m", "\x1b[1m", "\x1b[31m"] {
        plain = plain.replace(colour, "");
    }
    let told = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!plain.contains(told), "{what:?}: {plain:?}");
    assert!(!plain.contains("##vso[") && !plain.contains("##["), "{what:?}: {plain}");
    for line in plain.lines() {
        assert!(!line.trim_start().starts_with("::"), "{what:?}: {line}");
        assert_ne!(line.trim(), "forged", "{what:?}: {plain}");
    }
}

#[test]
fn no_text_of_others_is_obeyed_or_taken_for_a_line_of_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = "::error::forged\u{202e}\x1b[2J.yaml";
    fs::write(folder.path().join(name), tenant()).expect("a file");
    fs::write(folder.path().join("tenant.yaml"), tenant()).expect("a file");
    let period = ["--from", "2026-01-01", "--until", "2026-01-05"];
    let told = "x\\nforged\\n::warning::forged\\n";
    for (arguments, text) in [
        (&["simulate", "tenant.yaml", period[0], period[1], period[2], period[3]][..], told),
        (&["simulate", "tenant.yaml", "--output", "json", period[0], period[1], period[2], period[3]], told),
        (&["explain", "ava", "--at", "2026-01-02T12:00:00Z", "--from", "2026-01-01", "--simulate", "tenant.yaml"], told),
        (
            &["explain", "ava", "--output", "json", "--at", "2026-01-02T12:00:00Z", "--from", "2026-01-01", "--simulate", "tenant.yaml"],
            told,
        ),
        (&["validate", "tenant.yaml"], "tenant.yaml:"),
        (&["validate", "tenant.yaml", "--output", "json"], "\"mistakes\""),
        (&["validate", name], "\\u003a:error::forged\\u202e\\u001b[2J.yaml"),
        (&["simulate", name, "missing\n::error::x.yaml"], "missing\\n::error::x.yaml"),
    ] {
        let output = run(folder.path(), arguments);
        is_harmless(arguments, &output.stdout);
        is_harmless(arguments, &output.stderr);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(said.contains(text), "{arguments:?} lacks {text}: {said}");
    }
}
