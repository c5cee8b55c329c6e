//! Cases about create, update, patch and delete.

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy};
use serde_json::{Value, json};

use super::Outcome;
use super::probe::{Bench, Error, contains, eventually, object_of, refusal, refused, same, version};

async fn patch(bench: &Bench, name: &str, patch: Value) -> kube::Result<DynamicObject> {
    bench.probes.patch(&bench.name(name), &PatchParams::default(), &Patch::Merge(patch)).await
}

pub async fn create_sets_what_only_the_server_knows(bench: Bench) -> Outcome {
    let mut probe = bench.probe("a", &json!({"size": 1}));
    probe["metadata"]["uid"] = json!("mine");
    probe["metadata"]["generation"] = json!(7);
    probe["status"] = json!({"phase": "mine"});
    let created = bench.create(&probe).await?;
    same("uid", created.uid().is_some_and(|uid| uid.len() == 36), true)?;
    same("version", version(&created).parse::<u64>()? > 0, true)?;
    same("generation", created.metadata.generation, Some(1))?;
    same("timestamp", created.creation_timestamp().is_some(), true)?;
    same("namespace", created.namespace(), Some(bench.namespace.clone()))?;
    same("status", created.data.get("status"), None)?;
    let read = bench.probes.get(&bench.name("a")).await?;
    same("read", read, created)
}

pub async fn create_of_a_taken_name_is_refused(bench: Bench) -> Outcome {
    let probe = bench.probe("a", &json!({"size": 1}));
    bench.create(&probe).await?;
    let status = refused(bench.create(&probe).await)?;
    refusal(&status, 409, "AlreadyExists")?;
    let name = bench.name("a");
    same("message", status.message, format!("probes.conformance.tenure.dev \"{name}\" already exists"))
}

pub async fn generated_names_begin_with_the_prefix(bench: Bench) -> Outcome {
    let mut probe = bench.probe("a", &json!({"size": 1}));
    probe["metadata"]["name"] = Value::Null;
    probe["metadata"]["generateName"] = json!(bench.name("gen-"));
    let first = bench.create(&probe).await?.name_any();
    let second = bench.create(&probe).await?.name_any();
    same("first", first.starts_with(&bench.name("gen-")), true)?;
    same("length", first.len(), bench.name("gen-").len() + 5)?;
    same("different", first != second, true)
}

pub async fn other_types_are_refused(bench: Bench) -> Outcome {
    let table = [
        ("apiVersion", "conformance.tenure.dev/v2", 400, "the API version in the data (conformance.tenure.dev/v2) does not"),
        ("kind", "Prob", 422, "kind: Invalid value: \"Prob\": must be Probe"),
    ];
    for (field, value, code, wanted) in table {
        let mut probe = bench.probe("a", &json!({"size": 1}));
        probe[field] = json!(value);
        let status = refused(bench.create(&probe).await)?;
        same("code", status.code, code)?;
        contains("message", &status.message, wanted)?;
    }
    let mut probe = bench.probe("a", &json!({"size": 1}));
    probe["metadata"]["resourceVersion"] = json!("7");
    let status = refused(bench.create(&probe).await)?;
    same("message", status.message.as_str(), "resourceVersion should not be set on objects to be created")
}

pub async fn bad_names_are_refused(bench: Bench) -> Outcome {
    for name in ["Upper", "-edge", "under_score", ""] {
        let mut probe = bench.probe("a", &json!({"size": 1}));
        probe["metadata"]["name"] = json!(name);
        let status = refused(bench.create(&probe).await)?;
        refusal(&status, 422, "Invalid")?;
        contains("message", &status.message, "metadata.name: ")?;
    }
    Ok(())
}

pub async fn bad_labels_are_refused(bench: Bench) -> Outcome {
    let long = "x".repeat(64);
    for (key, value) in [("k", "two words"), ("k", long.as_str()), ("a b", "v"), ("k", "-edge")] {
        let mut probe = bench.probe("a", &json!({"size": 1}));
        probe["metadata"]["labels"][key] = json!(value);
        let status = refused(bench.create(&probe).await)?;
        refusal(&status, 422, "Invalid")?;
        contains("message", &status.message, "metadata.labels: Invalid value: ")?;
    }
    Ok(())
}

pub async fn update_replaces_and_counts(bench: Bench) -> Outcome {
    let mut object = bench.create(&bench.probe("a", &json!({"size": 1, "note": "x"}))).await?;
    let first = version(&object).parse::<u64>()?;
    object.data["spec"] = json!({"size": 2, "color": "red"});
    let updated = bench.replace(&object).await?;
    same("generation", updated.metadata.generation, Some(2))?;
    same("spec", updated.data["spec"].clone(), json!({"size": 2, "color": "red"}))?;
    same("version", version(&updated).parse::<u64>()? > first, true)?;
    let mut labelled = updated.clone();
    labelled.annotations_mut().insert("tenure.dev/x".to_owned(), "y".to_owned());
    let annotated = bench.replace(&labelled).await?;
    same("generation after metadata", annotated.metadata.generation, Some(2))?;
    same("identity", (annotated.uid(), annotated.creation_timestamp()), (object.uid(), object.creation_timestamp()))
}

pub async fn update_of_an_old_version_conflicts(bench: Bench) -> Outcome {
    let mut old = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    patch(&bench, "a", json!({"spec": {"size": 2}})).await?;
    old.data["spec"]["size"] = json!(3);
    let status = refused(bench.replace(&old).await)?;
    refusal(&status, 409, "Conflict")?;
    let name = bench.name("a");
    let wanted = format!(
        "Operation cannot be fulfilled on probes.conformance.tenure.dev \"{name}\": the object has been modified; \
         please apply your changes to the latest version and try again"
    );
    same("message", status.message, wanted)
}

pub async fn update_needs_a_version_and_an_object(bench: Bench) -> Outcome {
    let probe = bench.probe("a", &json!({"size": 1}));
    let mut object = object_of(&probe);
    object.metadata.resource_version = Some("1".to_owned());
    let status = refused(bench.replace(&object).await)?;
    refusal(&status, 404, "NotFound")?;
    bench.create(&probe).await?;
    let status = refused(bench.replace(&object_of(&probe)).await)?;
    refusal(&status, 422, "Invalid")?;
    contains("message", &status.message, "metadata.resourceVersion: Invalid value: 0: must be specified for an update")?;
    // A built-in kind does not insist.
    let maps: Api<ConfigMap> = Api::namespaced(bench.client.clone(), &bench.namespace);
    let mut map: ConfigMap = serde_json::from_value(json!({"metadata": {"name": bench.name("map")}}))?;
    maps.create(&PostParams::default(), &map).await?;
    map.data = Some([("k".to_owned(), "v".to_owned())].into());
    let replaced = maps.replace(&bench.name("map"), &PostParams::default(), &map).await?;
    same("data", replaced.data, map.data)
}

pub async fn update_without_a_change_changes_nothing(bench: Bench) -> Outcome {
    let created = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let replaced = bench.replace(&created).await?;
    same("version after PUT", version(&replaced), version(&created))?;
    let patched = patch(&bench, "a", json!({"spec": {"size": 1}, "status": {"phase": "x"}})).await?;
    same("version after PATCH", version(&patched), version(&created))?;
    same("events", bench.events(&version(&created), 1).await?.len(), 0)
}

pub async fn update_of_another_uid_conflicts(bench: Bench) -> Outcome {
    let mut object = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    object.metadata.uid = Some("11111111-2222-4333-a444-555555555555".to_owned());
    let status = refused(bench.replace(&object).await)?;
    refusal(&status, 409, "Conflict")?;
    contains("message", &status.message, "Precondition failed: UID in precondition")
}

pub async fn main_writes_leave_status_alone(bench: Bench) -> Outcome {
    bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let status = Patch::Merge(json!({"status": {"phase": "set"}}));
    let mut object = bench.probes.patch_status(&bench.name("a"), &PatchParams::default(), &status).await?;
    object.data["status"] = json!({"phase": "other"});
    object.data["spec"]["size"] = json!(2);
    let replaced = bench.replace(&object).await?;
    same("status", replaced.data["status"].clone(), json!({"phase": "set"}))?;
    same("size", replaced.data["spec"]["size"].clone(), json!(2))?;
    let mut without = replaced;
    if let Some(data) = without.data.as_object_mut() {
        data.remove("status");
    }
    let replaced = bench.replace(&without).await?;
    same("status of a body without", replaced.data["status"].clone(), json!({"phase": "set"}))
}

pub async fn status_writes_leave_the_rest_alone(bench: Bench) -> Outcome {
    let mut object = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    object.data["spec"]["size"] = json!(9);
    object.labels_mut().insert("late".to_owned(), "yes".to_owned());
    object.data["status"] = json!({"phase": "put", "unknown": 1});
    let name = bench.name("a");
    let replaced = bench.probes.replace_status(&name, &PostParams::default(), &object).await?;
    same("status", replaced.data["status"].clone(), json!({"phase": "put"}))?;
    same("size", replaced.data["spec"]["size"].clone(), json!(1))?;
    same("labels", replaced.labels().contains_key("late"), false)?;
    same("generation", replaced.metadata.generation, Some(1))?;
    same("newer", version(&replaced) != version(&object), true)?;
    // The version counts for status, too.
    let status = refused(bench.probes.replace_status(&name, &PostParams::default(), &object).await)?;
    refusal(&status, 409, "Conflict")?;
    let wrong = Patch::Merge(json!({"status": {"phase": 1}}));
    let status = refused(bench.probes.patch_status(&name, &PatchParams::default(), &wrong).await)?;
    refusal(&status, 422, "Invalid")?;
    contains("message", &status.message, "status.phase: Invalid value: \"integer\": ")
}

pub async fn merge_patch_merges_and_null_removes(bench: Bench) -> Outcome {
    let steps = json!([{"name": "x", "retries": 1}]);
    bench.create(&bench.probe("a", &json!({"size": 5, "low": 1, "steps": steps}))).await?;
    let change = json!({"spec": {"low": null, "note": "hi", "steps": [{"name": "y"}]}});
    let patched = patch(&bench, "a", change).await?;
    let wanted = json!({"size": 5, "color": "red", "note": "hi", "steps": [{"name": "y", "retries": 2}]});
    same("spec", patched.data["spec"].clone(), wanted)?;
    same("generation", patched.metadata.generation, Some(2))?;
    let labels = json!({"metadata": {"labels": {"case": null, "new": "1"}}});
    let patched = patch(&bench, "a", labels).await?;
    let labels: Vec<_> = patched.labels().iter().map(|(key, value)| format!("{key}={value}")).collect();
    same("labels", labels, vec!["new=1".to_owned()])?;
    same("generation after labels", patched.metadata.generation, Some(2))
}

pub async fn merge_patch_with_an_old_version_conflicts(bench: Bench) -> Outcome {
    let old = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let newer = patch(&bench, "a", json!({"spec": {"size": 2}})).await?;
    let late = json!({"metadata": {"resourceVersion": version(&old)}, "spec": {"size": 3}});
    let status = refused(patch(&bench, "a", late).await)?;
    refusal(&status, 409, "Conflict")?;
    let now = json!({"metadata": {"resourceVersion": version(&newer)}, "spec": {"size": 3}});
    same("size", patch(&bench, "a", now).await?.data["spec"]["size"].clone(), json!(3))
}

pub async fn other_patches_of_nothing_are_refused(bench: Bench) -> Outcome {
    // A strategic merge patch is not for custom resources, on no server.
    let strategic = Patch::Strategic(json!({"spec": {"size": 2}}));
    bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let status = refused(bench.probes.patch(&bench.name("a"), &PatchParams::default(), &strategic).await)?;
    refusal(&status, 415, "UnsupportedMediaType")
}

pub async fn defaults_are_filled_in(bench: Bench) -> Outcome {
    let given = json!({"size": 1, "color": null, "low": null, "note": null, "steps": [{"name": "x"}]});
    let created = bench.create(&bench.probe("a", &given)).await?;
    let wanted = json!({"size": 1, "color": "red", "note": null, "steps": [{"name": "x", "retries": 2}]});
    same("spec", created.data["spec"].clone(), wanted)
}

pub async fn unknown_fields_are_pruned_or_refused(bench: Bench) -> Outcome {
    let mut probe = bench.probe("a", &json!({"size": 1, "foo": {"x": 1}, "steps": [{"name": "x", "bar": 1}]}));
    probe["top"] = json!(1);
    let status = refused(bench.create_strictly(&probe).await)?;
    refusal(&status, 400, "BadRequest")?;
    let wanted = "Probe in version \"v1\" cannot be handled as a Probe: strict decoding error: unknown field \
                  \"spec.foo\", unknown field \"spec.steps[0].bar\", unknown field \"top\"";
    same("message", status.message.as_str(), wanted)?;
    let created = bench.create(&probe).await?;
    same("top", created.data.get("top"), None)?;
    let wanted = json!({"size": 1, "color": "red", "steps": [{"name": "x", "retries": 2}]});
    same("spec", created.data["spec"].clone(), wanted)
}

pub async fn structure_is_checked(bench: Bench) -> Outcome {
    let table = [
        (json!({}), "spec.size: Required value"),
        (json!({"size": "1"}), "spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\""),
        (json!({"size": 101}), "spec.size: Invalid value: 101: spec.size in body should be less than or equal to 100"),
        (json!({"size": -1}), "spec.size: Invalid value: -1: spec.size in body should be greater than or equal to 0"),
        (json!({"size": 1, "color": "blue"}), "spec.color: Unsupported value: \"blue\": supported values: \"red\", \"green\""),
        (json!({"size": 1, "note": "A"}), "spec.note: Invalid value: \"A\": spec.note in body should match '^[a-z ]*$'"),
        (json!({"size": 1, "note": "a".repeat(21)}), "spec.note: Too long: may not be more than 20 bytes"),
        (json!({"size": 1, "steps": [{}]}), "spec.steps[0].name: Required value"),
        (
            json!({"size": 1, "steps": [{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"}]}),
            "spec.steps: Too many: 4: must have at most 3 items",
        ),
    ];
    for (spec, wanted) in table {
        let status = refused(bench.create(&bench.probe("a", &spec)).await)?;
        refusal(&status, 422, "Invalid")?;
        contains("message", &status.message, wanted)?;
        let causes: Vec<_> = status.details.into_iter().flat_map(|details| details.causes).collect();
        same("field", wanted.starts_with(&format!("{}: ", causes[0].field)), true)?;
    }
    Ok(())
}

pub async fn rules_are_checked_on_create(bench: Bench) -> Outcome {
    let status = refused(bench.create(&bench.probe("a", &json!({"size": 1, "low": 2}))).await)?;
    refusal(&status, 422, "Invalid")?;
    let name = bench.name("a");
    let wanted = format!("Probe.conformance.tenure.dev \"{name}\" is invalid: spec: Invalid value: low must not be above size");
    same("message", status.message.as_str(), wanted.as_str())?;
    // For a rule a null is absent.
    let status = refused(bench.create(&bench.probe("a", &json!({"size": 42, "note": null}))).await)?;
    contains("null", &status.message, "spec: Invalid value: size 42 needs a note")?;
    let long = "x".repeat(41);
    let status = refused(bench.create(&bench.probe(&long, &json!({"size": 1}))).await)?;
    contains("root rule", &status.message, "is invalid: <nil>: Invalid value: the name is too long")
}

pub async fn transition_rules_are_checked_on_update(bench: Bench) -> Outcome {
    bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let status = refused(patch(&bench, "a", json!({"spec": {"color": "green"}})).await)?;
    refusal(&status, 422, "Invalid")?;
    contains("message", &status.message, "spec.color: Invalid value: \"green\": color is immutable")?;
    patch(&bench, "a", json!({"spec": {"color": "red", "size": 2}})).await?;
    Ok(())
}

pub async fn list_keys_are_unique(bench: Bench) -> Outcome {
    let spec = json!({"size": 1, "steps": [{"name": "x"}, {"name": "x", "retries": 1}]});
    let status = refused(bench.create(&bench.probe("a", &spec)).await)?;
    refusal(&status, 422, "Invalid")?;
    contains("message", &status.message, "spec.steps[1]: Duplicate value: {\"name\":\"x\"}")
}

pub async fn dry_run_changes_nothing(bench: Bench) -> Outcome {
    let parameters = PostParams { dry_run: true, ..PostParams::default() };
    let probe = bench.probe("a", &json!({"size": 1}));
    let answered = bench.probes.create(&parameters, &object_of(&probe)).await?;
    same("default", answered.data["spec"]["color"].clone(), json!("red"))?;
    same("read", bench.probes.get_opt(&bench.name("a")).await?.is_none(), true)?;
    let created = bench.create(&probe).await?;
    let dry = DeleteParams { dry_run: true, ..DeleteParams::default() };
    bench.probes.delete(&bench.name("a"), &dry).await?;
    same("after", bench.probes.get(&bench.name("a")).await?, created)
}

pub async fn delete_removes(bench: Bench) -> Outcome {
    let created = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let answer = bench.probes.delete(&bench.name("a"), &DeleteParams::default()).await?;
    same("status", answer.right().is_some_and(|status| status.is_success()), true)?;
    same("read", bench.probes.get_opt(&bench.name("a")).await?.is_none(), true)?;
    let again = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    same("new uid", again.uid() != created.uid(), true)
}

pub async fn delete_checks_preconditions(bench: Bench) -> Outcome {
    let old = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let newer = patch(&bench, "a", json!({"spec": {"size": 2}})).await?;
    let with = |uid: Option<String>, resource_version: Option<String>| {
        DeleteParams::default().preconditions(Preconditions { uid, resource_version })
    };
    let name = bench.name("a");
    let other = Some("11111111-2222-4333-a444-555555555555".to_owned());
    for parameters in [with(other, None), with(None, Some(version(&old)))] {
        let status = refused(bench.probes.delete(&name, &parameters).await.map(|_| ()))?;
        refusal(&status, 409, "Conflict")?;
        contains("message", &status.message, " in the precondition (")?;
    }
    bench.probes.delete(&name, &with(newer.uid(), Some(version(&newer)))).await?;
    same("read", bench.probes.get_opt(&name).await?.is_none(), true)
}

pub async fn finalizers_hold_an_object(bench: Bench) -> Outcome {
    let mut probe = bench.probe("a", &json!({"size": 1}));
    probe["metadata"]["finalizers"] = json!(["tenure.dev/hold"]);
    let created = bench.create(&probe).await?;
    let name = bench.name("a");
    let answer = bench.probes.delete(&name, &DeleteParams::default()).await?;
    let marked = answer.left().ok_or("the object should be answered")?;
    same("marked", marked.metadata.deletion_timestamp.is_some(), true)?;
    same("generation", marked.metadata.generation, Some(2))?;
    bench.probes.delete(&name, &DeleteParams::default()).await?;
    same("deleted again", version(&bench.probes.get(&name).await?), version(&marked))?;
    patch(&bench, "a", json!({"metadata": {"finalizers": null}})).await?;
    same("gone", bench.probes.get_opt(&name).await?.is_none(), true)?;
    let kinds: Vec<String> = bench.events(&version(&created), 3).await?.into_iter().map(|(kind, _)| kind).collect();
    same("events", kinds, vec!["MODIFIED".to_owned(), "DELETED".to_owned()])
}

fn owned(bench: &Bench, name: &str, owners: &[&DynamicObject]) -> Value {
    let mut probe = bench.probe(name, &json!({"size": 1}));
    let references = owners.iter().map(|owner| {
        json!({
            "apiVersion": "conformance.tenure.dev/v1", "kind": "Probe",
            "name": owner.name_any(), "uid": owner.uid(), "blockOwnerDeletion": true,
        })
    });
    probe["metadata"]["ownerReferences"] = Value::Array(references.collect());
    probe
}

pub async fn owner_references_must_be_complete(bench: Bench) -> Outcome {
    let mut probe = bench.probe("a", &json!({"size": 1}));
    probe["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "Secret", "name": "x", "uid": ""}]);
    let status = refused(bench.create(&probe).await)?;
    refusal(&status, 422, "Invalid")?;
    contains("message", &status.message, "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty")
}

pub async fn a_selected_collection_can_be_deleted(bench: Bench) -> Outcome {
    for (name, tier) in [("a", "x"), ("b", "x"), ("c", "y")] {
        let mut probe = bench.probe(name, &json!({"size": 1}));
        probe["metadata"]["labels"]["tier"] = json!(tier);
        bench.create(&probe).await?;
    }
    let selected = ListParams::default().labels(&format!("{},tier=x", bench.selector()));
    bench.probes.delete_collection(&DeleteParams::default(), &selected).await?;
    let left = bench.probes.list(&ListParams::default().labels(&bench.selector())).await?;
    same("left", left.iter().map(ResourceExt::name_any).collect(), vec![bench.name("c")])
}

async fn is_gone(bench: &Bench, name: &str) -> Result<bool, Error> {
    Ok(bench.probes.get_opt(&bench.name(name)).await?.is_none())
}

pub async fn dependents_go_with_their_owner(bench: Bench) -> Outcome {
    let background = DeleteParams::background();
    let foreground = DeleteParams::foreground();
    for (round, parameters) in [("bg", background), ("fg", foreground)] {
        let names = ["owner", "child", "grandchild"].map(|name| format!("{round}-{name}"));
        let owner = bench.create(&bench.probe(&names[0], &json!({"size": 1}))).await?;
        let child = bench.create(&owned(&bench, &names[1], &[&owner])).await?;
        bench.create(&owned(&bench, &names[2], &[&child])).await?;
        bench.probes.delete(&bench.name(&names[0]), &parameters).await?;
        for name in &names {
            eventually(&format!("{name} is gone"), || is_gone(&bench, name)).await?;
        }
    }
    Ok(())
}

pub async fn a_dependent_with_another_owner_stays(bench: Bench) -> Outcome {
    let first = bench.create(&bench.probe("first", &json!({"size": 1}))).await?;
    let second = bench.create(&bench.probe("second", &json!({"size": 1}))).await?;
    bench.create(&owned(&bench, "child", &[&first, &second])).await?;
    bench.probes.delete(&bench.name("first"), &DeleteParams::background()).await?;
    eventually("the reference is gone", || async {
        let child = bench.probes.get(&bench.name("child")).await?;
        Ok(child.owner_references().len() == 1 && child.owner_references()[0].name == bench.name("second"))
    })
    .await?;
    bench.probes.delete(&bench.name("second"), &DeleteParams::background()).await?;
    eventually("the child is gone", || is_gone(&bench, "child")).await
}

pub async fn orphans_stay(bench: Bench) -> Outcome {
    let owner = bench.create(&bench.probe("owner", &json!({"size": 1}))).await?;
    bench.create(&owned(&bench, "child", &[&owner])).await?;
    let parameters = DeleteParams { propagation_policy: Some(PropagationPolicy::Orphan), ..DeleteParams::default() };
    bench.probes.delete(&bench.name("owner"), &parameters).await?;
    eventually("the owner is gone", || is_gone(&bench, "owner")).await?;
    let child = bench.probes.get(&bench.name("child")).await?;
    same("references", child.owner_references().len(), 0)
}

pub async fn jobs_have_a_status_of_their_own(bench: Bench) -> Outcome {
    let jobs: Api<Job> = Api::namespaced(bench.client.clone(), &bench.namespace);
    let name = bench.name("job");
    let container = json!({"name": "c", "image": "none.invalid/none", "command": ["true"]});
    let job: Job = serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {"suspend": true, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
        "status": {"active": 7},
    }))?;
    let created = jobs.create(&PostParams::default(), &job).await?;
    same("status", created.status.and_then(|status| status.active), None)?;
    same("generation", created.metadata.generation, Some(1))?;
    let patch = Patch::Merge(json!({"spec": {"suspend": true, "activeDeadlineSeconds": 60}}));
    let patched = jobs.patch(&name, &PatchParams::default(), &patch).await?;
    same("generation after spec", patched.metadata.generation, Some(2))?;
    jobs.delete(&name, &DeleteParams::background()).await?;
    eventually("the job is gone", || async { Ok(jobs.get_opt(&name).await?.is_none()) }).await
}
