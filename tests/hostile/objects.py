"""What Mallory writes by the hundred. Each function makes the object of that number, as processes of their own ask for it."""

from tests.node.tenant import now, of

# Annotations that are legal in an object that kubectl has applied.
COPY_OF_KUBECTL = "kubectl.kubernetes.io/last-applied-configuration"
LARGE = 250_000
ATTACK = "attack"
TEXTS = ["city", "companyName", "country", "faxNumber", "jobTitle", "mobilePhone", "officeLocation", "postalCode", "state", "streetAddress"]
LONG_NAMES = [f"{'x' * 247}-{number:05}" for number in range(1000)]


def labelled(attack, made):
    """The object, so that those of this attack are found again: all there are would be many megabytes."""
    made["metadata"]["labels"] = {ATTACK: attack}
    return made


def run_of(workflow, users):
    """The spec of a Run that Mallory asks for."""
    return {"source": {"workflow": {"name": workflow}}, "executionType": "onDemand", "subjects": {"users": users}, "requestedBy": "mallory@hostile"}


def small_spec():
    """A Workflow that nobody would mind."""
    return {"category": "mover", "tasks": [{"name": "tidy", "updateUserAttributes": {"attributes": [{"attribute": "city", "value": "Berlin"}]}}]}


def long_value(edit):
    """What that edit wrote."""
    return f"{edit:04}" + "x" * 1020


def long_spec(edit):
    """A Workflow with as much in it as it may have of one task, as somebody edited it so many times."""
    values = [{"attribute": name, "value": long_value(edit)} for name in TEXTS]
    tasks = [{"name": f"task-{index}", "updateUserAttributes": {"attributes": values}} for index in range(25)]
    return {"category": "mover", "tasks": tasks}


def costly_rule(number, width):
    """Nine patterns: as large as they may be, or, where they are wide, as large as was legal when nothing bounded them."""
    patterns = [rf"^\w{{{width}}}{number:03}{index}$" for index in range(9)]
    return " or ".join(f"matches(department, '{pattern}')" for pattern in patterns)


def with_rule(category, rule):
    """A scheduled Workflow for whom that rule says."""
    attribute = {"joiner": "employeeHireDate", "mover": "employeeHireDate", "leaver": "employeeLeaveDateTime"}[category]
    tasks = {"leaver": [{"name": "disable", "disableUserAccount": {}}], "joiner": [{"name": "enable", "enableUserAccount": {}}]}
    conditions = {"scope": {"rule": rule}, "trigger": {"timeBasedAttribute": {"attribute": attribute, "offsetInDays": 0}}}
    return {"category": category, "isSchedulingEnabled": True, "executionConditions": conditions, "tasks": tasks.get(category, small_spec()["tasks"])}


def costly(number):
    """Half of them as large as a rule may be, half larger."""
    spec = with_rule("joiner", costly_rule(number, 1 if number % 2 else 40))
    return labelled("rules", of("Workflow", f"costly-{number:03}", spec=spec))


def small(number):
    """One of many Workflows."""
    return labelled("names", of("Workflow", f"many-{number:04}", spec=small_spec()))


def directory(number):
    """One of many Directories."""
    return of("Directory", f"many-{number:03}", spec={"embedded": {}})


def large_run(number):
    """A Run with 1,000 long names, and kubectl's copy of it."""
    made = of("Run", f"large-{number}", spec=run_of("nobody-knows-it", LONG_NAMES))
    made["metadata"]["annotations"] = {COPY_OF_KUBECTL: "x" * LARGE}
    return made


def large_user(number):
    """A User with kubectl's copy."""
    made = of("User", f"large-{number}", spec={"displayName": "x" * 200})
    made["metadata"]["annotations"] = {COPY_OF_KUBECTL: "x" * LARGE}
    return made


def leaver(number):
    """Somebody whom a Run off-boards."""
    return of("User", f"leaver-{number}", spec={"displayName": "x"})


def leaves(number):
    """The Run that does."""
    return labelled("leavers", of("Run", f"leaves-{number}", spec=run_of("offboarding", [f"leaver-{number}"])))


def astray(number):
    """A Run with as long a name as there may be, of a Workflow with such a name that is not there."""
    return labelled("astray", of("Run", f"{'r' * 47}-{number:04}", spec=run_of("w" * 36, ["kira"])))


def leaving():
    """What is changed of somebody who leaves."""
    return {"spec": {"employeeLeaveDateTime": now(-1)}}


def schedule(instant):
    """A schedule that is frozen from then on."""
    return {"directory": "people", "interval": "3h", "freezeWindows": [{"name": "odd", "from": instant, "until": "2026-01-02T00:00:00Z"}]}
