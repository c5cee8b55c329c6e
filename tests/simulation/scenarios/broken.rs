//! Lost and torn heads: nothing is processed until a person has repaired what is broken.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tenure::sim::api::MemoryApi;

use super::end::{End, list};
use super::play::{NS, Play, hired, joiner, restore};

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
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=False Scheduled");
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
fn a_snapshot_in_another_form_is_not_taken_for_none() {
    // As after a downgrade: without its rows everybody would be seen for the first time.
    let upgraded = |api: &MemoryApi| {
        for bucket in api.list("DirectorySnapshot", Some(NS)) {
            let mut bucket = (*bucket).clone();
            for line in bucket["packed"].as_array_mut().expect("packed rows") {
                *line = line.as_str().expect("a line").replacen("1 ", "2 ", 1).into();
            }
            api.put(&bucket).expect("a bucket");
        }
    };
    let end = tenant().act("03-12T10:00", upgraded).run_broken();
    assert_eq!(end.processed(), ["joiner ann completed 03-10"]);
    assert!(!end.account("bob").0);
    let lines = end.of_kind("DirectorySnapshot").flat_map(|bucket| list(bucket, "/packed"));
    let lines: Vec<&str> = lines.filter_map(Value::as_str).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.starts_with("2 ")), "nobody wrote over them: {lines:?}");
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
