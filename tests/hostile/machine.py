"""What a cluster without nodes lacks: the operator as processes with the arguments and rights of its Deployment, and pods of
all tenants as processes with the rights of their service accounts.
"""

import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time
import urllib.request

from tests.charts.api import Api, service_account, wait
from tests.charts.programs import free_port, kubeconfig
from tests.node.tenant import OPERATOR

OURS = "app.kubernetes.io/managed-by"
# Programs of all other tenants that run at the same time.
OTHERS = 3
UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


def size(quantity):
    """Bytes of a quantity of memory."""
    number, unit = re.fullmatch(r"(\d+)(Ki|Mi|Gi)", quantity).groups()
    return int(number) * UNITS[unit]


def background(work):
    """Does the work beside all else, for as long as this process lives."""
    threading.Thread(target=work, daemon=True).start()


class Controller:
    """A replica of the operator, as the chart starts it."""

    def __init__(self, name, folder, program):
        api = Api()
        deployment = api.must(api.call("GET", f"/apis/apps/v1/namespaces/{OPERATOR}/deployments/tenure"))
        spec = deployment["spec"]["template"]["spec"]
        container = spec["containers"][0]
        self.limit, self.peak = size(container["resources"]["limits"]["memory"]), 0
        self.port, self.log = free_port(), pathlib.Path(folder) / f"{name}.log"
        config = kubeconfig(folder, name, *service_account(OPERATOR, spec["serviceAccountName"]))
        # The last of an option counts.
        words = [program, *container["args"], f"--listen=127.0.0.1:{self.port}"]
        with self.log.open("w") as output:
            env = {**os.environ, "KUBECONFIG": config, "TENURE_POD_NAME": name, "TENURE_POD_UID": name}
            self.process = subprocess.Popen(words, env=env, stdout=output, stderr=output)

    def memory(self):
        """The most bytes that it ever had."""
        try:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return self.peak
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        self.peak = int(found[1]) << 10 if found else self.peak
        return self.peak

    def get(self, path):
        """Code and text of an answer; code 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def lives(self):
        return self.process.poll() is None

    def said_of(self, word):
        """What it warned of, with that word in it."""
        return [line[:300] for line in self.log.read_text().splitlines() if '"level":"WARN"' in line and word in line]

    def is_ready(self):
        return self.get("/readyz")[0] == 200

    def leads(self):
        return "\ntenure_leader 1\n" in self.get("/metrics")[1]

    def end(self):
        """Asks it to end; its exit code."""
        self.memory()
        self.process.terminate()
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "none: it did not end"


class Ended(collections.namedtuple("Ended", "namespace words code seconds processor memory limit said")):
    """A program of a pod, and what it took."""

    @property
    def command(self):
        return self.words[0]


class Node:
    """Runs pods. Those of the tenants `first` come before all others, as the requests of pods have it on nodes: what is measured is what
    tenants share, which is the operator and the API server."""

    def __init__(self, folder, program, first, jobs):
        self.folder, self.program, self.first, self.jobs = pathlib.Path(folder), program, first, jobs
        self.lanes = {True: concurrent.futures.ThreadPoolExecutor(8), False: concurrent.futures.ThreadPoolExecutor(OTHERS)}
        self.seen, self.ended, self.configs = set(), [], {}
        # Pods of the tests' Jobs that wait until somebody lets them begin.
        self.parks, self.parked = lambda _pod: False, []
        self.local, self.lock = threading.local(), threading.Lock()
        background(self.follow)

    def api(self):
        """A connection of this thread's own."""
        if not hasattr(self.local, "api"):
            self.local.api = Api()
        return self.local.api

    def follow(self):
        for event in Api().events("/api/v1/pods"):
            pod = event["object"]
            uid, is_ours = pod["metadata"].get("uid"), pod["metadata"].get("labels", {}).get(OURS) == "tenure"
            if not is_ours or event["type"] == "DELETED" or uid in self.seen:
                continue
            self.seen.add(uid)
            if self.parks(pod):
                self.parked.append(pod)
            else:
                self.begin(pod)

    def begin(self, pod):
        self.lanes[pod["metadata"]["namespace"] in self.first].submit(self.play, pod)

    def let_go(self):
        """Nothing is parked any more."""
        self.parks = lambda _pod: False
        for pod in self.parked:
            self.begin(pod)
        self.parked = []

    def config(self, namespace):
        with self.lock:
            if namespace not in self.configs:
                self.configs[namespace] = kubeconfig(self.folder, f"runner-{namespace}", *service_account(namespace, "tenure-runner"))
            return self.configs[namespace]

    def play(self, pod):
        """The pod's one container, from its beginning to its end."""
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        container = pod["spec"]["containers"][0]
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/status"
        state = {"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0}

        def say(phase, is_ready, of):
            status = {"phase": phase, "containerStatuses": [{**state, "ready": is_ready, "started": is_ready, "state": of}]}
            return self.api().patch(path, {"status": status}).code

        began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        # Somebody may have deleted it.
        if say("Running", True, {"running": {"startedAt": began}}) != 200:
            return
        code, words = self.execute(pod, container)
        at = {"startedAt": began, "finishedAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        reason = "Error" if code else "Completed"
        say("Failed" if code else "Succeeded", False, {"terminated": {**at, "exitCode": code, "reason": reason, "message": words}})

    def execute(self, pod, container):
        namespace = pod["metadata"]["namespace"]
        of_pod = {"TENURE_POD_NAME": pod["metadata"]["name"], "TENURE_POD_UID": pod["metadata"]["uid"]}
        limit = size(container["resources"]["limits"]["memory"]) if "limits" in container.get("resources", {}) else 0
        log, words = tempfile.TemporaryFile(dir=self.folder), tempfile.NamedTemporaryFile(dir=self.folder, delete=False)
        env = {**os.environ, **of_pod, "KUBECONFIG": self.config(namespace), "TENURE_TERMINATION_LOG": words.name}
        polite = [] if namespace in self.first else ["nice", "-n", "10"]
        began = time.monotonic()
        process = subprocess.Popen([*polite, self.program, *container["args"]], env=env, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = code = os.waitstatus_to_exitcode(status)
        self.jobs.note_end(pod["metadata"]["ownerReferences"][0]["uid"])
        log.seek(max(0, log.tell() - 2000))
        said = log.read().decode(errors="replace")
        seconds, processor = time.monotonic() - began, usage.ru_utime + usage.ru_stime
        self.ended.append(Ended(namespace, container["args"], code, seconds, processor, usage.ru_maxrss << 10, limit, said))
        return code, pathlib.Path(words.name).read_text()

    def of(self, namespace, command):
        """What has ended there."""
        return [ended for ended in list(self.ended) if ended.namespace == namespace and ended.command == command]


class Jobs:
    """The Jobs of the operator: how many there were at the same time. One whose program has ended is over: Kubernetes says so a
    little later, the operator knows it from what the program wrote."""

    EVALUATION, RUN = "tenure.dev/evaluation", "tenure.dev/run"

    def __init__(self):
        # By UID: namespace and label. And the names of all that there ever were, with their namespace.
        self.open, self.most, self.made, self.over = {}, collections.Counter(), [], set()
        background(self.follow)

    def follow(self):
        for event in Api().events("/apis/batch/v1/jobs"):
            job = event["object"]
            metadata, status = job["metadata"], job.get("status", {})
            kind = next((label for label in [self.EVALUATION, self.RUN] if label in metadata.get("labels", {})), None)
            if kind is None:
                continue
            uid, namespace = metadata["uid"], metadata["namespace"]
            if event["type"] == "ADDED":
                self.made.append((namespace, kind, metadata["name"]))
            has_ended = any(entry["status"] == "True" and entry["type"] in ("Complete", "Failed") for entry in status.get("conditions", []))
            if has_ended or uid in self.over or event["type"] == "DELETED":
                self.open.pop(uid, None)
                continue
            self.open[uid] = (namespace, kind)
            places = list(self.open.values())
            of_tenant = sum(place == (namespace, kind) for place in places)
            of_all = sum(other == kind for _, other in places)
            self.most[namespace, kind] = max(self.most[namespace, kind], of_tenant)
            self.most[None, kind] = max(self.most[None, kind], of_all)

    def evaluations(self, namespace):
        """How many there were of a tenant."""
        return sum(where == namespace and kind == self.EVALUATION for where, kind, _ in list(self.made))

    def note_end(self, uid):
        self.over.add(uid)
        self.open.pop(uid, None)


def lease(api):
    """Who leads, and how often that has changed."""
    spec = api.must(api.call("GET", f"/apis/coordination.k8s.io/v1/namespaces/{OPERATOR}/leases/tenure-controller"))["spec"]
    return spec.get("holderIdentity"), spec.get("leaseTransitions")


def await_ready(controller, seconds=60):
    wait("the controller is ready", lambda: controller.is_ready() or not controller.lives(), seconds)
    assert controller.lives(), f"the controller ended: {controller.log.read_text()[-2000:]}"
