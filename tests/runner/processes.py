"""The processes of a run, each with a group of its own: none is started after an interrupt, and none outlives it."""

import contextlib
import os
import signal
import subprocess
import threading
import time

# How long they may take to end when they are asked to, in seconds: a cluster takes its processes and mounts with it.
PATIENCE = 20
# Between two times that they are asked: who was just starting may have missed the first.
AGAIN = 2
# How long the kernel may take to end who is killed.
DYING = 5


class Interrupted(Exception):
    """The run is about to end: nothing more is started."""


class Processes:
    """Those that are alive."""

    def __init__(self):
        # Whoever starts, counts or collects processes holds it: what is started is known before anybody looks who is there,
        # and a number is not another process's while a signal is sent to it.
        self.lock = threading.Lock()
        self.alive = {}
        # The name of the signal, once there was one.
        self.interrupt_by = None

    def start(self, words, **options):
        with self.lock:
            if self.interrupt_by:
                raise Interrupted(self.interrupt_by)
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True, **options)
            self.alive[process.pid] = process
        return process

    def wait(self, process):
        """Collects a process when it has ended; what it used. One thread waits for each."""
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with self.lock:
            if self.interrupt_by:
                # Whom it has left behind; its number is the group's until it is collected.
                self.signal(process, signal.SIGKILL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            del self.alive[process.pid]
        return usage

    def call(self, words, check=False, **options):
        """What subprocess.run does, for commands that are not worth a place in a log."""
        process = self.start([str(word) for word in words], **options)
        printed = None
        if process.stdout:
            with process.stdout as pipe:
                printed = pipe.read()
        self.wait(process)
        if check and process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args, printed)
        return subprocess.CompletedProcess(process.args, process.returncode, printed)

    def interrupt(self, name):
        """From now on nothing is started."""
        with self.lock:
            self.interrupt_by = self.interrupt_by or name

    def end(self, only=None):
        """Ends a process and its group, or all there are: gently, and again, and in the end by force. Whether none is left."""
        began, due = time.monotonic(), 0.0
        while True:
            waited = time.monotonic() - began
            with self.lock:
                left = [process for process in self.alive.values() if only in (None, process)]
                if waited >= due:
                    gently = waited < PATIENCE
                    for process in left:
                        self.signal(process, signal.SIGTERM if gently else signal.SIGKILL)
                    due = min(waited + AGAIN, PATIENCE) if gently else waited + AGAIN
            if not left or waited > PATIENCE + DYING:
                return not left
            time.sleep(0.02)

    @staticmethod
    def signal(process, number):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


PROCESSES = Processes()
