//! How an attempt ended that ended before its end, by the words that its Job and its pods have for it. Their sentences are left
//! out: nobody knows what stands in them.

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;

use super::jobs;
use crate::domain::job::EXIT_ASKED_TO_END;

/// Words of the kubelet that say no more than the exit code.
const EMPTY_WORDS: [&str; 2] = ["Error", "Completed"];

/// How an attempt ended early, as far as anybody has seen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    /// It was asked to end, as by whoever deletes its pod or empties its node.
    AskedToEnd,
    /// Its container ended with this code, and the kubelet has a word for it.
    Container {
        /// The exit code.
        code: i32,
        /// The word.
        word: Option<String>,
    },
    /// The cluster has ended its pod, or its Job, and has this word for it.
    Cluster(String),
    /// Its Job has failed, and nobody has seen the end of its pod.
    Unseen,
    /// It has said so, and its Job is gone.
    SaidSo,
    /// Its Job is gone.
    Gone,
}

impl Ending {
    /// What the failed Job and its pods say.
    pub fn of(job: &Job, pods: &[&Pod]) -> Self {
        let why = jobs::why_failed(job).map(str::to_owned);
        // It did not fail by itself.
        if let Some(word) = why.as_ref().filter(|word| *word == "DeadlineExceeded") {
            return Self::Cluster(word.clone());
        }
        let newest = pods.iter().rev();
        if let Some(code) = newest.clone().find_map(|pod| jobs::exit_code(pod)) {
            let word = newest.clone().find_map(|pod| jobs::end_word(pod)).filter(|word| !EMPTY_WORDS.contains(word));
            let asked = code == EXIT_ASKED_TO_END && word.is_none();
            return if asked { Self::AskedToEnd } else { Self::Container { code, word: word.map(str::to_owned) } };
        }
        let evicted = newest.clone().find_map(|pod| pod.status.as_ref()?.reason.clone());
        evicted.or(why).map_or(Self::Unseen, Self::Cluster)
    }

    /// What it was, for people.
    pub fn in_words(&self) -> String {
        match self {
            Self::AskedToEnd => "it was asked to end".to_owned(),
            Self::Container { code, word: None } => format!("its container ended with code {code}"),
            Self::Container { code, word: Some(word) } => format!("its container ended with code {code}: {word}"),
            Self::Cluster(word) => format!("the cluster ended it: {word}"),
            Self::Unseen => "nobody has seen the end of its pod".to_owned(),
            Self::SaidSo => "it has given back what it had, and its Job is gone".to_owned(),
            Self::Gone => "its Job is gone".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn how_an_attempt_ended() {
        let terminated = |code: i32, reason: &str| {
            let state = json!({"terminated": {"exitCode": code, "reason": reason, "message": "Ann Example"}});
            let container = json!({"name": "tenure", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state});
            json!({"status": {"containerStatuses": [container]}})
        };
        let evicted = json!({"status": {"phase": "Failed", "reason": "Evicted", "message": "Ann Example"}});
        // (the Job's reason, its pods, what is said)
        let rows: [(Option<&str>, Vec<Value>, &str); 9] = [
            (Some("BackoffLimitExceeded"), vec![terminated(143, "Error")], "it was asked to end"),
            (Some("BackoffLimitExceeded"), vec![terminated(1, "Error")], "its container ended with code 1"),
            (Some("BackoffLimitExceeded"), vec![terminated(137, "OOMKilled")], "its container ended with code 137: OOMKilled"),
            (Some("DeadlineExceeded"), vec![terminated(143, "Error")], "the cluster ended it: DeadlineExceeded"),
            (Some("BackoffLimitExceeded"), vec![evicted], "the cluster ended it: Evicted"),
            (Some("BackoffLimitExceeded"), vec![], "the cluster ended it: BackoffLimitExceeded"),
            (None, vec![json!({"status": {"phase": "Running"}})], "nobody has seen the end of its pod"),
            (None, vec![], "nobody has seen the end of its pod"),
            (None, vec![terminated(143, "Error"), terminated(2, "Error")], "its container ended with code 2"),
        ];
        for (reason, pods, expected) in rows {
            let failed = json!({"type": "Failed", "status": "True", "reason": reason, "message": "Ann Example"});
            let job: Job = serde_json::from_value(json!({"metadata": {"name": "j"}, "status": {"conditions": [failed]}})).unwrap();
            let pods: Vec<Pod> = pods.into_iter().map(|pod| serde_json::from_value(pod).unwrap()).collect();
            assert_eq!(Ending::of(&job, &pods.iter().collect::<Vec<_>>()).in_words(), expected, "{reason:?}");
        }
        assert_eq!(Ending::Gone.in_words(), "its Job is gone");
    }
}
