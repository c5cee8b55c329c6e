//! Which evaluations count.

use crate::api::TenantLedgerData;
use crate::api::tenant_ledger::EpochRange;

/// Whether the ranges hold the epoch.
fn contains(ranges: &[EpochRange], epoch: i64) -> bool {
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
    }
}
