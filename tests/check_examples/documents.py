"""Reads the YAML documents of an example and arranges them in time."""

import dataclasses
import datetime
import pathlib
import re

import yaml

SIMULATE_AT = "tenure.dev/simulate-at"
SIMULATE_DELETE = "tenure.dev/simulate-delete"
SIMULATE_FROM = "tenure.dev/simulate-from"
SIMULATE_UNTIL = "tenure.dev/simulate-until"
UTC = datetime.timezone.utc


class NotModelled(Exception):
    """The example uses something that this reckoning does not know, and about which it therefore must not guess."""


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader without timestamps: dates are strings, as they are in JSON."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclasses.dataclass(frozen=True)
class Revision:
    """One object's content from `at` on; `spec` is None from its deletion on."""

    at: datetime.datetime
    spec: dict | None
    metadata: dict


@dataclasses.dataclass
class Example:
    """Everything that the documents of one example say."""

    name: str
    start: datetime.datetime
    end: datetime.datetime
    interval: datetime.timedelta
    # Kind -> name -> revisions in the order of time.
    objects: dict

    def history(self, kind, name):
        """The revisions of one object, oldest first; empty if there is no such object."""
        return self.objects.get(kind, {}).get(name, [])

    def at(self, kind, name, instant):
        """The spec of an object at an instant, or None if it does not exist then."""
        found = None
        for revision in self.history(kind, name):
            if revision.at <= instant:
                found = revision
        return found.spec if found else None


def parse_instant(text):
    """An instant of RFC 3339 with an offset or Z. Raises ValueError for everything else."""
    if not isinstance(text, str) or not re.match(r"^\d{4}-\d{2}-\d{2}[Tt ]", text):
        raise ValueError(f"not an instant: {text!r}")
    # Nanoseconds are more than Python's datetime holds.
    found = datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.upper()))
    if found.tzinfo is None:
        raise ValueError(f"no offset in {text!r}")
    return found.astimezone(UTC)


def parse_duration(text):
    """A duration like 30m, 12h or 3d."""
    match = re.fullmatch(r"(\d+)([smhd])", str(text))
    if not match:
        raise NotModelled(f"duration {text!r}")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[match[2]]
    return datetime.timedelta(**{unit: int(match[1])})


def load(folder):
    """Reads every YAML file of a folder into an Example."""
    folder = pathlib.Path(folder)
    documents = []
    for path in sorted(folder.glob("*.yaml")):
        with open(path, encoding="utf-8") as file:
            documents += [entry for entry in yaml.load_all(file, Loader) if entry is not None]
    schedules = [entry for entry in documents if entry["kind"] == "TenantSchedule"]
    if len(schedules) != 1:
        raise NotModelled(f"{len(schedules)} schedules in {folder}")
    annotations = schedules[0]["metadata"]["annotations"]
    start, end = parse_instant(annotations[SIMULATE_FROM]), parse_instant(annotations[SIMULATE_UNTIL])
    check_schedule(schedules[0]["spec"])
    return Example(folder.name, start, end, parse_duration(schedules[0]["spec"].get("interval", "3h")),
                   arrange(documents, start))


def check_schedule(spec):
    """Refuses a schedule that does more than to name an interval and a sender and to keep history."""
    unknown = set(spec) - {"interval", "directory", "historyLimits", "mail"}
    if unknown:
        raise NotModelled(f"TenantSchedule.spec members {sorted(unknown)}")


def arrange(documents, start):
    """Kind -> name -> revisions, oldest first. Of two revisions at one instant the later document counts."""
    objects = {}
    for document in documents:
        metadata = document["metadata"]
        notes = metadata.get("annotations") or {}
        at = parse_instant(notes[SIMULATE_AT]) if SIMULATE_AT in notes else start
        spec = None if notes.get(SIMULATE_DELETE) == "true" else document.get("spec") or {}
        revisions = objects.setdefault(document["kind"], {}).setdefault(metadata["name"], {})
        revisions[at] = Revision(at, spec, metadata)
    return {
        kind: {name: [revisions[at] for at in sorted(revisions)] for name, revisions in names.items()}
        for kind, names in objects.items()
    }
