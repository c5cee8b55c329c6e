//! One complaint about an object, worded as the API server words it.

use std::fmt;

use serde_json::Value;

/// What the server writes in place of a path where a complaint concerns no field.
pub(super) const NO_FIELD: &str = "<nil>";

/// A type that JSON has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// A mapping.
    Object,
    /// A list.
    Array,
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// A truth value.
    Boolean,
}

impl JsonType {
    /// The word that schemas have for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }
}

/// What a schema wants a value to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A value of this type.
    Json(JsonType),
    /// A whole number or a text.
    IntegerOrString,
    /// A text that is an instant.
    Instant,
    /// A text of another format, by its name.
    Format(&'static str),
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json(json) => json.name(),
            Self::IntegerOrString => "integer,string",
            Self::Instant => "date-time",
            Self::Format(name) => name,
        })
    }
}

/// What sort of complaint a [`Violation`] is; the server's `reason` of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViolationKind {
    /// The value is not acceptable.
    Invalid,
    /// A text is not written as an instant.
    NoInstant,
    /// A rule of the schema is not met, and it says no other sort.
    Rule,
    /// The value has the wrong JSON type, or is a text of another format.
    TypeInvalid {
        /// What is wanted.
        wanted: ValueType,
    },
    /// A required field is missing.
    Required,
    /// The value is not one of the enumerated ones.
    NotSupported,
    /// A string is longer than allowed.
    TooLong,
    /// A list or map has more members than allowed.
    TooMany,
    /// A member of a set or the key of a list map occurs twice.
    Duplicate,
    /// The field may not be set.
    Forbidden,
    /// Strict validation met a field that the schema does not know.
    UnknownField,
}

impl ViolationKind {
    /// The `reason` that the server puts into a cause of its `Status`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            // An unknown field is refused before there are causes; the reason is what is closest.
            Self::Invalid | Self::NoInstant | Self::Rule | Self::UnknownField => "FieldValueInvalid",
            Self::TypeInvalid { .. } => "FieldValueTypeInvalid",
            Self::Required => "FieldValueRequired",
            Self::NotSupported => "FieldValueNotSupported",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Forbidden => "FieldValueForbidden",
        }
    }
}

/// One complaint about one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where, as the server writes it (`spec.tasks[0].name`); `<nil>` if it concerns no field.
    pub path: String,
    /// What, without the path (`Invalid value: "x": must ...`, or `unknown field "spec.foo"`).
    pub message: String,
    /// Which sort.
    pub kind: ViolationKind,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == ViolationKind::UnknownField { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

impl Violation {
    /// The field that it concerns, if it concerns one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        Some(self.path.as_str()).filter(|path| *path != NO_FIELD)
    }

    /// A complaint about a value which the message shows.
    pub fn of_value(kind: ViolationKind, path: impl fmt::Display, value: &Value, detail: &str) -> Self {
        let prefix = match kind {
            ViolationKind::NotSupported => "Unsupported value",
            ViolationKind::TooMany => "Too many",
            ViolationKind::Duplicate => "Duplicate value",
            _ => "Invalid value",
        };
        let separator = if detail.is_empty() { "" } else { ": " };
        Self { path: path.to_string(), message: format!("{prefix}: {value}{separator}{detail}"), kind }
    }

    /// A complaint that does not show the value.
    pub fn plain(kind: ViolationKind, path: impl fmt::Display, detail: &str) -> Self {
        let prefix = match kind {
            ViolationKind::Required => "Required value",
            ViolationKind::TooLong => "Too long",
            ViolationKind::TooMany => "Too many",
            ViolationKind::Duplicate => "Duplicate value",
            ViolationKind::Forbidden => "Forbidden",
            _ => "Invalid value",
        };
        let separator = if detail.is_empty() { "" } else { ": " };
        Self { path: path.to_string(), message: format!("{prefix}{separator}{detail}"), kind }
    }

    pub(super) fn unknown_field(path: String) -> Self {
        Self { message: format!("unknown field \"{path}\""), path, kind: ViolationKind::UnknownField }
    }

    /// Whether the server runs no rule on an object with this violation.
    pub(super) fn blocks_rules(&self) -> bool {
        matches!(
            self.kind,
            ViolationKind::NotSupported
                | ViolationKind::Required
                | ViolationKind::TooLong
                | ViolationKind::TooMany
                | ViolationKind::TypeInvalid { .. }
        )
    }

    pub(super) fn rules_not_checked() -> Self {
        Self::of_value(
            ViolationKind::Invalid,
            NO_FIELD,
            &Value::Null,
            "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
        )
    }
}

/// A path from the root of the object, as a list on the stack: nothing is allocated until somebody complains.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    /// The object itself.
    Root,
    /// A property.
    Field(&'a Path<'a>, &'a str),
    /// A key of a map, which the server writes in brackets where it speaks of fields of Go structures.
    Key(&'a Path<'a>, &'a str),
    /// An element of a list.
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Field(Path::Root, name) => f.write_str(name),
            Path::Field(parent, name) => write!(f, "{parent}.{name}"),
            Path::Key(parent, name) => write!(f, "{parent}[{name}]"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}
