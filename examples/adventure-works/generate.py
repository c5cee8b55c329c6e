#!/usr/bin/env python3
"""Writes the YAML files of this example from employees.csv and department-history.csv.

Python's standard library only, and deterministic: the same CSV files give the same bytes. Run it in any directory:

    python3 examples/adventure-works/generate.py

Real: people, hire dates, managers, departments and the six moves. Invented, because the data has nobody who left:
the twenty leave dates. Every document that bears or clears an invented date is annotated with INVENTED.
"""

import csv
import datetime
import json
import pathlib
import re
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
NAMESPACE = "adventure-works"
API_VERSION = "tenure.dev/v1alpha1"
PLAYED_FROM = "2006-06-01T00:00:00Z"
PLAYED_UNTIL = "2014-01-01T00:00:00Z"
# The hour at which an invented clerk of personnel records a move or a leave date.
RECORDED_AT = "T09:00:00Z"
EMPLOYEE_ID = "adventure-works.example/employee-id"
INVENTED = "adventure-works.example/invented"
# Every 14th person of the list leaves: 290 / 14 gives twenty of them, in eight departments.
EVERY = 14
# Invented leave dates end here, so that even one that is postponed by 45 days falls into the time played.
LAST_LEAVE_DATE = datetime.date(2013, 11, 1)


# --- reading the CSV files -------------------------------------------------------------------------------------------

def read_people():
    """The employees in the order of their number, each with its departments in the order of time."""
    with open(HERE / "employees.csv", encoding="utf-8", newline="") as file:
        people = sorted(csv.DictReader(file), key=lambda row: int(row["employeeId"]))
    with open(HERE / "department-history.csv", encoding="utf-8", newline="") as file:
        history = sorted(csv.DictReader(file), key=lambda row: row["startDate"])
    for person in people:
        person["departments"] = [row for row in history if row["employeeId"] == person["employeeId"]]
        person["name"] = slug(person["login"])
    names = {person["employeeId"]: person["name"] for person in people}
    for person in people:
        person["manager"] = names.get(person["managerEmployeeId"])
    return people


def slug(text):
    """`text` as a Kubernetes name: lower case, accents removed, hyphens for everything else."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")


# --- writing YAML ----------------------------------------------------------------------------------------------------

def scalar(value):
    """A YAML scalar: plain if nothing could read it as anything but this string, else in double quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    reserved = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9 ./@()'-]*", value) and value == value.strip() and value.lower() not in reserved:
        return value
    return json.dumps(value, ensure_ascii=False)


def to_yaml(value, indent=0):
    """The lines of a mapping or a list in block style; lists of scalars in flow style."""
    pad = "  " * indent
    lines = []
    if isinstance(value, dict):
        for key, item in value.items():
            key = scalar(key)
            if item == {} or (isinstance(item, list) and not any(isinstance(entry, dict) for entry in item)):
                inner = "{}" if item == {} else "[" + ", ".join(scalar(entry) for entry in item) + "]"
                lines.append(f"{pad}{key}: {inner}")
            elif isinstance(item, (dict, list)):
                lines.append(f"{pad}{key}:")
                lines.extend(to_yaml(item, indent + 1))
            else:
                lines.append(f"{pad}{key}: {scalar(item)}")
        return lines
    for item in value:
        first, *rest = to_yaml(item, indent + 1)
        lines.append(f"{pad}- {first.lstrip()}")
        lines.extend(rest)
    return lines


def document(kind, name, spec, annotations=None, labels=None):
    """One object of this example's namespace."""
    metadata = {"name": name, "namespace": NAMESPACE}
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def write(file_name, comment, documents):
    """Writes `documents` to one file, below a comment that says what they are."""
    head = ["# Written by generate.py from the CSV files; do not edit."]
    head += [f"# {line}".rstrip() for line in comment.strip().splitlines()]
    body = "\n---\n".join("\n".join(to_yaml(entry)) for entry in documents)
    (HERE / file_name).write_text("\n".join(head) + "\n" + body + "\n", encoding="utf-8")


# --- the tenant ------------------------------------------------------------------------------------------------------

def tenant():
    """The directory and the schedule: the default interval, and a history that keeps everything that was played."""
    schedule = {
        "interval": "3h",
        "directory": "people",
        "historyLimits": {"days": 3650, "runsPerWorkflow": 100000},
    }
    times = {"tenure.dev/simulate-from": PLAYED_FROM, "tenure.dev/simulate-until": PLAYED_UNTIL}
    return [document("Directory", "people", {"embedded": {}}), document("TenantSchedule", "default", schedule, times)]


def groups(departments):
    """One security group for each department."""
    return [document("Group", f"dept-{slug(name)}", {"displayName": name, "type": "security"}) for name in departments]


def workflow(name, category, display_name, rule, trigger, tasks):
    """A workflow that is enabled and scheduled."""
    return document("Workflow", name, {
        "category": category,
        "displayName": display_name,
        "isEnabled": True,
        "isSchedulingEnabled": True,
        "executionConditions": {"scope": {"rule": rule}, "trigger": trigger},
        "tasks": tasks,
    })


def workflows(departments):
    """A joiner and a mover workflow for each department, and one leaver workflow for all."""
    result = []
    for name in departments:
        own = f"dept-{slug(name)}"
        result.append(workflow(
            f"joiner-{slug(name)}", "joiner", f"Join {name}", f"department eq '{name}'",
            {"timeBasedAttribute": {"attribute": "employeeHireDate", "offsetInDays": 0}},
            [{"name": "enable", "enableUserAccount": {}}, {"name": "join-group", "addUserToGroups": {"groups": [own]}}],
        ))
    for name in departments:
        own = f"dept-{slug(name)}"
        others = [f"dept-{slug(other)}" for other in departments if other != name]
        result.append(workflow(
            f"mover-{slug(name)}", "mover", f"Move to {name}", f"department eq '{name}'",
            {"attributeChange": {"attributes": ["department"]}},
            [{"name": "join-group", "addUserToGroups": {"groups": [own]}},
             {"name": "leave-others", "removeUserFromGroups": {"groups": others}}],
        ))
    result.append(workflow(
        "leaver", "leaver", "Leave the company", "employeeType in ('Salaried', 'Hourly')",
        {"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": 0, "at": "18:00"}},
        [{"name": "disable", "disableUserAccount": {}}, {"name": "leave-all-groups", "removeUserFromAllGroups": {}}],
    ))
    return result


# --- the people ------------------------------------------------------------------------------------------------------

def user(person, department, leave_date=None, annotations=None):
    """The record of one person as it is from some moment on."""
    spec = {
        "displayName": person["givenName"],
        "givenName": person["givenName"],
        "mail": person["mail"],
        "userPrincipalName": person["mail"],
        "jobTitle": person["jobTitle"],
        "department": department,
        "employeeType": "Salaried" if person["isSalaried"] == "1" else "Hourly",
        "employeeHireDate": person["hireDate"],
    }
    if leave_date:
        spec["employeeLeaveDateTime"] = leave_date.isoformat()
    if person["manager"]:
        spec["manager"] = person["manager"]
    spec["initialAccount"] = {"accountEnabled": False}
    return document("User", person["name"], spec, annotations, {EMPLOYEE_ID: person["employeeId"]})


def moves(people):
    """The six real moves: the record is applied again with the new department, on the day that the move began."""
    found = [(row["startDate"], person, row["department"]) for person in people for row in person["departments"][1:]]
    return [
        user(person, department, annotations={"tenure.dev/simulate-at": date + RECORDED_AT})
        for date, person, department in sorted(found, key=lambda entry: (entry[0], entry[1]["name"]))
    ]


def leave_date_of(person, position):
    """An invented day, at least 120 days after the hire and after the last move."""
    start = datetime.date.fromisoformat(person["departments"][-1]["startDate"])
    date = start + datetime.timedelta(days=120 + 41 * position % 500)
    return min(date, LAST_LEAVE_DATE - datetime.timedelta(days=position))


def leave_records(position, date):
    """What personnel records about one leaver: (day of the record, leave date in it or None, why)."""
    def day(offset):
        return date + datetime.timedelta(days=offset)

    stories = {
        2: [(day(5), date, "recorded five days too late")],
        5: [(day(-30), date, "announced"), (day(-10), None, "stays after all")],
        8: [(day(-30), date, "announced"), (day(-20), None, "cleared by mistake"), (day(-10), date, "the same day again")],
        11: [(day(-30), date, "announced"), (day(-5), day(45), "postponed by 45 days")],
        14: [(day(-30), date, "announced"), (day(3), None, "cleared after the off-boarding"),
             (day(10), date, "the same day again: it counts again")],
    }
    return stories.get(position, [(day(-30), date, "announced")])


def leave_dates(people):
    """The records of the twenty invented leavers, in the order of time."""
    found = []
    for position, person in enumerate(people[EVERY - 1::EVERY]):
        for recorded, date, why in leave_records(position, leave_date_of(person, position)):
            annotations = {"tenure.dev/simulate-at": recorded.isoformat() + RECORDED_AT, INVENTED: f"leave date: {why}"}
            department = person["departments"][-1]["department"]
            found.append((recorded, person["name"], user(person, department, date, annotations)))
    return [entry for _, _, entry in sorted(found, key=lambda item: item[:2])]


def main():
    """Writes every file of the example."""
    people = read_people()
    departments = sorted({row["department"] for person in people for row in person["departments"]})
    write("tenant.yaml", "The embedded directory, and the schedule with the time that is played.", tenant())
    write("groups.yaml", "One group for each of the 16 departments.", groups(departments))
    write("workflows.yaml", "Joiners and movers of each department, and the leavers of all.", workflows(departments))
    write("users.yaml", "All 290 people, as they are on the day of their hire. Their accounts are disabled until then.",
          [user(person, person["departments"][0]["department"]) for person in people])
    write("moves.yaml", "The six real moves. A document that is applied later replaces the record.", moves(people))
    write("leave-dates.yaml", "INVENTED: the data has no leave dates. Twenty people, chosen by a fixed rule, leave here.",
          leave_dates(people))


if __name__ == "__main__":
    main()
