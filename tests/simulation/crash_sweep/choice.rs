//! Which requests of a scenario a fault is tried with: those that it can change, all of them or a spread.

use std::collections::BTreeSet;

use tenure::sim::CONTROLLER;
use tenure::sim::api::Strike;

use super::fault::{Fault, Seen};

/// Requests of each scenario and fault that a sample takes at least, where there are as many.
pub const SAMPLE: usize = 10;

/// A request that a fault can change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// Its number, from 1.
    pub k: u64,
    /// What the fault does to it.
    pub strike: Strike,
    /// What should not be left out of a sample: who asks, and whether something is to be written.
    pub class: (&'static str, bool),
}

/// Who sends a request: the controller, or which of the programs in Jobs.
fn program(process: &str) -> &'static str {
    match process.split('/').next() {
        Some("evaluate") => "evaluate",
        Some("execute") => "execute",
        _ => {
            assert_eq!(process, CONTROLLER, "there is no other program");
            CONTROLLER
        }
    }
}

/// The requests that the fault can change, in order.
pub fn targets(seen: &[Seen], fault: Fault) -> Vec<Target> {
    let target = |(k, seen): (u64, &Seen)| {
        let class = (program(&seen.request.process), seen.request.verb.is_write());
        Some(Target { k, strike: seen.would_strike(fault)?, class })
    };
    (1..).zip(seen).filter_map(target).collect()
}

/// Of these, `count` that lie far apart: the first and the last, one of each class, and where the gap is widest one
/// from its middle half. Another salt gives others.
pub fn spread(targets: &[Target], count: usize, salt: u64) -> Vec<Target> {
    if targets.len() <= count {
        return targets.to_vec();
    }
    let mut draw = draws(salt);
    let mut chosen = BTreeSet::from([0, targets.len() - 1]);
    let classes: BTreeSet<_> = targets.iter().map(|target| target.class).collect();
    for class in classes {
        let of_class: Vec<usize> = (0..targets.len()).filter(|at| targets[*at].class == class).collect();
        if !of_class.iter().any(|at| chosen.contains(at)) {
            chosen.insert(of_class[draw(of_class.len())]);
        }
    }
    while chosen.len() < count {
        let gaps = chosen.iter().zip(chosen.iter().skip(1)).map(|(before, after)| (after - before, *before));
        let (width, before) = gaps.max_by_key(|(width, before)| (*width, targets.len() - before)).expect("two are chosen");
        chosen.insert(before + (width / 4).max(1) + draw((width / 2).max(1)).min(width - 2));
    }
    chosen.into_iter().map(|at| targets[at].clone()).collect()
}

/// Numbers below what is asked for. A linear congruential step (Knuth's constants) spreads them; they need not be random, only
/// others for each salt.
fn draws(salt: u64) -> impl FnMut(usize) -> usize {
    let step = |state: u64| state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let mut state = step(salt);
    move |below| {
        state = step(state);
        usize::try_from(state >> 33).expect("31 bits") % below
    }
}

#[test]
fn a_spread_has_the_ends_every_class_and_no_wide_gap() {
    for (length, count) in [(11, 10), (12, 10), (25, 10), (219, 10), (521, 10), (521, 40)] {
        for salt in 0..50 {
            let rare = usize::try_from(salt).expect("small") % length;
            let class = |at: usize| if at == rare { ("execute", true) } else { ("evaluate", false) };
            let targets: Vec<Target> = (1..).zip(0..length).map(|(k, at)| Target { k, strike: Strike::Full, class: class(at) }).collect();
            let chosen = spread(&targets, count, salt);
            let what = format!("{count} of {length} with salt {salt}");
            assert_eq!(chosen.len(), count, "{what}");
            assert!(chosen.is_sorted_by(|one, other| one.k < other.k), "{what}");
            assert_eq!((chosen.first(), chosen.last()), (targets.first(), targets.last()), "{what}");
            assert!(chosen.contains(&targets[rare]), "{what}");
            let widest = chosen.windows(2).map(|pair| pair[1].k - pair[0].k).max().expect("there are two");
            let even = u64::try_from(length / count).expect("small");
            assert!(widest <= 3 * even + 1, "{what}: a gap of {widest}");
        }
    }
}
