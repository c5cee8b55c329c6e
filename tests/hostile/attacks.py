"""Mallory may write everything in one tenant that its roles for people allow, and has a stolen token of its runner. Each attack
says what has to come of it; what did not is in `wrong`.
"""

import collections
import copy
import threading
import time

from tests.charts.api import Api, person, service_account, wait
from tests.hostile.machine import OTHERS
from tests.node.kills import in_parallel
from tests.node.tenant import helm, is_true, now, of, path

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
# What RFC 3339 does not know, and the API server's check of the format admits.
ODD_INSTANTS = ["2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00+24:00"]
# Annotations that are legal in an object that kubectl has applied.
COPY_OF_KUBECTL = "kubectl.kubernetes.io/last-applied-configuration"
LARGE = 250_000
ROLES = ["author", "operator", "directory-admin", "results-reader"]


class Mallory:
    """Attacks by somebody in the tenant `name`."""

    def __init__(self, name):
        self.name, self.local = name, threading.local()
        self.who, self.runner = person(f"mallory@{name}"), service_account(name, "tenure-runner")
        self.count, self.wrong = 0, []
        # Whether there is a controller.
        self.is_served = lambda: True

    @property
    def api(self):
        """A connection of this thread's own."""
        if not hasattr(self.local, "api"):
            self.local.api = Api()
        return self.local.api

    # What was tried, and what came of it.

    def note(self, what, fine, found):
        self.count += 1
        if not fine:
            self.wrong.append(f"{what}: {found}")

    def refused(self, what, answer, text):
        """It has to fail, and for this reason."""
        fine = answer.code in (400, 403, 422) and text in answer.body.get("message", "")
        self.note(what, fine, f"expected a refusal with {text!r}, got {str(answer)[:300]}")

    def seen(self, what, condition, seconds=90):
        """It has to come to that; what the condition gave."""
        try:
            found = wait(what, lambda: not self.is_served() or condition(), seconds)
            assert self.is_served(), f"{what}: the controller has ended"
        except AssertionError as error:
            self.note(what, False, str(error))
            return None
        self.note(what, True, "")
        return found

    # Requests.

    def create(self, kind, name, who=None, metadata=None, only_ask=False, **members):
        made = of(kind, name, **members)
        made["metadata"].update(metadata or {})
        return self.api.create(path(self.name, kind) + ("?dryRun=All" if only_ask else ""), made, who or self.who)

    def must(self, kind, name, **arguments):
        return self.api.must(self.create(kind, name, **arguments))

    def get(self, kind, name):
        return self.api.must(self.api.call("GET", path(self.name, kind, name)))

    def list(self, kind, attack):
        """Those of an attack: all there are would be many megabytes."""
        return self.api.must(self.api.call("GET", f"{path(self.name, kind)}?labelSelector=attack={attack}"))["items"]

    def condition(self, kind, name, type_):
        """Status and reason."""
        entries = self.get(kind, name).get("status", {}).get("conditions", [])
        return next((f"{entry['status']} {entry['reason']}" for entry in entries if entry["type"] == type_), "")

    # The tenant.

    def install(self, *arguments):
        """The chart as it is shipped but for what is given."""
        bindings = [word for role in ROLES for word in ("--set", f"roleBindings.{role}[0].kind=User,roleBindings.{role}[0].name={self.who[0]}")]
        place = ["--namespace", self.name, "--create-namespace"]
        helm("upgrade", "--install", "tenant", "charts/tenure-tenant", *place, *bindings, *arguments)

    def is_counted(self):
        """Whether the quota counts all that it bounds."""
        quota = self.api.must(self.api.call("GET", f"/api/v1/namespaces/{self.name}/resourcequotas/tenure"))
        return quota.get("status", {}).get("used", {}).keys() == quota["spec"]["hard"].keys()

    def settle_in(self):
        """What an honest tenant has, first of all: who is due there must not suffer from what else is done."""
        self.must("Directory", "people", spec={"embedded": {}})
        conditions = {
            "scope": {"rule": "department eq 'Sales'"},
            "trigger": {"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": 0}},
        }
        tasks = [{"name": "disable", "disableUserAccount": {}}]
        self.must("Workflow", "offboarding", spec={"category": "leaver", "isSchedulingEnabled": True, "executionConditions": conditions, "tasks": tasks})
        for name in ["kira", "lena", "mara"]:
            self.must("User", name, spec={"displayName": name, "department": "Sales"})

    # A1: what the schemas admit and no type reads.

    def write_odd_instants(self):
        """Strict definitions refuse them, also to a stolen token; those of another release do not."""
        for instant in ODD_INSTANTS:
            answer = self.create("TenantSchedule", "default", only_ask=True, spec=schedule(instant))
            self.refused(f"a freeze window from {instant}", answer, "spec.freezeWindows")
        self.must("Run", "odd", spec=run_of("nobody-knows-it", ["kira"]))
        for instant in ODD_INSTANTS:
            self.refused(f"a Run that began at {instant}", self.say_began(instant), "status.startedDateTime")
        with Generous(self.api, ["runs", "tenantschedules"]):
            self.api.must(self.create("TenantSchedule", "default", spec=schedule(ODD_INSTANTS[0])))
            self.api.must(self.say_began(ODD_INSTANTS[1]))

    def say_began(self, instant):
        """By the stolen token."""
        return self.api.patch(f"{path(self.name, 'Run', 'odd')}/status", {"status": {"startedDateTime": instant}}, self.runner)

    def odd_instants_are_said(self):
        """At the objects and at the tenant; and once they are gone, no more."""
        self.seen("the Run says that it cannot be read", lambda: self.condition("Run", "odd", "Stalled") == "True Unreadable")
        self.seen("the schedule says that it cannot be read", lambda: self.condition("TenantSchedule", "default", "Stalled") == "True Unreadable")

    def mend_odd_instants(self):
        self.api.must(self.api.patch(path(self.name, "TenantSchedule", "default"), {"spec": {"freezeWindows": None}}, self.who))
        self.api.must(self.api.call("DELETE", path(self.name, "Run", "odd"), None, self.who))
        self.seen("the schedule can be read again", lambda: self.condition("TenantSchedule", "default", "Stalled").startswith("False"))
        self.seen("the tenant is evaluated", lambda: self.sealed() > 0)

    def sealed(self):
        answer = self.api.call("GET", path(self.name, "TenantLedger", "default"))
        return answer.body.get("sealedEpoch", 0) if answer.code == 200 else 0

    # A2: rules that cost.

    def write_costly_rules(self):
        """199 Workflows with nine patterns each: half of them as large as one may be, half as large as were legal once."""
        in_parallel(lambda number: self.must("Workflow", f"costly-{number:03}", metadata={"labels": {"attack": "rules"}}, spec=costly(number)), range(199))

    def costly_rules_are_said(self):
        """Each is Ready or says why not, and there is no room for all."""

        def said():
            found = collections.Counter(self.ready(item) for item in self.list("Workflow", "rules"))
            return found if found[""] == 0 else None

        found = self.seen("every costly Workflow says how it is", said, 180)
        if found:
            print(f"hostile: of 199 costly Workflows: {dict(found)}", flush=True)
            known = {"True VersionInForce", "False RulesTooLarge", "False InvalidRule"}
            self.note("costly Workflows", set(found) <= known and found["False RulesTooLarge"] > 50, found)
            self.note("costly Workflows that there is room for", found["True VersionInForce"] >= 10, found)

    @staticmethod
    def ready(item):
        """How a Workflow is, if it says so of what it is now."""
        status = item.get("status", {})
        if status.get("observedGeneration") != item["metadata"]["generation"]:
            return ""
        return next((f"{entry['status']} {entry['reason']}" for entry in status.get("conditions", []) if entry["type"] == "Ready"), "")

    # A3: large objects.

    def write_large_objects(self):
        """Runs with 1,000 long names and Users, each with as much beside its spec as anybody may have: kubectl's copy."""
        names = [f"{'x' * 247}-{number:05}" for number in range(1000)]
        large, copied = {"annotations": {"a": "x" * LARGE}}, {"annotations": {COPY_OF_KUBECTL: "x" * LARGE}}
        spec = run_of("nobody-knows-it", names)
        self.refused("a Run with a large annotation", self.create("Run", "large", metadata=large, spec=spec), "metadata.annotations")
        self.refused("a User with a large annotation", self.create("User", "large", metadata=large, spec={"displayName": "x"}), "metadata.annotations")
        in_parallel(lambda number: self.must("Run", f"large-{number}", metadata=copied, spec=spec), range(250))
        in_parallel(lambda number: self.must("User", f"large-{number}", metadata=copied, spec={"displayName": "x" * 200}), range(250))

    # A4: leavers by the hundred.

    def ask_for_leavers(self):
        """150 Runs that off-board somebody."""
        in_parallel(lambda number: self.must("User", f"leaver-{number}", spec={"displayName": "x"}), range(150))
        of_leavers = {"labels": {"attack": "leavers"}}
        in_parallel(lambda number: self.must("Run", f"leaves-{number}", metadata=of_leavers, spec=run_of("offboarding", [f"leaver-{number}"])), range(150))

    def leavers_have_places_and_no_more(self, jobs, places):
        """All of them are off-boarded in the end, some at a time."""

        def is_done():
            return sum(is_true(item, "Complete") for item in self.list("Run", "leavers")) == 150

        self.seen("150 Runs of leavers are complete", is_done, 240)
        closed = [not self.get("Account", f"leaver-{number}")["spec"]["accountEnabled"] for number in range(150)]
        self.note("150 leavers are off-boarded", all(closed), f"{sum(closed)} are")
        most = jobs.most[self.name, jobs.RUN]
        print(f"hostile: 150 Runs of leavers: {most} Jobs at the same time at most, of {places}", flush=True)
        # A Run that is complete gives its place up before its program has ended.
        self.note("Jobs at the same time", 2 <= most <= places + OTHERS, most)

    # A5: names.

    def write_more_than_is_counted(self):
        """The quota as it is shipped."""
        for number in range(1, 50):
            self.must("Directory", f"many-{number:03}", spec={"embedded": {}})
        self.refused("the 51st Directory", self.create("Directory", "many-050", spec={"embedded": {}}), "exceeded quota")
        self.refused("the 201st Workflow", self.create("Workflow", "many-0200", spec=small()), "exceeded quota")

    def write_names(self):
        """Without the quota: one Directory and three Workflows more than the head remembers."""
        wait("nobody counts any more", lambda: self.create("Workflow", "many-0200", only_ask=True, spec=small()).code < 300)
        in_parallel(lambda number: self.must("Directory", f"many-{number:03}", spec={"embedded": {}}), range(50, 100))
        of_names = {"labels": {"attack": "names"}}
        in_parallel(lambda number: self.must("Workflow", f"many-{number:04}", metadata=of_names, spec=small()), range(200, 2000))
        # In a later second: who comes last has no place.
        time.sleep(1.1)
        self.must("Directory", "many-100", spec={"embedded": {}})
        for number in range(2000, 2003):
            self.must("Workflow", f"many-{number:04}", metadata=of_names, spec=small())

    def names_are_said(self):
        placeless = "False TooManyNames"
        self.seen("the 101st Directory has no place", lambda: self.condition("Directory", "many-100", "Ready") == placeless)

        last = [f"many-{number:04}" for number in range(2000, 2003)]
        for name in last:
            self.seen(f"{name} has no place", lambda name=name: self.condition("Workflow", name, "Ready") == placeless, 120)
        without = [item["metadata"]["name"] for item in self.list("Workflow", "names") if self.ready(item) == placeless]
        self.note("those without a place", without == last, without[:10])
        self.leaves("lena", "beside too many names")

    # B1 and B2: names of what evaluations make, and what is owed.

    def take_names(self):
        """By herself she may not; by the stolen token she makes what the next evaluation wants to make."""
        spec = run_of("offboarding", ["kira"])
        for name in ["offboarding-v1", "offboarding-v1-e5", "offboarding-v1-e5-0"]:
            self.refused(f"a Run that is called {name}", self.create("Run", name, spec=spec), "for what evaluations make")
        label = {"labels": {"tenure.dev/run": "offboarding-v1-e5"}}
        self.refused("a Run with a label of the programs", self.create("Run", "labelled", metadata=label, spec=spec), "only the programs of Tenure write")
        forged = {"source": {"workflow": {"name": "offboarding", "version": 1}}, "executionType": "scheduled"}
        self.refused("a scheduled Run", self.create("Run", "offboarding-v1-e5", spec=forged), "only evaluations")
        number = self.sealed() + 1
        self.taken = f"offboarding-v1-e{number}"
        labels = {"labels": {"tenure.dev/run": self.taken, "tenure.dev/workflow": "offboarding", "tenure.dev/epoch": str(number)}}
        self.must("Run", self.taken, who=self.runner, metadata=labels, spec=forged)

    def delete_what_is_owed(self, node):
        """The Run of somebody who is due is deleted before its pod begins."""
        label = "tenure.dev/run"
        node.parks = lambda pod: pod["metadata"]["namespace"] == self.name and pod["metadata"].get("labels", {}).get(label, "").startswith("offboarding-v")
        self.api.must(self.api.patch(path(self.name, "User", "kira"), {"spec": {"employeeLeaveDateTime": now(-1)}}, self.who))
        pod = self.seen("the pod of the scheduled Run", lambda: node.parked and node.parked[0], 120)
        if pod:
            run = path(self.name, "Run", pod["metadata"]["labels"][label])
            self.refused("somebody deletes a scheduled Run", self.api.call("DELETE", run, None, self.who), "by its retention only")
            self.api.must(self.api.call("DELETE", run, None, self.runner))
        node.let_go()
        said = [ended.said for ended in node.of(self.name, "evaluate") if ended.code]
        self.note("an evaluation that met the name that was taken", any(self.taken in text for text in said), [text[-300:] for text in said[-2:]])
        self.seen("who was in the deleted Run is off-boarded", lambda: not self.get("Account", "kira")["spec"]["accountEnabled"], 120)
        self.seen("an Event says that it was gone", lambda: "WithoutResult" in self.reasons(), 30)

    def reasons(self):
        return {event["reason"] for event in self.api.must(self.api.call("GET", f"/api/v1/namespaces/{self.name}/events"))["items"]}

    def leaves(self, name, when):
        """Somebody of the tenant is due, and is off-boarded whatever else there is."""
        self.api.must(self.api.patch(path(self.name, "User", name), {"spec": {"employeeLeaveDateTime": now(-1)}}, self.who))
        self.seen(f"{name} is off-boarded {when}", lambda: not self.get("Account", name)["spec"]["accountEnabled"], 300)


class Generous:
    """Definitions as of another release: of date-times they ask for the format only."""

    def __init__(self, api, plurals):
        self.api, self.paths = api, [f"{DEFINITIONS}/{plural}.tenure.dev" for plural in plurals]

    def __enter__(self):
        self.before = [self.api.must(self.api.call("GET", one)) for one in self.paths]
        for one, before in zip(self.paths, self.before):
            generous = copy.deepcopy(before)
            forget_patterns(generous["spec"]["versions"])
            self.put(one, generous)
        time.sleep(2)

    def __exit__(self, *_):
        for one, before in zip(self.paths, self.before):
            before["metadata"]["resourceVersion"] = self.api.must(self.api.call("GET", one))["metadata"]["resourceVersion"]
            self.put(one, before)
        time.sleep(2)

    def put(self, one, definition):
        self.api.must(self.api.call("PUT", one, definition))


def forget_patterns(schema):
    """Takes the patterns of date-times out."""
    if isinstance(schema, dict):
        if schema.get("format") == "date-time":
            schema.pop("pattern", None)
        for member in schema.values():
            forget_patterns(member)
    elif isinstance(schema, list):
        for item in schema:
            forget_patterns(item)


def schedule(instant):
    """A schedule that is frozen from then on."""
    return {"directory": "people", "interval": "3h", "freezeWindows": [{"name": "odd", "from": instant, "until": "2026-01-02T00:00:00Z"}]}


def run_of(workflow, users):
    """A Run that Mallory asks for."""
    return {"source": {"workflow": {"name": workflow}}, "executionType": "onDemand", "subjects": {"users": users}, "requestedBy": "mallory@hostile"}


def small():
    """A Workflow that nobody would mind."""
    return {"category": "mover", "tasks": [{"name": "tidy", "updateUserAttributes": {"attributes": [{"attribute": "city", "value": "Berlin"}]}}]}


def costly(number):
    """A Workflow with nine patterns: of a legal rule as large as it may be, or of one that was legal when nothing bounded them."""
    patterns = [rf"^\w{{{1 if number % 2 else 40}}}{number:03}{index}$" for index in range(9)]
    rule = " or ".join(f"matches(department, '{pattern}')" for pattern in patterns)
    conditions = {"scope": {"rule": rule}, "trigger": {"timeBasedAttribute": {"attribute": "employeeHireDate", "offsetInDays": 0}}}
    tasks = [{"name": "enable", "enableUserAccount": {}}]
    return {"category": "joiner", "isSchedulingEnabled": True, "executionConditions": conditions, "tasks": tasks}
