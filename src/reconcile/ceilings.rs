//! How many Jobs execute Runs at the same time: of one tenant, and of all.
//!
//! Leavers have places of their own in both, and no more than that: whoever may ask for Runs must not fill a cluster by calling
//! them off-boardings.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::room::Share;

/// The bounds of an installation, and what its tenants have under way. Copies share the latter.
#[derive(Clone, Debug)]
pub struct Ceilings {
    /// Most of one tenant.
    pub tenant: usize,
    /// Most of all tenants.
    pub all: usize,
    /// Those that are under way, by namespace.
    under_way: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Default for Ceilings {
    fn default() -> Self {
        Self::new(40, 200)
    }
}

impl Ceilings {
    /// With so many places for one tenant, and for all.
    #[must_use]
    pub fn new(tenant: usize, all: usize) -> Self {
        Self { tenant: tenant.max(2), all: all.max(2), under_way: Arc::default() }
    }

    /// Places of a tenant's leavers: half of them.
    pub(super) fn leavers(&self) -> usize {
        self.tenant.div_ceil(2)
    }

    /// Places for those of them that people ask for: half of these.
    pub(super) fn asked_leavers(&self) -> usize {
        (self.leavers() / 2).max(1)
    }

    /// Places for all else, where the tenant itself allows so many.
    pub(super) fn others(&self, allowed: usize) -> usize {
        allowed.min(self.tenant - self.leavers()).max(1)
    }

    /// Takes note of what a tenant has under way.
    pub(super) fn note(&self, namespace: &str, jobs: usize) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs == 0 {
            under_way.remove(namespace);
        } else {
            under_way.insert(namespace.to_owned(), jobs);
        }
    }

    /// Whether one more may begin. The last quarter is for leavers, and the last half of it for those that evaluations found.
    pub(super) fn has_place(&self, share: Share) -> bool {
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = under_way.values().fold(0_usize, |sum, jobs| sum.saturating_add(*jobs));
        let kept = match share {
            Share::Leavers => 0,
            Share::AskedLeavers => self.all / 8,
            Share::Others => self.all / 4,
        };
        taken < self.all - kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leavers_have_a_reserve_and_no_more() {
        // (places of a tenant, what it allows itself, its leavers' places, those of them that people may ask for, all else)
        for (tenant, allowed, leavers, asked, others) in
            [(40, 5, 20, 10, 5), (40, 100, 20, 10, 20), (2, 5, 1, 1, 1), (0, 5, 1, 1, 1), (3, 0, 2, 1, 1), (6, 5, 3, 1, 3)]
        {
            let ceilings = Ceilings::new(tenant, 200);
            let found = (ceilings.leavers(), ceilings.asked_leavers(), ceilings.others(allowed));
            assert_eq!(found, (leavers, asked, others), "{allowed} of {tenant}");
        }
    }

    #[test]
    fn all_tenants_together_have_a_ceiling() {
        let ceilings = Ceilings::new(40, 8);
        let copy = ceilings.clone();
        // (what two tenants have under way, who may begin: a leaver that an evaluation found, one that is asked for, anybody else)
        for (one, two, expected) in [
            (0, 0, [true; 3]),
            (5, 0, [true; 3]),
            (3, 3, [true, true, false]),
            (4, 3, [true, false, false]),
            (6, 2, [false; 3]),
            (9, 9, [false; 3]),
        ] {
            ceilings.note("one", one);
            copy.note("two", two);
            let may = [ceilings.has_place(Share::Leavers), copy.has_place(Share::AskedLeavers), copy.has_place(Share::Others)];
            assert_eq!(may, expected, "{one} and {two}");
        }
    }
}
