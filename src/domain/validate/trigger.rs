//! Whether the execution conditions of a workflow can be evaluated.

use super::problem::{Matter, Problems};
use crate::api::DirectorySpec;
use crate::api::directory::{AttributeMapping, AttributeType};
use crate::api::reasons::Reason;
use crate::api::user::TEXT_ATTRIBUTES;
use crate::api::workflow::{ExecutionConditions, Scope, TimeBasedAttributeTrigger};
use crate::domain::{attribute, dates};
use crate::rule::{Case, Rule, Vocabulary};

/// The dates that a trigger may count from without a mapping.
const DATES: [&str; 3] = ["employeeHireDate", "employeeLeaveDateTime", "createdDateTime"];

const CONDITIONS: &str = "spec.executionConditions";
const SCOPE: &str = "spec.executionConditions.scope";
pub(super) const RULE: &str = "spec.executionConditions.scope.rule";
const TRIGGER: &str = "spec.executionConditions.trigger";

/// Gives the bytes that the regular expressions of the rule take, if it is to be compiled.
pub(super) fn check(
    problems: &mut Problems,
    conditions: &ExecutionConditions,
    directory: Option<&DirectorySpec>,
    vocabulary: &Vocabulary,
    compiles: bool,
) -> usize {
    let mut pattern_bytes = 0;
    if let Some(scope) = &conditions.scope {
        check_scope(problems, scope);
        pattern_bytes = scope.rule.as_deref().filter(|_| compiles).map_or(0, |rule| check_rule(problems, scope, rule, vocabulary));
    }
    let trigger = &conditions.trigger;
    let members = [
        trigger.time_based_attribute.is_some(),
        trigger.attribute_change.is_some(),
        trigger.membership_change.is_some(),
        trigger.user_inactivity.is_some(),
        trigger.guest_sponsor.is_some(),
    ];
    let count = members.into_iter().filter(|member| *member).count();
    if count != 1 {
        problems.add(TRIGGER, Reason::ExactlyOne, format!("{count} triggers that this release knows, exactly one must be set"));
    }
    if let Some(time) = &trigger.time_based_attribute {
        check_time(problems, time, directory);
    }
    for name in trigger.attribute_change.iter().flat_map(|change| &change.attributes) {
        if !TEXT_ATTRIBUTES.contains(&name.as_str()) && vocabulary.resolve(name).is_none() {
            problems.add_unknown(format!("{TRIGGER}.attributeChange.attributes"), "", name);
        }
    }
    let group = conditions.scope.as_ref().is_some_and(|scope| scope.group.is_some());
    if trigger.membership_change.is_some() != group {
        let message = "scope.group goes with the trigger membershipChange, and only with it";
        problems.add_about(Matter::Rule(CONDITIONS), TRIGGER, Reason::InvalidTrigger, message);
    }
    pattern_bytes
}

fn check_scope(problems: &mut Problems, scope: &Scope) {
    if scope.rule.is_some() == scope.group.is_some() {
        problems.add(SCOPE, Reason::ExactlyOne, "exactly one of rule, group must be set");
    }
}

/// Compiles the rule; gives the bytes that its regular expressions take.
fn check_rule(problems: &mut Problems, scope: &Scope, rule: &str, vocabulary: &Vocabulary) -> usize {
    let case = if scope.case_sensitive { Case::Sensitive } else { Case::Insensitive };
    match Rule::parse_as(rule, vocabulary, case) {
        Ok(rule) => rule.pattern_bytes(),
        Err(error) => {
            let message = format!("line {}, column {}: {}", error.line, error.column, error.message);
            problems.add(RULE, Reason::InvalidRule, message);
            0
        }
    }
}

fn check_time(problems: &mut Problems, time: &TimeBasedAttributeTrigger, directory: Option<&DirectorySpec>) {
    let path = format!("{TRIGGER}.timeBasedAttribute");
    let name = time.attribute.as_str();
    let mapping = directory.and_then(|directory| directory.attributes.iter().find(|mapping| mapping.name == name));
    let is_date = mapping.map_or_else(|| DATES.contains(&name), attribute::is_date);
    if !is_date {
        let message = no_date(name, mapping);
        problems.add_about(Matter::Unmapped(name.to_owned()), format!("{path}.attribute"), Reason::InvalidTrigger, message);
    }
    if !(-dates::MAX_OFFSET_IN_DAYS..=dates::MAX_OFFSET_IN_DAYS).contains(&time.offset_in_days) {
        problems.add(format!("{path}.offsetInDays"), Reason::InvalidTrigger, dates::DateError::OffsetRange.to_string());
    }
    if let Some(Err(error)) = time.at.as_deref().map(dates::parse_time_of_day) {
        problems.add(format!("{path}.at"), Reason::InvalidTrigger, error.to_string());
    }
}

/// Why a trigger cannot count from the attribute, and what to write in its mapping if it has one.
fn no_date(name: &str, mapping: Option<&AttributeMapping>) -> String {
    let Some(mapping) = mapping else {
        return format!("{name:?} is neither one of {} nor mapped as dateTime by the Directory", DATES.join(", "));
    };
    let type_ = attribute::type_of(mapping);
    let said = if mapping.type_.is_some() { "has" } else { "says no type, so that it has" };
    let or = if attribute::own_type(name) == AttributeType::DateTime { ", or no type" } else { "" };
    format!(
        "{name:?} is no date: its mapping in the Directory {said} type: {}; write type: dateTime there{or}, or count from another date",
        type_.as_str()
    )
}
