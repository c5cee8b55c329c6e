//! Which tasks are done with one write.

use crate::domain::fault::Fault;

use super::{Change, Work};

/// How many of the works, from the first on, are about the subject's own entry and nothing else, so that one write does all of
/// them: it is in force or it is not. 0: there is nothing to put together. A deletion stands alone, for it is asked for anew
/// whether it may be.
#[must_use]
pub fn in_one_write<'a>(subject: &str, works: impl IntoIterator<Item = &'a Result<Work, Fault>>) -> usize {
    let is_of_entry = |change: &Change| match change {
        Change::SetEnabled(_)
        | Change::SetAttributes(_)
        | Change::RevokeSessions
        | Change::AddMember { .. }
        | Change::RemoveMember { .. }
        | Change::AssignLicence { .. }
        | Change::RemoveLicence { .. } => change.target(subject) == subject,
        Change::TransferSponsorship { .. } | Change::IssuePass { .. } | Change::Delete | Change::SendMail { .. } | Change::Call { .. } => {
            false
        }
    };
    let (mut count, mut changing) = (0, 0);
    for work in works {
        let Ok(work) = work else { break };
        if !work.changes.iter().all(is_of_entry) {
            break;
        }
        count += 1;
        changing += usize::from(!work.changes.is_empty());
    }
    if changing > 1 { count } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::reasons::Reason;
    use crate::domain::mail::MailKind;

    #[test]
    fn which_tasks_are_done_with_one_write() {
        let work = |changes: &[Change]| Ok(Work { changes: changes.to_vec(), ..Work::default() });
        let disable = || work(&[Change::SetEnabled(false)]);
        let leave = || work(&[Change::RemoveMember { group: "a".to_owned() }, Change::RemoveMember { group: "b".to_owned() }]);
        let so_already = || work(&[]);
        let mail = || work(&[Change::SendMail { kind: MailKind::LastDay, to: Vec::new() }]);
        let delete = || work(&[Change::Delete]);
        let of = |name: &str| work(&[Change::TransferSponsorship { of: name.to_owned(), from: "ann".to_owned(), to: "max".to_owned() }]);
        let unread = || Err(Fault::unknown(Reason::DirectoryUnavailable, String::new()));
        // (what, the works, how many are one write)
        let cases = [
            ("nothing", vec![], 0),
            ("one is none", vec![disable()], 0),
            ("two", vec![disable(), leave()], 2),
            ("what is so already is no reason", vec![disable(), so_already()], 0),
            ("and stands in nobody's way", vec![disable(), so_already(), leave(), so_already()], 4),
            ("a mail comes in its turn", vec![disable(), leave(), mail(), disable()], 2),
            ("a mail comes first", vec![mail(), disable(), leave()], 0),
            ("a deletion stands alone", vec![disable(), leave(), delete()], 2),
            ("guests have entries of their own", vec![disable(), of("gil"), leave()], 0),
            ("what cannot be told ends it", vec![disable(), leave(), unread(), leave()], 2),
        ];
        for (what, works, expected) in cases {
            assert_eq!(in_one_write("ann", &works), expected, "{what}");
        }
    }
}
