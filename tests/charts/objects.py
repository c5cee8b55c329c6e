"""Small sound objects of every kind, so that whoever refuses them refuses the person and not the object."""

from .api import GROUP

PLURALS = {
    "Account": "accounts",
    "Approval": "approvals",
    "CustomTaskExtension": "customtaskextensions",
    "Directory": "directories",
    "DirectorySnapshot": "directorysnapshots",
    "ExtensionCall": "extensioncalls",
    "OccurrenceLedger": "occurrenceledgers",
    "Run": "runs",
    "RunSlice": "runslices",
    "TenantKey": "tenantkeys",
    "TenantLedger": "tenantledgers",
    "TenantSchedule": "tenantschedules",
    "User": "users",
    "Workflow": "workflows",
    "WorkflowVersion": "workflowversions",
}
# What the chart of the operator starts, unless its values say otherwise.
IMAGE = "ghcr.io/tenure-dev/tenure:0.1.0"
NOW = "2026-01-01T00:00:00Z"
LATER = "2026-01-02T00:00:00Z"


def of(kind, name, **members):
    """An object of ours."""
    return {"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, **members}


def path(namespace, kind, name=None, sub=None):
    """Where it is."""
    parts = [GROUP, "namespaces", namespace, PLURALS[kind], *filter(None, [name, sub])]
    return "/".join(parts)


def workflow(name, *tasks, category="leaver"):
    """A workflow with these members of the task union, which runs on demand."""
    listed = [{"name": f"task-{number}", **task} for number, task in enumerate(tasks)]
    return of("Workflow", name, spec={"category": category, "tasks": listed})


def run(name, of_workflow, by, execution="onDemand"):
    """A Run for one person."""
    spec = {"source": {"workflow": {"name": of_workflow}}, "executionType": execution}
    if execution != "scheduled":
        spec["subjects"] = {"users": ["ava"]}
    if by:
        spec["requestedBy"] = by
    return of("Run", name, spec=spec)


def approval(name, of_run, by):
    """A decision."""
    spec = {"for": {"run": of_run, "planHash": "sha256:" + "0" * 64}, "decision": "approve", "approvedBy": by}
    return of("Approval", name, spec=spec)


def written_by_programs():
    """One object of each kind that only the programs write, with a change of it that the schema allows."""
    template = {"category": "leaver", "tasks": [{"name": "disable", "disableUserAccount": {}}]}
    version = {"workflow": "leave", "number": 7, "lineage": "0b7d4f0e-6f3e-4f5a-9d51-0c3a8e2f7a10", "hash": "v1:00", "template": template}
    result = {"subject": "ava", "subjectKey": "a" * 32, "occurrence": "b" * 32, "due": NOW}
    slice_of = {
        "run": "leave-7",
        "runUid": "a" * 36,
        "executionType": "scheduled",
        "workflow": "leave",
        "category": "leaver",
        "lineage": "a" * 36,
        "version": 7,
        "epoch": 1,
        "index": 0,
        "results": [result],
    }
    call = {
        "run": "leave-7",
        "slice": "leave-7-0",
        "subjectKey": "a" * 32,
        "task": "call",
        "extension": "payroll",
        "launchedDateTime": NOW,
        "deadline": LATER,
        "tokenHash": "0" * 64,
        "allowedServiceAccounts": [],
    }
    done = {**result, "processingStatus": "completed"}
    answer = {"answer": {"operationStatus": "completed", "receivedDateTime": NOW}}
    return [
        (of("WorkflowVersion", "leave-v7", spec=version), {"metadata": {"annotations": {"forged": "yes"}}}),
        (of("RunSlice", "leave-7-0", **slice_of), {"results": [done]}),
        (of("OccurrenceLedger", "occurrences-1", packed=[]), {"metadata": {"annotations": {"forged": "yes"}}}),
        (of("TenantKey", "default", key="a" * 64), {"metadata": {"annotations": {"forged": "yes"}}}),
        (of("TenantLedger", "default", epoch=1, sealedEpoch=1, keyFingerprint="a" * 32), {"sealedEpoch": 9, "epoch": 9}),
        (of("DirectorySnapshot", "people-0", directory="people", rows=[]), {"metadata": {"annotations": {"forged": "yes"}}}),
        (of("Account", "ava", spec={"accountEnabled": True, "memberOf": []}), {"spec": {"accountEnabled": False}}),
        (of("ExtensionCall", "call-1", **call), answer),
    ]


def pod(name, account):
    """A pod that fits the strictest profile."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod_spec(account)}


def pod_spec(account):
    """What is in it."""
    container = {
        "name": "tenure",
        "image": "tenure",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    return {
        "restartPolicy": "Never",
        "serviceAccountName": account,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }


def runner_job(name, namespace, *words):
    """A Job as the controller makes them, with further arguments."""
    made = job(name, "tenure-runner", {"app.kubernetes.io/managed-by": "tenure", "tenure.dev/evaluation": "true"})
    made["spec"].update(parallelism=1, completions=1)
    fields = {"TENURE_POD_NAME": "metadata.name", "TENURE_POD_UID": "metadata.uid"}
    env = [{"name": variable, "valueFrom": {"fieldRef": {"fieldPath": field}}} for variable, field in fields.items()]
    container_of(made).update(image=IMAGE, args=["evaluate", "--namespace", namespace, *words], env=env)
    return made


def container_of(made):
    """The one container of a Job."""
    return made["spec"]["template"]["spec"]["containers"][0]


def job(name, account, labels=None):
    """A Job."""
    template = {"metadata": {"labels": labels or {}}, "spec": pod_spec(account)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {"backoffLimit": 0, "template": template},
    }


def workloads(account="default", labels=None):
    """One of everything that Kubernetes makes pods of, but Jobs, by its plural."""
    chosen = {"app": "x"}
    spec = {**pod_spec(account), "restartPolicy": "Always"}
    template = {"metadata": {"labels": {**chosen, **(labels or {})}}, "spec": spec}
    once = {"metadata": {"labels": labels or {}}, "spec": pod_spec(account)}
    selector = {"selector": {"matchLabels": chosen}, "template": template}
    of = {
        "deployments": ("apps/v1", "Deployment", {"spec": selector}),
        "replicasets": ("apps/v1", "ReplicaSet", {"spec": selector}),
        "statefulsets": ("apps/v1", "StatefulSet", {"spec": {**selector, "serviceName": "x"}}),
        "daemonsets": ("apps/v1", "DaemonSet", {"spec": selector}),
        "replicationcontrollers": ("v1", "ReplicationController", {"spec": {"selector": chosen, "template": template}}),
        "podtemplates": ("v1", "PodTemplate", {"template": template}),
        "cronjobs": ("batch/v1", "CronJob", {"spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": once}}}}),
    }
    return {plural: {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, **members} for plural, (version, kind, members) in of.items()}
