//! New values with variables: a crash between effect and record marks nobody twice.

use serde_json::json;

use super::spec::{Case, Spec, fails};
use super::tenant::{Strike, simulate};
use super::world::{World, changed, play};

const MARK: Spec = Spec {
    member: "updateUserAttributes",
    arguments: r#"{"attributes": [{"attribute": "displayName", "value": "ZZ {{user.displayName}}"},
        {"attribute": "jobTitle", "value": "ex {{ user.jobTitle }} of {{managerDisplayName}}, {{user.employeeLeaveDateTime}}"}]}"#,
    account: r#"{"attributes": {"jobTitle": "Chief"}}"#,
    changes: &[("ann", r#"{"attributes": {"displayName": "ZZ Ann O'Hara", "jobTitle": "ex Chief of Max, 2026-03-31"}}"#)],
    mails: 0,
    before: r#"{"attributes": {"jobTitle": "Chief"}}"#,
    does_it: "done",
    already_so: Case::Never("without the before-image of a claim it would be marked again"),
    target_missing: Case::Never("the manager is told of by name only"),
    managed_elsewhere: Case::Never("the account is the subject's own"),
    attribute_missing: fails(
        &[("User", "ann", r#"{"displayName": null}"#)],
        "fails VariableEmpty: the variable user.displayName has no value",
    ),
    permanent_failure: fails(&[("User", "ann", "null")], "fails SubjectNotFound: there is no User \"ann\""),
    further: &[],
};

#[test]
fn a_name_is_marked_once() {
    // Undisturbed, after a death before the effect, and after one between effect and record.
    for strike in [None, Some(Strike::after(1)), Some(Strike::before(2))] {
        let end = simulate(&MARK, &json!({}), "{}", strike);
        assert_eq!(end.task(), ("completed", None, None), "{:#}", end.result);
        assert_eq!(end.after, changed(&end.before, MARK.changes));
    }
}

#[test]
fn a_value_without_its_variable_is_not_written() {
    for case in [&MARK.attribute_missing, &MARK.permanent_failure] {
        let Case::When(when) = case else { continue };
        play(async {
            let world = World::new(MARK.account, when.world).await;
            assert_eq!(world.perform(&MARK).await, when.outcome);
        });
    }
}
