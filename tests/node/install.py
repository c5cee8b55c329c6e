"""Install, a first person, upgrade and uninstall: what README says, on a real node with real pods."""

import time

from tests.charts.api import wait
from tests.node.readme import commands, run
from tests.node.tenant import path

TENANT, OPERATOR = "acme", "tenure-system"


class Readme:
    """The section's commands in their order; what has to be seen after each, by how it begins."""

    def __init__(self, api):
        self.api = api
        self.checks = {
            "helm install tenure ": self.installed,
            "helm test tenure": lambda printed: "Phase:Succeeded" in printed.replace(" ", ""),
            "kubectl --namespace acme wait resourcequota/tenure": lambda printed: "condition met" in printed,
            "kubectl apply": lambda printed: printed.count("created") > 20,
            "kubectl --namespace acme get tenure": lambda printed: all(
                part in printed for part in ["workflow.tenure.dev/joiner", "tenantschedule.tenure.dev/default", "True"]
            ),
            "kubectl explain": lambda printed: "enableUserAccount" in printed and "FIELD" in printed or "FIELDS" in printed,
            "kubectl --namespace acme patch user": self.somebody_begins,
            "kubectl --namespace acme wait account/ben --for=jsonpath": lambda printed: "condition met" in printed,
            "kubectl --namespace acme get runs": lambda printed: "joiner-v" in printed and "Complete" in printed,
            "helm upgrade": lambda printed: "has been upgraded" in printed,
            "helm uninstall": lambda printed: "uninstalled" in printed,
        }
        self.seen = set()

    def installed(self, _printed):
        """Two controllers are ready in pods of their own, restricted ones."""
        pods = self.api.must(self.api.call("GET", f"/api/v1/namespaces/{OPERATOR}/pods"))["items"]
        ready = [
            pod
            for pod in pods
            if any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))
            and all(c["restartCount"] == 0 for c in pod["status"]["containerStatuses"])
        ]
        return len(ready) == 2

    def somebody_begins(self, _printed):
        self.changed = time.monotonic()
        return True

    def play(self):
        """Runs everything; how many commands there were, and what was not as it should be."""
        wrong, count = [], 0
        told = commands()
        for command in told:
            if command.startswith("docker "):
                print(f"(left out: {command}; the image is that of tests/cluster/image)")
                continue
            printed = run(command)
            count += 1
            for beginning, check in self.checks.items():
                if command.startswith(beginning):
                    self.seen.add(beginning)
                    if not check(printed):
                        wrong.append(f"after {command}: {printed}")
            if command.startswith("kubectl --namespace acme wait account/ben --for=jsonpath"):
                print(f"from the change of the record to the account: {time.monotonic() - self.changed:.1f} s")
            if command.startswith("kubectl --namespace acme get runs"):
                wrong += self.by_pods()
        wrong += [f"README has no command that begins with: {beginning}" for beginning in self.checks.keys() - self.seen]
        wrong += self.data_stays()
        return count, wrong

    def by_pods(self):
        """Evaluation and execution were pods of this node, under the tenant's service account, and nobody else was touched."""
        pods = self.api.must(self.api.call("GET", f"/api/v1/namespaces/{TENANT}/pods"))["items"]
        wrong = [] if len(pods) >= 2 else [f"{len(pods)} pods in the tenant's namespace"]
        for pod in pods:
            if pod["spec"].get("nodeName") != "node" or pod["spec"]["serviceAccountName"] != "tenure-runner":
                wrong.append(f"pod {pod['metadata']['name']}: {pod['spec'].get('nodeName')}, {pod['spec']['serviceAccountName']}")
        accounts = self.api.must(self.api.call("GET", path(TENANT, "Account")))["items"]
        disabled = {account["metadata"]["name"] for account in accounts if not account["spec"]["accountEnabled"]}
        # Their hire dates are long past, which is history, or none.
        not_let_in = {"ava", "chloe", "jonas", "noah"}
        # Nobody has signed in for months, and that is a state. The chief is not in the scope, and ben has just been let in.
        inactive = {"dev", "emma", "finn", "grace", "hugo", "kira", "lena", "omar"}
        if disabled != not_let_in | inactive or len(accounts) < 14:
            wrong.append(f"disabled of {len(accounts)}: {disabled}")
        return wrong

    def data_stays(self):
        """After uninstalling everything, the people and what was done to them are there."""
        wrong = []
        for kind, name in [("User", "ben"), ("Account", "ben"), ("WorkflowVersion", "joiner-v1")]:
            if (answer := self.api.call("GET", path(TENANT, kind, name))).code != 200:
                wrong.append(f"{kind} {name} after uninstalling: {answer}")
        pods = self.api.must(self.api.call("GET", f"/api/v1/namespaces/{OPERATOR}/pods"))["items"]
        if pods:
            wait("the controllers end", lambda: not self.api.must(self.api.call("GET", f"/api/v1/namespaces/{OPERATOR}/pods"))["items"], 60)
        return wrong
