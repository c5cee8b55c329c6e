//! The faults, and the interceptor that makes one of them happen to the k-th request and says whether it struck.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard};

use tenure::sim::Death;
use tenure::sim::api::{Interceptor, RequestInfo, Strike, Verdict};

/// What goes wrong: the classes of the Sieve study (intermediate, stale and unobserved state), and the ordinary ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The request is refused.
    Refuse,
    /// It is denied: the server starts, and does not know yet who may do what.
    Forbid,
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
    /// Somebody deletes the pod of the process while it sends: it is asked to end.
    Asked,
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
    pub const ALL: [Self; 14] = [
        Self::Refuse,
        Self::Forbid,
        Self::LoseAnswer,
        Self::Conflict,
        Self::Throttle,
        Self::Die,
        Self::DieAfter,
        Self::Lose,
        Self::Zombie,
        Self::Asked,
        Self::StaleByOne,
        Self::StaleByTen,
        Self::Coalesce,
        Self::Cut,
    ];

    fn verdict(self) -> Verdict {
        match self {
            Self::Refuse => Verdict::Refuse,
            Self::Forbid => Verdict::Forbid,
            Self::LoseAnswer => Verdict::LoseAnswer,
            Self::Conflict => Verdict::Conflict,
            Self::Throttle => Verdict::Throttle,
            Self::Die => Verdict::Die,
            Self::DieAfter | Self::Lose => Verdict::DieAfter,
            Self::Zombie => Verdict::Freeze { seconds: 240 },
            // The process itself goes on.
            Self::Asked => Verdict::Freeze { seconds: 0 },
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
            Self::Asked => Death::Asked,
            _ => Death::Reported,
        }
    }
}

/// A request, and what the faults could have done to it or what the one fault did.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What was asked for, and by whom.
    pub request: RequestInfo,
    /// What was told of it while nothing was disturbed, by verdict.
    would: Vec<(Verdict, Strike)>,
    is_spoilt: bool,
}

impl Seen {
    /// What the fault would have done to it.
    pub fn would_strike(&self, fault: Fault) -> Option<Strike> {
        self.would.iter().filter(|(verdict, _)| *verdict == fault.verdict()).map(|(_, strike)| *strike).max()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.request, if self.is_spoilt { " <== spoilt" } else { "" })
    }
}

/// Counts requests until it is told that the calm begins, and spoils one of them.
#[derive(Default)]
pub struct Spoiler {
    spoil: Option<(Fault, u64)>,
    calm: AtomicBool,
    seen: Mutex<Vec<Seen>>,
    struck: Mutex<Option<Strike>>,
}

impl Spoiler {
    /// Spoils the k-th request in that way; none: notes what every fault would have done to each.
    pub fn new(spoil: Option<(Fault, u64)>) -> Self {
        Self { spoil, ..Self::default() }
    }

    /// From now on nothing is counted and nothing goes wrong: time to converge.
    pub fn calm(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }

    fn is_calm(&self) -> bool {
        self.calm.load(Ordering::SeqCst)
    }

    /// The requests before the calm.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.seen).clone()
    }

    /// How the fault struck before the calm; none: it did nothing.
    pub fn struck(&self) -> Option<Strike> {
        *lock(&self.struck)
    }
}

impl Interceptor for Spoiler {
    fn decide(&self, request: &RequestInfo) -> Verdict {
        if self.is_calm() {
            return Verdict::Pass;
        }
        let mut seen = lock(&self.seen);
        let number = u64::try_from(seen.len()).expect("few requests") + 1;
        let spoil = self.spoil.filter(|(_, k)| *k == number);
        seen.push(Seen { request: request.clone(), would: Vec::new(), is_spoilt: spoil.is_some() });
        spoil.map_or(Verdict::Pass, |(fault, _)| fault.verdict())
    }

    fn struck(&self, request: &RequestInfo, _: Verdict, strike: Strike) {
        // What a process sends after its death is refused as well, but that is not the fault.
        let is_spoilt = lock(&self.seen).iter().any(|seen| seen.is_spoilt && seen.request == *request);
        if is_spoilt && !self.is_calm() {
            let mut struck = lock(&self.struck);
            *struck = struck.max(Some(strike));
        }
    }

    fn weighed(&self) -> &'static [Verdict] {
        static VERDICTS: LazyLock<Vec<Verdict>> = LazyLock::new(|| Fault::ALL.map(Fault::verdict).to_vec());
        if self.spoil.is_none() { &VERDICTS } else { &[] }
    }

    fn would_strike(&self, request: &RequestInfo, verdict: Verdict, strike: Strike) {
        if self.is_calm() {
            return;
        }
        let mut seen = lock(&self.seen);
        // By sequence, so that the many events of a watch find it soon. The simulation's own requests are not there.
        if let Ok(at) = seen.binary_search_by_key(&request.sequence, |seen| seen.request.sequence) {
            let told = (verdict, strike);
            if !seen[at].would.contains(&told) {
                seen[at].would.push(told);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics while it is locked")
}
