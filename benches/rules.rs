//! How fast rules are evaluated, and that the cost grows with the number of people and with nothing else.
//!
//! ```text
//! cargo bench --bench rules                                  # the numbers
//! cargo bench --bench rules -- --svg docs/rules-curve.svg    # and the picture
//! ```

#![expect(clippy::expect_used, reason = "a measurement of wrong rules ends by panicking")]

mod curve;

use std::hint::black_box;
use std::time::Instant;

use chrono::{DateTime, Utc};
use tenure::rule::{Attributes, OwnedValue, Rule, Truth};

use curve::{Point, Series};

/// The program's allocator, so that the figures are the program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a scope usually looks like. The goal is for this one.
const USUAL: &str = "department eq 'Sales' and startsWith(jobTitle, 'Senior')";
/// A rule with a collection, a pattern, a date and a list.
const LONG: &str = "(country in ('DE', 'AT', 'CH') or otherMails/any(m:endsWith(m, '@people.example'))) \
                    and not matches(jobTitle, '^(Senior|Lead) .*er$') and employeeHireDate le now() sub duration'P90D'";
/// Evaluations a second on one core.
const GOAL: f64 = 5e6;
const SIZES: [u32; 7] = [10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];
/// Each size is gone through until about so many evaluations are done, and five times at least.
const EVALUATIONS: u32 = 3_000_000;
/// People are evaluated in blocks right after they were made, as an evaluation does with what a directory streams to it.
const BLOCK: u32 = 1_000;

fn now() -> DateTime<Utc> {
    "2026-03-10T12:00:00Z".parse().expect("an instant")
}

/// A number below `below` that looks random: one step of splitmix64 for each `salt`.
fn chance(of: u32, salt: u64, below: usize) -> usize {
    let mut value = u64::from(of).wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((value ^ (value >> 31)) >> 33).expect("31 bits") % below
}

fn person(number: u32) -> Attributes {
    let one_of = |salt: u64, texts: &[&'static str]| texts[chance(number, salt, texts.len())];
    let rank = one_of(2, &["", "Junior ", "Senior ", "Lead "]);
    let work = one_of(3, &["Engineer", "Account Manager", "Writer", "Buyer", "Accountant"]);
    let hired = now() - chrono::TimeDelta::days(i64::try_from(chance(number, 5, 3_650)).expect("a small number"));
    let mail = format!("person-{number}@{}.example", one_of(6, &["people", "mail"]));
    Attributes::new()
        .with("department", one_of(1, &["Sales", "Engineering", "Finance", "Support", "Sales and Marketing"]))
        .with("jobTitle", format!("{rank}{work}").as_str())
        .with("country", one_of(4, &["DE", "FR", "US", "IN"]))
        .with("employeeHireDate", hired)
        .with("otherMails", OwnedValue::List(vec![mail.as_str().into()]))
}

/// Seconds of each rule over people, and how many were in scope. Making the people is not counted. Of each block the
/// fastest time counts: what else the machine does makes a block slower and never faster.
fn measure(rules: &[Rule; 2], people: u32) -> [(f64, usize); 2] {
    let (now, passes) = (now(), (EVALUATIONS / people).max(5));
    let mut sums = [(0.0, 0); 2];
    for block in 0..people / BLOCK {
        let mut fastest = [f64::INFINITY; 2];
        for pass in 0..passes {
            let block: Vec<Attributes> = (block * BLOCK..(block + 1) * BLOCK).map(person).collect();
            for ((rule, fastest), (_, found)) in rules.iter().zip(&mut fastest).zip(&mut sums) {
                let start = Instant::now();
                let count = block.iter().filter(|person| black_box(rule.evaluate(*person, now)) == Truth::True).count();
                *fastest = fastest.min(start.elapsed().as_secs_f64());
                *found += if pass == 0 { count } else { 0 };
            }
        }
        for ((seconds, _), fastest) in sums.iter_mut().zip(fastest) {
            *seconds += fastest;
        }
    }
    sums
}

fn main() {
    let rules = [USUAL, LONG].map(|text| Rule::parse(text).expect("a rule"));
    let measured = SIZES.map(|people| measure(&rules, people));
    let mut series = Vec::new();
    for (number, label) in [USUAL, "a list, a collection, a pattern and a date"].into_iter().enumerate() {
        println!("{label}");
        let mut points = Vec::new();
        for (people, passes) in SIZES.iter().zip(&measured) {
            let ((seconds, found), people) = (passes[number], f64::from(*people));
            let (each, rate) = (seconds * 1e9 / people, people / seconds / 1e6);
            println!(
                "  {people:>9} people  {:>9.3} ms  {each:>6.1} ns each  {rate:>6.1} million a second  {found} in scope",
                seconds * 1e3
            );
            points.push(Point { people, seconds });
        }
        println!("  the cost grows with people to the power of {:.2}; 1 is linear", curve::exponent(&points));
        series.push(Series { label, points });
    }
    let slowest = series[0].points.iter().map(|point| point.people / point.seconds).fold(f64::INFINITY, f64::min);
    println!(
        "the first rule at its slowest: {:.1} million a second, goal {:.0} million, ratio {:.2}",
        slowest / 1e6,
        GOAL / 1e6,
        slowest / GOAL
    );
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == "--svg") {
        let file = arguments.get(place + 1).expect("a file after --svg");
        std::fs::write(file, curve::picture(&series)).expect("a file that can be written");
        println!("{file} is written");
    }
}
