//! Every mail: to whom it goes and what it says, and what keeps it from leaving.

use serde_json::{Value, json};

/// How a case ends.
pub enum Wanted {
    /// A mail to these addresses and with these words.
    Sent { to: &'static [&'static str], cc: &'static [&'static str], subject: &'static str, text: &'static str },
    /// No mail, and this reason and this word of the message.
    Failed { reason: &'static str, message: &'static str },
    /// No mail, because none is needed.
    Needless { message: &'static str },
}

/// One task for one person.
pub struct Case {
    pub name: &'static str,
    pub category: &'static str,
    pub task: &'static str,
    pub arguments: Value,
    pub user: Value,
    pub wanted: Wanted,
}

const ONBOARDING: &str = "Ava Lindqvist starts on 9 February 2026";
const LENA: &[&str] = &["lena@acme.example"];

/// A person with everything that the default texts need.
pub fn ava() -> Value {
    json!({
        "displayName": "Ava Lindqvist", "givenName": "Ava", "mail": "ava@acme.example", "manager": "lena",
        "employeeHireDate": "2026-02-09", "employeeLeaveDateTime": "2026-03-31T17:00:00Z",
        "lastSuccessfulSignInDateTime": "2025-12-01T09:00:00Z", "sponsors": ["lena", "omar"], "otherMails": ["ava@home.example"],
    })
}

/// Ava with other values; null takes a value away.
fn ava_but(changes: &Value) -> Value {
    let mut user = ava();
    for (name, value) in changes.as_object().into_iter().flatten() {
        match value {
            Value::Null => user.as_object_mut().and_then(|user| user.remove(name)),
            value => user.as_object_mut().and_then(|user| user.insert(name.clone(), value.clone())),
        };
    }
    user
}

fn default(name: &'static str, category: &'static str, task: &'static str, subject: &'static str, text: &'static str) -> Case {
    let wanted = Wanted::Sent { to: LENA, cc: &[], subject, text };
    Case { name, category, task, arguments: json!({}), user: ava(), wanted }
}

/// The mails as they are without arguments.
pub fn defaults() -> Vec<Case> {
    let welcome = default("welcome", "joiner", "sendWelcomeEmail", "Welcome, Ava Lindqvist", "Hello Ava Lindqvist,\n\nwelcome!");
    let to_ava =
        Wanted::Sent { to: &["ava@acme.example"], cc: &[], subject: "Welcome, Ava Lindqvist", text: "Hello Ava Lindqvist,\n\nwelcome!" };
    vec![
        Case { wanted: to_ava, ..welcome },
        default(
            "onboarding",
            "joiner",
            "sendOnboardingReminderEmail",
            "Ava Lindqvist starts on 9 February 2026",
            "starts on 9 February 2026.",
        ),
        default(
            "pass",
            "joiner",
            "generateTemporaryAccessPass",
            "Temporary access pass for Ava Lindqvist",
            "It works from 9 February 2026 on, for 480 minutes.",
        ),
        default("move", "mover", "sendEmailToManagerAboutMove", "Ava Lindqvist changes position", "the position of Ava Lindqvist"),
        default(
            "before",
            "leaver",
            "sendEmailToManagerBeforeLastDay",
            "The last day of Ava Lindqvist is near",
            "is 31 March 2026, 17:00 UTC.",
        ),
        default(
            "last-day",
            "leaver",
            "sendEmailOnLastDay",
            "Today is the last day of Ava Lindqvist",
            "today is the last day of Ava Lindqvist",
        ),
        default("after", "leaver", "sendEmailToManagerAfterLastDay", "The account of Ava Lindqvist is being removed", "has left"),
        default(
            "inactive",
            "leaver",
            "sendInactivityEmail",
            "Ava Lindqvist has not signed in for 64 days",
            "on 1 December 2025, 09:00 UTC, 64 days ago",
        ),
        default(
            "unsponsored",
            "leaver",
            "sendUnsponsoredGuestRemovalEmail",
            "Guest without a sponsor: Ava Lindqvist",
            "has no sponsor any more",
        ),
        default(
            "sponsorships",
            "mover",
            "sendSponsorshipChangeEmailToManager",
            "Whom Ava Lindqvist sponsors",
            "as a sponsor of: Gus Guest, Ida.",
        ),
        Case {
            wanted: Wanted::Sent {
                to: &["omar@acme.example", "ava@acme.example"],
                cc: &[],
                subject: "Ava Lindqvist will not be a sponsor any more",
                text: "as a sponsor of: Gus Guest, Ida.",
            },
            ..default("co-sponsors", "leaver", "sendSponsorChangeEmailToCoSponsors", "", "")
        },
    ]
}

/// What the arguments change.
pub fn arguments() -> Vec<Case> {
    let sent = |name, arguments, user, to, cc, subject, text| Case {
        name,
        category: "joiner",
        task: "sendOnboardingReminderEmail",
        arguments,
        user,
        wanted: Wanted::Sent { to, cc, subject, text },
    };
    vec![
        sent(
            "to-user",
            json!({"to": ["User"], "cc": ["Manager", "hr@acme.example", "omar"]}),
            ava(),
            &["ava@acme.example"],
            &["lena@acme.example", "hr@acme.example", "omar@acme.example"],
            ONBOARDING,
            "Please see",
        ),
        sent(
            "to-sponsors",
            json!({"to": ["Sponsors"], "cc": ["lena"]}),
            ava(),
            &["lena@acme.example", "omar@acme.example"],
            &[],
            "Ava Lindqvist starts on February 9, 2026",
            "Please see",
        ),
        sent(
            "some-sponsors",
            json!({"to": ["Sponsors"]}),
            ava_but(&json!({"sponsors": ["eva", "max", "ulf", "omar"]})),
            &["omar@acme.example"],
            &[],
            "Ava Lindqvist starts on February 9, 2026",
            "Please see",
        ),
        sent("german", json!({"locale": "de-DE"}), ava(), LENA, &[], "Ava Lindqvist beginnt am 9. Februar 2026", "in Ihrem Bereich"),
        sent(
            "preferred",
            json!({"to": ["omar"]}),
            ava(),
            &["omar@acme.example"],
            &[],
            "Ava Lindqvist starts on February 9, 2026",
            "Please see",
        ),
        sent(
            "custom",
            json!({"customSubject": "{{userGivenName}} & {{managerDisplayName}}", "customBody": "<h1>Hi</h1>\\n<a href='https://x.example/{{user.mail}}'>go</a> <i>{{user.employeeHireDate}}</i>"}),
            ava(),
            LENA,
            &[],
            "Ava & Lena Novak",
            "Hi\ngo (https://x.example/ava@acme.example) 9 February 2026",
        ),
        sent(
            "unreadable-date",
            json!({}),
            ava_but(&json!({"employeeHireDate": "soon"})),
            LENA,
            &[],
            "Ava Lindqvist starts on soon",
            "starts on soon.",
        ),
        Case {
            task: "generateTemporaryAccessPass",
            ..sent(
                "pass-home",
                json!({"to": ["User/otherMails"], "isUsableOnce": false, "lifetimeMinutes": 60, "customBody": "x{{temporaryAccessPass}}x"}),
                ava(),
                &["ava@home.example"],
                &[],
                "Temporary access pass for Ava Lindqvist",
                "x",
            )
        },
    ]
}

/// What keeps a mail from leaving.
pub fn refusals() -> Vec<Case> {
    let failed = |name, arguments, user, reason, message| Case {
        name,
        category: "joiner",
        task: "sendOnboardingReminderEmail",
        arguments,
        user,
        wanted: Wanted::Failed { reason, message },
    };
    let needless = |name, task, message| Case {
        name,
        category: "leaver",
        task,
        arguments: json!({}),
        user: ava(),
        wanted: Wanted::Needless { message },
    };
    let none = || json!({});
    vec![
        failed("no-manager", none(), ava_but(&json!({"manager": null})), "ManagerMissing", "\"no-manager\" has no manager"),
        failed("manager-gone", none(), ava_but(&json!({"manager": "nobody"})), "RecipientMissing", "\"nobody\""),
        failed("manager-deleted", none(), ava_but(&json!({"manager": "eva"})), "RecipientMissing", "\"eva\""),
        failed("manager-disabled", none(), ava_but(&json!({"manager": "max"})), "RecipientDisabled", "\"max\""),
        failed("manager-without-mail", none(), ava_but(&json!({"manager": "ulf"})), "MailAddressMissing", "\"ulf\""),
        failed(
            "user-without-mail",
            json!({"to": ["User"]}),
            ava_but(&json!({"mail": null})),
            "MailAddressMissing",
            "\"user-without-mail\"",
        ),
        failed("bad-mail", json!({"to": ["User"]}), ava_but(&json!({"mail": "ava at acme"})), "MailAddressInvalid", "\"bad-mail\""),
        failed(
            "injecting-mail",
            json!({"to": ["User"]}),
            ava_but(&json!({"mail": "a@b.example\r\nBcc: eve@evil.example"})),
            "MailAddressInvalid",
            "mail",
        ),
        failed(
            "two-in-mail",
            json!({"to": ["User"]}),
            ava_but(&json!({"mail": "a@b.example,eve@evil.example"})),
            "MailAddressInvalid",
            "mail",
        ),
        failed("cc-gone", json!({"cc": ["nobody"]}), ava(), "RecipientMissing", "\"nobody\""),
        failed("bad-cc", json!({"cc": ["a@b@acme.example"]}), ava(), "MailAddressInvalid", "cc"),
        failed("no-sponsors", json!({"to": ["Sponsors"]}), ava_but(&json!({"sponsors": null})), "RecipientMissing", "sponsors"),
        failed("empty-variable", none(), ava_but(&json!({"employeeHireDate": null})), "VariableEmpty", "user.employeeHireDate"),
        failed("blank-variable", none(), ava_but(&json!({"displayName": " \u{202e}\u{a0}"})), "VariableEmpty", "user.displayName"),
        needless("sponsors-nobody", "sendSponsorshipChangeEmailToManager", "sponsors nobody"),
        needless("no-co-sponsors", "sendSponsorChangeEmailToCoSponsors", "no other sponsors"),
    ]
}
