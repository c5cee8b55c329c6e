//! The tasks on the account, on what somebody signs in with, and on sponsorships.

use super::spec::{Case, Spec, When, fails};

const NAMES_NOTHING: &str = "the task names nothing";
const OWN_ACCOUNT: &str = "an Account is Tenure's own";
const NEEDS_NOTHING: &str = "the task needs no attribute";
const NO_ACCOUNT: &[(&str, &str, &str)] = &[("Account", "ann", "null")];
const DELETED: &[(&str, &str, &str)] = &[("Account", "ann", r#"{"deletedAt": "2026-01-04T00:00:00Z"}"#)];
/// The account remembers another person's number.
const REUSED: &[(&str, &str, &str)] = &[("Account", "ann", r#"{"correlation": {"employeeId": "7"}}"#)];
const NAME_REUSED: &str =
    "fails NameReused: the account of \"ann\" remembers another employeeId than the record has: it may be another person's";
const NO_ACCOUNT_TO_TAKE_FROM: &str = "already: there is no Account \"ann\"";
const TAKES: &str = "what takes away fails only where the API server refuses";

/// Enabling, disabling, deleting, attributes, sessions, sponsorships.
pub const SPECS: &[Spec] = &[
    Spec {
        member: "updateUserAttributes",
        arguments: r#"{"attributes": [{"attribute": "jobTitle", "value": "Head"}, {"attribute": "department"}]}"#,
        account: r#"{"attributes": {"jobTitle": "Chief", "city": "Bonn"}}"#,
        changes: &[("ann", r#"{"attributes": {"jobTitle": "Head", "department": ""}}"#)],
        mails: 0,
        before: r#"{"attributes": {"jobTitle": "Chief"}}"#,
        does_it: "done",
        already_so: Case::Twice("already: the attributes had these values already"),
        target_missing: Case::Never("an attribute that the vocabulary does not know makes the Workflow not Ready"),
        managed_elsewhere: Case::Never(OWN_ACCOUNT),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: fails(DELETED, "fails AccountDeleted: the account is deleted"),
        further: &[When { world: NO_ACCOUNT, outcome: "fails AccountNotFound: there is no Account \"ann\"", changes: &[] }],
    },
    Spec {
        member: "enableUserAccount",
        arguments: "{}",
        account: r#"{"accountEnabled": false}"#,
        changes: &[("ann", r#"{"accountEnabled": true}"#)],
        mails: 0,
        before: r#"{"accountEnabled": false}"#,
        does_it: "done",
        already_so: Case::Twice("already: the account was enabled already"),
        target_missing: Case::Never(NAMES_NOTHING),
        managed_elsewhere: Case::Never(OWN_ACCOUNT),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: fails(DELETED, "fails AccountDeleted: the account is deleted"),
        further: &[
            When { world: NO_ACCOUNT, outcome: "fails AccountNotFound: there is no Account \"ann\"", changes: &[] },
            When { world: REUSED, outcome: NAME_REUSED, changes: &[] },
            // What a task wrote says nothing about whose the account is, and a record without a number neither.
            When {
                world: &[("Account", "ann", r#"{"attributes": {"employeeId": "7"}}"#)],
                outcome: "done",
                changes: &[("ann", r#"{"accountEnabled": true}"#)],
            },
            When {
                world: &[("User", "ann", r#"{"employeeId": " "}"#)],
                outcome: "done",
                changes: &[("ann", r#"{"accountEnabled": true}"#)],
            },
        ],
    },
    Spec {
        member: "disableUserAccount",
        arguments: "{}",
        account: "{}",
        changes: &[("ann", r#"{"accountEnabled": false}"#)],
        mails: 0,
        before: r#"{"accountEnabled": true}"#,
        does_it: "done",
        already_so: Case::Twice("already: the account was disabled already"),
        target_missing: Case::Never(NAMES_NOTHING),
        managed_elsewhere: Case::Never(OWN_ACCOUNT),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: Case::Never(TAKES),
        further: &[
            When { world: DELETED, outcome: "done", changes: &[("ann", r#"{"accountEnabled": false}"#)] },
            When { world: REUSED, outcome: "done", changes: &[("ann", r#"{"accountEnabled": false}"#)] },
            When { world: NO_ACCOUNT, outcome: NO_ACCOUNT_TO_TAKE_FROM, changes: &[] },
        ],
    },
    Spec {
        member: "revokeRefreshTokens",
        arguments: "{}",
        account: "{}",
        changes: &[("ann", r#"{"sessionsRevokedAt": "then"}"#)],
        mails: 0,
        before: "null",
        does_it: "done",
        already_so: Case::Twice("already: the sessions were ended already"),
        target_missing: Case::Never(NAMES_NOTHING),
        managed_elsewhere: Case::Never(OWN_ACCOUNT),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: Case::Never(TAKES),
        // The next attempt comes within the same second. Later it would end what has begun since, as below.
        further: &[
            When {
                world: &[("Account", "ann", r#"{"sessionsRevokedAt": "2026-01-04T00:00:00Z"}"#)],
                outcome: "done",
                changes: &[("ann", r#"{"sessionsRevokedAt": "then"}"#)],
            },
            When { world: REUSED, outcome: "done", changes: &[("ann", r#"{"sessionsRevokedAt": "then"}"#)] },
            When { world: NO_ACCOUNT, outcome: NO_ACCOUNT_TO_TAKE_FROM, changes: &[] },
        ],
    },
    Spec {
        member: "transferSponsorshipsToManager",
        arguments: "{}",
        account: "{}",
        changes: &[("gil", r#"{"sponsors": ["max"]}"#), ("gus", r#"{"sponsors": ["max", "sam"]}"#)],
        mails: 0,
        before: r#"{"sponsorships": {"gil": ["ann"], "gus": ["ann", "sam"]}}"#,
        does_it: "done",
        already_so: Case::Twice("already: the subject sponsors nobody"),
        target_missing: fails(&[("User", "max", "null")], "fails ManagerMissing: \"ann\" has a manager who does not exist"),
        managed_elsewhere: Case::When(When {
            world: &[("Directory", "people", r#"{"protected": {"users": ["gus"]}}"#)],
            outcome: "done: left alone, because they are protected: gus",
            changes: &[("gil", r#"{"sponsors": ["max"]}"#)],
        }),
        attribute_missing: fails(&[("User", "ann", r#"{"manager": null}"#)], "fails ManagerMissing: \"ann\" has no manager"),
        permanent_failure: fails(
            &[("Account", "max", r#"{"accountEnabled": false}"#)],
            "fails ManagerMissing: \"ann\" has a manager whose account is disabled",
        ),
        further: &[
            When {
                world: &[("Account", "max", r#"{"deletedAt": "2026-01-04T00:00:00Z"}"#)],
                outcome: "fails ManagerMissing: \"ann\" has a manager who is deleted",
                changes: &[],
            },
            When {
                world: &[("User", "max", r#"{"employeeLeaveDateTime": "2026-01-04"}"#)],
                outcome: "fails ManagerMissing: \"ann\" has a manager who has left",
                changes: &[],
            },
            When {
                world: &[("User", "ann", r#"{"manager": "ann"}"#)],
                outcome: "fails ManagerMissing: \"ann\" has a manager who does not exist",
                changes: &[],
            },
            // The manager is a sponsor already, of the one guest; the other guest is the manager.
            When {
                world: &[("User", "ann", r#"{"manager": "gil"}"#), ("User", "gus", r#"{"sponsors": ["gil", "ann"]}"#)],
                outcome: "done",
                changes: &[("gil", r#"{"sponsors": []}"#), ("gus", r#"{"sponsors": ["gil"]}"#)],
            },
            // What another task wrote hides the record.
            When {
                world: &[("Account", "gil", r#"{"sponsors": ["sam"]}"#)],
                outcome: "done",
                changes: &[("gus", r#"{"sponsors": ["max", "sam"]}"#)],
            },
            When {
                world: &[("Account", "gil", r#"{"deletedAt": "2026-01-04T00:00:00Z"}"#), ("Account", "gus", "null")],
                outcome: "tries again AccountNotFound: \"gus\", whom \"ann\" sponsors, has no Account yet",
                changes: &[],
            },
        ],
    },
    Spec {
        member: "deleteUser",
        arguments: "{}",
        account: "{}",
        changes: &[("ann", r#"{"accountEnabled": false, "deletedAt": "then"}"#)],
        mails: 0,
        before: r#"{"accountEnabled": true}"#,
        does_it: "done",
        already_so: Case::Twice("already: the user was deleted already"),
        target_missing: Case::Never(NAMES_NOTHING),
        managed_elsewhere: Case::Never(OWN_ACCOUNT),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: fails(REUSED, NAME_REUSED),
        further: &[When { world: NO_ACCOUNT, outcome: NO_ACCOUNT_TO_TAKE_FROM, changes: &[] }],
    },
];
