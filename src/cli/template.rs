//! `tenure template NAME`: a manifest to start from.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::output::{BAD_INPUT, complain, print};
use crate::api::meta::{GROUP, VERSION};
use crate::catalog::{self, Argument, DefaultTrigger, SAMPLE_SCOPE_RULE, TEMPLATES, Template, TemplateTask, Value};
use crate::domain::change::unavailable;

/// Most characters of a Workflow's name.
const NAME_LENGTH: usize = 36;

/// Prints a template as a manifest with comments, ready to be changed and applied.
///
/// It is accepted as it is. What it names, groups for example, is printed after it under invented names.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:

    tenure template onboard-new-hire
    tenure template offboard --name sales-leavers > sales-leavers.yaml
    tenure template pre-offboarding | kubectl apply --dry-run=server -f -")]
pub(super) struct TemplateArgs {
    /// The template; `tenure templates` lists them.
    #[arg(value_parser = PossibleValuesParser::new(TEMPLATES.iter().map(|template| template.name)), hide_possible_values = true)]
    template: String,
    /// Name of the Workflow; default: the template's.
    #[arg(long, value_parser = workflow_name)]
    name: Option<String>,
}

/// A name that a Workflow can have.
fn workflow_name(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = text.bytes().all(fits) && !text.starts_with('-') && !text.ends_with('-');
    if is_name && (1..=NAME_LENGTH).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(format!("expected at most {NAME_LENGTH} lower-case letters, digits and dashes, no dash at either end"))
}

pub(super) fn run(args: &TemplateArgs) -> u8 {
    // The parser of the argument lets only these names through.
    let Some(template) = catalog::template_by_name(&args.template) else {
        complain(&format!("there is no template {}", args.template));
        return BAD_INPUT;
    };
    print(&manifest(template, args.name.as_deref().unwrap_or(template.name)))
}

/// Lines of YAML; a comment is moved to one column where there is room.
#[derive(Default)]
struct Manifest {
    text: String,
    named: BTreeSet<(&'static str, &'static str)>,
}

/// The column in which comments begin.
const COMMENT_COLUMN: usize = 48;

impl Manifest {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn explained(&mut self, line: &str, comment: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{:COMMENT_COLUMN$}# {comment}", format!("{line}  "));
    }

    /// The apiVersion and kind of a document.
    fn begin(&mut self, kind: &str) {
        self.line(&format!("apiVersion: {GROUP}/{VERSION}\nkind: {kind}"));
    }
}

fn manifest(template: &Template, name: &str) -> String {
    let mut manifest = Manifest::default();
    manifest.line(&format!("# {}.", template.display_name));
    if let Some(guid) = template.guid {
        manifest.line(&format!("# In Lifecycle Workflows this is the template {guid}."));
    }
    manifest
        .line("#\n# Change what is marked with CHANGE. `tenure validate` finds mistakes, and `tenure simulate` plays what would happen.");
    manifest.begin("Workflow");
    manifest.line("metadata:");
    manifest.explained(&format!("  name: {name}"), "at most 36 characters: versions, runs and jobs are named after it");
    manifest.line("spec:");
    manifest.explained(&format!("  category: {}", template.category.as_str()), "decides which tasks are allowed; cannot be changed later");
    manifest.line(&format!("  displayName: {:?}", template.display_name));
    manifest.named.insert(("Directory", "example-directory"));
    manifest.explained("  directory: example-directory", "CHANGE, or leave it out for the TenantSchedule's");
    conditions(&mut manifest, template.trigger);
    manifest.line("  # The tasks run in this order. One that fails ends the person's tasks, unless it says continueOnError: true.");
    manifest.line("  tasks:");
    for (number, task) in template.tasks.iter().enumerate() {
        let name = format!("    - name: {}", kebab_case(task.task));
        if number == 0 {
            manifest.explained(&name, "unique in the workflow: results are kept by it");
        } else {
            manifest.line(&name);
        }
        write_task(&mut manifest, task);
    }
    write_named(&mut manifest);
    manifest.text
}

/// For whom and when.
fn conditions(manifest: &mut Manifest, trigger: DefaultTrigger) {
    if trigger == DefaultTrigger::OnDemand {
        manifest.line("  # Without executionConditions it runs on demand only: create a Run that names the people.");
        return;
    }
    manifest.explained("  isSchedulingEnabled: false", "CHANGE to true: until then it runs on demand only");
    manifest.line("  executionConditions:");
    manifest.line("    scope:");
    if trigger == DefaultTrigger::MembershipAdded {
        manifest.named.insert(("Group", "example-group"));
        manifest.explained("      group: example-group", "CHANGE: the group whose members are watched");
    } else {
        manifest.explained(&format!("      rule: {SAMPLE_SCOPE_RULE:?}"), "CHANGE: for whom; upper and lower case differ");
    }
    manifest.explained("    trigger:", "when: exactly one trigger");
    write_trigger(manifest, trigger);
}

fn write_trigger(manifest: &mut Manifest, trigger: DefaultTrigger) {
    match trigger {
        DefaultTrigger::OnDemand => {}
        DefaultTrigger::TimeBasedAttribute { attribute, offset_in_days } => {
            manifest.line("      timeBasedAttribute:");
            manifest.explained(&format!("        attribute: {attribute}"), "a date of the person");
            manifest.explained(&format!("        offsetInDays: {offset_in_days}"), "days after the date, -180 to 180; negative is before");
        }
        DefaultTrigger::AttributeChange { attribute } => {
            manifest.line("      attributeChange:");
            manifest.explained(&format!("        attributes: [{attribute}]"), "a change of any of them; the rule tests the new value");
        }
        DefaultTrigger::MembershipAdded => {
            manifest.line("      membershipChange:");
            manifest.explained("        changeType: add", "add or remove");
        }
        DefaultTrigger::UserInactivity { inactivity_period_in_days } => {
            manifest.line("      userInactivity:");
            let line = format!("        inactivityPeriodInDays: {inactivity_period_in_days}");
            manifest.explained(&line, "who never signed in is not due");
        }
        DefaultTrigger::GuestSponsor { minimum_required_sponsors } => {
            manifest.line("      guestSponsor:");
            let line = format!("        minimumRequiredSponsors: {minimum_required_sponsors}");
            manifest.explained(&line, "a guest with fewer is due");
        }
    }
}

fn write_task(manifest: &mut Manifest, task: &TemplateTask) {
    let member = task.task;
    if unavailable(member).is_some() {
        manifest.explained("      isEnabled: false", "skipped: this release does not have the task yet");
    }
    let all = catalog::by_name(member).map_or(&[][..], |definition| definition.arguments);
    let preset = |argument: &Argument| task.arguments.iter().find(|preset| preset.name == argument.name);
    let written: Vec<&Argument> = all.iter().filter(|argument| argument.required || preset(argument).is_some()).collect();
    let optional: Vec<&str> =
        all.iter().filter(|argument| !argument.required && preset(argument).is_none()).map(|found| found.name).collect();
    if written.is_empty() {
        let line = format!("      {member}: {{}}");
        if optional.is_empty() {
            manifest.line(&line);
        } else {
            manifest.explained(&line, &format!("or with {}", optional.join(", ")));
        }
        return;
    }
    manifest.line(&format!("      {member}:"));
    for argument in written {
        let (value, mark) = match preset(argument).map(|preset| preset.value) {
            Some(Value::Number(number)) => (number.to_string(), ""),
            Some(Value::Flag(flag)) => (flag.to_string(), ""),
            None => (placeholder(manifest, argument.name), "CHANGE: "),
        };
        manifest.explained(&format!("        {}: {value}", argument.name), &format!("{mark}{}", argument.description));
    }
}

/// A value that the author replaces. What has to exist under that name is remembered.
fn placeholder(manifest: &mut Manifest, argument: &str) -> String {
    let mut named = |kind: &'static str, name: &'static str| {
        manifest.named.insert((kind, name));
        name
    };
    match argument {
        "groups" => format!("[{}]", named("Group", "example-group")),
        "teams" => format!("[{}]", named("Team", "example-team")),
        "extension" => named("CustomTaskExtension", "example-extension").to_owned(),
        "licenses" => "[example-license]".to_owned(),
        "accessPackageId" => "example-package".to_owned(),
        "assignmentPolicyId" => "example-policy".to_owned(),
        other => format!("example-{other}"),
    }
}

/// The documents that the workflow refers to.
fn write_named(manifest: &mut Manifest) {
    for (kind, name) in std::mem::take(&mut manifest.named) {
        manifest.line("---\n# Named above. Leave it out where yours exists already.");
        manifest.begin(if kind == "Team" { "Group" } else { kind });
        manifest.line(&format!("metadata:\n  name: {name}\nspec:"));
        match kind {
            "Directory" => manifest.explained("  embedded: {}", "people are User objects, their accounts Account objects"),
            "Team" => manifest.line("  displayName: Example team\n  type: team"),
            "CustomTaskExtension" => {
                manifest.line("  endpoint:");
                manifest.explained("    url: https://hooks.example.com/tenure", "CHANGE: called with a POST for each person");
                manifest.explained("    secretName: tenure-example", "CHANGE: credentials and allowedHosts");
            }
            _ => manifest.line("  displayName: Example group"),
        }
    }
}

/// `addUserToGroups` as `add-user-to-groups`.
fn kebab_case(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            text.push('-');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_workflows() {
        for good in ["a", "sales-leavers", "v2", &"a".repeat(NAME_LENGTH)] {
            assert_eq!(workflow_name(good), Ok(good.to_owned()));
        }
        for bad in ["", "-a", "a-", "Sales", "a b", "a/b", "a\nb", "ä", &"a".repeat(NAME_LENGTH + 1)] {
            assert!(workflow_name(bad).is_err(), "{bad}");
        }
    }
}
