"""Parts of Kubernetes that die in the middle, and controllers of which two believe that they lead."""

import os
import pathlib
import random
import subprocess
import time

from tests.charts.api import PatientApi, wait
from tests.node.kills import in_parallel, make_tenants
from tests.node.processes import leader, read
from tests.node.tenant import OPERATOR, install_operator
from tests.seconds import scene

TENANTS = 6
PEOPLE = 24
# People of one Run, and how often the API server dies while it is executed.
CROWD, DEATHS_OF_A_RUN = 400, 4
PARTS = ["etcd", "apiserver", "kubelet"]
# A pass that an outage has cut off waits, then an evaluation and its Runs have to be done again.
SETTLE = 420
# How often a part is started, and for how long it lives, in seconds, if it found what it needs.
STARTS, STABLE = 10, 2
# More than the lease lasts, in seconds.
PAUSE = 9


def restart(part):
    """Kills a part of the cluster and starts it again as it was."""
    folder = pathlib.Path(os.environ["TENURE_CLUSTER"])
    pid = int((folder / f"{part}.pid").read_text())
    words = [word for word in read(pid, "cmdline") if word]
    program = os.readlink(f"/proc/{pid}/exe")
    os.kill(pid, 9)
    log = next(path for path in folder.glob("*.log") if path.stem.endswith(part))
    # The port of the one that was killed may be taken for another moment; then it ends at once.
    for _ in range(STARTS):
        with log.open("a") as output:
            # It becomes the component after which it is called.
            started = subprocess.Popen(words, executable=program, cwd=folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        (folder / f"{part}.pid").write_text(f"{started.pid}\n")
        try:
            started.wait(timeout=STABLE)
        except subprocess.TimeoutExpired:
            return
    raise AssertionError(f"{part} ended {STARTS} times as soon as it was started, see {log.name}")


def ready():
    return subprocess.run(["kubectl", "get", "--raw", "/readyz"], capture_output=True).returncode == 0


def judge(tenants):
    wrong = []
    for tenant in tenants:
        tenant.api = PatientApi()
        wrong += tenant.await_settled(SETTLE)
        wrong += tenant.judge()
    return wrong


def outages(tenants, rounds):
    """Every part dies once in a round, at a random moment while people are being processed."""
    wrong = []
    for number in range(rounds):
        in_parallel(lambda tenant: tenant.wave(PEOPLE), tenants)
        for part in random.sample(PARTS, len(PARTS)):
            time.sleep(random.uniform(0, 6))
            restart(part)
            print(f"round {number + 1}: {part} was killed and started again", flush=True)
            wait("the API server is ready", ready, 120)
        wrong += judge(tenants)
    return wrong


def one_run(tenant):
    """The API server dies and starts again and again while a crowd is off-boarded. In its first moments it refuses what it
    allowed before: that is final for nobody."""
    tenant.staff(CROWD)
    wait(f"{tenant.name} has its staff", tenant.settled, SETTLE)
    tenant.dismiss()
    wrong = []
    for number in range(DEATHS_OF_A_RUN):
        least = 1 + CROWD * number // (DEATHS_OF_A_RUN + 1)
        done = wait(f"{least} of them are done", lambda least=least: (tenant.done() >= least and [tenant.done()]), SETTLE)[0]
        restart("apiserver")
        print(f"the API server was killed and started again when {done} of {CROWD} were off-boarded", flush=True)
        if done == CROWD:
            wrong.append(f"{tenant.name}: the Run had ended before the API server died {number + 1} times")
        wait("the API server is ready", ready, 120)
        tenant.api = PatientApi()
    return wrong + judge([tenant])


def frozen_leader(tenants):
    """The leader is frozen for longer than its lease; when it wakes up it believes for a moment that it leads."""
    in_parallel(lambda tenant: tenant.wave(PEOPLE), tenants)
    process, holder = wait("somebody leads", lambda: leader(PatientApi(), OPERATOR), 60)
    state, frozen, thawed = process.freezer()
    state.write_text(frozen)
    try:
        time.sleep(PAUSE)
        other = wait("the other one leads", lambda: leader(PatientApi(), OPERATOR), 60)
    finally:
        state.write_text(thawed)
    if other[1] == holder:
        return ["the frozen controller still holds the lease"]
    return judge(tenants)


def two_leaders(api, tenants):
    """A further controller that asks nobody works on the same tenants at the same time."""
    deployment = api.must(api.call("GET", f"/apis/apps/v1/namespaces/{OPERATOR}/deployments/tenure"))
    spec = deployment["spec"]["template"]["spec"]
    spec["containers"][0]["args"].append("--leader-election=false")
    spec["topologySpreadConstraints"] = []
    pod = {"metadata": {"name": "rival"}, "spec": {**spec, "restartPolicy": "Always"}}
    where = f"/api/v1/namespaces/{OPERATOR}/pods"
    api.must(api.create(where, pod))

    def leads():
        conditions = api.must(api.call("GET", f"{where}/rival")).get("status", {}).get("conditions", [])
        return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)

    wait("the rival works", leads, 60)
    in_parallel(lambda tenant: tenant.wave(PEOPLE), tenants)
    wrong = judge(tenants)
    api.must(api.call("DELETE", f"{where}/rival"))
    return wrong


def play(_api):
    """The scenes one after the other, over the same tenants."""
    install_operator()
    tenants = make_tenants("restart", TENANTS)
    with scene("outages"):
        wrong = outages(tenants, 2)
    with scene("one run"):
        crowd = make_tenants("crowd", 1)[0]
        wrong += one_run(crowd)
    with scene("frozen leader"):
        wrong += frozen_leader(tenants)
    with scene("two leaders"):
        wrong += two_leaders(PatientApi(), tenants)
    return sum(len(tenant.occurrences) for tenant in [*tenants, crowd]), wrong
