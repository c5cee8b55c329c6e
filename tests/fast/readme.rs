//! What README quotes of the program's output is what it prints.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("README.md")
}

/// The first block of code in a language of which `test` says yes.
fn block(readme: &str, language: &str, test: impl Fn(&str) -> bool) -> String {
    let opening = format!("```{language}\n");
    let mut blocks = readme.split(&opening).skip(1).filter_map(|rest| rest.split_once("```\n")).map(|(block, _)| block);
    blocks.find(|block| test(block)).unwrap_or_else(|| panic!("README.md has no such block in {language}")).to_owned()
}

fn simulate(arguments: &[&str], input: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenure"));
    command.arg("simulate").arg(input).args(arguments).output().expect("the program starts")
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The first line of a quotation that is not in a text after what was quoted before it; `[...]` stands for what is left out.
fn missing<'a>(quoted: &'a str, text: &str) -> Option<&'a str> {
    let mut rest = text;
    for part in quoted.split("[...]\n") {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return Some(part.lines().find(|line| !rest.contains(line)).unwrap_or(part)),
        }
    }
    None
}

#[test]
fn the_quick_start_prints_what_readme_quotes() {
    let quoted = block(&readme(), "text", |block| block.starts_with("Tenant acme, "));
    assert!(quoted.matches("[...]\n").count() > 3 && quoted.ends_with("\nNo problems.\n"), "{quoted}");
    let output = simulate(&[], &root().join("examples/quickstart"));
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(missing(&quoted, &text), None, "examples/quickstart prints something else:\n{text}");
}

#[test]
fn the_first_workflow_does_what_readme_says() {
    let readme = readme();
    let manifests = block(&readme, "yaml", |block| block.contains("name: first-day"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("first-day.yaml");
    let period = ["--from", "2026-01-05", "--until", "2026-02-01"];
    std::fs::write(&file, &manifests).expect("written");
    let output = simulate(&period, &file);
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let expected = ["Monday, 12 January 2026\n", "first-day v1: ava completed: enable, join-everyone\n", "\nNo problems.\n"];
    assert_eq!(missing(&expected.join("[...]\n"), &text), None, "{text}");

    // What this release cannot do is refused, with the words that README quotes.
    std::fs::write(&file, manifests + "  approval: {requiredFor: [access]}\n").expect("written");
    let output = simulate(&period, &file);
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(missing(&block(&readme, "text", |block| block.starts_with("Problems\n")), &text), None, "{text}");
}

#[test]
fn a_quotation_that_is_wrong_is_noticed() {
    let text = "one\ntwo\nthree\nfour\n";
    let cases = [
        ("one\n[...]\nfour\n", None),
        ("one\ntwo\n[...]\nfour\n", None),
        ("one\nthree\n", Some("one\nthree\n")),
        ("three\n[...]\none\n", Some("one")),
        ("one\n[...]\nfive\n", Some("five")),
    ];
    for (quoted, expected) in cases {
        assert_eq!(missing(quoted, text), expected, "{quoted}");
    }
}
