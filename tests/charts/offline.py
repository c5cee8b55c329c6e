"""What can be said about the charts without a cluster."""

import json
import re


def alerts(root, helm):
    """Every alert has its paragraph, and every metric that an alert or a panel names is one that the program has."""
    wrong = []
    options = ["--set", "metrics.prometheusRule.enabled=true", "--show-only", "templates/metrics.yaml"]
    rendered = helm("template", "tenure", "charts/tenure", *options)
    names = re.findall(r"^ *-? *alert: (\w+)$", rendered, re.M)
    headings = re.findall(r"^## (\w+)$", (root / "docs/alerts.md").read_text(), re.M)
    if names != headings:
        wrong.append(f"docs/alerts.md has {headings}, the rules are {names}")
    if "EVALUATION_AGE" in rendered:
        wrong.append("a placeholder is left in the rules")
    source = (root / "src/server/metrics.rs").read_text()
    known = {name for kind, name in re.findall(r': (\w+) = [^"]*"(\w+)", "', source)}
    counters = {f"{name}_total" for kind, name in re.findall(r': (Counters) = [^"]*"(\w+)", "', source)}
    buckets = {f"{name}_bucket" for kind, name in re.findall(r': (Histograms) = [^"]*"(\w+)", "', source)}
    plain = {name for kind, name in re.findall(r': (Gauges?) = [^"]*"(\w+)", "', source)}
    dashboard = (root / "charts/tenure/files/dashboard.json").read_text()
    panels = json.loads(dashboard)["panels"]
    used = set(re.findall(r"\btenure_(\w+)", rendered + json.dumps(panels)))
    unknown = used - counters - buckets - plain
    if unknown or not known:
        wrong.append(f"metrics that the program does not have: {sorted(unknown)}")
    unseen = {name for name in plain if name.startswith("directory_") and f"tenure_{name}" not in json.dumps(panels)}
    if unseen:
        wrong.append(f"gauges of directories without a panel: {sorted(unseen)}")
    return len(names) + len(used), wrong


def values(helm):
    """Wrong values are refused by the schema, before anything is rendered."""
    refused = [
        ("tenure", "replicas=0"),
        ("tenure", "replica=2"),
        ("tenure", "image.digest=latest"),
        ("tenure", "policies.validationActions={Shout}"),
        ("tenure", "roles.authorEffectClasses={everything}"),
        ("tenure", "jobs.total=3"),
        ("tenure", "jobs.resources.claims[0].name=gpu"),
        ("tenure", "flowControl.tenants.shares=0"),
        ("tenure", "flowControl.everybody.shares=10"),
        ("tenure", "tests.timingDivisor=0"),
        ("tenure", "tests.timingDivisor=10"),
        ("tenure", "tests.timingDivisor=1.5"),
        # The policy on Jobs would not know of it.
        ("tenure", "extraArgs={--timing-divisor=6}"),
        ("tenure", "extraArgs={--stalled-after=20s,--timing-divisor}"),
        ("tenure-tenant", "roleBindings.boss[0].kind=User"),
        ("tenure-tenant", "quota.workflows=0"),
        ("tenure-tenant", "quota.directories=101"),
        ("tenure-tenant", "quota.runs=all"),
        ("tenure-crds", "keep=false"),
    ]
    wrong = []
    for chart, value in refused:
        answer = helm("template", "x", f"charts/{chart}", "--set", value, fails=True)
        if "values don't meet the specifications of the schema" not in answer:
            wrong.append(f"{chart} --set {value}: {answer[:200]}")
    return len(refused), wrong


def restricted(helm):
    """Every pod of the charts fits the profile restricted, has a bound of memory, and nothing asks for what it must not."""
    rendered = helm("template", "tenure", "charts/tenure") + helm("template", "tenant", "charts/tenure-tenant")
    wrong = [f"{verb} is granted" for verb in ["bind", "escalate", "impersonate", "'*'"] if re.search(rf"^ *- {re.escape(verb)}$", rendered, re.M)]
    if re.search(r"resources:.*\bsecrets\b", re.sub(r"(?s)kind: ValidatingAdmissionPolicy\n.*?\n---", "", rendered)):
        wrong.append("a role names secrets")
    pods = re.findall(r"(?s)kind: (?:Deployment|Pod)\n.*?(?=\n---|\Z)", rendered)
    for pod in pods:
        for text in ["readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false", "drop: [ALL]", "type: RuntimeDefault", "memory: "]:
            if text not in pod:
                wrong.append(f"a pod without {text!r}")
    return len(pods), wrong


def versions(root):
    """The charts are of the program's version."""
    own = re.search(r'^version = "(.*)"$', (root / "Cargo.toml").read_text(), re.M).group(1)
    wrong = []
    for chart in ["tenure-crds", "tenure", "tenure-tenant"]:
        text = (root / f"charts/{chart}/Chart.yaml").read_text()
        found = re.findall(r"^(?:version|appVersion): (.*)$", text, re.M)
        if found != [own, own]:
            wrong.append(f"{chart}: {found}, the program is {own}")
    return 3, wrong
