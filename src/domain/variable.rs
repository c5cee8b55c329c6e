//! The variables that texts of mails and values of attributes may have.

use super::template::{Piece, Unclosed, body, line};
use crate::api::user::TEXT_ATTRIBUTES;
use crate::rule::{Kind, Known, Vocabulary, nearest};

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

/// The private addresses, of which there are several.
const OTHER_MAILS: &str = "otherMails";
/// The name of the manager's User.
const MANAGER: &str = "manager";

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

/// What is wrong with the variables of a text; lower-case fragments. Without `is_whole` the vocabulary may lack attributes, as
/// the Directory that maps them is not there.
#[must_use]
pub fn mistakes(text: &str, place: Place, vocabulary: &Vocabulary, is_whole: bool) -> Vec<String> {
    let parsed = if matches!(place, Place::Body | Place::PassBody) { body(text) } else { line(text) };
    match parsed {
        Ok(pieces) => Piece::variables(&pieces).into_iter().filter_map(|name| mistake(name, place, vocabulary, is_whole)).collect(),
        Err(error @ Unclosed(_)) => vec![error.to_string()],
    }
}

fn mistake(name: &str, place: Place, vocabulary: &Vocabulary, is_whole: bool) -> Option<String> {
    let unknown = |advice: Option<String>| {
        let advice = advice.map(|meant| format!("; did you mean {{{{{meant}}}}}?")).unwrap_or_default();
        Some(format!("there is no variable {{{{{name}}}}}{advice}"))
    };
    let meant = today(name);
    for family in ["user", "manager"] {
        let Some(attribute) = meant.strip_prefix(family).and_then(|rest| rest.strip_prefix('.')) else { continue };
        return match standing(attribute, vocabulary) {
            Meaning::Text => None,
            // The empty name is none anywhere.
            Meaning::Unknown if !is_whole && !attribute.is_empty() => None,
            Meaning::Addresses => Some(format!("{{{{{name}}}}} stands for several addresses, and is for to and cc only")),
            Meaning::NoText => Some(format!("{{{{{name}}}}} is no text: it is for rules only")),
            Meaning::Unknown => unknown(near(family, attribute, vocabulary, &[Meaning::Text])),
        };
    }
    match VARIABLES.iter().find(|variable| variable.name == meant) {
        Some(variable) if variable.is_of_pass && !matches!(place, Place::PassBody | Place::PassSubject) => {
            Some(format!("{{{{{name}}}}} stands in the mail with a temporary access pass only"))
        }
        Some(_) if meant == PASS && place == Place::PassSubject => Some(format!("{{{{{name}}}}} may not stand in the subject")),
        Some(_) => None,
        None => {
            let by_attribute = near("user", meant, vocabulary, &[Meaning::Text]);
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
        (Some(attribute), Some(vocabulary)) => no_address(attribute, vocabulary).map_or(Ok(attribute), Err),
        (Some(attribute), None) => Ok(attribute),
        (None, _) => Err("a recipient is one attribute of the person and nothing else, such as {{user.otherMails}}".to_owned()),
    })
}

/// Why an attribute of the person can never be an address; None: it may be one.
fn no_address(attribute: &str, vocabulary: &Vocabulary) -> Option<String> {
    let unknown = || {
        let meant = near("user", attribute, vocabulary, &[Meaning::Text, Meaning::Addresses]);
        let advice = meant.map(|meant| format!("; did you mean {{{{{meant}}}}}?")).unwrap_or_default();
        format!("there is no variable {{{{user.{attribute}}}}}{advice}")
    };
    let is_date = vocabulary.resolve(attribute).is_some_and(|(_, kind)| kind == Kind::Date);
    match standing(attribute, vocabulary) {
        Meaning::Unknown => Some(unknown()),
        _ if attribute == MANAGER => Some(
            "{{user.manager}} is the name of the manager's User and never an address; Manager in to writes to the manager's mail"
                .to_owned(),
        ),
        Meaning::Text if !is_date => None,
        Meaning::Addresses => None,
        Meaning::Text | Meaning::NoText => Some(format!("{{{{user.{attribute}}}}} is never an address")),
    }
}

/// What an attribute can stand for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Meaning {
    /// One text, or a date.
    Text,
    /// Several addresses.
    Addresses,
    /// Nothing that a text can have.
    NoText,
    /// There is no such attribute.
    Unknown,
}

fn standing(attribute: &str, vocabulary: &Vocabulary) -> Meaning {
    // What a Directory maps has the text of its source, whatever its type.
    if TEXT_ATTRIBUTES.contains(&attribute) || vocabulary.names().any(|name| name == attribute) {
        return Meaning::Text;
    }
    match vocabulary.resolve(attribute).map(|(_, kind)| kind) {
        None => Meaning::Unknown,
        Some(_) if attribute == OTHER_MAILS => Meaning::Addresses,
        Some(Kind::Text | Kind::Date | Kind::Untyped) => Meaning::Text,
        Some(_) => Meaning::NoText,
    }
}

fn near(family: &str, attribute: &str, vocabulary: &Vocabulary, fits: &[Meaning]) -> Option<String> {
    let known = TEXT_ATTRIBUTES.iter().copied().chain(Known::ALL.iter().map(|known| known.path())).chain(vocabulary.names());
    nearest(attribute, known.filter(|name| fits.contains(&standing(name, vocabulary)))).map(|name| format!("{family}.{name}"))
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
            ("{{user.otherMails}}", Value, "{{user.otherMails}} stands for several addresses, and is for to and cc only"),
            ("{{manager.otherMails}}", Body, "is for to and cc only"),
            ("{{user.accountEnabled}}", Value, "{{user.accountEnabled}} is no text: it is for rules only"),
            ("{{user.proxyAddresses}}", Subject, "is no text"),
            ("{{user.manager}} {{user.employeeHireDate}} {{user.signInActivity/lastSuccessfulSignInDateTime}}", Value, ""),
            ("{{user.othrMails}}", Value, "there is no variable {{user.othrMails}}"),
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
            let found = mistakes(text, place, &vocabulary, true).join("; ");
            assert!(if said.is_empty() { found.is_empty() } else { found.contains(said) }, "{text}: {found}");
        }
    }

    #[test]
    fn without_the_directory_only_its_attributes_are_let_pass() {
        for (text, said) in [
            ("{{user.badge}} {{manager.floor}}", ""),
            ("{{foo}}", "there is no variable {{foo}}"),
            ("{{user.}}", "there is no variable {{user.}}"),
            ("{{temporaryAccessPass}}", "in the mail with a temporary access pass only"),
            ("{{user.otherMails}}", "is for to and cc only"),
            ("{{user.displayName", "{{ stands without }} after it"),
        ] {
            let found = mistakes(text, Place::Value, &Vocabulary::lcw(), false).join("; ");
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
            "{{user.manager}}",
            "{{user.employeeHireDate}}",
            "{{user.accountEnabled}}",
            "{{sponsoredUsers}}",
        ] {
            assert!(matches!(recipient(entry, Some(&vocabulary)), Some(Err(_))), "{entry}");
        }
    }

    #[test]
    fn every_old_name_is_a_variable_of_today() {
        for (old, new) in OLD_NAMES {
            assert_eq!(today(old), new);
            assert!(mistakes(&format!("{{{{{old}}}}}"), Place::Value, &Vocabulary::lcw(), true).is_empty(), "{old}");
        }
    }
}
