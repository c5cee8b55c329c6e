//! The variables that texts of mails and values of attributes may have.

use super::template::{Piece, Unclosed, body, line};
use crate::api::user::TEXT_ATTRIBUTES;
use crate::rule::{Known, Vocabulary, nearest};

/// Where a text stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Subject of a mail.
    Subject,
    /// Body of a mail.
    Body,
    /// Body of the mail with a temporary access pass.
    PassBody,
    /// Subject of the mail with a temporary access pass.
    PassSubject,
    /// New value of an attribute.
    Value,
}

/// A variable by its own name, or a family of them with `<attribute>` in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Variable {
    /// As texts name it.
    pub name: &'static str,
    /// What it stands for.
    pub meaning: &'static str,
    /// Whether only the mail with a temporary access pass has it.
    pub is_of_pass: bool,
}

const fn variable(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, meaning, is_of_pass: false }
}

const fn of_pass(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, meaning, is_of_pass: true }
}

/// The pass itself: it stands in the body and nowhere else, because subjects stand in the logs of every server on the way.
pub const PASS: &str = "temporaryAccessPass";

/// All of them but the older names.
pub const VARIABLES: [Variable; 7] = [
    variable("user.<attribute>", "an attribute of the person, as rules name it"),
    variable("manager.<attribute>", "an attribute of the person's manager"),
    variable("daysSinceLastSignIn", "whole days since the last sign-in"),
    variable("sponsoredUsers", "display names of the guests whom the person sponsors"),
    of_pass(PASS, "the pass; not in the subject"),
    of_pass("temporaryAccessPassLifetimeInMinutes", "how long the pass works"),
    of_pass("temporaryAccessPassStartDateTime", "from when on the pass works"),
];

/// The older names, and what they mean.
pub const OLD_NAMES: [(&str, &str); 8] = [
    ("userDisplayName", "user.displayName"),
    ("userGivenName", "user.givenName"),
    ("userSurname", "user.surname"),
    ("userPrincipalName", "user.userPrincipalName"),
    ("userEmployeeHireDate", "user.employeeHireDate"),
    ("userEmployeeLeaveDateTime", "user.employeeLeaveDateTime"),
    ("managerDisplayName", "manager.displayName"),
    ("managerEmail", "manager.mail"),
];

/// The name that is meant by an older one.
#[must_use]
pub fn today(name: &str) -> &str {
    OLD_NAMES.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| new)
}

/// What is wrong with the variables of a text; lower-case fragments.
#[must_use]
pub fn mistakes(text: &str, place: Place, vocabulary: &Vocabulary) -> Vec<String> {
    let parsed = if matches!(place, Place::Body | Place::PassBody) { body(text) } else { line(text) };
    match parsed {
        Ok(pieces) => Piece::variables(&pieces).into_iter().filter_map(|name| mistake(name, place, vocabulary)).collect(),
        Err(error @ Unclosed(_)) => vec![error.to_string()],
    }
}

fn mistake(name: &str, place: Place, vocabulary: &Vocabulary) -> Option<String> {
    let unknown = |advice: Option<String>| {
        let advice = advice.map(|meant| format!("; did you mean {{{{{meant}}}}}?")).unwrap_or_default();
        Some(format!("there is no variable {{{{{name}}}}}{advice}"))
    };
    let meant = today(name);
    for family in ["user", "manager"] {
        let Some(attribute) = meant.strip_prefix(family).and_then(|rest| rest.strip_prefix('.')) else { continue };
        return if is_attribute(attribute, vocabulary) { None } else { unknown(near(family, attribute, vocabulary)) };
    }
    match VARIABLES.iter().find(|variable| variable.name == meant) {
        Some(variable) if variable.is_of_pass && !matches!(place, Place::PassBody | Place::PassSubject) => {
            Some(format!("{{{{{name}}}}} stands in the mail with a temporary access pass only"))
        }
        Some(_) if meant == PASS && place == Place::PassSubject => Some(format!("{{{{{name}}}}} may not stand in the subject")),
        Some(_) => None,
        None => {
            let by_attribute = near("user", meant, vocabulary);
            let whole = VARIABLES.iter().map(|variable| variable.name).filter(|known| !known.contains('<'));
            unknown(nearest(meant, whole.chain(OLD_NAMES.iter().map(|(old, _)| *old))).map(str::to_owned).or(by_attribute))
        }
    }
}

/// The attribute of the person that an entry of `to` or `cc` takes its addresses from.
///
/// # Errors
/// What is wrong with an entry that has braces and does not name one.
pub fn recipient<'a>(entry: &'a str, vocabulary: Option<&Vocabulary>) -> Option<Result<&'a str, String>> {
    if !entry.contains("{{") {
        return None;
    }
    let name = entry.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
    let attribute = name.and_then(|name| today(name).strip_prefix("user."));
    Some(match (attribute, vocabulary) {
        (Some(attribute), Some(vocabulary)) if !is_attribute(attribute, vocabulary) => {
            let advice = near("user", attribute, vocabulary).map(|meant| format!("; did you mean {{{{{meant}}}}}?")).unwrap_or_default();
            Err(format!("there is no variable {{{{user.{attribute}}}}}{advice}"))
        }
        (Some(attribute), _) => Ok(attribute),
        (None, _) => Err("a recipient is one attribute of the person and nothing else, such as {{user.otherMails}}".to_owned()),
    })
}

fn is_attribute(name: &str, vocabulary: &Vocabulary) -> bool {
    TEXT_ATTRIBUTES.contains(&name) || vocabulary.resolve(name).is_some()
}

fn near(family: &str, attribute: &str, vocabulary: &Vocabulary) -> Option<String> {
    let known = TEXT_ATTRIBUTES.iter().copied().chain(Known::ALL.iter().map(|known| known.path())).chain(vocabulary.names());
    nearest(attribute, known).map(|name| format!("{family}.{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // One row a line, or nobody can read the table.
    fn what_is_no_variable() {
        use Place::{Body, PassBody, PassSubject, Subject, Value};
        let vocabulary = Vocabulary::lcw().with(["badge"]);
        // (text, place, what is said; empty: nothing)
        for (text, place, said) in [
            ("ZZ {{user.displayName}}", Value, ""),
            ("{{ user.badge }} {{manager.mail}} {{userSurname}}", Subject, ""),
            ("{{user.employeeOrgData/costCenter}}", Value, ""),
            ("{{daysSinceLastSignIn}} {{sponsoredUsers}}", Body, ""),
            ("no variable { } }}", Value, ""),
            ("ZZ {{user.displayname}}", Value, "there is no variable {{user.displayname}}; did you mean {{user.displayName}}?"),
            ("{{displayName}}", Subject, "there is no variable {{displayName}}; did you mean {{user.displayName}}?"),
            ("{{manager.badg}}", Body, "there is no variable {{manager.badg}}; did you mean {{manager.badge}}?"),
            ("{{userDisplayNam}}", Body, "did you mean {{userDisplayName}}?"),
            ("{{qwertz}}", Body, "there is no variable {{qwertz}}"),
            ("{{}}", Value, "there is no variable {{}}"),
            ("<a href='https://x.example/{{user.nobody}}'>x</a>", Body, "there is no variable {{user.nobody}}"),
            ("ZZ {{user.displayName", Value, "{{ stands without }} after it"),
            ("{{temporaryAccessPass}}", PassBody, ""),
            ("{{temporaryAccessPassLifetimeInMinutes}}", PassSubject, ""),
            ("{{temporaryAccessPass}}", PassSubject, "may not stand in the subject"),
            ("{{temporaryAccessPass}}", Body, "in the mail with a temporary access pass only"),
            ("{{temporaryAccessPass}}", Value, "in the mail with a temporary access pass only"),
        ] {
            let found = mistakes(text, place, &vocabulary).join("; ");
            assert!(if said.is_empty() { found.is_empty() } else { found.contains(said) }, "{text}: {found}");
        }
    }

    #[test]
    fn who_is_a_recipient() {
        let vocabulary = Vocabulary::lcw();
        for (entry, attribute) in
            [("{{user.otherMails}}", "otherMails"), (" {{ user.mail }} ", "mail"), ("{{userPrincipalName}}", "userPrincipalName")]
        {
            assert_eq!(recipient(entry, Some(&vocabulary)), Some(Ok(attribute)), "{entry}");
        }
        for entry in ["Manager", "hr@acme.example", "ben"] {
            assert_eq!(recipient(entry, Some(&vocabulary)), None, "{entry}");
        }
        for entry in [
            "{{manager.mail}}",
            "{{user.mail}}, hr@acme.example",
            "x{{user.mail}}",
            "{{user.mail",
            "{{user.othermail}}",
            "{{sponsoredUsers}}",
        ] {
            assert!(matches!(recipient(entry, Some(&vocabulary)), Some(Err(_))), "{entry}");
        }
    }

    #[test]
    fn every_old_name_is_a_variable_of_today() {
        for (old, new) in OLD_NAMES {
            assert_eq!(today(old), new);
            assert!(mistakes(&format!("{{{{{old}}}}}"), Place::Value, &Vocabulary::lcw()).is_empty(), "{old}");
        }
    }
}
