//! Cases about get, list and watch.

use futures::{StreamExt, TryStreamExt};
use kube::ResourceExt;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, VersionMatch, WatchEvent, WatchParams};
use serde_json::{Value, json};

use super::Outcome;
use super::probe::{Bench, Error, contains, refusal, refused, same, version};

async fn names(bench: &Bench, parameters: &ListParams) -> Result<Vec<String>, Error> {
    let list = bench.probes.list(parameters).await?;
    let own = list.items.iter().filter_map(|object| {
        let name = object.name_any();
        name.strip_prefix(&bench.name("")).map(str::to_owned)
    });
    Ok(own.collect())
}

pub async fn labels_select(bench: Bench) -> Outcome {
    for (name, tier) in [("a", Some("web")), ("b", Some("db")), ("c", None)] {
        let mut probe = bench.probe(name, &json!({"size": 1}));
        if let Some(tier) = tier {
            probe["metadata"]["labels"]["tier"] = json!(tier);
        }
        bench.create(&probe).await?;
    }
    let table: [(&str, &[&str]); 10] = [
        ("", &["a", "b", "c"]),
        ("tier=web", &["a"]),
        ("tier==web", &["a"]),
        ("tier!=web", &["b", "c"]),
        ("tier in (web,db)", &["a", "b"]),
        ("tier in (web, db),tier!=db", &["a"]),
        ("tier notin (web)", &["b", "c"]),
        ("tier", &["a", "b"]),
        ("!tier", &["c"]),
        ("tier=none", &[]),
    ];
    for (selector, wanted) in table {
        let selector = if selector.is_empty() { bench.selector() } else { format!("{},{selector}", bench.selector()) };
        let found = names(&bench, &ListParams::default().labels(&selector)).await?;
        same(&selector, found, wanted.iter().map(|name| (*name).to_owned()).collect())?;
    }
    Ok(())
}

pub async fn fields_select(bench: Bench) -> Outcome {
    bench.create(&bench.probe("a", &json!({"size": 1, "color": "green"}))).await?;
    bench.create(&bench.probe("b", &json!({"size": 1}))).await?;
    let by_name = format!("metadata.name={}", bench.name("a"));
    let of_other = format!("metadata.name!={}", bench.name("a"));
    let namespace = format!("metadata.namespace={}", bench.namespace);
    let table: [(&str, &[&str]); 5] =
        [(&by_name, &["a"]), (&of_other, &["b"]), (&namespace, &["a", "b"]), ("spec.color=green", &["a"]), ("spec.color!=green", &["b"])];
    for (fields, wanted) in table {
        let found = names(&bench, &ListParams::default().labels(&bench.selector()).fields(fields)).await?;
        same(fields, found, wanted.iter().map(|name| (*name).to_owned()).collect())?;
    }
    Ok(())
}

pub async fn unknown_fields_do_not_select(bench: Bench) -> Outcome {
    let status = refused(bench.probes.list(&ListParams::default().fields("spec.size=1")).await)?;
    refusal(&status, 400, "BadRequest")?;
    contains("message", &status.message, "field label not supported: spec.size")
}

pub async fn pages_are_one_list(bench: Bench) -> Outcome {
    for name in ["a", "b", "c", "d", "e"] {
        bench.create(&bench.probe(name, &json!({"size": 1}))).await?;
    }
    let parameters = ListParams::default().labels(&bench.selector()).limit(2);
    let first = bench.probes.list(&parameters).await?;
    // What happens between the pages is not seen.
    bench.probes.delete(&bench.name("d"), &DeleteParams::default()).await?;
    bench.create(&bench.probe("f", &json!({"size": 1}))).await?;
    let mut seen: Vec<String> = first.items.iter().map(ResourceExt::name_any).collect();
    let mut token = first.metadata.continue_.clone().unwrap_or_default();
    let mut versions = vec![first.metadata.resource_version];
    while !token.is_empty() {
        let page = bench.probes.list(&parameters.clone().continue_token(&token)).await?;
        same("page size", page.items.len() <= 2, true)?;
        seen.extend(page.items.iter().map(ResourceExt::name_any));
        token = page.metadata.continue_.clone().unwrap_or_default();
        versions.push(page.metadata.resource_version);
    }
    let wanted: Vec<String> = ["a", "b", "c", "d", "e"].iter().map(|name| bench.name(name)).collect();
    same("names", seen, wanted)?;
    versions.dedup();
    same("versions", versions.len(), 1)
}

pub async fn a_list_at_a_version_is_as_it_was(bench: Bench) -> Outcome {
    let a = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let then = bench.probes.list(&ListParams::default().labels(&bench.selector())).await?;
    let then = then.metadata.resource_version.unwrap_or_default();
    bench.create(&bench.probe("b", &json!({"size": 1}))).await?;
    bench.probes.delete(&a.name_any(), &DeleteParams::default()).await?;
    let parameters = ListParams::default().labels(&bench.selector());
    let exact = parameters.clone().at(&then).matching(VersionMatch::Exact);
    same("then", names(&bench, &exact).await?, vec!["a".to_owned()])?;
    let newer = parameters.clone().at(&then).matching(VersionMatch::NotOlderThan);
    same("not older", names(&bench, &newer).await?.contains(&"b".to_owned()), true)?;
    same("now", names(&bench, &parameters).await?, vec!["b".to_owned()])
}

pub async fn metadata_alone_can_be_read(bench: Bench) -> Outcome {
    let created = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let metadata = bench.probes.get_metadata(&bench.name("a")).await?;
    same("uid", metadata.uid(), created.uid())?;
    same("labels", metadata.labels(), created.labels())?;
    let list = bench.probes.list_metadata(&ListParams::default().labels(&bench.selector())).await?;
    same("list", list.items.iter().map(ResourceExt::name_any).collect(), vec![bench.name("a")])
}

pub async fn metadata_alone_can_be_watched(bench: Bench) -> Outcome {
    let before = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let patch = Patch::Merge(json!({"spec": {"size": 2}}));
    bench.probes.patch(&bench.name("a"), &PatchParams::default(), &patch).await?;
    bench.probes.delete(&bench.name("a"), &DeleteParams::default()).await?;
    let parameters = WatchParams::default().labels(&bench.selector()).timeout(60).disable_bookmarks();
    let stream = bench.probes.watch_metadata(&parameters, &version(&before)).await?;
    let seen: Vec<WatchEvent<_>> = stream.take(2).try_collect().await?;
    let summary: Vec<String> = seen
        .iter()
        .map(|event| match event {
            WatchEvent::Modified(object) => format!("MODIFIED {}", object.name_any()),
            WatchEvent::Deleted(object) => format!("DELETED {}", object.name_any()),
            other => format!("{other:?}"),
        })
        .collect();
    let name = bench.name("a");
    same("events", summary, vec![format!("MODIFIED {name}"), format!("DELETED {name}")])
}

pub async fn watch_gives_exactly_what_came_later(bench: Bench) -> Outcome {
    let before = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let patch = |value: Value| Patch::Merge(value);
    let name = bench.name("a");
    let parameters = PatchParams::default();
    let second = bench.probes.patch(&name, &parameters, &patch(json!({"spec": {"size": 2}}))).await?;
    bench.probes.patch(&name, &parameters, &patch(json!({"spec": {"size": 2}}))).await?;
    let third = bench.probes.patch_status(&name, &parameters, &patch(json!({"status": {"phase": "x"}}))).await?;
    let other = bench.create(&bench.probe("b", &json!({"size": 1}))).await?;
    bench.probes.delete(&name, &DeleteParams::default()).await?;
    let seen = bench.events(&version(&before), 5).await?;
    let summary: Vec<(&str, String, String)> =
        seen.iter().map(|(kind, object)| (kind.as_str(), object.name_any(), version(object))).collect();
    same("number", summary.len(), 4)?;
    same("second", summary[0].clone(), ("MODIFIED", name.clone(), version(&second)))?;
    same("third", summary[1].clone(), ("MODIFIED", name.clone(), version(&third)))?;
    same("other", summary[2].clone(), ("ADDED", bench.name("b"), version(&other)))?;
    same("delete", (summary[3].0, summary[3].1.clone()), ("DELETED", name))?;
    // The version of a deletion is later than all before it.
    let number = |text: &str| text.parse::<u64>();
    same("order", number(&summary[3].2)? > number(&version(&other))?, true)?;
    same("last state", seen[3].1.data["status"]["phase"].as_str(), Some("x"))
}

pub async fn watch_without_a_version_begins_with_all(bench: Bench) -> Outcome {
    bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    bench.create(&bench.probe("b", &json!({"size": 1}))).await?;
    let seen = bench.events("0", 2).await?;
    let mut summary: Vec<(String, String)> = seen.into_iter().map(|(kind, object)| (kind, object.name_any())).collect();
    summary.sort();
    let wanted = ["a", "b"].map(|name| ("ADDED".to_owned(), bench.name(name)));
    same("events", summary, wanted.to_vec())
}

pub async fn watch_sees_selection_change(bench: Bench) -> Outcome {
    let before = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let name = bench.name("a");
    for tier in [json!("web"), json!("web2"), Value::Null] {
        let patch = Patch::Merge(json!({"metadata": {"labels": {"tier": tier}}}));
        bench.probes.patch(&name, &PatchParams::default(), &patch).await?;
    }
    let selector = format!("{},tier in (web,web2)", bench.selector());
    let parameters = WatchParams::default().labels(&selector).timeout(60).disable_bookmarks();
    let seen = bench.events_of(&parameters, &version(&before), 4).await?;
    let kinds: Vec<&str> = seen.iter().map(|(kind, _)| kind.as_str()).collect();
    same("events", kinds, vec!["ADDED", "MODIFIED", "DELETED"])?;
    same("last seen", seen[2].1.labels().get("tier").map(String::as_str), Some("web2"))
}

pub async fn impossible_versions_fail(bench: Bench) -> Outcome {
    let status = refused(bench.probes.watch(&WatchParams::default().timeout(5), "x").await.map(|_| ()))?;
    same("watch", status.code, 500)?;
    let exact = ListParams::default().at("x").matching(VersionMatch::Exact);
    refusal(&refused(bench.probes.list(&exact).await)?, 400, "BadRequest")?;
    // A watch waits for a version that is still to come.
    let parameters = WatchParams::default().labels(&bench.selector()).timeout(2).disable_bookmarks();
    same("events", bench.events_of(&parameters, "999999999999", 1).await?.len(), 0)
}

pub async fn not_found_is_not_found(bench: Bench) -> Outcome {
    let name = bench.name("nobody");
    let status = refused(bench.probes.get(&name).await)?;
    refusal(&status, 404, "NotFound")?;
    same("message", status.message, format!("probes.conformance.tenure.dev \"{name}\" not found"))?;
    let status = refused(bench.probes.delete(&name, &DeleteParams::default()).await.map(|_| ()))?;
    refusal(&status, 404, "NotFound")?;
    let patch = Patch::Merge(json!({"spec": {"size": 2}}));
    let status = refused(bench.probes.patch(&name, &PatchParams::default(), &patch).await)?;
    refusal(&status, 404, "NotFound")
}

/// Needs a server that keeps three changes.
pub async fn a_forgotten_version_is_expired(bench: Bench) -> Outcome {
    let first = bench.create(&bench.probe("a", &json!({"size": 1}))).await?;
    let page = bench.create(&bench.probe("b", &json!({"size": 1}))).await;
    drop(page?);
    let parameters = ListParams::default().limit(1);
    let page = bench.probes.list(&parameters).await?;
    for size in 2..6 {
        let patch = Patch::Merge(json!({"spec": {"size": size}}));
        bench.probes.patch(&bench.name("a"), &PatchParams::default(), &patch).await?;
    }
    let status = match bench.events(&version(&first), 1).await {
        Err(error) => error.downcast::<kube::Error>()?,
        Ok(events) => return Err(format!("{} events of a forgotten time", events.len()).into()),
    };
    let status = refused::<()>(Err(*status))?;
    refusal(&status, 410, "Expired")?;
    let token = page.metadata.continue_.unwrap_or_default();
    let status = refused(bench.probes.list(&parameters.clone().continue_token(&token)).await)?;
    refusal(&status, 410, "Expired")?;
    let exact = ListParams::default().at(&version(&first)).matching(VersionMatch::Exact);
    let status = refused(bench.probes.list(&exact).await)?;
    refusal(&status, 410, "Expired")
}
