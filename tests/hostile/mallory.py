"""Mallory may write everything in some tenants that roles for people allow, and has a stolen token of their runners. Here is what
each attack is made of; what came of it that had not to is in `wrong`.
"""

import threading
import time

from tests.charts.api import Api, person, service_account, wait
from tests.hostile import bulk
from tests.hostile.objects import ATTACK, leaving
from tests.node.tenant import helm, of, path

WHO = "mallory@hostile"
ROLES = ["author", "operator", "directory-admin", "results-reader"]


class Mallory:
    """Attacks by somebody in the tenant `name`, with processes of `among` where there is much to write."""

    # Whether the quota is as the chart has it.
    QUOTA = False

    def __init__(self, name, among, is_nightly=False):
        self.name, self.among, self.is_nightly, self.local = name, among, is_nightly, threading.local()
        self.who, self.runner = person(WHO), service_account(name, "tenure-runner")
        self.count, self.wrong = 0, []
        # Whether there is a controller.
        self.is_served = lambda: True

    @property
    def api(self):
        """A connection of this thread's own."""
        if not hasattr(self.local, "api"):
            self.local.api = Api()
        return self.local.api

    # What was tried, and what came of it.

    def note(self, what, fine, found):
        self.count += 1
        if not fine:
            self.wrong.append(f"{self.name}: {what}: {found}")

    def refused(self, what, answer, text):
        """It has to fail, and for this reason."""
        fine = answer.code in (400, 403, 422) and text in answer.body.get("message", "")
        self.note(what, fine, f"expected a refusal with {text!r}, got {str(answer)[:300]}")

    def seen(self, what, condition, seconds=90):
        """It has to come to that; what the condition gave."""
        try:
            found = wait(what, lambda: not self.is_served() or condition(), seconds)
            assert self.is_served(), f"{what}: the controller has ended"
        except AssertionError as error:
            self.note(what, False, str(error))
            return None
        self.note(what, True, "")
        return found

    # Requests.

    def create(self, kind, name, who=None, metadata=None, only_ask=False, **members):
        made = of(kind, name, **members)
        made["metadata"].update(metadata or {})
        return self.api.create(path(self.name, kind) + ("?dryRun=All" if only_ask else ""), made, who or self.who)

    def must(self, kind, name, **arguments):
        return self.api.must(self.create(kind, name, **arguments))

    def create_all(self, make, numbers):
        """Many, by processes of their own."""
        bulk.create(self.among, self.name, self.who, make, numbers)

    def get(self, kind, name):
        return self.api.must(self.api.call("GET", path(self.name, kind, name)))

    def list(self, kind, attack):
        """Those of an attack: all there are would be many megabytes."""
        return self.api.must(self.api.call("GET", f"{path(self.name, kind)}?labelSelector={ATTACK}={attack}"))["items"]

    def condition(self, kind, name, type_):
        """Status and reason."""
        entries = self.get(kind, name).get("status", {}).get("conditions", [])
        return next((f"{entry['status']} {entry['reason']}" for entry in entries if entry["type"] == type_), "")

    @staticmethod
    def ready(item):
        """How a Workflow is, if it says so of what it is now."""
        status = item.get("status", {})
        if status.get("observedGeneration") != item["metadata"]["generation"]:
            return ""
        return next((f"{entry['status']} {entry['reason']}" for entry in status.get("conditions", []) if entry["type"] == "Ready"), "")

    # The tenant.

    def install(self):
        """The chart as it is shipped, with the quota or without one."""
        bindings = [word for role in ROLES for word in ("--set", f"roleBindings.{role}[0].kind=User,roleBindings.{role}[0].name={self.who[0]}")]
        place = ["--namespace", self.name, "--create-namespace"]
        helm("install", "tenant", "charts/tenure-tenant", *place, *bindings, "--set", f"quota.enabled={str(self.QUOTA).lower()}")

    def settle_in(self, interval="3h"):
        """What an honest tenant has, first of all: who is due there must not suffer from what else is done."""
        self.must("Directory", "people", spec={"embedded": {}})
        conditions = {
            "scope": {"rule": "department eq 'Sales'"},
            "trigger": {"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": 0}},
        }
        tasks = [{"name": "disable", "disableUserAccount": {}}]
        self.must("Workflow", "offboarding", spec={"category": "leaver", "isSchedulingEnabled": True, "executionConditions": conditions, "tasks": tasks})
        for name in ["kira", "lena"]:
            self.must("User", name, spec={"displayName": name, "department": "Sales"})
        if interval:
            self.must("TenantSchedule", "default", spec={"directory": "people", "interval": interval})

    def sealed(self):
        answer = self.api.call("GET", path(self.name, "TenantLedger", "default"))
        return answer.body.get("sealedEpoch", 0) if answer.code == 200 else 0

    def leaves(self, name, when, seconds=120):
        """Somebody of the tenant is due, and is off-boarded whatever else there is."""
        self.api.must(self.api.patch(path(self.name, "User", name), leaving(), self.who))
        self.seen(f"{name} is off-boarded {when}", lambda: not self.get("Account", name)["spec"]["accountEnabled"], seconds)
