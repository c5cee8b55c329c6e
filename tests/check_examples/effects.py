"""What the tasks did: everybody's account at the end."""

import dataclasses

from .documents import NotModelled
from .occurrences import in_order
from .workflows import MAILS, Workflow


@dataclasses.dataclass
class Account:
    """The account of one person as it must be at the end."""

    enabled: bool
    groups: set
    attributes: dict
    # The occurrence that deleted it, or None.
    deleted_by: object = None


def final_accounts(example, reckoning, occurrences):
    """Subject -> Account. Also writes into each planned occurrence which tasks it had and which of them changed nothing."""
    accounts = {}
    for subject, revisions in example.objects.get("User", {}).items():
        initial = revisions[0].spec.get("initialAccount") or {}
        account = Account(initial.get("accountEnabled", True), set(initial.get("memberOf", [])), {})
        own = [entry for entry in occurrences if entry.subject == subject and entry.outcome == "planned"]
        for occurrence in in_order(own):
            spec = next(spec for _, number, spec in reckoning.versions[occurrence.workflow] if number == occurrence.version)
            for task in Workflow(occurrence.workflow, spec).tasks:
                occurrence.tasks.append((task.name, apply(example, task, account, occurrence)))
        accounts[subject] = account
    return accounts


def apply(example, task, account, occurrence):
    """Does one task to an account. True if it changed nothing, False if it changed all it names, None if a part."""
    if account.deleted_by is not None:
        raise NotModelled(f"{occurrence}: a task on a deleted account")
    if task.kind in ("enableUserAccount", "disableUserAccount"):
        wanted = task.kind == "enableUserAccount"
        unchanged = account.enabled == wanted
        account.enabled = wanted
        return unchanged
    if task.kind == "deleteUser":
        account.deleted_by = occurrence
        return False
    if task.kind == "updateUserAttributes":
        updates = {update["attribute"]: update["value"] for update in task.arguments["attributes"]}
        if "" in updates.values() or "system.now" in updates.values():
            raise NotModelled(f"{occurrence}: {updates}")
        same = [account.attributes.get(key) == value for key, value in updates.items()]
        account.attributes.update(updates)
        return share(same)
    if task.kind in MAILS:
        # A mail changes no account. Whether its people have addresses is not modelled: it is taken as sent.
        return False
    return apply_to_groups(example, task, account, occurrence)


def apply_to_groups(example, task, account, occurrence):
    """Does one task on memberships; the answer is that of `apply`."""
    if task.kind == "removeUserFromAllGroups":
        named = set(account.groups)
        if any(example.at("Group", name, occurrence.begin)["type"] == "team" for name in named):
            raise NotModelled(f"{occurrence}: removal from all groups of a member of a team")
    else:
        named = set(task.arguments["groups"])
        if any(example.at("Group", name, occurrence.begin) is None for name in named):
            raise NotModelled(f"{occurrence}: a group that does not exist among {sorted(named)}")
    if task.kind == "addUserToGroups":
        same = [name in account.groups for name in named]
        account.groups |= named
    else:
        same = [name not in account.groups for name in named]
        account.groups -= named
    return share(same)


def share(same):
    """True if all of the parts were the same before, False if none, None if some."""
    if all(same):
        return True
    return None if any(same) else False
