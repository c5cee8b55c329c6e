"""AdventureWorks: reads the CSV files, and compares the YAML documents and the final accounts with them directly."""

import csv
import pathlib
import re
import unicodedata

from .documents import SIMULATE_AT
from .dates import parse_date

INVENTED = "adventure-works.example/invented"
EMPLOYEE_ID = "adventure-works.example/employee-id"
# How many people have an invented leave date at some time.
LEAVERS = 20


def read(folder, file_name):
    """The rows of one CSV file."""
    with open(pathlib.Path(folder) / file_name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def group_of(department):
    """The group of a department."""
    return "dept-" + "-".join(re.findall("[a-z]+", department.lower()))


def check_csv(folder, example, output):
    """Differences between the CSV files on one side, the YAML documents and the output's accounts on the other."""
    employees, rows = read(folder, "employees.csv"), read(folder, "department-history.csv")
    users = example.objects["User"]
    by_id = {revisions[0].metadata["labels"][EMPLOYEE_ID]: name for name, revisions in users.items()}
    differences = []
    if len(by_id) != len(users) or set(by_id) != {row["employeeId"] for row in employees}:
        differences.append("users.yaml and employees.csv have different people")
        return differences
    for employee in employees:
        name = by_id[employee["employeeId"]]
        history = sorted((row for row in rows if row["employeeId"] == employee["employeeId"]), key=lambda row: row["startDate"])
        differences += check_record(employee, name, by_id.get(employee["managerEmployeeId"]), users[name])
        differences += check_departments(name, history, users[name], example.start)
        differences += check_leave_dates(name, history, users[name])
        if output is not None:
            differences += check_account(name, history, users[name], example.end, output)
    leavers = [name for name, revisions in users.items() if any("employeeLeaveDateTime" in entry.spec for entry in revisions)]
    if len(leavers) != LEAVERS:
        differences.append(f"{len(leavers)} people have a leave date, must be {LEAVERS}")
    return differences


def check_record(employee, name, manager, revisions):
    """Every revision of the record bears the facts of employees.csv."""
    expected = {"mail": employee["mail"], "givenName": employee["givenName"], "jobTitle": employee["jobTitle"],
                "employeeHireDate": employee["hireDate"], "manager": manager}
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", employee["login"]) if letter.isascii())
    differences = [] if name == plain else [f"User {name}: its login is {employee['login']}"]
    for revision in revisions:
        for key, value in expected.items():
            if revision.spec.get(key) != value:
                differences.append(f"User {name} at {revision.at}: {key} is {revision.spec.get(key)!r}, CSV {value!r}")
    return differences


def check_departments(name, history, revisions, start):
    """The department changes on the days of department-history.csv and on no other."""
    found, last = [], None
    for revision in revisions:
        if revision.spec["department"] != last:
            last = revision.spec["department"]
            found.append((revision.at.date().isoformat() if revision.at > start else None, last))
    expected = [(row["startDate"] if index else None, row["department"]) for index, row in enumerate(history)]
    return [] if found == expected else [f"User {name}: departments {found}, CSV {expected}"]


def check_leave_dates(name, history, revisions):
    """Leave dates are marked as invented, and come after the hire and the last move."""
    differences = []
    for revision in revisions:
        notes, date = revision.metadata.get("annotations") or {}, revision.spec.get("employeeLeaveDateTime")
        if date and (INVENTED not in notes or SIMULATE_AT not in notes):
            differences.append(f"User {name} at {revision.at}: a leave date that is not marked as invented")
        if date and date <= history[-1]["startDate"]:
            differences.append(f"User {name}: leaves on {date}, but has a department from {history[-1]['startDate']} on")
    return differences


def check_account(name, history, revisions, end, output):
    """Who left, or had left when the date was cleared, is disabled and in no group; everybody else is in the last department's."""
    left = False
    for index, revision in enumerate(revisions):
        until = revisions[index + 1].at if index + 1 < len(revisions) else end
        date = parse_date(revision.spec.get("employeeLeaveDateTime"))
        left = left or (date is not None and date.replace(hour=18) < until)
    expected = (False, []) if left else (True, [group_of(history[-1]["department"])])
    account = output.of("Account").get(name)
    if account is None:
        return [f"Account {name}: there is none"]
    found = (account["spec"].get("accountEnabled"), account["spec"].get("memberOf") or [])
    return [] if found == expected else [f"Account {name}: {found}, by the CSV files {expected}"]
