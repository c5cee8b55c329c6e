#!/usr/bin/env python3
"""Checks what `tenure simulate` makes of the examples, for every single person and instant.

    tests/check_examples.py BINARY       runs the program over both examples and checks its output
    tests/check_examples.py --self-test  checks the checker: right outputs are accepted, and every planted fault is found

Needs Python 3.11 and PyYAML. It is a second implementation of the semantics, made from the documents and the CSV files alone: it
imports nothing of Tenure and holds no list of who must have been processed. Exit: 0 all is right, 1 it is not, 2 wrong usage.
"""

import functools
import json
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True

from check_examples import compare, csv_data, documents, effects, occurrences, output, selftest  # noqa: E402

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"
NAMESPACES = {"quickstart": "acme", "adventure-works": "adventure-works"}
# A simulation that takes longer than this many seconds has failed; the promise is ten.
TIMEOUT = 600
# So many differences are printed of each example.
SHOWN = 60


@functools.cache
def reckon(folder):
    """(example, reckoning, occurrences, accounts): all that must have happened, from the documents."""
    example = documents.load(folder)
    reckoning = occurrences.Reckoning(example)
    found = reckoning.all_occurrences()
    return example, reckoning, found, effects.final_accounts(example, reckoning, found)


def simulate(binary, name):
    """The JSON that the program prints for an example."""
    command = [binary, "simulate", str(EXAMPLES / name), "--output", "json"]
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
    if done.returncode != 0:
        raise output.BadOutput(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    return json.loads(done.stdout)


def check(name, document):
    """(differences, a line that says what was checked) for one example."""
    example, reckoning, found, accounts = reckon(EXAMPLES / name)
    result = output.Output(document, NAMESPACES[name])
    differences = compare.compare(example, reckoning, found, accounts, result)
    if name == "adventure-works":
        differences += csv_data.check_csv(EXAMPLES / name, example, result)
    outcomes = [entry.outcome for entry in found]
    instants = {entry.started for entry in result.results() if entry.started}
    evaluations = {entry.epoch() for entry in result.results()}
    summary = (f"{name}: {len(accounts)} people, {len(reckoning.workflows)} workflows, "
               f"{outcomes.count('planned')} occurrences planned, {outcomes.count('superseded')} superseded, "
               f"{outcomes.count('missed')} missed; {len(result.results())} results of {len(result.of('Run'))} runs, "
               f"begun at {len(instants)} instants by {len(evaluations)} evaluations")
    return differences, summary


def main(arguments):
    """Runs the checks and prints what was checked, or what differs."""
    if arguments == ["--self-test"]:
        return selftest.run(EXAMPLES, NAMESPACES, reckon, check)
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    failed = False
    for name in NAMESPACES:
        try:
            differences, summary = check(name, simulate(arguments[0], name))
        except (output.BadOutput, documents.NotModelled, occurrences.Ambiguous, json.JSONDecodeError,
                subprocess.TimeoutExpired) as error:
            differences, summary = [f"{type(error).__name__}: {error}"], f"{name}: not checked"
        print(f"{'FAILED' if differences else 'ok'}  {summary}")
        for difference in differences[:SHOWN]:
            print(f"  - {difference}")
        if len(differences) > SHOWN:
            print(f"  ... and {len(differences) - SHOWN} more")
        failed = failed or bool(differences)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
