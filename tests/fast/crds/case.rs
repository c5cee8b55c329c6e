//! What a case is, how it is written down and how an answer is judged.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// What must happen to the object of a case.
#[derive(Clone, Debug)]
pub enum Expected {
    /// It is stored.
    Accepted,
    /// It is refused, and one of the complaints has these words in it.
    Refused(String),
}

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub kind: &'static str,
    /// The stored object that this one replaces; none: it is created.
    pub before: Option<Value>,
    pub object: Value,
    /// The write goes to the status subresource.
    pub in_status: bool,
    pub expected: Expected,
    /// The real server has other words than ours for the same complaint.
    pub worded_differently: bool,
    /// What the stored object holds at a JSON pointer; null: nothing.
    pub stored: Vec<(&'static str, Value)>,
}

/// One complaint: the field and what is wrong with it, as the server words it.
pub type Complaint = (String, String);

/// What became of an object: as it is stored, or why it is not.
pub type Answer = Result<Value, Vec<Complaint>>;

impl Case {
    pub fn accepted(name: impl Into<String>, object: Value) -> Self {
        let kind = object["kind"].as_str().expect("an object has a kind");
        let kind = KINDS.iter().find(|known| **known == kind).expect("a kind of the house");
        Self {
            name: name.into(),
            kind,
            before: None,
            object,
            in_status: false,
            expected: Expected::Accepted,
            worded_differently: false,
            stored: Vec::new(),
        }
    }

    pub fn refused(name: impl Into<String>, object: Value, words: impl Into<String>) -> Self {
        Self { expected: Expected::Refused(words.into()), ..Self::accepted(name, object) }
    }

    /// The case is an update of this object.
    pub fn of(self, before: Value) -> Self {
        Self { before: Some(before), ..self }
    }

    /// The real server has other words than ours for the same complaint; only verdict and field are compared.
    pub fn worded_differently(self) -> Self {
        Self { worded_differently: true, ..self }
    }

    /// The case is an update of the status of its own object, which is stored without one.
    pub fn in_status(self) -> Self {
        let mut before = self.object.clone();
        before.as_object_mut().expect("an object").remove("status");
        Self { before: Some(before), in_status: true, ..self }
    }

    /// The stored object holds this at the pointer; null: nothing is there.
    pub fn stores(mut self, pointer: &'static str, value: Value) -> Self {
        self.stored.push((pointer, value));
        self
    }

    /// Whether an answer is the expected one.
    pub fn judge(&self, answer: &Answer) -> Result<(), String> {
        let name = &self.name;
        match (&self.expected, answer) {
            (Expected::Accepted, Err(complaints)) => Err(format!("{name}: refused: {complaints:?}")),
            (Expected::Refused(words), Ok(_)) => Err(format!("{name}: accepted, but should be refused: {words}")),
            (Expected::Refused(words), Err(complaints)) => {
                let mut texts = complaints.iter().map(|(path, message)| format!("{path}: {message}"));
                if texts.any(|text| text.contains(words.as_str())) {
                    return Ok(());
                }
                Err(format!("{name}: refused, but without the words `{words}`: {complaints:?}"))
            }
            (Expected::Accepted, Ok(stored)) => {
                for (pointer, value) in &self.stored {
                    let found = stored.pointer(pointer).unwrap_or(&Value::Null);
                    if found != value {
                        return Err(format!("{name}: {pointer} is stored as {found}, not {value}"));
                    }
                }
                Ok(())
            }
        }
    }

    /// Whether two servers complain about the same fields, and here for every reason that the real one gives.
    ///
    /// Of a text that breaks several bounds the real one names the first only, and a status it checks by itself, so
    /// that the paths in its messages begin there.
    pub fn compare(&self, local: &Answer, real: &Answer) -> Result<(), String> {
        let fields =
            |answer: &Answer| -> BTreeSet<String> { answer.as_ref().err().into_iter().flatten().map(|(field, _)| field.clone()).collect() };
        let reasons = |answer: &Answer| -> BTreeSet<Complaint> {
            let complaints = answer.as_ref().err().into_iter().flatten();
            complaints.map(|(field, message)| (field.clone(), message.replace("status.", ""))).collect()
        };
        let is_alike = self.worded_differently || reasons(real).is_subset(&reasons(local));
        if is_alike && fields(local) == fields(real) && local.is_ok() == real.is_ok() {
            return Ok(());
        }
        Err(format!("{}: answers differ\n    local: {:?}\n    real:  {:?}", self.name, local.as_ref().err(), real.as_ref().err()))
    }
}

pub const KINDS: [&str; 17] = [
    "Account",
    "Approval",
    "CustomTaskExtension",
    "Directory",
    "DirectorySnapshot",
    "ExtensionCall",
    "Group",
    "Hold",
    "OccurrenceLedger",
    "Run",
    "RunSlice",
    "TenantKey",
    "TenantLedger",
    "TenantSchedule",
    "User",
    "Workflow",
    "WorkflowVersion",
];

/// An object of a kind with these members beside its metadata.
pub fn object(kind: &str, name: &str, members: Value) -> Value {
    let mut object = json!({"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"name": name}});
    let Value::Object(members) = members else { panic!("members are an object") };
    object.as_object_mut().expect("an object").extend(members);
    object
}

/// An object of a kind with this spec.
pub fn specified(kind: &str, name: &str, spec: Value) -> Value {
    object(kind, name, [("spec".to_owned(), spec)].into_iter().collect())
}

/// The object with a value put at a JSON pointer; missing objects on the way are made, null removes.
pub fn with(mut base: Value, pointer: &str, value: Value) -> Value {
    let mut keys: Vec<&str> = pointer.split('/').skip(1).collect();
    let end = keys.pop().expect("a pointer names something");
    let mut place = &mut base;
    for key in keys {
        place = match place {
            Value::Array(list) => &mut list[key.parse::<usize>().expect("an index")],
            Value::Object(map) => map.entry(key).or_insert_with(|| Value::Object(Map::new())),
            other => panic!("{pointer}: {other} has no members"),
        };
    }
    match place {
        Value::Array(list) => list[end.parse::<usize>().expect("an index")] = value,
        Value::Object(map) if value.is_null() => {
            map.remove(end);
        }
        Value::Object(map) => {
            map.insert(end.to_owned(), value);
        }
        other => panic!("{pointer}: {other} has no members"),
    }
    base
}

/// A text of so many characters.
pub fn text(length: usize) -> String {
    "a".repeat(length)
}

/// So many different texts.
pub fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("item-{number}")).collect()
}
