//! Properties over generated rules and subjects.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::super::{
    Attribute, Attributes, Case, Comparison, Duration, Expr, Function, Kind, Literal, MAX_CHARACTERS, Operand, OwnedValue, Rule, Shift,
    Truth, Vocabulary,
};
use super::at;
use super::naive::{Naive, Person};

/// Attributes of every kind; few, so that a rule and a subject often speak of the same one.
const NAMES: [&str; 10] = [
    "department",
    "jobTitle",
    "accountEnabled",
    "employeeHireDate",
    "employeeLeaveDateTime",
    "employeeOrgData/costCenter",
    "otherMails",
    "assignedPlans",
    "extension_a_b",
    "customSecurityAttributes/S/N",
];

fn now() -> DateTime<Utc> {
    at("2026-03-10T12:00:00Z")
}

/// Few texts that contain one another, differ by case only, or need quoting.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["", "a", "A", "ab", "AB", "b", "O'B", "straße", "STRASSE", "ς", "Σ", "two words"])
            .prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ]
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    prop_oneof![
        (-3_i64..3).prop_map(|days| now() + TimeDelta::days(days)),
        (-3_i64..3).prop_map(|days| at("2026-03-10T00:00:00Z") + TimeDelta::days(days)),
        (-62_000_000_000_i64..250_000_000_000, 0_u32..1_000_000_000)
            .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).expect("an instant")),
    ]
}

fn duration() -> impl Strategy<Value = Duration> {
    let field = || prop_oneof![Just(0_u32), 0_u32..100];
    (field(), field(), field(), field()).prop_map(|(days, hours, minutes, seconds)| Duration { days, hours, minutes, seconds })
}

fn literal(kind: Kind, ordering: bool) -> BoxedStrategy<Literal> {
    let some = match kind {
        Kind::Boolean => any::<bool>().prop_map(Literal::Bool).boxed(),
        Kind::Integer => (-2_i64..3).prop_map(Literal::Int).boxed(),
        Kind::Date => prop_oneof![
            instant().prop_map(Literal::Date),
            Just(Literal::Now),
            duration().prop_map(Literal::After),
            duration().prop_map(Literal::Before),
        ]
        .boxed(),
        Kind::Untyped => {
            let ordered = prop_oneof![
                literal(Kind::Integer, true),
                literal(Kind::Date, true),
                literal(Kind::Text, true),
                any::<i64>().prop_map(Literal::Int),
            ];
            if ordering { ordered.boxed() } else { prop_oneof![ordered, literal(Kind::Boolean, false)].boxed() }
        }
        Kind::Text | Kind::TextCollection | Kind::Records(_) => text().prop_map(Literal::Text).boxed(),
    };
    if ordering { some } else { prop_oneof![6 => some, 1 => Just(Literal::Null)].boxed() }
}

/// One test of an operand.
fn test(operand: Operand, kind: Kind) -> BoxedStrategy<Expr> {
    let (first, second, third) = (operand.clone(), operand.clone(), operand);
    let compare = prop::sample::select(Comparison::ALL.to_vec())
        .prop_filter("a boolean has no order", move |operator| kind != Kind::Boolean || !operator.is_ordering())
        .prop_flat_map(move |operator| (Just(operator), literal(kind, operator.is_ordering())))
        .prop_map(move |(operator, value)| Expr::Compare { operand: first.clone(), operator, value });
    let list = prop::collection::vec(literal(kind, false), 1..4).prop_map(move |values| Expr::In { operand: second.clone(), values });
    let call = (prop::sample::select(Function::ALL.to_vec()), text()).prop_map(move |(function, text)| {
        let text = if function == Function::Matches { regex::escape(&text).replace('a', "[ab]?") } else { text };
        Expr::Call { function, operand: third.clone(), text }
    });
    if matches!(kind, Kind::Text | Kind::Untyped) {
        prop_oneof![3 => compare, 1 => list, 2 => call].boxed()
    } else {
        prop_oneof![3 => compare, 1 => list].boxed()
    }
}

/// Two attributes that can be compared.
fn relation() -> BoxedStrategy<Expr> {
    let names = ["department", "jobTitle", "accountEnabled", "employeeHireDate", "employeeLeaveDateTime", "extension_a_b"];
    let shift = prop_oneof![2 => Just(Shift::None), 1 => duration().prop_map(Shift::Later), 1 => duration().prop_map(Shift::Earlier)];
    let operator = prop::sample::select(Comparison::ALL.to_vec());
    (prop::sample::select(names.to_vec()), operator, prop::sample::select(names.to_vec()), shift)
        .prop_filter_map("values of one kind", |(left, operator, right, shift)| {
            let vocabulary = Vocabulary::lcw();
            let ((left, one), (right, other)) = (vocabulary.resolve(left)?, vocabulary.resolve(right)?);
            let fits = one == other || one == Kind::Untyped || other == Kind::Untyped;
            let is_ordered = !operator.is_ordering() || ![one, other].contains(&Kind::Boolean);
            let is_dated = [one, other].iter().all(|kind| matches!(kind, Kind::Date | Kind::Untyped));
            let shift = if is_dated { shift } else { Shift::None };
            (fits && is_ordered).then_some(Expr::Relate { left, operator, right, shift })
        })
        .boxed()
}

fn combined(leaf: BoxedStrategy<Expr>, depth: u32) -> BoxedStrategy<Expr> {
    leaf.prop_recursive(depth, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::and),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

fn leaf() -> BoxedStrategy<Expr> {
    prop_oneof![4 => single(), 1 => relation()].boxed()
}

fn single() -> BoxedStrategy<Expr> {
    prop::sample::select(NAMES.to_vec())
        .prop_flat_map(|name| {
            let (attribute, kind) = Vocabulary::lcw().resolve(name).expect("a known attribute");
            match kind {
                Kind::TextCollection => inside(attribute, test(Operand::Element, Kind::Text)),
                Kind::Records(members) => {
                    let member = prop::sample::select(members.to_vec());
                    let test = member.prop_flat_map(|member| test(Operand::Member(member.to_owned()), Kind::Text));
                    inside(attribute, test.boxed())
                }
                kind => test(Operand::Attribute(attribute), kind),
            }
        })
        .boxed()
}

fn inside(collection: Attribute, test: BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    (combined(test, 2), prop::sample::select(vec!["p", "x_1", "department"]))
        .prop_map(move |(test, variable)| Expr::Any { collection: collection.clone(), variable: variable.to_owned(), test: Box::new(test) })
        .boxed()
}

fn expr() -> BoxedStrategy<Expr> {
    combined(leaf(), 5)
}

fn scalar() -> BoxedStrategy<OwnedValue> {
    prop_oneof![
        1 => Just(OwnedValue::Null),
        1 => Just(OwnedValue::Unknown),
        1 => any::<bool>().prop_map(OwnedValue::Bool),
        1 => (-2_i64..3).prop_map(OwnedValue::Int),
        4 => text().prop_map(|text| OwnedValue::from(text.as_str())),
        2 => instant().prop_map(OwnedValue::Date),
    ]
    .boxed()
}

/// A value of any shape, whether or not it is what the attribute should have.
fn value() -> BoxedStrategy<OwnedValue> {
    let members = prop::sample::subsequence(vec!["capabilityStatus", "service", "servicePlanId"], 0..=3);
    let record = (members, prop::collection::vec(scalar(), 3))
        .prop_map(|(members, values)| OwnedValue::Record(members.into_iter().map(Box::from).zip(values).collect()));
    let element = prop_oneof![scalar(), record];
    prop_oneof![3 => scalar(), 2 => prop::collection::vec(element, 0..4).prop_map(OwnedValue::List)].boxed()
}

fn person() -> impl Strategy<Value = Person> {
    let names = prop::sample::subsequence(NAMES.to_vec(), 0..=NAMES.len());
    (names, prop::collection::vec(value(), NAMES.len()))
        .prop_map(|(names, values)| names.into_iter().map(str::to_owned).zip(values).collect())
}

fn case() -> impl Strategy<Value = Case> {
    prop::sample::select(vec![Case::Sensitive, Case::Insensitive])
}

fn is_within_bounds(text: &str) -> bool {
    text.chars().count() <= MAX_CHARACTERS
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_parsed_to_the_same(expr in expr()) {
        let text = expr.to_string();
        prop_assume!(is_within_bounds(&text));
        let rule = Rule::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(rule.expr(), &expr, "{}", text);
        prop_assert_eq!(rule.to_string(), text);
    }

    #[test]
    fn evaluation_agrees_with_the_naive_one(expr in expr(), person in person(), case in case()) {
        let text = expr.to_string();
        prop_assume!(is_within_bounds(&text));
        let rule = Rule::parse_as(&text, &Vocabulary::lcw(), case).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let mut subject = Attributes::new();
        for (name, value) in &person {
            subject.set(name, value.clone());
        }
        let expected = match (Naive { person: &person, now: now(), case }).evaluate(&expr, None) {
            Some(true) => Truth::True,
            Some(false) => Truth::False,
            None => Truth::Unknown,
        };
        prop_assert_eq!(rule.evaluate(&subject, now()), expected, "{} on {:?}", text, person);
        let explanation = rule.explain(&subject, now());
        prop_assert_eq!(explanation.truth, expected);
        prop_assert!(!explanation.because().is_empty(), "{} on {:?}", text, person);
    }

    /// A value that could not be read may turn out to be anything: what was decided without it stays as it was.
    #[test]
    fn what_is_known_does_not_depend_on_the_unknown(expr in expr(), person in person(), name in prop::sample::select(NAMES.to_vec()), value in value()) {
        let text = expr.to_string();
        prop_assume!(is_within_bounds(&text));
        let rule = Rule::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let mut subject = Attributes::new();
        for (name, value) in &person {
            subject.set(name, value.clone());
        }
        subject.set(name, OwnedValue::Unknown);
        let before = rule.evaluate(&subject, now());
        subject.set(name, value);
        prop_assert!(before == Truth::Unknown || rule.evaluate(&subject, now()) == before, "{}", text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}") {
        check_any(&text)?;
    }

    /// Words and marks of the language in any order reach further into the parser than arbitrary text.
    #[test]
    fn no_tokens_make_it_panic(tokens in prop::collection::vec(token(), 0..40), separator in prop::sample::select(vec![" ", ""])) {
        check_any(&tokens.join(separator))?;
    }

    /// A rule with something cut out or put in.
    #[test]
    fn no_change_makes_it_panic(expr in expr(), at in any::<prop::sample::Index>(), length in 0_usize..4, put in token()) {
        let mut characters: Vec<char> = expr.to_string().chars().collect();
        let start = at.index(characters.len());
        let end = (start + length).min(characters.len());
        characters.splice(start..end, put.chars());
        check_any(&characters.into_iter().collect::<String>())?;
    }
}

/// A text is refused at a place inside it, or it is a rule whose canonical text is the same rule.
fn check_any(text: &str) -> Result<(), TestCaseError> {
    match Rule::parse(text) {
        Ok(rule) => {
            let canonical = rule.to_string();
            prop_assert!(!is_within_bounds(&canonical) || Rule::parse(&canonical).as_ref() == Ok(&rule), "{}", text);
        }
        Err(error) => {
            prop_assert!(text.is_char_boundary(error.offset), "{}", error);
            let before = &text[..error.offset];
            prop_assert_eq!(error.line, before.matches('\n').count() + 1);
            prop_assert!(error.column <= before.chars().count() + 1);
            prop_assert!(error.to_string().ends_with('^'), "{}", error);
        }
    }
    Ok(())
}

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "department",
        "accountEnabled",
        "employeeHireDate",
        "employeeLeaveDateTime",
        "otherMails",
        "assignedPlans",
        "extension_a_b",
        "p",
        "any",
        "/",
        "(",
        ")",
        ",",
        ":",
        "and",
        "or",
        "not",
        "eq",
        "ne",
        "in",
        "gt",
        "startsWith",
        "matches",
        "'x'",
        "'(",
        "'",
        "5",
        "-5",
        "2026-01-31",
        "true",
        "null",
        "now",
        "()",
        "add",
        "sub",
        "duration",
        "'P1D'",
        "\"",
        "==",
        "ü",
        "\n",
        "\u{1f600}",
        "-eq",
    ])
}
