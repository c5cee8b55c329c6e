//! One request and its answer, the same for every kind: nothing here is generic, so that it is compiled once.

use std::fmt;

use futures::FutureExt;
use futures::future::BoxFuture;
use kube::api::{ListParams, Request, VersionMatch};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::client::{Cluster, Selector};
use super::error::ClusterError;
use super::object::{Identified, Identity, Undecodable, decode};
use crate::domain::timing::REQUEST_TRIES;

/// What a request is about.
pub(super) struct Target {
    pub verb: &'static str,
    pub kind: String,
    /// The object; empty for lists.
    pub name: String,
    /// Where its kind is.
    pub api: Request,
}

impl Target {
    /// The same, of the object of that name.
    pub fn of(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// What the API server has is not what this program knows.
    pub fn unreadable(&self, name: &str, why: &Undecodable) -> ClusterError {
        ClusterError::Unreadable { kind: self.kind.clone(), name: name.to_owned(), message: why.to_string() }
    }
}

/// Takes objects out of an answer, one by one, so that none is there twice.
pub(super) trait Basket: Send {
    /// Begins anew.
    fn empty(&mut self);
    /// One more, as it came.
    fn put(&mut self, item: &str) -> Result<(), Undecodable>;
}

impl<K: super::client::Kind> Basket for Vec<K> {
    fn empty(&mut self) {
        self.clear();
    }

    fn put(&mut self, item: &str) -> Result<(), Undecodable> {
        self.push(decode(item)?);
        Ok(())
    }
}

/// What is done with the text of an answer.
type Read<'a> = &'a mut (dyn FnMut(String) -> serde_json::Result<()> + Send);
/// A request that could be built.
type Built = Result<http::Request<Vec<u8>>, kube::core::request::Error>;

impl Cluster {
    /// The answer, whole.
    pub(super) fn ask<'a>(&'a self, target: &'a Target, request: Built) -> BoxFuture<'a, Result<String, ClusterError>> {
        async move {
            let mut answer = String::new();
            let mut read = |text: String| {
                serde_json::from_str::<IgnoredAny>(&text)?;
                answer = text;
                Ok(())
            };
            self.exchange(target, request, &mut read).await?;
            Ok(answer)
        }
        .boxed()
    }

    /// The same, where the object may not be there.
    pub(super) fn ask_opt<'a>(&'a self, target: &'a Target, request: Built) -> BoxFuture<'a, Result<Option<String>, ClusterError>> {
        async move {
            match self.ask(target, request).await {
                Ok(answer) => Ok(Some(answer)),
                Err(ClusterError::Refused { code: 404, .. }) => Ok(None),
                Err(error) => Err(error),
            }
        }
        .boxed()
    }

    /// Fills the basket with a list that is not older than anything this process has seen.
    pub(super) fn collect<'a>(
        &'a self,
        target: &'a Target,
        selector: &'a Selector,
        basket: &'a mut dyn Basket,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        async move {
            let mut seen = 0;
            for attempt in 0..REQUEST_TRIES {
                self.pause(attempt).await;
                let floor = self.floor();
                let mut params = ListParams {
                    label_selector: selector.labels.clone(),
                    field_selector: selector.fields.clone(),
                    ..ListParams::default()
                };
                if floor > 0 {
                    params = params.at(&floor.to_string()).matching(VersionMatch::NotOlderThan);
                }
                let mut list = List { version: None, broken: None, basket: &mut *basket };
                self.exchange(target, target.api.list(&params), &mut |text| list.read(&text)).await?;
                let List { version, broken, .. } = list;
                match self.learn(version.as_deref()) {
                    Some(version) if version < floor => seen = version,
                    _ => return broken.map_or(Ok(()), |(name, why)| Err(target.unreadable(&name, &why))),
                }
            }
            Err(ClusterError::Stale { kind: target.kind.clone(), seen, floor: self.floor() })
        }
        .boxed()
    }

    /// Tries again after passing failures; says the rest in our own words.
    fn exchange<'a>(&'a self, target: &'a Target, request: Built, read: Read<'a>) -> BoxFuture<'a, Result<(), ClusterError>> {
        async move {
            let Target { verb, kind, name, .. } = target;
            let unavailable =
                |attempts, message| Err(ClusterError::Unavailable { verb, kind: kind.clone(), name: name.clone(), attempts, message });
            let request = match request {
                Ok(request) => request,
                Err(error) => return unavailable(0, error.to_string()),
            };
            let mut message = String::new();
            for attempt in 0..REQUEST_TRIES {
                self.pause(attempt).await;
                match self.client().request_text(request.clone()).await {
                    Ok(text) => match read(text) {
                        Ok(()) => return Ok(()),
                        // Half an answer, or a proxy's page: not our JSON.
                        Err(error) => message = error.to_string(),
                    },
                    Err(kube::Error::Api(status)) if is_passing_conflict(verb, &status.reason) => message = status.message,
                    Err(kube::Error::Api(status)) if !matches!(status.code, 408 | 410 | 429 | 500 | 502 | 503 | 504) => {
                        return Err(ClusterError::Refused {
                            verb,
                            kind: kind.clone(),
                            name: name.clone(),
                            code: status.code,
                            reason: status.reason,
                            message: status.message,
                        });
                    }
                    Err(error) => message = error.to_string(),
                }
            }
            unavailable(REQUEST_TRIES, message)
        }
        .boxed()
    }
}

/// Whether a conflict is nobody's decision: a create that is told `Conflict` and not `AlreadyExists` met one inside of the
/// server (with a quota, for example), and so did a patch that names no version.
fn is_passing_conflict(verb: &str, reason: &str) -> bool {
    reason == "Conflict" && matches!(verb, "create" | "patch")
}

/// A list as it is read.
struct List<'a> {
    version: Option<String>,
    /// The first item that is not what this program knows: its name, and why.
    broken: Option<(String, Undecodable)>,
    basket: &'a mut dyn Basket,
}

impl List<'_> {
    fn read(&mut self, text: &str) -> serde_json::Result<()> {
        (self.version, self.broken) = (None, None);
        self.basket.empty();
        serde_json::Deserializer::from_str(text).deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut List<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "metadata" => self.version = map.next_value::<Identity>()?.resource_version,
                "items" => map.next_value_seed(Items(&mut *self))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The items of a list.
struct Items<'a, 'b>(&'a mut List<'b>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("items")
    }

    /// No items at all, as some servers write it.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            if let Err(why) = self.0.basket.put(item.get()) {
                let name = serde_json::from_str::<Identified>(item.get()).ok().and_then(|item| item.metadata.name);
                self.0.broken.get_or_insert((name.unwrap_or_default(), why));
            }
        }
        Ok(())
    }
}
