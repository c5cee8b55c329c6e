//! People whom the Directory protects.

use serde_json::json;

use super::specs;
use super::tenant::simulate;

#[test]
fn nothing_touches_somebody_who_is_protected() {
    for spec in specs() {
        for directory in [r#"{"protected": {"users": ["ann"]}}"#, r#"{"protected": {"groups": ["lab", "crew"]}}"#] {
            let end = simulate(spec, &json!({}), directory, None);
            assert_eq!(
                (&end.result["processingStatus"], &end.result["reason"]),
                (&json!("failed"), &json!("Protected")),
                "{}",
                spec.member
            );
            assert_eq!(end.task(), ("canceled", Some("Protected"), None), "{}", spec.member);
            assert_eq!(end.after, end.before, "{}", spec.member);
            assert!(end.mails.is_empty(), "{}", spec.member);
        }
    }
}

#[test]
fn members_of_a_protected_group_are_protected_and_nobody_else_is() {
    let spec = specs().find(|spec| spec.member == "disableUserAccount").expect("it is in the table");
    for (directory, is_enabled) in
        [(r#"{"protected": {"users": ["max"], "groups": ["lab"]}}"#, false), (r#"{"protected": {"groups": ["lab", "crew"]}}"#, true)]
    {
        let end = simulate(spec, &json!({}), directory, None);
        assert_eq!(end.after["ann"]["accountEnabled"], is_enabled, "{directory}");
    }
}
