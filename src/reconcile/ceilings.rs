//! How many Jobs execute Runs at the same time: of one tenant, and of all.
//!
//! Leavers have places of their own in both, and no more than that: whoever may ask for Runs must not fill a cluster by calling
//! them off-boardings.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

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

    /// Whether one more may begin. The last quarter is for leavers.
    pub(super) fn has_place(&self, is_leaver: bool) -> bool {
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = under_way.values().fold(0_usize, |sum, jobs| sum.saturating_add(*jobs));
        taken < if is_leaver { self.all } else { self.all - self.all / 4 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leavers_have_a_reserve_and_no_more() {
        // (places of a tenant, what it allows itself, its leavers' places, all else)
        for (tenant, allowed, leavers, others) in [(40, 5, 20, 5), (40, 100, 20, 20), (2, 5, 1, 1), (0, 5, 1, 1), (3, 0, 2, 1)] {
            let ceilings = Ceilings::new(tenant, 200);
            assert_eq!((ceilings.leavers(), ceilings.others(allowed)), (leavers, others), "{allowed} of {tenant}");
        }
    }

    #[test]
    fn all_tenants_together_have_a_ceiling() {
        let ceilings = Ceilings::new(40, 8);
        let copy = ceilings.clone();
        // (what two tenants have under way, whether another one may begin, and whether a leaver may)
        for (one, two, other, leaver) in
            [(0, 0, true, true), (5, 0, true, true), (3, 3, false, true), (6, 2, false, false), (9, 9, false, false)]
        {
            ceilings.note("one", one);
            copy.note("two", two);
            assert_eq!((copy.has_place(false), ceilings.has_place(true)), (other, leaver), "{one} and {two}");
        }
    }
}
