#!/usr/bin/env python3
"""Tenure on a real node: pods, a kubelet, containers and the charts as they are shipped.

    tests/cluster/up --node --image TENURE.tar -- python3 tests/node.py [SCENE...]

TENURE.tar is the image, named registry.example/tenure:0.1.0 (tests/cluster/image makes it). Needs helm in PATH. Without
arguments all scenes are played; it imports nothing of Tenure and judges by what the API server says.
"""

import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tests.charts.api import Api  # noqa: E402
from tests.node import install, kills, restarts, stalled, zombies  # noqa: E402

SCENES = {
    "readme": lambda api: install.Readme(api).play(),
    "stalled": stalled.play,
    "kills": kills.play,
    "zombies": zombies.play,
    "restarts": restarts.play,
}


def explain():
    """What the cluster looks like after a scene that failed."""
    for command in [
        "kubectl get jobs,pods --all-namespaces --output wide",
        "kubectl get events --all-namespaces --sort-by=.lastTimestamp | tail -n 40",
        "kubectl get tenantschedules,runs --all-namespaces --output yaml | grep -v '^ *uid:' | tail -n 120",
        "kubectl logs --namespace tenure-system deployment/tenure --all-pods --prefix --tail 12",
    ]:
        print(f"---- {command}", flush=True)
        subprocess.run(["bash", "-c", command], stderr=subprocess.STDOUT)


def main():
    names = sys.argv[1:] or list(SCENES)
    fine = True
    for name in names:
        started = time.monotonic()
        try:
            count, wrong = SCENES[name](Api())
        except (AssertionError, OSError) as error:
            explain()
            count, wrong = 1, [str(error)]
        print(f"{name}: {count}, {len(wrong)} wrong ({time.monotonic() - started:.0f} s)", flush=True)
        for line in wrong[:40]:
            print(f"  {line}")
        fine &= not wrong and count > 0
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
