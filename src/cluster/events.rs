//! Events: one for what a person should notice; ids only, never names of people.

use chrono::{DateTime, Utc};
use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use super::client::{Cluster, Selector};
use super::error::ClusterError;
use crate::api::reasons::Reason;

/// The API's bound on an Event's note.
const LONGEST_MESSAGE: usize = 1024;

/// What happened, to which object.
#[derive(Clone, Debug)]
pub struct Notice<'a> {
    /// Kind of the object.
    pub kind: &'a str,
    /// Name of the object.
    pub name: &'a str,
    /// Its identity, without which nobody who asks for the object's Events is shown them.
    pub uid: Option<String>,
    /// true: Warning, else Normal.
    pub warning: bool,
    /// One word for programs.
    pub reason: Reason,
    /// A sentence; ids and counts only.
    pub message: String,
    /// What makes it this very Event: the same id is never written twice.
    pub id: String,
}

/// Converts our time into the Kubernetes library's.
#[must_use]
pub fn kubernetes_time(instant: DateTime<Utc>) -> Time {
    Time(jiff::Timestamp::from_second(instant.timestamp()).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
}

/// Converts the Kubernetes library's time into ours, whole seconds.
#[must_use]
pub fn our_time(time: &Time) -> DateTime<Utc> {
    DateTime::from_timestamp(time.0.as_second(), 0).unwrap_or(DateTime::UNIX_EPOCH)
}

impl Cluster {
    /// Writes the Event; one that is there already stays.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not take it.
    pub async fn publish(&self, notice: &Notice<'_>) -> Result<(), ClusterError> {
        let now = kubernetes_time(self.clock().now());
        let mut message = notice.message.clone();
        let end = (0..=LONGEST_MESSAGE.min(message.len())).rev().find(|index| message.is_char_boundary(*index)).unwrap_or(0);
        message.truncate(end);
        let event = Event {
            metadata: ObjectMeta {
                name: Some(format!("{}.{}", notice.name, notice.id)),
                namespace: Some(self.namespace().to_owned()),
                ..ObjectMeta::default()
            },
            involved_object: ObjectReference {
                api_version: Some(format!("{}/{}", crate::api::meta::GROUP, crate::api::meta::VERSION)),
                kind: Some(notice.kind.to_owned()),
                name: Some(notice.name.to_owned()),
                namespace: Some(self.namespace().to_owned()),
                uid: notice.uid.clone(),
                ..ObjectReference::default()
            },
            reason: Some(notice.reason.to_string()),
            message: Some(message),
            type_: Some(if notice.warning { "Warning" } else { "Normal" }.to_owned()),
            source: Some(EventSource { component: Some("tenure".to_owned()), host: None }),
            first_timestamp: Some(now.clone()),
            last_timestamp: Some(now),
            count: Some(1),
            ..Event::default()
        };
        self.create(&event).await.map(|_| ())
    }

    /// What the cluster last complained of about an object of its own, in its own words.
    ///
    /// # Errors
    /// [`ClusterError`] when the Events cannot be read.
    pub async fn newest_warning(&self, kind: &str, name: &str) -> Result<Option<String>, ClusterError> {
        let events = self.list::<Event>(&Selector::events(kind, name, "Warning")).await?;
        let last = |event: &Event| {
            let series = event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|time| time.0);
            let plain = event.last_timestamp.as_ref().map(|time| time.0);
            [series, plain, event.event_time.as_ref().map(|time| time.0)].into_iter().flatten().max()
        };
        let newest = events.into_iter().max_by_key(last);
        Ok(newest.and_then(|event| event.message))
    }
}
