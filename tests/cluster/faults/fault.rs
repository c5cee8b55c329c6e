//! What goes wrong with one request of a tenant, and the count that says which request it is.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use tenure::domain::timing::Timing;

/// Who asks.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Who {
    /// A controller, its lease apart.
    Controller,
    /// A controller about its lease.
    Lease,
    /// An evaluation.
    Evaluate,
    /// An attempt to execute a Run.
    Execute,
}

/// What is asked.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Class {
    /// Anything.
    Any,
    /// POST, PUT, PATCH or DELETE.
    Write,
    /// A watch.
    Watch,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Fault {
    /// Refused with 503, without effect.
    Refuse,
    /// 403, without effect: the server starts, and does not know its roles yet.
    Forbid,
    /// 401, without effect: it does not know its accounts yet.
    Unknown,
    /// The connection is closed, without effect: it ends.
    Hangup,
    /// It takes effect, and the connection is closed without an answer.
    DropAnswer,
    /// 409 Conflict, without effect.
    Conflict,
    /// 429 with Retry-After, without effect.
    Throttle,
    /// Three seconds late, in production's time.
    Delay,
    /// It takes effect a while after whoever asked has given up waiting for it: five seconds, in production's time.
    Late,
    /// A watch breaks off in the middle, without an end.
    CutWatch,
    /// A watch is told that its place in history is gone.
    WatchGone,
    /// The process is killed before the request leaves; the kubelet says so.
    KillBefore,
    /// The process is killed after the request took effect; the kubelet says so.
    KillAfter,
    /// The process is killed after the request took effect, and its pod is gone without a word.
    Lose,
    /// The process is asked to end (SIGTERM) while it sends.
    Terminate,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Refuse,
        Self::Forbid,
        Self::Unknown,
        Self::Hangup,
        Self::DropAnswer,
        Self::Conflict,
        Self::Throttle,
        Self::Delay,
        Self::Late,
        Self::CutWatch,
        Self::WatchGone,
        Self::KillBefore,
        Self::KillAfter,
        Self::Lose,
        Self::Terminate,
    ];

    /// What is asked by requests that it can strike.
    pub fn class(self) -> Class {
        match self {
            Self::Conflict => Class::Write,
            Self::CutWatch | Self::WatchGone => Class::Watch,
            _ => Class::Any,
        }
    }

    /// Whose requests it can strike. Nobody loses the pod of a controller: its successor is there anyway.
    pub fn victims(self) -> &'static [Who] {
        match self {
            Self::CutWatch | Self::WatchGone => &[Who::Controller],
            Self::Lose | Self::Terminate => &[Who::Evaluate, Who::Execute],
            _ => &[Who::Controller, Who::Evaluate, Who::Execute, Who::Lease],
        }
    }

    /// A little, or for longer than a request of Tenure waits for an answer.
    pub fn delay(self, timing: &Timing) -> Duration {
        timing.request_timeout.mul_f64(if self == Self::Late { 1.25 } else { 0.15 })
    }
}

/// How many requests there were, by who asked and what.
pub type Counts = BTreeMap<(Who, Class), u64>;

/// Which request goes wrong, and how.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Spoil {
    pub fault: Fault,
    pub who: Who,
    /// Among those of `who` that the fault can strike, from 1.
    pub k: u64,
}

impl std::fmt::Display for Spoil {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}/{:?}/{}", self.fault, self.who, self.k)
    }
}

/// A slice as the API server stored it, and who wrote it.
#[derive(Clone, Debug)]
pub struct SliceWrite {
    pub writer: String,
    pub slice: Value,
}

/// One namespace's requests.
pub struct Record {
    spoil: Option<Spoil>,
    /// Every answer comes so much later.
    pub latency: Duration,
    /// The times of the programs that ask.
    pub timing: Timing,
    struck: AtomicU32,
    /// Requests that go on although nobody waits for their answer.
    late: AtomicU32,
    counts: Mutex<Counts>,
    log: Mutex<Vec<String>>,
    slices: Mutex<Vec<SliceWrite>>,
}

impl Record {
    pub fn new(spoil: Option<Spoil>, latency: Duration, timing: &Timing) -> Self {
        Self {
            spoil,
            latency,
            timing: *timing,
            struck: AtomicU32::default(),
            late: AtomicU32::default(),
            counts: Mutex::default(),
            log: Mutex::default(),
            slices: Mutex::default(),
        }
    }

    /// Counts a request; what goes wrong with it, if anything does.
    pub fn decide(&self, who: Who, class: Class) -> Option<Fault> {
        let mut counts = self.counts.lock().expect("nobody panics while counting");
        let classes: &[Class] = if class == Class::Any { &[Class::Any] } else { &[Class::Any, class] };
        let mut is_struck = false;
        for counted in classes {
            let count = counts.entry((who, *counted)).or_default();
            *count += 1;
            is_struck |= self.spoil.is_some_and(|spoil| spoil.who == who && spoil.fault.class() == *counted && spoil.k == *count);
        }
        drop(counts);
        if is_struck {
            self.struck.fetch_add(1, Ordering::SeqCst);
        }
        self.spoil.filter(|_| is_struck).map(|spoil| spoil.fault)
    }

    /// A request goes on although nobody waits for its answer; or it has ended.
    pub fn set_late(&self, is_late: bool) {
        if is_late {
            self.late.fetch_add(1, Ordering::SeqCst);
        } else {
            self.late.fetch_sub(1, Ordering::SeqCst);
        }
    }

    pub fn is_late(&self) -> bool {
        self.late.load(Ordering::SeqCst) > 0
    }

    pub fn has_struck(&self) -> bool {
        self.struck.load(Ordering::SeqCst) > 0
    }

    pub fn counts(&self) -> Counts {
        self.counts.lock().expect("nobody panics while counting").clone()
    }

    pub fn say(&self, line: String) {
        self.log.lock().expect("nobody panics while logging").push(line);
    }

    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("nobody panics while logging").clone()
    }

    pub fn slice(&self, write: SliceWrite) {
        self.slices.lock().expect("nobody panics while logging").push(write);
    }

    pub fn slices(&self) -> Vec<SliceWrite> {
        self.slices.lock().expect("nobody panics while logging").clone()
    }
}
