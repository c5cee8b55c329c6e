"""The attacks, those of one kind in a tenant of their own, so that all of them are made at the same time and each has an outcome of
its own.
"""

import collections
import copy
import json
import time

from tests.charts.api import wait
from tests.hostile import bulk
from tests.hostile.machine import OTHERS
from tests.hostile.mallory import Mallory
from tests.hostile.objects import (
    LARGE, astray, costly, costly_rule, directory, large_run, large_user, leaver, leaves, leaving, long_spec, long_value, run_of, schedule, small, small_spec, with_rule,
)  # fmt: skip
from tests.node.tenant import is_true, path

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
# What RFC 3339 does not know, and the API server's check of the format admits.
ODD_INSTANTS = ["2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00+24:00"]
HIGHEST = 2**31 - 1


class Forging(Mallory):
    """What no type reads, names of what evaluations make, what is owed, and numbers that no runner writes."""

    LEAVERS, MANY_LEAVERS = 80, 150

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
        return self.say("odd", {"startedDateTime": instant})

    def say(self, run, status):
        """What the stolen token writes of a Run."""
        return self.api.patch(f"{path(self.name, 'Run', run)}/status", {"status": status}, self.runner)

    def odd_instants_are_said(self):
        """At the objects and at the tenant; and once they are gone, no more."""
        self.seen("the Run says that it cannot be read", lambda: self.condition("Run", "odd", "Stalled") == "True Unreadable")
        self.seen("the schedule says that it cannot be read", lambda: self.condition("TenantSchedule", "default", "Stalled") == "True Unreadable")

    def mend_odd_instants(self):
        self.api.must(self.api.patch(path(self.name, "TenantSchedule", "default"), {"spec": {"freezeWindows": None}}, self.who))
        self.api.must(self.api.call("DELETE", path(self.name, "Run", "odd"), None, self.who))
        self.seen("the schedule can be read again", lambda: self.condition("TenantSchedule", "default", "Stalled").startswith("False"))
        self.seen("the tenant is evaluated", lambda: self.sealed() > 0)

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
        self.api.must(self.api.patch(path(self.name, "User", "kira"), leaving(), self.who))
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

    # A4: leavers by the hundred.

    def leavers(self):
        return self.MANY_LEAVERS if self.is_nightly else self.LEAVERS

    def ask_for_leavers(self):
        """Runs that off-board somebody, many at once."""
        self.create_all(leaver, range(self.leavers()))
        self.create_all(leaves, range(self.leavers()))

    def leavers_have_places_and_no_more(self, jobs, places):
        """All of them are off-boarded in the end, some at a time."""
        many = self.leavers()

        def is_done():
            return sum(is_true(item, "Complete") for item in self.list("Run", "leavers")) == many

        self.seen(f"{many} Runs of leavers are complete", is_done, 240)
        closed = [not self.get("Account", f"leaver-{number}")["spec"]["accountEnabled"] for number in range(many)]
        self.note(f"{many} leavers are off-boarded", all(closed), f"{sum(closed)} are")
        most = jobs.most[self.name, jobs.RUN]
        print(f"hostile: {many} Runs of leavers: {most} Jobs at the same time at most, of {places}", flush=True)
        # A Run that is complete gives its place up before its program has ended.
        self.note("Jobs at the same time", 2 <= most <= places + OTHERS, most)

    # A stolen token of a runner says of Runs what no runner says.

    def write_what_no_runner_writes(self):
        """Of one that is complete, of one that waits for its Workflow, and of one that is to be executed."""
        for name in ["mona", "nina", "nora"]:
            self.must("User", name, spec={"displayName": name, "department": "Sales"})
        self.must("Run", "done", spec=run_of("offboarding", ["mona"]))
        self.must("Run", "waits", spec=run_of("nobody-knows-it", ["lena"]))
        self.seen("a Run is complete before a stolen token writes of it", lambda: is_true(self.get("Run", "done"), "Complete"), 120)
        self.must("Run", "forged", spec=run_of("offboarding", ["nina"]))
        counted = ["totalUsersCount", "successfulUsersCount", "failedUsersCount", "canceledUsersCount", "totalTasksCount", "failedTasksCount"]
        numbers = dict.fromkeys([*counted, "totalUnprocessedTasksCount"], HIGHEST)
        shard = {"attempt": HIGHEST, "updatedDateTime": "2026-01-01T00:00:00Z", "openUsersCount": HIGHEST, "started": True, "finished": True, "counts": numbers}
        status = {"attempt": HIGHEST, "totalUsersCount": HIGHEST, "totalTasksCount": HIGHEST, "shards": [{"index": index, **shard} for index in range(100)]}
        for run in ["done", "waits", "forged"]:
            answer = self.say(run, status)
            self.note(f"the stolen token writes of {run}", answer.code in (200, 422), str(answer)[:300])
        self.must("Run", "honest", spec=run_of("offboarding", ["nora"]))
        self.seen("another Run of that tenant is complete", lambda: is_true(self.get("Run", "honest"), "Complete"), 120)
        self.note("who is in it is off-boarded", not self.get("Account", "nora")["spec"]["accountEnabled"], "they are not")


class Counted(Mallory):
    """Rules that cost, and a quota as it is shipped."""

    QUOTA = True

    def is_counted(self):
        """Whether the quota counts all that it bounds."""
        quota = self.api.must(self.api.call("GET", f"/api/v1/namespaces/{self.name}/resourcequotas/tenure"))
        return quota.get("status", {}).get("used", {}).keys() == quota["spec"]["hard"].keys()

    # A2: rules that cost.

    def write_costly_rules(self):
        """199 Workflows with nine patterns each, and as many as may be counted."""
        wait("the quota counts", self.is_counted, 120)
        self.must("Directory", "people", spec={"embedded": {}})
        self.must("TenantSchedule", "default", spec={"directory": "people", "interval": "3h"})
        self.must("Workflow", "many-0000", spec=small_spec())
        self.create_all(costly, range(199))
        self.create_all(directory, range(1, 50))
        self.refused("the 51st Directory", self.create("Directory", "many-050", spec={"embedded": {}}), "exceeded quota")
        self.refused("the 201st Workflow", self.create("Workflow", "many-0200", spec=small_spec()), "exceeded quota")

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


class Grown(Mallory):
    """A rule of an older Workflow that grows beside a leaver who works already."""

    def fill(self):
        """An old mover with a small rule, as many costly rules as leave room for one, and the leaver."""
        self.must("Directory", "people", spec={"embedded": {}})
        self.must("TenantSchedule", "default", spec={"directory": "people", "interval": "3h"})
        self.must("Workflow", "a-mover", spec=with_rule("mover", "matches(department, '^a$')"))
        for number in range(1, 31, 2):
            self.api.must(self.api.create(path(self.name, "Workflow"), costly(number), self.who))
        self.must("Workflow", "z-leaver", spec=with_rule("leaver", costly_rule(999, 1)))
        self.must("User", "lola", spec={"displayName": "lola", "department": "x9990"})

    def grow(self):
        """The mover's rule becomes as large as one may be."""
        self.seen("the leaver's Workflow is Ready", lambda: self.ready(self.get("Workflow", "z-leaver")) == "True VersionInForce")
        self.api.must(self.api.patch(path(self.name, "Workflow", "a-mover"), {"spec": with_rule("mover", costly_rule(998, 1))}, self.who))
        self.seen("the mover's Workflow says how it is", lambda: self.ready(self.get("Workflow", "a-mover")) != "")
        self.leaves("lola", "beside an older rule that has grown", 60)
        found = self.ready(self.get("Workflow", "z-leaver"))
        self.note("the leaver's Workflow that worked keeps its room", found == "True VersionInForce", found)


class Crowded(Mallory):
    """Names: one Directory more than the head remembers; at night three Workflows more, too."""

    WORKFLOWS = 2000

    def write_names(self):
        self.create_all(directory, range(1, 100))
        if self.is_nightly:
            self.create_all(small, range(1, self.WORKFLOWS))
        # In a later second: who comes last has no place.
        time.sleep(1.1)
        self.must("Directory", "many-100", spec={"embedded": {}})
        if self.is_nightly:
            self.create_all(small, range(self.WORKFLOWS, self.WORKFLOWS + 3))

    def names_are_said(self):
        placeless = "False TooManyNames"
        # What comes is looked at by an evaluation, which somebody who leaves asks for.
        self.leaves("lena", "beside too many names", 300)
        self.seen("the 101st Directory has no place", lambda: self.condition("Directory", "many-100", "Ready") == placeless)
        last = [f"many-{number:04}" for number in range(self.WORKFLOWS, self.WORKFLOWS + 3)] if self.is_nightly else []
        for name in last:
            self.seen(f"{name} has no place", lambda name=name: self.condition("Workflow", name, "Ready") == placeless, 300)
        without = [item["metadata"]["name"] for item in self.list("Workflow", "names") if self.ready(item) == placeless]
        self.note("those without a place", without == last, without[:10])
        self.note("the tenant's own Directory keeps its place", self.condition("Directory", "people", "Ready").startswith("True"), "it is not Ready")


class Large(Mallory):
    """A3: large objects."""

    OBJECTS, MANY_OBJECTS = (100, 40), (250, 250)

    def write_large_objects(self):
        """Runs with 1,000 long names and Users, each with as much beside its spec as anybody may have: kubectl's copy."""
        annotated = {"annotations": {"a": "x" * LARGE}}
        spec = large_run(0)["spec"]
        self.refused("a Run with a large annotation", self.create("Run", "large", metadata=annotated, spec=spec), "metadata.annotations")
        self.refused("a User with a large annotation", self.create("User", "large", metadata=annotated, spec={"displayName": "x"}), "metadata.annotations")
        runs, users = self.MANY_OBJECTS if self.is_nightly else self.OBJECTS
        # While some are there, and others are written. An evaluation of all of them takes long, and ten times as long until the next.
        self.create_all(large_user, range(users))
        self.api.must(self.api.patch(path(self.name, "User", "lena"), leaving(), self.who))
        self.create_all(large_run, range(runs))

    def somebody_leaves(self):
        self.seen("lena is off-boarded beside large objects", lambda: not self.get("Account", "lena")["spec"]["accountEnabled"], 300)


class Busy(Mallory):
    """Edits without end, and Runs of a Workflow that is not there."""

    EDITS, MANY_EDITS, ASTRAY = 40, 200, 1000

    def edits(self):
        return self.MANY_EDITS if self.is_nightly else self.EDITS

    def edit_a_large_workflow(self):
        """Each edit is a version."""
        self.must("Workflow", "edited", spec=long_spec(9999))
        self.among.submit(bulk.edit, self.name, self.who, "edited", self.edits()).result()

    def the_last_edit_is_in_force(self):
        self.seen("the last edit is in force", lambda: self.ready(self.get("Workflow", "edited")) == "True VersionInForce", 120)
        versions = self.api.must(self.api.call("GET", f"{path(self.name, 'WorkflowVersion')}?fieldSelector=spec.workflow=edited"))["items"]
        newest = max(versions, key=lambda version: version["spec"]["number"])
        written = long_value(self.edits() - 1) in json.dumps(newest["spec"]["template"])
        print(f"hostile: {self.edits()} edits of a large Workflow: {len(versions)} versions", flush=True)
        self.note("the newest version is that of the last edit", len(versions) <= self.edits() + 1 and written, newest["metadata"]["name"])

    def ask_for_what_is_not_there(self, jobs):
        """Who asks for nothing that can be done has evaluations made, and neither many nor for ever."""
        self.before = jobs.evaluations(self.name)
        self.create_all(astray, range(self.ASTRAY))

    def what_is_not_there_is_said(self, jobs):
        def said():
            return all(any(entry["type"] == "Planned" and entry["reason"] == "WorkflowNotFound" for entry in item.get("status", {}).get("conditions", [])) for item in self.list("Run", "astray"))

        self.seen("each Run says that its Workflow is not there", said, 180)
        asked = jobs.evaluations(self.name) - self.before
        print(f"hostile: {self.ASTRAY} Runs of a Workflow that is not there: {asked} evaluations", flush=True)
        self.note("evaluations for Runs of a Workflow that is not there", 1 <= asked <= 12, asked)


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
