//! No circle of files inside a room: what a file uses can be read, and changed, without the file that uses it.
//!
//! `use` trees and paths are followed to the file that defines the item, whatever gives the item another address on the way; so
//! a file that declares its children, re-exports them and says what they are for stands in no circle. Tests are left out. What
//! a file calls as a method is not seen: there the type says where it belongs.

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Source, files, is_word, without_comments};

/// The words before the name of an item.
const BEFORE_NAMES: [&str; 12] = ["async", "unsafe", "const", "extern", "fn", "struct", "enum", "trait", "type", "static", "union", "mut"];

/// More re-exports of one item than this are a circle of their own.
const PATIENCE: usize = 10;

/// A file by its module: segments from the root.
type House = BTreeMap<Vec<String>, File>;

/// By user and used file: the paths by which it is used.
type Uses<'a> = BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<String>>>;

struct File {
    path: String,
    module: Vec<String>,
    /// The names of what it defines itself.
    items: BTreeSet<String>,
    imports: Vec<Import>,
    /// Where the names that it imports lead to.
    aliases: BTreeMap<String, Vec<String>>,
    /// The paths in its code beside the imports.
    paths: Vec<Vec<String>>,
    /// The names that its code uses: types, functions that are called, and whatever begins a path.
    named: BTreeSet<String>,
}

struct Import {
    path: Vec<String>,
    /// The name from then on; `*`: all names.
    name: String,
    /// Whether it is for others.
    is_public: bool,
}

fn tokens(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if is_word(first) => rest.find(|character| !is_word(character)).unwrap_or(rest.len()),
            _ if rest.starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        found.push(token);
        rest = after.trim_start();
    }
    found
}

fn is_name(token: &str) -> bool {
    token.starts_with(is_word)
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|segment| (*segment).to_owned()).collect()
}

/// The code that is in the programs, and the names of the modules that are for tests.
fn shipped(code: &str) -> (String, Vec<String>) {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let (mut kept, mut tests) = (Vec::new(), Vec::new());
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push(line);
            continue;
        }
        let depth = indent(line);
        // Further attributes, and the item up to the line that ends it.
        for line in lines.by_ref() {
            tests.extend(line.trim().strip_prefix("mod ").and_then(|name| name.strip_suffix(';')).map(str::to_owned));
            let is_attribute = line.trim_start().starts_with("#[");
            if indent(line) == depth && !is_attribute && line.trim_end().ends_with([';', '}', ',']) {
                break;
            }
        }
    }
    (kept.join("\n"), tests)
}

/// The names of the items that stand at the margin.
fn items(code: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let tokens = tokens(line);
        let mut rest = tokens.as_slice();
        if let Some(after) = rest.strip_prefix(&["pub"]) {
            rest = after;
            if rest.first() == Some(&"(") {
                rest = &rest[rest.iter().position(|token| *token == ")")? + 1..];
            }
        }
        rest.first().filter(|first| BEFORE_NAMES.contains(first))?;
        rest.iter().find(|token| !BEFORE_NAMES.contains(token)).map(|name| (*name).to_owned())
    };
    code.lines().filter(|line| !line.starts_with(char::is_whitespace)).filter_map(name).collect()
}

/// Reads one `use` tree, and says where it ends.
fn tree(tokens: &[&str], mut at: usize, prefix: &[&str], is_public: bool, found: &mut Vec<Import>) -> usize {
    let mut path = prefix.to_vec();
    while let Some(&token) = tokens.get(at) {
        at += 1;
        match token {
            "::" => {}
            "{" => {
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = tree(tokens, at, &path, is_public, found).max(at + 1);
                }
                return at + 1;
            }
            "*" => {
                found.push(Import { path: owned(&path), name: token.to_owned(), is_public });
                return at;
            }
            _ if is_name(token) => {
                path.push(token);
                if tokens.get(at) != Some(&"::") {
                    break;
                }
            }
            _ => return at - 1,
        }
    }
    if path.len() > 1 && path.last() == Some(&"self") {
        path.pop();
    }
    let renamed = tokens.get(at) == Some(&"as");
    let name = if renamed { tokens.get(at + 1) } else { path.last() };
    if let Some(name) = name {
        found.push(Import { path: owned(&path), name: (*name).to_owned(), is_public });
    }
    if renamed { at + 2 } else { at }
}

/// Whether the item whose keyword stands there is for others.
fn is_public(tokens: &[&str], at: usize) -> bool {
    match tokens[..at].last() {
        Some(&"pub") => true,
        Some(&")") => tokens[..at].iter().rposition(|token| *token == "(").is_some_and(|open| tokens[..open].ends_with(&["pub"])),
        _ => false,
    }
}

impl File {
    /// The file, and the modules below it that are for tests.
    fn read(source: &Source) -> (Self, Vec<Vec<String>>) {
        let mut module: Vec<&str> = source.path.trim_end_matches(".rs").split('/').collect();
        if matches!(module.last(), Some(&"mod" | &"lib")) {
            module.pop();
        }
        let module = owned(&module);
        let (code, tests) = shipped(&without_comments(&source.text));
        let tests = tests.into_iter().map(|name| [module.clone(), vec![name]].concat()).collect();
        let mut file = Self {
            path: source.path.clone(),
            module,
            items: items(&code),
            imports: Vec::new(),
            aliases: BTreeMap::new(),
            paths: Vec::new(),
            named: BTreeSet::new(),
        };
        file.walk(&tokens(&code));
        for import in file.imports.iter().filter(|import| import.name != "*" && import.path != [import.name.as_str()]) {
            file.aliases.entry(import.name.clone()).or_insert_with(|| import.path.clone());
        }
        (file, tests)
    }

    fn walk(&mut self, tokens: &[&str]) {
        let mut at = 0;
        while at < tokens.len() {
            let (token, before) = (tokens[at], &tokens[..at]);
            if token == "use" && tokens.get(at + 1).is_some_and(|next| is_name(next) || ["::", "{"].contains(next)) {
                at = tree(tokens, at + 1, &[], is_public(tokens, at), &mut self.imports);
                continue;
            }
            if !is_name(token) || before.last() == Some(&"::") {
                at += 1;
                continue;
            }
            let mut path = vec![token];
            at += 1;
            while tokens.get(at) == Some(&"::") && tokens.get(at + 1).is_some_and(|next| is_name(next)) {
                path.push(tokens[at + 1]);
                at += 2;
            }
            let is_called = tokens.get(at) == Some(&"(") && !matches!(before.last(), Some(&"." | &"fn"));
            if path.len() > 1 || is_called || token.starts_with(char::is_uppercase) {
                self.named.insert(token.to_owned());
            }
            if path.len() > 1 && !before.ends_with(&["pub", "(", "in"]) {
                self.paths.push(owned(&path));
            }
        }
    }

    /// The path from the root; None: it leads out of the house.
    fn absolute(&self, house: &House, path: &[String], patience: usize) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" | "tenure" => Some(rest.to_vec()),
            "self" => Some([self.module.as_slice(), rest].concat()),
            "super" => {
                let levels = path.iter().take_while(|segment| *segment == "super").count();
                let above = self.module.len().checked_sub(levels)?;
                Some([&self.module[..above], &path[levels..]].concat())
            }
            _ if house.contains_key(&[self.module.as_slice(), &path[..1]].concat()) => Some([self.module.as_slice(), path].concat()),
            _ => {
                let target = self.aliases.get(first).filter(|target| patience > 0 && target.first() != Some(first))?;
                Some([self.absolute(house, target, patience - 1)?.as_slice(), rest].concat())
            }
        }
    }

    /// Everything that it uses: the paths as they are written.
    fn used(&self) -> impl Iterator<Item = &Vec<String>> {
        // What is only handed on is not used here.
        let imports = self.imports.iter().filter(|import| !import.is_public || self.named.contains(&import.name));
        imports.filter(|import| import.name != "*").map(|import| &import.path).chain(&self.paths)
    }
}

/// The file that defines what stands at a path from the root; None: it is a module, or nothing of the house.
fn defining<'a>(house: &'a House, path: &[String], patience: usize) -> Option<&'a File> {
    for (at, name) in path.iter().enumerate() {
        let file = house.get(&path[..at]);
        let is_item = file.is_some_and(|file| file.items.contains(name) || file.aliases.contains_key(name));
        let is_last = at + 1 == path.len();
        if house.contains_key(&path[..=at]) && !(is_last && is_item) {
            continue;
        }
        let file = file?;
        let Some(alias) = file.aliases.get(name).filter(|_| patience > 0 && !file.items.contains(name)) else { return Some(file) };
        let target = [file.absolute(house, alias, patience)?.as_slice(), &path[at + 1..]].concat();
        return if target == path { Some(file) } else { defining(house, &target, patience - 1) };
    }
    None
}

fn house(sources: &[Source]) -> House {
    let is_rust = |path: &str| Path::new(path).extension().is_some_and(|extension| extension == "rs");
    let is_read = |source: &&Source| is_rust(&source.path) && source.path != "main.rs";
    let (mut house, mut tests) = (House::new(), Vec::new());
    for source in sources.iter().filter(is_read) {
        let (file, left_out) = File::read(source);
        tests.extend(left_out);
        house.insert(file.module.clone(), file);
    }
    house.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
    house
}

/// Which file of a room uses which other one of it.
fn uses(house: &House) -> Uses<'_> {
    let mut uses = Uses::new();
    for file in house.values() {
        for path in file.used() {
            let Some(other) = file.absolute(house, path, PATIENCE).and_then(|absolute| defining(house, &absolute, PATIENCE)) else {
                continue;
            };
            if other.path != file.path && !file.module.is_empty() && other.module.first() == file.module.first() {
                uses.entry(&file.path).or_default().entry(&other.path).or_default().insert(path.join("::"));
            }
        }
    }
    uses
}

/// Everything that a file reaches by uses; itself only if it stands in a circle.
fn reached<'a>(uses: &Uses<'a>, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for other in uses.get(file).into_iter().flat_map(BTreeMap::keys) {
            if found.insert(*other) {
                open.push(other);
            }
        }
    }
    found
}

/// The circles, each with the uses that close it.
fn circles(uses: &Uses<'_>) -> Vec<String> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = uses.keys().map(|file| (*file, reached(uses, file))).collect();
    let is_both_ways = |one: &str, other: &str| reached[one].contains(other) && reached.get(other).is_some_and(|back| back.contains(one));
    let around = |file: &str| -> BTreeSet<&str> { reached[file].iter().copied().filter(|other| is_both_ways(file, other)).collect() };
    let circles: BTreeSet<BTreeSet<&str>> = uses.keys().map(|file| around(file)).filter(|circle| !circle.is_empty()).collect();
    let told = |circle: &BTreeSet<&str>| {
        let steps = circle.iter().flat_map(|file| uses.get(file).into_iter().flatten().map(move |(other, paths)| (file, other, paths)));
        let inside = steps.filter(|(_, other, _)| circle.contains(*other));
        let lines: Vec<String> = inside.map(|(file, other, paths)| format!("\n    {file} -> {other} by {paths:?}")).collect();
        format!("a circle of {circle:?}:{}", lines.concat())
    };
    circles.iter().map(told).collect()
}

fn complaints(sources: &[Source]) -> Vec<String> {
    let house = house(sources);
    let uses = uses(&house);
    let mut found = Vec::new();
    for file in house.values() {
        let hidden = file.imports.iter().filter(|import| import.name == "*" && file.absolute(&house, &import.path, PATIENCE).is_some());
        found.extend(hidden.map(|import| format!("{}: {}::* hides what is used", file.path, import.path.join("::"))));
    }
    found.extend(circles(&uses));
    found
}

#[test]
fn no_room_has_a_circle_of_files() {
    let sources = files();
    let house = house(&sources);
    let count: usize = uses(&house).values().map(BTreeMap::len).sum();
    println!("circles: {} files, {count} uses inside of rooms", house.len());
    assert!(house.len() > 100 && count > house.len(), "the sources were not understood");
    let complaints = complaints(&sources);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
