//! Who leads, under bad luck: at no instant do two controllers lead, and when the luck turns one of them does.
//!
//! Three of them want one lease of an in-memory API, in virtual time. Their clocks run at different rates, whole processes
//! stand still for a while, requests are refused, answered late, answered never, and take effect after whoever asked has given
//! up. The seeds are fixed, so that what fails fails again.
#![expect(clippy::expect_used, reason = "a test ends where it cannot go on")]

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tenure::cluster::clock::{Clock, Sleep};
use tenure::cluster::lease::{Elector, Leadership};
use tenure::domain::timing::{LeaseTimes, Timing};
use tenure::sim::api::{Interceptor, MemoryApi, RequestInfo, Verdict};
use tokio::time::{Instant, sleep};
use tower::{BoxError, Service};

const SEEDS: u64 = 40;
const PROCESSES: usize = 3;
/// Of bad luck, in virtual seconds.
const STORM: u64 = 600;
/// The defaults of `tenure controller`.
const TIMES: LeaseTimes = Timing::PRODUCTION.lease;
/// How often it is looked who leads.
const LOOK: Duration = Duration::from_millis(50);

/// A clock of a machine, which runs faster or slower than time by up to a tenth.
struct Skewed {
    start: Instant,
    rate: f64,
}

impl Clock for Skewed {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::from_std(self.elapsed()).expect("a few minutes")
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed().mul_f64(self.rate)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(sleep(duration.div_f64(self.rate)))
    }
}

/// The luck of all requests.
struct Luck {
    random: Mutex<StdRng>,
    is_bad: AtomicBool,
}

impl Luck {
    fn draw(&self, below: u64) -> u64 {
        self.random.lock().expect("nobody panics with it").random_range(0..below)
    }

    /// How long a request is on its way: mostly not, sometimes longer than a lease lasts.
    fn delay(&self) -> Duration {
        if !self.is_bad.load(Ordering::SeqCst) {
            return Duration::from_millis(5);
        }
        Duration::from_millis(match self.draw(10) {
            0 => self.draw(25_000),
            1 | 2 => self.draw(4_000),
            _ => self.draw(200),
        })
    }
}

impl Interceptor for Luck {
    fn decide(&self, _request: &RequestInfo) -> Verdict {
        if !self.is_bad.load(Ordering::SeqCst) {
            return Verdict::Pass;
        }
        match self.draw(20) {
            0 => Verdict::Refuse,
            1 => Verdict::Throttle,
            2 | 3 => Verdict::LoseAnswer,
            4 => Verdict::Conflict,
            _ => Verdict::Pass,
        }
    }
}

/// The way to the API server and back. A request that has left arrives, whether or not anybody waits for its answer.
#[derive(Clone)]
struct Way {
    client: Client,
    luck: Arc<Luck>,
}

impl Service<Request<Body>> for Way {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (there, back) = (self.luck.delay(), self.luck.delay());
        let client = self.client.clone();
        let travels = tokio::spawn(async move {
            sleep(there).await;
            let answer = client.send(request).await;
            sleep(back).await;
            answer
        });
        Box::pin(async move { Ok(travels.await??) })
    }
}

/// A process that can be stopped as by SIGSTOP: nothing in it goes on, while its requests travel and clocks run.
struct Process {
    work: Pin<Box<dyn Future<Output = ()>>>,
    is_stopped: Arc<AtomicBool>,
    /// Until it is looked again whether it goes on.
    look: Pin<Box<tokio::time::Sleep>>,
}

impl Future for Process {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        while self.is_stopped.load(Ordering::SeqCst) {
            ready!(self.look.as_mut().poll(context));
            self.look = Box::pin(sleep(LOOK));
        }
        self.work.as_mut().poll(context)
    }
}

/// Wants to lead, leads, loses, and wants to lead again; sometimes it hands over by itself.
async fn compete(mut elector: Elector, luck: Arc<Luck>) {
    loop {
        elector.acquire().await;
        let is_generous = luck.is_bad.load(Ordering::SeqCst) && luck.draw(4) == 0;
        if is_generous {
            let _ = tokio::time::timeout(Duration::from_millis(luck.draw(20_000)), elector.keep()).await;
            elector.release().await;
        } else {
            elector.keep().await;
        }
    }
}

/// What one seed came to.
#[derive(Debug, Default)]
struct Seen {
    /// Looks at which two led.
    double: usize,
    /// How often another one led than before.
    changes: usize,
    /// Looks at which nobody led in the calm at the end.
    leaderless: usize,
}

async fn storm(seed: u64, times: LeaseTimes) -> Seen {
    let start = Instant::now();
    let api = MemoryApi::new(&[], Arc::new(|| DateTime::UNIX_EPOCH)).with_seed(seed);
    let luck = Arc::new(Luck { random: Mutex::new(StdRng::seed_from_u64(seed)), is_bad: AtomicBool::new(true) });
    api.set_interceptor(Some(Arc::clone(&luck) as Arc<dyn Interceptor>));
    let mut standings = Vec::new();
    let mut stops = Vec::new();
    let processes = tokio::task::LocalSet::new();
    for index in 0..PROCESSES {
        let name = format!("controller-{index}");
        #[expect(clippy::cast_precision_loss, reason = "at most 200")]
        let rate = 0.9 + luck.draw(201) as f64 / 1_000.0;
        let standing = Leadership::new(Arc::new(Skewed { start, rate }));
        let client = Client::new(Way { client: api.client(&name), luck: Arc::clone(&luck) }, "default");
        let elector = Elector::new(client, ("tenure-system", "tenure-controller"), name, times, &standing);
        let is_stopped = Arc::new(AtomicBool::new(false));
        let work = Box::pin(compete(elector, Arc::clone(&luck)));
        processes.spawn_local(Process { work, is_stopped: Arc::clone(&is_stopped), look: Box::pin(sleep(LOOK)) });
        standings.push(standing);
        stops.push(is_stopped);
    }
    processes.run_until(look(&luck, &standings, &stops)).await
}

async fn look(luck: &Luck, standings: &[Arc<Leadership>], stops: &[Arc<AtomicBool>]) -> Seen {
    let (mut seen, mut last) = (Seen::default(), None);
    let looks = |seconds: u64| u128::from(seconds) * 1_000 / LOOK.as_millis();
    let mut count = |seen: &mut Seen| {
        let leaders: Vec<usize> = (0..standings.len()).filter(|index| standings[*index].leads()).collect();
        seen.double += usize::from(leaders.len() > 1);
        if let Some(leader) = leaders.first() {
            seen.changes += usize::from(last.replace(*leader) != Some(*leader));
        }
        leaders.len()
    };
    for _ in 0..looks(STORM) {
        sleep(LOOK).await;
        // Every half a minute one of them stands still or goes on.
        if luck.draw(600) == 0 {
            stops[usize::try_from(luck.draw(3)).expect("small")].fetch_xor(true, Ordering::SeqCst);
        }
        count(&mut seen);
    }
    luck.is_bad.store(false, Ordering::SeqCst);
    // One stays stopped: the others do without.
    for stop in &stops[1..] {
        stop.store(false, Ordering::SeqCst);
    }
    stops[0].store(true, Ordering::SeqCst);
    // What is on its way arrives, the lease of whoever stands still ends, and somebody takes it.
    for _ in 0..looks(100) {
        sleep(LOOK).await;
        count(&mut seen);
    }
    for _ in 0..looks(60) {
        sleep(LOOK).await;
        seen.leaderless += usize::from(count(&mut seen) == 0);
    }
    seen
}

fn storms(times: LeaseTimes) -> impl Iterator<Item = Seen> {
    (0..SEEDS).map(move |seed| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        runtime.block_on(storm(seed, times))
    })
}

#[test]
fn at_no_instant_do_two_lead_and_in_the_end_one_does() {
    let mut changes = 0;
    for (seed, seen) in storms(TIMES).enumerate() {
        assert_eq!((seen.double, seen.leaderless), (0, 0), "seed {seed}: {seen:?}");
        changes += seen.changes;
    }
    println!("{SEEDS} storms of {STORM} s, {changes} changes of the leader");
    // Storms in which nothing happens prove nothing.
    assert!(changes > 4 * usize::try_from(SEEDS).expect("small"), "{changes} changes of the leader");
}

#[test]
fn a_holder_that_trusts_itself_for_longer_than_others_wait_is_found() {
    let careless = LeaseTimes { renew_deadline: TIMES.duration.mul_f64(1.5), ..TIMES };
    assert!(storms(careless).any(|seen| seen.double > 0));
}

/// How a leader ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    /// It gives the lease back.
    Asked,
    /// Nothing is heard of it any more.
    Crash,
}

/// How long nobody leads once the leader has ended, so long after it began to lead.
async fn leaderless(ending: Ending, led: Duration) -> Duration {
    let start = Instant::now();
    let api = MemoryApi::new(&[], Arc::new(|| DateTime::UNIX_EPOCH));
    let elector = |name: &str| {
        let standing = Leadership::new(Arc::new(Skewed { start, rate: 1.0 }));
        let elector = Elector::new(api.client(name), ("tenure-system", "tenure-controller"), name.to_owned(), TIMES, &standing);
        (elector, standing)
    };
    let ((mut first, standing), (mut second, next)) = (elector("first"), elector("second"));
    first.acquire().await;
    let ended = async {
        // A lease that is kept is kept for as long as it is polled.
        assert!(tokio::time::timeout(led, first.keep()).await.is_err(), "nobody takes the lease");
        let ended = Instant::now();
        match ending {
            Ending::Asked => first.release().await,
            Ending::Crash => {}
        }
        ended
    };
    let (ended, taken) = tokio::join!(ended, async {
        second.acquire().await;
        Instant::now()
    });
    assert!(next.leads() && !standing.leads(), "{ending:?} after {led:?}: one leads");
    taken - ended
}

#[test]
fn the_next_one_leads_soon() {
    // (how the leader ends, and how long nobody leads at most, beside what passes need to end)
    let cases = [(Ending::Asked, Duration::from_millis(1_500)), (Ending::Crash, Duration::from_secs(15))];
    for (ending, most) in cases {
        for tenths in 0..50 {
            let led = Duration::from_secs(20) + Duration::from_millis(tenths * 100);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
            let time = runtime.block_on(leaderless(ending, led));
            assert!(time < most, "{ending:?} after {led:?}: {time:?}");
        }
    }
}

/// Whether somebody leads who renews the lease beside a loop that answers for so many seconds, after as many.
fn leads_beside(answers_for: u64, after: u64) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let start = Instant::now();
        let api = MemoryApi::new(&[], Arc::new(|| DateTime::UNIX_EPOCH));
        let standing = Leadership::new(Arc::new(Skewed { start, rate: 1.0 }));
        let place = ("tenure-system", "tenure-controller");
        let elector = Elector::new(api.client("a"), place, "a".to_owned(), TIMES, &standing);
        let mut elector = elector.while_it(Arc::new(move || start.elapsed() < Duration::from_secs(answers_for)));
        elector.acquire().await;
        let _ = tokio::time::timeout_at(start + Duration::from_secs(after), elector.keep()).await;
        standing.leads()
    })
}

#[test]
fn the_lease_is_kept_while_the_loop_answers_and_let_go_of_when_it_does_not() {
    // (seconds for which the loop answers, seconds after which somebody looks, whether it leads)
    for (answers_for, after, expected) in [(600, 60, true), (20, 15, true), (20, 26, false), (0, 5, false)] {
        assert_eq!(leads_beside(answers_for, after), expected, "it answers for {answers_for} s, after {after} s");
    }
}
