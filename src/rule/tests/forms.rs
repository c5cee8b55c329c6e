//! What is a rule, and how it is printed.

use super::super::{Attribute, Case, Expr, Known, MAX_CHARACTERS, MAX_DEPTH, MAX_PATTERNS, MAX_RULE_SIZE, Rule, Vocabulary};

/// Text and canonical text.
const FORMS: &[(&str, &str)] = &[
    // What the documentation of Lifecycle Workflows shows.
    ("(department eq 'Marketing')", "department eq 'Marketing'"),
    ("department eq 'Marketing'", "department eq 'Marketing'"),
    ("(department in ('Marketing'))", "department in ('Marketing')"),
    ("(accountEnabled eq true)", "accountEnabled eq true"),
    ("(employeeOrgData/costCenter eq '100')", "employeeOrgData/costCenter eq '100'"),
    ("(otherMails/any(p:startsWith(p, 'Av')))", "otherMails/any(p:startsWith(p, 'Av'))"),
    ("(department eq 'Marketing') and (accountEnabled in (true))", "department eq 'Marketing' and accountEnabled in (true)"),
    ("(department eq 'Marketing') or (not (city eq 'Redmond'))", "department eq 'Marketing' or not (city eq 'Redmond')"),
    (
        "(customSecurityAttributes/OnsightLocation/CustomerOnsite eq true)",
        "customSecurityAttributes/OnsightLocation/CustomerOnsite eq true",
    ),
    ("assignedPlans/any(a:a/service eq 'exchange')", "assignedPlans/any(a:a/service eq 'exchange')"),
    (
        "assignedPlans/any(a:a/capabilityStatus eq 'Enabled' and a/servicePlanId ne '1')",
        "assignedPlans/any(a:a/capabilityStatus eq 'Enabled' and a/servicePlanId ne '1')",
    ),
    ("proxyAddresses/any(x: x in ('a', 'b'))", "proxyAddresses/any(x:x in ('a', 'b'))"),
    ("extension_2f4c_shoeSize eq '44'", "extension_2f4c_shoeSize eq '44'"),
    ("onPremisesExtensionAttributes/extensionAttribute15 ne 'x'", "onPremisesExtensionAttributes/extensionAttribute15 ne 'x'"),
    ("onPremisesSyncEnabled ne false", "onPremisesSyncEnabled ne false"),
    // What Tenure adds.
    ("endsWith(mail,'@example.com')", "endsWith(mail, '@example.com')"),
    ("contains( jobTitle , 'ead' )", "contains(jobTitle, 'ead')"),
    ("matches(jobTitle,'^(Lead|Head)\\b')", "matches(jobTitle, '^(Lead|Head)\\b')"),
    ("not startsWith(jobTitle,'Senior')", "not (startsWith(jobTitle, 'Senior'))"),
    ("not otherMails/any(p:p eq 'x')", "not (otherMails/any(p:p eq 'x'))"),
    ("not not (city eq 'x')", "not (not (city eq 'x'))"),
    ("not(city eq 'x')", "not (city eq 'x')"),
    ("department eq null", "department eq null"),
    ("department ne null", "department ne null"),
    ("department in ('a',null)", "department in ('a', null)"),
    ("employeeHireDate ge 2026-01-31", "employeeHireDate ge 2026-01-31"),
    ("employeeHireDate lt 2026-01-31T09:30:00+01:00", "employeeHireDate lt 2026-01-31T08:30:00Z"),
    ("employeeHireDate lt 2026-01-31T00:00:00.50Z", "employeeHireDate lt 2026-01-31T00:00:00.500Z"),
    ("employeeHireDate eq 2026-01-31T00:00:00Z", "employeeHireDate eq 2026-01-31"),
    ("employeeHireDate le now()", "employeeHireDate le now()"),
    ("employeeHireDate gt now() add duration'P7D'", "employeeHireDate gt now() add duration'P7D'"),
    ("employeeHireDate gt now() sub duration'P1DT2H3M4S'", "employeeHireDate gt now() sub duration'P1DT2H3M4S'"),
    ("createdDateTime gt now() sub duration'PT0S'", "createdDateTime gt now() sub duration'P0D'"),
    ("employeeHireDate le  employeeLeaveDateTime", "employeeHireDate le employeeLeaveDateTime"),
    ("employeeLeaveDateTime gt employeeHireDate add duration'P30D'", "employeeLeaveDateTime gt employeeHireDate add duration'P30D'"),
    ("employeeHireDate lt extension_a_b sub duration'PT0S'", "employeeHireDate lt extension_a_b sub duration'P0D'"),
    ("mail ne userPrincipalName and city eq state", "mail ne userPrincipalName and city eq state"),
    ("department eq employeeOrgData/division", "department eq employeeOrgData/division"),
    ("postalCode ge '98000' and postalCode le '98999'", "postalCode ge '98000' and postalCode le '98999'"),
    ("customSecurityAttributes/Set/Level gt -5", "customSecurityAttributes/Set/Level gt -5"),
    ("extension_a_b in (1, 'x', true, 2026-01-31)", "extension_a_b in (1, 'x', true, 2026-01-31)"),
    // Texts, space, precedence.
    ("surname eq 'O''Brien'", "surname eq 'O''Brien'"),
    ("surname eq ''", "surname eq ''"),
    ("surname eq 'Müller, \u{5d0}\u{1f600}'", "surname eq 'Müller, \u{5d0}\u{1f600}'"),
    ("  department\n eq\t'X'  ", "department eq 'X'"),
    ("city eq 'a' or city eq 'b' and state eq 'c'", "city eq 'a' or city eq 'b' and state eq 'c'"),
    ("(city eq 'a' or city eq 'b') and state eq 'c'", "(city eq 'a' or city eq 'b') and state eq 'c'"),
    ("((city eq 'a') and (state eq 'b')) and mail eq 'c'", "city eq 'a' and state eq 'b' and mail eq 'c'"),
];

#[test]
fn every_form_is_parsed_and_printed() {
    for (text, canonical) in FORMS {
        let rule = Rule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(&rule.to_string(), canonical, "{text}");
        assert_eq!(Rule::parse(canonical).expect(canonical), rule, "{text}");
    }
}

/// The table of the documentation: which properties take which operators.
#[test]
fn every_property_takes_the_operators_that_the_documentation_lists() {
    let with_starts_with = "city companyName country department displayName faxNumber givenName jobTitle mail mailNickname \
        mobilePhone officeLocation postalCode preferredLanguage state streetAddress surname usageLocation userPrincipalName";
    let without = "employeeId employeeType userType employeeOrgData/costCenter employeeOrgData/division \
        onPremisesSecurityIdentifier extension_0a1b2c_name customSecurityAttributes/Set/Name";
    let numbered = (1..=15).map(|n| format!("onPremisesExtensionAttributes/extensionAttribute{n}"));
    let mut rules = Vec::new();
    for name in with_starts_with.split_whitespace() {
        rules.push(format!("startsWith({name}, 'x')"));
    }
    let names = with_starts_with.split_whitespace().chain(without.split_whitespace()).map(str::to_owned).chain(numbered);
    for name in names {
        rules.extend([format!("{name} eq 'x'"), format!("{name} ne 'x'"), format!("{name} in ('x', 'y')")]);
    }
    for name in ["accountEnabled", "onPremisesSyncEnabled"] {
        rules.extend([format!("{name} eq true"), format!("{name} ne false"), format!("{name} in (true, false)")]);
    }
    for name in ["otherMails", "proxyAddresses"] {
        for test in ["p eq 'x'", "p ne 'x'", "p in ('x', 'y')", "startsWith(p, 'x')"] {
            rules.push(format!("{name}/any(p:{test})"));
        }
    }
    for member in ["capabilityStatus", "service", "servicePlanId"] {
        for test in ["eq 'x'", "ne 'x'", "in ('x', 'y')"] {
            rules.push(format!("assignedPlans/any(a:a/{member} {test})"));
        }
    }
    for text in &rules {
        let rule = Rule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(&rule.to_string(), text);
        assert_eq!(rule.attributes().len(), 1, "{text}");
    }
    assert!(rules.len() > 150, "{} rules", rules.len());
}

#[test]
fn attributes_are_listed_once_in_order() {
    let rule = Rule::parse("city eq 'a' and otherMails/any(p:p eq 'b') and (city eq 'c' or extension_a_b eq 'd')");
    let rule = rule.expect("a rule");
    let expected = [Attribute::Known(Known::City), Attribute::Known(Known::OtherMails), Attribute::Named("extension_a_b".into())];
    assert_eq!(rule.attributes(), expected);
    assert!(!rule.depends_on_time());
    assert!(Rule::parse("not (employeeHireDate in (2026-01-31, now()))").expect("a rule").depends_on_time());
}

#[test]
fn a_vocabulary_can_be_extended() {
    let vocabulary = Vocabulary::lcw().with(["badge-number", "unit/code"]).with_typed("contractEnd", super::super::Kind::Date);
    for text in ["badge-number eq 7", "unit/code eq 'x'", "contractEnd lt now()", "unit/code/any(x:x/a eq 1)"] {
        assert!(Rule::parse(text).is_err(), "{text}");
    }
    for text in ["badge-number eq 7", "unit/code eq 'x'", "contractEnd lt now()", "unit/code/any(x:x/a eq 1)"] {
        Rule::parse_with(text, &vocabulary).unwrap_or_else(|error| panic!("{error}"));
    }
    assert!(Rule::parse_with("contractEnd lt 'x'", &vocabulary).is_err());
}

#[test]
fn known_attributes_are_numbered_and_named_once() {
    for (index, known) in Known::ALL.iter().enumerate() {
        assert_eq!(known.index(), index);
        assert_eq!(Known::from_path(known.path()), Some(*known));
    }
}

#[test]
fn length_and_depth_are_bounded() {
    let longest = format!("city eq '{}'", "ü".repeat(MAX_CHARACTERS - "city eq ''".len()));
    Rule::parse(&longest).expect("a rule of the greatest length");
    let error = Rule::parse(&format!("{longest} ")).expect_err("one more");
    assert_eq!((error.column, error.offset), (MAX_CHARACTERS + 1, longest.len()));

    let patterns = |count: usize| vec!["matches(city, 'x')"; count].join(" or ");
    Rule::parse(&patterns(MAX_PATTERNS)).expect("as many patterns as there may be");
    let error = Rule::parse(&patterns(MAX_PATTERNS + 1)).expect_err("one more");
    assert!(error.message.contains("more than 10 regular expressions"), "{error}");
    // (what, the patterns, what is said)
    let distinct = |count: usize, class: &str| (0..count).map(|number| format!("{class}{number}")).collect::<Vec<_>>();
    let sizes = [
        ("a Unicode class", vec!["^\\w+$".to_owned()], None),
        ("several small ones", distinct(10, "[a-z]+"), None),
        ("one that is large alone", vec!["\\w{60}".to_owned()], Some("it is too large")),
        ("many that are large together", distinct(10, "\\w{4}"), Some("with those before it, it is too large")),
        ("one of them, many times", vec!["\\w{4}".to_owned(); 10], None),
    ];
    for (what, patterns, expected) in sizes {
        let rule = patterns.iter().map(|text| format!("matches(city, '{text}')")).collect::<Vec<_>>().join(" or ");
        match (Rule::parse(&rule), expected) {
            (Ok(rule), None) => assert!((1..=MAX_RULE_SIZE).contains(&rule.pattern_bytes()), "{what}: {}", rule.pattern_bytes()),
            (Err(error), Some(expected)) => assert!(error.message.contains(expected), "{what}: {error}"),
            (other, _) => panic!("{what}: {:?}", other.map(|rule| rule.pattern_bytes())),
        }
    }
    assert_eq!(Rule::parse("city eq 'x'").expect("a rule").pattern_bytes(), 0);

    let nested = |levels: usize| format!("{}city eq 'x'{}", "(".repeat(levels), ")".repeat(levels));
    Rule::parse(&nested(MAX_DEPTH)).expect("a rule of the greatest depth");
    let error = Rule::parse(&nested(MAX_DEPTH + 1)).expect_err("one more");
    assert_eq!(error.offset, MAX_DEPTH);
    for open in ["(", "not ", "not (", "city in (", "otherMails/any("] {
        assert!(Rule::parse(&open.repeat(MAX_CHARACTERS / open.len())).is_err(), "{open}");
    }
    // As deep as it goes, with every kind of nesting; the canonical text is no deeper.
    let deep = format!("{}otherMails/any(p:p eq 'x'){}", "not (city eq 'a' and ".repeat(31), ")".repeat(31));
    let rule = Rule::parse(&deep).expect("a deep rule");
    assert_eq!(Rule::parse(&rule.to_string()).expect("its canonical text"), rule);
}

#[test]
fn rules_differ_by_tree_and_case_only() {
    let vocabulary = Vocabulary::lcw();
    let text = "city eq 'x'";
    let sensitive = Rule::parse(text).expect("a rule");
    assert_eq!(sensitive, "((city  eq 'x'))".parse().expect("a rule"));
    let insensitive = Rule::parse_as(text, &vocabulary, Case::Insensitive).expect("a rule");
    assert_ne!(sensitive, insensitive);
    assert_eq!((sensitive.case(), insensitive.case()), (Case::Sensitive, Case::Insensitive));
}

#[test]
fn terms_are_flattened() {
    let term = |name: &str| Rule::parse(&format!("{name} eq 'x'")).expect("a rule").expr().clone();
    let (a, b, c) = (term("city"), term("state"), term("mail"));
    assert_eq!(Expr::and(vec![a.clone()]), a);
    let nested = Expr::and(vec![Expr::and(vec![a.clone(), b.clone()]), c.clone()]);
    assert_eq!(nested, Expr::And(vec![a.clone(), b.clone(), c.clone()]));
    assert_eq!(Expr::or(vec![Expr::or(vec![a.clone(), b.clone()]), c.clone()]), Expr::Or(vec![a, b, c]));
}
