"""What a Workflow document says: trigger, scope, tasks, and when an edit makes a new version."""

import dataclasses
import datetime

from .dates import LEAVE_DATE, move, parse_date
from .documents import UTC, NotModelled, parse_duration
from .rules import Rule

# Work on one person is done in this order.
RANK = {"leaver": 0, "mover": 1, "joiner": 2}
DEFAULT_WINDOW = {"leaver": "30d", "mover": "3d", "joiner": "3d"}
KNOWN_MEMBERS = {"category", "displayName", "description", "isEnabled", "isSchedulingEnabled", "executionConditions", "tasks",
                 "catchUpWindow"}
MAILS = {"sendWelcomeEmail", "sendEmailToManagerBeforeLastDay"}
KNOWN_TASKS = MAILS | {"enableUserAccount", "disableUserAccount", "deleteUser", "addUserToGroups", "removeUserFromGroups",
                       "removeUserFromAllGroups", "updateUserAttributes"}
LAST_SIGN_IN = "lastSuccessfulSignInDateTime"


@dataclasses.dataclass(frozen=True)
class Task:
    """One configured task: its name, its kind and the arguments of that kind."""

    name: str
    kind: str
    arguments: dict


class Workflow:
    """One revision of a workflow."""

    def __init__(self, name, spec):
        unknown = set(spec) - KNOWN_MEMBERS
        if unknown:
            raise NotModelled(f"Workflow {name}: spec members {sorted(unknown)}")
        self.name = name
        self.category = spec["category"]
        self.scheduled = spec.get("isEnabled", True) and spec.get("isSchedulingEnabled", False)
        self.window = parse_duration(spec.get("catchUpWindow", DEFAULT_WINDOW[self.category]))
        self.tasks = [read_task(name, task) for task in spec["tasks"]]
        self.rule, self.trigger, self.settings = None, None, {}
        conditions = spec.get("executionConditions")
        if conditions is None:
            self.scheduled = False
            return
        if set(conditions["scope"]) != {"rule"}:
            raise NotModelled(f"Workflow {name}: scope {conditions['scope']}")
        self.rule = Rule(conditions["scope"]["rule"])
        (self.trigger, self.settings), = conditions["trigger"].items()
        if self.trigger not in ("timeBasedAttribute", "attributeChange", "userInactivity"):
            raise NotModelled(f"Workflow {name}: trigger {self.trigger}")

    def trigger_attributes(self):
        """The attributes whose values the trigger watches."""
        if self.trigger == "attributeChange":
            return self.settings["attributes"]
        return {"timeBasedAttribute": [self.settings.get("attribute")], "userInactivity": [LAST_SIGN_IN]}.get(self.trigger, [])

    def closes(self):
        """True if it is an off-boarding: leaver work that ends in a closed account."""
        return self.category == "leaver" and any(task.kind in ("disableUserAccount", "deleteUser") for task in self.tasks)

    def due(self, value, zone=UTC):
        """The due instant of a date value of somebody in `zone`, or None if the value is unknown. Not for changes: those are due
        when seen.
        """
        instant = parse_date(value, zone, ends=self.settings.get("attribute") == LEAVE_DATE)
        if instant is None:
            return None
        if self.trigger == "userInactivity":
            return instant + datetime.timedelta(days=self.settings["inactivityPeriodInDays"])
        return move(instant, zone, self.settings.get("offsetInDays", 0), self.settings.get("at"))


def read_task(workflow, task):
    """One task of a workflow's spec."""
    kinds = set(task) - {"name", "displayName", "description", "isEnabled", "continueOnError"}
    if len(kinds) != 1 or not kinds <= KNOWN_TASKS or not task.get("isEnabled", True):
        raise NotModelled(f"Workflow {workflow}: task {task}")
    kind, = kinds
    return Task(task["name"], kind, task[kind] or {})


def versioned_content(spec):
    """The part of a workflow's spec of which versions are made, with its defaults written out."""
    tasks = []
    for task in spec["tasks"]:
        content = {key: value for key, value in task.items() if key not in ("displayName", "description")}
        tasks.append({"isEnabled": True, "continueOnError": False} | content)
    conditions = spec.get("executionConditions")
    return [spec["category"], spec.get("directory"), conditions, tasks]


def versions_of(revisions):
    """[(instant, version number, spec)] for each time that another version begins. A deleted workflow begins none."""
    found = []
    for revision in revisions:
        if revision.spec is None:
            continue
        if not found or versioned_content(found[-1][2]) != versioned_content(revision.spec):
            found.append((revision.at, len(found) + 1, revision.spec))
    return found
