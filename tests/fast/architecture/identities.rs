//! What is hashed in `domain` and `runner` is an identity that was written by hand: keys, digests and hashes outlive the
//! process, and a derived form would change them with every field that is renamed or added.
//!
//! Clippy forbids the derived serialisation in both rooms (`clippy.toml`, and a line in each `mod.rs`); here stands that it
//! is asked to, where it is not, and who may hash and what.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Source, files, has_path, without_comments};

/// The rooms in which identities are made.
const ROOMS: [&str; 2] = ["domain/", "runner/"];

/// Who hashes: identities, identities under the tenant's key; the index of versions for people, which decides nothing; and
/// the delay of a tenant's ticks, which nobody stores.
const HASHERS: [&str; 4] = ["domain/identity.rs", "domain/keys.rs", "domain/schedule/mod.rs", "domain/version.rs"];

/// Where identities are written.
const IDENTITIES: [&str; 2] = ["domain/identity.rs", "domain/keys.rs"];

/// How many functions of a file clippy lets serialise; the reason stands there. None of them makes an identity, but for the
/// index of versions.
const EXCEPTIONS: [(&str, usize); 6] = [
    ("domain/room.rs", 1),
    ("domain/validate/tasks.rs", 1),
    ("domain/version.rs", 2),
    ("runner/evaluate/explain/history.rs", 1),
    ("runner/evaluate/write.rs", 1),
    ("runner/execute/report.rs", 1),
];

/// The line with which a room asks clippy.
const ASKED: &str = "#![cfg_attr(not(test), warn(clippy::disallowed_methods))]";

/// The code that is in the programs.
fn shipped(source: &Source) -> String {
    let code = without_comments(&source.text);
    code.split_once("#[cfg(test)]\n").map_or(code.as_str(), |(shipped, _)| shipped).to_owned()
}

fn complaints(source: &Source) -> Vec<String> {
    let path = source.path.as_str();
    let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
    if is_test || !ROOMS.iter().any(|room| path.starts_with(room)) {
        return Vec::new();
    }
    let code = shipped(source);
    let mut found = Vec::new();
    for package in ["sha2", "hmac"] {
        if has_path(&code, package) && !HASHERS.contains(&path) {
            found.push(format!("{path}: {package}: hash a domain::identity::Identity"));
        }
    }
    if code.contains("Hasher") {
        found.push(format!("{path}: a Hasher of Rust promises nothing to the next release"));
    }
    let is_identities = IDENTITIES.contains(&path);
    if code.contains("Identity for ") && !is_identities {
        found.push(format!("{path}: identities stand in {IDENTITIES:?}"));
    }
    if is_identities {
        for word in [":?", "{:#", "serde_json", "serde_yaml", "form::", "Serialize", "format_args!"] {
            if code.contains(word) {
                found.push(format!("{path}: {word}: an identity is written part by part"));
            }
        }
    }
    let allowed = code.matches("clippy::disallowed_methods, reason").count();
    let expected = EXCEPTIONS.iter().find(|(exception, _)| *exception == path).map_or(0, |(_, count)| *count);
    if allowed != expected {
        found.push(format!("{path}: {allowed} functions serialise, {expected} may"));
    }
    let is_room = ROOMS.iter().any(|room| path == format!("{room}mod.rs"));
    if code.matches("clippy::disallowed_methods").count() != allowed + usize::from(is_room) || is_room != code.contains(ASKED) {
        found.push(format!("{path}: {ASKED} stands in the mod.rs of the room, and nothing else speaks of it"));
    }
    found
}

#[test]
fn what_is_hashed_was_written_by_hand() {
    let sources = files();
    for path in HASHERS.iter().chain(EXCEPTIONS.iter().map(|(path, _)| path)).copied().chain(["domain/mod.rs", "runner/mod.rs"]) {
        assert!(sources.iter().any(|source| source.path == path), "{path} is not there");
    }
    let complaints: Vec<String> = sources.iter().flat_map(complaints).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn clippy_forbids_every_derived_form() {
    let config = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("clippy.toml")).expect("clippy.toml");
    let forbidden: BTreeSet<&str> = config.lines().filter_map(|line| line.split_once("{ path = \"")?.1.split('"').next()).collect();
    for path in ["serde_json::to_string", "serde_json::to_vec", "serde_json::to_writer", "serde_json::to_value", "tenure::api::form::value"]
    {
        assert!(forbidden.contains(path), "{path} is not forbidden: {forbidden:?}");
    }
}

#[test]
fn another_way_to_a_hash_is_noticed() {
    let cases = [
        ("domain/order.rs", "use sha2::Sha256;"),
        ("runner/evaluate/place.rs", "let hash = hmac::Hmac::<sha2::Sha256>::new(key);"),
        ("runner/evaluate/read.rs", "let hasher = std::hash::DefaultHasher::new();"),
        ("domain/identity.rs", "to.text(&format!(\"{trigger:?}\"));"),
        ("domain/identity.rs", "to.text(&serde_json::json!(spec).to_string());"),
        ("domain/keys.rs", "use crate::api::form::value;"),
        ("domain/trigger.rs", "impl Identity for Trigger {"),
        ("domain/trigger.rs", "#[allow(clippy::disallowed_methods, reason = \"now\")]"),
        ("domain/trigger.rs", "#![allow(clippy::disallowed_methods)]"),
        ("runner/mod.rs", "#![allow(clippy::disallowed_methods)]"),
    ];
    let sources = files();
    for (path, line) in cases {
        let text = sources.iter().find(|source| source.path == path).map_or("", |source| &source.text);
        let source = Source { path: path.to_owned(), text: format!("{line}\n{text}") };
        assert!(!complaints(&source).is_empty(), "{path}: {line}");
    }
    let silent = Source { path: "domain/mod.rs".to_owned(), text: "pub mod canonical;".to_owned() };
    assert_eq!(complaints(&silent).len(), 1, "a room that does not ask");
    let other = Source { path: "sim/api/state.rs".to_owned(), text: "use sha2::Sha256;".to_owned() };
    assert_eq!(complaints(&other), [""; 0], "another room");
}
