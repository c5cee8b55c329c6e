#!/usr/bin/env python3
"""The charts on a real API server: they install, the roles grant what is written down and nothing else, and the
admission policies hold against people whom RBAC alone would let through.

    tests/cluster/up -- python3 tests/charts.py [TENURE]

TENURE is the program, by default target/debug/tenure. There is no node here; programs run as processes of this machine
with the rights of their service accounts. The definitions, the API server's judgement and Kubernetes' own controllers are real.
Needs helm and kubeconform: TENURE_HELM and TENURE_KUBECONFORM, or those that tests/cluster/tool builds.
"""

import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tests.charts import conform, health, objects, offline, programs, table, upgrade  # noqa: E402
from tests.charts.api import Api, person, wait  # noqa: E402
from tests.charts.attacks import Attacks  # noqa: E402
from tests.node.readme import commands, run  # noqa: E402
from tests.seconds import scene  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPERATOR, OWN, OTHER, PLAIN = "tenure-system", "acme", "umbrella", "plain"
# Column of the table: the role of the chart.
ROLES = {
    "reader": "reader",
    "results": "results-reader",
    "author": "author",
    "operator": "operator",
    "approver": "approver",
    "diradmin": "directory-admin",
    "use-destructive": "use-destructive",
}


def helm(*words, fails=False):
    """Runs helm; gives what it printed, or what it complained about where it has to fail."""
    answer = subprocess.run([HELM, *words], capture_output=True, text=True, cwd=ROOT)
    if fails:
        return answer.stderr if answer.returncode else "it succeeded"
    if answer.returncode:
        sys.exit(f"helm {' '.join(words)}: {answer.stderr}")
    return answer.stdout


def members(tenant):
    """Who holds what there: one person for each role, with further names that the attacks use."""
    held = {role: [person(f"{column}@{tenant}")[0]] for column, role in ROLES.items()}
    held["directory-admin"].append(f"directory-admin@{tenant}")
    for role in ["author", "operator", "use-destructive"]:
        held[role].append(f"author-and-destructive@{tenant}")
    for name, classes in [("account", ["account"]), ("access", ["access", "account"])]:
        for role in ["directory-admin", *(f"use-{effect}" for effect in classes)]:
            held.setdefault(role, []).append(f"directory-admin-and-{name}@{tenant}")
    return {role: [{"kind": "User", "name": name} for name in names] for role, names in held.items()}


def values(tenant):
    """What the chart tenure-tenant is told."""
    told = {"roleBindings": members(tenant), "schedule": {"interval": "3h", "directory": "people"}}
    return [word for key, value in told.items() for word in ("--set-json", f"{key}={json.dumps(value)}")]


def install():
    """The three charts, and a second tenant without quota."""
    helm("install", "crds", "charts/tenure-crds")
    helm("install", "tenure", "charts/tenure", "--namespace", OPERATOR, "--create-namespace")
    tenant = ["charts/tenure-tenant", "--create-namespace"]
    helm("install", "tenant", *tenant, "--namespace", OTHER, "--set", "quota.enabled=false", *values(OTHER))
    # With a quota, and the definitions are seconds old.
    helm("install", "tenant", *tenant, "--namespace", OWN, *values(OWN))
    [command] = [command for command in commands() if " wait resourcequota/tenure " in command]
    began = time.monotonic()
    run(command)
    print(f"from the definitions to a tenant whose Workflows are counted: {time.monotonic() - began:.0f} s")


def bind(api):
    """What the charts do not bind: Kubernetes' own roles, somebody who may do everything, and a clerk."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{OWN}"
    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    clerk = [{"apiGroups": ["tenure.dev"], "resources": ["runs", "approvals"], "verbs": ["create", "patch", "get"]}]
    for name, rules in [("boss", everything), ("clerk", clerk)]:
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules}
        api.must(api.create(f"{rbac}/roles", role))
    # Another tenant's runner, bound here by mistake: the policies still know where it belongs.
    stranger = {"kind": "ServiceAccount", "name": "tenure-runner", "namespace": OTHER}
    bindings = [("Role", name, {"kind": "User", "name": f"{name}@{OWN}"}) for name in ["boss", "clerk"]]
    bindings += [("ClusterRole", name, {"kind": "User", "name": f"{name}@{OWN}"}) for name in ["view", "edit", "admin"]]
    bindings += [("Role", "boss", stranger)]
    # The programs, bound too generously: RBAC does not stop them, so that the policies have to.
    bindings += [("Role", "boss", {"kind": "ServiceAccount", "name": "tenure-runner", "namespace": OWN})]
    bindings += [("Role", "boss", {"kind": "ServiceAccount", "name": "tenure", "namespace": OPERATOR})]
    made = []
    for number, (kind, name, subject) in enumerate(bindings):
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": f"test-{number}"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
            "subjects": [subject],
        }
        api.must(api.create(f"{rbac}/rolebindings", binding))
        made.append(f"{rbac}/rolebindings/test-{number}")
    return made


def policies_are_sound(api):
    """Every policy is observed, and the API server's type check has nothing to say about it."""
    target = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"

    def observed():
        found = api.must(api.call("GET", target))["items"]
        ready = all(item.get("status", {}).get("observedGeneration") == item["metadata"]["generation"] for item in found)
        return found if found and ready else None

    found = wait("the policies are observed", observed)
    said = [f"{item['metadata']['name']}: {item['status']['typeChecking']}" for item in found if item["status"].get("typeChecking", {}).get("expressionWarnings")]
    return len(found), said


def report(what, work, *arguments):
    """Does a part's work and prints its outcome; whether it is a good one."""
    with scene(what):
        count, wrong = work(*arguments)
    print(f"{what}: {count}, {len(wrong)} wrong", flush=True)
    for line in wrong[:40]:
        print(f"  {line}")
    return not wrong and count > 0


def restore(api):
    """Whoever is named may restore, nobody else."""
    account = objects.of("Account", "restored", spec={"accountEnabled": False, "memberOf": []})
    target, velero = objects.path(OTHER, "Account"), person("velero")
    masters = ("velero", ["system:masters", "system:authenticated"])
    wrong = []
    if (answer := api.create(target, account, masters)).code != 403:
        wrong.append(f"before it is named: {answer}")
    upgrade = ["upgrade", "tenure", "charts/tenure", "--namespace", OPERATOR, "--set", f"policies.restore.users={{{velero[0]}}}"]
    if "policies.restore.until is needed" not in (said := helm(*upgrade, fails=True)):
        wrong.append(f"for ever: {said}")
    helm(*upgrade, "--set-string", "policies.restore.until=2100-01-01T00:00:00Z")
    # The API server takes a moment to see a changed policy.
    try:
        wait("the one who is named restores", lambda: api.create(target, account, masters).code in (201, 409), 30)
    except AssertionError as error:
        wrong.append(str(error))
    if (answer := api.create(target, {**account, "metadata": {"name": "other"}})).code != 403:
        wrong.append(f"somebody else: {answer}")
    # Neither what is there, nor what is decided by rights of people.
    own = f"{target}/restored"
    scheduled = objects.run("restored-v1-e1", "leave", None, "scheduled")
    for what, answer, codes in [
        ("changes an Account", api.patch(own, {"spec": {"accountEnabled": True}}, masters), (403,)),
        ("restores a scheduled Run", api.create(objects.path(OTHER, "Run"), scheduled, masters), (201,)),
        ("restores another one", api.create(objects.path(OTHER, "Run"), {**scheduled, "metadata": {"name": "restored-v1-e2"}}, masters), (201,)),
        ("makes room for a Run", api.call("DELETE", objects.path(OTHER, "Run", "restored-v1-e2"), None, masters), (200,)),
        ("asks for a Run in another's name", api.create(objects.path(OTHER, "Run"), objects.run("now", "leave", "ceo"), masters), (403, 422)),
        ("approves in another's name", api.create(objects.path(OTHER, "Approval"), objects.approval("yes", "now", "ceo"), masters), (403, 422)),
    ]:
        if answer.code not in codes:
            wrong.append(f"who restores {what}: {answer}")
    helm(*upgrade, "--set-string", "policies.restore.until=2020-01-01T00:00:00Z")

    def is_over():
        return api.create(f"{target}?dryRun=All", {**account, "metadata": {"name": "late"}}, masters).code == 403

    try:
        wait("the exemption ends", is_over, 30)
        left = f"{objects.path(OTHER, 'Run', 'restored-v1-e1')}?dryRun=All"
        wait("also that from who deletes Runs", lambda: api.call("DELETE", left, None, masters).code == 403, 30)
    except AssertionError as error:
        wrong.append(str(error))
    return 12, wrong


def uninstall(api):
    """People's data stays, and the namespace ends without anything that hangs."""
    for release, namespace in [("tenant", OTHER), ("tenure", OPERATOR), ("crds", "default")]:
        helm("uninstall", release, "--namespace", namespace)
    wrong = []
    for kind, name in [("Account", "restored"), ("TenantSchedule", "default")]:
        if (answer := api.call("GET", objects.path(OTHER, kind, name))).code != 200:
            wrong.append(f"{kind} after uninstalling: {answer}")
    api.must(api.call("DELETE", f"/api/v1/namespaces/{OTHER}"))
    wait("the namespace ends", lambda: api.call("GET", f"/api/v1/namespaces/{OTHER}").code == 404, 120)
    return 3, wrong


def main():
    started = time.monotonic()
    program = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/debug/tenure").resolve())
    subprocess.run([ROOT / "charts/generate", "--check", "--tenure", program], check=True)
    for chart in ["tenure-crds", "tenure", "tenure-tenant"]:
        helm("lint", "--strict", f"charts/{chart}")
    fine = report("alerts and metrics", offline.alerts, ROOT, helm)
    fine &= report("versions", offline.versions, ROOT)
    fine &= report("wrong values", offline.values, helm)
    fine &= report("pods", offline.restricted, helm)
    if lua := health.interpreter():
        fine &= report("health scripts of Argo CD", health.check, lua)
    else:
        print("SKIPPED: health scripts of Argo CD: there is no Lua 5.1 (Debian package lua5.1)")
    fine &= report("upgrading", upgrade.check, helm, ROOT)
    with scene("installing"):
        install()
    api = Api()
    api.must(api.create("/api/v1/namespaces", {"metadata": {"name": PLAIN}}))
    fine &= report("manifests", conform.check, api, helm, tool("kubeconform"), ROOT)
    fine &= report("policies", policies_are_sound, api)
    bound = bind(api)
    attacks = Attacks(api, OWN, OTHER, OPERATOR)
    words = ["upgrade", "tenure", "charts/tenure", "--namespace", OPERATOR, "--set"]
    fine &= report("attacks", attacks.all, lambda value: helm(*words, value))
    # The table is about what the charts grant: without the bindings that are too generous.
    for path in bound[-3:]:
        api.must(api.call("DELETE", path))
    fine &= report("questions about rights", table.check, api, [OWN, OTHER], PLAIN, OPERATOR)
    fine &= report("programs under their own rights", programs.check, Api, OTHER, OPERATOR, program)
    fine &= report("restoring", restore, api)
    fine &= report("uninstalling", uninstall, api)
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(0 if fine else 1)


def tool(name):
    """The path of a tool."""
    return subprocess.run([ROOT / "tests/cluster/tool", name], check=True, capture_output=True, text=True).stdout.strip()


HELM = tool("helm")
if __name__ == "__main__":
    main()
