//! The command line as a person meets it: the real program, its output and its exit codes.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};

use serde_json::Value;
use tenure::api::task::MEMBERS;
use tenure::api::{Directory, WorkflowSpec};
use tenure::catalog::{TASKS, TEMPLATES, TaskDefinition, Template};
use tenure::domain::validate::{Referents, workflow_problems};
use tenure::sim::schema::Schema;

fn tenure(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenure"));
    command.args(arguments).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("CLICOLOR");
    command
}

fn run(arguments: &[&str]) -> Output {
    tenure(arguments).output().expect("the program starts")
}

/// What the program prints; it ends well and complains of nothing.
fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{arguments:?}: {}: {complaint}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

fn json(arguments: &[&str]) -> Vec<Value> {
    serde_json::from_str(&stdout(arguments)).expect("an array")
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(|word| word.as_str().expect("a text")).collect()
}

#[test]
fn tasks_as_json_are_the_catalogue() {
    const KEYS: [&str; 8] = ["arguments", "categories", "displayName", "effectClass", "guid", "name", "number", "reversible"];
    let printed = json(&["tasks", "--output", "json"]);
    let names: Vec<&str> = printed.iter().map(|task| task["name"].as_str().expect("a name")).collect();
    assert_eq!(names, MEMBERS);
    for (task, definition) in printed.iter().zip(&TASKS) {
        let keys: BTreeSet<&str> = task.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys, KEYS.into(), "{}", definition.name);
        assert_eq!(task["number"], definition.number);
        assert_eq!(task["guid"], definition.guid);
        assert_eq!(task["displayName"], definition.display_name);
        assert_eq!(task["reversible"], definition.reversible);
        assert_eq!(task["effectClass"], definition.effect.as_str());
        assert_eq!(words(&task["categories"]), definition.categories.iter().map(|found| found.as_str()).collect::<Vec<_>>());
        check_arguments(task, definition);
    }
}

fn check_arguments(task: &Value, definition: &TaskDefinition) {
    let printed = task["arguments"].as_array().expect("arguments are a list");
    assert_eq!(printed.len(), definition.arguments.len(), "{}", definition.name);
    for (printed, argument) in printed.iter().zip(definition.arguments) {
        let kind = match argument.name {
            "lifetimeMinutes" | "daysUntilExpiration" => "integer",
            "isUsableOnce" => "boolean",
            "to" | "cc" | "groups" | "teams" | "licenses" => "string[]",
            "attributes" => "object[]",
            _ => "string",
        };
        assert_eq!(printed["name"], argument.name);
        assert_eq!(printed["required"], argument.required);
        assert_eq!(printed["description"], argument.description);
        assert_eq!(printed["type"], kind, "{}: {}", definition.name, argument.name);
    }
}

#[test]
fn tables_fit_the_screen_and_hold_everything() {
    let tables = [("tasks", TASKS.map(|task| task.name).to_vec()), ("templates", TEMPLATES.map(|template| template.name).to_vec())];
    for (command, names) in tables {
        let text = stdout(&[command]);
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
        for name in names {
            assert_eq!(text.lines().filter(|line| line.split_whitespace().any(|word| word == name)).count(), 1, "{name}: {text}");
        }
    }
}

#[test]
fn colours_are_for_terminals() {
    for arguments in [&["tasks"][..], &["templates"], &["--help"], &["tasks", "--help"]] {
        assert!(!stdout(arguments).contains('\x1b'), "{arguments:?}");
        let forced = tenure(arguments).env("CLICOLOR_FORCE", "1").output().expect("the program starts");
        assert!(String::from_utf8_lossy(&forced.stdout).contains('\x1b'), "{arguments:?} has colours where they are wanted");
    }
}

#[test]
fn templates_as_json_are_the_catalogue() {
    let printed = json(&["templates", "-o", "json"]);
    assert_eq!(printed.len(), TEMPLATES.len());
    for (printed, template) in printed.iter().zip(&TEMPLATES) {
        assert_eq!(printed["name"], template.name);
        assert_eq!(printed["displayName"], template.display_name);
        assert_eq!(printed["guid"].as_str(), template.guid);
        assert_eq!(printed["category"], template.category.as_str());
        assert_eq!(words(&printed["tasks"]), template.tasks.iter().map(|task| task.task).collect::<Vec<_>>());
    }
}

/// The documents of a manifest.
fn documents(text: &str) -> Vec<Value> {
    serde_yaml::from_multiple(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The schemas by kind.
fn schemas() -> BTreeMap<String, Schema> {
    let compile = |version: &_| Schema::compile(&serde_json::to_value(version).expect("a schema is JSON"));
    let crds = tenure::api::crds().into_iter().map(|crd| {
        let schema = crd.spec.versions[0].schema.as_ref().and_then(|schema| schema.open_api_v3_schema.as_ref());
        (crd.spec.names.kind.clone(), compile(schema.expect("a definition has a schema")))
    });
    crds.collect()
}

/// The Workflow of a template: everything printed is admitted, and nothing keeps the Workflow from being Ready.
fn workflow(template: &Template, arguments: &[&str], schemas: &BTreeMap<String, Schema>) -> (String, WorkflowSpec) {
    let text = stdout(&[&["template", template.name], arguments].concat());
    let mut documents = documents(&text);
    for document in &mut documents {
        let kind = document["kind"].as_str().expect("a kind").to_owned();
        let admitted = schemas[&kind].admit(document.take(), None, true);
        *document = admitted.unwrap_or_else(|found| panic!("{}: {kind}: {found:?}\n{text}", template.name));
    }
    let names: BTreeSet<(&str, &str)> = documents
        .iter()
        .map(|found| (found["kind"].as_str().expect("a kind"), found["metadata"]["name"].as_str().expect("a name")))
        .collect();
    assert_eq!(names.len(), documents.len(), "{text}");
    assert!(names.contains(&("Directory", "example-directory")), "{text}");
    for name in ["example-group", "example-team"] {
        assert_eq!(documents[0].to_string().contains(name), names.contains(&("Group", name)), "{text}");
    }
    assert_eq!(documents[0].to_string().contains("example-extension"), names.contains(&("CustomTaskExtension", "example-extension")));
    assert_eq!(documents[0]["kind"], "Workflow");
    let name = documents[0]["metadata"]["name"].as_str().expect("a name").to_owned();
    (name, serde_json::from_value(documents[0]["spec"].take()).expect("a spec"))
}

#[test]
fn every_template_is_a_workflow_that_can_be_applied() {
    let schemas = schemas();
    let embedded = serde_json::from_str(r#"{"embedded": {}}"#).expect("a spec");
    let directory = "example-directory";
    let directories = BTreeMap::from([(directory.to_owned(), Directory::new(directory, embedded))]);
    let tenant = Referents { schedule: None, directories: &directories };
    for template in &TEMPLATES {
        let (name, spec) = workflow(template, &[], &schemas);
        assert_eq!(name, template.name);
        assert_eq!(spec.category.as_str(), template.category.as_str());
        assert_eq!(spec.display_name.as_deref(), Some(template.display_name));
        let tasks: Vec<&str> = spec.tasks.iter().map(|task| task.action().expect("a task").name()).collect();
        assert_eq!(tasks, template.tasks.iter().map(|task| task.task).collect::<Vec<_>>());
        assert_eq!(workflow_problems(&spec, &tenant), [], "{name}");
        let (renamed, same) = workflow(template, &["--name", "mine"], &schemas);
        assert_eq!((renamed.as_str(), same), ("mine", spec));
    }
}

#[test]
fn mistakes_are_explained_and_end_with_2() {
    let cases: [(&[&str], &str); 7] = [
        (&["template", "onboard-new-hires"], "'onboard-new-hire'"),
        (&["template", "offbord"], "'offboard'"),
        (&["template", "offboard", "--name", "Leavers"], "lower-case letters"),
        (&["template"], "<TEMPLATE>"),
        (&["completions", "cobol"], "possible values: bash"),
        (&["tasks", "--output", "yaml"], "possible values: text, json"),
        (&["simulat"], "'simulate'"),
    ];
    for (arguments, complaint) in cases {
        let output = run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(complaint) && output.stdout.is_empty(), "{arguments:?}: `{said}` lacks `{complaint}`");
    }
}

/// A kind that would have no effect yet is not played as if it had one.
#[test]
fn a_hold_cannot_be_simulated_yet() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hold.yaml");
    std::fs::write(&file, "apiVersion: tenure.dev/v1alpha1\nkind: Hold\nmetadata: {name: case-17}\n").expect("a file");
    let output = run(&["simulate", file.to_str().expect("a path")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("hold.yaml:2") && said.contains("kind Hold is not available yet"), "{said}");
}

#[test]
fn help_of_every_command_teaches_with_examples() {
    let commands = subcommands();
    for known in ["simulate", "tasks", "templates", "template", "completions", "crds", "evaluate", "execute"] {
        assert!(commands.contains(known), "{known} is missing in {commands:?}");
    }
    for command in &commands {
        let help = stdout(&[command, "--help"]);
        let (before, examples) = help.split_once("Examples:").unwrap_or_else(|| panic!("{command} has no examples: {help}"));
        assert!(before.trim_start().starts_with(char::is_uppercase), "{command} says what it does: {help}");
        assert!(examples.contains(&format!("tenure {command}")), "{command} shows itself: {help}");
        // A line that was too long would go on at the margin.
        assert!(examples.lines().all(|line| line.is_empty() || line.starts_with("    ")), "{help}");
        for line in examples.lines().filter_map(|line| line.trim().strip_prefix("tenure ")) {
            let named = line.split(' ').next().expect("a word");
            assert!(commands.contains(named), "{command}: there is no command {named}: {line}");
        }
        assert!(help.lines().all(|line| line.chars().count() <= 120), "{help}");
    }
}

/// The commands that `tenure --help` lists, but for help itself.
fn subcommands() -> BTreeSet<String> {
    let help = stdout(&["--help"]);
    let (_, commands) = help.split_once("Commands:\n").expect("a list of commands");
    let (commands, _) = commands.split_once("\n\n").expect("an end of the list");
    let names = commands.lines().map(|line| line.split_whitespace().next().unwrap_or_default().to_owned());
    names.filter(|name| name != "help").collect()
}

#[test]
fn completions_know_commands_options_and_templates() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&["completions", shell]);
        // What is printed for fish does not complete the values of arguments without a flag.
        for word in ["simulate", "template", "output", if shell == "fish" { "json" } else { "onboard-new-hire" }] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    let complete = |words: &str, position: usize| {
        let script = format!(
            "source <(\"$TENURE\" completions bash)\nCOMP_WORDS=({words}); COMP_CWORD={position}\n\
             _tenure tenure \"${{COMP_WORDS[{position}]}}\" \"${{COMP_WORDS[{position} - 1]}}\"\necho \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash").args(["-c", &script]).env("TENURE", env!("CARGO_BIN_EXE_tenure")).output().expect("bash");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    };
    assert_eq!(complete("tenure simu", 1), "simulate");
    assert_eq!(complete("tenure template onb", 2), "onboard-pre-hire onboard-new-hire");
    assert_eq!(complete("tenure tasks --output j", 3), "json");
}
