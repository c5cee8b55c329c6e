//! Where what was written lies: a folder for each form, in it a file for each kind.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tenure::sim::yaml;

use super::story::version;
use crate::scenarios::end::text;

/// A file of that name says that a release wrote these objects: they are never written anew.
const RELEASED: &str = "RELEASED";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulation/written")
}

/// The folder of a form.
pub fn folder(form: &str) -> PathBuf {
    root().join(form)
}

/// All forms, by their names.
pub fn forms() -> Vec<String> {
    let entries = std::fs::read_dir(root()).expect("the folder").map(|entry| entry.expect("an entry"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut forms: Vec<String> = folders.map(|entry| entry.file_name().into_string().expect("a name")).collect();
    forms.sort();
    forms
}

/// Reads all objects of a folder, in the order of their versions.
pub fn read(folder: &Path) -> Vec<Value> {
    let paths = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let mut objects = Vec::new();
    for path in yaml {
        let documents = yaml::parse(&std::fs::read_to_string(&path).expect("a text"));
        objects
            .extend(documents.into_iter().map(|document| document.unwrap_or_else(|error| panic!("{}: {error:?}", path.display())).value));
    }
    objects.sort_by_key(version);
    objects
}

/// Writes all objects into a folder, instead of those in it.
///
/// # Errors
/// A release wrote what is there.
pub fn write(folder: &Path, objects: &[Value]) -> Result<(), String> {
    if folder.join(RELEASED).exists() {
        return Err(format!("{} was released: later versions must read it, so write another folder", folder.display()));
    }
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for object in objects {
        let yaml = serde_yaml::to_string(object).expect("a value");
        let file = format!("{}.yaml", text(object, "/kind"));
        write!(texts.entry(file).or_default(), "---\n{}\n", yaml.trim_end()).expect("a text can be written to");
    }
    if folder.exists() {
        std::fs::remove_dir_all(folder).expect("the old objects can be removed");
    }
    std::fs::create_dir_all(folder).expect("a folder");
    for (file, text) in texts {
        std::fs::write(folder.join(file), text).expect("a file");
    }
    Ok(())
}

#[test]
fn what_is_written_is_read_and_what_was_released_stays() {
    let object = |version: u64, words: &str| {
        let metadata = serde_json::json!({"name": format!("n{version}"), "resourceVersion": version.to_string()});
        serde_json::json!({"kind": "User", "metadata": metadata, "spec": {"displayName": words, "employeeId": "0123", "mail": "null"}})
    };
    let folder = tempfile::tempdir().expect("a folder");
    let form = folder.path().join("v1");
    let first = [object(1, "a: b"), object(2, "two\nlines # and more"), object(10, "\"\u{e9}\"")];
    write(&form, &first).expect("nobody released it");
    assert_eq!(read(&form), first);
    let second = [object(3, "2026-03-10")];
    write(&form, &second).expect("nobody released it");
    assert_eq!(read(&form), second, "nothing of the first is left");
    std::fs::write(form.join(RELEASED), "0.1.0\n").expect("a file");
    let refusal = write(&form, &first).expect_err("released");
    assert!(refusal.contains("was released"), "{refusal}");
    assert_eq!(read(&form), second);
}
