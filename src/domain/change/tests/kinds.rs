//! Every kind of Change, with golden texts and digests: they stand in slices, plans and approvals.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::api::EffectClass;
use crate::domain::change::{Change, digest};
use crate::domain::mail::MailKind;

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec!["a", "b", "ann", "", "\"", "\\", "a, b", "\" to \"", "\n", "\u{1f}", "ß日\u{2028}"])
            .prop_map(str::to_owned),
        "\\PC{0,12}",
        any::<String>().prop_map(|text| text.chars().take(20).collect()),
    ]
}

fn lists() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(names(), 0..4)
}

/// A row for each kind of Change, in the order of the enum: those of it that are golden, with their texts and digests, and
/// any of it. The match has no wildcard, so that a new kind is golden, generated and read back, or this does not compile.
macro_rules! kinds {
    ($( $pattern:pat => { golden: $golden:expr, any: $any:expr } )+) => {
        /// The row of a Change.
        fn row(change: &Change) -> &'static str {
            match change {
                $( $pattern => stringify!($pattern), )+
            }
        }

        /// (row, (the Change, its text, its digest)): they outlive the process.
        fn golden_rows() -> Vec<(&'static str, Vec<(Change, &'static str, &'static str)>)> {
            vec![$( (stringify!($pattern), Vec::from($golden)), )+]
        }

        /// Any of each row.
        fn any_rows() -> Vec<(&'static str, BoxedStrategy<Change>)> {
            vec![$( (stringify!($pattern), $any.boxed()), )+]
        }
    };
}

kinds! {
    Change::SetEnabled(_) => {
        golden: [
            (Change::SetEnabled(true), "enable the account", "ad7144903ba4f8ca10a70266d80acaea"),
            (Change::SetEnabled(false), "disable the account", "f2774262e5b7d0d0891673530dc9d21e"),
        ],
        any: any::<bool>().prop_map(Change::SetEnabled)
    }
    Change::SetAttributes(_) => {
        golden: [
            (
                set(&[("mobile", None), ("title", Some("ex \"x\""))]),
                r#"set attributes {"mobile": null, "title": "ex \"x\""}"#,
                "22ca190a770a47bc98035cb2c7c857d8",
            ),
            (set(&[("mobile", Some(""))]), r#"set attributes {"mobile": ""}"#, "931c9805061ea4aa12b7ce1e5a99623a"),
        ],
        any: proptest::collection::btree_map(names(), proptest::option::of(names()), 0..4).prop_map(Change::SetAttributes)
    }
    Change::RevokeSessions => {
        golden: [(Change::RevokeSessions, "end the sessions", "a55f6c4d17b4f9277fc76a011379dfba")],
        any: Just(Change::RevokeSessions)
    }
    Change::AddMember { .. } => {
        golden: [(Change::AddMember { group: "sales".into() }, r#"add to group "sales""#, "3c31a5f03a18147e0e3abcc59ec7f831")],
        any: names().prop_map(|group| Change::AddMember { group })
    }
    Change::RemoveMember { .. } => {
        golden: [(Change::RemoveMember { group: "sales".into() }, r#"remove from group "sales""#, "90b87a408dadab2396555ec516fc207b")],
        any: names().prop_map(|group| Change::RemoveMember { group })
    }
    Change::AssignLicence { .. } => {
        golden: [(Change::AssignLicence { sku: "E5".into() }, r#"assign licence "E5""#, "8715b1df2d9b95ceb5acdb518ace58f1")],
        any: names().prop_map(|sku| Change::AssignLicence { sku })
    }
    Change::RemoveLicence { .. } => {
        golden: [(Change::RemoveLicence { sku: "E5".into() }, r#"remove licence "E5""#, "bc23e195a6d8f600b7f65b429949ade4")],
        any: names().prop_map(|sku| Change::RemoveLicence { sku })
    }
    Change::TransferSponsorship { .. } => {
        golden: [(
            Change::TransferSponsorship { of: "gil".into(), from: "ann".into(), to: "max".into() },
            r#"transfer sponsorship of "gil" from "ann" to "max""#,
            "6f39adc0c827739f51d80bffd8db0563",
        )],
        any: (names(), names(), names()).prop_map(|(of, from, to)| Change::TransferSponsorship { of, from, to })
    }
    Change::IssuePass { .. } => {
        golden: [(
            Change::IssuePass { lifetime_minutes: 480, is_usable_once: true, to: vec!["Manager".into()] },
            r#"issue a temporary access pass for 480 minutes, once to "Manager""#,
            "8d47fef3722b120bf8f974bd4f1b1b81",
        )],
        any: (any::<i32>(), any::<bool>(), lists())
            .prop_map(|(lifetime_minutes, is_usable_once, to)| Change::IssuePass { lifetime_minutes, is_usable_once, to })
    }
    Change::Delete => {
        golden: [(Change::Delete, "delete the user", "fed6d8a63036db62f3d1806e69ee8d0d")],
        any: Just(Change::Delete)
    }
    Change::SendMail { .. } => {
        golden: [(
            Change::SendMail { kind: MailKind::Welcome, to: vec!["User".into(), "hr@acme.example".into()] },
            r#"send sendWelcomeEmail to "User", "hr@acme.example""#,
            "d67af47cbf7c9f70296bd81fab04b709",
        )],
        any: (proptest::sample::select(MailKind::ALL), lists()).prop_map(|(kind, to)| Change::SendMail { kind, to })
    }
    Change::Call { .. } => {
        golden: [(Change::Call { extension: "ticket".into() }, r#"call extension "ticket""#, "9d262783cb3b78b72be2197840b4a5db")],
        any: names().prop_map(|extension| Change::Call { extension })
    }
}

fn set(values: &[(&str, Option<&str>)]) -> Change {
    Change::SetAttributes(values.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect())
}

/// Any of every row; a row that makes Changes of another one is found by the property that asks for them.
pub(super) fn any_change() -> impl Strategy<Value = Change> {
    let checked = |(name, any): (&'static str, BoxedStrategy<Change>)| {
        any.prop_map(move |change| {
            assert_eq!(row(&change), name, "{change}");
            change
        })
        .boxed()
    };
    proptest::strategy::Union::new(any_rows().into_iter().map(checked))
}

#[test]
fn golden() {
    let mut all = Vec::new();
    for (name, rows) in golden_rows() {
        assert!(!rows.is_empty(), "{name}");
        for (change, text, digest) in rows {
            assert_eq!((row(&change), change.text().as_str(), change.digest().as_str()), (name, text, digest));
            assert_eq!(Change::parse(text).as_ref(), Some(&change));
            all.push(change);
        }
    }
    assert_eq!(digest(&all), GOLDEN_DIGEST_OF_ALL);
    let classes: BTreeSet<EffectClass> = all.iter().map(Change::class).collect();
    assert_eq!(classes, EffectClass::ALL.into_iter().collect(), "each class has Changes");
}

const GOLDEN_DIGEST_OF_ALL: &str = "9effaebe19c92a45aa1facbba4066f8d";
