//! What rules say about subjects.

use chrono::{DateTime, Utc};

use super::super::{Attributes, Case, OwnedValue, Rule, Truth, Vocabulary};
use super::at;

fn now() -> DateTime<Utc> {
    at("2026-03-10T12:00:00Z")
}

fn list(values: &[&str]) -> OwnedValue {
    OwnedValue::List(values.iter().map(|value| OwnedValue::from(*value)).collect())
}

fn plan(service: &str, status: &str) -> OwnedValue {
    OwnedValue::Record(vec![("service".into(), service.into()), ("capabilityStatus".into(), status.into())])
}

fn subject() -> Attributes {
    Attributes::new()
        .with("department", "R&D")
        .with("jobTitle", "Senior Straße Engineer")
        .with("accountEnabled", true)
        .with("surname", "O'Brien")
        .with("state", OwnedValue::Unknown)
        .with("postalCode", "98052")
        .with("employeeOrgData/costCenter", "100")
        .with("onPremisesExtensionAttributes/extensionAttribute3", "three")
        .with("extension_a_size", 44)
        .with("extension_a_text", "44")
        .with("customSecurityAttributes/Site/Codes", list(&["N", "S"]))
        .with("customSecurityAttributes/Site/None", list(&[]))
        .with("otherMails", list(&["Avery@x.example", "a@y.example"]))
        .with("proxyAddresses", "smtp:one@x.example")
        .with("assignedPlans", OwnedValue::List(vec![plan("exchange", "Deleted"), plan("teams", "Enabled")]))
        .with("employeeHireDate", at("2026-03-03T12:00:00Z"))
        .with("extension_a_since", at("2026-03-04T00:00:00Z"))
        .with("extension_a_code", "S")
        .with("createdDateTime", "not a date")
        .with("employeeLeaveDateTime", OwnedValue::Unknown)
}

const T: Truth = Truth::True;
const F: Truth = Truth::False;
const U: Truth = Truth::Unknown;

const CASES: &[(&str, Truth)] = &[
    ("department eq 'R&D'", T),
    ("department eq 'r&d'", F),
    ("department ne 'R&D'", F),
    ("department in ('Sales', 'R&D')", T),
    ("department in ('Sales')", F),
    ("surname eq 'O''Brien'", T),
    ("startsWith(jobTitle, 'Senior')", T),
    ("startsWith(jobTitle, 'senior')", F),
    ("startsWith(jobTitle, '')", T),
    ("endsWith(jobTitle, 'Engineer')", T),
    ("contains(jobTitle, 'Straße')", T),
    ("contains(jobTitle, 'STRASSE')", F),
    ("matches(jobTitle, '^Sen.*er$')", T),
    ("matches(jobTitle, 'Str.{2}e')", T),
    ("matches(jobTitle, '^Engineer')", F),
    ("accountEnabled eq true", T),
    ("accountEnabled ne true", F),
    ("accountEnabled in (false)", F),
    ("employeeOrgData/costCenter eq '100'", T),
    ("onPremisesExtensionAttributes/extensionAttribute3 eq 'three'", T),
    // Texts are ordered by code point.
    ("postalCode ge '98000' and postalCode lt '99000'", T),
    ("postalCode gt '98052'", F),
    ("postalCode ge '98052'", T),
    ("postalCode le '98052'", T),
    ("postalCode lt '98052'", F),
    // No value at all.
    ("city eq 'x'", F),
    ("city ne 'x'", T),
    ("city in ('x')", F),
    ("city in ('x', null)", T),
    ("city eq null", T),
    ("city ne null", F),
    ("department eq null", F),
    ("department ne null", T),
    ("startsWith(city, '')", F),
    ("not startsWith(city, 'x')", T),
    ("city gt 'x'", F),
    ("city le 'x'", F),
    ("onPremisesSyncEnabled eq false", F),
    ("onPremisesSyncEnabled ne true", T),
    ("not (onPremisesSyncEnabled eq true)", T),
    // A value that could not be read.
    ("state eq 'x'", U),
    ("state ne 'x'", U),
    ("state eq null", U),
    ("state ne null", U),
    ("state in ('x', null)", U),
    ("startsWith(state, 'x')", U),
    ("state gt 'x'", U),
    ("not (state eq 'x')", U),
    ("state eq 'x' and department eq 'R&D'", U),
    ("state eq 'x' and department eq 'Sales'", F),
    ("department eq 'Sales' and state eq 'x'", F),
    ("state eq 'x' or department eq 'R&D'", T),
    ("state eq 'x' or department eq 'Sales'", U),
    // A value of another kind.
    ("extension_a_size eq 44", T),
    ("extension_a_size ge 44 and extension_a_size lt 45", T),
    ("extension_a_size eq '44'", U),
    ("extension_a_size ne '44'", U),
    ("extension_a_text eq 44", U),
    ("extension_a_text in (44, '44')", T),
    ("startsWith(extension_a_size, '4')", U),
    ("extension_a_missing eq 'x'", F),
    ("extension_a_missing ne 'x'", T),
    // Dates.
    ("employeeHireDate eq 2026-03-03T12:00:00Z", T),
    ("employeeHireDate ge 2026-03-03", T),
    ("employeeHireDate lt 2026-03-03", F),
    ("employeeHireDate lt now()", T),
    ("employeeHireDate ge now() sub duration'P7D'", T),
    ("employeeHireDate gt now() sub duration'P7D'", F),
    ("employeeHireDate le now() sub duration'P6DT23H59M59S'", T),
    ("employeeHireDate eq now() sub duration'PT168H'", T),
    ("employeeHireDate lt now() add duration'P36525D'", T),
    ("createdDateTime lt now()", U),
    ("employeeLeaveDateTime lt now()", U),
    ("signInActivity/lastSuccessfulSignInDateTime lt now()", F),
    ("signInActivity/lastSuccessfulSignInDateTime eq null", T),
    // Two attributes.
    ("employeeHireDate lt extension_a_since", T),
    ("employeeHireDate ge extension_a_since", F),
    ("employeeHireDate gt extension_a_since sub duration'P1D'", T),
    ("employeeHireDate eq extension_a_since sub duration'PT12H'", T),
    ("extension_a_since ge employeeHireDate add duration'PT12H'", T),
    ("extension_a_since gt employeeHireDate add duration'PT12H'", F),
    ("jobTitle ne department", T),
    ("extension_a_size gt department", U),
    ("extension_a_size ne department", U),
    ("employeeHireDate le employeeLeaveDateTime", U),
    ("not (employeeHireDate le employeeLeaveDateTime)", U),
    ("city eq department", F),
    ("city ne department", T),
    ("city lt department", F),
    ("department ge city", F),
    ("city eq companyName", T),
    ("city ne companyName", F),
    ("city le companyName", F),
    ("state eq city", U),
    ("city gt state", U),
    ("signInActivity/lastSuccessfulSignInDateTime lt employeeHireDate", F),
    ("customSecurityAttributes/Site/Codes eq extension_a_code", T),
    ("extension_a_code ne customSecurityAttributes/Site/Codes", F),
    ("extension_a_code eq customSecurityAttributes/Site/None", F),
    // Several values.
    ("customSecurityAttributes/Site/Codes eq 'S'", T),
    ("customSecurityAttributes/Site/Codes ne 'S'", F),
    ("customSecurityAttributes/Site/Codes ne 'W'", T),
    ("customSecurityAttributes/Site/Codes in ('W', 'N')", T),
    ("customSecurityAttributes/Site/Codes eq null", F),
    ("customSecurityAttributes/Site/None eq null", T),
    ("customSecurityAttributes/Site/None eq 'x'", F),
    ("customSecurityAttributes/Site/None ne 'x'", T),
    ("customSecurityAttributes/Site/Codes/any(c:c eq 'S')", T),
    ("otherMails/any(p:startsWith(p, 'Av'))", T),
    ("otherMails/any(p:startsWith(p, 'av'))", F),
    ("otherMails/any(p:startsWith(p, 'a') and endsWith(p, 'x.example'))", F),
    ("otherMails/any(p:startsWith(p, 'A') and endsWith(p, 'x.example'))", T),
    ("otherMails/any(p:p ne 'a@y.example')", T),
    ("otherMails/any(p:not (p ne 'a@y.example'))", T),
    ("proxyAddresses/any(p:startsWith(p, 'smtp:'))", T),
    ("assignedPlans/any(a:a/service eq 'exchange')", T),
    ("assignedPlans/any(a:a/service eq 'exchange' and a/capabilityStatus eq 'Enabled')", F),
    ("assignedPlans/any(a:a/service eq 'teams' and a/capabilityStatus eq 'Enabled')", T),
    ("assignedPlans/any(a:a/servicePlanId eq null)", T),
    // Precedence.
    ("department eq 'R&D' or department eq 'x' and department eq 'y'", T),
    ("(department eq 'R&D' or department eq 'x') and department eq 'y'", F),
    ("not (department eq 'x') and department eq 'R&D'", T),
];

#[test]
fn every_operator_says_what_it_should() {
    let subject = subject();
    for (text, expected) in CASES {
        let rule = Rule::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(rule.evaluate(&subject, now()), *expected, "{text}");
    }
}

#[test]
fn nobody_has_nothing() {
    let nobody = Attributes::new();
    for (text, expected) in [("otherMails/any(p:p ne 'x')", F), ("not otherMails/any(p:p eq 'x')", T)] {
        assert_eq!(Rule::parse(text).expect(text).evaluate(&nobody, now()), expected, "{text}");
    }
    let unread = Attributes::new().with("otherMails", OwnedValue::Unknown);
    assert_eq!(Rule::parse("otherMails/any(p:p eq 'x')").expect("a rule").evaluate(&unread, now()), U);
}

#[test]
fn case_can_be_ignored() {
    let subject = subject().with("city", "ΣΊΣΥΦΟΣ").with("mail", "A@x.example").with("userPrincipalName", "a@X.example");
    for (text, expected) in [
        ("department eq 'r&d'", T),
        ("department ne 'r&d'", F),
        ("department in ('r&D')", T),
        ("startsWith(jobTitle, 'SENIOR STRASSE')", T),
        ("contains(jobTitle, 'straße')", T),
        ("endsWith(jobTitle, 'ENGINEER')", T),
        ("matches(jobTitle, '^senior .* ENGINEER$')", T),
        ("city eq 'σίσυφος'", T),
        ("mail eq userPrincipalName", T),
        ("city eq 'sisyphos'", F),
        ("otherMails/any(p:startsWith(p, 'av'))", T),
        ("postalCode ge '98052'", T),
    ] {
        let rule = Rule::parse_as(text, &Vocabulary::lcw(), Case::Insensitive).expect(text);
        assert_eq!(rule.evaluate(&subject, now()), expected, "{text}");
    }
}

#[test]
fn a_sum_outside_the_calendar_is_unknown() {
    let rule = Rule::parse("employeeHireDate lt now() add duration'P1D'").expect("a rule");
    assert_eq!(rule.evaluate(&subject(), DateTime::<Utc>::MAX_UTC), U);
    assert_eq!(rule.evaluate(&subject(), now()), T);
}

#[test]
fn a_value_can_be_replaced() {
    let mut subject = subject();
    let rule = Rule::parse("department eq 'Sales' and extension_a_size eq 45").expect("a rule");
    assert_eq!(rule.evaluate(&subject, now()), F);
    subject.set("department", "Sales");
    subject.set("extension_a_size", 45);
    assert_eq!(rule.evaluate(&subject, now()), T);
}

#[test]
fn an_explanation_names_the_part_that_decides() {
    for (text, truth, lines) in [
        ("department eq 'R&D' and city eq 'x' and surname eq 'y'", F, "city eq 'x' is false: city has no value"),
        (
            "department eq 'R&D' and (surname eq 'a' or startsWith(jobTitle, 'b'))",
            F,
            "surname eq 'a' is false: surname is 'O''Brien'\n\
             startsWith(jobTitle, 'b') is false: jobTitle is 'Senior Straße Engineer'",
        ),
        ("state eq 'x' and department eq 'R&D'", U, "state eq 'x' is unknown: state could not be read"),
        ("not (department eq 'R&D')", F, "department eq 'R&D' is true: department is 'R&D'"),
        ("not (city eq null or department eq 'x')", F, "city eq null is true: city has no value"),
        ("otherMails/any(p:p eq 'x')", F, "otherMails/any(p:p eq 'x') is false: otherMails is ('Avery@x.example', 'a@y.example')"),
        (
            "assignedPlans/any(a:a/service eq 'x')",
            F,
            "assignedPlans/any(a:a/service eq 'x') is false: assignedPlans is a collection with 2 entries",
        ),
        (
            "employeeHireDate gt now() sub duration'P7D'",
            F,
            "employeeHireDate gt now() sub duration'P7D' is false: employeeHireDate is 2026-03-03T12:00:00Z",
        ),
        (
            "employeeHireDate ge extension_a_since",
            F,
            "employeeHireDate ge extension_a_since is false: employeeHireDate is 2026-03-03T12:00:00Z, extension_a_since is 2026-03-04",
        ),
        (
            "accountEnabled eq true and extension_a_size in (44)",
            T,
            "accountEnabled eq true is true: accountEnabled is true\n\
             extension_a_size in (44) is true: extension_a_size is 44",
        ),
    ] {
        let explanation = Rule::parse(text).expect(text).explain(&subject(), now());
        assert_eq!(explanation.truth, truth, "{text}");
        assert_eq!(explanation.to_string(), lines, "{text}");
        assert_eq!(explanation.text, text);
    }
}
