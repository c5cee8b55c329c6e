//! Small sources with circles and without.

use super::{Source, complaints};

fn planted(sources: &[(&str, &str)]) -> Vec<Source> {
    sources.iter().map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
}

/// Two files that use each other.
const TWO: [(&str, &str); 3] = [
    ("domain/mod.rs", "mod a;\nmod b;"),
    ("domain/a.rs", "use super::b::B;\npub struct A(B);"),
    ("domain/b.rs", "use crate::domain::a::A;\npub struct B(A);"),
];

type Planted = &'static [(&'static str, &'static str)];

/// What, the files, and what is said of them.
const CIRCLES: [(&str, Planted, &[&str]); 9] = [
    ("two", &TWO, &["domain/a.rs -> domain/b.rs by {\"super::b::B\"}", "domain/b.rs -> domain/a.rs by {\"crate::domain::a::A\"}"]),
    (
        "three, by a re-export",
        &[
            ("domain/mod.rs", "mod a;\nmod b;\nmod c;\n\npub use c::{C, D as E};"),
            ("domain/a.rs", "use super::b::B;\npub struct A;"),
            ("domain/b.rs", "use super::E;\npub struct B;"),
            ("domain/c.rs", "use super::a::A;\npub struct C;\npub struct D;"),
        ],
        &["domain/a.rs -> domain/b.rs", "domain/b.rs -> domain/c.rs by {\"super::E\"}", "domain/c.rs -> domain/a.rs"],
    ),
    (
        "a child uses what stands beside its declaration",
        &[
            ("domain/plan.rs", "mod child;\npub const MOST: u8 = 1;\nfn f() {\n    child::run();\n}"),
            ("domain/plan/child.rs", "use super::MOST;\npub(super) fn run() {}"),
            ("domain/mod.rs", "mod plan;"),
        ],
        &["domain/plan.rs -> domain/plan/child.rs by {\"child::run\"}", "domain/plan/child.rs -> domain/plan.rs"],
    ),
    (
        "what is handed on is used as well",
        &[
            ("domain/mod.rs", "mod child;\npub use child::run;\npub struct Item;\nfn f() {\n    run();\n}"),
            ("domain/child.rs", "pub fn run(item: super::Item) {}"),
        ],
        &["domain/child.rs -> domain/mod.rs", "domain/mod.rs -> domain/child.rs by {\"child::run\"}"],
    ),
    (
        "paths without imports",
        &[
            ("domain/mod.rs", "pub mod a;\npub mod b;"),
            ("domain/a.rs", "pub fn f() {\n    super::b::g::<u8>();\n}"),
            ("domain/b.rs", "#[serde(with = \"crate::domain::a::texts\")]\npub fn g() {}"),
        ],
        &["domain/a.rs -> domain/b.rs by {\"super::b::g\"}", "domain/b.rs -> domain/a.rs"],
    ),
    (
        "modules under other names",
        &[
            ("domain/mod.rs", "mod a;\nmod b;"),
            ("domain/a.rs", "use super::b as other;\npub fn f() {\n    other::g();\n}"),
            ("domain/b.rs", "use crate::{api::Run, domain::{a::{self}, dates}};\npub fn g() {\n    a::f();\n}"),
        ],
        &["domain/a.rs -> domain/b.rs by {\"other::g\"}", "domain/b.rs -> domain/a.rs by {\"a::f\"}"],
    ),
    (
        "a module and a function of one name",
        &[
            ("domain/mod.rs", "mod a;\nmod render;\npub(super) use render::render;"),
            ("domain/a.rs", "use super::render;\npub struct A;"),
            ("domain/render.rs", "use super::a::A;\npub fn render() {}"),
        ],
        &["domain/a.rs -> domain/render.rs by {\"super::render\"}", "domain/render.rs -> domain/a.rs"],
    ),
    (
        "behind a test",
        &[
            ("domain/mod.rs", "mod a;\nmod b;"),
            ("domain/a.rs", "#[cfg(test)]\nuse std::fmt;\nuse super::b::B;\npub struct A;"),
            ("domain/b.rs", "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n\npub struct B(super::a::A);"),
        ],
        &["domain/a.rs -> domain/b.rs", "domain/b.rs -> domain/a.rs"],
    ),
    (
        "nobody knows",
        &[("domain/mod.rs", "mod a;\nmod b;"), ("domain/a.rs", "use super::b::*;"), ("domain/b.rs", "pub struct B;")],
        &["domain/a.rs: super::b::* hides what is used"],
    ),
];

#[test]
fn circles_are_noticed() {
    for (what, sources, wanted) in CIRCLES {
        let found = complaints(&planted(sources));
        assert_eq!(found.len(), 1, "{what}: {found:?}");
        for part in wanted {
            assert!(found[0].contains(part), "{what}: `{}` lacks `{part}`", found[0]);
        }
    }
}

const NO_CIRCLES: [(&str, Planted); 7] = [
    (
        "a file that declares and hands on",
        &[
            ("domain/mod.rs", "//! What [`a`] is for.\nmod a;\nmod b;\n\npub use a::A;\npub use b::{B, run};"),
            ("domain/a.rs", "use super::{B, run};\npub struct A;\nfn f() {\n    run();\n}"),
            ("domain/b.rs", "pub struct B;\npub fn run() {}"),
        ],
    ),
    (
        "an item beside what is handed on",
        &[
            ("domain/mod.rs", "mod child;\npub use child::run;\npub struct Item {\n    run: u8,\n}"),
            ("domain/child.rs", "use super::Item;\npub fn run() {}"),
        ],
    ),
    (
        "tests",
        &[
            ("domain/mod.rs", "mod a;\nmod b;"),
            ("domain/a.rs", "use super::b::B;\npub struct A;"),
            ("domain/b.rs", "#[cfg(test)]\nmod tests;\n#[cfg(test)]\n#[expect(dead_code)]\nuse super::a::A;\npub struct B;"),
            ("domain/b/tests.rs", "use crate::domain::a::A;"),
        ],
    ),
    (
        "tests in the file",
        &[
            ("domain/mod.rs", "mod a;\nmod b;"),
            ("domain/a.rs", "use super::b::B;\npub struct A;"),
            (
                "domain/b.rs",
                "pub struct B;\n\n#[cfg(test)]\nmod tests {\n    use crate::domain::a::A;\n\n    fn f() {\n        A;\n    }\n}",
            ),
        ],
    ),
    (
        "comments, and who may see an item",
        &[
            ("domain/mod.rs", "mod a;\nmod b;"),
            ("domain/a.rs", "use super::b::B;\npub struct A;"),
            ("domain/b.rs", "/// As [`super::a::A`].\npub(in crate::domain::a) struct B; // super::a::A"),
        ],
    ),
    (
        "other rooms are another rule",
        &[
            ("lib.rs", "pub mod api;\npub mod domain;"),
            ("api/mod.rs", "use crate::domain::B;\npub struct A;"),
            ("domain/mod.rs", "use crate::api::A;\npub struct B;"),
        ],
    ),
    (
        "names of other packages",
        &[
            ("domain/mod.rs", "mod a;\nmod b;"),
            ("domain/a.rs", "use super::b::B;\npub struct A;"),
            (
                "domain/b.rs",
                "use a::A;\nuse std::fmt;\nuse serde_json::{Value as A2, json};\nfn f() {\n    fmt::write();\n    A2::Null;\n}",
            ),
        ],
    ),
];

#[test]
fn what_is_no_circle_is_let_through() {
    for (what, sources) in NO_CIRCLES {
        assert_eq!(complaints(&planted(sources)), [""; 0], "{what}");
    }
}
