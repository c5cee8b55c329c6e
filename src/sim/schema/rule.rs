//! One CEL rule of a schema.

use kube::core::cel::{CompilationResult, compile_schema};
use serde_json::{Value, json};

/// One rule, compiled, or the reason why it cannot be.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) compiled: Result<CompilationResult, String>,
}

impl Rule {
    pub(super) fn compile_all(schema: &Value) -> Vec<Self> {
        let Some(rules) = schema.get("x-kubernetes-validations") else { return Vec::new() };
        let compiled = compile_schema(&json!({ "x-kubernetes-validations": rules }));
        let rules = compiled.validations.into_iter();
        rules.map(|rule| Self { compiled: rule.map_err(|error| error.to_string()) }).collect()
    }

    pub(super) fn is_transition(&self) -> bool {
        self.compiled.as_ref().is_ok_and(|rule| rule.is_transition_rule)
    }
}
