"""Programs that die at random moments, `TENURE_DEATHS` of each, while twenty tenants work: nobody missed, nobody twice.

A program is stopped first, the moment is looked at, and then it is killed: so the phase that is printed is the one that
the death has hit, but for a request that was under way.
"""

import collections
import os
import random
import signal
import threading
import time

from tests.charts.api import Api, wait
from tests.node.processes import leader, programs
from tests.node.tenant import DIVISOR, GROUP, OPERATOR, Tenant, install_operator, is_true, states_of_run

TENANTS = 20
# Of their names; nobody else's programs are killed.
PREFIX = "storm"
DEATHS = int(os.environ.get("TENURE_DEATHS") or 15)
# Deaths that have to hit each of the three phases that matter.
AT_LEAST = max(4, DEATHS * 8 // 50)
# People who begin in each wave of a tenant; a claim is of 20.
PEOPLE = 24
# Longest for all deaths, in seconds.
PATIENCE = 1500
# Between two searches for programs that have started, in seconds; they cost a part of what the cluster has.
LOOK = 0.05
BEFORE_COMMIT, WITHOUT_JOB, IN_CLAIM = "before the commit", "between commit and Job", "inside a claim window"


def in_parallel(work, things, workers=4):
    """Does the work for each thing, several at a time; the first error ends the test."""
    queue, errors = list(things), []

    def worker():
        while queue and not errors:
            try:
                thing = queue.pop()
            except IndexError:
                return
            try:
                work(thing)
            except Exception as error:  # noqa: BLE001
                errors.append(error)

    threads = [threading.Thread(target=worker) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise AssertionError(f"{errors[0]}")


def make_tenants(prefix, count):
    """Tenants that are ready: nothing that is due later can be history."""
    tenants = [Tenant(Api(), f"{prefix}-{number:02}") for number in range(count)]
    in_parallel(lambda tenant: (tenant.install(), tenant.workflows()), tenants)
    for tenant in tenants:
        wait(f"{tenant.name} is ready", tenant.ready, 300)
    return tenants


class Reaper(threading.Thread):
    """Kills programs of one command, each new one once, at a random moment of its life."""

    def __init__(self, command, longest, seed):
        super().__init__(daemon=True)
        self.command, self.longest = command, longest
        self.api, self.random = Api(), random.Random(f"{seed} {command}")
        self.phases = collections.Counter()
        self.error = None
        self.done = threading.Event()

    @property
    def deaths(self):
        return sum(self.phases.values())

    def has_enough(self):
        """Whether there were as many deaths as asked for, also in the phase that matters."""
        return self.deaths >= DEATHS and self.phases[self.matters] >= AT_LEAST

    def run(self):
        try:
            self.reap()
        except Exception as error:  # noqa: BLE001
            self.error = error

    def kill(self, process, phase):
        """Stops the program, looks, and kills it."""
        if not process.signal(signal.SIGSTOP):
            return
        found = "unknown"
        try:
            found = phase(process)
        finally:
            # Whatever happens, nobody may stay stopped.
            if process.kill():
                self.phases[found] += 1


class JobReaper(Reaper):
    """Of the programs in Jobs."""

    def reap(self):
        known = {process.pid for process in programs(self.command)}
        # Those that have died often enough work undisturbed, so that the others get their turn.
        while not self.done.is_set() and not self.has_enough():
            for process in programs(self.command):
                if process.pid not in known and (process.namespace or "").startswith(PREFIX):
                    known.add(process.pid)
                    # The others live, so that the work goes on.
                    if self.random.random() < 0.6:
                        threading.Thread(target=self.later, args=(process, self.moment()), daemon=True).start()
            time.sleep(LOOK)

    def moment(self):
        """What waits for the moment of a death."""
        delay = self.random.uniform(0, self.longest)
        return lambda _process: time.sleep(delay)

    def later(self, process, wait_for_moment):
        wait_for_moment(process)
        # Who lives at the end may work on undisturbed.
        if self.done.is_set():
            return
        try:
            # A connection of its own: several programs may be stopped at the same time.
            self.kill(process, lambda process: self.phase(Api(), process))
        except Exception as error:  # noqa: BLE001
            self.error = error


class EvaluatorReaper(JobReaper):
    matters = BEFORE_COMMIT

    def phase(self, api, process):
        """By the head: whether the epoch that this process has allocated is sealed."""
        answer = api.call("GET", f"{GROUP}/namespaces/{process.namespace}/tenantledgers/default")
        head = answer.body if answer.code == 200 else {"epoch": 0, "sealedEpoch": 0}
        if head["epoch"] == head["sealedEpoch"]:
            # Either it has not allocated its epoch yet, or it is done: its Job's number tells.
            pod = process.environment("TENURE_POD_NAME")
            number = int(pod.removeprefix("tenure-eval-").rsplit("-", 1)[0]) if pod.startswith("tenure-eval-") else 0
            return "after the commit" if number <= head["sealedEpoch"] else BEFORE_COMMIT
        return BEFORE_COMMIT


class Watcher(threading.Thread):
    """Sees the objects of a path as they change."""

    def __init__(self, where):
        super().__init__(daemon=True)
        self.where = where

    def run(self):
        while True:
            try:
                for item in Api().watch(self.where):
                    self.see(item)
            except (OSError, ValueError, KeyError):
                time.sleep(0.5)

    def see(self, item):
        raise NotImplementedError


class Claims(Watcher):
    """Says whose claim window is open."""

    def __init__(self):
        super().__init__(f"{GROUP}/runslices")
        # Slices with somebody who is claimed and not done, and their Runs.
        self.open = {}

    def see(self, item):
        where = (item["metadata"]["namespace"], item["metadata"]["name"])
        if any(result.get("processingStatus") == "inProgress" for result in item["results"]):
            self.open[where] = item["run"]
        else:
            self.open.pop(where, None)

    def is_inside(self, process):
        """Whether it has claimed somebody who is not done."""
        run = process.option("--run")
        return any(name == run and where[0] == process.namespace for where, name in self.open.copy().items())


class RunnerReaper(JobReaper):
    """Every second death comes soon after its claim: before the first one a slow machine is busy with starting it."""

    matters = IN_CLAIM
    # Longest after a claim was seen, in seconds.
    SOON = 0.2

    def reap(self):
        self.claims = Claims()
        self.claims.start()
        super().reap()

    def moment(self):
        if self.random.random() < 0.5 and self.deaths < DEATHS:
            return super().moment()
        delay = self.random.uniform(0, self.SOON)

        def soon(process):
            while process.is_there() and not self.done.is_set() and not self.claims.is_inside(process):
                time.sleep(LOOK)
            time.sleep(delay)

        return soon

    def phase(self, api, process):
        """By the slices of its Run: whether somebody is claimed and not done."""
        states = states_of_run(api, process)
        if "inProgress" in states:
            return IN_CLAIM
        return "before the first claim" if states == {"queued"} else "between or after claims"


class Commits(Watcher):
    """Says when some tenant's evaluation commits."""

    def __init__(self):
        super().__init__(f"{GROUP}/tenantledgers")
        self.happened = threading.Event()
        self.sealed = {}

    def see(self, item):
        name = item["metadata"]["namespace"]
        if item["sealedEpoch"] > self.sealed.get(name, 0):
            self.sealed[name] = item["sealedEpoch"]
            self.happened.set()


class ControllerReaper(Reaper):
    """Of the leader; the one that stands by takes over. Every second death comes soon after somebody's commit."""

    matters = WITHOUT_JOB

    def reap(self):
        commits = Commits()
        commits.start()
        while not self.done.is_set() and not self.has_enough():
            found = leader(self.api, OPERATOR)
            if found is None:
                time.sleep(0.1)
                continue
            process, holder = found
            if self.deaths % 2:
                commits.happened.clear()
                commits.happened.wait(10)
                time.sleep(self.random.uniform(0, 0.03))
            else:
                time.sleep(self.random.uniform(0, self.longest))
            self.kill(process, self.phase)
            end = time.monotonic() + 60
            while time.monotonic() < end and not self.done.is_set():
                again = leader(self.api, OPERATOR)
                if again is not None and again[1] != holder:
                    break
                time.sleep(0.1)

    def phase(self, _process):
        """Whether a plan is in force whose Job nobody has made."""
        heads = {item["metadata"]["namespace"]: item for item in self.all(f"{GROUP}/tenantledgers")}
        jobs = {(item["metadata"]["namespace"], item["metadata"]["labels"].get("tenure.dev/run")) for item in self.all("/apis/batch/v1/jobs?labelSelector=tenure.dev/run")}
        for run in self.all(f"{GROUP}/runs"):
            namespace, plan = run["metadata"]["namespace"], run.get("status", {}).get("plan")
            head = heads.get(namespace)
            if not plan or not head or is_true(run, "Complete") or plan["epoch"] > head["sealedEpoch"]:
                continue
            if any(each["from"] <= plan["epoch"] <= each["to"] for each in head.get("abandoned", [])):
                continue
            if (namespace, run["metadata"]["name"]) not in jobs:
                return WITHOUT_JOB
        return "elsewhere"

    def all(self, where):
        return self.api.must(self.api.call("GET", where))["items"]


def play(_api):
    """The whole scene; how many deaths there were, and what was wrong afterwards."""
    seed = random.randrange(10**6)
    print(f"seed {seed}", flush=True)
    install_operator(divisor=DIVISOR)
    tenants = make_tenants(PREFIX, TENANTS)
    reapers = [EvaluatorReaper("evaluate", 0.6, seed), RunnerReaper("execute", 3.0, seed), ControllerReaper("controller", 2.0, seed)]
    for reaper in reapers:
        reaper.start()
    end = time.monotonic() + PATIENCE
    wave = 0
    while time.monotonic() < end and not enough(reapers):
        in_parallel(lambda tenant: tenant.wave(PEOPLE), tenants)
        wave += 1
        for _ in range(30):
            if enough(reapers):
                break
            time.sleep(1)
        print(f"wave {wave}: {', '.join(f'{reaper.command} {dict(reaper.phases)}' for reaper in reapers)}", flush=True)
    for reaper in reapers:
        reaper.done.set()
    for reaper in reapers:
        reaper.join(120)
    wrong = [f"{reaper.command}: {reaper.error!r}" for reaper in reapers if reaper.error]
    if not enough(reapers):
        wrong.append(f"too few deaths within {PATIENCE} s")
    # Who was killed several times in a row waits up to five minutes, as production has it, before the next attempt.
    for tenant in tenants:
        wrong += tenant.await_settled(300 + 300 // DIVISOR)
        wrong += tenant.judge()
    people = sum(len(tenant.occurrences) for tenant in tenants)
    print(f"{people} occurrences of {len(tenants)} tenants were each processed once" if not wrong else f"{people} occurrences")
    return sum(reaper.deaths for reaper in reapers), wrong


def enough(reapers):
    """Whether there were as many deaths as asked for, in each of the phases that matter."""
    return all(reaper.has_enough() for reaper in reapers)
