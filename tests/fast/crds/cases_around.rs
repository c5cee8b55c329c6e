//! Cases of the kinds around a run: extensions and their calls, approvals, holds.

use serde_json::{Value, json};

use super::case::{Case, object, specified, text, texts, with};

pub fn cases() -> Vec<Case> {
    [extensions(), containers(), callbacks(), calls(), answers(), approvals(), holds()].concat()
}

fn endpoint() -> Value {
    let endpoint = json!({"url": "https://hooks.example.com/tenure", "secretName": "tenure-hooks"});
    specified("CustomTaskExtension", "ticket", json!({"endpoint": endpoint}))
}

fn container() -> Value {
    specified("CustomTaskExtension", "ticket", json!({"container": {"image": "registry.example.com/ticket:1"}}))
}

fn extensions() -> Vec<Case> {
    const ONE: &str = "exactly one of endpoint, container must be set";
    let set = |pointer: &str, value: Value| with(endpoint(), pointer, value);
    let both = set("/spec/container", json!({"image": "registry.example.com/ticket:1"}));
    let timeout = |timeout: &str| set("/spec/endpoint/timeout", json!(timeout));
    let named = |length: usize| set("/metadata/name", json!(text(length)));
    vec![
        Case::accepted("extension: endpoint", endpoint())
            .stores("/spec/endpoint/timeout", json!("5s"))
            .stores("/spec/behavior", json!("launchAndContinue"))
            .stores("/spec/callback", Value::Null),
        Case::accepted("extension: container", container()).stores("/spec/container/resources", json!({"cpu": "100m", "memory": "128Mi"})),
        Case::refused("extension: both", both, ONE),
        Case::refused("extension: neither", specified("CustomTaskExtension", "ticket", json!({})), ONE),
        Case::refused("extension: only a null", specified("CustomTaskExtension", "ticket", json!({"endpoint": null})), ONE),
        Case::accepted("extension: becomes a container", container()).of(endpoint()),
        Case::refused(
            "extension: without encryption",
            set("/spec/endpoint/url", json!("http://hooks.example.com")),
            "should match '^https://'",
        ),
        Case::refused("extension: secret of others", set("/spec/endpoint/secretName", json!("database")), "should match '^tenure-'"),
        Case::refused(
            "extension: without secret",
            set("/spec/endpoint/secretName", Value::Null),
            "spec.endpoint.secretName: Required value",
        ),
        Case::accepted("extension: 1s", timeout("1s")),
        Case::accepted("extension: 20s", timeout("20s")),
        Case::refused("extension: 21s", timeout("21s"), "should match"),
        Case::refused("extension: 0s", timeout("0s"), "should match"),
        Case::refused("extension: a minute", timeout("1m"), "should match"),
        Case::accepted("extension: name of 63 characters", named(63)),
        Case::refused("extension: name of 64 characters", named(64), "metadata.name: at most 63 characters"),
        Case::refused("extension: behavior of nobody", set("/spec/behavior", json!("forget")), "Unsupported value: \"forget\""),
        Case::refused("extension: unknown field", set("/spec/endpoint/method", json!("GET")), "unknown field \"spec.endpoint.method\""),
    ]
}

fn containers() -> Vec<Case> {
    let set = |member: &str, value: Value| with(container(), &format!("/spec/container/{member}"), value);
    let env = |names: &[&str]| {
        let variables: Vec<Value> = names.iter().map(|name| json!({"name": name, "value": "x"})).collect();
        set("env", json!(variables))
    };
    let resources = |cpu: &str, memory: &str| set("resources", json!({"cpu": cpu, "memory": memory}));
    vec![
        Case::accepted("container: command and arguments", set("command", json!(["/run"]))),
        Case::accepted("container: secret", set("secretName", json!("tenure-ticket"))),
        Case::refused("container: secret of others", set("secretName", json!("database")), "should match '^tenure-'"),
        Case::refused("container: without image", set("image", Value::Null), "spec.container.image: Required value"),
        Case::accepted("container: variables", env(&["QUEUE", "_x1"])),
        Case::refused("container: a variable twice", env(&["A", "A"]), "Duplicate value: {\"name\":\"A\"}"),
        Case::refused("container: a variable of ours", env(&["TENURE_RUN"]), "names that start with TENURE_ describe the call"),
        Case::refused("container: a variable with a dash", env(&["a-b"]), "should match"),
        Case::accepted("container: most resources", resources("4", "8Gi")),
        Case::accepted("container: resources in parts", resources("3999m", "999Mi")),
        Case::accepted("container: least resources", resources("1m", "16Mi")),
        Case::refused("container: 5 cores", resources("5", "1Gi"), "spec.container.resources.cpu"),
        Case::refused("container: 4000m", resources("4000m", "1Gi"), "spec.container.resources.cpu"),
        Case::refused("container: 9Gi", resources("1", "9Gi"), "spec.container.resources.memory"),
        Case::refused("container: 15Mi", resources("1", "15Mi"), "spec.container.resources.memory"),
        Case::refused("container: 20 arguments and one", set("args", json!(texts(21))), "Too many"),
    ]
}

fn callbacks() -> Vec<Case> {
    let waiting = with(endpoint(), "/spec/behavior", json!("launchAndWait"));
    let timeout = |timeout: &str| with(waiting.clone(), "/spec/callback", json!({"timeout": timeout}));
    let accounts = |accounts: Value| with(waiting.clone(), "/spec/callback", json!({"allowedServiceAccounts": accounts}));
    let useless = with(endpoint(), "/spec/callback", json!({}));
    vec![
        Case::accepted("callback: none said", waiting.clone()),
        Case::accepted("callback: default", accounts(json!(["ticket"]))).stores("/spec/callback/timeout", json!("30m")),
        Case::refused("callback: nobody waits", useless, "callback goes with the behavior launchAndWait"),
        Case::accepted("callback: 5m", timeout("5m")),
        Case::accepted("callback: 180m", timeout("180m")),
        Case::accepted("callback: 3h", timeout("3h")),
        Case::refused("callback: 4m", timeout("4m"), "should match"),
        Case::refused("callback: 181m", timeout("181m"), "should match"),
        Case::refused("callback: 4h", timeout("4h"), "should match"),
        Case::refused("callback: an account twice", accounts(json!(["a", "a"])), "Duplicate value: \"a\""),
        Case::refused("callback: 11 accounts", accounts(json!(texts(11))), "Too many"),
    ]
}

fn call() -> Value {
    let members = json!({
        "run": "leavers-v1-e4", "slice": "leavers-v1-e4-0", "subjectKey": text(32), "task": "ticket", "extension": "ticket",
        "launchedDateTime": "2026-01-01T00:00:00Z", "deadline": "2026-01-01T00:30:00Z", "tokenHash": "0a".repeat(32),
        "allowedServiceAccounts": ["ticket"],
    });
    object("ExtensionCall", "leavers-v1-e4-0-ticket-1", members)
}

fn answered(status: &str) -> Value {
    with(call(), "/answer", json!({"operationStatus": status, "receivedDateTime": "2026-01-01T00:10:00Z"}))
}

fn calls() -> Vec<Case> {
    const IMMUTABLE: &str = "an ExtensionCall is immutable but for its answer";
    const ORDER: &str = "deadline must be after launchedDateTime";
    let set = |pointer: &str, value: Value| with(call(), pointer, value);
    let mut cases = vec![
        Case::accepted("call: launched", call()),
        Case::accepted("call: token only", set("/allowedServiceAccounts", Value::Null)).stores("/allowedServiceAccounts", json!([])),
        Case::accepted("call: labels change", set("/metadata/labels", json!({"a": "b"}))).of(call()),
        Case::refused("call: no time", set("/deadline", json!("2026-01-01T00:00:00Z")), ORDER),
        Case::refused("call: hash in capitals", set("/tokenHash", json!("0A".repeat(32))), "should match"),
        Case::refused("call: short hash", set("/tokenHash", json!("0a")), "should be at least 64 chars long"),
        Case::refused("call: without run", set("/run", Value::Null), "run: Required value"),
        Case::refused("call: members stand at the top", set("/spec", json!({})), "unknown field \"spec\""),
    ];
    let changes = [
        ("/run", json!("other")),
        ("/slice", json!("other")),
        ("/subjectKey", json!("b".repeat(32))),
        ("/task", json!("other")),
        ("/extension", json!("other")),
        ("/launchedDateTime", json!("2026-01-01T00:00:01Z")),
        ("/deadline", json!("2026-01-01T00:30:01Z")),
        ("/tokenHash", json!("0b".repeat(32))),
        ("/allowedServiceAccounts", json!(["ticket", "other"])),
        ("/allowedServiceAccounts", Value::Null),
    ];
    for (pointer, value) in changes {
        cases.push(Case::refused(format!("call: {pointer} becomes {value}"), set(pointer, value), IMMUTABLE).of(call()));
    }
    cases
}

fn answers() -> Vec<Case> {
    const ONCE: &str = "an answer is given once";
    let by = |account: &str| with(answered("completed"), "/answer/serviceAccount", json!(account));
    let labelled = with(answered("completed"), "/metadata/labels", json!({"a": "b"}));
    vec![
        Case::accepted("answer: completed", answered("completed")).of(call()),
        Case::accepted("answer: failed", answered("failed")).of(call()),
        Case::accepted("answer: stays", labelled).of(answered("completed")),
        Case::accepted("answer: restored with its call", answered("completed")),
        Case::refused("answer: in capitals", answered("Completed"), "Unsupported value: \"Completed\""),
        Case::refused("answer: another one", answered("failed"), ONCE).of(answered("completed")),
        Case::refused("answer: taken back", call(), ONCE).of(answered("completed")),
        Case::accepted("answer: of an account that may", by("ticket")).of(call()),
        Case::refused("answer: of another account", by("other"), "the ServiceAccount may not answer this call").of(call()),
    ]
}

fn approval() -> Value {
    let plan = json!({"run": "leavers-v1-e4", "planHash": format!("sha256:{}", "0a".repeat(32))});
    specified("Approval", "leavers-v1-e4-anna", json!({"for": plan, "decision": "approve", "approvedBy": "anna"}))
}

fn approvals() -> Vec<Case> {
    const IMMUTABLE: &str = "an Approval is immutable";
    let set = |pointer: &str, value: Value| with(approval(), pointer, value);
    let denial = set("/spec/decision", json!("deny"));
    let explained = with(denial.clone(), "/spec/reason", json!("too many people"));
    let hash = |hash: &str| set("/spec/for/planHash", json!(hash));
    let mut cases = vec![
        Case::accepted("approval: given", approval()),
        Case::accepted("approval: denied", explained.clone()),
        Case::accepted("approval: labels change", set("/metadata/labels", json!({"a": "b"}))).of(approval()),
        Case::refused("approval: denied without a word", denial, "a denial needs a reason"),
        Case::refused("approval: of any plan", set("/spec/for/planHash", Value::Null), "spec.for.planHash: Required value"),
        Case::refused("approval: of a star", hash("*"), "should be at least 71 chars long"),
        Case::refused("approval: another hash", hash(&format!("sha512:{}", "0a".repeat(32))), "should match"),
        Case::refused("approval: of nobody", set("/spec/approvedBy", Value::Null), "spec.approvedBy: Required value"),
        Case::refused("approval: perhaps", set("/spec/decision", json!("perhaps")), "Unsupported value: \"perhaps\""),
        Case::refused("approval: becomes a denial", explained, IMMUTABLE).of(approval()),
    ];
    let changes = [
        ("/spec/for/run", json!("other")),
        ("/spec/for/planHash", json!(format!("sha256:{}", "0b".repeat(32)))),
        ("/spec/approvedBy", json!("berta")),
        ("/spec/reason", json!("looks right")),
    ];
    for (pointer, value) in changes {
        cases.push(Case::refused(format!("approval: {pointer} becomes {value}"), set(pointer, value), IMMUTABLE).of(approval()));
    }
    cases
}

fn hold() -> Value {
    let spec = json!({"subjects": ["anna"], "blockedEffectClasses": ["destructive", "access"], "caseRef": "2026-17"});
    specified("Hold", "case-17", spec)
}

fn holds() -> Vec<Case> {
    const ORDER: &str = "from must be before until";
    let set = |pointer: &str, value: Value| with(hold(), pointer, value);
    let classes = |classes: Value| set("/spec/blockedEffectClasses", classes);
    let window = |from: &str, until: &str| with(set("/spec/from", json!(from)), "/spec/until", json!(until));
    let account = "account cannot be blocked: nothing may keep a leaver's account from being disabled";
    vec![
        Case::accepted("hold: people", hold()),
        Case::accepted(
            "hold: every class that can be blocked",
            classes(json!(["mail", "access", "credential", "destructive", "extension"])),
        ),
        Case::refused("hold: account", classes(json!(["account"])), account),
        Case::refused("hold: account among others", classes(json!(["destructive", "account"])), account),
        Case::refused("hold: nothing", classes(json!([])), "should have at least 1 items"),
        Case::refused("hold: a class twice", classes(json!(["mail", "mail"])), "Duplicate value: \"mail\""),
        Case::refused("hold: class of nobody", classes(json!(["everything"])), "Unsupported value: \"everything\""),
        Case::accepted("hold: another person", set("/spec/subjects", json!(["anna", "berta"]))).of(hold()),
        Case::accepted("hold: 1000 people", set("/spec/subjects", json!(texts(1000)))),
        Case::refused("hold: 1001 people", set("/spec/subjects", json!(texts(1001))), "Too many"),
        Case::refused("hold: nobody", set("/spec/subjects", json!([])), "should have at least 1 items"),
        Case::refused("hold: a person twice", set("/spec/subjects", json!(["anna", "anna"])), "Duplicate value: \"anna\""),
        Case::refused("hold: without case", set("/spec/caseRef", Value::Null), "spec.caseRef: Required value"),
        Case::refused("hold: another case", set("/spec/caseRef", json!("2026-18")), "caseRef is immutable: make a new Hold").of(hold()),
        Case::accepted("hold: a month", window("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")),
        Case::accepted("hold: until", set("/spec/until", json!("2026-02-01T00:00:00Z"))),
        Case::accepted("hold: from", set("/spec/from", json!("2026-02-01T00:00:00Z"))),
        Case::accepted("hold: ends", set("/spec/until", json!("2026-02-01T00:00:00Z"))).of(hold()),
        Case::refused("hold: backwards", window("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z"), ORDER),
        Case::refused("hold: no time", window("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"), ORDER),
        // Alone: a rule over two instants would find words for them that are the server's own.
        Case::refused("hold: a comma before the fraction", set("/spec/from", json!("2026-01-01T00:00:00,5Z")), "should match"),
        Case::refused("hold: an offset of a day", set("/spec/from", json!("2026-01-01T00:00:00+24:00")), "should match"),
        Case::refused("hold: more after the instant", set("/spec/from", json!("2026-01-01T00:00:00Zt")), "should match"),
        Case::refused("hold: a date is not an instant", set("/spec/until", json!("2026-02-01")), "must be of type date-time"),
    ]
}
