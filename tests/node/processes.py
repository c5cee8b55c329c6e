"""The programs of the node as processes of this machine: found, stopped, killed and frozen from outside."""

import os
import pathlib
import signal

PROGRAM = "/usr/local/bin/tenure"


def read(pid, what):
    """A file of /proc, as words."""
    try:
        return pathlib.Path(f"/proc/{pid}/{what}").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


class Process:
    """A program of Tenure in a container."""

    def __init__(self, pid, words):
        self.pid, self.words = pid, words
        self.command = words[1]

    @property
    def namespace(self):
        return self.option("--namespace")

    def option(self, name):
        """The value of an option; none if it is not given."""
        return self.words[self.words.index(name) + 1] if name in self.words else None

    def environment(self, name):
        found = [word for word in read(self.pid, "environ") if word.startswith(f"{name}=")]
        return found[0].split("=", 1)[1] if found else ""

    def signal(self, number):
        """Whether it was there to get it."""
        try:
            os.kill(self.pid, number)
            return True
        except ProcessLookupError:
            return False

    def kill(self):
        return self.signal(signal.SIGKILL)

    def is_there(self):
        words = read(self.pid, "cmdline")
        state = read(self.pid, "stat")
        return bool(words and words[0]) and bool(state) and ") Z" not in state[0]

    def freezer(self):
        """The file that freezes its container, with the words for it: of version 2 of control groups, else of version 1."""
        for line in "\0".join(read(self.pid, "cgroup")).splitlines():
            _, controllers, where = line.split(":", 2)
            if controllers == "freezer":
                return pathlib.Path(f"/sys/fs/cgroup/freezer{where}/freezer.state"), "FROZEN", "THAWED"
            if controllers == "" and pathlib.Path(f"/sys/fs/cgroup{where}/cgroup.freeze").exists():
                return pathlib.Path(f"/sys/fs/cgroup{where}/cgroup.freeze"), "1", "0"
        raise AssertionError(f"process {self.pid} is in no control group that can be frozen")

    def parent(self):
        """The shim that watches over the container."""
        return int(read(self.pid, "stat")[0].rsplit(")", 1)[1].split()[1])


def programs(command=None):
    """All programs of Tenure that run on the node, or those of a command."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            words = read(entry, "cmdline")
            if len(words) > 2 and words[0] == PROGRAM and command in (None, words[1]):
                found.append(Process(int(entry), words))
    return found


def leader(api, operator):
    """The controller that holds the lease; none while nobody does."""
    answer = api.call("GET", f"/apis/coordination.k8s.io/v1/namespaces/{operator}/leases/tenure-controller")
    holder = answer.body.get("spec", {}).get("holderIdentity") if answer.code == 200 else None
    if not holder:
        return None
    pod = holder.rsplit("_", 1)[0]
    found = [process for process in programs("controller") if process.environment("TENURE_POD_NAME") == pod]
    return (found[0], holder) if found else None
