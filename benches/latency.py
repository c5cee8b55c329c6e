#!/usr/bin/env python3
"""How soon people are processed by real pods, beside Kubernetes' own CronJob in the same run.

    tests/cluster/up --node --image TENURE.tar -- python3 benches/latency.py

TENURE.tar is the image, named registry.example/tenure:0.1.0 (tests/cluster/image makes it). Needs helm in PATH. Printed
are medians over TICKS ticks of a tenant and as many changes of a record:

- tick to first effect: two pods in a row, an evaluation and an execution (goal: below 4 s)
- a CronJob's schedule to the start of its container: one pod, the same image (what Kubernetes itself needs)
- a leaver's record changed to the first effect (goal: below 10 s)
"""

import datetime
import pathlib
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tests.charts.api import Api, wait  # noqa: E402
from tests.node.tenant import Tenant, install_operator, path  # noqa: E402

TICKS = 6
IMAGE = "registry.example/tenure:0.1.0"
CRON = {
    "metadata": {"name": "every-minute"},
    "spec": {
        "schedule": "* * * * *",
        "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "tasks", "image": IMAGE, "args": ["tasks"]}]}}}},
    },
}


class Watch(threading.Thread):
    """Notes when something is first true of each object, by this machine's clock."""

    def __init__(self, where, is_true):
        super().__init__(daemon=True)
        self.where, self.is_true, self.seen = where, is_true, {}
        self.start()

    def run(self):
        for item in Api().watch(self.where):
            name = item["metadata"]["name"]
            if name not in self.seen and self.is_true(item):
                self.seen[name] = time.time()


def instant(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def person(tenant, name, hired):
    spec = {"displayName": name, "department": "Works", "employeeHireDate": instant(hired), "initialAccount": {"accountEnabled": False}}
    tenant.create("User", name, spec=spec)


def ticks(tenant, api):
    """Somebody is due just before each of the next ticks; how long after the tick each is enabled."""
    where = path(tenant.name, "TenantSchedule", "default")
    change = {"spec": {"interval": None, "cron": "* * * * *", "timeZone": "UTC", "evaluateOnChange": False}}
    api.must(api.patch(where, change))

    def next_tick():
        found = api.must(api.call("GET", where)).get("status", {}).get("nextScheduleRunDateTime")
        at = found and datetime.datetime.fromisoformat(found.replace("Z", "+00:00")).timestamp()
        return at if at and time.time() + 20 < at < time.time() + 60 else None

    first = wait("the next tick is known", next_tick, 180)
    instants = {f"tick-{number}": first + 60 * number for number in range(TICKS)}
    for name, at in instants.items():
        person(tenant, name, at - 5)
    watch = Watch(path(tenant.name, "Account"), lambda item: item["spec"]["accountEnabled"])
    wait("everybody is enabled", lambda: len(watch.seen) >= TICKS, 60 * TICKS + 120)
    return [watch.seen[name] - at for name, at in instants.items()]


def cron_jobs(api):
    """How long after its minute each container of a CronJob starts."""
    api.must(api.create("/api/v1/namespaces", {"metadata": {"name": "cron"}}))
    api.must(api.create("/apis/batch/v1/namespaces/cron/cronjobs", CRON))

    def started(pod):
        states = [status.get("state", {}) for status in pod.get("status", {}).get("containerStatuses", [])]
        return any("running" in state or "terminated" in state for state in states)

    watch = Watch("/api/v1/namespaces/cron/pods", started)
    wait("the CronJob has run", lambda: len(watch.seen) >= TICKS, 60 * TICKS + 120)
    return [at % 60 for at in list(watch.seen.values())[:TICKS]]


def rest(tenant):
    """Waits until a change is evaluated at once: that is ten times what the last evaluation took after it began, at least 5 s."""

    def is_over():
        head = tenant.head()
        began = datetime.datetime.fromisoformat(head["asOf"].replace("Z", "+00:00")).timestamp()
        pause = max(5, 10 * head.get("evaluationMilliseconds", 0) / 1000)
        # One second for instants that are cut to theirs, and one for the two clocks.
        return head["epoch"] == head["sealedEpoch"] and time.time() > began + pause + 2

    wait("the tenant has rested", is_over, 3700)


def changes(tenant, api):
    """How long after a record says that somebody has left the account is disabled."""
    for number in range(TICKS):
        person(tenant, f"leaver-{number}", time.time() - 1)
    enabled = Watch(path(tenant.name, "Account"), lambda item: item["spec"]["accountEnabled"])
    wait("everybody is enabled", lambda: len(enabled.seen) >= TICKS, 180)
    found = []
    for number in range(TICKS):
        rest(tenant)
        name = f"leaver-{number}"
        where = path(tenant.name, "User", name)
        began = time.time()
        api.must(api.patch(where, {"spec": {"employeeLeaveDateTime": instant(began - 1)}}))
        account = path(tenant.name, "Account", name)
        wait(f"{name} is disabled", lambda: not api.must(api.call("GET", account))["spec"]["accountEnabled"], 120)
        found.append(time.time() - began)
    return found


def main():
    install_operator()
    tenants = [Tenant(Api(), "ticks"), Tenant(Api(), "changes")]
    for tenant in tenants:
        tenant.install()
        tenant.workflows()
        wait(f"{tenant.name} is ready", tenant.ready, 120)
    results = {}

    def measure(name, work, *words):
        results[name] = work(*words)

    threads = [
        threading.Thread(target=measure, args=("tick to first effect", ticks, tenants[0], Api())),
        threading.Thread(target=measure, args=("CronJob's schedule to container start", cron_jobs, Api())),
        threading.Thread(target=measure, args=("leaver's record changed to first effect", changes, tenants[1], Api())),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, found in results.items():
        print(f"{name}: median {statistics.median(found):.2f} s of {len(found)}, {min(found):.2f} to {max(found):.2f} s", flush=True)
    sys.exit(0 if len(results) == len(threads) else 1)


if __name__ == "__main__":
    main()
