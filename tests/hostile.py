#!/usr/bin/env python3
"""Tenants that do what they can to harm others, beside some that do not, on a real API server with the charts as they are
shipped.

    tests/cluster/up -- python3 tests/hostile.py [--nightly] [TENURE]

TENURE is the program, by default target/debug/tenure. There is no node here; programs run as processes of this machine with the
rights of their service accounts. Needs helm in PATH. With --nightly there is more of everything.

The peaceful tenants are measured alone and beside all attacks at the same time: what they ask for takes at most twice as long,
or so many times as long as a bare request to the API server does. Every attack has its outcome, the controller stays below the
memory that its chart allows, and keeps its lease.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tests.charts.api import Api, wait  # noqa: E402
from tests.hostile import attacks, bulk  # noqa: E402
from tests.hostile.flow import Flow  # noqa: E402
from tests.hostile.machine import OTHERS, Controller, Jobs, Node, await_ready, lease  # noqa: E402
from tests.hostile.meter import ALONE, BESIDE, PREPARING, Meter, author_of  # noqa: E402
from tests.hostile.peaceful import Peaceful  # noqa: E402
from tests.node.tenant import OPERATOR, Tenant, helm, of, path  # noqa: E402
from tests.seconds import scene  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Tenants who do nothing until all of them are to be evaluated at once; the operator evaluates ten at a time.
CROWD, EVALUATIONS = 16, 10
# Tenants that are measured: of each somebody leaves every few seconds. And their people, each of whom leaves once.
PEACEFUL, PEOPLE = 3, 40
# How long they are measured alone, in seconds.
SECONDS = 25
# So long after a new leader has begun nobody is evaluated for its sake.
CALM = 5


def in_background(errors, *works):
    """Threads that do these works; what goes wrong is noted."""

    def go(work):
        try:
            with scene(f"hostile: {work.__name__.replace('_', ' ')}"):
                work()
        except Exception as error:  # noqa: BLE001
            errors.append(f"{work.__name__}: {error!r}")

    threads = [threading.Thread(target=go, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads


def together(*works):
    """Does the works at the same time; the first error is raised."""
    errors = []
    for thread in in_background(errors, *works):
        thread.join()
    if errors:
        raise AssertionError(errors)


def crowd_of(count):
    """Many tenants by one command, as the chart has them."""
    words = ["helm", "template", "tenant", "charts/tenure-tenant", "--namespace", "crowd-xx", "--set", "quota.enabled=false"]
    words += ["--set", "schedule.interval=3h", "--set", "schedule.directory=people", "--set-json", 'directories={"people":{"embedded":{}}}']
    one = subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    names = [f"crowd-{number:02}" for number in range(count)]
    for texts in [
        [f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n" for name in names],
        [one.replace("crowd-xx", name) for name in names],
    ]:
        given = "\n---\n".join(texts)
        subprocess.run(["kubectl", "apply", "--server-side", "-f", "-"], input=given, check=True, stdout=subprocess.DEVNULL, text=True)
    return names


class Story:
    """From the installation to the third controller."""

    def __init__(self, folder, program, is_nightly):
        self.folder, self.program, self.api = folder, program, Api()
        self.wrong, self.count, self.controllers = [], 0, []
        self.peaceful = [Peaceful(f"peaceful-{number}") for number in range(PEACEFUL)]
        self.among = bulk.pool()
        kinds = ["Forging", "Counted", "Grown", "Crowded", "Large", "Busy"]
        self.hostile = {kind: getattr(attacks, kind)(f"hostile-{kind.lower()}", self.among, is_nightly) for kind in kinds}

    def check(self, what, fine, found):
        self.count += 1
        if not fine:
            self.wrong.append(f"{what}: {found}")

    def install(self):
        helm("install", "crds", "charts/tenure-crds")
        helm("install", "tenure", "charts/tenure", "--namespace", OPERATOR, "--create-namespace")
        for tenant in self.peaceful:
            tenant.install(*[word for binding in tenant.bindings() for word in ("--set", binding)])
            tenant.workflows()
        for mallory in self.hostile.values():
            mallory.install()
        for kind in ["Crowded", "Large", "Busy"]:
            self.hostile[kind].settle_in()
        self.hostile["Forging"].settle_in(interval=None)
        self.crowd = crowd_of(CROWD)
        self.hostile["Forging"].write_odd_instants()

    def controller(self, name):
        self.controllers.append(Controller(name, self.folder, self.program))
        return self.controllers[-1]

    def start(self):
        """A controller that finds objects that it cannot read, and as many tenants to evaluate as there are."""
        self.jobs = Jobs()
        self.node = Node(self.folder, self.program, {tenant.name for tenant in self.peaceful}, self.jobs)
        self.first = self.controller("tenure-0")
        for mallory in self.hostile.values():
            mallory.is_served = self.first.lives
        await_ready(self.first)
        wait("it leads", self.first.leads, 30)
        forging = self.hostile["Forging"]
        forging.odd_instants_are_said()
        wait("the peaceful tenants are ready", lambda: all(tenant.ready() for tenant in self.peaceful), 90)
        for tenant in self.peaceful:
            tenant.wave(PEOPLE)
        wait("all tenants were evaluated", lambda: all(self.is_sealed(name) for name in self.crowd), 120)
        self.bounded("when the controller starts")
        forging.mend_odd_instants()
        wait("the peaceful tenants' people have begun", lambda: all(tenant.settled() for tenant in self.peaceful), 120)
        wait("the other tenants were evaluated", lambda: all(self.hostile[kind].sealed() for kind in ["Crowded", "Large", "Busy"]), 120)
        self.lease = lease(self.api)

    def is_sealed(self, name):
        answer = self.api.call("GET", path(name, "TenantLedger", "default"))
        return answer.code == 200 and answer.body["sealedEpoch"] > 0

    def bounded(self, when):
        most = self.jobs.most[None, self.jobs.EVALUATION]
        print(f"evaluations of all tenants {when}: {most} at the same time at most, of {EVALUATIONS}", flush=True)
        # One that is sealed gives its place up before its program has ended.
        self.check(f"evaluations {when}", 2 <= most <= EVALUATIONS + OTHERS, f"{most} at the same time")

    def levels(self):
        """Whose requests the API server puts on which level."""
        for found in Flow().levels(author_of(self.peaceful[0].name), self.hostile["Busy"]):
            self.check(*found)

    def alone(self):
        self.meter = Meter({tenant.name: [name for name, enabled in tenant.expected.items() if enabled] for tenant in self.peaceful})
        # Until the process is there.
        time.sleep(2)
        self.meter.enter(ALONE)
        time.sleep(SECONDS)
        self.meter.enter(PREPARING)

    def debts(self):
        """Before all else is made: what is waited for here is an evaluation, which would wait ten times as long as one took beside it."""
        forging = self.hostile["Forging"]
        forging.take_names()
        forging.delete_what_is_owed(self.node)
        forging.write_what_no_runner_writes()

    def attack(self):
        """Everything at once. It is measured for as long as somebody writes, not while outcomes are waited for."""
        forging, counted, grown, crowded, large, busy = self.hostile.values()

        def ask_for_what_is_not_there():
            busy.ask_for_what_is_not_there(self.jobs)

        self.meter.enter(BESIDE)
        together(forging.ask_for_leavers, counted.write_costly_rules, grown.fill, crowded.write_names,
                 large.write_large_objects, busy.edit_a_large_workflow, ask_for_what_is_not_there)  # fmt: skip
        with scene("hostile: the flood"):
            for found in Flow().flood(self.among, (self.peaceful[0].name, author_of(self.peaceful[0].name)), busy):
                self.check(*found)
        measured = self.meter.stop()
        for tenant in self.peaceful:
            tenant.note_left(measured.left[tenant.name])
        count, wrong = measured.judge()
        self.count += count
        self.wrong += wrong
        for found in Flow().dribble(self.among, self.peaceful[0].name, busy):
            self.check(*found)

    def outcomes(self):
        """What comes of the attacks."""
        forging, counted, grown, crowded, large, busy = self.hostile.values()

        def leavers():
            forging.leavers_have_places_and_no_more(self.jobs, self.places())

        def what_is_not_there():
            busy.what_is_not_there_is_said(self.jobs)

        together(leavers, counted.costly_rules_are_said, grown.grow, crowded.names_are_said,
                 large.somebody_leaves, busy.the_last_edit_is_in_force, what_is_not_there)  # fmt: skip

    def places(self):
        """Of a tenant's leavers: half of what the chart allows a tenant."""
        words = self.first.process.args
        given = next((word for word in words if word.startswith("--jobs-per-tenant=")), "=0")
        return int(given.split("=")[1]) // 2

    def judge(self):
        """What there is to say of the first controller, and of the tenants."""
        alive = self.first.lives()
        self.check("the controller lives", alive, f"it ended with {self.first.process.returncode}")
        for line in self.first.said_of("lease"):
            print(f"the controller that leads: {line}", flush=True)
        self.check("the lease", lease(self.api) == self.lease, f"{self.lease} before, {lease(self.api)} after")
        if alive:
            self.memory(self.first, "the controller that leads")
        for mallory in self.hostile.values():
            self.wrong += mallory.wrong
            self.count += mallory.count
        self.programs()

    def memory(self, controller, what):
        peak = controller.memory()
        print(f"{what}: {peak >> 20} MiB at most, of {controller.limit >> 20}", flush=True)
        self.check(f"memory of {what}", peak < controller.limit, f"{peak >> 20} MiB of {controller.limit >> 20}")

    def programs(self):
        """What evaluations took of memory, and that each pod says what it asks for and may take."""
        peaceful = [tenant.name for tenant in self.peaceful]
        wanted = [(name, command) for name in [*peaceful, "hostile-forging"] for command in ("evaluate", "execute")]
        for name, command in [*wanted, ("hostile-large", "evaluate"), ("hostile-busy", "evaluate")]:
            ended = self.node.of(name, command)
            if not ended:
                self.check(f"{command} in {name}", False, "none")
                continue
            most = max(ended, key=lambda one: one.memory)
            slow = max(ended, key=lambda one: one.processor)
            print(
                f"{len(ended)} times {command} in {name}: {most.memory >> 20} MiB at most, of {most.limit >> 20}; {slow.processor:.1f} s of processor "
                f"and {max(one.seconds for one in ended):.1f} s at most"
                f"; {sum(one.code != 0 for one in ended)} failed",
                flush=True,
            )
            self.check(f"the memory of {command} in {name}", all(one.memory < one.limit for one in ended), f"{most.memory >> 20} MiB of {most.limit >> 20}")
        failed = [ended for name in peaceful for ended in self.node.of(name, "evaluate") + self.node.of(name, "execute") if ended.code]
        self.check("programs of the peaceful tenants", not failed, [ended.said[-300:] for ended in failed[:3]])

    def next_leader(self):
        """A controller that lists all that is there by now; and leads, after the first one, with all Users new to it."""
        second = self.controller("tenure-1")
        await_ready(second, 120)
        self.memory(second, "a controller that lists what is there")
        made = len(self.jobs.made)
        code = self.first.end()
        self.check("the first controller's end", code == 0, code)
        wait("the second controller leads", second.leads, 30)
        time.sleep(CALM)
        evaluated = [namespace for namespace, kind, _ in self.jobs.made[made:] if kind == self.jobs.EVALUATION and namespace in self.crowd]
        self.check("evaluations for a new leader's sake", not evaluated, evaluated)
        second.end()
        self.everybody_changes()

    def everybody_changes(self):
        """While nobody leads somebody comes in every tenant; and in the peaceful one somebody leaves."""
        for name in self.crowd:
            self.api.must(self.api.create(path(name, "User"), of("User", "new", spec={"displayName": "New"})))
        before = {name: self.api.must(self.api.call("GET", path(name, "TenantLedger", "default")))["sealedEpoch"] for name in self.crowd}
        self.jobs.most.clear()
        third = self.controller("tenure-2")
        await_ready(third, 120)

        def evaluated(name):
            return self.api.must(self.api.call("GET", path(name, "TenantLedger", "default")))["sealedEpoch"] > before[name]

        wait("all tenants were evaluated again", lambda: all(evaluated(name) for name in self.crowd), 120)
        self.bounded("after an outage of the operator")
        self.memory(third, "a controller that lists what is there, and works")
        third.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nightly", action="store_true")
    parser.add_argument("program", nargs="?", default=ROOT / "target/debug/tenure")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        story = Story(folder, str(pathlib.Path(asked.program).resolve()), asked.nightly)
        try:
            for step in [story.install, story.start, story.levels, story.debts, story.alone, story.attack, story.outcomes, story.judge, story.next_leader]:
                with scene(step.__name__.replace("_", " ")):
                    step()
            # Nobody of the peaceful tenants was missed, or processed twice.
            for tenant in story.peaceful:
                story.count += 1
                story.wrong += Tenant.judge(tenant)
        except (AssertionError, OSError) as error:
            story.wrong.append(f"{step.__name__}: {error!r}")
            print("".join(controller.log.read_text()[-4000:] for controller in story.controllers))
        finally:
            for controller in story.controllers:
                controller.end()
    print(f"hostile: {story.count}, {len(story.wrong)} wrong", flush=True)
    for line in story.wrong[:40]:
        print(f"  {line}", flush=True)
    sys.exit(0 if not story.wrong and story.count > 0 else 1)


if __name__ == "__main__":
    main()
