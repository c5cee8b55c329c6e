use std::collections::BTreeSet;

use super::*;
use crate::api::{Category, EffectClass};

/// A GUID as the tables write it: five groups of lower-case hexadecimal digits.
fn is_guid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    let hexadecimal = |group: &str| group.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.into_iter().all(hexadecimal)
}

#[test]
fn numbers_names_and_guids_are_unique() {
    assert!(TASKS.iter().map(|task| task.number).eq(1..=31));
    let names: BTreeSet<_> = TASKS.iter().map(|task| task.name).collect();
    let guids: BTreeSet<_> = TASKS.iter().map(|task| task.guid).collect();
    let display_names: BTreeSet<_> = TASKS.iter().map(|task| task.display_name).collect();
    assert_eq!((names.len(), guids.len(), display_names.len()), (31, 31, 31));
    for task in &TASKS {
        assert!(is_guid(task.guid), "{}", task.guid);
        let camel_case = task.name.starts_with(|c: char| c.is_ascii_lowercase());
        assert!(camel_case && task.name.chars().all(|c| c.is_ascii_alphabetic()), "{}", task.name);
    }
}

#[test]
fn every_task_is_found_by_its_name() {
    for task in &TASKS {
        assert_eq!(by_name(task.name), Some(task));
    }
    assert_eq!(by_name("adduserToGroups"), None);
}

#[test]
fn guids_are_those_of_the_product() {
    // The identifier that one page shows for the custom task extension belongs to no task.
    assert!(TASKS.iter().all(|task| task.guid != "d79d1fcc-16be-490c-a865-f4533b1639ee"));
    let second = TASKS.iter().find(|task| task.guid == "3c860712-2d37-42a4-928f-5c93935d26a1");
    assert_eq!(second.map(|task| task.number), Some(2));
}

/// Which tasks a category allows, by number, read from the product page column by column.
#[test]
fn categories_follow_the_product_page() {
    for (category, numbers) in [
        (Category::Joiner, vec![1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 13, 15]),
        (Category::Mover, vec![4, 5, 6, 7, 8, 9, 11, 13, 15, 17, 18, 20, 21, 22, 23, 24]),
        (Category::Leaver, [vec![7, 8, 9], (10..=31).collect()].concat()),
    ] {
        let allowed: Vec<u8> = TASKS.iter().filter(|task| task.allows(category)).map(|task| task.number).collect();
        assert_eq!(allowed, numbers, "{category}");
    }
    for task in &TASKS {
        let distinct: BTreeSet<_> = task.categories.iter().map(|category| category.as_str()).collect();
        assert!(!distinct.is_empty() && distinct.len() == task.categories.len(), "{}", task.name);
    }
}

#[test]
fn effect_classes_by_number() {
    for (class, numbers) in [
        (EffectClass::Mail, vec![1, 2, 4, 22, 23, 27, 28, 29, 30, 31]),
        (EffectClass::Access, vec![5, 6, 7, 8, 13, 14, 15, 16, 17, 18, 19, 20, 25]),
        (EffectClass::Account, vec![9, 10, 12, 21, 24]),
        (EffectClass::Credential, vec![3]),
        (EffectClass::Destructive, vec![26]),
        (EffectClass::Extension, vec![11]),
    ] {
        let found: Vec<u8> = TASKS.iter().filter(|task| task.effect == class).map(|task| task.number).collect();
        assert_eq!(found, numbers, "{class}");
    }
}

#[test]
fn what_has_left_the_house_is_not_reversible() {
    use EffectClass::{Credential, Destructive, Extension, Mail};
    for task in TASKS.iter().filter(|task| matches!(task.effect, Mail | Credential | Destructive | Extension)) {
        assert!(!task.reversible, "{}", task.name);
    }
    // A task and the one that takes it back are both reversible.
    for (task, opposite) in [(10, 12), (7, 13), (8, 15), (6, 20)] {
        let reversible = |number| TASKS.iter().find(|task| task.number == number).map(|task| task.reversible);
        assert_eq!((reversible(task), reversible(opposite)), (Some(true), Some(true)), "{task} {opposite}");
    }
}

#[test]
fn arguments_are_named_once_and_mails_share_theirs() {
    for task in &TASKS {
        let names: BTreeSet<_> = task.arguments.iter().map(|argument| argument.name).collect();
        assert_eq!(names.len(), task.arguments.len(), "{}", task.name);
        assert!(task.arguments.iter().all(|argument| !argument.description.is_empty()), "{}", task.name);
        let takes_mail = ["to", "cc", "customSubject", "customBody", "locale"].iter().all(|name| names.contains(name));
        let sends_mail = task.effect == EffectClass::Mail || task.effect == EffectClass::Credential;
        assert_eq!(takes_mail, sends_mail, "{}", task.name);
    }
}

#[test]
fn words_are_those_of_manifests() {
    for class in EffectClass::ALL {
        assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
    }
    for category in Category::ALL {
        assert_eq!(serde_json::to_value(category).unwrap(), category.as_str());
    }
}

#[test]
fn templates_have_unique_names_and_guids() {
    let names: BTreeSet<_> = TEMPLATES.iter().map(|template| template.name).collect();
    let guids: BTreeSet<_> = TEMPLATES.iter().filter_map(|template| template.guid).collect();
    assert_eq!((names.len(), guids.len()), (15, 10));
    assert!(guids.iter().all(|guid| is_guid(guid) && TASKS.iter().all(|task| task.guid != *guid)));
    for template in &TEMPLATES {
        let name = template.name;
        let kebab_case = name.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()));
        assert!(kebab_case && name.len() <= 36, "{name}");
        assert_eq!(template_by_name(name), Some(template));
    }
    assert_eq!(template_by_name("onboard"), None);
}

#[test]
fn tasks_of_templates_exist_fit_the_category_and_take_their_arguments() {
    for template in &TEMPLATES {
        assert!((1..=25).contains(&template.tasks.len()), "{}", template.name);
        let distinct: BTreeSet<_> = template.tasks.iter().map(|task| task.task).collect();
        assert_eq!(distinct.len(), template.tasks.len(), "{}", template.name);
        for TemplateTask { task, arguments } in template.tasks {
            let definition = by_name(task).unwrap_or_else(|| panic!("{}: no task {task}", template.name));
            assert!(definition.allows(template.category), "{}: {task}", template.name);
            for argument in *arguments {
                assert!(definition.arguments.iter().any(|known| known.name == argument.name), "{task}: {}", argument.name);
            }
        }
    }
}

#[test]
fn triggers_of_templates_fit_their_category_and_bounds() {
    for template in &TEMPLATES {
        let fits = match template.trigger {
            DefaultTrigger::OnDemand => template.category != Category::Joiner,
            DefaultTrigger::TimeBasedAttribute { attribute, offset_in_days } => {
                let of_category = match template.category {
                    Category::Joiner => attribute == "employeeHireDate",
                    Category::Leaver => attribute == "employeeLeaveDateTime",
                    Category::Mover => false,
                };
                of_category && (-180..=180).contains(&offset_in_days)
            }
            DefaultTrigger::AttributeChange { .. } | DefaultTrigger::MembershipAdded => template.category == Category::Mover,
            DefaultTrigger::UserInactivity { inactivity_period_in_days } => {
                template.category == Category::Leaver && (1..=3_650).contains(&inactivity_period_in_days)
            }
            DefaultTrigger::GuestSponsor { minimum_required_sponsors } => {
                template.category == Category::Leaver && minimum_required_sponsors == 1
            }
        };
        assert!(fits, "{}: {:?}", template.name, template.trigger);
    }
}
