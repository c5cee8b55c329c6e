//! The table without a server: through the schemas of `tenure::sim::schema`.

use std::collections::BTreeMap;

use serde_json::Value;
use tenure::sim::schema::Schema;

use super::case::{Answer, Case};

pub struct Local {
    schemas: BTreeMap<String, Schema>,
}

impl Local {
    pub fn new(definitions: &[(String, Value)]) -> Self {
        let compiled = definitions.iter().map(|(_, definition)| {
            let kind = definition["spec"]["names"]["kind"].as_str().expect("a definition names its kind");
            (kind.to_owned(), Schema::compile(&definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]))
        });
        Self { schemas: compiled.collect() }
    }

    pub fn answer(&self, case: &Case) -> Answer {
        let schema = &self.schemas[case.kind];
        let before = case.before.clone().map(|before| {
            let admitted = schema.admit(before, None, true);
            admitted.unwrap_or_else(|error| panic!("{}: what it replaces is refused: {error:?}", case.name))
        });
        let admitted = schema.admit(case.object.clone(), before.as_ref(), true);
        admitted.map_err(|found| found.into_iter().map(|violation| (violation.path, violation.message)).collect())
    }
}
