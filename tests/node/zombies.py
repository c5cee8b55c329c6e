"""Programs that come back from the dead: frozen, their pods deleted by force, thawed after their successors have finished.

The shim of the container is stopped meanwhile, so that nobody on the node ends the process: as on a node that has lost
its network, the program goes on where it was.
"""

import os
import signal
import threading
import time

from tests.charts.api import Api, wait
from tests.node.processes import programs
from tests.node.tenant import Tenant, install_operator, path

# How often a moment may be missed: a program may be done before it is caught.
TRIES = 6
# A pod that vanished without a word may act for 90 s more: its successor waits for that, then works.
SUCCESSOR = 300
PEOPLE = 60


class Scene:
    """One tenant whose program is frozen at a moment that matters."""

    def __init__(self, name, command):
        self.api, self.command = Api(), command
        self.tenant = Tenant(self.api, name)

    def interesting(self):
        """Whether the program is in the middle of what matters."""
        raise NotImplementedError

    def catch(self):
        """A program that is frozen in the middle; tried again with further people if it was done before."""
        for _ in range(TRIES):
            self.tenant.wave(PEOPLE)
            end = time.monotonic() + 120
            while time.monotonic() < end:
                time.sleep(0.005)
                process = next((each for each in programs(self.command) if each.namespace == self.tenant.name), None)
                if process is None or not self.interesting():
                    continue
                process.signal(signal.SIGSTOP)
                if self.interesting() and process.is_there():
                    return process
                process.signal(signal.SIGCONT)
            wrong = self.tenant.await_settled(SUCCESSOR)
            assert not wrong, wrong
        raise AssertionError(f"no {self.command} of {self.tenant.name} was caught in the middle")

    def play(self):
        """What was wrong."""
        self.tenant.install()
        self.tenant.workflows()
        wait(f"{self.tenant.name} is ready", self.tenant.ready, 120)
        process = self.catch()
        pod = process.environment("TENURE_POD_NAME")
        shim = process.parent()
        state, frozen, thawed = process.freezer()
        # The shim first: the kubelet is about to ask it to end the container.
        stop(shim, signal.SIGSTOP)
        try:
            state.write_text(frozen)
            process.signal(signal.SIGCONT)
            where = f"/api/v1/namespaces/{self.tenant.name}/pods/{pod}"
            self.api.must(self.api.call("DELETE", where, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}))
            # The Job controller would wait until the kubelet says that the container has ended, which it cannot.
            self.api.patch(where, {"metadata": {"finalizers": None}})
            wait(f"pod {pod} is gone", lambda: self.api.call("GET", where).code == 404, 60)
            wrong = self.tenant.await_settled(SUCCESSOR)
            before = self.written()
            print(f"{self.tenant.name}: {self.command} {pod} is thawed after its successor has finished", flush=True)
            state.write_text(thawed)
            wait(f"the zombie of {self.tenant.name} ends by itself", lambda: not process.is_there(), 60)
            after = self.written()
        finally:
            state.write_text(thawed)
            stop(shim, signal.SIGCONT)
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        # It may have left rows of an epoch that does not count; never anything that counts.
        wrong += [f"{self.tenant.name}: the zombie wrote {name}" for name in changed if self.matters(name)]
        if changed:
            print(f"{self.tenant.name}: the zombie left {', '.join(changed)}", flush=True)
        # The next evaluation takes away whatever a zombie has left.
        self.tenant.wave(2)
        return wrong + self.tenant.await_settled(180) + self.tenant.judge()

    def matters(self, _name):
        return True

    def written(self):
        """Versions of everything that the programs write."""
        kinds = ["TenantLedger", "OccurrenceLedger", "DirectorySnapshot", "RunSlice", "Account", "Run"]
        found = {}
        for kind in kinds:
            for item in self.api.must(self.api.call("GET", path(self.tenant.name, kind)))["items"]:
                found[f"{kind}/{item['metadata']['name']}"] = item["metadata"]["resourceVersion"]
        return found


class Runner(Scene):
    """In a claim window."""

    def interesting(self):
        items = self.api.must(self.api.call("GET", path(self.tenant.name, "RunSlice")))["items"]
        states = [result["processingStatus"] for item in items for result in item["results"]]
        return "inProgress" in states


class Evaluator(Scene):
    """Between the allocation of its epoch and the commit."""

    def interesting(self):
        head = self.tenant.head()
        return head is not None and head["epoch"] > head["sealedEpoch"]

    def matters(self, name):
        # Slices, Runs and rows of its own epoch may come late; the head, and whatever happens to a person, may not.
        return name.startswith(("TenantLedger/", "Account/"))


def stop(pid, number):
    """Sends a signal to a process of the node."""
    os.kill(pid, number)


def play(_api):
    """Both at the same time, each in a tenant of its own."""
    install_operator()
    scenes = [Runner("zombie-runner", "execute"), Evaluator("zombie-evaluator", "evaluate")]
    wrong = []

    def one(scene):
        try:
            wrong.extend(scene.play())
        except Exception as error:  # noqa: BLE001
            wrong.append(f"{scene.tenant.name}: {error!r}")

    threads = [threading.Thread(target=one, args=(scene,)) for scene in scenes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(scenes), wrong
