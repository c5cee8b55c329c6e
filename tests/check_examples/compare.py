"""Lays what happened beside what must have happened. Every function returns a list of differences; empty means right."""

import collections
import datetime
import itertools

import ledger

from .documents import parse_instant
from .occurrences import EXECUTION_ALLOWANCE
from .workflows import RANK

INSTANT = "%Y-%m-%dT%H:%M:%SZ"


def compare(example, reckoning, occurrences, accounts, output):
    """All differences between the reckoning and the output."""
    results = output.results()
    categories = {name: entries[0][1].category for name, entries in reckoning.workflows.items()}
    closing = {name for name, entries in reckoning.workflows.items() if any(workflow and workflow.closes() for _, workflow in entries)}
    return [
        *compare_workflows(reckoning, output),
        *compare_users(example, output),
        *compare_results(occurrences, results),
        *compare_order(categories, closing, results),
        *compare_missed(occurrences, output),
        *compare_runs(output, results),
        *compare_accounts(accounts, results, output),
    ]


def names_differ(what, expected, found):
    """A difference for each name that is there but not expected, or the other way about."""
    return [f"{what} {name}: not expected" for name in sorted(set(found) - set(expected))] + \
           [f"{what} {name}: there is none" for name in sorted(set(expected) - set(found))]


def compare_workflows(reckoning, output):
    """Every workflow is there and ready, and has the versions that its edits make."""
    workflows = output.of("Workflow")
    differences = names_differ("Workflow", reckoning.workflows, workflows)
    for name, workflow in workflows.items():
        conditions = (workflow.get("status") or {}).get("conditions") or []
        if not any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions):
            differences.append(f"Workflow {name}: not Ready: {conditions}")
    expected = [f"{name}-v{number}" for name, versions in reckoning.versions.items() for _, number, _ in versions]
    return differences + names_differ("WorkflowVersion", expected, output.of("WorkflowVersion"))


def compare_users(example, output):
    """Every User is there, with the record that was applied last and nothing of an older one."""
    users = example.objects["User"]
    differences = names_differ("User", users, output.of("User"))
    for name in set(users) & set(output.of("User")):
        found, expected = output.of("User")[name]["spec"], users[name][-1].spec
        every = set(expected) | {key for revision in users[name] for key in revision.spec}
        for key in sorted(every - {"initialAccount"}):
            if found.get(key) != expected.get(key):
                differences.append(f"User {name}: {key} is {found.get(key)!r}, must be {expected.get(key)!r}")
    return differences


def compare_results(occurrences, results):
    """Everybody was processed for exactly what was due, within its time, and with its tasks."""
    expected, found = collections.defaultdict(list), collections.defaultdict(list)
    for occurrence in occurrences:
        if occurrence.outcome == "planned":
            expected[occurrence.workflow, occurrence.subject].append(occurrence)
    superseded = {(entry.workflow, entry.subject) for entry in occurrences if entry.outcome == "superseded"}
    for result in results:
        key = (result.workflow, result.subject)
        if key in superseded and result.status == "canceled" and result.started is None:
            # Superseded work may show as canceled, if it was planned first; it was never begun.
            continue
        found[key].append(result)
    differences = []
    for key in sorted(set(expected) | set(found)):
        due = sorted(expected[key], key=lambda entry: entry.begin)
        done = sorted(found[key], key=lambda entry: (entry.started is None, entry.started))
        for occurrence, result in itertools.zip_longest(due, done):
            differences += compare_result(occurrence, result)
    return differences


def compare_result(occurrence, result):
    """One occurrence and its result, of which one may be missing."""
    if result is None:
        return [f"{occurrence}: never processed; must start between {occurrence.begin:{INSTANT}} and {occurrence.latest:{INSTANT}}"]
    if occurrence is None:
        return [f"{result}: not expected (run {result.run})"]
    differences = []
    if not occurrence.due <= result.due <= occurrence.due + occurrence.due_slack:
        differences.append(f"due {result.due:{INSTANT}}")
    if result.version != occurrence.version:
        differences.append(f"version {result.version}, must be {occurrence.version}")
    if result.status != "completed":
        differences.append(f"status {result.status}")
    if result.started is None or not occurrence.begin <= result.started <= occurrence.latest:
        differences.append(f"started {result.started:{INSTANT}}" if result.started else "never started")
        differences[-1] += f", must be between {occurrence.begin:{INSTANT}} and {occurrence.latest:{INSTANT}}"
    elif result.completed is None or not result.started <= result.completed <= result.started + EXECUTION_ALLOWANCE:
        differences.append(f"completed {result.completed:{INSTANT}}" if result.completed else "never completed")
    differences += compare_tasks(occurrence.tasks, result.tasks)
    return [f"{occurrence} (run {result.run}): {difference}" for difference in differences]


def compare_tasks(expected, found):
    """The tasks ran, in their order; who was in the wanted state already is told so, and nobody else is."""
    names = [task.get("name") for task in found]
    if names != [name for name, _ in expected]:
        return [f"tasks {names}, must be {[name for name, _ in expected]}"]
    differences = []
    for (name, unchanged), task in zip(expected, found):
        if task.get("processingStatus") != "completed":
            differences.append(f"task {name} is {task.get('processingStatus')} ({task.get('reason')})")
        if unchanged is not None and bool(task.get("processingInfo")) != unchanged:
            differences.append(f"task {name} {'changed nothing' if unchanged else 'had an effect'}, but its processingInfo is "
                               f"{task.get('processingInfo')!r}")
    return differences


def compare_order(categories, closing, results):
    """Work on one person never overlaps; what one evaluation planned runs in the order of category, due instant and name. Only what
    closes an account waits for nothing that has not begun.
    """
    by_subject = collections.defaultdict(list)
    for result in results:
        if result.started and result.completed:
            by_subject[result.subject].append(result)
    differences = []
    for own in by_subject.values():
        own.sort(key=lambda entry: (entry.started, entry.completed))
        for one, other in itertools.pairwise(own):
            if other.started < one.completed:
                differences.append(f"{other}: began while {one} was under way until {one.completed:{INSTANT}}")
        own = [entry for entry in own if entry.workflow in categories]
        own.sort(key=lambda entry: (RANK[categories[entry.workflow]], entry.due, entry.workflow))
        for one, other in itertools.combinations(own, 2):
            if other.workflow in closing or one.epoch() is None or one.epoch() != other.epoch():
                continue
            if other.started < one.completed:
                differences.append(f"{other}: began before {one} was done, which comes first")
    return differences


def compare_missed(occurrences, output):
    """As many entries of the ledger say `missed` as occurrences were missed."""
    expected = [entry for entry in occurrences if entry.outcome == "missed"]
    chunks = output.of("OccurrenceLedger").values()
    found = sum(row["state"].lower() == "missed" for chunk in chunks for row in ledger.rows(chunk))
    if found == len(expected):
        return []
    return [f"{found} entries of the ledger are missed; must be {len(expected)}: {', '.join(map(str, expected)) or 'none'}"]


def compare_runs(output, results):
    """Every run is completed, is named after its workflow version, and has results."""
    counts = collections.Counter(result.run for result in results)
    differences = []
    for name, run in output.of("Run").items():
        source = run["spec"]["source"]["workflow"]
        status = (run.get("status") or {}).get("processingStatus")
        if status != "completed":
            differences.append(f"Run {name}: {status}, must be completed")
        if not name.startswith(f"{source['name']}-v{source['version']}-e"):
            differences.append(f"Run {name}: not named after {source['name']} version {source['version']}")
        if f"{source['name']}-v{source['version']}" not in output.of("WorkflowVersion"):
            differences.append(f"Run {name}: there is no version {source['version']} of {source['name']}")
        if not counts[name]:
            differences.append(f"Run {name}: without results")
    for (name, subject), count in collections.Counter((result.run, result.subject) for result in results).items():
        if count > 1:
            differences.append(f"Run {name}: {count} results of {subject}")
    return differences


def compare_accounts(accounts, results, output):
    """Everybody has the account to which the tasks must have led, and nobody else has one."""
    differences = names_differ("Account", accounts, output.of("Account"))
    for subject in sorted(set(accounts) & set(output.of("Account"))):
        expected, found = accounts[subject], output.of("Account")[subject]["spec"]
        groups = found.get("memberOf") or []
        if found.get("accountEnabled") is not expected.enabled:
            differences.append(f"Account {subject}: accountEnabled {found.get('accountEnabled')}, must be {expected.enabled}")
        if sorted(groups) != sorted(expected.groups):
            differences.append(f"Account {subject}: memberOf {sorted(groups)}, must be {sorted(expected.groups)}")
        if overlay(found.get("attributes")) != expected.attributes:
            differences.append(f"Account {subject}: attributes {found.get('attributes')}, must be {expected.attributes}")
        differences += compare_deletion(subject, expected.deleted_by, found.get("deletedAt"), results)
    return differences


def overlay(attributes):
    """The attributes of an account as a mapping; they may be written as a list of {attribute, value}."""
    if isinstance(attributes, list):
        return {entry["attribute"]: entry["value"] for entry in attributes}
    return attributes or {}


def compare_deletion(subject, occurrence, deleted_at, results):
    """An account is deleted while its workflow runs, or not at all."""
    if occurrence is None:
        return [f"Account {subject}: deleted at {deleted_at}"] if deleted_at else []
    if not deleted_at:
        return [f"Account {subject}: not deleted, but must be by {occurrence}"]
    instant, second = parse_instant(deleted_at), datetime.timedelta(seconds=1)
    for result in results:
        if (result.workflow, result.subject) == (occurrence.workflow, subject) and result.started and result.completed:
            if result.started - second <= instant <= result.completed + second:
                return []
    return [f"Account {subject}: deleted at {deleted_at}, outside of the time of {occurrence}"]
