//! How processes end that nobody ended.

/// How a process ends that did not end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// The kubelet reports that the container was terminated.
    Reported,
    /// The pod is gone and nobody says what became of it, as when a node is lost.
    Lost,
    /// Somebody deletes the pod: its process is asked to end, and may take its time for that.
    Asked,
    /// As lost, but the process lives on: a zombie, as when a node is only cut off.
    Zombie,
}
