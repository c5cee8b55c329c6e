"""Reads what `tenure simulate --output json` printed."""

import dataclasses
import datetime
import re

import ledger

from .documents import parse_instant

RUN_LABEL = "tenure.dev/run"


class BadOutput(Exception):
    """The output does not have the shape that the kinds prescribe."""


@dataclasses.dataclass(frozen=True)
class Result:
    """One person's result in one run."""

    workflow: str
    version: int
    run: str
    subject: str
    due: datetime.datetime
    status: str
    started: datetime.datetime | None
    completed: datetime.datetime | None
    tasks: list

    def epoch(self):
        """The number of the evaluation that planned it, from the run's name, or None."""
        match = re.search(r"-e(\d+)$", self.run)
        return int(match[1]) if match else None

    def __str__(self):
        started = f"{self.started:%Y-%m-%dT%H:%M:%SZ}" if self.started else "never"
        return f"{self.workflow} v{self.version} of {self.subject}, due {self.due:%Y-%m-%dT%H:%M:%SZ}, started {started}, {self.status}"


class Output:
    """The objects at the end of a simulation, by kind and name."""

    def __init__(self, document, namespace):
        if not isinstance(document, dict) or document.get("kind") != "List" or not isinstance(document.get("items"), list):
            raise BadOutput("the output is no `kind: List` with `items`")
        self.objects = {}
        for item in document["items"]:
            if not str(item.get("apiVersion")).startswith("tenure.dev/"):
                # Jobs and Events, which are the cluster's kinds.
                continue
            kind, metadata = item.get("kind"), item.get("metadata", {})
            if not kind or not metadata.get("name"):
                raise BadOutput(f"an item without kind or name: {str(item)[:200]}")
            if metadata.get("namespace") != namespace:
                raise BadOutput(f"{kind} {metadata['name']} is in namespace {metadata.get('namespace')!r}, not {namespace!r}")
            if self.objects.setdefault(kind, {}).setdefault(metadata["name"], item) is not item:
                raise BadOutput(f"{kind} {metadata['name']} twice")

    def of(self, kind):
        """Name -> object, for one kind."""
        return self.objects.get(kind, {})

    def results(self):
        """Every result of every slice, with what its run says about it."""
        return [read_result(self._run_of(entry), entry["run"], result)
                for entry in self.of("RunSlice").values() for result in ledger.results(entry)]

    def _run_of(self, entry):
        """The run of a slice; its field and its label must agree."""
        name, label = entry.get("run"), (entry["metadata"].get("labels") or {}).get(RUN_LABEL)
        if not name or label != name or name not in self.of("Run"):
            raise BadOutput(f"RunSlice {entry['metadata']['name']}: run {name!r}, label {label!r}, and there is "
                            f"{'a' if name in self.of('Run') else 'no'} Run of that name")
        return self.of("Run")[name]


def read_result(run, name, entry):
    """One entry of a slice's results."""
    try:
        source = run["spec"]["source"]["workflow"]
        if not entry["occurrence"]:
            raise ValueError("empty occurrence")
        return Result(source["name"], source["version"], name, entry["subject"], parse_instant(entry["due"]),
                      entry["processingStatus"], optional_instant(entry, "startedDateTime"),
                      optional_instant(entry, "completedDateTime"), entry.get("tasks") or [])
    except (KeyError, TypeError, ValueError) as error:
        raise BadOutput(f"a result of run {name}: {error!r} in {str(entry)[:300]}") from error


def optional_instant(entry, member):
    """An instant that may be absent."""
    return parse_instant(entry[member]) if entry.get(member) else None
