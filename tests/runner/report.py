"""What comes out of a run: the seconds, the failures, and the exit code."""

import json
import os
import re
import sys
import time

from tests.runner import table
from tests.runner.command import say
from tests.runner.processes import PROCESSES

# The exit code of a run that was.
INTERRUPTED = 130
# What stands in lines that say what went wrong.
COMPLAINT = re.compile(r"FAILED|panicked at|^error|WRONG|[1-9][0-9]* wrong|^not ok|went wrong|Traceback|^FAIL: |^ERROR: ")
# What tells the test that failed: Rust's harness and Python's.
TEST = re.compile(r"test (\S+) \.\.\. FAILED|^(?:FAIL|ERROR): (\S+ \(\S+\))")
# A scene in which something was wrong, or that has looked at nothing.
SCENE = re.compile(r"^(.+): (?:(0), 0|\d+, [1-9]\d*) wrong$")


def read(path):
    """The lines of a log, if it can be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def culprit(name, lines):
    """The test or the scene that failed first in the last command of a part, as its log tells it; nothing if it tells none."""
    begins = [number for number, line in enumerate(lines) if line.startswith(f"==== {name}: ")]
    lines = lines[begins[-1] :] if begins else lines
    for number, line in enumerate(lines):
        rest = lines[number + 1 :]
        if found := TEST.search(line):
            return f"test {found[1] or found[2]}"
        if line == "failures:" and rest and rest[0].startswith("    "):
            # Its own line may be torn: others print at the same time.
            return f"test {rest[0].strip()}"
        if found := SCENE.match(line):
            wrong = "it has looked at nothing" if found[2] else next((each.strip() for each in rest if each.startswith("  ")), "")
            return f"scene {found[1]}: {wrong[:200]}"
    return ""


def lament(run, outcome):
    """What a part that failed printed of its failure, again: whoever reads only the end of a long log has it all."""
    path = run.logs / f"{outcome.name}.log"
    say(f"\n==== {outcome.name} failed: {outcome.reason} ({path})")
    lines = [line[:400] for line in read(path)]
    shown = {near for number, line in enumerate(lines) if COMPLAINT.search(line) for near in range(number, number + 5)}
    said = [f"{number + 1}: {lines[number]}" for number in sorted(shown) if number < len(lines)]
    say("\n".join([*said[:60], "----", *lines[-50:]]))


def keep_seconds(run, is_over):
    """Leaves the seconds for `--table`. Nothing depends on them: if they cannot be written, that is said."""
    outcomes, records = [vars(each) for each in run.outcomes], [vars(each) for each in run.records]
    try:
        (run.logs / "seconds.json").write_text(json.dumps({"is_over": is_over, "parts": outcomes, "records": records}, indent=1))
    except OSError as error:
        say(f"tests/run: the seconds cannot be written: {error}", sys.stderr)


def interrupted(run):
    """That it was, and what has not come to its end."""
    said = [f"interrupted by {PROCESSES.interrupt_by}"]
    for word in ("interrupted", "not run"):
        names = [outcome.name for outcome in run.outcomes if outcome.word == word]
        said += [f"{word}: {', '.join(names)}"] if names else []
    return "; ".join(said)


def report(run):
    """The seconds, and the failures of which the first comes last; the exit code."""
    keep_seconds(run, is_over=not PROCESSES.interrupt_by)
    say("\n==== seconds\n" + table.text(run.records))
    failed = sorted((each for each in run.outcomes if each.word == "failed"), key=lambda each: each.ended, reverse=True)
    for outcome in failed:
        lament(run, outcome)
    say("\n==== parts")
    for outcome in run.outcomes:
        say(f"{outcome.name:13} {outcome.seconds:5.0f} s  {outcome.word}{': ' if outcome.reason else ''}{outcome.reason}")
    say(f"{'all':13} {time.monotonic() - run.began:5.0f} s")
    skipped = [f"{each.name}: {each.reason}" for each in run.outcomes if each.word == "skipped" and os.environ.get("CI") == "true"]
    if skipped:
        say(f"With CI=true a skipped part is a failure: {'; '.join(skipped)}")
    if failed:
        name = failed[-1].name
        told = [name, failed[-1].reason, culprit(name, read(run.logs / f"{name}.log"))]
        # In one line, since only the last may be read.
        say(f"The first failure: {': '.join(filter(None, told))}".replace("\n", " "))
    if PROCESSES.interrupt_by:
        say(interrupted(run))
        return INTERRUPTED
    return 1 if failed or skipped else 0
