//! `tenure tasks`.

use clap::Args;
use serde_json::{Value, json};

use super::output::{Output, print, show};
use super::table::Table;
use crate::api;
use crate::catalog::{Argument, TASKS, TaskDefinition};

/// Lists what a workflow can do: the 31 task definitions.
///
/// A task is one member of an entry of `spec.tasks`: `{name: enable, enableUserAccount: {}}`. An argument with a star is
/// required. `kubectl explain wf.spec.tasks` shows the same on a cluster.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:

    tenure tasks
    tenure tasks | grep leaver
    tenure tasks --output json | jq -r '.[] | select(.effectClass == \"destructive\") | .name'
    tenure tasks --output json | jq '.[] | select(.name == \"assignLicenses\") | .arguments'")]
pub(super) struct TasksArgs {
    /// A table for people, or an array with one object for each definition.
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
}

const LEGEND: &str = "\
EFFECT is what the task can do to a person. UNDO: what was there before is kept, and is enough to bring it back.
An argument with * is required; tenure tasks --output json says what each argument holds.";

pub(super) fn run(args: &TasksArgs) -> u8 {
    match args.output {
        Output::Text => show(&format!("{}\n{LEGEND}\n", table())),
        Output::Json => print(&format!("{:#}\n", Value::Array(list()))),
    }
}

fn table() -> String {
    let header = ["NO", "TASK", "CATEGORIES", "EFFECT", "UNDO", "ARGUMENTS"];
    let star = |argument: &Argument| format!("{}{}", argument.name, if argument.required { "*" } else { "" });
    let row = |task: &TaskDefinition| {
        [
            format!("{:2}", task.number),
            task.name.to_owned(),
            categories(task).join(", "),
            task.effect.as_str().to_owned(),
            if task.reversible { "yes" } else { "-" }.to_owned(),
            task.arguments.iter().map(star).collect::<Vec<_>>().join(", "),
        ]
    };
    Table { header, rows: TASKS.iter().map(row).collect() }.render()
}

fn categories(task: &TaskDefinition) -> Vec<&'static str> {
    task.categories.iter().map(|category| category.as_str()).collect()
}

fn list() -> Vec<Value> {
    let schema = task_schema();
    let argument = |task: &TaskDefinition, argument: &Argument| {
        let pointer = format!("/properties/{}/properties/{}", task.name, argument.name);
        let kind = schema.pointer(&pointer).map(type_name);
        json!({"name": argument.name, "required": argument.required, "description": argument.description, "type": kind})
    };
    let definition = |task: &TaskDefinition| {
        let arguments: Vec<Value> = task.arguments.iter().map(|found| argument(task, found)).collect();
        json!({
            "number": task.number,
            "name": task.name,
            "guid": task.guid,
            "displayName": task.display_name,
            "categories": categories(task),
            "effectClass": task.effect.as_str(),
            "arguments": arguments,
            "reversible": task.reversible,
        })
    };
    TASKS.iter().map(definition).collect()
}

/// The schema of one entry of `spec.tasks`: the types of arguments are read there and not written down again.
fn task_schema() -> Value {
    let crds = api::crds();
    let workflow = crds.iter().find(|crd| crd.spec.names.kind == "Workflow");
    let schema = workflow.and_then(|crd| crd.spec.versions.first()?.schema.as_ref()?.open_api_v3_schema.as_ref());
    // The schema type of the client library always becomes JSON.
    let schema = schema.map(|schema| serde_json::to_value(schema).unwrap_or_default()).unwrap_or_default();
    schema.pointer("/properties/spec/properties/tasks/items").cloned().unwrap_or_default()
}

/// `string`, `integer`, `boolean`, `object`, or one of these with `[]` for a list.
fn type_name(schema: &Value) -> String {
    match schema["type"].as_str().unwrap_or_default() {
        "array" => format!("{}[]", type_name(&schema["items"])),
        other => other.to_owned(),
    }
}
