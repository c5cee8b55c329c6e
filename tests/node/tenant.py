"""Tenants on the real cluster: their workflows and people, and what must be true of them at the end."""

import collections
import datetime
import json
import subprocess
import threading

from tests import ledger
from tests.charts.api import GROUP, wait

IMAGE = ["--set", "image.repository=registry.example/tenure", "--set", "image.tag=0.1.0"]
OPERATOR = "tenure-system"
# How many times shorter than in production the programs wait in most scenes.
DIVISOR = 6
# How long a runner that nobody sees may still act, so that its successor waits, in seconds: that of production.
UNSEEN = 90
PLURALS = {"Directory": "directories"}
# After so many seconds it is said that a Job does not start; 5 minutes is the default.
STALLED_AFTER = 20
INSTALLING, INSTALLED = threading.Lock(), []


def path(namespace, kind, name=None):
    """Where objects of ours are."""
    plural = PLURALS.get(kind, f"{kind.lower()}s")
    return "/".join([GROUP, "namespaces", namespace, plural, *filter(None, [name])])


def of(kind, name, **members):
    """An object of ours."""
    return {"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, **members}


def now(seconds=0):
    """An instant from now, as a User's dates have it."""
    instant = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def states_of_run(api, process):
    """How far the subjects of the Run are that a process executes."""
    own = f"{path(process.namespace, 'RunSlice')}?fieldSelector=run%3D{process.option('--run')}"
    items = api.must(api.call("GET", own))["items"]
    return {result["processingStatus"] for item in items for result in ledger.results(item)}


def helm(*words):
    """Runs helm; what it printed."""
    answer = subprocess.run(["helm", *words], capture_output=True, text=True)
    assert answer.returncode == 0, f"helm {' '.join(words)}: {answer.stderr}"
    return answer.stdout


def install_operator(*arguments, divisor=1, images=()):
    """The definitions and the operator, two controllers that take over soon and say soon what stalls; once for all
    scenes that want the same."""
    with INSTALLING:
        if INSTALLED != [(arguments, divisor, images)]:
            INSTALLED.clear()
            install_charts(arguments, divisor, images)
            INSTALLED.append((arguments, divisor, images))


def install_charts(arguments, divisor, images):
    helm("upgrade", "--install", "tenure-crds", "charts/tenure-crds")
    flags = ["--lease-duration=3s", "--lease-renew-deadline=2s", "--lease-retry=1s", f"--stalled-after={STALLED_AFTER}s", *arguments]
    given = ",".join(flags)
    helm("upgrade", "--install", "tenure", "charts/tenure", "--namespace", OPERATOR, "--create-namespace", *IMAGE,
         "--set", f"extraArgs={{{given}}}", "--set", f"tests.timingDivisor={divisor}",
         "--set-json", f"policies.runnerImages={json.dumps(images)}", "--wait")  # fmt: skip


class Tenant:
    """A namespace with a joiner and a leaver workflow, and people who are added in waves."""

    def __init__(self, api, name):
        self.api, self.name = api, name
        # Who has to be how: name -> whether the account is enabled.
        self.expected = {}
        # (workflow, person) that have to be processed, each once.
        self.occurrences = set()
        self.waves = 0

    def create(self, kind, name, **members):
        """Creates an object of ours in it."""
        return self.api.must(self.api.create(path(self.name, kind), of(kind, name, **members)))

    def install(self, *arguments):
        """The chart, without a quota, which would make the test wait for Kubernetes to count new kinds."""
        place = ["--namespace", self.name, "--create-namespace"]
        helm("install", "tenant", "charts/tenure-tenant", *place, "--set", "quota.enabled=false", *arguments)

    def workflows(self):
        """Joiners are enabled and join, leavers leave and are disabled."""
        self.create("Directory", "people", spec={"embedded": {}})
        self.create("Group", "everyone", spec={"displayName": "Everyone"})
        self.create("TenantSchedule", "default", spec={"interval": "3h", "directory": "people"})
        tasks = {
            "joiner": [{"enableUserAccount": {}}, {"addUserToGroups": {"groups": ["everyone"]}}],
            "leaver": [{"disableUserAccount": {}}, {"removeUserFromAllGroups": {}}],
        }
        for category, attribute in [("joiner", "employeeHireDate"), ("leaver", "employeeLeaveDateTime")]:
            trigger = {"timeBasedAttribute": {"attribute": attribute, "offsetInDays": 0}}
            listed = [{"name": f"task-{number}", **task} for number, task in enumerate(tasks[category])]
            conditions = {"scope": {"rule": "department eq 'Works'"}, "trigger": trigger}
            spec = {"category": category, "isSchedulingEnabled": True, "executionConditions": conditions, "tasks": listed}
            self.create("Workflow", category, spec=spec)

    def ready(self):
        """Every workflow is ready and an evaluation is sealed: nothing before it is due any more, it is history."""
        found = self.api.must(self.api.call("GET", path(self.name, "Workflow")))["items"]
        is_ready = all(is_true(item, "Ready") for item in found)
        head = self.head()
        return len(found) == 2 and is_ready and head and head["sealedEpoch"] > 0

    def head(self):
        """The TenantLedger; none before the first evaluation."""
        answer = self.api.call("GET", path(self.name, "TenantLedger", "default"))
        return answer.body if answer.code == 200 else None

    def wave(self, size):
        """Some begin today, and half of those of the wave before leave today."""
        leaving = [name for name, enabled in self.expected.items() if enabled and name.startswith(f"p{self.waves - 1}-")][: size // 2]
        for name in leaving:
            change = {"spec": {"employeeLeaveDateTime": now(-1)}}
            self.api.must(self.api.patch(path(self.name, "User", name), change))
            self.expected[name] = False
            self.occurrences.add(("leaver", name))
        for number in range(size):
            name = f"p{self.waves}-{number}"
            spec = {"displayName": name, "department": "Works", "employeeHireDate": now(-1), "initialAccount": {"accountEnabled": False}}
            self.create("User", name, spec=spec)
            self.expected[name] = True
            self.occurrences.add(("joiner", name))
        self.waves += 1

    def staff(self, size):
        """So many have been here for years."""
        for number in range(size):
            spec = {"displayName": f"s{number}", "department": "Works", "employeeHireDate": "2020-01-01",
                    "initialAccount": {"memberOf": ["everyone"]}}  # fmt: skip
            self.create("User", f"s{number}", spec=spec)
            self.expected[f"s{number}"] = True

    def dismiss(self):
        """Everybody leaves at once."""
        for name in self.expected:
            self.api.must(self.api.patch(path(self.name, "User", name), {"spec": {"employeeLeaveDateTime": now(-1)}}))
            self.expected[name] = False
            self.occurrences.add(("leaver", name))

    def done(self):
        """How many have been processed."""
        slices = self.api.must(self.api.call("GET", path(self.name, "RunSlice")))["items"]
        return sum(result["processingStatus"] == "completed" for part in slices for result in ledger.results(part))

    def settled(self):
        """Whether everybody is as they have to be and every Run is complete."""
        accounts = self.api.must(self.api.call("GET", path(self.name, "Account")))["items"]
        state = {item["metadata"]["name"]: item["spec"] for item in accounts}
        for name, enabled in self.expected.items():
            groups = ["everyone"] if enabled else []
            if name not in state or state[name]["accountEnabled"] != enabled or state[name].get("memberOf", []) != groups:
                return False
        runs = self.api.must(self.api.call("GET", path(self.name, "Run")))["items"]
        return all(is_true(run, "Complete") for run in runs)

    def await_settled(self, seconds):
        """Waits until it is settled; what is not, if it takes longer."""
        try:
            wait("settled", self.settled, seconds)
            return []
        except AssertionError:
            return [f"{self.name} is not settled after {seconds} s: {self.unsettled()}"]

    def unsettled(self):
        accounts = self.api.must(self.api.call("GET", path(self.name, "Account")))["items"]
        state = {item["metadata"]["name"]: item["spec"]["accountEnabled"] for item in accounts}
        people = [name for name, enabled in self.expected.items() if state.get(name) != enabled]
        runs = self.api.must(self.api.call("GET", path(self.name, "Run")))["items"]
        open_runs = [run["metadata"]["name"] for run in runs if not is_true(run, "Complete")]
        return f"{len(people)} people ({people[:3]}), Runs {open_runs}"

    def judge(self):
        """Nobody missed, nobody twice: what is wrong with what the tenant's objects say."""
        head, wrong = self.head(), []

        def counts(epoch):
            return epoch <= head["sealedEpoch"] and not any(a["from"] <= epoch <= a["to"] for a in head.get("abandoned", []))

        slices = self.api.must(self.api.call("GET", path(self.name, "RunSlice")))["items"]
        results = [(part, result) for part in slices for result in ledger.results(part)]
        # Of these it was seen before their start that they have left.
        passed_over = {result["occurrence"] for part, result in results if self.is_passed_over(part, result)}
        # An evaluation may have read a person before the leave date came, and the result after it: it releases what was passed
        # over, and plans it once more.
        planned, keys, withdrawn = collections.Counter(), set(), set()
        for chunk in self.api.must(self.api.call("GET", path(self.name, "OccurrenceLedger")))["items"]:
            for row in filter(lambda row: counts(row["epoch"]), ledger.rows(chunk)):
                if not row["workflow"]:
                    # Who was first seen in the second before the hire date and left on the same day never began: a row of
                    # the two dates, and joiner work that is not due.
                    withdrawn.add(row["subject"])
                    continue
                keys.add(row["key"])
                is_released = row["state"] == "released" and row["key"] in passed_over
                planned[row["key"]] += (row["state"] == "planned") - is_released
                if row["state"] not in ("planned", "superseded") and not is_released:
                    wrong.append(f"{self.name}: {row['state']}: {row['workflow']}: {row.get('reason')}")
        twice = [key for key, times in planned.items() if times > 1]
        if twice or not len(self.occurrences) - len(withdrawn) <= len(keys) <= len(self.occurrences):
            wrong.append(f"{self.name}: {len(keys)} occurrences of {len(self.occurrences)} in the ledger, {len(twice)} planned more than once")
        done = collections.Counter()
        stale = {part["metadata"]["name"] for part in slices if not counts(part["epoch"])}
        wrong += [f"{self.name}: slice {name} of an epoch that does not count is still there" for name in stale]
        for part, result in results:
            if part["metadata"]["name"] in stale:
                continue
            who = (part["workflow"], result["subject"])
            done[who] += not self.is_passed_over(part, result)
            is_superseded = self.gave_way(who) and result.get("reason") == "Superseded"
            if result["processingStatus"] != "completed" and not is_superseded and not self.is_passed_over(part, result):
                status = f"{result['processingStatus']}: {result.get('reason')}"
                wrong.append(f"{self.name}: {part['metadata']['name']}: {result['subject']} is {status}")
        wrong += [f"{self.name}: {who} processed {times} times" for who, times in done.items() if times > 1]
        wrong += [f"{self.name}: {who} was not processed" for who in self.occurrences - done.keys() if not self.gave_way(who)]
        wrong += [f"{self.name}: {who} was processed and had not to be" for who in done.keys() - self.occurrences]
        return wrong

    def is_passed_over(self, part, result):
        """Whether a joiner's work was not begun, as the person had left when its turn came."""
        is_canceled = result["processingStatus"] == "canceled" and result.get("reason") == "OffBoarded"
        return is_canceled and self.gave_way((part["workflow"], result["subject"]))

    def gave_way(self, who):
        """Whether it is a joiner's work that the same person's off-boarding may have taken the place of."""
        return who[0] == "joiner" and ("leaver", who[1]) in self.occurrences


def is_true(item, condition):
    """Whether the condition is true, for what the object says now."""
    conditions = item.get("status", {}).get("conditions", [])
    return any(entry["type"] == condition and entry["status"] == "True" for entry in conditions)
