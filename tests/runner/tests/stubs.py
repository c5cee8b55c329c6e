"""Runs of parts that are made up."""

import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
# Longest for anything here, in seconds, on a machine that has a lot else to do.
PATIENCE = 60
BEGINNING = """
import os, pathlib, signal, sys, threading, time
from tests.runner import builds, command, machine, main, parts
from tests.runner.command import Failed, Skipped
from tests.runner.parts import COMPUTE, WAIT, WAIT_TOO

FOLDER = pathlib.Path(os.environ["FOLDER"])
PARTS = {}

def part(lane, after=()):
    def add(work):
        PARTS[work.__name__.replace("_", "-")] = parts.Part(work, lane, "made up", after=list(after), prepares=())
        return work
    return add
"""


# A control plane in the words of tests/cluster/up: it says where its kubeconfig is, and stays.
PLANE = """
builds.kubernetes = builds.Once(lambda runner: "/binaries")

def up(script):
    builds.plane.words = ["bash", "-c", "echo $$ >>$FOLDER/started; " + script]

def using(lane, name, work):
    def use(runner):
        work(runner, builds.control_plane(runner))
    use.__name__ = name
    part(lane)(use)
"""


def lives(number):
    """Whether there is such a process; one that only waits for its parent to ask for it has ended."""
    try:
        return pathlib.Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@dataclasses.dataclass
class Ended:
    """A run that has ended."""

    code: int
    printed: str
    errors: str

    @property
    def last_line(self):
        return self.printed.rstrip().splitlines()[-1]

    @property
    def parts(self):
        """How each part ended, as the end of the run tells it."""
        _, _, end = self.printed.partition("\n==== parts\n")
        return dict(re.findall(r"^(\S[^:]*?) +\d+ s  (not run|\w+)", end, re.MULTILINE))


class TestCase(unittest.TestCase):
    """A test with a folder of its own, which is the target and the cache of its runs."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.logs = self.folder / "target/tests"

    def environment(self, **given):
        """Nothing of the run that this test is a part of."""
        own = {"FOLDER": self.folder, "CARGO_TARGET_DIR": self.folder / "target", "TENURE_CACHE": self.folder / "cache"}
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
        return {**kept, "LC_ALL": "C.UTF-8", **{name: str(value) for name, value in {**own, **given}.items()}}

    def start(self, code, *arguments, **environment):
        """Starts a run of the parts that the code makes up."""
        program = f"{BEGINNING}\n{textwrap.dedent(code)}\nmain.main(PARTS)\n"
        process = subprocess.Popen(
            [sys.executable, "-B", "-c", program, *arguments], cwd=ROOT, env=self.environment(**environment), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(self.finish, process, kill=True)
        return process

    def finish(self, process, kill=False):
        """The run when it has ended; one that hangs does not keep the others from being tested."""
        if kill:
            process.kill()
        try:
            printed, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            self.fail("the run hangs")
        except ValueError:
            # Its end was seen already.
            return None
        return Ended(process.returncode, printed, errors)

    def play(self, code, *arguments, **environment):
        return self.finish(self.start(code, *arguments, **environment))

    def play_on_plane(self, code):
        """With a control plane that is made up."""
        return self.play(PLANE + textwrap.dedent(code))

    def await_file(self, name):
        """Waits until a part has left a file that says something; what it says."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            path = self.folder / name
            if path.exists() and path.read_text().endswith("\n"):
                return path.read_text()
            time.sleep(0.01)
        self.fail(f"no part has left {name}")
