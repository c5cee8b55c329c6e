"""Lanes: parts that wait beside parts that compute."""

import contextlib
import dataclasses
import threading
import time
import traceback

from tests.runner import builds, machine
from tests.runner.command import Failed, Runner, Skipped, say
from tests.runner.parts import COMPUTE, WAIT, WAIT_TOO, prepare
from tests.runner.processes import PROCESSES

# Between two lines that say what runs, in seconds.
HEARTBEAT = 60
NICE = 5


@dataclasses.dataclass
class Outcome:
    """How a part ended: passed, skipped, failed, interrupted or not run, and why."""

    name: str
    word: str
    reason: str
    seconds: float = 0
    # By the clock of this process; the failure that is the first is told last.
    ended: float = 0


class Run:
    """The parts that were asked for, of all there are."""

    def __init__(self, names, parts):
        self.names, self.parts, self.records, self.outcomes = names, parts, [], []
        self.began = time.monotonic()
        self.logs = machine.target() / "tests"
        self.logs.mkdir(parents=True, exist_ok=True)
        for name in names:
            # What an earlier run left there says nothing of this one.
            with contextlib.suppress(OSError):
                (self.logs / f"{name}.log").unlink()
        self.lanes = [(lane, [name for name in names if parts[name].lane == lane]) for lane in (WAIT, WAIT_TOO, COMPUTE)]
        self.live = sum(bool(names) for _, names in self.lanes) == 1
        self.done = {name: threading.Event() for name in names}
        self.running, self.unable = {}, {}

    def prepare(self):
        for name in self.names:
            try:
                prepare(self.parts[name])
            except Exception as error:  # noqa: BLE001
                # For the part itself to say, when its turn comes.
                self.unable[name] = error

    def play_lane(self, lane, names):
        try:
            for name in names:
                for other in self.parts[name].after:
                    if other in self.done:
                        self.done[other].wait()
                if not PROCESSES.interrupt_by:
                    self.play(lane, name)
        finally:
            # Nobody waits for ever for a part of a lane that broke off.
            for name in names:
                self.done[name].set()

    def play(self, lane, name):
        began = time.monotonic()
        # Whatever happens here, it has failed until it is known to have passed.
        outcome = Outcome(name, "failed", "it was left in the middle")
        self.outcomes.append(outcome)
        try:
            # Who waits for an instant has to be there when it comes; who computes has time.
            runner = Runner(name, lane, self.logs, self.records, self.live, NICE if lane == COMPUTE else 0)
            self.running[lane] = runner
            outcome.word, outcome.reason = self.work(runner, name)
        finally:
            outcome.ended = time.monotonic()
            outcome.seconds = outcome.ended - began
            self.running.pop(lane, None)
            self.done[name].set()

    def work(self, runner, name):
        """Does the work of a part; how that ended, in a word, and why."""
        word, reason = "passed", ""
        try:
            if name in self.unable:
                raise self.unable[name]
            self.parts[name].work(runner)
        except Skipped as error:
            word, reason = "skipped", str(error)
        except Failed as error:
            word, reason = "failed", str(error)
        except Exception as error:  # noqa: BLE001
            # A mistake of the runner's own must not look like success.
            word, reason = "failed", repr(error)
            runner.tell(traceback.format_exc())
        if word != "passed" and PROCESSES.interrupt_by:
            # Who was ended failed because of that.
            return "interrupted", ""
        if word != "passed":
            runner.tell(f"{word.upper()}: {name}: {reason}")
        if runner.log.error and word != "failed":
            return "failed", f"its log cannot be written: {runner.log.error}"
        return word, reason

    def beat(self, over):
        while not over.wait(HEARTBEAT):
            now = time.monotonic()
            runs = [f"{runner.part} for {now - runner.began:.0f} s ({runner.last[:90]})" for runner in list(self.running.values())]
            if runs and not self.live:
                say(f"... {(now - self.began) / 60:.0f} min: {'; '.join(runs)}")

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
        builds.plane.stop()
        if builds.plane.died:
            reason = f"tests/cluster/up: it ended by itself with exit code {builds.plane.process.returncode}"
            self.outcomes.append(Outcome("control-plane", "failed", reason, 0, builds.plane.died))
        played = {outcome.name for outcome in self.outcomes}
        word, reason = ("not run", "") if PROCESSES.interrupt_by else ("failed", "it never ran")
        self.outcomes += [Outcome(name, word, reason, 0, time.monotonic()) for name in self.names if name not in played]
