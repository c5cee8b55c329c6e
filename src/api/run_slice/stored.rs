//! A result as it is stored: a line, or whole.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::api::form;

use super::packed::{LONGEST, pack, unpack};
use super::result::{SubjectResult, TaskResult};

/// The member of a result that is one line.
const LINE: &str = "queued";

/// A result that may be a line.
pub(super) struct StoredResult(SubjectResult);

impl StoredResult {
    /// The result; where no task has begun it has these.
    pub fn whole(self, tasks: &[String]) -> SubjectResult {
        let mut result = self.0;
        if result.tasks.is_empty() {
            result.tasks = tasks.iter().map(|name| TaskResult::queued(name)).collect();
        }
        result
    }
}

impl<'de> Deserialize<'de> for StoredResult {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Value::deserialize(deserializer)?;
        let result = match stored.get(LINE).map(Value::as_str) {
            Some(line) => {
                unpack(line.ok_or_else(|| D::Error::custom("invalid type: a member, expected a string"))?).map_err(D::Error::custom)?
            }
            None => form::typed(&stored).map_err(D::Error::custom)?,
        };
        Ok(Self(result))
    }
}

/// A whole result, or one with nothing but its line. Which of both it is, programs decide and see.
impl JsonSchema for StoredResult {
    fn schema_name() -> Cow<'static, str> {
        SubjectResult::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = SubjectResult::json_schema(generator);
        let required = schema.remove("required").unwrap_or_default();
        schema.insert("anyOf".to_owned(), json!([{"required": [LINE]}, {"required": required}]));
        let line = schemars::json_schema!({
            "type": "string",
            "maxLength": LONGEST,
            "description": "Alone, instead of everything else: somebody of whom nothing is known but the plan. Version of the form, subject, \
                due instant, occurrence, keyed id of the subject, o if it off-boards and s if it is so already, keyed id of the person, id.",
        });
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            // The API server would put them beside every line.
            for member in properties.values_mut().filter_map(Value::as_object_mut) {
                member.remove("default");
            }
            properties.insert(LINE.to_owned(), line.to_value());
        }
        schema
    }
}

/// A result as it is written.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum WrittenResult<'a> {
    Line { queued: String },
    WithoutTasks(Box<SubjectResult>),
    Whole(&'a SubjectResult),
}

impl<'a> WrittenResult<'a> {
    pub fn of(tasks: &[String], result: &'a SubjectResult) -> Self {
        let is_queued = |(task, name): (&TaskResult, &String)| *task == TaskResult::queued(name);
        let has_not_begun = tasks.len() == result.tasks.len() && result.tasks.iter().zip(tasks).all(is_queued);
        if tasks.is_empty() || !has_not_begun {
            return Self::Whole(result);
        }
        match pack(result) {
            Some(queued) => Self::Line { queued },
            None => Self::WithoutTasks(Box::new(SubjectResult { tasks: Vec::new(), ..result.clone() })),
        }
    }
}
