"""Who waits behind whom at the API server: whose requests are on which level of priority, and a flood of one tenant beside a
request of another one."""

import concurrent.futures
import pathlib
import re
import statistics
import tempfile
import time

from tests.charts.api import Api, service_account
from tests.hostile import bulk
from tests.node.tenant import OPERATOR, path

CONFIGURED = "/apis/flowcontrol.apiserver.k8s.io/v1"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{OPERATOR}/leases/tenure-controller"
CONTROLLER, TENANTS = "tenure-controller", "tenure-tenants"
# Of connections that flood, each process has so many. Together they are many more than the API server works on at the same time.
CONNECTIONS, FLOODING = 40, 3
# More connections than people have places, on which it is sent slowly.
SLOW = 30
# How often it is asked beside it, at most for how long, and after how long it is a flood, in seconds.
SAMPLES, SECONDS, WARM = 5, 40, 2


class Flow:
    """What the API server says of the levels."""

    def __init__(self):
        self.api = Api()

    def level(self, who, request):
        """The level of a request, answered well or refused."""
        uid = self.api.call("GET", request, None, who).headers["X-Kubernetes-PF-PriorityLevel-UID"]
        levels = self.api.must(self.api.call("GET", f"{CONFIGURED}/prioritylevelconfigurations"))["items"]
        return next(level["metadata"]["name"] for level in levels if level["metadata"]["uid"] == uid)

    def levels(self, peaceful, hostile):
        """What was looked at, and whether it is as it has to be."""
        controller, runner = service_account(OPERATOR, "tenure"), service_account(hostile.name, "tenure-runner")
        collector = service_account("kube-system", "generic-garbage-collector")
        pods = f"/api/v1/namespaces/{hostile.name}/pods"
        for what, who, request, level in [
            ("the controller in a tenant", controller, path(hostile.name, "Workflow"), CONTROLLER),
            ("the controller on other kinds", controller, pods, CONTROLLER),
            ("the controller's lease", controller, LEASE, CONTROLLER),
            ("a runner", runner, path(hostile.name, "Run"), "workload-low"),
            ("a runner on other kinds", runner, pods, "workload-low"),
            ("somebody who attacks", hostile.who, path(hostile.name, "Workflow"), TENANTS),
            ("somebody peaceful", peaceful, path(hostile.name, "Workflow"), TENANTS),
            ("Kubernetes' own on our kinds", collector, path(hostile.name, "Workflow"), "workload-high"),
        ]:
            found = self.level(who, request)
            yield f"the level of {what}", found == level, found

    def waited(self, level):
        """How many requests of a level there were, and for how many seconds they waited to be worked on."""
        answer = self.api.call("GET", "/metrics")
        text = answer.body["message"]

        def total(which):
            name = f"apiserver_flowcontrol_request_wait_duration_seconds_{which}"
            return sum(float(value) for labels, value in re.findall(rf"^{name}\{{(.*)\}} (\S+)$", text, re.M) if f'priority_level="{level}"' in labels)

        return total("count"), total("sum")

    def flood(self, among, peaceful, hostile):
        """A tenant asks for as much as it can, while a peaceful one and itself ask for one thing."""
        questions = [(path(name, "TenantSchedule", "default"), who) for name, who in [peaceful, (hostile.name, hostile.who)]]
        before = self.waited(CONTROLLER)
        with tempfile.TemporaryDirectory() as folder:
            until = pathlib.Path(folder) / "until"
            floods = [among.submit(bulk.flood, hostile.name, hostile.who, CONNECTIONS, until) for _ in range(FLOODING)]
            time.sleep(WARM)
            try:
                others, own = among.submit(bulk.ask_each, questions, SAMPLES, SECONDS).result()
            finally:
                until.touch()
                concurrent.futures.wait(floods)
        codes = [code for flood in floods for code in flood.result()]
        count, seconds = (after - of for after, of in zip(self.waited(CONTROLLER), before))
        waited = seconds / count if count else 0
        middle = [statistics.median(took) if took else 60.0 for took in (others, own)]
        print(
            f"hostile: {CONNECTIONS * FLOODING} connections ask at the same time, {len(codes)} answers, {sum(code == 429 for code in codes)} of them to come again: "
            f"another tenant's GET takes {middle[0] * 1000:.0f} ms ({len(others)}), that tenant's own {middle[1] * 1000:.0f} ms ({len(own)}); "
            f"of the controller {count:.0f} requests waited {waited * 1000:.1f} ms each",
            flush=True,
        )
        yield "a flood of one tenant", len(codes) > CONNECTIONS, f"{len(codes)} answers"
        yield "what is refused of a flood", set(codes) <= {201, 429}, set(codes)
        yield "a GET of another tenant beside a flood", min(len(others), len(own)) >= 3 and middle[0] * 2 < middle[1], f"{middle[0]:.3f} s, and that tenant's own {middle[1]:.3f} s"
        yield "the controller's requests beside a flood", count > 0 and waited < 0.1, f"{waited:.3f} s each, of {count:.0f}"

    def dribble(self, among, peaceful, hostile):
        """A tenant sends as slowly as it may on more connections than people have places; a runner's request waits for none of them."""
        runner = service_account(peaceful, "tenure-runner")
        with tempfile.TemporaryDirectory() as folder:
            until = pathlib.Path(folder) / "until"
            slow = among.submit(bulk.dribble, hostile.name, hostile.who, SLOW, until)
            time.sleep(WARM)
            try:
                took = among.submit(bulk.ask_each, [(path(peaceful, "TenantSchedule", "default"), runner)], SAMPLES, SECONDS).result()[0]
            finally:
                until.touch()
            opened = slow.result()
        middle = statistics.median(took) if took else 60.0
        print(f"hostile: beside {opened} connections that send slowly a runner's GET takes {middle * 1000:.0f} ms ({len(took)})", flush=True)
        yield "connections that send slowly", opened == SLOW, opened
        yield "a runner's GET beside them", len(took) >= SAMPLES and middle < 5, f"{middle:.3f} s, {len(took)} times"
