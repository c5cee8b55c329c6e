"""The seconds of a run, for people."""

import json
import sys

# Scenes that are shorter are in the file only, in seconds.
SHORTEST = 5


def shown(rows):
    """What is worth a line: every command that takes a second, every scene that takes some."""
    return [row for row in rows if row["seconds"] >= (SHORTEST if row["is_scene"] else 1)]


def columns(row):
    what = f"- {row['what']}" if row["is_scene"] else row["what"]
    processor = "" if row["processor"] is None else f"{row['processor']:.0f}"
    return row["part"], what[:90], f"{row['seconds']:.0f}", processor, row["lane"]


def text(records):
    """As the end of a run shows it."""
    rows = [columns(row) for row in shown([vars(record) for record in records])]
    rows.insert(0, ("part", "command, - scene", "s", "s of processor", "lane"))
    return "\n".join(f"{part:13} {lane:8} {seconds:>5} {processor:>14}  {what}" for part, what, seconds, processor, lane in rows)


def markdown(run):
    """As docs/tests.md has it."""
    lines = ["| part | lane | s | s of processor | command, - scene |", "|---|---|---|---|---|"]
    for row in shown(run["records"]):
        part, what, seconds, processor, lane = columns(row)
        what = what if row["is_scene"] else f"`{what}`"
        lines.append(f"| {part} | {lane} | {seconds} | {processor} | {what} |")
    return "\n".join(lines)


def show(path):
    """Prints the table of the last run; the exit code."""
    try:
        run = json.loads(path.read_text())
    except (OSError, ValueError):
        print(f"tests/run: no run has left its seconds in {path}; tests/run PART... does", file=sys.stderr)
        return 1
    print(markdown(run))
    if not run.get("is_over", True):
        print("\nThe last run has not come to its end: it was interrupted, or it is still at work.")
    return 0
