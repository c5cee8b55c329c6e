//! A trigger in words, the same in every report.

use super::workflow::{ExecutionConditions, MembershipChangeType};

/// What inactivity is counted from, unless something else counts in its place.
pub const SIGN_IN: &str = "the last sign-in";

/// When a workflow with these conditions is due, as the rest of a sentence: `7 days before employeeLeaveDateTime, at 06:00`.
#[must_use]
pub fn trigger(conditions: &ExecutionConditions) -> String {
    let trigger = &conditions.trigger;
    if let Some(time) = &trigger.time_based_attribute {
        let at = time.at.as_ref().map(|at| format!(", at {at}")).unwrap_or_default();
        return match time.offset_in_days {
            0 => format!("on {}{at}", time.attribute),
            days if days < 0 => format!("{} before {}{at}", self::days(days), time.attribute),
            days => format!("{} after {}{at}", self::days(days), time.attribute),
        };
    }
    if let Some(change) = &trigger.attribute_change {
        return format!("when {} changes", change.attributes.join(" or "));
    }
    if let Some(membership) = &trigger.membership_change {
        let group = conditions.scope.as_ref().and_then(|scope| scope.group.as_deref()).unwrap_or_default();
        let verb = if membership.change_type == MembershipChangeType::Add { "becomes a member" } else { "is no longer a member" };
        return format!("when a person {verb} of the group {group}");
    }
    if let Some(inactivity) = &trigger.user_inactivity {
        return format!("{} after {SIGN_IN}", days(inactivity.inactivity_period_in_days));
    }
    if let Some(sponsor) = &trigger.guest_sponsor {
        return format!("when a guest has fewer sponsors than {}", sponsor.minimum_required_sponsors);
    }
    "never".to_owned()
}

fn days(days: i32) -> String {
    if days.abs() == 1 { "1 day".to_owned() } else { format!("{} days", days.abs()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::trigger;

    #[test]
    fn every_trigger_has_its_words() {
        let cases = [
            (json!({"timeBasedAttribute": {"attribute": "employeeHireDate"}}), "on employeeHireDate"),
            (json!({"timeBasedAttribute": {"attribute": "employeeHireDate", "offsetInDays": -1}}), "1 day before employeeHireDate"),
            (
                json!({"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": 7, "at": "06:00"}}),
                "7 days after employeeLeaveDateTime, at 06:00",
            ),
            (json!({"attributeChange": {"attributes": ["department", "manager"]}}), "when department or manager changes"),
            (json!({"membershipChange": {"changeType": "add"}}), "when a person becomes a member of the group lab"),
            (json!({"membershipChange": {"changeType": "remove"}}), "when a person is no longer a member of the group lab"),
            (json!({"userInactivity": {"inactivityPeriodInDays": 90}}), "90 days after the last sign-in"),
            (json!({"guestSponsor": {"minimumRequiredSponsors": 2}}), "when a guest has fewer sponsors than 2"),
            (json!({}), "never"),
        ];
        for (member, wanted) in cases {
            let conditions = serde_json::from_value(json!({"scope": {"group": "lab"}, "trigger": member})).expect("conditions");
            assert_eq!(trigger(&conditions), wanted);
        }
    }
}
