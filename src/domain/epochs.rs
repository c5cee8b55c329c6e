//! Which evaluations count.

use crate::api::TenantLedgerData;
use crate::api::tenant_ledger::EpochRange;

/// Whether the ranges hold the epoch.
#[must_use]
pub fn contains(ranges: &[EpochRange], epoch: i64) -> bool {
    ranges.iter().any(|range| (range.from..=range.to).contains(&epoch))
}

/// Whether what the epoch wrote counts: it is sealed and was not abandoned. Epochs count from 1.
#[must_use]
pub fn is_valid(head: &TenantLedgerData, epoch: i64) -> bool {
    epoch >= 1 && epoch <= head.sealed_epoch && !contains(&head.abandoned, epoch)
}

/// Whether what the epoch wrote will never count. An epoch that is allocated and not sealed may still be sealed.
#[must_use]
pub fn is_abandoned(head: &TenantLedgerData, epoch: i64) -> bool {
    contains(&head.abandoned, epoch)
}

/// How many epochs were allocated since the last one that was sealed.
#[must_use]
pub fn unsealed(head: &TenantLedgerData) -> i64 {
    head.epoch.saturating_sub(head.sealed_epoch).max(0)
}

/// The ranges with one more, joined where they touch, in ascending order. An empty range adds nothing.
#[must_use]
pub fn abandon(ranges: &[EpochRange], from: i64, to: i64) -> Vec<EpochRange> {
    let mut all = ranges.to_vec();
    if from <= to {
        all.push(EpochRange { from, to });
    }
    all.sort_by_key(|range| (range.from, range.to));
    let mut joined: Vec<EpochRange> = Vec::with_capacity(all.len());
    for range in all {
        match joined.last_mut() {
            Some(last) if range.from <= last.to.saturating_add(1) => last.to = last.to.max(range.to),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(epoch: i64, sealed_epoch: i64, abandoned: &[(i64, i64)]) -> TenantLedgerData {
        let abandoned = abandoned.iter().map(|(from, to)| EpochRange { from: *from, to: *to }).collect();
        TenantLedgerData { epoch, sealed_epoch, abandoned, ..TenantLedgerData::default() }
    }

    #[test]
    fn what_counts() {
        let head = head(9, 7, &[(2, 2), (4, 5), (8, 8)]);
        let rows = [
            (-1, false),
            (0, false),
            (1, true),
            (2, false),
            (3, true),
            (4, false),
            (5, false),
            (6, true),
            (7, true),
            (8, false),
            (9, false),
            (10, false),
        ];
        for (epoch, valid) in rows {
            assert_eq!(is_valid(&head, epoch), valid, "epoch {epoch}");
        }
        assert!(is_abandoned(&head, 8) && !is_abandoned(&head, 9));
        assert_eq!(unsealed(&head), 2);
    }

    #[test]
    fn abandoning() {
        type Row<'a> = (&'a [(i64, i64)], (i64, i64), &'a [(i64, i64)]);
        let rows: [Row<'_>; 6] = [
            (&[], (1, 1), &[(1, 1)]),
            (&[(1, 1)], (2, 3), &[(1, 3)]),
            (&[(1, 1)], (3, 3), &[(1, 1), (3, 3)]),
            (&[(5, 6)], (1, 2), &[(1, 2), (5, 6)]),
            (&[(1, 4)], (2, 3), &[(1, 4)]),
            (&[(1, 4)], (5, 4), &[(1, 4)]),
        ];
        for (before, (from, to), after) in rows {
            let ranges: Vec<_> = before.iter().map(|(from, to)| EpochRange { from: *from, to: *to }).collect();
            let result: Vec<_> = abandon(&ranges, from, to).iter().map(|range| (range.from, range.to)).collect();
            assert_eq!(result, after, "{before:?} and {from}..={to}");
        }
    }
}
