"""The command line of tests/run."""

import argparse
import json
import os
import signal
import sys

from tests.runner import machine, table
from tests.runner.command import end_all
from tests.runner.lanes import Run
from tests.runner.parts import PARTS
from tests.runner.report import report

NIGHTLY = {"TENURE_SWEEP": "full", "TENURE_DEATHS": "50"}


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
    # What commands print is printed, whatever the terminal can show.
    sys.stdout.reconfigure(errors="replace")
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
    sys.exit(report(run))
