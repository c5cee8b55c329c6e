//! What type an attribute of a Directory has. Whoever asks for it asks here: a mapping that says something else of an attribute,
//! who may write it or in which zone it is, does not make another attribute of it.

use super::subject::{CREATED, HIRE_DATE, LEAVE_DATE};
use super::trigger::LAST_SIGN_IN;
use crate::api::directory::{AttributeMapping, AttributeType};
use crate::rule::{Kind, Known};

/// The attributes that are dates without being mapped.
pub const DATES: [&str; 4] = [HIRE_DATE, LEAVE_DATE, CREATED, LAST_SIGN_IN];

/// The type of an attribute that a Directory maps: the one that the mapping says, else the attribute's own.
#[must_use]
pub fn type_of(mapping: &AttributeMapping) -> AttributeType {
    mapping.type_.unwrap_or_else(|| own_type(&mapping.name))
}

/// Whether an attribute that a Directory maps is a date.
#[must_use]
pub fn is_date(mapping: &AttributeMapping) -> bool {
    type_of(mapping) == AttributeType::DateTime
}

/// The type of an attribute of which nobody says one. Under the longer name that rules have for it, the last sign-in is nothing
/// that a trigger finds in a record.
#[must_use]
pub fn own_type(name: &str) -> AttributeType {
    if DATES.contains(&name) {
        return AttributeType::DateTime;
    }
    match Known::from_path(name).map(Known::kind) {
        Some(Kind::Boolean) => AttributeType::Boolean,
        Some(Kind::Integer) => AttributeType::Integer,
        Some(Kind::TextCollection) => AttributeType::StringList,
        Some(Kind::Text | Kind::Date | Kind::Records(_) | Kind::Untyped) | None => AttributeType::String,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_type_an_attribute_has() {
        use AttributeType::{Boolean, DateTime, Integer, String, StringList};
        let writers = || json!([{"workflow": "end"}]);
        let rows: [(&str, Value, AttributeType); 18] = [
            ("who may write it", json!({"name": "employeeLeaveDateTime", "writers": writers()}), DateTime),
            ("its zone", json!({"name": "employeeHireDate", "timeZone": "Europe/Berlin"}), DateTime),
            ("who names its zone", json!({"name": "employeeHireDate", "timeZoneAttribute": "office"}), DateTime),
            ("what a day is", json!({"name": "createdDateTime", "dateOnly": "EndOfDay"}), DateTime),
            ("where it comes from", json!({"name": "lastSuccessfulSignInDateTime", "source": "seen"}), DateTime),
            ("nothing", json!({"name": "employeeLeaveDateTime"}), DateTime),
            ("that it is a date", json!({"name": "employeeLeaveDateTime", "type": "dateTime"}), DateTime),
            ("that it is text", json!({"name": "employeeLeaveDateTime", "type": "string"}), String),
            ("who may write a text", json!({"name": "mail", "writers": writers()}), String),
            ("who may write texts", json!({"name": "otherMails", "writers": writers()}), StringList),
            ("who may write what is true or false", json!({"name": "accountEnabled", "writers": writers()}), Boolean),
            ("nothing of what only it knows", json!({"name": "contractEnd"}), String),
            ("what a day is, of what only it knows", json!({"name": "contractEnd", "dateOnly": "EndOfDay"}), String),
            ("that what only it knows is a date", json!({"name": "contractEnd", "type": "dateTime"}), DateTime),
            ("that it is a number", json!({"name": "level", "type": "integer"}), Integer),
            ("that a text is true or false", json!({"name": "department", "type": "boolean"}), Boolean),
            ("the longer name", json!({"name": "signInActivity/lastSuccessfulSignInDateTime"}), String),
            ("another spelling", json!({"name": "employeehiredate"}), String),
        ];
        for (what, mapping, expected) in rows {
            let mapping: AttributeMapping = serde_json::from_value(mapping).expect("a mapping");
            assert_eq!((type_of(&mapping), is_date(&mapping)), (expected, expected == DateTime), "it says {what}");
        }
    }

    /// The word that messages say is the one that manifests have.
    #[test]
    fn types_have_the_words_of_manifests() {
        use AttributeType::{Boolean, DateTime, Integer, String, StringList};
        for type_ in [String, Boolean, Integer, DateTime, StringList] {
            assert_eq!(json!(type_), json!(type_.as_str()));
        }
    }
}
