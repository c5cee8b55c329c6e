//! The mails of whole simulations, as another program reads them: Python's own mail parser.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

mod cases;
mod world;

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};
use tenure::sim::{SentMail, outbox};

use cases::{Case, Wanted, arguments, ava, defaults, refusals};
use world::{Played, World, is_notice};

/// What Python's parser understands of each mail, in the order of the mails.
fn parsed(mails: &[SentMail]) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    outbox::write(mails, folder.path()).expect("mails are written");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fast/mails.py");
    let output = Command::new("python3").arg(script).arg(folder.path()).output();
    let output = output.unwrap_or_else(|error| panic!("python3 is needed to read the mails: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: BTreeMap<String, Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found.len(), mails.len());
    found.into_values().collect()
}

/// What holds for every mail, whatever it says.
fn check_form(sent: &SentMail, mail: &Value) {
    let who = &sent.mail.subject;
    assert_eq!(mail["defects"], json!([]), "{who}");
    let copy: &[&str] = if mail["cc"] == json!([]) { &[] } else { &["Cc"] };
    let first = ["Date", "From", "To"];
    let last = ["Subject", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type"];
    assert_eq!(mail["headers"], json!([&first, copy, &last].concat()), "{who}");
    assert_eq!(mail["from"], json!([["Acme People", "people@acme.example"]]), "{who}");
    assert_eq!(addresses(&mail["to"]).chain(addresses(&mail["cc"])).collect::<Vec<_>>(), sent.mail.envelope.to, "{who}");
    assert_eq!(mail["messageId"], sent.mail.message_id.as_str(), "{who}");
    assert!(sent.mail.message_id.len() == 32 + "<@acme.example>".len() && sent.mail.message_id.ends_with("@acme.example>"), "{who}");
    assert_eq!(mail["date"], sent.mail.date.format("%Y-%m-%dT%H:%M:%SZ").to_string(), "{who}");
    assert_eq!(mail["autoSubmitted"], "auto-generated", "{who}");
    assert_eq!((&mail["type"], &mail["parts"]), (&json!("multipart/alternative"), &json!(["text/plain", "text/html"])), "{who}");
    assert_eq!(mail["charsets"], json!(["utf-8", "utf-8"]), "{who}");
}

fn addresses(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(|entry| entry[1].as_str())
}

fn words<'a>(mail: &'a Value, field: &str) -> &'a str {
    mail[field].as_str().expect("a text")
}

fn play(cases: &[Case]) -> Played {
    let mut world = World::new();
    world.add("User", "omar", &json!({"displayName": "Omar Haddad", "mail": "omar@acme.example", "preferredLanguage": "en-US"}));
    world.add(
        "User",
        "gus",
        &json!({"displayName": "Gus Guest", "userType": "Guest", "sponsors": ["sponsorships", "co-sponsors", "omar"]}),
    );
    world.add("User", "ida", &json!({"displayName": "Ida", "sponsors": ["co-sponsors", "sponsorships", "max"]}));
    world.add("User", "kim", &json!({"displayName": "Kim", "sponsors": ["no-co-sponsors"]}));
    for case in cases {
        world.mail(case.name, case.category, case.task, &case.arguments, &case.user);
    }
    world.play()
}

fn check(cases: &[Case]) {
    let played = play(cases);
    let all = parsed(&played.0.mails);
    for case in cases {
        let [status, reason, message] = played.task(case.name);
        let mails = played.mails(case.name);
        match &case.wanted {
            Wanted::Sent { to, cc, subject, text } => {
                assert_eq!((status.as_str(), mails.len()), ("completed", 1), "{}: {reason} {message}", case.name);
                let at = played.0.mails.iter().position(|sent| sent.mail.subject == case.name && !is_notice(sent)).expect("it was sent");
                let mail = &all[at];
                check_form(mails[0], mail);
                assert_eq!(mails[0].mail.task, case.task);
                assert_eq!(addresses(&mail["to"]).collect::<Vec<_>>(), *to, "{}", case.name);
                assert_eq!(addresses(&mail["cc"]).collect::<Vec<_>>(), *cc, "{}", case.name);
                assert_eq!(words(mail, "subject"), *subject, "{}", case.name);
                assert!(words(mail, "text").contains(text), "{}: {}", case.name, words(mail, "text"));
                if mail["links"] == json!([]) {
                    assert_eq!(words(mail, "visible").trim(), words(mail, "text").trim(), "{}", case.name);
                }
            }
            Wanted::Failed { reason: wanted, message: word } => {
                assert_eq!((status.as_str(), reason.as_str(), mails.len()), ("failed", *wanted, 0), "{}: {message}", case.name);
                assert!(message.contains(word) && !message.contains('@'), "{}: {message}", case.name);
            }
            Wanted::Needless { message: word } => {
                assert_eq!((status.as_str(), mails.len()), ("completed", 0), "{}: {reason} {message}", case.name);
                assert!(message.contains(word), "{}: {message}", case.name);
            }
        }
    }
}

#[test]
fn every_mail_goes_to_whom_it_should_and_says_what_it_should() {
    let cases = defaults();
    assert_eq!(cases.len(), 11);
    check(&cases);
}

#[test]
fn arguments_change_a_mail() {
    check(&arguments());
}

#[test]
fn what_is_missing_keeps_a_mail_back() {
    check(&refusals());
}

#[test]
fn a_workflow_with_a_variable_that_nobody_knows_begins_nothing() {
    let unknown = [("unknown-variable", "{{user.shoeSize}}"), ("no-pass-here", "{{temporaryAccessPass}}")];
    let mut world = World::new();
    for (name, body) in unknown {
        world.mail(name, "joiner", "sendOnboardingReminderEmail", &json!({"customBody": body}), &ava());
    }
    let played = world.play();
    for (name, body) in unknown {
        let said = format!("Workflow acme/{name} is not Ready: VariableUnknown: spec.tasks[0].sendOnboardingReminderEmail.customBody");
        let problem = played.0.problems.iter().find(|problem| problem.starts_with(&said));
        let variable = problem.unwrap_or_else(|| panic!("{name}: {:?}", played.0.problems));
        assert!(variable.contains(body), "{variable}");
        assert!(!played.0.objects.iter().any(|object| object["kind"] == "RunSlice" && object["run"] == name), "{name}");
    }
    assert!(played.0.mails.is_empty());
}

/// What stays of a value: one line, without signs that turn the direction; text from right to left is set apart.
fn shown(value: &str) -> String {
    let kept: String = value
        .chars()
        .filter(|c| !"\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}".contains(*c))
        .collect();
    let spaced: String = kept.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().any(|c| ('\u{590}'..='\u{8ff}').contains(&c)) { format!("\u{2068}{line}\u{2069}") } else { line }
}

#[test]
fn another_program_reads_every_name_as_it_was_meant() {
    let long = "Maximiliane ".repeat(20);
    let unbroken = "x".repeat(256);
    let names = [
        "Ava Lindqvist",
        "Siobhán O'Neill",
        "Jürgen Müßig-Çelik",
        "שרה כהן",
        "محمد 12",
        "李 小龍",
        "👩\u{200d}🚀 Ada",
        long.trim(),
        unbroken.as_str(),
        "Eve\r\nBcc: eve@evil.example",
        "Eve\n\n<script>alert(1)</script>",
        "\"Eve\" <eve@evil.example>, x",
        "{{managerEmail}} {{user.mail}}",
        "=?utf-8?q?Eve=0D=0ABcc:_x?=",
        "<b>Eve</b> &lt;i&gt; &amp;",
        "</a><a href=\"https://evil.example\">",
        "\u{202e}eve\u{202c}",
        "a\\\"b\\",
        "Eve; (x) [y] : z,",
        "--tenure-",
        ".",
        "e\u{301}\u{301}",
        "\u{2028}Eve\u{85}",
        "%0d%0aBcc: x",
    ];
    let mut world = World::new();
    let body = "[{{user.displayName}}]\n<b>{{user.department}}</b> <a href=\"https://a.example/?q={{user.displayName}}\">x</a>";
    let arguments = json!({"to": ["User"], "customSubject": "[{{user.displayName}}]", "customBody": body});
    for (index, name) in names.iter().enumerate() {
        let user = json!({"displayName": name, "department": name, "mail": format!("p{index}@acme.example"), "manager": "lena"});
        world.mail(&format!("p{index}"), "joiner", "sendWelcomeEmail", &arguments, &user);
    }
    let played = world.play();
    assert_eq!(played.0.mails.len(), names.len(), "{:?}", played.0.problems);
    let all = parsed(&played.0.mails);
    for (sent, mail) in played.0.mails.iter().zip(&all) {
        check_form(sent, mail);
        let index: usize = sent.mail.subject[1..].parse().expect("a number");
        let name = shown(names[index]);
        assert_eq!(words(mail, "subject"), format!("[{name}]"), "{index}");
        let seen = format!("[{name}]\n{name} x");
        assert_eq!(words(mail, "visible").trim_matches('\n'), seen, "{index}");
        let text = words(mail, "text");
        assert!(text.starts_with(&format!("{seen} (https://a.example/?q=")), "{index}: {text}");
        assert_eq!(mail["tags"], json!(["br", "b", "a"]), "{index}");
        let alone: String = name.chars().filter(|c| !"\u{2068}\u{2069}".contains(*c)).take(200).collect();
        assert_eq!(mail["to"], json!([[alone.trim(), format!("p{index}@acme.example")]]), "{index}");
    }
}

#[test]
fn a_pass_stands_in_its_mail_and_nowhere_else() {
    let mut world = World::new();
    let arguments = json!({"customBody": "pass:{{temporaryAccessPass}}:"});
    world.mail("ava", "joiner", "generateTemporaryAccessPass", &arguments, &ava());
    world.mail("ben", "joiner", "generateTemporaryAccessPass", &arguments, &ava());
    let played = world.play();
    let all = parsed(&played.0.mails);
    let (told, with_pass): (Vec<_>, Vec<_>) = played.0.mails.iter().zip(&all).partition(|(sent, _)| is_notice(sent));
    let passes: Vec<String> = with_pass.iter().map(|(_, mail)| words(mail, "text").split(':').nth(1).expect("a pass").to_owned()).collect();
    assert_eq!(passes.len(), 2);
    // Whom it is for learns of it, at the record's address, and not what it is.
    assert_eq!(told.len(), 2);
    for (sent, mail) in told {
        check_form(sent, mail);
        assert_eq!(sent.mail.envelope.to, ["ava@acme.example"]);
        assert_eq!(words(mail, "subject"), "A temporary access pass for your account");
        assert!(passes.iter().all(|pass| !words(mail, "text").contains(pass.as_str())));
    }
    assert_ne!(passes[0], passes[1]);
    let objects = serde_json::to_string(&played.0.objects).expect("JSON");
    let debug = format!("{:?}", played.0);
    for pass in &passes {
        assert!(pass.len() >= 8 && pass.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()), "{}", pass.len());
        assert!(!objects.contains(pass.as_str()) && !debug.contains(pass.as_str()));
    }
}
