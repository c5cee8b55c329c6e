//! `tenure validate`, the program itself: every mistake of a table at its place and with its words, nothing else, and
//! nothing at all where there is none.
//!
//! The table is written as one would meet it, see `tests/fast/validate/*.txt`: `===` begins a case and names it, `‸` stands
//! before every place that must be named, and the lines `!!!` say, in the order of the places, what the line
//! `field: message` about it must hold. `@Kind NAME` stands for the head of a document; without a name it is `case`.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

mod admission;
mod program;
mod table;

use std::path::Path;

use program::{Answer, validate};
use serde_json::json;
use table::{Case, cases};

/// What the cases refer to.
const BASE: &str = include_str!("validate/base.yaml");

/// Writes a case beside what it refers to, in a folder of its own, and asks the program about both.
fn answer(case: &Case) -> Answer {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("base.yaml"), case.base(BASE)).expect("written");
    std::fs::write(folder.path().join("case.yaml"), &case.text).expect("written");
    validate(&[folder.path()], &[])
}

#[test]
fn the_table() {
    let cases = cases();
    assert!(cases.len() >= 100, "only {} cases", cases.len());
    let complaints: Vec<String> = std::thread::scope(|scope| {
        let halves = cases.chunks(cases.len().div_ceil(2));
        let judges = halves.map(|half| scope.spawn(|| half.iter().filter_map(|case| case.judge(&answer(case)).err()).collect()));
        let judges: Vec<_> = judges.collect();
        judges.into_iter().flat_map(|judge| judge.join().unwrap_or_else(|_| vec!["a thread panicked".to_owned()])).collect()
    });
    let marks: usize = cases.iter().map(|case| case.marks.len()).sum();
    println!("validate: {} cases with {marks} mistakes, {} failed", cases.len(), complaints.len());
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// `validate` goes by the names of arguments and the controller by actions: no task is known to one of them only.
#[test]
fn what_tasks_name_is_known_to_validate_and_to_the_controller() {
    let workflow = tenure::api::crds().into_iter().find(|crd| crd.spec.names.kind == "Workflow").expect("a definition");
    let schema = serde_json::to_value(&workflow.spec.versions[0].schema).expect("JSON");
    let members = schema.pointer("/openAPIV3Schema/properties/spec/properties/tasks/items/properties").expect("tasks");
    let mut found = Vec::new();
    for (member, task) in members.as_object().expect("members") {
        for argument in ["groups", "teams", "extension"] {
            let Some(form) = task.pointer(&format!("/properties/{argument}")) else { continue };
            let value = if form["type"] == "array" { json!(["there"]) } else { json!("there") };
            let spec = json!({"category": "leaver", "tasks": [{"name": "t", member: {argument: value}}]});
            let spec = serde_json::from_value(spec).unwrap_or_else(|error| panic!("{member}: {error}"));
            let named: Vec<&str> = tenure::domain::references::references(&spec, true).into_iter().map(|(_, name)| name).collect();
            assert_eq!(named, ["there"], "{member}.{argument}");
            found.push(format!("{member}.{argument}"));
        }
    }
    assert_eq!(found.len(), 5, "{found:?}");
}

#[test]
fn what_the_cases_refer_to_is_fine() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("base.yaml"), BASE).expect("written");
    let answer = validate(&[folder.path()], &[]);
    assert_eq!((answer.code, answer.findings.len()), (0, 0), "{:?}", answer.findings);
}

#[test]
fn the_examples_are_fine() {
    // A record of the quickstart has a date that cannot be read, to show what becomes of it.
    for (folder, at_least, end) in [("quickstart", 20, " documents: fine, 1 warning\n"), ("adventure-works", 300, " documents: fine\n")] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(folder);
        let (code, text, _) = program::run(&["validate".as_ref(), path.as_os_str()], None);
        assert_eq!(code, 0, "{text}");
        let documents: usize = text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default();
        assert!(documents >= at_least && text.ends_with(end), "{text}");
    }
}

#[test]
fn the_templates_are_fine() {
    let (code, text, _) = program::run(&["templates".as_ref(), "--output".as_ref(), "json".as_ref()], None);
    assert_eq!(code, 0);
    let templates: Vec<serde_json::Value> = serde_json::from_str(&text).expect("an array");
    assert_eq!(templates.len(), 15);
    for template in templates {
        let name = template["name"].as_str().expect("a name");
        let (_, manifest, _) = program::run(&["template".as_ref(), name.as_ref()], None);
        let (code, text, _) = program::run(&["validate".as_ref(), "--partial".as_ref(), "-".as_ref()], Some(&manifest));
        assert_eq!(code, 0, "{name}: {text}");
    }
}

#[test]
fn text_and_exit_codes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let ask = |arguments: &[&str]| {
        let paths: Vec<_> =
            arguments.iter().map(|argument| if argument.starts_with('-') { argument.into() } else { path(argument) }).collect();
        let arguments: Vec<_> = std::iter::once("validate".as_ref()).chain(paths.iter().map(|path| path.as_os_str())).collect();
        program::run(&arguments, None)
    };
    let group = "apiVersion: tenure.dev/v1alpha1\nkind: Group\nmetadata: {name: x}\nspec: {}\n";
    std::fs::write(path("one.yaml"), group).expect("written");
    assert_eq!(ask(&["one.yaml"]), (0, "1 document: fine\n".to_owned(), String::new()));
    let foreign = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n---\napiVersion: v1\nkind: ConfigMap\n";
    std::fs::create_dir(path("all")).expect("a folder");
    std::fs::write(path("all/one.yaml"), format!("{group}---\n{foreign}")).expect("written");
    std::fs::write(path("all/kustomization.yaml"), "resources: [one.yaml]\n").expect("written");
    assert_eq!(ask(&["all"]).1, "1 document: fine; 3 of other API groups passed over\n");
    std::fs::write(path("bad.yaml"), group.replace("{}", "{type: crew}")).expect("written");
    let (code, text, errors) = ask(&["bad.yaml", "one.yaml"]);
    let place = path("bad.yaml").display().to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((code, errors.as_str(), lines.len()), (1, "", 3), "{text}");
    assert!(lines[0].starts_with(&format!("{place}:4:14: spec.type: Unsupported value: \"crew\"")), "{text}");
    assert!(lines[1].contains(":3:18: metadata.name: the Group \"x\" is there twice"), "{text}");
    assert_eq!(lines[2], "2 documents: 2 mistakes");
    let (code, text, errors) = ask(&["one.yaml", "missing.yaml"]);
    assert_eq!((code, text.as_str()), (2, ""));
    assert!(errors.contains("missing.yaml: "), "{errors}");
    let person = "apiVersion: tenure.dev/v1alpha1\nkind: User\nmetadata: {name: x}\nspec:\n  employeeHireDate: 01.02.2026\n";
    std::fs::write(path("person.yaml"), person).expect("written");
    let (code, text, errors) = ask(&["person.yaml"]);
    assert_eq!((code, text.as_str()), (0, "1 document: fine, 1 warning\n"));
    let answer = validate(&[&path("person.yaml")], &[]);
    let warnings: Vec<_> = answer.warnings.iter().map(|warning| (warning.line, warning.column, warning.path.as_str())).collect();
    assert_eq!((answer.code, answer.findings.len(), warnings), (0, 0, vec![(5, 21, "spec.employeeHireDate")]));
    assert!(errors.contains(":5:21: spec.employeeHireDate: expected YYYY-MM-DD") && errors.ends_with("(a warning)\n"), "{errors}");
    let windows = person.replace("employeeHireDate: 01.02.2026", "employeeHireDate: \"2026-02-01\"\n  timeZone: Romance Standard Time");
    std::fs::write(path("person.yaml"), windows).expect("written");
    let (code, _, errors) = ask(&["person.yaml"]);
    assert!(code == 0 && errors.contains(":6:13: spec.timeZone: expected the time zone name Europe/Paris"), "{errors}");
    assert!(errors.contains("; until then UTC applies in its place (a warning)"), "{errors}");
    std::fs::write(
        path("person.yaml"),
        person.replace("employeeHireDate: 01.02.2026", "employeeHireDate: \"2026-02-01\"\n  timeZone: Europe/Berln"),
    )
    .expect("written");
    let (_, _, errors) = ask(&["person.yaml"]);
    assert!(errors.contains("did you mean Europe/Berlin?); until then UTC applies in its place"), "{errors}");
    let last_day = "apiVersion: tenure.dev/v1alpha1\nkind: Workflow\nmetadata: {name: x}\nspec:\n  category: leaver\n  executionConditions:\n    \
                    trigger: {timeBasedAttribute: {attribute: employeeLeaveDateTime}}\n  tasks: [{name: tell, sendEmailOnLastDay: {}}]\n";
    std::fs::write(path("last-day.yaml"), last_day).expect("written");
    let (code, _, errors) = ask(&["--partial", "last-day.yaml"]);
    assert!(
        code == 0 && errors.contains("this mail of the last day comes after it") && errors.ends_with("(a warning)\n"),
        "{code} {errors}"
    );
    for fine in ["at: \"08:00\"", "offsetInDays: -1"] {
        std::fs::write(path("last-day.yaml"), last_day.replace("DateTime}", &format!("DateTime, {fine}}}"))).expect("written");
        assert_eq!(ask(&["--partial", "last-day.yaml"]).2, "", "{fine}");
    }
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}", group.trim_end().replace('\n', "\n  ").replace("{}", "{type: crew}"));
    std::fs::write(path("list.yaml"), list).expect("written");
    assert!(ask(&["list.yaml"]).1.contains("list.yaml:7:16: spec.type: Unsupported value"), "{:?}", ask(&["list.yaml"]));
    std::fs::write(path("latin.yaml"), b"a: 1\nb: M\xfcller\n").expect("written");
    let (code, _, errors) = ask(&["latin.yaml"]);
    assert!(code == 2 && errors.ends_with("latin.yaml:2: not UTF-8\n"), "{errors}");
}

/// Such a mail is not sent, and the rest of the workflow is done: whoever leaves is off-boarded whatever address gets a copy of it.
#[test]
fn addresses_to_which_no_mail_goes_are_warned_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let workflow = "apiVersion: tenure.dev/v1alpha1\nkind: Workflow\nmetadata: {name: x}\nspec:\n  category: joiner\n  tasks:\n  \
                    - {name: hello, sendWelcomeEmail: {to: [User, hr@acme.example, drop@evil.example]}}\n  \
                    - {name: pass, generateTemporaryAccessPass: {cc: [Manager, hr@acme.example]}}\n";
    std::fs::write(folder.path().join("base.yaml"), BASE).expect("written");
    std::fs::write(folder.path().join("workflow.yaml"), workflow).expect("written");
    let answer = validate(&[folder.path()], &[]);
    let warnings: Vec<_> = answer.warnings.iter().map(|warning| format!("{}: {}", warning.path, warning.message)).collect();
    assert_eq!((answer.code, answer.findings.len(), warnings.len()), (0, 0, 2), "{warnings:?}");
    let expected = [
        "spec.tasks[0].sendWelcomeEmail.to[2]: task \"hello\": it is in no domain of spec.mail.allowedDomains",
        "spec.tasks[1].generateTemporaryAccessPass.cc[1]: task \"pass\": a temporary access pass goes to people of the directory only",
    ];
    for (warning, begin) in warnings.iter().zip(expected) {
        assert!(warning.starts_with(begin), "{warning}");
    }
}

#[test]
fn dates_that_are_hardly_meant_are_warned_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tenant.yaml");
    let head = "apiVersion: tenure.dev/v1alpha1\nkind: ";
    let person = |name: &str, hire: &str, leave: &str| {
        format!(
            "---\n{head}User\nmetadata: {{name: {name}}}\nspec:\n  employeeHireDate: \"{hire}\"\n  employeeLeaveDateTime: \"{leave}\"\n"
        )
    };
    let tenant = |rule: &str| {
        let trigger = "trigger: {timeBasedAttribute: {attribute: employeeLeaveDateTime, offsetInDays: -30}}";
        format!(
            "{head}Directory\nmetadata: {{name: people}}\nspec: {{embedded: {{}}}}\n---\n{head}TenantSchedule\nmetadata: {{name: \
             default}}\nspec: {{interval: 3h, directory: people}}\n---\n{head}Workflow\nmetadata: {{name: leave}}\nspec:\n  category: \
             leaver\n  isSchedulingEnabled: true\n  executionConditions: {{{rule}{trigger}}}\n  tasks: [{{name: disable, disableUserAccount: \
             {{}}}}]\n{}{}{}",
            person("ann", "2020-01-01", "2097-06-30"),
            person("bob", "2020-03-02", "2019-12-31"),
            person("cid", "2097-05-01", "2097-05-20")
        )
    };
    let ask = |text: &str, flags: &[&str]| {
        std::fs::write(&file, text).expect("written");
        let flags = flags.iter().map(|flag| std::ffi::OsStr::new(*flag));
        let arguments: Vec<_> = std::iter::once("validate".as_ref()).chain(flags).chain([file.as_os_str()]).collect();
        let (code, _, errors) = program::run(&arguments, None);
        assert_eq!(code, 0, "a warning is no mistake: {errors}");
        let word = |line: &str| {
            line.split_once("spec.employeeLeaveDateTime: ").and_then(|(_, rest)| rest.split_once(':')).map(|(word, _)| word.to_owned())
        };
        errors.lines().map(|line| word(line).unwrap_or_else(|| panic!("{line}"))).collect::<Vec<_>>()
    };
    assert_eq!(ask(&tenant(""), &[]), ["LeaveBeforeHire", "ContractTooShort"]);
    let other = tenant("scope: {rule: \"department eq 'Legal'\"}, ");
    assert_eq!(ask(&other, &[]), ["LeaveDateUncovered", "LeaveBeforeHire", "LeaveDateUncovered"]);
    assert_eq!(ask(&other, &["--partial"]), ["LeaveBeforeHire"], "other workflows may cover them");
}

#[test]
fn without_the_directory_variables_are_checked_all_the_same() {
    let text = "apiVersion: tenure.dev/v1alpha1\nkind: Workflow\nmetadata: {name: x}\nspec:\n  category: leaver\n  tasks:\n    \
                - name: a\n      sendEmailOnLastDay:\n        customSubject: \"{{foo}}\"\n        customBody: \"{{user.badge}} {{user.displayName\"\n    \
                - name: b\n      updateUserAttributes: {attributes: [{attribute: city, value: \"{{temporaryAccessPass}}\"}]}\n    \
                - name: c\n      updateUserAttributes: {attributes: [{attribute: city, value: \"{{user.badge}}\"}]}\n";
    let (code, said, _) = program::run(&["validate".as_ref(), "--partial".as_ref(), "-".as_ref()], Some(text));
    for wanted in [
        "spec.tasks[0].sendEmailOnLastDay.customSubject: task \"a\": there is no variable {{foo}}",
        "spec.tasks[0].sendEmailOnLastDay.customBody: task \"a\": {{ stands without }} after it",
        "spec.tasks[1].updateUserAttributes.attributes[0].value: task \"b\": {{temporaryAccessPass}} stands in the mail",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(code == 1 && said.ends_with("1 document: 3 mistakes\n"), "{said}");
}

#[test]
fn a_part_of_a_tenant_may_refer_to_the_rest() {
    let text = "apiVersion: tenure.dev/v1alpha1\nkind: Workflow\nmetadata: {name: x}\nspec:\n  category: leaver\n  \
                executionConditions:\n    scope: {rule: \"badge eq 'red' and floor gt 3 or city is 'Bonn'\"}\n    \
                trigger: {timeBasedAttribute: {attribute: contractEnd}}\n  \
                tasks: [{name: out, removeUserFromGroups: {groups: [staff]}}]\n";
    let partial = program::run(&["validate".as_ref(), "--partial".as_ref(), "-".as_ref()], Some(text));
    assert!(partial.1.starts_with("<stdin>:7:58: ") && partial.1.contains("did you mean eq?"), "{}", partial.1);
    assert!(partial.1.ends_with("1 document: 1 mistake\n"), "{}", partial.1);
    let whole = program::run(&["validate".as_ref(), "-".as_ref()], Some(text));
    assert!(whole.1.contains("no Directory is named") && whole.1.ends_with("let pass with --partial\n"), "{}", whole.1);
}
