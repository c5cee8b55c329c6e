"""Makes the output of a faultless program from a reckoning, for the test of the checker itself."""

import datetime
import math

import ledger

from .occurrences import in_order
from .output import RUN_LABEL

INSTANT = "%Y-%m-%dT%H:%M:%SZ"


def synthesise(example, reckoning, occurrences, accounts, namespace, offset):
    """A right output, with the evaluations `offset` after the start and then every interval."""
    items = []

    def add(kind, name, **content):
        labels = content.pop("labels", None)
        metadata = {"name": name, "namespace": namespace} | ({"labels": labels} if labels else {})
        items.append({"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": metadata} | content)

    for kind in ("TenantSchedule", "Directory", "Group", "User"):
        for name, revisions in example.objects.get(kind, {}).items():
            add(kind, name, spec=dict(revisions[-1].spec))
    for name, revisions in example.objects["Workflow"].items():
        add("Workflow", name, spec=revisions[-1].spec, status={"conditions": [{"type": "Ready", "status": "True"}]})
        for _, number, spec in reckoning.versions[name]:
            add("WorkflowVersion", f"{name}-v{number}", spec=spec)
    deletions = {}
    for (name, workflow, version), results in plan(example, occurrences, offset).items():
        add("Run", name, spec={"source": {"workflow": {"name": workflow, "version": version}}, "executionType": "scheduled"},
            status={"processingStatus": "completed"})
        add("RunSlice", f"{name}-0", labels={RUN_LABEL: name}, run=name, results=results)
        deletions |= {(workflow, result["subject"]): result["completedDateTime"] for result in results}
    for subject, account in accounts.items():
        spec = {"accountEnabled": account.enabled, "memberOf": sorted(account.groups), "attributes": account.attributes}
        if account.deleted_by:
            spec["deletedAt"] = deletions[account.deleted_by.workflow, subject]
        add("Account", subject, spec=spec)
    planned = [{"epoch": 1, "state": "planned"} for entry in occurrences if entry.outcome == "planned"]
    # As an older release wrote it, and as it is written.
    add("OccurrenceLedger", "chunk-0", entries=planned[:1])
    add("OccurrenceLedger", "chunk-1", packed=[ledger.write(row) for row in planned[1:]])
    return {"apiVersion": "v1", "kind": "List", "items": items}


def plan(example, occurrences, offset):
    """(run, workflow, version) -> results, of the first evaluation at which each occurrence is due."""
    runs, busy_until = {}, {}
    instants = {}
    for occurrence in occurrences:
        if occurrence.outcome == "planned":
            instants.setdefault(evaluation_of(example, occurrence, offset), []).append(occurrence)
    for epoch, instant in enumerate(sorted(instants), start=1):
        for occurrence in in_order(instants[instant]):
            started = max(busy_until.get(occurrence.subject, instant), instant + datetime.timedelta(seconds=2))
            completed = started + datetime.timedelta(seconds=1)
            busy_until[occurrence.subject] = completed
            name = f"{occurrence.workflow}-v{occurrence.version}-e{epoch}"
            results = runs.setdefault((name, occurrence.workflow, occurrence.version), [])
            results.append(result_of(occurrence, started, completed))
    return runs


def evaluation_of(example, occurrence, offset):
    """The instant of the evaluation that finds an occurrence."""
    if occurrence.latest - occurrence.begin < example.interval:
        return occurrence.begin + datetime.timedelta(seconds=20)
    ticks = math.ceil((occurrence.begin - example.start - offset) / example.interval)
    return example.start + offset + ticks * example.interval


def result_of(occurrence, started, completed):
    """One entry of a slice."""
    due = occurrence.due + occurrence.due_slack / 15
    tasks = [{"name": name, "processingStatus": "completed", "reason": None,
              "processingInfo": "as wanted before" if unchanged else None} for name, unchanged in occurrence.tasks]
    return {"subject": occurrence.subject, "occurrence": "0" * 32, "due": due.strftime(INSTANT), "processingStatus": "completed",
            "reason": None, "startedDateTime": started.strftime(INSTANT), "completedDateTime": completed.strftime(INSTANT),
            "tasks": tasks}
