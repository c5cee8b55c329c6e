//! Whose claims may be taken: those of processes that are known to have ended, or that have been silent for a claim's life.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::api::run_slice::Claim;

/// How long is waited until nobody can still be acting under one of the claims; None: nobody can. `ended`: the attempt whose
/// process is known to have ended, and no other.
pub(super) fn silence(claims: &[Claim], ended: Option<i32>, life: Duration, now: DateTime<Utc>) -> Option<Duration> {
    let others = claims.iter().filter(|claim| ended != Some(claim.attempt));
    let left = others.map(|claim| claim.renewed_date_time + life - now).max();
    left.and_then(|left| left.to_std().ok()).filter(|left| !left.is_zero())
}

/// The claims that a process found when it began.
#[derive(Debug, Default)]
pub(super) struct Dead {
    claims: Vec<Claim>,
    /// The attempt whose process is known to have ended.
    ended: Option<i32>,
}

impl Dead {
    /// These claims: of the attempt whose process has ended, or of processes of which nothing was heard for a claim's life.
    pub fn of(claims: Vec<Claim>, ended: Option<i32>) -> Self {
        Self { claims, ended }
    }

    /// Whether the claim is one of those. Who was only silent, and has renewed a claim since, is not dead.
    fn has(&self, claim: &Claim) -> bool {
        let is_it = |known: &Claim| known.renewed_date_time == claim.renewed_date_time || self.ended == Some(known.attempt);
        self.claims.iter().any(|known| known.holder == claim.holder && is_it(known))
    }

    /// Whether the process `me` may work on a slice with that claim. `had`: it has claimed the slice itself.
    pub fn lets_work(&self, me: &str, had: bool, claim: Option<&Claim>) -> bool {
        match claim {
            Some(claim) => claim.holder == me || !had && self.has(claim),
            None => !had,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn whose_claims_are_taken() {
        let claim = |holder: &str, renewed: i64| Claim {
            holder: holder.to_owned(),
            attempt: 1,
            renewed_date_time: DateTime::UNIX_EPOCH + TimeDelta::seconds(renewed),
        };
        // (what, who holds the slice now and since when, we have claimed it, taken from the silent, taken from who has ended)
        let cases = [
            ("nobody has claimed it", None, false, true, true),
            ("our claim is gone", None, true, false, false),
            ("it is ours", Some(claim("me", 200)), true, true, true),
            ("our first claim, whose answer was lost", Some(claim("me", 200)), false, true, true),
            ("the claim that was found", Some(claim("old", 10)), false, true, true),
            ("another one that was found", Some(claim("old", 20)), false, true, true),
            ("the silent one has renewed it", Some(claim("old", 100)), false, false, true),
            ("it was taken from us", Some(claim("old", 10)), true, false, false),
            ("somebody new", Some(claim("new", 100)), false, false, false),
        ];
        for (what, now, had, of_silent, of_ended) in cases {
            let found = || vec![claim("old", 10), claim("old", 20)];
            let lets_work = |ended| Dead::of(found(), ended).lets_work("me", had, now.as_ref());
            assert_eq!((lets_work(None), lets_work(Some(1))), (of_silent, of_ended), "{what}");
            assert_eq!(lets_work(Some(2)), of_silent, "{what}: the one that has ended came after it");
        }
    }

    #[test]
    fn how_long_a_process_may_be_silent() {
        let claim = |attempt: i32, renewed: i64| Claim {
            holder: format!("a{attempt}"),
            attempt,
            renewed_date_time: DateTime::UNIX_EPOCH + TimeDelta::seconds(renewed),
        };
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(100);
        // (what, the claims, the attempt that has ended, the seconds that are waited: a claim lives for 90)
        let cases = [
            ("nobody has claimed anything", vec![], None, None),
            ("somebody has, a moment ago", vec![claim(1, 95)], None, Some(85)),
            ("the last word counts", vec![claim(1, 20), claim(1, 60)], None, Some(50)),
            ("silent for a claim's life", vec![claim(1, 10)], None, None),
            ("it is known to have ended", vec![claim(1, 95)], Some(1), None),
            ("another one has ended", vec![claim(1, 95)], Some(2), Some(85)),
            ("a predecessor of the same attempt", vec![claim(2, 95), claim(1, 95)], Some(1), Some(85)),
            ("an older one that is silent", vec![claim(1, 5), claim(2, 95)], Some(2), None),
        ];
        for (what, claims, ended, expected) in cases {
            let left = silence(&claims, ended, Duration::from_secs(90), now);
            assert_eq!(left, expected.map(Duration::from_secs), "{what}");
        }
    }
}
