"""The real programs under the rights that the charts give them, and under the admission policies.

The controller runs as a process of this machine that speaks as its service account. Kubernetes' own Job controller makes
a pod for each of its Jobs. There is no node; a small stand-in for the kubelet starts the Job's program as a process that
speaks as tenure-runner, and reports its end in the pod's status.
"""

import datetime
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import threading

from . import objects
from .api import wait


def kubeconfig(folder, name, user, groups):
    """A configuration that speaks as somebody; the path."""
    view = ["kubectl", "config", "view", "--raw", "--minify", "--output", "json"]
    config = json.loads(subprocess.run(view, check=True, capture_output=True, text=True).stdout)
    config["users"][0]["user"].update({"as": user, "as-groups": groups})
    path = pathlib.Path(folder) / name
    path.write_text(json.dumps(config))
    return str(path)


def free_port():
    """A port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Kubelet(threading.Thread):
    """Stands in for the kubelet of one namespace."""

    def __init__(self, make_api, namespace, program, config):
        super().__init__(daemon=True)
        self.api, self.namespace, self.program, self.config = make_api(), namespace, program, config
        self.stopped = threading.Event()
        self.done = set()
        self.failed = []

    def run(self):
        pods = f"/api/v1/namespaces/{self.namespace}/pods"
        while not self.stopped.wait(0.3):
            for pod in self.api.call("GET", f"{pods}?labelSelector=app.kubernetes.io/managed-by=tenure").body.get("items", []):
                uid = pod["metadata"]["uid"]
                if uid not in self.done and pod["status"].get("phase") == "Pending":
                    self.done.add(uid)
                    self.play(f"{pods}/{pod['metadata']['name']}", pod)

    def play(self, path, pod):
        """Runs the pod's one container to its end."""
        container = pod["spec"]["containers"][0]
        environment = {**os.environ, "KUBECONFIG": self.config, "TENURE_POD_NAME": pod["metadata"]["name"], "TENURE_POD_UID": pod["metadata"]["uid"]}
        answer = subprocess.run([self.program, *container["args"]], env=environment, capture_output=True, text=True, timeout=120)
        if answer.returncode:
            self.failed.append(f"{container['args']}: {answer.returncode} {answer.stderr}")
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        terminated = {"exitCode": answer.returncode, "startedAt": now, "finishedAt": now, "reason": "Completed"}
        state = {"name": container["name"], "image": container["image"], "imageID": "", "ready": False, "restartCount": 0}
        phase = "Failed" if answer.returncode else "Succeeded"
        status = {"status": {"phase": phase, "containerStatuses": [{**state, "state": {"terminated": terminated}}]}}
        self.api.must(self.api.patch(f"{path}/status", status))


def people(api, namespace):
    """Somebody whose last day was yesterday, and the workflow for her."""
    yesterday = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)).strftime("%Y-%m-%dT00:00:00Z")
    base = f"/apis/tenure.dev/v1alpha1/namespaces/{namespace}"
    user = {"displayName": "Ava", "employeeLeaveDateTime": yesterday}
    leave = objects.workflow("off-board", {"disableUserAccount": {}}, {"removeUserFromAllGroups": {}})
    trigger = {"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": 0}}
    leave["spec"].update({"isSchedulingEnabled": True, "executionConditions": {"scope": {"rule": "displayName eq 'Ava'"}, "trigger": trigger}})
    for plural, thing in [
        ("directories", objects.of("Directory", "people", spec={"embedded": {}})),
        ("groups", objects.of("Group", "everyone", spec={"displayName": "Everyone"})),
        ("users", objects.of("User", "ava-real", spec={**user, "initialAccount": {"memberOf": ["everyone"]}})),
        ("workflows", leave),
    ]:
        answer = api.create(f"{base}/{plural}", thing)
        if answer.code not in (201, 409):
            raise AssertionError(f"{thing['kind']}: {answer}")


def check(make_api, namespace, operator, program):
    """From a record to a disabled account; gives how many things were looked at, and what was wrong."""
    api, wrong = make_api(), []
    base = f"/apis/tenure.dev/v1alpha1/namespaces/{namespace}"
    with tempfile.TemporaryDirectory() as folder:
        groups = ["system:serviceaccounts", "system:authenticated"]
        controller = kubeconfig(folder, "controller", f"system:serviceaccount:{operator}:tenure", groups)
        runner = kubeconfig(folder, "runner", f"system:serviceaccount:{namespace}:tenure-runner", groups)
        kubelet = Kubelet(make_api, namespace, program, runner)
        port = free_port()
        words = [program, "controller", f"--image={objects.IMAGE}", f"--listen=127.0.0.1:{port}", "--namespace=all"]
        words += [f"--lease-namespace={operator}", "--lease-name=tenure-controller"]
        log = pathlib.Path(folder) / "log"
        with log.open("w") as output:
            process = subprocess.Popen(words, env={**os.environ, "KUBECONFIG": controller}, stdout=output, stderr=output)
        try:
            kubelet.start()
            people(api, namespace)

            def disabled():
                account = api.call("GET", f"{base}/accounts/ava-real").body
                return account.get("spec", {}).get("accountEnabled") is False and account["spec"]["memberOf"] == []

            def complete():
                runs = api.must(api.call("GET", f"{base}/runs"))["items"]
                of_ours = [item for item in runs if item["metadata"]["name"].startswith("off-board-")]
                return of_ours and all(item.get("status", {}).get("processingStatus") == "completed" for item in of_ours)

            wait("the leaver's account is disabled", lambda: disabled() or process.poll() is not None, 150)
            wait("the Run is completed", lambda: complete() or process.poll() is not None, 60)
            if process.poll() is not None:
                wrong.append(f"the controller ended with {process.returncode}")
        except AssertionError as error:
            wrong.append(str(error))
        finally:
            kubelet.stopped.set()
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                wrong.append("the controller did not end when it was asked to")
                process.kill()
            kubelet.join(130)
        said = log.read_text()
        wrong += kubelet.failed
        wrong += [line[:400] for line in said.splitlines() if "orbidden" in line]
        if wrong:
            wrong += said.splitlines()[-15:]
    return 2 + len(kubelet.done), wrong
