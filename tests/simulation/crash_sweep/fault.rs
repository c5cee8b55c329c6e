//! The faults, and the interceptor that makes one of them happen to the k-th request.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tenure::sim::Death;
use tenure::sim::api::{Interceptor, RequestInfo, Verdict};

/// What goes wrong: the classes of the Sieve study (intermediate, stale and unobserved state), and the ordinary ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The request is refused.
    Refuse,
    /// It takes effect, the answer is lost.
    LoseAnswer,
    /// A write conflicts.
    Conflict,
    /// It is throttled.
    Throttle,
    /// The process dies before it sends; the kubelet says so.
    Die,
    /// The process dies after it took effect; the kubelet says so.
    DieAfter,
    /// The process dies after it took effect, and its pod is gone without a word.
    Lose,
    /// The process stands still for four minutes before it sends, its pod is given up for lost, and it comes back.
    Zombie,
    /// A read is answered from the state one change ago.
    StaleByOne,
    /// A read is answered from the state ten changes ago.
    StaleByTen,
    /// A watch delivers only the newest of several changes.
    Coalesce,
    /// A watch ends with 410 after its next event.
    Cut,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Refuse,
        Self::LoseAnswer,
        Self::Conflict,
        Self::Throttle,
        Self::Die,
        Self::DieAfter,
        Self::Lose,
        Self::Zombie,
        Self::StaleByOne,
        Self::StaleByTen,
        Self::Coalesce,
        Self::Cut,
    ];

    fn verdict(self) -> Verdict {
        match self {
            Self::Refuse => Verdict::Refuse,
            Self::LoseAnswer => Verdict::LoseAnswer,
            Self::Conflict => Verdict::Conflict,
            Self::Throttle => Verdict::Throttle,
            Self::Die => Verdict::Die,
            Self::DieAfter | Self::Lose => Verdict::DieAfter,
            Self::Zombie => Verdict::Freeze { seconds: 240 },
            Self::StaleByOne => Verdict::Stale { back: 1 },
            Self::StaleByTen => Verdict::Stale { back: 10 },
            Self::Coalesce => Verdict::WatchCoalesce,
            Self::Cut => Verdict::WatchCut,
        }
    }

    /// What becomes of the pod of a process that dies.
    pub fn death(self) -> Death {
        match self {
            Self::Lose => Death::Lost,
            Self::Zombie => Death::Zombie,
            _ => Death::Reported,
        }
    }
}

/// Counts requests until it is told that the calm begins, and spoils one of them.
#[derive(Default)]
pub struct Spoiler {
    spoil: Option<(Fault, u64)>,
    count: AtomicU64,
    calm: AtomicBool,
    log: Mutex<Vec<String>>,
}

impl Spoiler {
    /// Spoils the k-th request in that way; none: only counts.
    pub fn new(spoil: Option<(Fault, u64)>) -> Self {
        Self { spoil, ..Self::default() }
    }

    /// From now on nothing is counted and nothing goes wrong: time to converge.
    pub fn calm(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }

    /// Requests before the calm.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// The requests, a line each.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("nobody panics while logging").clone()
    }
}

impl Interceptor for Spoiler {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        if self.calm.load(Ordering::SeqCst) {
            return Verdict::Pass;
        }
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        let verdict = self.spoil.filter(|(_, k)| *k == number).map_or(Verdict::Pass, |(fault, _)| fault.verdict());
        self.log
            .lock()
            .expect("nobody panics while logging")
            .push(format!("{number} {request} {}", if verdict == Verdict::Pass { "" } else { "<== spoilt" }));
        verdict
    }
}
