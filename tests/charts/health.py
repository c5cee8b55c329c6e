"""The health scripts of examples/gitops, run by the Lua that Argo CD speaks (5.1)."""

import pathlib
import shutil
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "examples/gitops/argocd"


def lua(value):
    """The value as Lua writes it."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "{" + ", ".join(lua(item) for item in value) + "}"
    return "{" + ", ".join(f"[{lua(key)}] = {lua(item)}" for key, item in value.items()) + "}"


def condition(kind, status, reason="Reason"):
    """A condition."""
    return {"type": kind, "status": status, "reason": reason, "message": "what a person reads"}


def thing(generation=2, **status):
    """An object with that status, or without one."""
    return {"metadata": {"generation": generation}, **({"status": status} if status else {})}


def ready(*conditions, observed=2):
    """An object that was looked at."""
    return thing(observedGeneration=observed, conditions=list(conditions))


def run(status, *conditions):
    """A Run."""
    return thing(processingStatus=status, conditions=list(conditions))


CASES = [
    ("health-ready.lua", "new", thing(), "Progressing"),
    ("health-ready.lua", "no conditions", thing(observedGeneration=2), "Progressing"),
    ("health-ready.lua", "ready", ready(condition("Ready", "True")), "Healthy"),
    ("health-ready.lua", "ready, not stalled", ready(condition("Ready", "True"), condition("Stalled", "False")), "Healthy"),
    ("health-ready.lua", "ready, of an older generation", ready(condition("Ready", "True"), observed=1), "Progressing"),
    ("health-ready.lua", "not ready", ready(condition("Ready", "False")), "Degraded"),
    ("health-ready.lua", "unknown", ready(condition("Ready", "Unknown")), "Progressing"),
    ("health-ready.lua", "on its way", ready(condition("Ready", "Unknown"), condition("Reconciling", "True")), "Progressing"),
    ("health-ready.lua", "stalled", ready(condition("Ready", "True"), condition("Stalled", "True")), "Degraded"),
    ("health-ready.lua", "stalled comes first", ready(condition("Stalled", "True"), condition("Ready", "True")), "Degraded"),
    ("health-run.lua", "new", thing(), "Progressing"),
    ("health-run.lua", "planned", run("queued", condition("Planned", "True")), "Progressing"),
    ("health-run.lua", "held", run("queued", condition("Planned", "True"), condition("Held", "True")), "Suspended"),
    ("health-run.lua", "no longer held", run("inProgress", condition("Held", "False")), "Progressing"),
    ("health-run.lua", "done", run("completed", condition("Complete", "True")), "Healthy"),
    ("health-run.lua", "canceled", run("canceled", condition("Complete", "True")), "Healthy"),
    ("health-run.lua", "done after being held", run("completed", condition("Held", "True"), condition("Complete", "True")), "Healthy"),
    ("health-run.lua", "done with errors", run("completedWithErrors", condition("Complete", "True")), "Degraded"),
    ("health-run.lua", "all failed", run("failed", condition("Complete", "True")), "Degraded"),
    ("health-run.lua", "failed", run("failed", condition("Failed", "True")), "Degraded"),
]


def interpreter():
    """A Lua of the right version, if there is one."""
    return next((found for name in ["lua5.1", "luajit"] if (found := shutil.which(name))), None)


def check(program):
    """Runs every case; gives how many there were, and what was wrong."""
    wrong = []
    for script, name, value, expected in CASES:
        text = f"obj = {lua(value)}\nlocal found = (function()\n{(FOLDER / script).read_text()}\nend)()\nprint(found.status)\nprint(found.message)"
        answer = subprocess.run([program, "-"], input=text, capture_output=True, text=True)
        lines = answer.stdout.splitlines()
        if lines[:1] != [expected] or len(lines) < 2 or lines[1] == "nil":
            wrong.append(f"{script}: {name}: expected {expected}, got {lines} {answer.stderr}")
    return len(CASES), wrong
