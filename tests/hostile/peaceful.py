"""A tenant that does nobody any harm, and how long it waits for what it asks."""

import collections
import datetime
import math
import statistics
import threading
import time

from tests.charts.api import Api, person, wait
from tests.node.tenant import Tenant, is_true, now, of, path

# Of a Workflow until it is Ready, and of somebody who is to leave until their account is closed.
GET, WORKFLOW, LEAVER = "a bare GET", "a Workflow until it is Ready", "a leaver until they are off-boarded"
# Between two requests or two Workflows, in seconds.
PAUSE = 0.1
# The longest that anything may take, in seconds: who waited for that is not a matter of any factor.
PATIENCE = 120
# What takes longer is said when it happens, for whoever looks for the reason.
SLOW = 2
# From one evaluation to another that a change asks for, at least, in seconds.
LEAST = 5
ALONE, BESIDE = "alone", "beside the attack"


class Peaceful(Tenant):
    """A tenant that measures."""

    def __init__(self, name):
        super().__init__(Api(), name)
        self.author, self.admin = person(f"author@{name}"), person(f"admin@{name}")
        # By what and beside what: seconds.
        self.took = collections.defaultdict(list)
        self.phase, self.errors = None, []
        self.samples = 0

    def bindings(self):
        """Who may do what there, for the chart."""
        return {"author": [{"kind": "User", "name": self.author[0]}], "directory-admin": [{"kind": "User", "name": self.admin[0]}]}

    def start(self):
        """Measures from now on, in whichever phase it is."""
        self.people = iter([name for name, enabled in self.expected.items() if enabled])
        self.threads = [threading.Thread(target=self.go, args=(work,), daemon=True) for work in [self.ask, self.work]]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.phase = "over"
        for thread in self.threads:
            thread.join(2 * PATIENCE)

    def go(self, work):
        api = Api()
        while self.phase != "over":
            try:
                work(api)
            except (AssertionError, OSError) as error:
                self.errors.append(f"{self.phase}: {error!r}")
                return

    def measure(self, what, work):
        """How long the work takes, unless the phase changes meanwhile."""
        phase, began = self.phase, time.monotonic()
        work()
        seconds = time.monotonic() - began
        if seconds > SLOW:
            print(f"{time.strftime('%H:%M:%S')}: {what}: {seconds:.1f} s", flush=True)
        if phase == self.phase:
            self.took[what, phase].append(seconds)

    def ask(self, api):
        one = path(self.name, "TenantSchedule", "default")
        self.measure(GET, lambda: api.must(api.call("GET", one, None, self.author)))
        time.sleep(PAUSE)

    def work(self, api):
        """Workflows until an evaluation may begin at once, then somebody who leaves."""
        while not self.may_evaluate(api) and self.phase != "over":
            self.apply(api)
            time.sleep(3 * PAUSE)
        self.leave(api)

    def may_evaluate(self, api):
        """Whether what the last evaluation took is over ten times, so that a change is evaluated at once."""
        head = api.must(api.call("GET", path(self.name, "TenantLedger", "default")))
        pause = max(LEAST, math.ceil(head.get("evaluationMilliseconds", 0) / 100)) + 1
        began = datetime.datetime.fromisoformat(head["asOf"].replace("Z", "+00:00"))
        return head["epoch"] == head["sealedEpoch"] and time.time() - began.timestamp() > pause

    def apply(self, api):
        self.samples += 1
        name = f"sample-{self.samples}"
        tasks = [{"name": "disable", "disableUserAccount": {}}]
        workflow = of("Workflow", name, spec={"category": "leaver", "deletionPolicy": "Delete", "tasks": tasks})
        target = path(self.name, "Workflow")

        def until_ready():
            api.must(api.create(target, workflow, self.author))
            look(f"{name} is Ready", lambda: is_true(api.must(api.call("GET", f"{target}/{name}", None, self.author)), "Ready"))

        self.measure(WORKFLOW, until_ready)
        api.must(api.call("DELETE", f"{target}/{name}", None, self.author))

    def leave(self, api):
        name = next(self.people, None)
        assert name is not None, "there is nobody left to leave"
        account = path(self.name, "Account", name)

        def is_closed():
            spec = api.must(api.call("GET", account, None, self.admin))["spec"]
            return not spec["accountEnabled"] and spec.get("memberOf", []) == []

        def until_closed():
            api.must(api.patch(path(self.name, "User", name), {"spec": {"employeeLeaveDateTime": now(-1)}}, self.admin))
            look(f"{name} is off-boarded", is_closed)

        self.measure(LEAVER, until_closed)
        self.expected[name] = False
        self.occurrences.add(("leaver", name))

    def settle(self):
        """Everybody who is there has an account, and begins."""
        wait("the peaceful tenant's people have begun", self.settled, PATIENCE)

    def judge_latency(self):
        """What took longer beside the attack than it may; a line for each figure is printed."""
        wrong = [f"the peaceful tenant: {error}" for error in self.errors]
        slower = {}
        for what in [GET, WORKFLOW, LEAVER]:
            alone, beside = self.took[what, ALONE], self.took[what, BESIDE]
            if len(alone) < 5 or len(beside) < 5:
                wrong.append(f"{what}: measured {len(alone)} times alone and {len(beside)} times beside the attack")
                continue
            # What takes many requests takes as long as so many take on average, whichever of them are slow.
            half = statistics.mean if what == GET else statistics.median
            for which, of_many in [("half of them", half), ("nine of ten", lambda all_: statistics.quantiles(all_, n=10)[8])]:
                before, after = of_many(alone), of_many(beside)
                slower[what, which] = after / before
                allowed = max(2.0, slower.get((GET, which), 0))
                print(
                    f"{what}, {'on average' if of_many is statistics.mean else which}: {before * 1000:.0f} ms alone ({len(alone)}), {after * 1000:.0f} ms beside the attack ({len(beside)}): "
                    f"{after / before:.2f} times; at most {max(alone) * 1000:.0f} and {max(beside) * 1000:.0f} ms",
                    flush=True,
                )
                if what != GET and after / before > allowed:
                    wrong.append(f"{what}, {which}: {after / before:.2f} times as long as alone, and may take {allowed:.2f} times")
        return wrong


def look(what, condition):
    """Waits until the condition holds, and looks often."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.02)
