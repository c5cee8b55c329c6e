//! What there was before a Change, and what takes the Change back.

use std::collections::BTreeMap;

use super::Change;
use super::entry::Observed;
use crate::api::run_slice::BeforeImage;

impl Change {
    /// What there was of what it changes; None: it leaves nothing to take back.
    #[must_use]
    pub fn before(&self, observed: &Observed) -> Option<BeforeImage> {
        let none = BeforeImage::default();
        let entry = observed.entry.as_ref();
        let among = |has: &[String], name: &String| Some(has.iter().filter(|has| *has == name).cloned().collect());
        match self {
            Self::SetEnabled(_) => Some(BeforeImage { account_enabled: Some(entry?.is_enabled), ..none }),
            Self::Delete => Some(BeforeImage { account_enabled: Some(entry?.is_enabled), deleted_at: entry?.deleted_at, ..none }),
            Self::SetAttributes(values) => {
                let written = entry?.attributes.iter().filter(|(name, _)| values.contains_key(*name));
                let attributes = written.map(|(name, value)| (name.clone(), value.clone())).collect();
                Some(BeforeImage { attributes: Some(attributes), ..none })
            }
            Self::AddMember { group } | Self::RemoveMember { group } => {
                Some(BeforeImage { member_of: among(&entry?.member_of, group), ..none })
            }
            Self::AssignLicence { sku } | Self::RemoveLicence { sku } => {
                Some(BeforeImage { licenses: among(&entry?.licenses, sku), ..none })
            }
            Self::TransferSponsorship { of, .. } => {
                let found = observed.sponsored.iter().find(|sponsored| sponsored.of == *of)?;
                Some(BeforeImage { sponsorships: Some(BTreeMap::from([(of.clone(), found.sponsors.clone())])), ..none })
            }
            Self::RevokeSessions | Self::IssuePass { .. } | Self::SendMail { .. } | Self::Call { .. } => None,
        }
    }

    /// What takes it back, given what there was; None: nothing can, or there is nothing to take back.
    #[must_use]
    pub fn inverse(&self, before: &BeforeImage) -> Option<Self> {
        let had = |names: &Option<Vec<String>>, name: &String| names.as_ref().map(|names| names.contains(name));
        match self {
            Self::SetEnabled(enabled) => before.account_enabled.filter(|was| was != enabled).map(Self::SetEnabled),
            Self::SetAttributes(values) => {
                let overlay = before.attributes.as_ref()?;
                Some(Self::SetAttributes(values.keys().map(|name| (name.clone(), overlay.get(name).cloned())).collect()))
            }
            Self::AddMember { group } => (!had(&before.member_of, group)?).then(|| Self::RemoveMember { group: group.clone() }),
            Self::RemoveMember { group } => had(&before.member_of, group)?.then(|| Self::AddMember { group: group.clone() }),
            Self::AssignLicence { sku } => (!had(&before.licenses, sku)?).then(|| Self::RemoveLicence { sku: sku.clone() }),
            Self::RemoveLicence { sku } => had(&before.licenses, sku)?.then(|| Self::AssignLicence { sku: sku.clone() }),
            Self::TransferSponsorship { of, from, to } => {
                let sponsors = before.sponsorships.as_ref()?.get(of)?;
                // Where the other was a sponsor already, or would have become their own, the order of before is lost.
                let is_exact = sponsors.contains(from) && !sponsors.contains(to) && !sponsors.contains(of) && to != of;
                is_exact.then(|| Self::TransferSponsorship { of: of.clone(), from: to.clone(), to: from.clone() })
            }
            // What has left the house stays outside; a session that has ended does not begin again; and nobody is brought
            // back by a program.
            Self::RevokeSessions | Self::IssuePass { .. } | Self::Delete | Self::SendMail { .. } | Self::Call { .. } => None,
        }
    }

    /// What would give back what it takes, or take what it gives; None: it is no matter of having or not.
    #[must_use]
    pub fn opposite(&self) -> Option<Self> {
        match self {
            Self::SetEnabled(enabled) => Some(Self::SetEnabled(!enabled)),
            Self::AddMember { group } => Some(Self::RemoveMember { group: group.clone() }),
            Self::RemoveMember { group } => Some(Self::AddMember { group: group.clone() }),
            Self::AssignLicence { sku } => Some(Self::RemoveLicence { sku: sku.clone() }),
            Self::RemoveLicence { sku } => Some(Self::AssignLicence { sku: sku.clone() }),
            Self::SetAttributes(_)
            | Self::RevokeSessions
            | Self::TransferSponsorship { .. }
            | Self::IssuePass { .. }
            | Self::Delete
            | Self::SendMail { .. }
            | Self::Call { .. } => None,
        }
    }

    /// Whether it writes the attribute.
    #[must_use]
    pub fn writes(&self, attribute: &str) -> bool {
        self.values().is_some_and(|values| values.contains_key(attribute))
    }
}
