"""Measures peaceful tenants from a process of its own: threads that attack would keep it waiting, and that is nobody's
slowness but ours.
"""

import collections
import concurrent.futures
import math
import multiprocessing
import statistics
import threading
import time

from tests.charts.api import Api, person
from tests.node.tenant import is_true, now, of, path

# Bare requests to the API server, nobody of ours in between: the first says how much slower all else may be, the second is printed
# beside it, since a list waits until the API server has seen all that was written of its kind. Then of a Workflow until it is
# Ready; and of somebody who is to leave until their account is closed.
GET, LIST, WORKFLOW, LEAVER = "a bare GET", "a bare LIST", "a Workflow until it is Ready", "a leaver until they are off-boarded"
BARE = [GET, LIST]
# Between two Workflows, in seconds.
PAUSE = 0.1
# From one bare request to the next, and how many may be open, of one kind.
EVERY, ASKED_AT_ONCE = 0.2, 16
# The longest that anything may take, in seconds: who waited for that is not a matter of any factor.
PATIENCE = 60
# What takes longer is said when it happens, for whoever looks for the reason.
SLOW = 4
# From one evaluation to another that a change asks for, at least, in seconds.
LEAST = 5
# What the tenants are measured beside; with OVER it ends.
PREPARING, ALONE, BESIDE, OVER = range(4)
# As often everything has to be measured, alone and beside the attack.
LEAST_SAMPLES = 6


def author_of(tenant):
    """Who writes Workflows there."""
    return person(f"author@{tenant}")


def admin_of(tenant):
    """Who writes people there."""
    return person(f"admin@{tenant}")


class Meter:
    """Measures some tenants; `people`: by tenant, those who may leave."""

    def __init__(self, people):
        context = multiprocessing.get_context("spawn")
        self.phase, self.queue = context.Value("i", PREPARING), context.Queue()
        self.process = context.Process(target=measure, args=(people, self.phase, self.queue), daemon=True)
        self.process.start()

    def enter(self, phase):
        """From now on they are measured beside that."""
        self.phase.value = phase

    def stop(self):
        """Ends it; what it measured, who has left by tenant, and what went wrong."""
        self.enter(OVER)
        found = self.queue.get(timeout=3 * PATIENCE)
        self.process.join(PATIENCE)
        return Measured(*found)


def measure(people, phase, queue):
    """The process."""
    took, left, errors = collections.defaultdict(list), {tenant: [] for tenant in people}, []
    measured = [Measuring(tenant, names, phase, took, left[tenant], errors) for tenant, names in people.items()]
    threads = [threading.Thread(target=one.go, args=(one.work,)) for one in measured]
    threads += [threading.Thread(target=measured[0].ask, args=(what,)) for what in BARE]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queue.put((dict(took), left, errors))


class Measuring:
    """What one tenant asks for, one thing after the other."""

    def __init__(self, tenant, names, phase, took, left, errors):
        self.tenant, self.people, self.phase, self.took, self.left, self.errors = tenant, iter(names), phase, took, left, errors
        self.author, self.admin, self.samples = author_of(tenant), admin_of(tenant), 0

    def go(self, work):
        api = Api()
        while self.phase.value != OVER:
            try:
                work(api)
            except Exception as error:  # noqa: BLE001
                self.errors.append(f"{error!r}")
                return

    def measure(self, what, work):
        """How long the work takes. It is of the phase in which it began: whoever takes long would not be counted otherwise."""
        phase, began = self.phase.value, time.monotonic()
        work()
        seconds = time.monotonic() - began
        if seconds > SLOW:
            print(f"{time.strftime('%H:%M:%S')}: {self.tenant}: {what}: {seconds:.1f} s", flush=True)
        self.took[what, phase].append(seconds)

    def ask(self, what):
        """Bare requests at fixed times, also while earlier ones are not answered: who asks again only then asks seldom when it is slow."""
        target = {GET: path(self.tenant, "TenantSchedule", "default"), LIST: path(self.tenant, "Run")}[what]
        mine = threading.local()

        def one(at, phase):
            if not hasattr(mine, "api"):
                mine.api = Api()
            try:
                mine.api.must(mine.api.call("GET", target, None, self.admin))
            except Exception as error:  # noqa: BLE001
                self.errors.append(f"{what}: {error!r}")
            self.took[what, phase].append(time.monotonic() - at)

        with concurrent.futures.ThreadPoolExecutor(ASKED_AT_ONCE) as among:
            at = time.monotonic()
            while self.phase.value != OVER:
                among.submit(one, at, self.phase.value)
                at += EVERY
                time.sleep(max(0, at - time.monotonic()))

    def work(self, api):
        """Workflows until an evaluation may begin at once, then somebody who leaves."""
        while not self.may_evaluate(api):
            if self.phase.value == OVER:
                return
            self.apply(api)
            time.sleep(3 * PAUSE)
        if self.phase.value in (ALONE, BESIDE):
            self.leave(api)
        else:
            time.sleep(PAUSE)

    def may_evaluate(self, api):
        """Whether what the last evaluation took is over ten times, so that a change is evaluated at once."""
        head = api.must(api.call("GET", path(self.tenant, "TenantLedger", "default")))
        pause = max(LEAST, math.ceil(head.get("evaluationMilliseconds", 0) / 100)) + 1
        began = time.mktime(time.strptime(head["asOf"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
        return head["epoch"] == head["sealedEpoch"] and time.time() - began > pause

    def apply(self, api):
        self.samples += 1
        name = f"sample-{self.samples}"
        tasks = [{"name": "disable", "disableUserAccount": {}}]
        workflow = of("Workflow", name, spec={"category": "leaver", "deletionPolicy": "Delete", "tasks": tasks})
        target = path(self.tenant, "Workflow")

        def until_ready():
            api.must(api.create(target, workflow, self.author))
            look(f"{name} is Ready", lambda: is_true(api.must(api.call("GET", f"{target}/{name}", None, self.author)), "Ready"))

        self.measure(WORKFLOW, until_ready)
        api.must(api.call("DELETE", f"{target}/{name}", None, self.author))

    def leave(self, api):
        name = next(self.people, None)
        if name is None:
            # Enough have been measured.
            time.sleep(PAUSE)
            return
        account = path(self.tenant, "Account", name)

        def is_closed():
            spec = api.must(api.call("GET", account, None, self.admin))["spec"]
            return not spec["accountEnabled"] and spec.get("memberOf", []) == []

        def until_closed():
            api.must(api.patch(path(self.tenant, "User", name), {"spec": {"employeeLeaveDateTime": now(-1)}}, self.admin))
            self.left.append(name)
            look(f"{name} is off-boarded", is_closed)

        self.measure(LEAVER, until_closed)


class Measured:
    """Seconds by what and beside what; who has left; what went wrong."""

    def __init__(self, took, left, errors):
        self.took, self.left, self.errors = took, left, errors

    def judge(self):
        """How many figures were compared, and what took longer beside the attack than it may; prints them."""
        wrong = [f"a peaceful tenant: {error}" for error in self.errors]
        few = {what: [len(self.took.get((what, phase), [])) for phase in (ALONE, BESIDE)] for what in [*BARE, WORKFLOW, LEAVER]}
        for what, counts in few.items():
            if min(counts) < LEAST_SAMPLES:
                wrong.append(f"{what}: measured {counts[0]} times alone and {counts[1]} times beside the attack")
        if wrong:
            return 1, wrong
        for what in [WORKFLOW, LEAVER]:
            for which in QUANTILES:
                ratio, text = self.compare(what, which)
                bare = {one: self.compare(one, which) for one in BARE}
                allowed = max(2.0, bare[GET][0])
                print("\n".join([text, *(f"    beside it {text}" for _, text in bare.values())]), flush=True)
                if ratio > allowed:
                    wrong.append(f"{what}, {which}: {ratio:.2f} times as long as alone, and may take {allowed:.2f} times")
        return 4, wrong

    def compare(self, what, which):
        """By how much it is slower, and how that is said: the same quantile of as many samples."""
        alone, beside = thin(self.took[what, ALONE], self.took[what, BESIDE])
        before, after = quantile(alone, which), quantile(beside, which)
        text = f"{what}, {which}: {before * 1000:.0f} ms alone, {after * 1000:.0f} ms beside the attack ({len(alone)} each): {after / before:.2f} times"
        return after / before, text


# Of few samples three of four say more of the tail than nine of ten, which one of them decides.
QUANTILES = {"half of them": 50, "three of four": 75}


def quantile(samples, which):
    return statistics.quantiles(samples, n=100, method="inclusive")[QUANTILES[which] - 1]


def thin(one, other):
    """As many of either, spread over the time in which they were measured."""
    least = min(len(one), len(other))
    return [[samples[index * len(samples) // least] for index in range(least)] for samples in (one, other)]


def look(what, condition):
    """Waits until the condition holds, and looks often."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.02)
