//! Scenarios x faults x some requests.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::NaiveTime;
use tenure::domain::job::execution_job_name;
use tenure::domain::timing::Timing;
use tokio::sync::Semaphore;

use super::Error;
use super::fault::{Class, Counts, Fault, Spoil, Who};
use super::only::{only, printed};
use super::play::{Played, is_unhurried, play};
use super::story::{STORIES, Story};
use super::tenant::Ground;

/// Stories told at once: they wait most of the time.
const PARALLEL: usize = 44;
/// How often a case is drawn whose request did not come.
const DRAWS: u64 = 4;

/// What the environment asks for.
struct Wish {
    /// Requests of each scenario and fault.
    cases: u64,
    seed: u64,
    parallel: usize,
    only: Vec<String>,
}

/// All who ask.
const WHO: [Who; 4] = [Who::Controller, Who::Lease, Who::Evaluate, Who::Execute];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

impl Wish {
    fn of_the_environment() -> Self {
        let stories = STORIES.iter().map(|story| story.name.to_owned()).collect();
        Self {
            cases: number("TENURE_FAULTS").unwrap_or(1),
            seed: number("TENURE_SEED").unwrap_or_else(|| rand::random::<u32>().into()),
            parallel: number("TENURE_FAULTS_PARALLEL").and_then(|number| number.try_into().ok()).unwrap_or(PARALLEL),
            only: only("TENURE_FAULTS_ONLY", &[stories, printed(&Fault::ALL), printed(&WHO)]),
        }
    }

    fn wants(&self, position: usize, name: &str) -> bool {
        self.only.get(position).is_none_or(|only| only == name)
    }

    /// The one request that is asked for.
    fn one(&self, fault: Fault) -> Option<Spoil> {
        let who = WHO.into_iter().find(|who| Some(&format!("{who:?}")) == self.only.get(2))?;
        Some(Spoil { fault, who, k: self.only.get(3)?.parse().ok()? })
    }
}

/// A number that follows from others (the finalizer of `SplitMix64`).
fn mix(numbers: [u64; 5]) -> u64 {
    numbers.into_iter().fold(0, |state, number| {
        let mut state = (state ^ number).wrapping_add(0x9E37_79B9_7F4A_7C15);
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        state ^ (state >> 31)
    })
}

/// Who of those that the fault can strike, and which of their requests. The lease is renewed all the time and matters
/// little, so it is struck less often.
fn draw(fault: Fault, counts: &Counts, random: u64) -> Option<Spoil> {
    let count = |who: &Who| counts.get(&(*who, fault.class())).copied().unwrap_or(0);
    let weight = |who: &Who| if *who == Who::Lease { 1 } else { 4 };
    let urn: Vec<Who> = fault.victims().iter().filter(|who| count(who) > 0).flat_map(|who| vec![*who; weight(who)]).collect();
    let length = u64::try_from(urn.len()).ok().filter(|length| *length > 0)?;
    let who = urn[usize::try_from(random % length).ok()?];
    Some(Spoil { fault, who, k: (random >> 8) % count(&who) + 1 })
}

/// A request of whoever executes first, with work before it still: the owner of what an off-boarding is about to meet. Two fifths of
/// all requests of executions are the owner's, and the last of them only say what was done.
fn of_the_owner(spoil: Spoil, counts: &Counts) -> Spoil {
    let third = counts.get(&(Who::Execute, spoil.fault.class())).map_or(1, |count| count.div_ceil(3).max(1));
    Spoil { who: Who::Execute, k: (spoil.k - 1) % third + 1, ..spoil }
}

/// What a case came to.
struct Verdict {
    wrong: Option<String>,
    draws: u64,
}

struct Tally {
    name: &'static str,
    counts: Counts,
    seconds: f64,
    verdicts: BTreeMap<Fault, Vec<Verdict>>,
    wrong: Vec<String>,
}

pub async fn sweep(ground: &Ground) -> Result<(), Error> {
    let wish = Wish::of_the_environment();
    let began = Instant::now();
    println!("faults: TENURE_SEED={} TENURE_FAULTS={} {} stories at once", wish.seed, wish.cases, wish.parallel);
    let places = Semaphore::new(wish.parallel);
    let stories = STORIES.iter().enumerate().filter(|(_, story)| wish.wants(0, story.name));
    let tallies = futures::future::join_all(stories.map(|(index, story)| of_story(ground, &wish, &places, index, story))).await;
    report(&tallies, began);
    let wrong: Vec<&String> = tallies.iter().flat_map(|tally| &tally.wrong).collect();
    let cases: usize = tallies.iter().flat_map(|tally| tally.verdicts.values()).map(Vec::len).sum();
    let lines = || wrong.iter().map(|line| line.as_str()).collect::<Vec<_>>().join("\n");
    if !wrong.is_empty() {
        return Err(format!("{} things went wrong in {cases} cases (TENURE_SEED={}):\n{}", wrong.len(), wish.seed, lines()).into());
    }
    // A filter that matches nothing must not look like success.
    if cases == 0 { Err("no case was tried".into()) } else { Ok(()) }
}

async fn of_story(ground: &Ground, wish: &Wish, places: &Semaphore, index: usize, story: &'static Story) -> Tally {
    let began = Instant::now();
    let mut tally = Tally { name: story.name, counts: Counts::new(), seconds: 0.0, verdicts: BTreeMap::new(), wrong: Vec::new() };
    let undisturbed = {
        let _place = places.acquire().await;
        play(ground, story, None).await
    };
    let undisturbed = match undisturbed {
        Ok(undisturbed) => undisturbed,
        Err(error) => {
            println!("faults: {}: undisturbed: {error}", story.name);
            tally.wrong.push(format!("{}: undisturbed: {error}", story.name));
            return tally;
        }
    };
    println!("faults: {}: undisturbed: {:.0} s, {} requests", story.name, undisturbed.took.as_secs_f64(), undisturbed.outcome.requests);
    let faults = undisturbed.outcome.faults().into_iter().chain(undisturbed.trespasses.iter().cloned());
    tally.wrong.extend(faults.map(|fault| format!("{}: undisturbed, in {}: {fault}", story.name, undisturbed.namespace)));
    tally.counts = undisturbed.counts.clone();
    tally.seconds = undisturbed.took.as_secs_f64();
    let faults = Fault::ALL.into_iter().enumerate().filter(|(_, fault)| wish.wants(1, &format!("{fault:?}")));
    let cases = faults.flat_map(|(number, fault)| (0..wish.cases).map(move |n| (number, fault, n)));
    let salt = |number: usize, n: u64| [u64::try_from(index).unwrap_or(0), u64::try_from(number).unwrap_or(0), n];
    let verdicts = cases.map(async |(number, fault, n)| {
        let _place = places.acquire().await;
        (fault, of_case(ground, wish, story, fault, salt(number, n), &undisturbed).await)
    });
    for (fault, verdict) in futures::future::join_all(verdicts).await {
        tally.wrong.extend(verdict.wrong.clone());
        tally.verdicts.entry(fault).or_default().push(verdict);
    }
    println!("seconds: {:.1} faults: {}", began.elapsed().as_secs_f64(), story.name);
    tally
}

/// How the names of the pods of an attempt at the joiner's Run begin.
fn pod_of(attempt: i32) -> String {
    format!("{}-", execution_job_name("joiner-v1-e1", attempt))
}

/// What is wrong with how long the second attempt has waited for the first, which vanished without a word.
fn hasty(log: &[String]) -> Option<String> {
    let waited = waited(log, &pod_of(1), &pod_of(2));
    let is_patient = waited.is_some_and(|waited| waited >= Timing::PRODUCTION.claim_life);
    (!is_patient).then(|| format!("nobody waited for who was lost: {waited:?} from its last request to its successor's first"))
}

/// From the last request of the one process to the first of the other; None: one of them asked nothing.
fn waited(log: &[String], owner: &str, successor: &str) -> Option<Duration> {
    let times = |name: &str| -> Vec<NaiveTime> {
        log.iter().filter(|line| line.contains(name)).filter_map(|line| line.split(' ').next()?.parse().ok()).collect()
    };
    let (last, first) = (*times(owner).last()?, *times(successor).first()?);
    // The log has the time of day only; midnight may lie between.
    let milliseconds = (first - last).num_milliseconds().rem_euclid(86_400_000);
    Some(Duration::from_millis(milliseconds.unsigned_abs()))
}

#[test]
fn a_wait_is_found_in_the_log() {
    let log = |first: &str, second: &str| {
        let (owner, successor) = (pod_of(1), pod_of(2));
        [format!("{first} Execute {owner}x PUT /y -> 200"), format!("{second} Execute {successor}x GET /y -> 200")]
    };
    assert_eq!(hasty(&log("06:44:55.734", "06:46:44.318")), None);
    assert_eq!(hasty(&log("23:59:30.000", "00:01:00.000")), None, "over midnight");
    assert!(hasty(&log("06:44:55.734", "06:45:10.000")).is_some());
    assert!(hasty(&log("06:44:55.734", "06:46:44.318")[..1]).is_some(), "no successor");
}

/// Tells the story with one fault, and again with another request if that one did not come.
async fn of_case(ground: &Ground, wish: &Wish, story: &Story, fault: Fault, salt: [u64; 3], undisturbed: &Played) -> Verdict {
    let mut counts = undisturbed.counts.clone();
    let mut tried = Vec::new();
    for number in 0..DRAWS {
        let [index, position, n] = salt;
        let Some(spoil) = wish.one(fault).or_else(|| draw(fault, &counts, mix([wish.seed, index, position, n, number]))) else {
            return Verdict { wrong: Some(format!("{}/{fault:?}: no request to strike", story.name)), draws: number };
        };
        let spoil = if is_unhurried(story, Some(fault)) { of_the_owner(spoil, &counts) } else { spoil };
        let played = match play(ground, story, Some(spoil)).await {
            Ok(played) => played,
            Err(error) => {
                println!("faults: {}/{spoil}: {error}", story.name);
                return Verdict { wrong: Some(format!("{}/{spoil}: {error}", story.name)), draws: number + 1 };
            }
        };
        let mut found = undisturbed.outcome.differences(&played.outcome);
        found.extend(played.trespasses.iter().cloned());
        if is_unhurried(story, Some(fault)) && played.has_struck {
            found.extend(hasty(&played.outcome.log));
        }
        let word = if found.is_empty() { "as undisturbed" } else { "WRONG" };
        let missed = if played.has_struck { "" } else { ", the request did not come" };
        println!("faults: {}/{spoil}: {word} after {:.0} s, {} restarts{missed}", story.name, played.took.as_secs_f64(), played.restarts);
        if !found.is_empty() {
            return Verdict {
                wrong: Some(format!("{}/{spoil}, in {}: {}", story.name, played.namespace, found.join("; "))),
                draws: number + 1,
            };
        }
        if played.has_struck {
            return Verdict { wrong: None, draws: number + 1 };
        }
        tried.push(spoil.to_string());
        // The next one is drawn below what came this time.
        let came = |key: &(Who, Class)| played.counts.get(key).copied().unwrap_or(0);
        for (key, count) in &mut counts {
            *count = came(key).min(*count);
        }
    }
    Verdict { wrong: Some(format!("{}: the fault did not strike at {}", story.name, tried.join(", "))), draws: DRAWS }
}

fn report(tallies: &[Tally], began: Instant) {
    println!("scenario x requests of controller + lease + evaluations + executions x cases of each fault");
    for tally in tallies {
        let of = |who: Who| tally.counts.get(&(who, Class::Any)).copied().unwrap_or(0);
        let requests = WHO.map(|who| of(who).to_string()).join(" + ");
        let cases = tally.verdicts.iter().map(|(fault, verdicts)| {
            let wrong = verdicts.iter().filter(|verdict| verdict.wrong.is_some()).count();
            let wrong = if wrong == 0 { String::new() } else { format!(" ({wrong} WRONG)") };
            format!("{fault:?} {}{wrong}", verdicts.len())
        });
        println!("  {:<18} {requests:<22} {:>4.0} s x {}", tally.name, tally.seconds, cases.collect::<Vec<_>>().join(", "));
    }
    let verdicts = || tallies.iter().flat_map(|tally| tally.verdicts.values().flatten());
    let again: u64 = verdicts().map(|verdict| verdict.draws.saturating_sub(1)).sum();
    println!(
        "{} cases: {} scenarios x {} faults; {again} drawn again because the request did not come; {:.0} s",
        verdicts().count(),
        tallies.len(),
        Fault::ALL.len(),
        began.elapsed().as_secs_f64()
    );
}
