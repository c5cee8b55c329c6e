"""Lanes: parts that wait beside parts that compute, and what comes out of it."""

import argparse
import json
import os
import re
import signal
import sys
import threading
import time
import traceback

from tests.runner import builds, machine, table
from tests.runner.command import Failed, Runner, Skipped, end_all, say
from tests.runner.parts import COMPUTE, PARTS, WAIT, WAIT_TOO, prepare

# What stands in lines that say what went wrong.
COMPLAINT = re.compile(r"FAILED|panicked at|^error|WRONG|[1-9][0-9]* wrong|^not ok|went wrong|Traceback")
# Between two lines that say what runs, in seconds.
HEARTBEAT = 60
NICE = 5
NIGHTLY = {"TENURE_SWEEP": "full", "TENURE_DEATHS": "50"}


class Outcome:
    """How a part ended."""

    def __init__(self, name, word, reason, seconds, ended):
        self.name, self.word, self.reason, self.seconds, self.ended = name, word, reason, seconds, ended


class Run:
    """The parts that were asked for, of all there are."""

    def __init__(self, names, parts):
        self.names, self.parts, self.records, self.outcomes = names, parts, [], []
        self.began = time.monotonic()
        self.logs = machine.target() / "tests"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.lanes = [(lane, [name for name in names if parts[name].lane == lane]) for lane in (WAIT, WAIT_TOO, COMPUTE)]
        self.live = sum(bool(parts) for _, parts in self.lanes) == 1
        self.done = {name: threading.Event() for name in names}
        self.running, self.unable = {}, {}

    def prepare(self):
        for name in self.names:
            try:
                prepare(self.parts[name])
            except Skipped as error:
                self.unable[name] = error

    def play_lane(self, lane, names):
        for name in names:
            for other in self.parts[name].after:
                if other in self.done:
                    self.done[other].wait()
            self.play(lane, name)
            self.running.pop(lane, None)
            self.done[name].set()

    def play(self, lane, name):
        # Who waits for an instant has to be there when it comes; who computes has time.
        runner = Runner(name, lane, self.logs, self.records, self.live, NICE if lane == COMPUTE else 0)
        self.running[lane] = runner
        word, reason = "passed", ""
        try:
            if name in self.unable:
                raise self.unable[name]
            self.parts[name].work(runner)
        except Skipped as error:
            word, reason = "skipped", str(error)
            runner.tell(f"SKIPPED: {name}: {error}")
        except Failed as error:
            word, reason = "failed", str(error)
            runner.tell(f"FAILED: {name}: {error}")
        except Exception as error:  # noqa: BLE001
            # A mistake of the runner's own must not look like success.
            word, reason = "failed", repr(error)
            runner.tell(f"{traceback.format_exc()}FAILED: {name}: {error!r}")
        ended = time.monotonic()
        self.outcomes.append(Outcome(name, word, reason, ended - runner.began, ended))

    def beat(self, over):
        while not over.wait(HEARTBEAT):
            runs = [f"{runner.part} for {time.monotonic() - runner.began:.0f} s ({runner.last[:90]})" for runner in list(self.running.values())]
            if runs and not self.live:
                say(f"... {(time.monotonic() - self.began) / 60:.0f} min: {'; '.join(runs)}")

    def play_all(self):
        self.prepare()
        over = threading.Event()
        threading.Thread(target=self.beat, args=(over,), daemon=True).start()
        threads = [threading.Thread(target=self.play_lane, args=lane) for lane in self.lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        over.set()
        if not builds.plane.stop():
            self.outcomes.append(Outcome("control plane", "failed", "it ended by itself, see control-plane.log", 0, time.monotonic()))

    def lament(self, outcome):
        """What a part that failed printed of its failure, again: whoever reads only the end of a long log has it all."""
        path = self.logs / f"{outcome.name}.log"
        say(f"\n==== {outcome.name} failed: {outcome.reason} ({path})")
        lines = [line[:400] for line in path.read_text(errors="replace").splitlines()] if path.exists() else []
        shown = {near for number, line in enumerate(lines) if COMPLAINT.search(line) for near in range(number, number + 5)}
        said = [f"{number + 1}: {lines[number]}" for number in sorted(shown) if number < len(lines)]
        say("\n".join([*said[:60], "----", *lines[-50:]]))

    def report(self):
        """The seconds, and the failures of which the first comes last; the exit code."""
        rows = [vars(record) for record in self.records]
        (self.logs / "seconds.json").write_text(json.dumps({"parts": [vars(each) for each in self.outcomes], "records": rows}, indent=1))
        say("\n==== seconds\n" + table.text(self.records))
        failed = sorted((each for each in self.outcomes if each.word == "failed"), key=lambda each: each.ended, reverse=True)
        for outcome in failed:
            self.lament(outcome)
        say("\n==== parts")
        for outcome in self.outcomes:
            say(f"{outcome.name:13} {outcome.seconds:5.0f} s  {outcome.word}{': ' if outcome.reason else ''}{outcome.reason}")
        say(f"{'all':13} {time.monotonic() - self.began:5.0f} s")
        if failed:
            say(f"The first failure: {failed[-1].name}: {failed[-1].reason}")
        skipped = [each for each in self.outcomes if each.word == "skipped"]
        return 1 if failed or (skipped and os.environ.get("CI") == "true") else 0


def arguments(parts):
    listed = "\n".join(f"  {name:10} {part.says}" for name, part in parts.items())
    parser = argparse.ArgumentParser(
        prog="tests/run", description="Runs the tests: without arguments all parts, else those named.",
        epilog=f"parts:\n{listed}\n\nInstalls what is missing (as root, from Debian). A part that cannot run here says SKIPPED and why;\n"
        "with CI=true that is a failure. The exit code is 0 only when no part failed. docs/tests.md says more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--nightly", action="store_true", help="more of the same: every request of the sweep, wide models, 150 deaths")
    parser.add_argument("--table", action="store_true", help="print how long the last run took, as in docs/tests.md, and run nothing")
    asked = parser.parse_args()
    for name in asked.parts:
        if name not in parts:
            parser.error(f"no part {name}; there are: {' '.join(parts)}")
    return asked


def main(parts=PARTS):
    """Runs the parts that are asked for; its own tests make up others."""
    asked = arguments(parts)
    os.chdir(machine.ROOT)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    if os.environ.get("CI") == "true":
        # Nothing is built a second time there, and what would be kept for that costs time.
        os.environ.setdefault("CARGO_INCREMENTAL", "0")
    if asked.table:
        print(table.markdown(json.loads((machine.target() / "tests/seconds.json").read_text())))
        return
    if asked.nightly:
        os.environ.update(NIGHTLY)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: end_all(number))
    run = Run([name for name in parts if name in asked.parts or not asked.parts], parts)
    run.play_all()
    sys.exit(run.report())
