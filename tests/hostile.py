#!/usr/bin/env python3
"""A tenant that does what it can to harm others, beside one that does not, on a real API server with the charts as they are
shipped.

    tests/cluster/up -- python3 tests/hostile.py [TENURE]

TENURE is the program, by default target/debug/tenure. There is no node here; programs run as processes of this machine with the
rights of their service accounts. Needs helm in PATH.

The peaceful tenant is measured alone and beside the attack: what it asks for takes at most twice as long, or so many times as
long as a bare request to the API server does. Every attack has its outcome, the controller stays below the memory that its
chart allows, and keeps its lease.
"""

import pathlib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tests.charts.api import Api, wait  # noqa: E402
from tests.hostile.attacks import Mallory  # noqa: E402
from tests.hostile.machine import OTHERS, Controller, Jobs, Node, await_ready, lease  # noqa: E402
from tests.hostile.peaceful import ALONE, BESIDE, Peaceful  # noqa: E402
from tests.node.tenant import OPERATOR, Tenant, helm, of, path  # noqa: E402
from tests.seconds import scene  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Tenants beside the two, who do nothing until all of them are to be evaluated at once; the operator evaluates ten at a time.
CROWD, EVALUATIONS = 24, 10
# People of the peaceful tenant, each of whom leaves once.
PEOPLE = 100
# How long it is measured alone, at least. Kubernetes needs a minute to learn to count kinds.
SECONDS_ALONE, MINUTE = 45, 62


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
    """From the installation to the second controller."""

    def __init__(self, folder, program):
        self.folder, self.program, self.api = folder, program, Api()
        self.wrong, self.count, self.controllers = [], 0, []
        self.peaceful, self.mallory = Peaceful("peaceful"), Mallory("hostile")

    def check(self, what, fine, found):
        self.count += 1
        if not fine:
            self.wrong.append(f"{what}: {found}")

    def install(self):
        helm("install", "crds", "charts/tenure-crds")
        self.began = time.monotonic()
        helm("install", "tenure", "charts/tenure", "--namespace", OPERATOR, "--create-namespace")
        subjects = self.peaceful.bindings()
        bindings = [f"roleBindings.{role}[0].kind=User,roleBindings.{role}[0].name={of[0]['name']}" for role, of in subjects.items()]
        self.peaceful.install(*[word for binding in bindings for word in ("--set", binding)])
        self.peaceful.workflows()
        self.mallory.install("--set", "quota.enabled=false")
        self.mallory.settle_in()
        self.crowd = crowd_of(CROWD)
        self.mallory.write_odd_instants()

    def controller(self, name):
        self.controllers.append(Controller(name, self.folder, self.program))
        return self.controllers[-1]

    def start(self):
        """A controller that finds objects that it cannot read, and as many tenants to evaluate as there are."""
        self.jobs = Jobs()
        self.node = Node(self.folder, self.program, self.peaceful.name, self.jobs)
        self.first = self.controller("tenure-0")
        self.mallory.is_served = self.first.lives
        await_ready(self.first)
        wait("it leads", self.first.leads, 30)
        self.mallory.odd_instants_are_said()
        wait("the peaceful tenant is ready", self.peaceful.ready, 60)
        self.peaceful.wave(PEOPLE)
        wait("all tenants were evaluated", lambda: all(self.is_sealed(name) for name in self.crowd), 120)
        self.bounded("when the controller starts")
        self.mallory.mend_odd_instants()
        wait("the peaceful tenant's people have begun", self.peaceful.settled, 120)
        self.lease = lease(self.api)

    def is_sealed(self, name):
        answer = self.api.call("GET", path(name, "TenantLedger", "default"))
        return answer.code == 200 and answer.body["sealedEpoch"] > 0

    def bounded(self, when):
        most = self.jobs.most[None, self.jobs.EVALUATION]
        print(f"evaluations of all tenants {when}: {most} at the same time at most, of {EVALUATIONS}", flush=True)
        # One that is sealed gives its place up before its program has ended.
        self.check(f"evaluations {when}", 2 <= most <= EVALUATIONS + OTHERS, f"{most} at the same time")

    def alone(self):
        self.peaceful.phase = ALONE
        self.peaceful.start()
        time.sleep(max(SECONDS_ALONE, MINUTE - (time.monotonic() - self.began)))

    def attack(self):
        """Everything at once, with the quota as it is shipped; then without one, and more of it."""
        mallory, errors = self.mallory, []
        mallory.install()
        wait("the quota counts", mallory.is_counted)
        self.peaceful.phase = BESIDE
        with scene("hostile: names and debts"):
            mallory.take_names()
            mallory.delete_what_is_owed(self.node)

        def costly_rules():
            mallory.write_costly_rules()
            mallory.write_more_than_is_counted()
            mallory.costly_rules_are_said()

        def names():
            mallory.install("--set", "quota.enabled=false")
            mallory.write_names()
            mallory.names_are_said()

        def somebody_leaves():
            mallory.leaves("mara", "beside large objects")

        # Large objects come last: evaluations take long by then, and a tenant waits ten times as long for the next one.
        for works in [[mallory.ask_for_leavers, costly_rules], [names], [mallory.write_large_objects, somebody_leaves]]:
            for thread in in_background(errors, *works):
                thread.join(400)
        with scene("hostile: the last of 150 leavers"):
            mallory.leavers_have_places_and_no_more(self.jobs, self.places())
        self.peaceful.stop()
        self.wrong += errors

    def places(self):
        """Of a tenant's leavers: half of what the chart allows a tenant."""
        words = self.first.process.args
        given = next((word for word in words if word.startswith("--jobs-per-tenant=")), "=0")
        return int(given.split("=")[1]) // 2

    def judge(self):
        """What there is to say of the first controller, and of the peaceful tenant."""
        alive = self.first.lives()
        self.check("the controller lives", alive, f"it ended with {self.first.process.returncode}")
        self.check("the lease", lease(self.api) == self.lease, f"{self.lease} before, {lease(self.api)} after")
        if alive:
            self.memory(self.first, "the controller that leads")
        self.wrong += self.peaceful.judge_latency() + self.mallory.wrong
        self.count += self.mallory.count
        self.programs()

    def memory(self, controller, what):
        peak = controller.memory()
        print(f"{what}: {peak >> 20} MiB at most, of {controller.limit >> 20}", flush=True)
        self.check(f"memory of {what}", peak < controller.limit, f"{peak >> 20} MiB of {controller.limit >> 20}")

    def programs(self):
        """What evaluations took of memory, and that each pod says what it asks for and may take."""
        for name in [self.peaceful.name, self.mallory.name]:
            for command in ["evaluate", "execute"]:
                ended = self.node.of(name, command)
                if not ended:
                    self.check(f"{command} in {name}", False, "none")
                    continue
                most = max(ended, key=lambda one: one.memory)
                slow = max(ended, key=lambda one: one.processor)
                print(
                    f"{len(ended)} times {command} in {name}: {most.memory >> 20} MiB at most, of {most.limit >> 20}; {slow.processor:.1f} s of processor at most"
                    f"; {sum(one.code != 0 for one in ended)} failed",
                    flush=True,
                )
                self.check(f"the memory of {command} in {name}", all(one.memory < one.limit for one in ended), f"{most.memory >> 20} MiB of {most.limit >> 20}")
        failed = [ended for ended in self.node.of(self.peaceful.name, "evaluate") + self.node.of(self.peaceful.name, "execute") if ended.code]
        self.check("programs of the peaceful tenant", not failed, [ended.said[-300:] for ended in failed[:3]])

    def next_leader(self):
        """A controller that lists all that is there by now; and leads, after the first one, with all Users new to it."""
        second = self.controller("tenure-1")
        await_ready(second, 120)
        self.memory(second, "a controller that lists what is there")
        made = len(self.jobs.made)
        code = self.first.end()
        self.check("the first controller's end", code == 0, code)
        wait("the second controller leads", second.leads, 30)
        time.sleep(8)
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
    program = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/debug/tenure").resolve())
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        story = Story(folder, program)
        try:
            for step in [story.install, story.start, story.alone, story.attack, story.judge, story.next_leader]:
                with scene(step.__name__.replace("_", " ")):
                    step()
            # Nobody of the peaceful tenant was missed, or processed twice.
            story.wrong += Tenant.judge(story.peaceful)
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
