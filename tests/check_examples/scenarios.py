"""The semantics in small: one workflow or two, one person, and what must come of it."""

from .dates import zone_of
from .documents import Example, NotModelled, arrange, parse_duration, parse_instant
from .occurrences import Ambiguous, Reckoning
from .rules import Rule

START = "2026-02-01T00:00:00Z"
END = "2026-04-01T00:00:00Z"
PERSON = {"department": "Sales", "employeeHireDate": "2020-01-01"}


def workflow(name, category, trigger, rule="department ne 'None'", at=START, **more):
    """The document of a workflow."""
    return document("Workflow", name, at, {
        "category": category, "isSchedulingEnabled": True, "executionConditions": {"scope": {"rule": rule}, "trigger": trigger},
        "tasks": [{"name": "disable", "disableUserAccount": {}}]} | more)


def hire(offset=0, **more):
    """A trigger on the hire date."""
    return {"timeBasedAttribute": {"attribute": "employeeHireDate", "offsetInDays": offset} | more}


def leave(offset=0, **more):
    """A trigger on the leave date."""
    return {"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": offset} | more}


def person(at=START, **record):
    """The record of the one person."""
    return document("User", "p", at, PERSON | record)


def document(kind, name, at, spec):
    """A document that is applied at an instant."""
    return {"kind": kind, "metadata": {"name": name, "annotations": {"tenure.dev/simulate-at": at}}, "spec": spec}


CHANGE = {"attributeChange": {"attributes": ["department"]}}
MOVER = workflow("mover", "mover", CHANGE, "department eq 'Marketing'")
LEAVER = workflow("leaver", "leaver", leave())
JOINER = workflow("joiner", "joiner", hire())
INACTIVE = workflow("w", "leaver", {"userInactivity": {"inactivityPeriodInDays": 10}})

# (what, documents, [outcome workflow @ begin] or the exception)
SCENARIOS = [
    ("offset -7, hired in 10 days: when due",
     [workflow("w", "joiner", hire(-7)), person(employeeHireDate="2026-02-11")], ["planned w @ 2026-02-04T00"]),
    ("offset -7, hired in 5 days: two days late",
     [workflow("w", "joiner", hire(-7)), person("2026-02-10T00:00:00Z", employeeHireDate="2026-02-15")],
     ["planned w @ 2026-02-10T00"]),
    ("offset -7, hired in 3 days: missed",
     [workflow("w", "joiner", hire(-7)), person("2026-02-12T00:00:00Z", employeeHireDate="2026-02-15")],
     ["missed w @ 2026-02-12T00"]),
    ("offset 0, hired on the 23rd, recorded on the 24th",
     [JOINER, person("2026-02-24T09:00:00Z", employeeHireDate="2026-02-23")], ["planned joiner @ 2026-02-24T09"]),
    ("enabled over people hired years ago: nothing", [JOINER, person()], []),
    ("the start catches up three days", [JOINER, person(employeeHireDate="2026-01-30")], ["planned joiner @ 2026-02-01T00"]),
    ("a longer window", [workflow("w", "joiner", hire(), catchUpWindow="10d"), person(employeeHireDate="2026-01-24")],
     ["planned w @ 2026-02-01T00"]),
    ("a hire date that is changed counts again",
     [workflow("w", "joiner", hire(7)), person(employeeHireDate="2026-02-10"),
      person("2026-02-20T12:00:00Z", employeeHireDate="2026-02-12")],
     ["planned w @ 2026-02-17T00", "planned w @ 2026-02-20T12"]),
    ("time of day and zone",
     [workflow("w", "leaver", leave(-1, at="06:00")), person(employeeLeaveDateTime="2026-03-02T17:00:00Z")],
     ["planned w @ 2026-03-01T06"]),
    ("a date in another zone", [JOINER, person(employeeHireDate="2026-02-10T01:00:00+02:00")], ["planned joiner @ 2026-02-09T23"]),
    ("no date is unknown", [JOINER, person(employeeHireDate="2026-02-30")], []),
    ("cleared before it is due", [LEAVER, person(employeeLeaveDateTime="2026-02-20"), person("2026-02-10T00:00:00Z")], []),
    ("cleared after it was due, and set again to the same day",
     [LEAVER, person(employeeLeaveDateTime="2026-02-20"), person("2026-02-22T00:00:00Z"),
      person("2026-02-25T09:00:00Z", employeeLeaveDateTime="2026-02-20")],
     ["planned leaver @ 2026-02-20T23", "planned leaver @ 2026-02-25T09"]),
    ("back and forth: each change is one occurrence",
     [MOVER] + [person(f"2026-02-1{day}T12:00:00Z", department=name)
                for day, name in enumerate(["Sales", "Marketing", "Sales", "Marketing"])],
     ["planned mover @ 2026-02-11T12", "planned mover @ 2026-02-13T12"]),
    ("the first sight is no change", [MOVER, person("2026-02-10T00:00:00Z", department="Marketing")], []),
    ("another attribute is no change",
     [MOVER, person(department="Marketing"), person("2026-02-10T00:00:00Z", department="Marketing", jobTitle="Clerk")], []),
    ("not scheduled", [workflow("w", "joiner", hire(), isSchedulingEnabled=False), person(employeeHireDate="2026-02-10")], []),
    ("enabled within the window of a change",
     [MOVER, workflow("mover", "mover", CHANGE, at="2026-02-10T00:00:00Z", isEnabled=False),
      workflow("mover", "mover", CHANGE, at="2026-02-12T00:00:00Z"),
      person(), person("2026-02-11T00:00:00Z", department="Marketing")], ["planned mover @ 2026-02-12T00"]),
    ("inactivity counts anew with each sign-in",
     [INACTIVE, person(lastSuccessfulSignInDateTime="2026-01-25T10:00:00Z"),
      person("2026-02-03T10:00:00Z", lastSuccessfulSignInDateTime="2026-02-03T10:00:00Z")], ["planned w @ 2026-02-13T10"]),
    ("never signed in", [INACTIVE, person()], []),
    ("a leaver supersedes a joiner that catches up",
     [JOINER, LEAVER, person("2026-02-20T12:00:00Z", employeeHireDate="2026-02-18", employeeLeaveDateTime="2026-02-19")],
     ["superseded joiner @ 2026-02-20T12", "planned leaver @ 2026-02-20T12"]),
    ("a later hire runs after the leaver",
     [JOINER, LEAVER, person(employeeLeaveDateTime="2026-02-10", employeeHireDate="2026-02-18")],
     ["planned leaver @ 2026-02-10T23", "planned joiner @ 2026-02-18T00"]),
    ("a leaver supersedes a later move",
     [MOVER, LEAVER, person(employeeLeaveDateTime="2026-02-10"),
      person("2026-02-12T00:00:00Z", department="Marketing", employeeLeaveDateTime="2026-02-10")],
     ["planned leaver @ 2026-02-10T23", "superseded mover @ 2026-02-12T00"]),
    ("which comes first is unclear",
     [JOINER, LEAVER, person(employeeHireDate="2026-02-10", employeeLeaveDateTime="2026-02-10T01:00:00Z")], Ambiguous),
    ("cleared before an evaluation must have come",
     [LEAVER, person(employeeLeaveDateTime="2026-02-20"), person("2026-02-21T01:00:00Z")], Ambiguous),
    ("a trigger that is not modelled", [workflow("w", "joiner", {"membershipChange": {"changeType": "add"}}), person()], NotModelled),
]

# (rule, whether it matches a person with these attributes)
RULES = [
    ("department eq 'R&D'", {"department": "R&D"}, True),
    ("department eq 'sales'", {"department": "Sales"}, False),
    ("department ne 'Sales'", {}, True),
    ("department in ('Sales', 'O''Neill')", {"department": "O'Neill"}, True),
    ("startsWith(jobTitle, 'Chief') and not (department eq 'Sales')", {"jobTitle": "Chief Clerk", "department": "IT"}, True),
    ("city eq 'A' or city eq 'B' and department eq 'C'", {"city": "A"}, True),
    ("(city eq 'A' or city eq 'B') and department eq 'C'", {"city": "A"}, False),
    ("employeeHireDate lt employeeLeaveDateTime", {"employeeHireDate": "2026-03-02", "employeeLeaveDateTime": "2026-03-02"}, True),
    # The day begins at 15:00 UTC of the day before in Tokyo, and at midnight in UTC.
    ("employeeHireDate le createdDateTime", {"employeeHireDate": "2026-03-02", "createdDateTime": "2026-03-01T20:00:00Z"}, False),
    ("employeeHireDate le createdDateTime",
     {"employeeHireDate": "2026-03-02", "createdDateTime": "2026-03-01T20:00:00Z", "timeZone": "Asia/Tokyo"}, True),
    ("employeeHireDate le employeeLeaveDateTime", {"employeeHireDate": "2026-03-02", "timeZone": "Asia/Tokyo"}, False),
]


def reckon(documents):
    """What comes of a scenario: [outcome workflow @ begin to the hour], or the class of the exception."""
    example = Example("scenario", parse_instant(START), parse_instant(END), parse_duration("3h"), arrange(documents, parse_instant(START)))
    try:
        found = Reckoning(example).all_occurrences()
    except (Ambiguous, NotModelled) as error:
        return type(error)
    found.sort(key=lambda entry: (entry.begin, entry.workflow))
    return [f"{entry.outcome} {entry.workflow} @ {entry.begin:%Y-%m-%dT%H}" for entry in found]


def run():
    """The scenarios and rules that come out otherwise than they must."""
    failures = []
    for what, documents, expected in SCENARIOS:
        found = reckon(documents)
        if found != expected:
            failures.append(f"scenario {what!r}: {found}, must be {expected}")
    for text, attributes, expected in RULES:
        if Rule(text).matches(attributes, zone_of(attributes, {})) is not expected:
            failures.append(f"rule {text!r} on {attributes}: must be {expected}")
    return failures
