//! What is no rule, and what the person who wrote it is told.

use super::super::Rule;

/// The rule with `^` before the place of the mistake, and words that the message must have.
const MISTAKES: &[(&str, &[&str])] = &[
    // Operators of other languages.
    ("department ^== 'X'", &["`==`", "did you mean eq?"]),
    ("department ^= 'X'", &["did you mean eq?"]),
    ("department ^!= 'X'", &["did you mean ne?"]),
    ("department ^<> 'X'", &["did you mean ne?"]),
    ("department ^-eq 'X'", &["`-eq`", "did you mean eq?"]),
    ("department ^-in ('X')", &["did you mean in?"]),
    ("department ^EQ 'X'", &["did you mean eq?"]),
    ("department ^-startsWith 'X'", &["startsWith(department, 'text')"]),
    ("department ^contains 'X'", &["contains(department, 'text')"]),
    ("department ^-notMatch 'X'", &["matches(department, 'pattern')"]),
    ("department ^not in ('X')", &["not (department in ('text'))"]),
    ("employeeHireDate ^>= 2026-01-31", &["did you mean ge?"]),
    ("employeeHireDate ^< 2026-01-31", &["did you mean lt?"]),
    ("department ^'X'", &["expected `eq`, `ne`"]),
    ("department^", &["found the end of the rule"]),
    ("accountEnabled^", &["accountEnabled eq true"]),
    ("accountEnabled ^and city eq 'x'", &["accountEnabled eq true"]),
    // Between terms.
    ("city eq 'a' ^AND state eq 'b'", &["did you mean and?"]),
    ("city eq 'a' ^-or state eq 'b'", &["did you mean or?"]),
    ("city eq 'a' ^&& state eq 'b'", &["did you mean and?"]),
    ("city eq 'a' ^|| state eq 'b'", &["did you mean or?"]),
    ("city eq 'a' ^state eq 'b'", &["`and`, `or` or the end"]),
    ("city eq 'a' ^not (state eq 'b')", &["and not (...)"]),
    ("(city eq 'a' ^", &["`)`", "the end of the rule"]),
    ("city eq 'a'^)", &["`)`"]),
    ("city eq 'a' and ^", &["expected an attribute", "the end of the rule"]),
    // Terms.
    ("^", &["expected an attribute", "the end of the rule"]),
    ("()^", &[]),
    ("^'X' eq department", &["the attribute comes first"]),
    ("^!(city eq 'a')", &["did you mean not?"]),
    ("^NOT (city eq 'a')", &["did you mean not?"]),
    ("not ^city eq 'a'", &["expected `(`", "write not (city eq 'a')"]),
    ("^-not (city eq 'a')", &["did you mean not?"]),
    ("city eq 'a' and ^%", &["`%`"]),
    // Functions.
    ("^startswith(city, 'a')", &["did you mean startsWith?"]),
    ("^StartsWith(city, 'a')", &["did you mean startsWith?"]),
    ("^endswith(city, 'a')", &["did you mean endsWith?"]),
    ("^matchesPattern(city, 'a')", &["did you mean matches?"]),
    ("^tolower(city) eq 'a'", &["caseSensitive"]),
    ("^frobnicate(city, 'a')", &["`startsWith`, `endsWith`, `contains` or `matches`"]),
    ("startsWith(^'a', city)", &["the attribute comes first"]),
    ("startsWith(city ^'a')", &["`,`"]),
    ("startsWith(city, ^5)", &["a text in single quotes"]),
    ("startsWith(city, ^\"a\")", &["'a'"]),
    ("startsWith(city, 'a'^", &["`)`"]),
    ("startsWith(^accountEnabled, 'a')", &["this is a boolean"]),
    ("startsWith(^employeeHireDate, '2026')", &["this is a date"]),
    ("matches(city, ^'(')", &["no regular expression", "unclosed group"]),
    ("matches(city, ^'(?=a)b')", &["no regular expression", "look-around"]),
    ("matches(city, ^'(a)\\1')", &["no regular expression", "backreferences"]),
    ("matches(city, ^'\\w{1000}')", &["too large"]),
    // Attributes.
    ("^departmnt eq 'X'", &["unknown attribute `departmnt`", "did you mean department?"]),
    ("^Department eq 'X'", &["did you mean department?"]),
    ("^costCenter eq 'X'", &["did you mean employeeOrgData/costCenter?"]),
    ("^extensionAttribute7 eq 'X'", &["onPremisesExtensionAttributes/extensionAttribute7"]),
    ("^employeeOrgData eq 'X'", &["employeeOrgData/costCenter, employeeOrgData/division"]),
    ("^user.department eq 'X'", &["without user."]),
    ("^customSecurityAttributes/Set eq 'X'", &["<set>/<name>"]),
    ("^extension_x eq 'X'", &["extension_<application>_<name>"]),
    ("^qwertz eq 'X'", &["unknown attribute `qwertz`"]),
    ("employeeOrgData/^ eq 'X'", &[]),
    ("employeeOrgData/^'x' eq 'X'", &["the name of a member"]),
    // Values.
    ("department eq ^\"R&D\"", &["a text stands in single quotes: 'R&D'"]),
    ("department eq ^Marketing", &["'Marketing'"]),
    ("department eq ^5", &["'5'"]),
    ("department eq ^true", &["'true'"]),
    ("department eq ^'X", &["a text without its closing quote"]),
    ("surname eq 'O'^Brien'", &["`and`, `or`"]),
    ("surname eq 'O' ^'Brien'", &["doubled"]),
    ("accountEnabled eq ^'true'", &["without quotes"]),
    ("accountEnabled eq ^True", &["did you mean true?"]),
    ("accountEnabled ^gt true", &["no order"]),
    ("department eq ^NULL", &["did you mean null?"]),
    ("department gt ^null", &["only eq, ne and in"]),
    ("extension_a_b lt ^true", &["only eq, ne and in"]),
    ("department eq ^", &["the end of the rule"]),
    ("department eq ^citty", &["'citty'"]),
    // Two attributes.
    ("employeeHireDate le ^employeeLeaveDatetime", &["a date or `now()`", "did you mean employeeLeaveDateTime?"]),
    ("employeeHireDate le ^city", &["employeeHireDate is a date, and city is a text"]),
    ("department eq ^accountEnabled", &["department is a text, and accountEnabled is a boolean"]),
    ("extension_a_b gt ^accountEnabled", &["a boolean has no order"]),
    ("department eq ^otherMails", &["otherMails/any(p:p eq 'text')"]),
    ("department eq city ^add duration'P1D'", &["only dates can be moved"]),
    ("employeeHireDate le employeeLeaveDateTime ^+ 30d", &["write employeeLeaveDateTime add duration'P7D'"]),
    ("employeeHireDate le employeeLeaveDateTime add ^30d", &["duration'P7D'"]),
    ("employeeHireDate ^add duration'P7D' le employeeLeaveDateTime", &["a duration stands at the end"]),
    ("department in (^city)", &["a text in single quotes"]),
    ("otherMails/any(p:p eq ^mail)", &["'mail'"]),
    ("not ^validFrom le now()", &["unknown attribute"]),
    ("not ^employeeHireDate le employeeLeaveDateTime", &["write not (employeeHireDate le employeeLeaveDateTime)"]),
    ("employeeHireDate ge ^'2026-01-31'", &["without quotes"]),
    ("employeeHireDate ge ^2026-02-30", &["2026-01-31"]),
    ("employeeHireDate ge ^2026-1-31", &["2026-01-31"]),
    ("employeeHireDate ge ^2026-01-31T09:30:00", &["2026-01-31T09:30:00Z"]),
    ("employeeHireDate ge ^5", &["a date or `now()`"]),
    ("extension_a_b eq ^1.5", &["without a fraction"]),
    ("extension_a_b eq ^99999999999999999999", &["a value"]),
    ("employeeHireDate ge ^today", &["did you mean now()?"]),
    ("employeeHireDate ge now^", &["`(`"]),
    ("employeeHireDate ge now() ^- duration'P7D'", &["now() sub duration'P7D'"]),
    ("employeeHireDate ge now() sub ^7d", &["duration'P7D'"]),
    ("employeeHireDate ge now() sub ^'P7D'", &["duration'P7D'"]),
    ("employeeHireDate ge now() sub duration^'7D'", &["such as 'P7D'"]),
    ("employeeHireDate ge now() sub duration^'P1M'", &["such as 'P7D'"]),
    ("employeeHireDate ge now() sub duration^'P'", &["such as 'P7D'"]),
    ("employeeHireDate ge now() sub duration^'P1DT'", &["such as 'P7D'"]),
    ("employeeHireDate ge now() sub duration^'P36526D'", &["at most 36525 days"]),
    ("department eq ^now()", &["'now()'"]),
    ("department in ^'X'", &["in ('X')"]),
    ("department in (^)", &["a text in single quotes"]),
    ("department in ('a' ^'b')", &["`,` or `)`"]),
    ("department in ('a', ^5)", &["'5'"]),
    // Collections.
    ("^otherMails eq 'x'", &["otherMails/any(p:p eq 'text')"]),
    ("^assignedPlans eq 'x'", &["assignedPlans/any(p:p/capabilityStatus eq 'text')"]),
    ("startsWith(^otherMails, 'x')", &["otherMails/any("]),
    ("^mail/any(p:p eq 'x')", &["any needs many values"]),
    ("otherMails/^all(p:p eq 'x')", &["not name/any(p:not (...))"]),
    ("otherMails/^Any(p:p eq 'x')", &["did you mean any?"]),
    ("otherMails/any(^)", &["a name for the value"]),
    ("otherMails/any(^eq:eq eq 'x')", &["a meaning of its own"]),
    ("otherMails/any(p ^p eq 'x')", &["`:`"]),
    ("otherMails/any(p:^q eq 'x')", &["expected `p`"]),
    ("otherMails/any(p:^city eq 'x')", &["only its own value"]),
    ("otherMails/any(p:^p/x eq 'x')", &["no members"]),
    ("otherMails/any(p:p eq 'x'^", &["`)`"]),
    ("otherMails/any(p:p eq ^5)", &["'5'"]),
    ("assignedPlans/any(a:^a eq 'x')", &["name a member: capabilityStatus"]),
    ("assignedPlans/any(a:^a/servce eq 'x')", &["did you mean a/service?"]),
    ("otherMails/any(p:^p/any(q:q eq 'x'))", &["only its own value"]),
    ("otherMails/any(p:p eq 'x') ^eq true", &["the end of the rule"]),
];

#[test]
fn every_mistake_is_shown_where_it_is() {
    for (marked, words) in MISTAKES {
        let text = marked.replacen('^', "", 1);
        let error = match Rule::parse(&text) {
            Ok(rule) => panic!("{text} is accepted as {rule}"),
            Err(error) => error,
        };
        let place = marked.find('^').expect("a marked place");
        // A few rules mark nothing of interest but that they are refused.
        if !words.is_empty() {
            assert_eq!(error.offset, place, "{error}");
            assert_eq!(error.column, text[..place].chars().count() + 1, "{error}");
        }
        let unknown = error.message.starts_with("unknown attribute").then(|| error.found.trim_matches('`'));
        assert_eq!(error.unknown.as_deref(), unknown, "{error}");
        for word in *words {
            assert!(error.message.contains(word), "{word:?} is not in: {error}");
        }
        let shown = error.to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 3, "{shown}");
        let caret = lines[2].find('^').expect("a caret");
        let under: String = lines[1].chars().skip(caret).take(8).collect();
        let there: String = text[error.offset..].chars().take(8).collect();
        assert_eq!(under, there, "{shown}");
    }
}

#[test]
fn the_display_is_the_message_the_line_and_a_caret() {
    let error = Rule::parse("department eq \"R&D\"").expect_err("double quotes");
    let expected = "expected a text in single quotes, found `\"R&D\"`; a text stands in single quotes: 'R&D' \
        (line 1, column 15)\n    department eq \"R&D\"\n                  ^";
    assert_eq!(error.to_string(), expected);
    assert_eq!((&*error.found, &*error.expected), ("`\"R&D\"`", "a text in single quotes"));
}

#[test]
fn a_mistake_in_a_later_or_long_line_is_shown_there() {
    let error = Rule::parse("city eq 'ü'\n  and\tstate eq 5\n  and mail eq 'x'").expect_err("a number");
    assert_eq!((error.line, error.column), (2, 16));
    assert!(error.to_string().ends_with("\n      and state eq 5\n                   ^"), "{error}");

    let long = format!("city in ({}'last' and", "'München', ".repeat(40));
    let error = Rule::parse(&long).expect_err("an open list");
    let shown = error.to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines.iter().skip(1).all(|line| line.chars().count() <= 100), "{shown}");
    let caret = lines[2].chars().position(|c| c == '^').expect("a caret");
    assert_eq!(lines[1].chars().skip(caret).collect::<String>(), "and", "{shown}");
}
