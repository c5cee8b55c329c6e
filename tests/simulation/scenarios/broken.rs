//! Lost and torn heads: nothing is processed until a person has repaired what is broken.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tenure::sim::api::{MemoryApi, Verb};

use super::end::{End, list, text};
use super::play::{NS, Play, at, hired, joiner, restore};

fn tenant() -> Play {
    Play::new("03-10", "03-15").workflow("joiner", &joiner(0)).user("ann", &hired("2026-03-10")).user("bob", &hired("2026-03-13"))
}

fn head(api: &MemoryApi) -> Value {
    (*api.get("TenantLedger", NS, "default").expect("the head")).clone()
}

fn lose_head(api: &MemoryApi) {
    api.delete("TenantLedger", NS, "default").expect("the head");
}

#[test]
fn a_head_that_is_gone_while_history_exists_is_never_made_anew() {
    let end = tenant().act("03-12T10:00", lose_head).run_broken();
    assert_eq!(end.processed(), ["joiner ann completed 03-10"]);
    assert!(end.names("TenantLedger").is_empty());
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=True HeadMissing");
    assert_eq!(end.condition("TenantSchedule", "default", "Ready"), "Ready=False HeadMissing");
    assert!(!end.account("bob").0);
}

#[test]
fn a_head_that_is_gone_stalls_also_if_no_run_is_left() {
    // Whatever evaluations have made is history: entries and snapshots too.
    let alone = Play::new("03-10", "03-14").workflow("joiner", &joiner(0)).user("bob", &hired("2026-03-13"));
    let end = alone.act("03-12T20:00", lose_head).run_broken();
    assert_eq!(end.processed(), [""; 0]);
    assert!(end.names("TenantLedger").is_empty());
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=True HeadMissing");
}

#[test]
fn a_restored_head_goes_on_where_it_was() {
    let kept: Arc<Mutex<Vec<Value>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let end = tenant()
        .act("03-12T10:00", move |api| {
            keep.lock().expect("no panic").push(head(api));
            lose_head(api);
        })
        .act("03-14T10:00", move |api| restore(api, &kept.lock().expect("no panic")))
        .run();
    assert_eq!(end.processed(), ["joiner ann completed 03-10", "joiner bob completed 03-14"]);
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=False NotStalled");
}

#[test]
fn a_key_that_is_gone_or_another_one_is_never_made_anew() {
    let lose = |api: &MemoryApi| api.delete("TenantKey", NS, "default").expect("the key");
    let another = move |api: &MemoryApi| {
        lose(api);
        let metadata = json!({"name": "default", "namespace": NS});
        let made = json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "TenantKey", "metadata": metadata, "key": "ab".repeat(32)});
        api.put(&made).expect("a key");
    };
    for (what, play, keys) in [("gone", tenant().act("03-12T10:00", lose), 0), ("another", tenant().act("03-12T10:00", another), 1)] {
        let end = play.run_broken();
        assert_eq!(end.processed(), ["joiner ann completed 03-10"], "{what}");
        assert_eq!(end.names("TenantKey").len(), keys, "{what}: none is made");
        assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=True KeyMissing", "{what}");
        assert_eq!(end.condition("TenantSchedule", "default", "Ready"), "Ready=False KeyMissing", "{what}");
        assert!(!end.account("bob").0, "{what}");
    }
}

#[test]
fn a_restored_key_goes_on_where_it_was() {
    let kept: Arc<Mutex<Vec<Value>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let end = tenant()
        .act("03-12T10:00", move |api| {
            keep.lock().expect("no panic").push((*api.get("TenantKey", NS, "default").expect("the key")).clone());
            api.delete("TenantKey", NS, "default").expect("the key");
        })
        .act("03-14T10:00", move |api| restore(api, &kept.lock().expect("no panic")))
        .run();
    assert_eq!(end.processed(), ["joiner ann completed 03-10", "joiner bob completed 03-14"]);
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=False NotStalled");
}

/// An earlier release wrote the key into the head, where the controller reads it.
fn as_of_before(api: &MemoryApi) {
    let key = text(&api.get("TenantKey", NS, "default").expect("the key"), "/key").to_owned();
    let mut head = head(api);
    head.as_object_mut().expect("an object").remove("keyFingerprint");
    head["key"] = json!(key);
    api.delete("TenantKey", NS, "default").expect("the key");
    lose_head(api);
    restore(api, &[head]);
}

fn assert_key_has_moved(end: &End) {
    let head = end.object("TenantLedger", "default");
    assert!(head["key"].is_null() && head["keyFingerprint"].is_string(), "{head}");
    assert_eq!(text(end.object("TenantKey", "default"), "/key").len(), 64);
}

#[test]
fn a_key_in_the_head_moves_out_and_repeats_nobody() {
    let end = tenant().act("03-12T10:00", as_of_before).run();
    assert_eq!(end.processed(), ["joiner ann completed 03-10", "joiner bob completed 03-13"]);
    assert_key_has_moved(&end);
}

/// The right to the key comes with the chart of the tenant, the programs with that of the operator, which is upgraded before.
#[test]
fn without_the_right_to_move_the_key_out_of_the_head_it_is_used_there_until_the_right_comes() {
    for verb in [Verb::Get, Verb::Create] {
        let denied = Arc::new(AtomicU32::new(0));
        let noted: Arc<Mutex<Vec<(Value, usize)>>> = Arc::default();
        let note = Arc::clone(&noted);
        let end = tenant()
            .act("03-12T10:00", as_of_before)
            .deny(("03-12T09:50", "03-14T12:00"), "", (verb, "tenantkeys"), &denied)
            .act("03-14T11:00", move |api| {
                note.lock().expect("no panic").push((head(api), api.list("TenantKey", Some(NS)).len()));
            })
            .run();
        assert_eq!(end.processed(), ["joiner ann completed 03-10", "joiner bob completed 03-13"], "{verb:?}");
        let noted = noted.lock().expect("no panic");
        let (head, keys) = noted.first().expect("it was noted");
        assert!(head["key"].is_string() && head["keyFingerprint"].is_null() && *keys == 0, "{verb:?}: {head}");
        assert!(denied.load(Ordering::SeqCst) > 0, "{verb:?}");
        assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=False NotStalled", "{verb:?}");
        assert_key_has_moved(&end);
    }
}

/// A head that knows the key by its fingerprint has no other.
#[test]
fn without_the_right_to_the_key_everybody_waits_where_the_head_has_none() {
    let denied = Arc::new(AtomicU32::new(0));
    let end = tenant().deny(("03-12T09:50", "03-14T12:00"), "", (Verb::Get, "tenantkeys"), &denied).run_broken();
    assert_eq!(end.processed(), ["joiner ann completed 03-10", "joiner bob completed 03-14"]);
    assert!(denied.load(Ordering::SeqCst) > 0);
    assert_key_has_moved(&end);
}

#[test]
fn what_changed_while_the_head_was_gone_is_evaluated_as_soon_as_it_is_back() {
    // No Run tells that there was a head, so that evaluations start, and refuse. The next tick is a day away.
    let kept: Arc<Mutex<Vec<Value>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let end = Play::new("03-10", "03-13")
        .schedule("{interval: 24h, directory: people}")
        .workflow("joiner", &joiner(0))
        .user("bob", &hired("2026-06-01"))
        .act("03-12T10:00", move |api| {
            keep.lock().expect("no panic").push(head(api));
            lose_head(api);
        })
        .user_at("03-12T10:05", "ann", &hired("2026-03-12"))
        .act("03-12T10:20", move |api| restore(api, &kept.lock().expect("no panic")))
        .run();
    let when = end.when("joiner", "ann");
    assert!(when.len() == 1 && when[0] >= at("03-12T10:20") && when[0] < at("03-12T10:40"), "{when:?}");
}

#[test]
fn keys_of_another_version_are_not_taken_for_ours() {
    // As after a downgrade: read as our own keys they would make everybody due again.
    let upgraded = |api: &MemoryApi| {
        let mut head = head(api);
        head["keyVersion"] = json!(2);
        api.put(&head).expect("a head");
    };
    let end = tenant().act("03-12T10:00", upgraded).run_broken();
    assert_eq!(end.processed(), ["joiner ann completed 03-10"]);
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=True KeyVersionUnknown");
    assert!(!end.account("bob").0);
}

#[test]
fn a_snapshot_or_a_ledger_in_another_form_is_not_taken_for_none() {
    // As after a downgrade: without its rows everybody would be seen for the first time, or planned once more.
    for (kind, count) in [("DirectorySnapshot", 2), ("OccurrenceLedger", 1)] {
        let upgraded = move |api: &MemoryApi| {
            for object in api.list(kind, Some(NS)) {
                let mut object = (*object).clone();
                for line in object["packed"].as_array_mut().expect("packed rows") {
                    *line = line.as_str().expect("a line").replacen("1 ", "2 ", 1).into();
                }
                api.put(&object).expect("an object");
            }
        };
        let end = tenant().act("03-12T10:00", upgraded).run_broken();
        assert_eq!(end.processed(), ["joiner ann completed 03-10"], "{kind}");
        assert!(!end.account("bob").0, "{kind}");
        let lines = end.of_kind(kind).flat_map(|object| list(object, "/packed"));
        let lines: Vec<&str> = lines.filter_map(Value::as_str).collect();
        assert_eq!(lines.len(), count, "{lines:?}");
        assert!(lines.iter().all(|line| line.starts_with("2 ")), "nobody wrote over them: {lines:?}");
        assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=True Unreadable", "{kind}");
        let events = end.events("Unreadable");
        assert!(events.len() == 1 && events[0].contains(kind), "{events:?}");
    }
}

/// The head comes back as it was `lag` epochs before the one that planned cid; his row and his slice are newer.
fn torn(lag: u32) -> End {
    let kept: Arc<Mutex<Vec<Value>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let mut play = tenant().user("cid", &hired("2026-03-11T12:00:00Z"));
    // Each change of a record asks for an evaluation, and so for an epoch.
    for index in 0..lag {
        play = play.user_at(&format!("03-11T10:{:02}", index * 2), "dan", &format!("{{displayName: D{index}}}"));
    }
    let play = play.act("03-11T09:50", move |api| *keep.lock().expect("no panic") = vec![head(api)]);
    let play = play.act("03-12T10:00", move |api| {
        lose_head(api);
        restore(api, &kept.lock().expect("no panic"));
    });
    play.run_broken()
}

#[test]
fn a_torn_restore_processes_nobody_however_long_it_lasts() {
    for lag in [0, 5, 20] {
        let end = torn(lag);
        assert_eq!(end.processed(), ["joiner ann completed 03-10", "joiner cid completed 03-11"], "{lag}: {:?}", end.ledger());
        assert_eq!(end.account("bob"), (false, vec![]), "{lag}");
        assert_eq!(end.account("cid"), (true, vec!["all"]), "{lag}");
        assert!(end.faults().is_empty(), "{lag}: {:?}", end.faults());
    }
}

#[test]
fn a_torn_restore_is_stalled_and_says_so() {
    assert_eq!(torn(5).condition("TenantSchedule", "default", "Stalled"), "Stalled=True TornRestore");
}
