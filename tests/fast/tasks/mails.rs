//! The tasks that send mails: what they do to people is nothing, and a mail leaves or does not.

use super::spec::{Case, Spec, fails};

/// A mail to the manager that needs nothing of the subject but the manager.
const fn to_manager(member: &'static str) -> Spec {
    Spec {
        member,
        arguments: "{}",
        account: "{}",
        changes: &[],
        mails: 1,
        before: "null",
        does_it: "done",
        already_so: Case::Never("a task that is performed again sends again"),
        target_missing: fails(&[("User", "max", "null")], "fails RecipientMissing: the manager \"max\" of User \"ann\" has left"),
        managed_elsewhere: Case::Never("a mail changes nothing that anybody manages"),
        attribute_missing: fails(&[("User", "ann", r#"{"manager": null}"#)], "fails ManagerMissing: User \"ann\" has no manager"),
        permanent_failure: fails(&[("User", "max", r#"{"mail": null}"#)], "fails MailAddressMissing: User \"max\" has no mail address"),
        further: &[],
    }
}

/// One that tells of a value, and of nobody without it.
const fn about(member: &'static str, attribute_missing: Case) -> Spec {
    Spec { attribute_missing, ..to_manager(member) }
}

/// All of them.
pub const SPECS: &[Spec] = &[
    Spec {
        target_missing: Case::Never("it goes to the subject"),
        attribute_missing: fails(&[("User", "ann", r#"{"mail": null}"#)], "fails MailAddressMissing: User \"ann\" has no mail address"),
        permanent_failure: fails(&[("User", "ann", "null")], "fails SubjectNotFound: there is no User \"ann\""),
        ..to_manager("sendWelcomeEmail")
    },
    about(
        "sendOnboardingReminderEmail",
        fails(&[("User", "ann", r#"{"employeeHireDate": null}"#)], "fails VariableEmpty: the variable user.employeeHireDate has no value"),
    ),
    to_manager("generateTemporaryAccessPass"),
    to_manager("sendEmailToManagerAboutMove"),
    Spec {
        already_so: fails(
            &[("User", "gil", r#"{"sponsors": null}"#), ("User", "gus", r#"{"sponsors": ["sam"]}"#)],
            "already: the subject sponsors nobody",
        ),
        ..to_manager("sendSponsorshipChangeEmailToManager")
    },
    Spec {
        already_so: fails(
            &[("User", "gil", r#"{"sponsors": null}"#), ("User", "gus", r#"{"sponsors": ["ann"]}"#)],
            "already: there are no other sponsors",
        ),
        target_missing: fails(&[("User", "sam", "null")], "fails RecipientMissing: the sponsor \"sam\" has left"),
        attribute_missing: Case::Never("it goes to people whom the guests name"),
        permanent_failure: fails(&[("User", "sam", r#"{"mail": null}"#)], "fails MailAddressMissing: User \"sam\" has no mail address"),
        ..to_manager("sendSponsorChangeEmailToCoSponsors")
    },
    about(
        "sendEmailToManagerBeforeLastDay",
        fails(
            &[("User", "ann", r#"{"employeeLeaveDateTime": null}"#)],
            "fails VariableEmpty: the variable user.employeeLeaveDateTime has no value",
        ),
    ),
    to_manager("sendEmailOnLastDay"),
    to_manager("sendEmailToManagerAfterLastDay"),
    about(
        "sendInactivityEmail",
        fails(
            &[("User", "ann", r#"{"lastSuccessfulSignInDateTime": null}"#)],
            "fails VariableEmpty: the variable daysSinceLastSignIn has no value",
        ),
    ),
    to_manager("sendUnsponsoredGuestRemovalEmail"),
];
