"""Rows of an OccurrenceLedger and results of a RunSlice, of both forms: a line each, and objects.

Rows that older releases wrote stand before the lines; a person of a slice is a line as long as nothing is known but the plan.
"""

import re

# The members of a row, in the order in which they stand in a line behind the version of its form.
MEMBERS = ["epoch", "key", "subject", "person", "attribute", "workflow", "category", "state", "due", "at", "run", "runUid", "slice", "by",
           "reason", "done", "closes", "hire", "sequence"]  # fmt: skip
# Of this epoch is the row that stands in the older form beside packed ones: it stops releases that do not know these.
NO_EPOCH = 2**53 - 1
NUMBERS = {"epoch", "sequence"}
# These are texts that may be empty; everything else that is empty is absent.
TEXTS = {"key", "subject", "attribute", "workflow"}


class NotRead(ValueError):
    """A line is not of the form that this reader knows."""


def rows(chunk):
    """The rows of a chunk as objects, in the order in which they were written."""
    older = [row for row in chunk.get("entries", []) if row.get("epoch") != NO_EPOCH]
    return [*older, *map(read, chunk.get("packed", []))]


def read(line):
    """One line as an object."""
    version, *fields = line.split(" ")
    if version != "1" or len(fields) != len(MEMBERS):
        raise NotRead(f"version {version!r}, {len(fields)} fields")
    return {member: value(member, field) for member, field in zip(MEMBERS, fields) if field or member in TEXTS}


def value(member, field):
    """A number, or a text whose spaces and percent signs stand there by their codes; a percent sign alone is an empty text."""
    if member in NUMBERS:
        return int(field)
    return "" if field == "%" else re.sub("%(20|25)", lambda code: chr(int(code[1], 16)), field)


def write(row):
    """An object as a line: for outputs that tests make themselves."""
    fields = (str(row.get(member, "")).replace("%", "%25").replace(" ", "%20") for member in MEMBERS)
    return " ".join(["1", *fields])


# The fields of a line in a slice, in their order behind the version of its form.
RESULT = ["subject", "due", "occurrence", "subjectKey", "letters", "person", "id"]


def results(part):
    """The results of a slice as objects, each with its tasks."""
    queued = [{"name": name, "processingStatus": "queued"} for name in part.get("tasks", [])]
    return [{"tasks": queued, **(result(entry["queued"]) if "queued" in entry else entry)} for entry in part.get("results") or []]


def result(line):
    """One line as an object."""
    version, *fields = line.split(" ")
    if version != "1" or len(fields) != len(RESULT):
        raise NotRead(f"version {version!r}, {len(fields)} fields")
    members = {member: value(member, field) for member, field in zip(RESULT, fields) if field}
    letters = members.pop("letters", "")
    return {**members, "processingStatus": "queued", "offBoards": "o" in letters, "alreadySo": "s" in letters}
