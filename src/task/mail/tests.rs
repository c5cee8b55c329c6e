//! The mails as a whole, without a directory: what they say, and what no attribute can make them say.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use secrecy::SecretString;

use super::address::{self, mailbox};
use super::recipients::{People, Recipients};
use super::texts::words;
use super::{Frame, Letter, MailError, Wording, write};
use crate::api::task::MEMBERS;
use crate::api::tenant_schedule::MailSettings;
use crate::catalog;
use crate::directory::{Dated, Profile, Sponsored};
use crate::domain::dates::DateValue;
use crate::domain::mail::{Audience, MailKind};
use crate::task::locale::Language;
use crate::task::post::Mail;
use crate::task::values::{Pass, Style, Values};

const PASS: &str = "QWERTYUPASDF";

fn now() -> DateTime<Utc> {
    "2026-02-04T09:00:00Z".parse().unwrap()
}

fn profile(name: &str, texts: &[(&str, &str)]) -> Profile {
    let attributes =
        ["displayName", "givenName", "surname", "mail", "department", "mobilePhone", "employeeHireDate", "employeeLeaveDateTime"];
    let mut profile = Profile { name: name.to_owned(), is_enabled: true, ..Profile::default() };
    profile.texts.extend(attributes.iter().map(|attribute| ((*attribute).to_owned(), None)));
    for (attribute, text) in texts {
        profile.texts.insert((*attribute).to_owned(), Some((*text).to_owned()));
        if let (Ok(value), true) = (DateValue::parse(text), attribute.contains("Date")) {
            profile.dates.insert((*attribute).to_owned(), Dated { value, zone: chrono_tz::UTC });
        }
    }
    profile
}

fn people(display_name: &str) -> People {
    let user = [
        ("displayName", display_name),
        ("mail", "ava@acme.example"),
        ("employeeHireDate", "2026-02-09"),
        ("employeeLeaveDateTime", "2026-03-31T17:00:00Z"),
        ("lastSuccessfulSignInDateTime", "2025-12-01T09:00:00Z"),
    ];
    People {
        user: Profile { manager: Some("lena".to_owned()), ..profile("ava", &user) },
        manager: Some(profile("lena", &[("displayName", "Lena Novak"), ("mail", "lena@acme.example")])),
        sponsored: vec![Sponsored { name: "gus".to_owned(), display_name: Some("Gus Guest".to_owned()), sponsors: vec!["ava".to_owned()] }],
    }
}

fn recipients(name: &str) -> Recipients {
    let to = |name: Option<&str>, address: &str| mailbox(name, address::address(address).unwrap());
    Recipients { to: vec![to(Some(name), "ava@acme.example")], cc: vec![to(None, "hr@acme.example")], language: None }
}

/// A mail with a subject and a body of one's own, or without.
fn mail(kind: MailKind, people: &People, subject: Option<&str>, body: Option<&str>, locale: Option<&str>) -> Result<Mail, MailError> {
    let settings = MailSettings::default();
    let frame = Frame { tenant: "acme", occurrence: "occurrence", task: "mail", subject: "ava", now: now(), mail: &settings };
    let pass = (kind == MailKind::AccessPass).then(|| Pass { secret: SecretString::from(PASS), lifetime_minutes: 480 });
    let name = people.user.text("displayName").unwrap_or_default().to_owned();
    write(&frame, people, recipients(&name), Letter { kind, wording: Some(Wording { subject, body, locale, to: &[], cc: &[] }), pass })
}

/// The lines before the first empty one, unfolded.
fn headers(mail: &Mail) -> Vec<(String, String)> {
    let text = String::from_utf8(mail.bytes.clone()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ");
    unfolded.split("\r\n").map(|line| line.split_once(": ").unwrap()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The two parts as they were before they were encoded for the wire.
fn written(people: &People, body: &str) -> Result<(String, String), MailError> {
    let locale = super::Locale::new("en");
    let values = Values {
        user: &people.user,
        manager: people.manager.as_ref(),
        sponsored: &people.sponsored,
        pass: None,
        now: now(),
        style: Style::Mail(locale),
    };
    let body = super::render::body(&crate::domain::template::body(body)?, &|name| values.get(name))?;
    Ok((body.text, body.html))
}

#[test]
fn there_is_a_mail_for_every_task_that_sends_one() {
    let members: Vec<&str> =
        MEMBERS.into_iter().filter(|member| member.contains("Email") || *member == "generateTemporaryAccessPass").collect();
    let kinds: Vec<&str> = MailKind::ALL.iter().map(|kind| kind.task()).collect();
    assert_eq!(kinds, members);
    for kind in MailKind::ALL {
        let definition = catalog::by_name(kind.task()).unwrap();
        let asked = ["to", "cc", "customSubject", "customBody", "locale"];
        assert!(asked.iter().all(|name| definition.arguments.iter().any(|argument| argument.name == *name)), "{}", kind.task());
    }
}

#[test]
fn default_texts_are_whole_in_both_languages() {
    for kind in MailKind::ALL {
        let mut subjects = Vec::new();
        for locale in ["en", "de-CH", "fr"] {
            let mail = mail(*kind, &people("Ava Lindqvist"), None, None, Some(locale)).unwrap();
            let text = String::from_utf8(mail.bytes.clone()).unwrap();
            assert!(!text.contains("{{"), "{text}");
            assert_eq!(text.contains(PASS), *kind == MailKind::AccessPass, "{}", kind.task());
            subjects.push(headers(&mail).into_iter().find(|(name, _)| name == "Subject").unwrap().1);
        }
        assert_ne!(subjects[0], subjects[1], "{}", kind.task());
        assert_eq!(subjects[0], subjects[2], "{}: what there is no text for is English", kind.task());
        assert!(subjects[0].contains("Ava Lindqvist"), "{}", kind.task());
    }
}

#[test]
fn the_default_recipients_are_those_of_the_model_system() {
    let audience = |kind: &MailKind| match kind {
        MailKind::Welcome => Audience::User,
        MailKind::SponsorChange => Audience::CoSponsors,
        _ => Audience::Manager,
    };
    assert!(MailKind::ALL.iter().all(|kind| kind.audience() == audience(kind)));
    assert!(MailKind::ALL.iter().all(|kind| words(*kind, Language::English).body != words(*kind, Language::German).body));
}

#[test]
fn old_and_new_variables_have_their_values() {
    let cases = [
        ("{{userDisplayName}}", "Ava Lindqvist"),
        ("{{user.displayName}}", "Ava Lindqvist"),
        ("{{ user.employeeHireDate }}", "9 February 2026"),
        ("{{userEmployeeHireDate}}", "9 February 2026"),
        ("{{userEmployeeLeaveDateTime}}", "31 March 2026, 17:00 UTC"),
        ("{{managerDisplayName}}", "Lena Novak"),
        ("{{manager.displayName}}", "Lena Novak"),
        ("{{managerEmail}}", "lena@acme.example"),
        ("{{daysSinceLastSignIn}}", "65"),
        ("{{user.signInActivity/lastSuccessfulSignInDateTime}}", "1 December 2025, 09:00 UTC"),
        ("{{sponsoredUsers}}", "Gus Guest"),
    ];
    for (text, wanted) in cases {
        assert_eq!(written(&people("Ava Lindqvist"), text).unwrap().0, wanted, "{text}");
    }
}

#[test]
fn a_variable_without_a_value_fails_the_mail() {
    let empty = |name: &str| Err(MailError::VariableEmpty(name.to_owned()));
    let unknown = |name: &str| Err(MailError::VariableUnknown(name.to_owned()));
    let cases = [
        ("{{user.mobilePhone}}", empty("user.mobilePhone")),
        ("{{userGivenName}}", empty("userGivenName")),
        ("{{manager.department}}", empty("manager.department")),
        ("{{user.salary}}", unknown("user.salary")),
        ("{{manager.salary}}", unknown("manager.salary")),
        ("{{displayName}}", unknown("displayName")),
        ("{{}}", unknown("")),
        ("{{temporaryAccessPass}}", unknown("temporaryAccessPass")),
        ("{{user.displayName", unknown("user.displayName")),
    ];
    for (text, wanted) in cases {
        assert_eq!(mail(MailKind::Welcome, &people("Ava"), None, Some(text), None).map(|_| ()), wanted, "{text}");
        assert_eq!(mail(MailKind::Welcome, &people("Ava"), Some(text), None, None).map(|_| ()), wanted, "{text} in the subject");
    }
    let alone = People { manager: None, ..people("Ava") };
    assert_eq!(mail(MailKind::Welcome, &alone, None, Some("{{managerEmail}}"), None).map(|_| ()), empty("managerEmail"));
    assert_eq!(mail(MailKind::Welcome, &alone, None, Some("{{manager.salary}}"), None).map(|_| ()), unknown("manager.salary"));
}

#[test]
fn a_pass_stands_in_the_text_only() {
    let in_subject = mail(MailKind::AccessPass, &people("Ava"), Some("{{temporaryAccessPass}}"), None, None);
    assert_eq!(in_subject.map(|_| ()), Err(MailError::VariableUnknown("temporaryAccessPass".to_owned())));
    let without = mail(MailKind::AccessPass, &people("Ava"), None, Some("Call us."), None).unwrap();
    assert!(!String::from_utf8(without.bytes).unwrap().contains(PASS));
    let with = mail(MailKind::AccessPass, &people("Ava"), None, None, None).unwrap();
    assert!(!format!("{with:?}").contains(PASS));
    assert!(!format!("{with:?}").contains("lena@"));
}

#[test]
fn the_same_mail_twice_is_the_same_mail() {
    let read = || mail(MailKind::Move, &people("Ava"), None, None, None).unwrap();
    assert_eq!(read(), read());
    assert!(read().message_id.ends_with("@acme.invalid>"));
}

const HEADERS: [&str; 9] =
    ["Date", "From", "To", "Cc", "Subject", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version"];

/// Texts that want to be more than text, between any other characters.
fn attribute() -> impl Strategy<Value = String> {
    let hostile = prop::sample::select(vec![
        "\r\nBcc: eve@evil.example\r\n",
        "\n\n<script>",
        "{{managerEmail}}",
        "{{temporaryAccessPass}}",
        "}}",
        "{{",
        "</a>",
        "<b>",
        "\"",
        "'",
        "\\n",
        "=?utf-8?q?=0D=0ABcc:_eve?=",
        ", eve@evil.example",
        "<eve@evil.example>",
        ">\"",
        "&lt;b&gt;",
        "--tenure-",
        "--=_tenure-",
        "\u{202e}",
        "שרה",
        "O'Neill",
        "Jürgen",
        "\u{0}",
        "\u{2028}",
        "\u{1f469}\u{200d}\u{1f680}",
        ";",
        "\\",
        "(",
        ")",
    ]);
    let part = prop_oneof![3 => hostile.prop_map(str::to_owned), 2 => "\\PC{1,40}", 1 => any::<String>(), 1 => "[a-z]{200,300}"];
    // One letter at least: a value of which nothing is left fails the mail, which is another test.
    prop::collection::vec(part, 1..6).prop_map(|parts| format!("x{}", parts.concat()))
}

proptest! {
    #[test]
    fn no_attribute_adds_a_header_or_a_recipient(value in attribute()) {
        let mail = mail(MailKind::Welcome, &people(&value), Some("Hi {{user.displayName}}"), None, None).unwrap();
        let mut names: Vec<String> = headers(&mail).into_iter().map(|(name, _)| name).collect();
        let content = names.pop();
        prop_assert_eq!(content.as_deref(), Some("Content-Type"));
        prop_assert_eq!(&names, &HEADERS);
        prop_assert_eq!(&mail.envelope.to, &["ava@acme.example".to_owned(), "hr@acme.example".to_owned()]);
        let text = String::from_utf8(mail.bytes).unwrap();
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0'])));
        prop_assert!(text.is_ascii());
        let boundaries = text.split("\r\n").filter(|line| line.starts_with(&format!("--{}", super::compose::BOUNDARY))).count();
        prop_assert_eq!(boundaries, 3);
    }

    #[test]
    fn no_attribute_adds_a_tag_or_a_variable(value in attribute(), template in "[ a-z.]{0,20}") {
        let body = format!("{template}<b>{{{{user.displayName}}}}</b> <a href=\"https://a.example/?q={{{{user.displayName}}}}\">x</a>{template}");
        let (text, html) = written(&people(&value), &body).unwrap();
        let plain = written(&people("x"), &body).unwrap().1;
        let tags = |html: &str| html.matches('<').count();
        prop_assert_eq!(tags(&html), tags(&plain));
        prop_assert_eq!(html.matches('"').count(), 2);
        prop_assert!(!text.contains(['\r', '\n']));
        // The value is there as it was, but for its white space and signs that end lines or turn the direction.
        let clean = crate::task::values::clean(&value);
        prop_assert!(text.contains(&clean));
        prop_assert_eq!(text.contains("lena@acme.example"), value.contains("lena@acme.example"));
    }

    #[test]
    fn any_template_gives_balanced_tags_or_an_error(template in "(\\PC|<b>|</b>|<i>|</i>|<a href=https://x.example/>|</a>|<u|>|&lt;|[{]{2}userDisplayName[}]{2}|\n){0,30}") {
        if let Ok((_, html)) = written(&people("<Ava>"), &template) {
            let mut open = Vec::new();
            let mut rest = html.as_str();
            while let Some((_, after)) = rest.split_once('<') {
                let (tag, after) = after.split_once('>').unwrap();
                rest = after;
                let name = tag.split(' ').next().unwrap();
                match name.strip_prefix('/') {
                    Some(name) => prop_assert_eq!(open.pop(), Some(name)),
                    None if name == "br" => {}
                    None => { prop_assert!(["b", "i", "u", "a"].contains(&name)); open.push(name); }
                }
            }
            prop_assert!(open.is_empty());
        }
    }
}
