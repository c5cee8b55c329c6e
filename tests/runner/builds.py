"""What is built once for whoever needs it first: the tests, the image's program, Kubernetes."""

import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time

from tests.runner import machine
from tests.runner.command import Failed, Record, Skipped
from tests.runner.dependencies import Dependencies, note_use
from tests.runner.processes import PROCESSES, Interrupted

ROOT = machine.ROOT
# How long a control plane that dies takes away what is left of it, in seconds; who uses it fails at once.
ENDING = 10


class Once:
    """A work that is done by whoever asks first; the others wait for it and get the same, were it an error."""

    def __init__(self, work):
        self.work, self.lock = work, threading.Lock()
        self.result = self.error = None

    def __call__(self, runner):
        with self.lock:
            if self.error:
                raise self.error
            if self.result is None:
                try:
                    self.result = self.work(runner)
                except BaseException as error:
                    # Whatever it was: what was tried and went wrong may have left something, and is not tried again.
                    self.error = error
                    raise
            return self.result


def with_dependencies(runner, kept, build):
    """Builds with the dependencies that are kept, and keeps them if there were none. Only the build can fail."""
    note_dependencies(runner, kept, kept.restore)
    built = build()
    note_dependencies(runner, kept, kept.keep)
    return built


def note_dependencies(runner, kept, act):
    began = time.monotonic()
    try:
        did = act()
    except Interrupted:
        raise
    except Exception as error:  # noqa: BLE001
        did = f"could not {act.__name__}: {error!r}"
    seconds = time.monotonic() - began
    runner.tell(f"({runner.part}: dependencies, {kept.way}: {did}, {seconds:.1f} s)")
    runner.note(f"dependencies, {kept.way}: {did}", seconds)


def build_tests(runner):
    """Every test program in the profile `ci`, by name; and the program itself as `program`."""
    words = ["cargo", "test", "--locked", "--profile", "ci", "--no-run", "--message-format", "json-render-diagnostics"]

    def build():
        # The messages are for us, what cargo says for people is on standard error.
        with tempfile.NamedTemporaryFile("r") as messages:
            runner.run("bash", "-c", f'"$@" >{messages.name}', "--", *words, what="cargo test --no-run")
            return [json.loads(line) for line in messages if line.startswith("{")]

    messages = with_dependencies(runner, Dependencies(ROOT / "Cargo.toml", machine.target(), "ci", ["ci"]), build)
    found = {}
    for message in messages:
        if message.get("reason") == "compiler-artifact" and message.get("executable"):
            name, kind = message["target"]["name"], message["target"]["kind"][0]
            found[{"bin": "program", "lib": "library"}.get(kind, name)] = message["executable"]
    return found


def build_image(runner):
    """The image with the program as it is released; what our own part of its build costs is told."""
    words = ["benches/build", "--locked", "--release", "--bin", "tenure"]
    kept = Dependencies(ROOT / "Cargo.toml", machine.target(), "release", ["release"])
    with_dependencies(runner, kept, lambda: runner.run(*words))
    image = machine.target() / "tests" / "tenure.tar"
    # README calls it so; it is read from the file, no registry is asked.
    runner.run("tests/cluster/image", image, "registry.example/tenure:0.1.0", machine.target() / "release/tenure")
    return image


def build_kubernetes(runner):
    """The folder of its programs."""
    code, printed = runner.run("tests/cluster/build", accept=(0, 3))
    if code == 3:
        raise Skipped("Kubernetes cannot be built here, see above")
    folder = printed.splitlines()[-1]
    note_use(pathlib.Path(folder))
    return folder


def build_tool(name):
    def build(runner):
        code, printed = runner.run("tests/cluster/tool", name, accept=(0, 3))
        if code == 3:
            raise Skipped(f"{name} cannot be built here, see above")
        program = printed.splitlines()[-1]
        note_use(pathlib.Path(program))
        return program

    return build


class ControlPlane:
    """One Kubernetes API server for all parts that need one, in namespaces of their own."""

    def __init__(self):
        self.words = ["tests/cluster/up"]
        self.process = self.died = None
        # Whether somebody uses it.
        self.is_ready = False

    def start(self, runner):
        """Its environment for a command."""
        binaries = kubernetes(runner)
        self.records, self.began = runner.records, time.monotonic()
        with (machine.target() / "tests" / "control-plane.log").open("w") as log:
            self.process = PROCESSES.start(self.words, stdout=subprocess.PIPE, stderr=log, text=True)
        self.follower = threading.Thread(target=self.follow, daemon=True)
        self.follower.start()
        try:
            kubeconfig = self.process.stdout.readline().strip()
            if not kubeconfig:
                self.follower.join()
                raise Failed(f"{' '.join(self.words)}, see control-plane.log", self.process.returncode)
            self.is_ready = True
        except BaseException:
            # Nobody will ask for it again.
            self.stop()
            raise
        runner.tell(f"({runner.part}: the control plane is ready after {time.monotonic() - self.began:.0f} s)")
        folder, path = os.path.dirname(kubeconfig), f"{binaries}:{os.environ['PATH']}"
        return {"KUBECONFIG": kubeconfig, "KUBECACHEDIR": f"{folder}/cache", "PATH": path, "TENURE_CLUSTER": folder}

    def follow(self):
        """Waits until it ends, and notes what it took."""
        usage = PROCESSES.wait(self.process)
        if self.is_ready and not PROCESSES.interrupt_by:
            self.died = time.monotonic() - ENDING
        processor = usage.ru_utime + usage.ru_stime
        self.records.append(Record("control-plane", "tests/cluster/up", "both", time.monotonic() - self.began, processor))

    def stop(self):
        """Ends it; whoever asks it now has only himself to blame."""
        self.is_ready = False
        if self.process:
            PROCESSES.end(self.process)
            self.follower.join()


tests = Once(build_tests)
image = Once(build_image)
kubernetes = Once(build_kubernetes)
helm = Once(build_tool("helm"))
kubeconform = Once(build_tool("kubeconform"))
plane = ControlPlane()
control_plane = Once(plane.start)
