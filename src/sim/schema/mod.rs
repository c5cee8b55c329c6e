//! What a Kubernetes API server says about a custom object, given the `openAPIV3Schema` of its definition.
//!
//! The order is that of the server: unknown fields are refused (strict) or pruned, nulls that the schema does not
//! allow are removed, defaults are filled in, the structure is checked, and only if nothing in the structure makes
//! that pointless do the CEL rules run. On an update, parts of the object that did not change are not held against
//! the writer ("ratcheting", always on since Kubernetes 1.33); only transition rules see them again.

mod fill;
mod lists;
mod node;
mod rule;
mod rules;
mod structure;
mod violation;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use violation::{JsonType, ValueType, Violation, ViolationKind};

use node::Node;
use violation::Path;

/// A schema, compiled once and used for many objects.
#[derive(Debug)]
pub struct Schema {
    root: Node,
}

impl Schema {
    /// Compiles the `openAPIV3Schema` of one version of a custom resource definition.
    ///
    /// A pattern or a rule that does not compile does not fail here: as on the server, where such a definition
    /// could not exist, nothing that it guards is then admitted, and the message says which one it was.
    #[must_use]
    pub fn compile(schema: &Value) -> Self {
        let mut root = Node::compile(schema);
        root.embedded = true;
        Self { root }
    }

    /// Admits one object: gives it back pruned and with its defaults, ready to be stored.
    ///
    /// `old` is the stored object when this is an update; transition rules are only checked then. With `strict`
    /// fields that the schema does not know are refused by name, otherwise they are dropped. `metadata` is left
    /// alone but for what root rules may see of it (`metadata.name` and `metadata.generateName`).
    ///
    /// # Errors
    /// Everything that the server would complain about, in the order of the fields.
    pub fn admit(&self, mut object: Value, old: Option<&Value>, strict: bool) -> Result<Value, Vec<Violation>> {
        let mut unknown = Vec::new();
        fill::prune(&mut object, Some(&self.root), Path::Root, &mut unknown);
        if strict && !unknown.is_empty() {
            unknown.sort();
            return Err(unknown.into_iter().map(Violation::unknown_field).collect());
        }
        fill::defaults(&mut object, &self.root);
        self.check(&object, old)?;
        Ok(object)
    }

    /// The names of the fields that the schema does not know, as paths, sorted; the object stays as it is.
    #[must_use]
    pub fn unknown_fields(&self, object: &Value) -> Vec<String> {
        let mut unknown = Vec::new();
        fill::prune(&mut object.clone(), Some(&self.root), Path::Root, &mut unknown);
        unknown.sort();
        unknown
    }

    /// Says everything about one object that can be said at once, for people who write it. Unlike the server it goes on
    /// after whatever it finds: it drops unknown fields without a word (see [`Schema::unknown_fields`]), and it runs
    /// every rule that the rest of the object lets it decide. The object is given back with its defaults.
    #[must_use]
    pub fn examine(&self, mut object: Value, old: Option<&Value>) -> (Value, Vec<Violation>) {
        fill::prune(&mut object, Some(&self.root), Path::Root, &mut Vec::new());
        fill::defaults(&mut object, &self.root);
        let mut found = Vec::new();
        structure::check(&self.root, &object, old, Path::Root, &mut found);
        lists::check(&self.root, &object, Path::Root, &mut found);
        let decided_only = found.iter().any(Violation::blocks_rules);
        rules::check(&self.root, &object, old, decided_only, &mut found);
        (object, found)
    }

    /// The names of the fields that the object at a path (`spec.tasks[0]`; empty: the root) can have, but for free keys.
    #[must_use]
    pub fn fields(&self, path: &str) -> Vec<&str> {
        self.node_at(path).map(|node| node.properties.keys().map(String::as_str).collect()).unwrap_or_default()
    }

    /// The texts that the field at a path can have, if they are enumerated.
    #[must_use]
    pub fn choices(&self, path: &str) -> Vec<&str> {
        self.node_at(path).map(|node| node.enumeration.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    }

    fn node_at(&self, path: &str) -> Option<&Node> {
        let mut segments = path.split(['.', '[']).filter(|segment| !segment.is_empty());
        segments.try_fold(&self.root, |node, segment| match segment.strip_suffix(']') {
            Some(_) => node.items.as_deref(),
            None => node.member(segment).map(|(child, _)| child),
        })
    }

    fn check(&self, object: &Value, old: Option<&Value>) -> Result<(), Vec<Violation>> {
        let mut found = Vec::new();
        structure::check(&self.root, object, old, Path::Root, &mut found);
        let mut old_lists = Vec::new();
        if let Some(old) = old {
            lists::check(&self.root, old, Path::Root, &mut old_lists);
        }
        // Lists that were already wrong in the stored object are not held against an update.
        if old_lists.is_empty() {
            lists::check(&self.root, object, Path::Root, &mut found);
        }
        if self.root.has_rules {
            if found.iter().any(Violation::blocks_rules) {
                found.push(Violation::rules_not_checked());
            } else {
                rules::check(&self.root, object, old, false, &mut found);
            }
        }
        if found.is_empty() { Ok(()) } else { Err(found) }
    }
}
