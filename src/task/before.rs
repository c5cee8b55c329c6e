//! What was there before a task: enough to take it back.

use std::collections::BTreeMap;

use crate::api::run_slice::BeforeImage;
use crate::api::{Action, Task};
use crate::directory::{Account, Directory, Lookup};
use crate::domain::plan::BEFORE_BYTES;

/// The state that before-images are taken from.
struct Before {
    account: Account,
    sponsorships: BTreeMap<String, Vec<String>>,
}

/// The before-images of all tasks, as it is now; None for tasks that have nothing to take back. Those past 8 `KiB` a
/// subject are marked as not undoable instead.
pub async fn before_images<D: Directory>(directory: &D, subject: &str, tasks: &[Task]) -> Lookup<Vec<Option<BeforeImage>>> {
    let account = match directory.account(subject).await {
        Lookup::Present(account) => account,
        Lookup::Absent => return Lookup::Absent,
        Lookup::Unknown(why) => return Lookup::Unknown(why),
    };
    let mut before = Before { account, sponsorships: BTreeMap::new() };
    if tasks.iter().any(|task| task.transfer_sponsorships_to_manager.is_some()) {
        match directory.sponsored(subject).await {
            Lookup::Present(sponsored) => {
                before.sponsorships = sponsored.into_iter().map(|person| (person.name, person.sponsors)).collect();
            }
            Lookup::Absent => {}
            Lookup::Unknown(why) => return Lookup::Unknown(why),
        }
    }
    Lookup::Present(bounded(tasks.iter().map(|task| before.image(task))))
}

fn bounded(images: impl Iterator<Item = Option<BeforeImage>>) -> Vec<Option<BeforeImage>> {
    let mut left = BEFORE_BYTES;
    images
        .map(|image| {
            let image = image?;
            let size = serde_json::to_string(&image).map_or(usize::MAX, |text| text.len());
            if size > left {
                return Some(BeforeImage { not_undoable: Some(true), ..BeforeImage::default() });
            }
            left -= size;
            Some(image)
        })
        .collect()
}

fn among(has: &[String], names: &[String]) -> Vec<String> {
    names.iter().filter(|name| has.contains(name)).cloned().collect()
}

impl Before {
    fn image(&self, task: &Task) -> Option<BeforeImage> {
        let account = &self.account;
        let none = BeforeImage::default();
        let members = |names: Vec<String>| Some(BeforeImage { member_of: Some(names), ..BeforeImage::default() });
        let licenses = |names: Vec<String>| Some(BeforeImage { licenses: Some(names), ..BeforeImage::default() });
        match task.action()? {
            Action::EnableUserAccount(_) | Action::DisableUserAccount(_) => {
                Some(BeforeImage { account_enabled: Some(account.account_enabled), ..none })
            }
            Action::DeleteUser(_) => {
                Some(BeforeImage { account_enabled: Some(account.account_enabled), deleted_at: account.deleted_at, ..none })
            }
            Action::AddUserToGroups(arguments) | Action::RemoveUserFromGroups(arguments) => {
                members(among(&account.member_of, &arguments.groups))
            }
            Action::AddUserToTeams(arguments) | Action::RemoveUserFromTeams(arguments) => {
                members(among(&account.member_of, &arguments.teams))
            }
            Action::RemoveUserFromAllGroups(_) => members(account.groups.clone()),
            Action::RemoveUserFromAllTeams(_) => members(account.teams.clone()),
            Action::AssignLicenses(arguments) | Action::RemoveLicenses(arguments) => {
                licenses(among(&account.licenses, &arguments.licenses))
            }
            Action::RemoveAllLicenses(_) => licenses(account.licenses.clone()),
            Action::TransferSponsorshipsToManager(_) => Some(BeforeImage { sponsorships: Some(self.sponsorships.clone()), ..none }),
            Action::UpdateUserAttributes(arguments) => {
                let written = |name: &String| arguments.attributes.iter().any(|update| &update.attribute == name);
                let attributes = account.attributes.iter().filter(|(name, _)| written(name));
                let attributes = attributes.map(|(name, value)| (name.clone(), value.clone())).collect();
                Some(BeforeImage { attributes: Some(attributes), ..none })
            }
            _ => None,
        }
    }
}
