"""Programs that come back from the dead: frozen, their pods deleted by force, thawed after their successors have finished.

The shim of the container is stopped meanwhile, so that nobody on the node ends the process: as on a node that has lost
its network, the program goes on where it was.
"""

import os
import signal
import threading
import time

from tests import seconds
from tests.charts.api import Api, wait
from tests.node import audit
from tests.node.processes import programs
from tests.node.tenant import DIVISOR, UNSEEN, Tenant, install_operator, states_of_run

# How often a moment may be missed: a program may be done before it is caught.
TRIES = 6
# How long a successor may take to work, on a busy machine, beside its wait for who vanished without a word. Patience and
# nothing else: 225 s were seen, and no promise is made of it.
WORK = 420
PEOPLE = 60
# Between two searches for a program that has started, in seconds.
LOOK = 0.02


class Scene:
    """One tenant whose program is frozen at a moment that matters."""

    def __init__(self, name, command, divisor=1):
        self.api, self.command = Api(), command
        # How long its successor waits because nobody knows whether it still acts.
        self.unseen = UNSEEN // divisor
        self.tenant = Tenant(self.api, name)

    def interesting(self, process):
        """Whether it is in the middle of what matters."""
        raise NotImplementedError

    def catch(self):
        """A program that is frozen in the middle; tried again with further people if it was done before."""
        for _ in range(TRIES):
            self.tenant.wave(PEOPLE)
            end = time.monotonic() + 120
            while time.monotonic() < end:
                time.sleep(LOOK)
                process = next((each for each in programs(self.command) if each.namespace == self.tenant.name), None)
                if process is not None and self.catches(process):
                    return process
            wrong = self.tenant.await_settled(self.unseen + WORK)
            assert not wrong, wrong
        raise AssertionError(f"no {self.command} of {self.tenant.name} was caught in the middle")

    def catches(self, process):
        """Whether it was stopped in the middle, before its end."""
        while process.is_there():
            if self.interesting(process):
                process.signal(signal.SIGSTOP)
                if self.interesting(process) and process.is_there():
                    return True
                process.signal(signal.SIGCONT)
            time.sleep(0.005)
        return False

    def play(self):
        """What was wrong."""
        self.tenant.install()
        self.tenant.workflows()
        wait(f"{self.tenant.name} is ready", self.tenant.ready, 120)
        process = self.catch()
        pod = process.environment("TENURE_POD_NAME")
        where = f"/api/v1/namespaces/{self.tenant.name}/pods/{pod}"
        # The kubelet writes the address a moment after the program has begun.
        address = wait(f"pod {pod} has an address", lambda: address_of(self.api.must(self.api.call("GET", where))), 60)
        shim = process.parent()
        state, frozen, thawed = process.freezer()
        # The shim first: the kubelet is about to ask it to end the container.
        os.kill(shim, signal.SIGSTOP)
        try:
            state.write_text(frozen)
            process.signal(signal.SIGCONT)
            self.api.must(self.api.call("DELETE", where, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}))
            # The Job controller would wait until the kubelet says that the container has ended, which it cannot.
            self.api.patch(where, {"metadata": {"finalizers": None}})
            wait(f"pod {pod} is gone", lambda: self.api.call("GET", where).code == 404, 60)
            gone = time.monotonic()
            wrong = self.tenant.await_settled(self.unseen + WORK)
            print(f"{self.tenant.name}: settled {time.monotonic() - gone:.0f} s after {pod} was gone", flush=True)
            wrong += self.judge_wait(time.monotonic() - gone)
            thaw = audit.position()
            print(f"{self.tenant.name}: {self.command} {pod} is thawed after its successor has finished", flush=True)
            state.write_text(thawed)
            wait(f"the zombie of {self.tenant.name} ends by itself", lambda: not process.is_there(), 60)
            wrong += self.judge_zombie(pod, address, thaw)
        finally:
            state.write_text(thawed)
            os.kill(shim, signal.SIGCONT)
        # The next evaluation takes away whatever a zombie has left.
        self.tenant.wave(2)
        return wrong + self.tenant.await_settled(180) + self.tenant.judge()

    def judge_wait(self, _seconds):
        """What is wrong with how long it took until somebody else had finished."""
        return []

    def judge_zombie(self, pod, address, thaw):
        """What is wrong with what it wrote; others, a new leader's evaluation for one, may write at the same time."""
        if not any(write.pod == pod and write.was_done for write in audit.writes([pod])):
            return [f"{self.tenant.name}: nothing is known of what {pod} wrote before it was frozen"]
        after = [write for write in audit.writes([pod, address], thaw) if write.is_of(pod, address)]
        asked = ", ".join(f"{write.what} ({write.code})" for write in after) or "nothing"
        print(f"{self.tenant.name}: the zombie asked to write {asked}", flush=True)
        # It may have left rows of an epoch that does not count; never anything that counts.
        return [f"{self.tenant.name}: the zombie wrote {write.what}" for write in after if write.was_done and self.matters(write.what)]

    def matters(self, _what):
        return True


class Runner(Scene):
    """In a claim window."""

    def interesting(self, process):
        return "inProgress" in states_of_run(self.api, process)

    def judge_wait(self, seconds):
        # Its last word is a little older than the end of its pod: a renewal, and the time to take the pod away.
        return [] if seconds >= self.unseen / 2 else [f"{self.tenant.name}: its successor has waited for {seconds:.0f} s"]


class Evaluator(Scene):
    """Between the allocation of its epoch and the commit."""

    def interesting(self, _process):
        head = self.tenant.head()
        return head is not None and head["epoch"] > head["sealedEpoch"]

    def matters(self, what):
        # Slices, Runs and rows of its own epoch may come late; the head, and whatever happens to a person, may not.
        return what.startswith(("tenantledgers/", "accounts/"))


def address_of(pod):
    """Its address, empty as long as the kubelet has not written one."""
    return pod.get("status", {}).get("podIP", "")


def play(_api):
    """Both at the same time, each in a tenant of its own."""
    install_operator(divisor=DIVISOR)
    return together([Runner("zombie-runner", "execute", DIVISOR), Evaluator("zombie-evaluator", "evaluate", DIVISOR)])


def play_unhurried(_api):
    """A runner with the times of production."""
    install_operator()
    return together([Runner("unhurried-runner", "execute")])


def together(scenes):
    """How many there were, and what was wrong."""
    wrong = []

    def one(scene):
        try:
            with seconds.scene(scene.tenant.name):
                wrong.extend(scene.play())
        except Exception as error:  # noqa: BLE001
            wrong.append(f"{scene.tenant.name}: {error!r}")

    threads = [threading.Thread(target=one, args=(scene,)) for scene in scenes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(scenes), wrong
