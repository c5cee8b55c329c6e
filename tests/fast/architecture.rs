//! The rule of the house about who may know whom, checked on the text of the sources.
//!
//! The rooms of `src/` stand in a row; a room may use what lies to its right and never what lies to its left.
//! Simulation stands on the far left and is held shorter: it drives the engine and must not become a second one.

#![expect(clippy::expect_used, reason = "a test ends by panicking, and so do its helpers")]

mod circles;
mod identities;
mod planted;
mod reasons;
mod seconds;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use seconds::check_seconds;

/// The rooms and whom each may use. Rooms that share a place in the row do not use each other.
const ROOMS: [(&str, &[&str]); 12] = [
    ("api", &[]),
    ("catalog", &["api"]),
    ("rule", &["api"]),
    ("domain", &["rule", "catalog", "api"]),
    ("cluster", &["domain", "rule", "catalog", "api"]),
    ("directory", &["cluster", "domain", "rule", "catalog", "api"]),
    ("task", &["directory", "cluster", "domain", "rule", "catalog", "api"]),
    ("reconcile", &["task", "directory", "cluster", "domain", "rule", "catalog", "api"]),
    ("runner", &["task", "directory", "cluster", "domain", "rule", "catalog", "api"]),
    ("server", &["task", "directory", "cluster", "domain", "rule", "catalog", "api"]),
    // Not the decisions: it has them made by the engine.
    ("sim", &["reconcile", "runner", "cluster", "api"]),
    ("cli", &["sim", "reconcile", "runner", "server", "task", "directory", "cluster", "domain", "rule", "catalog", "api"]),
];

/// Where time comes from. Everything else is told what time it is.
const CLOCK: &str = "cluster/clock.rs";

/// More lines are two files.
const MOST_LINES: usize = 600;

/// One file of `src/`, by its path below it.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn room(&self) -> Option<&str> {
        self.path.split_once('/').map(|(room, _)| room)
    }
}

/// Everything that breaks a rule.
fn check(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut yaml = BTreeSet::new();
    for source in sources {
        let code = without_comments(&source.text);
        check_imports(source, &code, &mut complaints);
        check_words(source, &code, &mut complaints);
        check_seconds(source, &code, &mut complaints);
        if has_path(&code, "serde_yaml") {
            yaml.insert(source.path.as_str());
        }
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            complaints.push(format!("{}: {lines} lines, {MOST_LINES} are the most", source.path));
        }
    }
    if yaml.len() > 1 {
        complaints.push(format!("YAML is read and written in one file, not in {yaml:?}"));
    }
    complaints
}

/// Files that no module declares and whose text nobody takes in. The compiler says nothing of them.
fn left_over(files: &[Source]) -> Vec<&str> {
    files.iter().filter(|file| !is_used(&file.path, files)).map(|file| file.path.as_str()).collect()
}

fn is_used(path: &str, files: &[Source]) -> bool {
    let mentions = |from: &[String], mention: &str| files.iter().any(|file| from.contains(&file.path) && file.text.contains(mention));
    let split = |path: &str| {
        path.rsplit_once('/').map_or((String::new(), path.to_owned()), |(folder, name)| (format!("{folder}/"), name.to_owned()))
    };
    let (folder, name) = split(path);
    let Some(module) = path.strip_suffix(".rs") else {
        // By a file of the same folder.
        return mentions(&[format!("{folder}mod.rs")], &format!("include_str!(\"{name}\")"));
    };
    if matches!(module, "lib" | "main") {
        return true;
    }
    let (folder, module) = split(module.strip_suffix("/mod").unwrap_or(module));
    let above = folder.trim_end_matches('/');
    let from =
        if above.is_empty() { ["lib.rs".to_owned(), "main.rs".to_owned()] } else { [format!("{above}.rs"), format!("{above}/mod.rs")] };
    mentions(&from, &format!("mod {module};"))
}

fn check_imports(source: &Source, code: &str, complaints: &mut Vec<String>) {
    let path = &source.path;
    // lib.rs and main.rs stand before the door.
    let Some(room) = source.room() else { return };
    let rooms: BTreeMap<&str, &[&str]> = ROOMS.into();
    let Some(allowed) = rooms.get(room) else {
        complaints.push(format!("{path}: {room} is not a room of the house"));
        return;
    };
    for used in crate_paths(code, path) {
        let other = used.split("::").next().unwrap_or_default();
        if other == room {
            continue;
        }
        if !rooms.contains_key(other) {
            complaints.push(format!("{path}: uses {used}, which is in no room"));
        } else if !allowed.contains(&other) {
            complaints.push(format!("{path}: {room} must not use {other} ({used})"));
        }
    }
}

fn check_words(source: &Source, code: &str, complaints: &mut Vec<String>) {
    let path = &source.path;
    let room = source.room().unwrap_or_default();
    // The command line asks once, for the start of a simulation that nobody gave. Unit tests may measure.
    let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
    let shipped = code.split_once("#[cfg(test)]\nmod tests {").map_or(code, |(shipped, _)| shipped);
    if path != CLOCK && room != "cli" && !is_test {
        for clock in ["Utc::now", "Local::now", "SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"] {
            // tokio's Instant follows virtual time.
            let is_virtual = imports(shipped, "tokio", "Instant") && !imports(shipped, "std", "Instant");
            let shipped = shipped.replace("tokio::time::Instant::now", "");
            if clock == "Instant::now" && is_virtual && !has_path(&shipped, "std::time::Instant") {
                continue;
            }
            if has_path(&shipped, clock) {
                complaints.push(format!("{path}: {clock} reads the clock; only {CLOCK} may"));
            }
        }
    }
    if !["cluster", "sim"].contains(&room) {
        for call in ["Api::namespaced", "Api::namespaced_with", "Api::default_namespaced", "Api::all", "Api::all_with"] {
            if has_path(code, call) || has_path(&without_type_arguments(code), call) {
                complaints.push(format!("{path}: {call} speaks to the API server; only cluster may"));
            }
        }
    }
}

/// Whether a `use` takes this item out of the `time` of the package.
fn imports(code: &str, package: &str, item: &str) -> bool {
    code.match_indices(&format!("use {package}::")).any(|(at, used)| {
        let mut found = BTreeSet::new();
        take_apart(&code[at + used.len()..], "", &mut found);
        found.contains(&format!("time::{item}"))
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Whether the code has this path as whole words.
fn has_path(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(is_word);
        let after = code[at + path.len()..].chars().next().is_some_and(is_word);
        !before && !after
    })
}

/// `Api::<User>::namespaced` as `Api::namespaced`.
fn without_type_arguments(code: &str) -> String {
    let mut result = String::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once("::<") {
        result.push_str(before);
        let mut depth = 1;
        let end = after.find(|character| {
            depth += i32::from(character == '<') - i32::from(character == '>');
            depth == 0
        });
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    result + rest
}

/// The paths below the root of the package that the code uses, without `crate::`; groups are taken apart.
fn crate_paths(code: &str, path: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for root in ["crate::", "tenure::"] {
        for (at, _) in code.match_indices(root) {
            let is_longer = code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
            if !is_longer {
                take_apart(&code[at + root.len()..], "", &mut found);
            }
        }
    }
    for (at, _) in code.match_indices("super::super") {
        let is_first = !code[..at].ends_with("super::");
        if is_first {
            above(&code[at..], path, &mut found);
        }
    }
    found
}

/// Follows `super::super::...` out of the module of the file.
fn above(code: &str, path: &str, found: &mut BTreeSet<String>) {
    let mut module: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    if module.last() == Some(&"mod") {
        module.pop();
    }
    let mut rest = code;
    while let Some(next) = rest.strip_prefix("super::") {
        module.pop();
        rest = next;
    }
    let prefix = module.iter().fold(String::new(), |prefix, segment| prefix + segment + "::");
    take_apart(rest, &prefix, found);
}

/// Reads one path or one group of paths.
fn take_apart(code: &str, prefix: &str, found: &mut BTreeSet<String>) {
    let code = code.trim_start();
    if let Some(group) = code.strip_prefix('{') {
        for member in members(group) {
            take_apart(member, prefix, found);
        }
        return;
    }
    let end = code.find(|character| !is_word(character)).unwrap_or(code.len());
    let path = format!("{prefix}{}", &code[..end]);
    match code[end..].trim_start().strip_prefix("::") {
        Some(rest) if rest.trim_start().starts_with(|next: char| is_word(next) || next == '{') && path.matches("::").count() < 2 => {
            take_apart(rest, &format!("{path}::"), found);
        }
        _ if path.is_empty() => {}
        _ => {
            found.insert(path);
        }
    }
}

/// The members of a group, whose closing brace ends the text that counts.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut members) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members
}

/// The code without line comments; a doc comment may name whom it likes. A `//` in a text ends that line as well,
/// which hides at most the rest of it.
fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.find("//").filter(|at| !line[..*at].ends_with(':')).map_or(line, |at| &line[..at]));
    lines.collect::<Vec<_>>().join("\n")
}

fn files() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of src") {
            let path = entry.expect("an entry of src").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
                sources.push(Source { path: below, text: std::fs::read_to_string(&path).expect("a source") });
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

#[test]
fn the_house_keeps_its_rules() {
    let files = files();
    assert_eq!(left_over(&files), Vec::<&str>::new(), "nobody uses these files of src");
    let is_rust = |file: &Source| Path::new(&file.path).extension().is_some_and(|extension| extension == "rs");
    let (sources, _): (Vec<_>, Vec<_>) = files.into_iter().partition(is_rust);
    let rooms: BTreeSet<&str> = sources.iter().filter_map(Source::room).collect();
    println!("architecture: {} files in the rooms {rooms:?}", sources.len());
    assert!(rooms.contains("api") && rooms.contains("domain"), "the sources were not found");
    let complaints = check(&sources);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// What a planted source is complained about.
fn complaints(path: &str, text: &str) -> String {
    check(&[Source { path: path.to_owned(), text: text.to_owned() }]).join("\n")
}

#[test]
fn forbidden_imports_are_noticed() {
    let cases = [
        ("api/user.rs", "use crate::domain::dates;", "api must not use domain"),
        ("rule/parser.rs", "use crate::catalog::TASKS;", "rule must not use catalog"),
        ("domain/order.rs", "use crate::{\n    api::Run,\n    cluster::Client,\n};", "domain must not use cluster"),
        ("domain/order.rs", "use crate::{api::{Run, User}, task::{self, Task}};", "domain must not use task"),
        ("domain/order.rs", "fn f() { crate::runner::run() }", "domain must not use runner (runner::run)"),
        ("domain/order.rs", "use super::super::cluster::Client;", "domain must not use cluster"),
        ("domain/change/tasks.rs", "use super::super::super::sim;", "domain must not use sim"),
        ("domain/order.rs", "use tenure::cluster::Client;", "domain must not use cluster"),
        ("reconcile/run.rs", "use crate::runner::execute;", "reconcile must not use runner"),
        ("runner/mod.rs", "pub(crate) use crate::server;", "runner must not use server"),
        ("sim/mod.rs", "use crate::task::account;", "sim must not use task"),
        ("sim/mod.rs", "use crate::directory::Directory;", "sim must not use directory"),
        ("sim/mod.rs", "use crate::domain::order;", "sim must not use domain"),
        ("sim/mod.rs", "use crate::{api, domain};", "sim must not use domain"),
        ("cellar/mod.rs", "", "cellar is not a room"),
        ("domain/order.rs", "use crate::cellar;", "in no room"),
    ];
    for (path, text, complaint) in cases {
        let found = complaints(path, text);
        assert!(found.contains(complaint), "{path}: {text}: `{found}` lacks `{complaint}`");
    }
}

#[test]
fn allowed_imports_are_let_through() {
    let cases = [
        ("domain/order.rs", "use crate::{api::Run, rule::{Rule, Value}, catalog};\nuse crate::domain::dates;"),
        ("domain/change/tasks.rs", "use super::super::dates;\nuse super::entry::Entry;"),
        ("domain/order.rs", "/// See [`crate::runner`].\nfn f() {} // as crate::sim does"),
        ("sim/mod.rs", "use crate::sim::schema::Schema;\nuse crate::{runner, reconcile, cluster, api};"),
        ("domain/tests.rs", "fn f() { Instant::now(); }"),
        ("domain/order.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n    fn f() { Instant::now(); }\n}"),
        ("cli/simulate.rs", "use crate::{sim, api};\nfn f() { chrono::Utc::now(); }"),
        ("cluster/clock.rs", "fn f() { chrono::Utc::now(); }"),
        ("cluster/client.rs", "fn f() { Api::<User>::namespaced(client, name); }"),
        ("sim/clock.rs", "fn f() { tokio::time::Instant::now(); }"),
        ("sim/clock.rs", "use std::time::Duration;\nuse tokio::time::{Instant, sleep};\nfn f() { Instant::now(); }"),
        ("lib.rs", "pub mod api;"),
    ];
    for (path, text) in cases {
        assert_eq!(complaints(path, text), "", "{path}: {text}");
    }
}

#[test]
fn forbidden_words_are_noticed() {
    let long = "\n".repeat(MOST_LINES + 1);
    let cases = [
        ("domain/dates.rs", "let now = Utc::now();", "Utc::now reads the clock"),
        ("cluster/lease.rs", "let now = chrono::Utc::now();", "Utc::now reads the clock"),
        ("sim/mod.rs", "let now = std::time::Instant::now();", "Instant::now reads the clock"),
        ("sim/mod.rs", "use tokio::time::Instant;\nfn f() { std::time::Instant::now(); }", "Instant::now reads the clock"),
        ("sim/mod.rs", "use tokio::time::Duration;\nuse std::time::{Instant};\nfn f() { Instant::now(); }", "Instant::now reads the clock"),
        ("runner/mod.rs", "let now = SystemTime::now();", "SystemTime::now reads the clock"),
        ("runner/mod.rs", "let users = Api::namespaced(client, name);", "Api::namespaced speaks"),
        ("runner/mod.rs", "let users: Api<User> = kube::Api::<User>::namespaced(client, name);", "Api::namespaced speaks"),
        ("reconcile/run.rs", "let all = Api::<Vec<User>>::all(client);", "Api::all speaks"),
        ("domain/order.rs", long.as_str(), "601 lines, 600 are the most"),
    ];
    for (path, text, complaint) in cases {
        let found = complaints(path, text);
        assert!(found.contains(complaint), "{path}: {text}: `{found}` lacks `{complaint}`");
    }
    let reader = |path: &str| Source { path: path.to_owned(), text: "let value = serde_yaml::from_str(text);".to_owned() };
    assert!(check(&[reader("sim/yaml.rs")]).is_empty());
    assert_eq!(check(&[reader("sim/yaml.rs"), reader("cli/crds.rs")]).len(), 1);
}

#[test]
fn what_is_left_over_is_noticed() {
    let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let page = "const PAGE: &str = include_str!(\"page.html\");";
    let cases = [
        ("api/mod.rs", "lib.rs", "pub mod api;", true),
        ("domain/order.rs", "domain/mod.rs", "mod order;", true),
        ("domain/order.rs", "domain/mod.rs", "mod plan;", false),
        ("domain/order.rs", "rule/mod.rs", "mod order;", false),
        ("domain/order/mod.rs", "domain/mod.rs", "pub mod order;", true),
        ("domain/order/tests.rs", "domain/order.rs", "mod tests;", true),
        ("domain/order/tests.rs", "domain/plan.rs", "mod tests;", false),
        ("domain/order.rs.orig", "domain/mod.rs", "mod order;", false),
        ("sim/page.html", "sim/mod.rs", page, true),
        ("sim/old.html", "sim/mod.rs", page, false),
        ("sim/page.html", "cli/mod.rs", page, false),
    ];
    for (path, other, text, is_used) in cases {
        let files = [source(path, ""), source(other, text)];
        assert_eq!(!left_over(&files).contains(&path), is_used, "{path}, {other}: {text}");
    }
}
