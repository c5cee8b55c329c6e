//! `tenure templates`.

use clap::Args;
use serde_json::{Value, json};

use super::output::{Output, print, show};
use super::table::Table;
use crate::catalog::{DefaultTrigger, TEMPLATES, Template};

/// Lists the 15 workflows to start from; `tenure template NAME` prints one as a manifest.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:

    tenure templates
    tenure templates --output json | jq -r '.[] | select(.category == \"leaver\") | .name'
    tenure template onboard-new-hire > first-day.yaml")]
pub(super) struct TemplatesArgs {
    /// A table for people, or an array with one object for each template.
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(args: &TemplatesArgs) -> u8 {
    match args.output {
        Output::Text => show(&table()),
        Output::Json => print(&format!("{:#}\n", Value::Array(TEMPLATES.iter().map(describe).collect()))),
    }
}

fn table() -> String {
    let row = |template: &Template| {
        let tasks: Vec<&str> = template.tasks.iter().map(|task| task.task).collect();
        [template.name.to_owned(), template.category.as_str().to_owned(), when(template.trigger), tasks.join(", ")]
    };
    Table { header: ["TEMPLATE", "CATEGORY", "WHEN", "TASKS"], rows: TEMPLATES.iter().map(row).collect() }.render()
}

fn describe(template: &Template) -> Value {
    let tasks: Vec<&str> = template.tasks.iter().map(|task| task.task).collect();
    json!({
        "name": template.name,
        "displayName": template.display_name,
        "guid": template.guid,
        "category": template.category.as_str(),
        "when": when(template.trigger),
        "tasks": tasks,
    })
}

/// What starts the workflow, as a fragment for people.
fn when(trigger: DefaultTrigger) -> String {
    match trigger {
        DefaultTrigger::OnDemand => "on demand".to_owned(),
        DefaultTrigger::TimeBasedAttribute { attribute, offset_in_days: 0 } => format!("on {attribute}"),
        DefaultTrigger::TimeBasedAttribute { attribute, offset_in_days } => {
            let side = if offset_in_days < 0 { "before" } else { "after" };
            format!("{} days {side} {attribute}", offset_in_days.abs())
        }
        DefaultTrigger::AttributeChange { attribute } => format!("{attribute} changes"),
        DefaultTrigger::MembershipAdded => "added to a group".to_owned(),
        DefaultTrigger::UserInactivity { inactivity_period_in_days } => format!("{inactivity_period_in_days} days without sign-in"),
        DefaultTrigger::GuestSponsor { minimum_required_sponsors: 1 } => "guest without a sponsor".to_owned(),
        DefaultTrigger::GuestSponsor { minimum_required_sponsors } => format!("guest with fewer than {minimum_required_sponsors} sponsors"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_reads_like_a_sentence() {
        let on = |offset_in_days| when(DefaultTrigger::TimeBasedAttribute { attribute: "employeeHireDate", offset_in_days });
        assert_eq!(on(-7), "7 days before employeeHireDate");
        assert_eq!(on(0), "on employeeHireDate");
        assert_eq!(on(7), "7 days after employeeHireDate");
    }
}
