//! What ARCHITECTURE.md tells: the way from a record to its effect is short, and every file and every test that it names is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::is_word;

/// More are a way that nobody keeps in mind.
const MOST_STEPS: usize = 12;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn told() -> String {
    std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there")
}

/// What stands between two backticks on a line.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// `a/{b,c}.rs` are `a/b.rs` and `a/c.rs`.
fn paths(word: &str) -> Vec<String> {
    let Some((before, (group, after))) = word.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) else {
        return vec![word.to_owned()];
    };
    group.split(',').flat_map(|member| paths(&format!("{before}{member}{after}"))).collect()
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// All Rust sources of a folder.
fn sources(folder: &str) -> String {
    let mut folders: Vec<PathBuf> = vec![root().join(folder)];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if is_rust(&path) {
                text += &std::fs::read_to_string(&path).expect("a source");
            }
        }
    }
    text
}

/// The names of functions and modules.
fn names(code: &str) -> BTreeSet<&str> {
    let after = |key: &'static str| code.split(key).skip(1).map(|rest| rest.split(|letter| !is_word(letter)).next().unwrap_or_default());
    after("fn ").chain(after("mod ")).collect()
}

#[test]
fn from_a_record_to_its_effect_there_are_few_steps() {
    let text = told();
    let section = text.split("\n## ").find(|section| section.starts_with("From a record to its effect\n")).expect("the section");
    let number = |line: &str| line.split_once(". ").and_then(|(number, _)| number.parse::<usize>().ok());
    let steps: Vec<usize> = section.lines().filter_map(number).collect();
    assert_eq!(steps, (1..=steps.len()).collect::<Vec<_>>());
    assert!((2..=MOST_STEPS).contains(&steps.len()), "{} steps, {MOST_STEPS} are the most", steps.len());
}

#[test]
fn what_it_names_is_there() {
    let text = told();
    let is_file = |word: &&str| word.contains('/') && is_rust(Path::new(word));
    let files: Vec<String> = text.lines().flat_map(words).filter(is_file).flat_map(paths).collect();
    let is_there = |path: &String| [root().to_owned(), root().join("src")].iter().any(|folder| folder.join(path).is_file());
    let gone: Vec<&String> = files.iter().filter(|path| !is_there(path)).collect();
    assert!(files.len() > 50 && gone.is_empty(), "of {} files these are not there: {gone:?}", files.len());

    let code = sources("src") + &sources("tests");
    let known = names(&code);
    // Tests are named in the tables.
    let is_name = |word: &&str| {
        word.contains('_') && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    };
    let tests: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).flat_map(words).filter(is_name).collect();
    let gone: Vec<&&str> = tests.iter().filter(|name| !known.contains(*name)).collect();
    assert!(tests.len() > 50 && gone.is_empty(), "of {} tests these are not there: {gone:?}", tests.len());
}

#[test]
fn what_is_not_there_is_noticed() {
    assert_eq!(paths("a/{b,c}/{d,e}.rs"), ["a/b/d.rs", "a/b/e.rs", "a/c/d.rs", "a/c/e.rs"]);
    assert_eq!(words("no `one` and `two`").collect::<Vec<_>>(), ["one", "two"]);
    let known = names("pub(super) fn one_name(x: u8) {}\nmod another;\n");
    assert!(known.contains("one_name") && known.contains("another") && !known.contains("x"));
}
