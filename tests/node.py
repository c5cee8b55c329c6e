#!/usr/bin/env python3
"""Tenure on a real node: pods, a kubelet, containers and the charts as they are shipped.

    tests/cluster/up --node --image TENURE.tar -- python3 tests/node.py [SCENE...]

TENURE.tar is the image, named registry.example/tenure:0.1.0 (tests/cluster/image makes it). Needs helm in PATH. Without
arguments all scenes are played; it imports nothing of Tenure and judges by what the API server says.
"""

import pathlib
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tests.charts.api import Api  # noqa: E402
from tests.node import install, kills, restarts, stalled, zombies  # noqa: E402
from tests.seconds import scene  # noqa: E402

SCENES = {
    "readme": lambda api: install.Readme(api).play(),
    "stalled": stalled.play,
    "kills": kills.play,
    "zombies": zombies.play,
    "image": stalled.missing_image,
    "unhurried": zombies.play_unhurried,
    "restarts": restarts.play,
}
# What is played at the same time: other tenants of the same operator, who mostly wait. README's commands install and
# uninstall it. A missing image is missed by every tenant, and the node pulls one after the other: it comes before there are
# many. Restarts end the API server of all. Most wait for a sixth of what production waits for; README's tenant, the
# unhurried zombie and the restarts do not.
TOGETHER = [["readme"], ["image"], ["stalled", "kills", "zombies"], ["unhurried"], ["restarts"]]


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


def play(name):
    """One scene; whether everything was as it should be."""
    with scene(name):
        try:
            count, wrong = SCENES[name](Api())
        except (AssertionError, OSError) as error:
            explain()
            count, wrong = 1, [f"{error!r}"]
    print(f"{name}: {count}, {len(wrong)} wrong", flush=True)
    for line in wrong[:40]:
        print(f"  {line}", flush=True)
    return not wrong and count > 0


def main():
    names = sys.argv[1:] or list(SCENES)
    fine = []
    for group in TOGETHER:
        threads = [threading.Thread(target=lambda name=name: fine.append(play(name))) for name in group if name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sys.exit(0 if len(fine) == len(names) and all(fine) else 1)


if __name__ == "__main__":
    main()
