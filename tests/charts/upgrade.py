"""Upgrades from charts as they were once: what somebody chose stays, and what has another default since, or is new, has it.

With `--reuse-values` Helm takes the defaults of the old chart along: what is new is missing then, and what has changed stays.
"""

import json
import pathlib
import shutil
import tempfile

NAMESPACE = "before"
NEW = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: new-default, namespace: before}\ndata: {new: {{ (.Values.newThing | default dict).name | default `missing` }}}\n"
# For each chart: what somebody has chosen, how the manifest says it, and a default that changes.
CHARTS = {
    "tenure": ("replicas=3", "replicas: 3", ("terminationGracePeriodSeconds: 30\n", "terminationGracePeriodSeconds: 31\n"), "terminationGracePeriodSeconds: 31\n"),
    "tenure-tenant": ("quota.workflows=7", 'count/workflows.tenure.dev: "7"', ("apiServerPorts: [443, 6443]", "apiServerPorts: [443, 7443]"), "port: 7443"),
}


def changed(root, chart, folder, change):
    """The chart of today with another default, and with a value that no chart had before."""
    to = pathlib.Path(folder) / chart
    shutil.copytree(root / "charts" / chart, to)
    values, schema = to / "values.yaml", to / "values.schema.json"
    text = values.read_text()
    assert change[0] in text, f"{chart} has no {change[0]}"
    values.write_text(text.replace(*change) + "newThing: {name: there}\n")
    told = json.loads(schema.read_text())
    told["properties"]["newThing"] = {"type": "object"}
    schema.write_text(json.dumps(told))
    (to / "templates/new-default.yaml").write_text(NEW)
    return to


def check(helm, root):
    """Upgrades each chart by either flag; how many upgrades there were, and what was wrong."""
    count, wrong = 0, []
    for chart, (chosen, kept, change, default) in CHARTS.items():
        for flag, is_right in [("--reset-then-reuse-values", True), ("--reuse-values", False)]:
            [package] = (root / "tests/charts/before").glob(f"{chart}-[0-9]*.tgz")
            helm("install", "before", str(package), "--namespace", NAMESPACE, "--create-namespace", "--set", chosen)
            with tempfile.TemporaryDirectory() as folder:
                helm("upgrade", "before", str(changed(root, chart, folder, change)), "--namespace", NAMESPACE, flag)
            manifest = helm("get", "manifest", "before", "--namespace", NAMESPACE)
            found = [kept in manifest, default in manifest, "new: there" in manifest]
            count += 1
            if found != [True, is_right, is_right]:
                wrong.append(f"{chart} {flag}: what was chosen, the changed default, the new one: {found}")
            helm("uninstall", "before", "--namespace", NAMESPACE)
    for path in [root / "README.md", *(root / "docs").glob("*.md"), *(root / "charts").rglob("*.txt")]:
        count += 1
        if " --reuse-values" in path.read_text():
            wrong.append(f"{path.name} says --reuse-values, which leaves out what is new")
    return count, wrong
