//! What was there before a task: enough to take it back.

use std::collections::BTreeMap;

use crate::api::run_slice::BeforeImage;
use crate::api::{Action, Task};
use crate::directory::{Account, Directory, Lookup};
use crate::domain::plan::{before_bytes, stored_bytes};

/// The state that before-images are taken from.
struct Before {
    account: Account,
    sponsorships: BTreeMap<String, Vec<String>>,
}

/// The before-images of all tasks, as it is now; None for tasks that have nothing to take back. Those past what the plan
/// has room for, 8 `KiB` a subject at most, are marked as not undoable instead.
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
    Lookup::Present(bounded(before_bytes(tasks), tasks.iter().map(|task| before.image(task))))
}

fn bounded(mut left: usize, images: impl Iterator<Item = Option<BeforeImage>>) -> Vec<Option<BeforeImage>> {
    images
        .map(|image| {
            let image = image?;
            let size = stored_bytes(&image);
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::task::MEMBERS;
    use crate::domain::plan::BEFORE_BYTES;

    /// An account that has as much of everything as its schema lets it have.
    fn full() -> Before {
        let names = |count: usize| (0..count).map(|number| format!("{number:0253}")).collect::<Vec<_>>();
        let account = Account {
            member_of: names(1_000),
            groups: names(1_000),
            teams: names(1_000),
            licenses: names(100),
            attributes: names(10).into_iter().map(|name| (name, "𝄞".repeat(1_024))).collect(),
            deleted_at: Some(chrono::DateTime::<chrono::Utc>::MAX_UTC),
            ..Account::default()
        };
        Before { account, sponsorships: names(1_000).into_iter().map(|name| (name, names(20))).collect() }
    }

    fn arguments(member: &str, names: usize) -> Value {
        let list: Vec<String> = (0..names).map(|number| format!("{number:0253}")).collect();
        match member {
            "addUserToGroups" | "removeUserFromGroups" => json!({"groups": list}),
            "addUserToTeams" | "removeUserFromTeams" => json!({"teams": list}),
            "assignLicenses" | "removeLicenses" => json!({"licenses": list}),
            "updateUserAttributes" => {
                json!({"attributes": list.iter().map(|name| json!({"attribute": name, "value": ""})).collect::<Vec<_>>()})
            }
            "runCustomTaskExtension" => json!({"extension": "e"}),
            "requestAccessPackageAssignment" => json!({"accessPackageId": "p", "assignmentPolicyId": "q"}),
            "removeAccessPackageAssignment" => json!({"accessPackageId": "p"}),
            _ => json!({}),
        }
    }

    #[test]
    fn no_image_is_larger_than_planned_and_none_is_planned_in_vain() {
        let before = full();
        for member in MEMBERS {
            for names in [1, 2, 10] {
                let task: Task = serde_json::from_value(json!({"name": "t", member: arguments(member, names)})).unwrap();
                let planned = before_bytes(std::slice::from_ref(&task));
                let image = before.image(&task);
                assert_eq!(image.is_some(), planned > 0, "{member}");
                let bytes = image.as_ref().map_or(0, stored_bytes);
                if planned < BEFORE_BYTES {
                    assert!(bytes <= planned && planned <= bytes + 64, "{member} with {names} names: {bytes} bytes, planned {planned}");
                }
                let kept = bounded(planned, std::iter::once(image.clone())).remove(0);
                assert_eq!(kept == image, bytes <= planned, "{member} with {names} names");
            }
        }
    }
}
