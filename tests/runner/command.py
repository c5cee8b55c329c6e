"""Runs commands: what they print, how long they take and what processor time they use."""

import contextlib
import dataclasses
import os
import re
import subprocess
import sys
import threading
import time

from tests.runner.processes import PROCESSES

# A scene inside a command, as the tests print it: the Rust harness, and everybody else.
SCENE = re.compile(r"test (\S+) \.\.\. (?:ok|FAILED) <([\d.]+)s>|^seconds: (?P<seconds>[\d.]+) (?P<name>.+)$")
PRINTING = threading.Lock()


class Failed(Exception):
    """A command ended with a code that is not 0, or what came of it is not right."""

    def __init__(self, what, code=None):
        super().__init__(what if code is None else f"{what}: exit code {code}")


class Skipped(Exception):
    """A part cannot run here, and why."""


@dataclasses.dataclass
class Record:
    """How long something took: a command, or a scene inside one."""

    part: str
    what: str
    lane: str
    # By the clock, and of all processors; a scene does not know the latter.
    seconds: float
    processor: float | None = None
    is_scene: bool = False


def say(text, where=None):
    """Prints whole texts one after the other, whoever prints at the same time. Nobody fails because nobody reads it."""
    with PRINTING, contextlib.suppress(OSError):
        print(text.rstrip("\n"), file=where, flush=True)


def scene_of(line):
    """The name and the seconds of the scene that a line speaks of."""
    found = SCENE.search(line)
    if not found:
        return None
    name, seconds = found.group("name") or found.group(1), found.group("seconds") or found.group(2)
    return name, float(seconds)


class Log:
    """The log of a part. Writing never fails, since that would be in the middle of something else; the part fails in the end."""

    def __init__(self, path):
        self.path, self.error = path, None
        self.write("", "w")

    def write(self, text, how="a"):
        try:
            # Opened each time: a file that is gone would swallow everything in silence.
            with self.path.open(how, encoding="utf-8", errors="replace") as log:
                log.write(text)
        except OSError as error:
            if self.error is None:
                say(f"tests/run: a log cannot be written: {error}", sys.stderr)
            self.error = error


class Runner:
    """Runs the commands of one part, in its lane: they are noted in the part's log and printed."""

    def __init__(self, part, lane, logs, records, live, nice=0):
        self.part, self.lane, self.records, self.nice = part, lane, records, nice
        # Printed line by line, where nobody else prints; else each command whole when it ends.
        self.live = live
        self.log = Log(logs / f"{part}.log")
        self.began = time.monotonic()
        self.last = ""

    def note(self, what, seconds, processor=None, is_scene=False):
        self.records.append(Record(self.part, what, self.lane, seconds, processor, is_scene))

    def tell(self, text):
        """Says something in the log of the part, too."""
        self.log.write(text.rstrip("\n") + "\n")
        say(text)

    def run(self, *words, env=None, what=None, accept=(0,)):
        """Runs a command; its exit code, which is one of the accepted ones, and what it printed."""
        words = [str(word) for word in words]
        shown = " ".join([*(f"{key}={value}" for key, value in (env or {}).items() if key.startswith("TENURE_")), *words])
        short = shown.replace(f"{os.getcwd()}/", "")
        what = what or short
        heading = f"\n==== {self.part}: {shown}"
        self.last = what
        if self.live:
            say(heading)
        began = time.monotonic()
        code, processor, printed = self.follow(words, {**os.environ, **(env or {})}, heading)
        seconds = time.monotonic() - began
        ending = f"({self.part}: {seconds:.0f} s, {processor:.0f} s of processor, exit code {code})"
        say(ending if self.live else f"{heading}\n{printed}{ending}")
        self.note(what, seconds, processor)
        for name, of_scene in filter(None, map(scene_of, printed.splitlines())):
            self.note(name, of_scene, is_scene=True)
        if code not in accept:
            raise Failed(short, code)
        return code, printed

    def follow(self, words, env, heading):
        """Reads what a command prints until it ends."""
        printed = []
        self.log.write(f"{heading}\n")
        process = PROCESSES.start(
            ["nice", "-n", str(self.nice), *words],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        )  # fmt: skip
        with process.stdout as lines:
            for line in lines:
                self.log.write(line)
                printed.append(line)
                self.last = line.strip() or self.last
                if self.live:
                    say(line)
        usage = PROCESSES.wait(process)
        return process.returncode, usage.ru_utime + usage.ru_stime, "".join(printed)
