//! The tasks on groups, teams and licences.

use super::spec::{Case, Spec, When, fails};

const NEEDS_NOTHING: &str = "the task needs no attribute";
const ALL_OF_THEM: &str = "the task names nothing: it takes whatever is there";
const NO_CATALOGUE: &str = "a licence is its SKU id, there is no list of them";
const DIRECT: &str = "an Account has only licences that are assigned directly";
const NO_ACCOUNT: &[(&str, &str, &str)] = &[("Account", "ann", "null")];
const ACCOUNT_NOT_FOUND: &str = "fails AccountNotFound: there is no Account \"ann\"";
const DELETED: &[(&str, &str, &str)] = &[("Account", "ann", r#"{"deletedAt": "2026-01-04T00:00:00Z"}"#)];
const ACCOUNT_DELETED: &str = "fails AccountDeleted: the account is deleted";
/// The account remembers another person's number.
const REUSED: &[(&str, &str, &str)] = &[("Account", "ann", r#"{"correlation": {"employeeId": "7"}}"#)];
const NAME_REUSED: &str =
    "fails NameReused: the account of \"ann\" remembers another employeeId than the record has: it may be another person's";
const NO_ACCOUNT_TO_TAKE_FROM: &str = "already: there is no Account \"ann\"";
const TAKES: &str = "what takes away fails only where the API server refuses";
const MEMBER: &str = "already: the subject was a member already";
const NO_MEMBER: &str = "already: the subject was not a member";

/// Groups.
pub const GROUPS: &[Spec] = &[
    Spec {
        member: "addUserToGroups",
        arguments: r#"{"groups": ["lab", "all"]}"#,
        account: "{}",
        changes: &[("ann", r#"{"memberOf": ["all", "crew", "lab"]}"#)],
        mails: 0,
        before: r#"{"memberOf": []}"#,
        does_it: "done",
        already_so: Case::Twice(MEMBER),
        target_missing: fails(&[("Group", "all", "null")], "fails GroupNotFound: there is no Group \"all\""),
        managed_elsewhere: fails(
            &[("Group", "all", r#"{"membership": "dynamic"}"#)],
            "fails ManagedElsewhere: the members of Group \"all\" are decided elsewhere",
        ),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: fails(DELETED, ACCOUNT_DELETED),
        further: &[
            // A team is a group.
            When {
                world: &[("Group", "lab", r#"{"type": "team"}"#)],
                outcome: "done",
                changes: &[("ann", r#"{"memberOf": ["all", "crew", "lab"]}"#)],
            },
            When { world: NO_ACCOUNT, outcome: ACCOUNT_NOT_FOUND, changes: &[] },
            When { world: REUSED, outcome: NAME_REUSED, changes: &[] },
        ],
    },
    Spec {
        member: "removeUserFromGroups",
        arguments: r#"{"groups": ["lab", "all"]}"#,
        account: "{}",
        changes: &[("ann", r#"{"memberOf": ["crew"]}"#)],
        mails: 0,
        before: r#"{"memberOf": ["all"]}"#,
        does_it: "done",
        already_so: Case::Twice(NO_MEMBER),
        // Nobody is in a group that is not there; its name is struck from the account.
        target_missing: Case::When(When {
            world: &[("Group", "all", "null")],
            outcome: "done: there is no Group any more of the name all",
            changes: &[("ann", r#"{"memberOf": ["crew"]}"#)],
        }),
        managed_elsewhere: fails(
            &[("Group", "lab", r#"{"membership": "synced"}"#)],
            "fails ManagedElsewhere: the members of Group \"lab\" are decided elsewhere",
        ),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: fails(
            &[("Group", "all", "null"), ("Group", "lab", r#"{"membership": "dynamic"}"#)],
            "fails ManagedElsewhere: the members of Group \"lab\" are decided elsewhere",
        ),
        further: &[
            When { world: DELETED, outcome: "done", changes: &[("ann", r#"{"memberOf": ["crew"]}"#)] },
            When { world: REUSED, outcome: "done", changes: &[("ann", r#"{"memberOf": ["crew"]}"#)] },
            When { world: NO_ACCOUNT, outcome: NO_ACCOUNT_TO_TAKE_FROM, changes: &[] },
            When {
                world: &[("Group", "lab", "null")],
                outcome: "done: there is no Group any more of the name lab",
                changes: &[("ann", r#"{"memberOf": ["crew"]}"#)],
            },
            When {
                world: &[("Group", "lab", "null"), ("Group", "all", "null"), ("Account", "ann", r#"{"memberOf": ["crew"]}"#)],
                outcome: "already: there is no Group any more of the name lab, all",
                changes: &[],
            },
        ],
    },
    Spec {
        member: "removeUserFromAllGroups",
        arguments: "{}",
        account: "{}",
        changes: &[("ann", r#"{"memberOf": []}"#)],
        mails: 0,
        before: r#"{"memberOf": ["all", "crew"]}"#,
        does_it: "done",
        already_so: Case::Twice(NO_MEMBER),
        // Nobody else manages a group that is not there.
        target_missing: Case::When(When {
            world: &[("Group", "all", "null")],
            outcome: "done",
            changes: &[("ann", r#"{"memberOf": []}"#)],
        }),
        managed_elsewhere: Case::When(When {
            world: &[("Account", "ann", r#"{"memberOf": ["all", "crew", "fed", "rule"]}"#)],
            outcome: "done: left alone, because they are managed elsewhere: fed, rule",
            changes: &[("ann", r#"{"memberOf": ["fed", "rule"]}"#)],
        }),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: Case::Never(TAKES),
        further: &[
            When {
                world: &[("Account", "ann", r#"{"memberOf": ["rule"]}"#)],
                outcome: "already: left alone, because they are managed elsewhere: rule",
                changes: &[],
            },
            When { world: NO_ACCOUNT, outcome: NO_ACCOUNT_TO_TAKE_FROM, changes: &[] },
            When { world: REUSED, outcome: "done", changes: &[("ann", r#"{"memberOf": []}"#)] },
        ],
    },
];

/// Teams.
pub const TEAMS: &[Spec] = &[
    Spec {
        member: "addUserToTeams",
        arguments: r#"{"teams": ["guild", "crew"]}"#,
        account: "{}",
        changes: &[("ann", r#"{"memberOf": ["all", "crew", "guild"]}"#)],
        mails: 0,
        before: r#"{"memberOf": []}"#,
        does_it: "done",
        already_so: Case::Twice(MEMBER),
        target_missing: fails(&[("Group", "crew", "null")], "fails GroupNotFound: there is no Group \"crew\""),
        managed_elsewhere: fails(
            &[("Group", "guild", r#"{"membership": "synced"}"#)],
            "fails ManagedElsewhere: the members of Group \"guild\" are decided elsewhere",
        ),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: fails(DELETED, ACCOUNT_DELETED),
        further: &[
            When {
                world: &[("Group", "guild", r#"{"type": "security"}"#)],
                outcome: "fails NotATeam: Group \"guild\" is not of type team",
                changes: &[],
            },
            When { world: REUSED, outcome: NAME_REUSED, changes: &[] },
        ],
    },
    Spec {
        member: "removeUserFromTeams",
        arguments: r#"{"teams": ["crew"]}"#,
        account: "{}",
        changes: &[("ann", r#"{"memberOf": ["all"]}"#)],
        mails: 0,
        before: r#"{"memberOf": ["crew"]}"#,
        does_it: "done",
        already_so: Case::Twice(NO_MEMBER),
        target_missing: Case::When(When {
            world: &[("Group", "crew", "null")],
            outcome: "done: there is no Group any more of the name crew",
            changes: &[("ann", r#"{"memberOf": ["all"]}"#)],
        }),
        managed_elsewhere: fails(
            &[("Group", "crew", r#"{"membership": "dynamic"}"#)],
            "fails ManagedElsewhere: the members of Group \"crew\" are decided elsewhere",
        ),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: fails(&[("Group", "crew", r#"{"type": "security"}"#)], "fails NotATeam: Group \"crew\" is not of type team"),
        further: &[
            When { world: NO_ACCOUNT, outcome: NO_ACCOUNT_TO_TAKE_FROM, changes: &[] },
            When {
                world: &[("Group", "crew", "null"), ("Account", "ann", r#"{"memberOf": ["all"]}"#)],
                outcome: "already: there is no Group any more of the name crew",
                changes: &[],
            },
        ],
    },
    Spec {
        member: "removeUserFromAllTeams",
        arguments: "{}",
        account: "{}",
        changes: &[("ann", r#"{"memberOf": ["all"]}"#)],
        mails: 0,
        before: r#"{"memberOf": ["crew"]}"#,
        does_it: "done",
        already_so: Case::Twice(NO_MEMBER),
        // What is not there is no team.
        target_missing: fails(&[("Group", "crew", "null")], NO_MEMBER),
        managed_elsewhere: Case::When(When {
            world: &[("Account", "ann", r#"{"memberOf": ["all", "crew", "fed", "rule"]}"#)],
            outcome: "done: left alone, because they are managed elsewhere: fed",
            changes: &[("ann", r#"{"memberOf": ["all", "fed", "rule"]}"#)],
        }),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: Case::Never(TAKES),
        further: &[When { world: NO_ACCOUNT, outcome: NO_ACCOUNT_TO_TAKE_FROM, changes: &[] }],
    },
];

/// Licences.
pub const LICENCES: &[Spec] = &[
    Spec {
        member: "assignLicenses",
        arguments: r#"{"licenses": ["E5", "E1"]}"#,
        account: "{}",
        changes: &[("ann", r#"{"licenses": ["E1", "E5"]}"#)],
        mails: 0,
        before: r#"{"licenses": []}"#,
        does_it: "done",
        already_so: Case::Twice("already: the subject had the licences already"),
        target_missing: Case::Never(NO_CATALOGUE),
        managed_elsewhere: Case::Never(DIRECT),
        attribute_missing: fails(
            &[("User", "ann", r#"{"usageLocation": null}"#)],
            "fails UsageLocationMissing: \"ann\" has no usageLocation",
        ),
        permanent_failure: fails(DELETED, ACCOUNT_DELETED),
        further: &[
            // What a task wrote hides the record, in both directions.
            When {
                world: &[("Account", "ann", r#"{"attributes": {"usageLocation": ""}}"#)],
                outcome: "fails UsageLocationMissing: \"ann\" has no usageLocation",
                changes: &[],
            },
            When {
                world: &[("User", "ann", r#"{"usageLocation": null}"#), ("Account", "ann", r#"{"attributes": {"usageLocation": "DE"}}"#)],
                outcome: "done",
                changes: &[("ann", r#"{"licenses": ["E1", "E5"]}"#)],
            },
            When { world: REUSED, outcome: NAME_REUSED, changes: &[] },
            When { world: &[("User", "ann", "null")], outcome: "fails UserNotFound: there is no User \"ann\"", changes: &[] },
        ],
    },
    Spec {
        member: "removeLicenses",
        arguments: r#"{"licenses": ["E1", "E5"]}"#,
        account: r#"{"licenses": ["E1", "F3"]}"#,
        changes: &[("ann", r#"{"licenses": ["F3"]}"#)],
        mails: 0,
        before: r#"{"licenses": ["E1"]}"#,
        does_it: "done",
        already_so: Case::Twice("already: the subject did not have the licences"),
        target_missing: Case::Never(NO_CATALOGUE),
        managed_elsewhere: Case::Never(DIRECT),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: Case::Never(TAKES),
        further: &[When { world: NO_ACCOUNT, outcome: NO_ACCOUNT_TO_TAKE_FROM, changes: &[] }],
    },
    Spec {
        member: "removeAllLicenses",
        arguments: "{}",
        account: "{}",
        changes: &[("ann", r#"{"licenses": null}"#)],
        mails: 0,
        before: r#"{"licenses": ["E1"]}"#,
        does_it: "done",
        already_so: Case::Twice("already: the subject had no licences"),
        target_missing: Case::Never(ALL_OF_THEM),
        managed_elsewhere: Case::Never(DIRECT),
        attribute_missing: Case::Never(NEEDS_NOTHING),
        permanent_failure: Case::Never(TAKES),
        further: &[When { world: NO_ACCOUNT, outcome: NO_ACCOUNT_TO_TAKE_FROM, changes: &[] }],
    },
];
