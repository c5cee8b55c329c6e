use serde_json::json;

use super::*;

/// Three failures in a row are no accident, whatever they are; what it was is said, told once, and taken back by the next success.
#[test]
fn evaluations_that_fail_one_after_the_other_stall_the_tenant_until_one_succeeds() {
    let failed = |number: i64, seconds: i64| {
        let mut failed = job(number, None);
        let condition = json!({"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": at(seconds)});
        failed.metadata.uid = Some(format!("j{seconds}"));
        failed.status = serde_json::from_value(json!({"conditions": [condition]})).unwrap();
        Seen::from(failed)
    };
    let pod = |seconds: i64| {
        let state = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
        let owner = json!({"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": format!("j{seconds}"), "controller": true});
        Seen::from(object::<k8s_openapi::api::core::v1::Pod>(json!({
            "metadata": {"name": format!("p{seconds}"), "ownerReferences": [owner]},
            "spec": {"serviceAccountName": job::SERVICE_ACCOUNT, "containers": []},
            "status": {"containerStatuses": [{"name": "tenure", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state}]},
        })))
    };
    let mut memory = settled();
    let mut tenant_schedule = schedule(json!({}));
    let mut told = Vec::new();
    let mut look = |memory: &mut Memory, seen: Vec<Seen>, seconds: i64| {
        let cache = tenant([vec![Seen::from(tenant_schedule.clone())], seen].concat());
        let plan = decided(&cache, memory, seconds);
        let before = tenant_schedule.status.take().map(|status| status.conditions).unwrap_or_default();
        told.extend(news::of_ready(&before, &plan.status.conditions));
        tenant_schedule.status = Some(plan.status.clone());
        (ready(&plan).1.to_owned(), plan.status.conditions.into_iter().map(|found| found.message).collect::<Vec<_>>(), told.len())
    };
    // Two Jobs that each left an epoch behind stay until they are cleared away, and are counted once each.
    let two = || vec![Seen::from(head(6, 4)), failed(5, 10), pod(10), failed(6, 40), pod(40)];
    for seconds in [50, 51, 52] {
        assert_eq!(look(&mut memory, two(), seconds).0, "Scheduled", "after {seconds} s");
    }
    let three = || [two(), vec![Seen::from(head(7, 4)), failed(7, 100), pod(100)]].concat();
    for seconds in [110, 111] {
        let (reason, messages, told) = look(&mut memory, three(), seconds);
        assert_eq!((reason.as_str(), told), ("EvaluationFailing", 1));
        assert!(messages.iter().any(|message| message.contains("OOMKilled: it needs more memory")), "{messages:?}");
    }
    // Another process leads: it has counted none.
    let mut another = settled();
    assert_eq!(look(&mut another, vec![Seen::from(head(7, 4))], 120).0, "EvaluationFailing");
    assert_eq!(look(&mut another, vec![Seen::from(head(8, 8))], 130).0, "Scheduled");
    assert_eq!(look(&mut memory, vec![Seen::from(head(8, 8)), failed(5, 10)], 130).0, "Scheduled");
    assert_eq!(memory.evaluations.failures, 0);
}
