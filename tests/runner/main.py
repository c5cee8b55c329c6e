"""The command line of tests/run."""

import argparse
import contextlib
import fcntl
import os
import queue
import signal
import sys
import threading
import time

from tests.runner import machine, table
from tests.runner.command import say
from tests.runner.lanes import Run
from tests.runner.parts import PARTS
from tests.runner.processes import PROCESSES
from tests.runner.report import INTERRUPTED, keep_seconds, report

# How long a run may go on that was interrupted and has no processes any more, in seconds.
LONGEST = 10
# What makes the tests fewer, or has them write what they compare with: with CI=true nothing of that comes from outside.
NARROWING = ["SWEEP", "SWEEP_ONE", "SWEEP_ONLY", "FAULTS_ONLY", "LIFECYCLE_ONLY", "DEATHS", "FUZZ", "HOSTILE", "WRITE"]
NIGHTLY = {"TENURE_SWEEP": "full", "TENURE_DEATHS": "50", "TENURE_HOSTILE": "full"}


def arguments(parts):
    listed = "\n".join(f"  {name:10} {part.says}" for name, part in parts.items())
    parser = argparse.ArgumentParser(
        prog="tests/run", description="Runs the tests: without arguments all parts, else those named.",
        epilog=f"parts:\n{listed}\n\nInstalls what is missing (as root, from Debian). A part that cannot run here says SKIPPED and why;\n"
        "with CI=true that is a failure. The exit code is 0 only when every part had its turn and none failed, and 130 when the run was\n"
        "interrupted; the last line says what went wrong first. docs/tests.md says more.",
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


def prepare_environment(is_nightly):
    """The variables of all commands."""
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    if os.environ.get("CI") == "true":
        # Nothing is built a second time there, and what would be kept for that costs time.
        os.environ.setdefault("CARGO_INCREMENTAL", "0")
        left_out = [name for each in NARROWING if os.environ.pop(name := f"TENURE_{each}", None) is not None]
        if left_out:
            say(f"CI=true: {', '.join(left_out)} from outside would make the tests other ones: left out")
    if is_nightly:
        os.environ.update(NIGHTLY)
    seconds = os.environ.get("TENURE_FUZZ", "60")
    if not seconds.isdecimal() or int(seconds) == 0:
        # For the fuzzer 0 is for ever.
        say(f"tests/run: TENURE_FUZZ is {seconds!r}; it is a number of seconds, 1 at least", sys.stderr)
        sys.exit(2)


@contextlib.contextmanager
def alone(folder):
    """Holds the lock of the tree: two runs at once would write each other's logs. Whoever comes second is told who is there."""
    path = folder / "lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.truncate(0)
        print(f"process {os.getpid()} since {time.strftime('%H:%M:%S')}: {' '.join(['tests/run', *sys.argv[1:]])}", file=lock, flush=True)
    except BlockingIOError:
        lock.seek(0)
        sys.exit(f"tests/run: another one is at work in this tree: {lock.read().strip() or 'it has just begun'} (it holds {path})")
    except OSError as error:
        sys.exit(f"tests/run: its folder cannot be written: {error}")
    with lock:
        yield


def end_on_signals():
    """Ends the run when somebody says so: its processes, and then itself."""
    signals = queue.SimpleQueue()

    def end():
        name = signal.Signals(signals.get()).name
        PROCESSES.interrupt(name)
        say(f"\ntests/run: {name}: what runs is ended")
        PROCESSES.end()
        # Now the parts have failed, and the main thread says what came of it - unless something of our own takes long.
        time.sleep(LONGEST)
        say(f"interrupted by {name}; not everything has come to an end")
        os._exit(INTERRUPTED)

    threading.Thread(target=end, daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # In the middle of whatever the main thread does, locks included: nothing is done here.
        signal.signal(number, lambda number, _: signals.put(number))


def main(parts=PARTS):
    """Runs the parts that are asked for; its own tests make up others."""
    asked = arguments(parts)
    # What commands print is printed, whatever the terminal can show.
    sys.stdout.reconfigure(errors="replace")
    os.chdir(machine.ROOT)
    if asked.table:
        sys.exit(table.show(machine.target() / "tests/seconds.json"))
    prepare_environment(asked.nightly)
    with alone(machine.target() / "tests"):
        end_on_signals()
        run = Run([name for name in parts if name in asked.parts or not asked.parts], parts)
        # For whoever asks for the table of a run that never came here again.
        keep_seconds(run, is_over=False)
        run.play_all()
        sys.exit(report(run))
