//! `tenure variables`.

use clap::Args;
use serde_json::{Value, json};

use super::output::{Output, print, show};
use super::table::Table;
use crate::domain::variable::{OLD_NAMES, VARIABLES, Variable};

/// Lists the variables of mails and of new values of attributes.
///
/// A variable stands in double braces: `ZZ {{user.displayName}}`. Texts that take them are `customSubject` and `customBody`
/// of mails, and the values of `updateUserAttributes`. What `to` and `cc` take is one `{{user.<attribute>}}` an entry.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:

    tenure variables
    tenure variables --output json | jq -r '.[].name'")]
pub(super) struct VariablesArgs {
    /// A table for people, or an array with one object for each variable.
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
}

const LEGEND: &str = "\
<attribute> is one that rules know, such as department, employeeOrgData/costCenter or what the Directory maps.
A variable that is unknown makes the Workflow not Ready; one without a value fails the task.
New values write a date as 2026-03-31; one that is the whole value is copied as the record has it.";

pub(super) fn run(args: &VariablesArgs) -> u8 {
    match args.output {
        Output::Text => show(&format!("{}\n{LEGEND}\n", table())),
        Output::Json => print(&format!("{:#}\n", Value::Array(list()))),
    }
}

fn place(variable: &Variable) -> &'static str {
    if variable.is_of_pass { "generateTemporaryAccessPass" } else { "mails and values" }
}

fn table() -> String {
    let row = |variable: &Variable| [variable.name.to_owned(), place(variable).to_owned(), variable.meaning.to_owned()];
    let old = OLD_NAMES.iter().map(|(old, new)| [(*old).to_owned(), "mails and values".to_owned(), format!("older name of {new}")]);
    Table { header: ["VARIABLE", "WHERE", "STANDS FOR"], rows: VARIABLES.iter().map(row).chain(old).collect() }.render()
}

fn list() -> Vec<Value> {
    let one = |variable: &Variable| json!({"name": variable.name, "isOfPass": variable.is_of_pass, "meaning": variable.meaning});
    let old = OLD_NAMES.iter().map(|(old, new)| json!({"name": old, "isOfPass": false, "meaning": format!("older name of {new}")}));
    VARIABLES.iter().map(one).chain(old).collect()
}
