"""What keeps a pod from starting is said within the threshold, and nobody has to help once it is mended."""

import datetime
import subprocess
import threading
import time

from tests.charts.api import Api, wait
from tests.node.tenant import DIVISOR, STALLED_AFTER, Tenant, install_operator, is_true, path
from tests.seconds import scene

# How long it may take until it is said, beside the threshold: a pass, and the cluster's own word.
SLACK = 60
# How long a Job may be there before it is said that it waits, in seconds.
SAID_WITHIN = 15
# How long Kubernetes may take to try again: its Job controller and its kubelet wait longer with every failure.
RECOVERY = 420
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
POLICY = {
    "metadata": {"name": "no-pods"},
    "spec": {
        "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]},
        "validations": [{"expression": "false", "message": "no pods today"}],
    },
}
BINDING = {
    "metadata": {"name": "no-pods"},
    "spec": {
        "policyName": "no-pods",
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "stalled-policy"}}},
    },
}

SECRET = "house-environment"
HOUSE_RULE = {
    "metadata": {"name": "house-environment"},
    "spec": {
        "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]},
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "mutations": [
            {
                "patchType": "JSONPatch",
                "jsonPatch": {
                    "expression": '[JSONPatch{op: "add", path: "/spec/containers/0/env/-", value: Object.spec.containers.env{name: "HOUSE", '
                    "valueFrom: Object.spec.containers.env.valueFrom{secretKeyRef: Object.spec.containers.env.valueFrom.secretKeyRef"
                    f'{{name: "{SECRET}", key: "HOUSE"}}}}}}}}]'
                },
            }
        ],
    },
}
HOUSE_BINDING = {
    "metadata": {"name": "house-environment"},
    "spec": {
        "policyName": "house-environment",
        "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "stalled-secret"}}},
    },
}


class Obstacle:
    """Something in the way of a tenant's pods: how it comes and goes, and the word that has to be in what is said of it."""

    # Whether whoever meets it knows at once.
    at_once = True

    def __init__(self, api, name, word):
        self.api, self.name, self.word = api, name, word
        self.namespace = f"stalled-{name}"

    def core(self, what):
        return f"/api/v1/namespaces/{self.namespace}/{what}"

    def must(self, *words):
        return self.api.must(self.api.call(*words))


class Quota(Obstacle):
    def block(self):
        self.must("POST", self.core("resourcequotas"), QUOTA)

    def mend(self):
        self.must("DELETE", self.core("resourcequotas/none"))


class Account(Obstacle):
    def block(self):
        self.must("DELETE", self.core("serviceaccounts/tenure-runner"))

    def mend(self):
        self.must("POST", self.core("serviceaccounts"), {"metadata": {"name": "tenure-runner"}})


class Policy(Obstacle):
    def block(self):
        self.must("POST", f"{ADMISSION}/validatingadmissionpolicies", POLICY)
        self.must("POST", f"{ADMISSION}/validatingadmissionpolicybindings", BINDING)
        pod = {"metadata": {"name": "probe"}, "spec": {"containers": [{"name": "probe", "image": "none"}]}}
        # The API server takes a moment to see a policy.
        wait("the policy is in force", lambda: self.api.create(self.core("pods") + "?dryRun=All", pod).code in (403, 422), 30)

    def mend(self):
        self.must("DELETE", f"{ADMISSION}/validatingadmissionpolicybindings/no-pods")


class Secret(Obstacle):
    """A rule of the house gives every container a variable from a Secret, which nobody has made."""

    def block(self):
        self.must("POST", f"{ADMISSION}/mutatingadmissionpolicies", HOUSE_RULE)
        self.must("POST", f"{ADMISSION}/mutatingadmissionpolicybindings", HOUSE_BINDING)
        container = {"name": "probe", "image": "none", "env": [{"name": "A", "value": "B"}]}
        pod = {"metadata": {"name": "probe"}, "spec": {"containers": [container]}}

        def is_in_force():
            return len(self.must("POST", self.core("pods") + "?dryRun=All", pod)["spec"]["containers"][0]["env"]) > 1

        wait("the rule of the house is in force", is_in_force, 30)

    def mend(self):
        self.must("POST", self.core("secrets"), {"metadata": {"name": SECRET}, "stringData": {"HOUSE": "yes"}})


class Image(Obstacle):
    """The image is in no registry, and the Secret to pull it with is missing too: an operator of its own asks for it."""

    name_of_image = "registry.example/elsewhere:0.1.0"
    # The node asks for the registry's name first, which takes as long as the resolver takes to give up.
    at_once = False

    def block(self):
        self.api.must(self.api.patch(self.core("serviceaccounts/tenure-runner"), {"imagePullSecrets": [{"name": "tenure-pull"}]}))

    def mend(self):
        # Somebody pushes it; there is no registry here, so the node gets it as it got the other one.
        containerd = ["ctr", "--address", "/run/containerd/containerd.sock", "--namespace", "k8s.io", "images", "tag"]
        subprocess.run([*containerd, "registry.example/tenure:0.1.0", self.name_of_image], check=True, stdout=subprocess.DEVNULL)


def play_one(obstacle, wrong):
    """One obstacle from its coming to its end."""
    with scene(obstacle.namespace):
        meet(obstacle, wrong)


def meet(obstacle, wrong):
    tenant = Tenant(obstacle.api, obstacle.namespace)
    try:
        tenant.install()
        obstacle.block()
        began = time.monotonic()
        tenant.workflows()

        def said():
            schedule = obstacle.api.must(obstacle.api.call("GET", path(tenant.name, "TenantSchedule", "default")))
            found = [entry for entry in schedule.get("status", {}).get("conditions", []) if entry["type"] == "Stalled"]
            is_it = found and found[0]["status"] == "True" and found[0]["reason"] == "JobNotStarting"
            return found[0]["message"] if is_it and obstacle.word in found[0]["message"] else None

        wrong += said_soon(obstacle, tenant)
        message = wait(f"{tenant.name} is Stalled and {obstacle.word} is said", said, STALLED_AFTER + SLACK)
        print(f"{tenant.name}: after {time.monotonic() - began:.0f} s: {message}", flush=True)
        obstacle.mend()
        mended = time.monotonic()
        wait(f"{tenant.name} is evaluated by itself", tenant.ready, RECOVERY)
        wait(f"{tenant.name} is no longer Stalled", lambda: not is_stalled(obstacle.api, tenant.name), 60)
        print(f"{tenant.name}: mended, evaluated {time.monotonic() - mended:.0f} s later", flush=True)
        tenant.wave(3)
        wrong += tenant.await_settled(180) + tenant.judge()
    except Exception as error:  # noqa: BLE001
        wrong.append(f"{tenant.name}: {error!r}")


def said_soon(obstacle, tenant):
    """The tenant is Reconciling within a quarter of a minute of its Job, not Ready, and the cluster's own word is there."""

    def waits():
        schedule = obstacle.api.must(obstacle.api.call("GET", path(tenant.name, "TenantSchedule", "default")))
        found = {entry["type"]: entry for entry in schedule.get("status", {}).get("conditions", [])}
        return found if found.get("Reconciling", {}).get("status") == "True" else None

    found = wait(f"{tenant.name} is Reconciling", waits, STALLED_AFTER + SLACK)
    jobs = obstacle.api.must(obstacle.api.call("GET", f"/apis/batch/v1/namespaces/{tenant.name}/jobs?labelSelector=tenure.dev/evaluation"))
    made = min(job["metadata"]["creationTimestamp"] for job in jobs["items"])
    said = found["Reconciling"]["lastTransitionTime"]
    seconds = (instant(said) - instant(made)).total_seconds()
    print(f"{tenant.name}: Reconciling {seconds:.0f} s after its Job was made: {found['Reconciling']['message']}", flush=True)
    wrong = [] if seconds <= SAID_WITHIN else [f"{tenant.name}: said after {seconds:.0f} s only"]
    wrong += [] if obstacle.word in found["Reconciling"]["message"] or not obstacle.at_once else [f"{tenant.name}: {obstacle.word} is not said at first"]
    return wrong + ([f"{tenant.name} is Ready all the same"] if found["Ready"]["status"] == "True" else [])


def instant(text):
    """An instant of the API."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def is_stalled(api, namespace):
    return is_true(api.must(api.call("GET", path(namespace, "TenantSchedule", "default"))), "Stalled")


def play(api):
    """All obstacles at the same time, each in a tenant of its own."""
    install_operator(divisor=DIVISOR)
    wrong, threads = [], []
    kinds = [
        (Quota, "quota", "exceeded quota"),
        (Account, "account", "tenure-runner"),
        (Policy, "policy", "no pods today"),
        (Secret, "secret", f'secret "{SECRET}" not found'),
    ]
    for kind, name, word in kinds:
        threads.append(threading.Thread(target=play_one, args=(kind(Api(), name, word), wrong)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(kinds), wrong


def missing_image(api):
    """The image of the Jobs is nowhere; then it is there."""
    wrong = []
    install_operator(f"--image={Image.name_of_image}", divisor=DIVISOR, images=(Image.name_of_image,))
    play_one(Image(api, "image", "Pull"), wrong)
    return 1, wrong
