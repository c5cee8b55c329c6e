"""The parts: what each proves and how it runs."""

import dataclasses
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable

from tests.runner import builds, machine
from tests.runner.command import Failed, Skipped
from tests.runner.dependencies import Dependencies, host
from tests.runner.processes import PROCESSES

# Rust's harness says how long each test took only where unstable options are allowed; nothing else depends on it.
UNSTABLE = {"RUSTC_BOOTSTRAP": "1"}
# How many tests a program ran.
PASSED = re.compile(r"^test result: ok\. (\d+) passed", re.MULTILINE)
REPORT_TIME = ["-Z", "unstable-options", "--report-time"]


@functools.cache
def report_time(program):
    """The options with which a test program says how long each test took, if this toolchain knows them."""
    env, nowhere = {**os.environ, **UNSTABLE}, subprocess.DEVNULL
    answer = PROCESSES.call([program, *REPORT_TIME, "--list"], env=env, stdout=nowhere, stderr=nowhere)
    return (REPORT_TIME, UNSTABLE) if answer.returncode == 0 else ([], {})


@functools.cache
def names(program):
    """The names of the tests that are in it."""
    listed = PROCESSES.call([program, "--list"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]


def filters(arguments):
    """Those of the arguments that say which tests to run."""
    before = [None, *arguments]
    return [each for last, each in zip(before, arguments) if last != "--skip" and not each.startswith("-")]


def rust(runner, name, *arguments, what, env=None):
    """Runs tests of one of the programs. That there are none looks like success to the program; here it is a failure."""
    program = builds.tests(runner)[name]
    for wanted in filters(arguments):
        if not any(wanted in each for each in names(program)):
            raise Failed(f"{what}: no test is named {wanted}")
    options, unstable = report_time(program)
    _, printed = runner.run(program, *arguments, *options, env={**unstable, **(env or {})}, what=what)
    if not any(int(passed) for passed in PASSED.findall(printed)):
        raise Failed(f"{what}: no test was run")


def lints(runner):
    runner.run("cargo", "fmt", "--check")
    words = ["cargo", "clippy", "--all-targets", "--locked", "--profile", "ci"]
    folder = machine.target() / "clippy"
    kept = Dependencies(machine.ROOT / "Cargo.toml", folder, "clippy", ["ci"])

    def check():
        # Beside the tests' build, which would keep it waiting in the same folder.
        runner.run(*words, "--target-dir", folder, "--", "-D", "warnings", what="cargo clippy")

    builds.with_dependencies(runner, kept, check)


def generated(runner):
    """The committed resource definitions are the ones that the program prints, and the charts hold the same."""
    program = builds.tests(runner)["program"]
    # Compared, not written anew: others read them at the same time.
    with tempfile.TemporaryDirectory() as folder:
        runner.run(program, "crds", "--out", folder)
        runner.run("diff", "--recursive", "--unified", "crds", folder)
    runner.run("charts/generate", "--check", "--tenure", program)
    _, unknown = runner.run("git", "ls-files", "--others", "--", "crds", "charts")
    if unknown.strip():
        raise Failed(f"not committed: {unknown}")


def unit(runner):
    rust(runner, "library", what="tests inside the sources")
    rust(runner, "fast", what="fast")
    rust(runner, "simulation", "scenarios::", what="simulation: scenarios")


def sweep(runner):
    rust(runner, "simulation", "--skip", "scenarios::", "--nocapture", what="simulation: sweep and models")


def image(runner):
    builds.image(runner)


def api(runner):
    builds.kubernetes(runner)
    builds.tests(runner)
    env = {**builds.control_plane(runner), "TENURE_REAL_API": "1"}
    rust(runner, "fast", "crds::", "conformance::", "--nocapture", what="fast: definitions and conformance", env=env)
    rust(runner, "cluster", "controller::", "--nocapture", what="cluster: controller", env=env)


def faults(runner):
    builds.kubernetes(runner)
    builds.tests(runner)
    env = {**builds.control_plane(runner), "TENURE_REAL_API": "1"}
    rust(runner, "cluster", "faults::", "--nocapture", what="cluster: faults", env=env)


def charts(runner):
    builds.kubernetes(runner)
    tools = {"TENURE_HELM": builds.helm(runner), "TENURE_KUBECONFORM": builds.kubeconform(runner)}
    program = builds.tests(runner)["program"]
    env = {**builds.control_plane(runner), **tools}
    # Helm does not take over what other parts have applied, and takes nothing away that has objects.
    definitions = [path.stem + ".tenure.dev" for path in sorted((machine.ROOT / "crds").glob("*.yaml"))]
    runner.run("kubectl", "delete", "crd", "--ignore-not-found", *definitions, env=env, what="definitions of other parts")
    runner.run("python3", "tests/charts.py", program, env=env, what="tests/charts.py")


def on_a_node(runner, *scenes):
    """Scenes on a node of their own."""
    builds.kubernetes(runner)
    tool = pathlib.Path(builds.helm(runner))
    tar = builds.image(runner)
    env = {"PATH": f"{tool.parent}:{os.environ['PATH']}"}
    words = ["tests/cluster/up", "--node", "--image", tar, "--", "python3", "tests/node.py", *scenes]
    code, _ = runner.run(*words, env=env, what=f"tests/node.py {' '.join(scenes)}", accept=(0, 3))
    if code == 3:
        raise Skipped("this machine can have no node, see above")


def node(runner):
    on_a_node(runner, "stalled", "kills", "zombies", "image")


def readme(runner):
    on_a_node(runner, "readme")


def restarts(runner):
    on_a_node(runner, "unhurried", "restarts")


def hostile(runner):
    builds.kubernetes(runner)
    tool = pathlib.Path(builds.helm(runner))
    program = builds.tests(runner)["program"]
    # With a control plane of its own: who else works on it would be measured, too.
    env = {"PATH": f"{tool.parent}:{os.environ['PATH']}"}
    more = ["--nightly"] if os.environ.get("TENURE_HOSTILE") == "full" else []
    runner.run("tests/cluster/up", "--", "python3", "tests/hostile.py", *more, program, env=env, what="tests/hostile.py")


def fuzz(runner):
    # With dependencies that are kept, since this is the only part that needs them with counters in them.
    env = {"CARGO_TARGET_DIR": str(machine.target())}
    kept = Dependencies(machine.ROOT / "fuzz/Cargo.toml", machine.target() / "fuzz", "fuzz", ["release", f"{host()}/release"])
    builds.with_dependencies(runner, kept, lambda: runner.run("fuzz/run", "--build", "rules", env=env))
    runner.run("fuzz/run", "rules", os.environ.get("TENURE_FUZZ", "60"), env=env)


def own(runner):
    """What says whether all others passed, with parts that are made up."""
    words = ["-m", "unittest", "discover", "--start-directory", "tests/runner/tests", "--top-level-directory", "."]
    _, printed = runner.run(sys.executable, "-B", *words, what="tests of the runner")
    if "\nRan 0 tests" in printed:
        raise Failed("tests of the runner: none were found")


def examples(runner):
    python = machine.python_with_yaml()
    program = builds.tests(runner)["program"]
    runner.run(python, "tests/check_examples.py", "--self-test")
    runner.run(python, "tests/check_examples.py", program)


@dataclasses.dataclass
class Part:
    """A part, the lane that it runs in, and whose end it waits for."""

    work: Callable
    lane: str
    says: str
    # Programs and the Debian packages that have them.
    needs: dict = dataclasses.field(default_factory=dict)
    after: list = dataclasses.field(default_factory=list)
    # What else has the machine ready for it.
    prepares: tuple = (machine.need_cargo,)


# What waits stands beside what computes; in each lane the parts run in this order. Two lanes wait: together they leave
# about as many processors idle as a single one, and the slowest of all parts are done one beside the other.
WAIT, WAIT_TOO, COMPUTE = "wait", "wait too", "compute"
NODE = {
    "containerd": "containerd", "runc": "runc", "nft": "nftables", "conntrack": "conntrack", "ip": "iproute2",
    "unshare": "util-linux", "/usr/lib/cni/ptp": "containernetworking-plugins",
}  # fmt: skip
PARTS = {
    "faults": Part(faults, WAIT, "the sweep's stories with the real programs on a real API server, behind a proxy that puts faults into their requests; deletions and restores"),
    "node": Part(node, WAIT, "deaths, zombies and obstacles with real pods on a real node", NODE),
    "image": Part(image, WAIT_TOO, "the release build and the image that a node runs"),
    "readme": Part(readme, WAIT_TOO, "README's installation on a real node", NODE),
    "restarts": Part(restarts, WAIT_TOO, "a zombie in production's time, restarts of etcd, kube-apiserver and kubelet, and two leaders, on a real node", NODE),
    "runner": Part(own, COMPUTE, "this runner, with parts that are made up", prepares=()),
    "lints": Part(lints, COMPUTE, "format and clippy", prepares=(machine.need_cargo, machine.need_lints)),
    # Early: where nothing is kept it compiles for minutes, which must not come beside the scenes of a node.
    "fuzz": Part(fuzz, COMPUTE, "a minute of rules that nobody would write", {"c++": "build-essential"}),
    "generated": Part(generated, COMPUTE, "the committed definitions and charts are those of the program", {"git": "git"}),
    "unit": Part(unit, COMPUTE, "the tests inside the sources, `fast`, and the scenarios of `simulation`"),
    "sweep": Part(sweep, COMPUTE, "the crash sweep, the planted errors and the models of the protocol"),
    "examples": Part(
        examples, COMPUTE, "who was processed when, worked out from the examples' files by a program that shares nothing with Tenure",
        prepares=(machine.need_cargo, machine.python_with_yaml),
    ),
    "api": Part(api, COMPUTE, "the resource definitions, the in-memory API and the controller against a real Kubernetes API server"),
    # Its policies hold for the whole cluster.
    "charts": Part(charts, COMPUTE, "rights, admission policies and charts on a real Kubernetes API server", {"lua5.1": "lua5.1"}, ["api", "faults"]),
}  # fmt: skip
# Behind all others: it measures, and what computes beside it is not there for as long in what it compares.
PARTS["hostile"] = Part(hostile, WAIT_TOO, "tenants that do what they can to harm others, beside some that do not, on a real Kubernetes API server", after=list(PARTS))


def prepare(part):
    """Has what the part needs, before anything runs: two lanes at once would meet in apt-get."""
    for ready in part.prepares:
        ready()
    machine.need(part.needs)
