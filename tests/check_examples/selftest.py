"""Tests of the checker: outputs that are right are accepted, every planted fault is found, and the semantics hold in small."""

import copy
import datetime

import ledger

from . import csv_data, scenarios
from .documents import parse_instant
from .output import BadOutput
from .synthesis import INSTANT, synthesise

# Instants of the first tick after the start; a tenant's ticks may have any offset.
OFFSETS = [datetime.timedelta(0), datetime.timedelta(minutes=1), datetime.timedelta(hours=1, minutes=37),
           datetime.timedelta(hours=2, minutes=59, seconds=59)]


def shift(text, **by):
    """An instant, moved."""
    return (parse_instant(text) + datetime.timedelta(**by)).strftime(INSTANT)


class Faults:
    """Faults that are planted into a right output. Each method plants one, by chance of `choose`."""

    def __init__(self, document, choose):
        self.items = document["items"]
        self.choose = choose

    def any(self, kind, test=lambda item: True):
        """One object of a kind."""
        return self.choose([item for item in self.items if item["kind"] == kind and test(item)])

    def result(self):
        """One result, with its slice."""
        piece = self.any("RunSlice")
        return piece, self.choose(piece["results"])

    def drop_result(self):
        piece, result = self.result()
        piece["results"].remove(result)

    def extra_subject(self):
        piece, result = self.result()
        inside = {entry["subject"] for entry in piece["results"]}
        stranger = self.any("User", lambda item: item["metadata"]["name"] not in inside)
        piece["results"].append(result | {"subject": stranger["metadata"]["name"]})

    def twice(self):
        piece, result = self.result()
        again = copy.deepcopy(result)
        again["startedDateTime"] = again["completedDateTime"] = shift(result["completedDateTime"], seconds=60)
        piece["results"].append(again)

    def too_early(self):
        _, result = self.result()
        result["startedDateTime"] = shift(result["startedDateTime"], hours=-4)

    def too_late(self):
        _, result = self.result()
        result["startedDateTime"] = shift(result["startedDateTime"], hours=4)
        result["completedDateTime"] = shift(result["completedDateTime"], hours=4)

    def wrong_due(self):
        _, result = self.result()
        # The due instant of a change is allowed to be a few minutes late, so a second would not do.
        result["due"] = shift(result["due"], hours=-1)

    def wrong_version(self):
        run = self.any("Run")
        run["spec"]["source"]["workflow"]["version"] += 1

    def wrong_workflow(self):
        run = self.any("Run")
        source = run["spec"]["source"]["workflow"]
        source["name"] = self.any("Workflow", lambda item: item["metadata"]["name"] != source["name"])["metadata"]["name"]

    def canceled(self):
        _, result = self.result()
        result["processingStatus"] = "canceled"

    def task_missing(self):
        _, result = self.result()
        result["tasks"].pop()

    def task_failed(self):
        _, result = self.result()
        self.choose(result["tasks"])["processingStatus"] = "failed"

    def task_info(self):
        _, result = self.result()
        task = result["tasks"][0]
        task["processingInfo"] = None if task["processingInfo"] else "as wanted before"

    def run_failed(self):
        self.any("Run")["status"]["processingStatus"] = "completedWithErrors"

    def run_without_label(self):
        self.any("RunSlice")["metadata"]["labels"] = {}

    def empty_run(self):
        run = copy.deepcopy(self.any("Run"))
        run["metadata"]["name"] += "9"
        self.items.append(run)

    def version_too_many(self):
        version = copy.deepcopy(self.any("WorkflowVersion"))
        version["metadata"]["name"] = version["metadata"]["name"].rsplit("-v", 1)[0] + "-v7"
        self.items.append(version)

    def version_too_few(self):
        self.items.remove(self.any("WorkflowVersion"))

    def not_ready(self):
        self.any("Workflow")["status"]["conditions"][0]["status"] = "False"

    def account_missing(self):
        self.items.remove(self.any("Account"))

    def account_enabled(self):
        spec = self.any("Account")["spec"]
        spec["accountEnabled"] = not spec["accountEnabled"]

    def account_group(self):
        spec = self.any("Account")["spec"]
        spec["memberOf"] = spec["memberOf"][1:] if spec["memberOf"] else [self.any("Group")["metadata"]["name"]]

    def account_group_twice(self):
        spec = self.any("Account", lambda item: item["spec"]["memberOf"])["spec"]
        spec["memberOf"] = spec["memberOf"] * 2

    def account_attributes(self):
        self.any("Account")["spec"]["attributes"] = {"companyName": "Initech"}

    def account_deleted(self):
        spec = self.any("Account")["spec"]
        spec["deletedAt"] = shift(spec["deletedAt"], hours=1) if "deletedAt" in spec else "2010-01-01T00:00:00Z"

    def user_changed(self):
        self.any("User")["spec"]["department"] = "Elsewhere"

    def user_missing(self):
        self.items.remove(self.any("User"))

    def missed(self):
        chunk = self.any("OccurrenceLedger")
        if "entries" in chunk:
            chunk["entries"][0]["state"] = "missed"
        else:
            chunk["packed"][0] = ledger.write(ledger.read(chunk["packed"][0]) | {"state": "missed"})


# (member of a record, another value for it)
CSV_FAULTS = [("employeeHireDate", "2008-01-01"), ("department", "Elsewhere"), ("manager", "nobody"), ("jobTitle", "Clerk"),
              ("mail", "x@y.example"), ("employeeLeaveDateTime", "2012-01-01")]


def csv_faults(folder, reckon):
    """The members of records whose falsification the comparison with the CSV files does not find."""
    unseen = []
    for member, value in CSV_FAULTS:
        example = copy.deepcopy(reckon(folder)[0])
        first, *_ = example.objects["User"].values()
        first[0].spec[member] = value
        if not csv_data.check_csv(folder, example, None):
            unseen.append(member)
    return unseen


def run(examples, namespaces, reckon, check):
    """Runs every self-test and prints what it did. 0 if all is well, else 1."""
    failures, planted = scenarios.run(), 0
    count = len(scenarios.SCENARIOS) + len(scenarios.RULES)
    names = [name for name in vars(Faults) if not name.startswith("_") and name not in ("any", "result")]
    for name, namespace in namespaces.items():
        example, reckoning, occurrences, accounts = reckon(examples / name)
        for offset in OFFSETS:
            document = synthesise(example, reckoning, occurrences, accounts, namespace, offset)
            differences, _ = check(name, document)
            failures += [f"{name}, offset {offset}: a right output is refused: {text}" for text in differences[:5]]
        for fault in names:
            # The first, the last and one from the middle of what a fault can be planted into.
            for choose in (lambda found: found[0], lambda found: found[-1], lambda found: found[len(found) // 2]):
                broken = copy.deepcopy(document)
                getattr(Faults(broken, choose), fault)()
                planted += 1
                if not is_refused(check, name, broken):
                    failures.append(f"{name}: the fault {fault} is not found")
    spoilt = csv_faults(examples / "adventure-works", reckon)
    failures += [f"adventure-works: a record that is not that of the CSV files is not found: {what}" for what in spoilt]
    planted += len(CSV_FAULTS)
    print(f"{'FAILED' if failures else 'ok'}  {count} scenarios and rules, {len(OFFSETS) * len(namespaces)} right outputs, "
          f"{planted} planted faults of {len(names)} kinds")
    for failure in failures:
        print(f"  - {failure}")
    return 1 if failures else 0


def is_refused(check, name, document):
    """True if the checker finds a difference, or no sense, in an output."""
    try:
        return bool(check(name, document)[0])
    except BadOutput:
        return True
