//! The one hook through which every request of every client passes.

use std::fmt;
use std::sync::Arc;

/// What a request wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Read one object.
    Get,
    /// Read a collection, or a page of it.
    List,
    /// Follow a collection.
    Watch,
    /// POST.
    Create,
    /// PUT.
    Update,
    /// Merge PATCH.
    Patch,
    /// DELETE of one object.
    Delete,
    /// DELETE of a collection.
    DeleteCollection,
}

impl Verb {
    /// Whether the request changes something.
    #[must_use]
    pub fn is_write(self) -> bool {
        !matches!(self, Self::Get | Self::List | Self::Watch)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        })
    }
}

/// A request, as an [`Interceptor`] sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestInfo {
    /// The name that the client was made with.
    pub process: Arc<str>,
    /// The number of the request among all requests of all clients, from 1.
    pub sequence: u64,
    /// What it wants to do.
    pub verb: Verb,
    /// The plural name of the resource (`workflows`).
    pub resource: String,
    /// The namespace, if the path has one.
    pub namespace: Option<String>,
    /// The object's name, if the path has one.
    pub name: Option<String>,
    /// `status`, or nothing.
    pub subresource: Option<String>,
    /// Whether it opens a watch.
    pub is_watch: bool,
}

impl fmt::Display for RequestInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {} {} {}", self.sequence, self.process, self.verb, self.resource)?;
        for part in [&self.namespace, &self.name, &self.subresource].into_iter().flatten() {
            write!(f, "/{part}")?;
        }
        Ok(())
    }
}

/// What becomes of a request. A verdict that means nothing for a verb lets the request pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// The ordinary thing. All verbs.
    #[default]
    Pass,
    /// 503, and nothing happens. All verbs.
    Refuse,
    /// 403, and nothing happens: somebody took a right away. All verbs.
    Forbid,
    /// 404 with a page that is no `Status`, and nothing happens: something on the way does not know the path. All verbs.
    Astray,
    /// It takes effect and is then answered with 504. All verbs; a watch is simply not opened.
    LoseAnswer,
    /// 409, and nothing happens. Writes only.
    Conflict,
    /// 429 with `retryAfterSeconds: 1`, and nothing happens. All verbs.
    Throttle,
    /// Nothing happens, and no answer ever comes: the process died before sending. All verbs.
    Die,
    /// It takes effect, and no answer ever comes: the process died before reading. All verbs.
    DieAfter,
    /// The process stands still for that long before the request is sent. All verbs but watch; needs a tokio clock
    /// around the clients.
    Freeze {
        /// For how many seconds.
        seconds: u64,
    },
    /// The answer comes from the state in which the resource type was `back` changes ago, or from the oldest state
    /// that the history still holds. A watch starts there: it first repeats what happened since. Get, list, watch.
    Stale {
        /// How many changes of this resource type to go back.
        back: u64,
    },
    /// When several changes of one object are waiting to be delivered, only the newest version is, and nothing at
    /// all if the object came and went. Watch.
    WatchCoalesce,
    /// After its next event the watch ends with an ERROR event of code 410. Watch.
    WatchCut,
}

/// What a verdict does to what a process sees of its request. Verdicts that do nothing let it pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strike {
    /// Something, but nothing that is not seen of other verdicts or requests as well: an older list with the same items, the
    /// loss of an answer that nothing stands behind, a conflict where a server would have none.
    Slight,
    /// Everything that the verdict is for.
    Full,
}

/// Decides about every request before it is looked at. It must not itself use a client of the same API.
pub trait Interceptor: Send + Sync {
    /// The verdict about one request.
    fn decide(&self, request: &RequestInfo) -> Verdict;

    /// The verdict about the request struck. About a watch this is said while it is open, and perhaps more than once.
    fn struck(&self, _request: &RequestInfo, _verdict: Verdict, _strike: Strike) {}

    /// Verdicts of which [`Interceptor::would_strike`] tells, of each request that passes.
    fn weighed(&self) -> &'static [Verdict] {
        &[]
    }

    /// The request passed, and this verdict would have struck: said when and as often as [`Interceptor::struck`] would be.
    fn would_strike(&self, _request: &RequestInfo, _verdict: Verdict, _strike: Strike) {}
}
