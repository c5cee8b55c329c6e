"""Compiled dependencies, kept outside the tree: a fresh clone compiles our own crate only.

An entry is a copy of what cargo has built for a profile, without anything of our own, and it is never changed once it is
there. Cargo itself judges what is in it, by its fingerprints: an entry that does not fit costs time and nothing else.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from tests.runner import machine
from tests.runner.processes import PROCESSES

try:
    import tomllib
except ImportError:
    # Before Python 3.11; a manifest then counts as it stands.
    tomllib = None

# What of a manifest decides which dependencies are compiled, and how.
DECISIVE = ["dependencies", "build-dependencies", "dev-dependencies", "target", "features", "patch", "profile"]
# Entries that are kept; those that were used longest ago go first. One is about half a gigabyte.
MOST = 8
# What of a profile's folder is of dependencies.
FOLDERS = [".fingerprint", "build", "deps"]
# Programs of the tests, each in a folder NAME-KEY beside the entries: those of tests/cluster/build and tests/cluster/tool.
PROGRAMS = ["control-plane", "helm", "kubeconform"]
# For so long they are kept if nobody uses them, in seconds.
UNUSED = 30 * 86400


def compiler():
    """What the compiler says of itself."""
    return PROCESSES.call(["rustc", "-vV"], check=True, stdout=subprocess.PIPE, text=True).stdout


def host():
    """What it builds for if nobody says."""
    return next(line.removeprefix("host: ") for line in compiler().splitlines() if line.startswith("host: "))


def own_names(manifest):
    """How files of our own begin: packages and their targets."""
    words = ["cargo", "metadata", "--no-deps", "--locked", "--format-version", "1", "--manifest-path", str(manifest)]
    packages = json.loads(PROCESSES.call(words, check=True, stdout=subprocess.PIPE, text=True).stdout)["packages"]
    names = {name for package in packages for name in [package["name"], *(each["name"] for each in package["targets"])]}
    return names | {name.replace("-", "_") for name in names}


def is_own(file, names):
    """Whether a file or folder of cargo's, NAME-HASH or libNAME-HASH.rlib, is of our own crate."""
    stem = file.split(".")[0].rpartition("-")[0]
    return stem in names or stem.removeprefix("lib") in names


def essence(manifest):
    """What of a manifest decides about dependencies: a comment or a lint more does not throw all of them away."""
    try:
        document = tomllib.loads(manifest.read_text(encoding="utf-8"))
    except (AttributeError, ValueError):
        return manifest.read_bytes()
    package = {name: document.get("package", {}).get(name) for name in ("edition", "resolver")}
    return json.dumps([package, {name: document.get(name) for name in DECISIVE}], sort_keys=True, default=str).encode()


def changed(path):
    """When a folder was used last, as its own time says; long ago if somebody has just taken it away."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def used(folder):
    """When the programs in it were used last. A run of the tests sets the folder's time; who comes another way reads them."""
    try:
        return max([changed(folder), *(path.stat().st_atime for path in folder.iterdir())])
    except OSError:
        return changed(folder)


def note_use(path):
    """Notes that the program, or the folder of programs, is used, if it is one of ours."""
    if machine.cache() in path.parents:
        with contextlib.suppress(OSError):
            os.utime(path if path.is_dir() else path.parent)


def prune_programs(cache):
    """Removes programs that nobody has used for long, but for the newest of each; how many."""
    removed = 0
    for name in PROGRAMS:
        folders = sorted((path for path in cache.glob(f"{name}-*") if path.is_dir()), key=used)
        for path in folders[:-1]:
            if used(path) < time.time() - UNUSED:
                shutil.rmtree(path, ignore_errors=True)
                removed += 1
    return removed


class Dependencies:
    """Those of one manifest, in one way: the folders of the profiles below a folder that cargo builds into."""

    def __init__(self, manifest, folder, way, profiles):
        self.manifest, self.folder, self.way, self.profiles = pathlib.Path(manifest), pathlib.Path(folder), way, profiles
        parts = [compiler().encode(), essence(self.manifest), self.manifest.with_name("Cargo.lock").read_bytes()]
        parts += [f"{way} {os.environ.get('RUSTFLAGS', '')}".encode()]
        key = hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:24]
        self.store = machine.cache() / "dependencies"
        self.entry = self.store / f"{way}-{key}"

    def restore(self):
        """Copies the entry into the tree, where nothing was built yet; says what it did."""
        if any((self.folder / profile).exists() for profile in self.profiles):
            return "there already"
        if not self.entry.is_dir():
            return "none are kept"
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = pathlib.Path(tempfile.mkdtemp(prefix=".dependencies.", dir=self.folder))
        try:
            with self.locked(fcntl.LOCK_SH):
                os.utime(self.entry)
                # With their times: cargo compares them.
                PROCESSES.call(["cp", "-a", "--reflink=auto", f"{self.entry}/.", temporary], check=True)
            for profile in self.profiles:
                (self.folder / profile).parent.mkdir(parents=True, exist_ok=True)
                (temporary / profile).rename(self.folder / profile)
            return "copied"
        except (OSError, subprocess.CalledProcessError) as error:
            # Another run may just have taken it away; then they are compiled.
            return f"not copied: {error}"
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def keep(self):
        """Keeps what was built, if there is no such entry, and removes what is old; says what it did. Nothing depends on it."""
        did = "kept already" if self.entry.is_dir() else self.copy()
        try:
            return f"{did}, {self.prune()} older ones removed"
        except OSError as error:
            return f"{did}, but older ones not removed: {error}"

    def copy(self):
        """Makes the entry."""
        temporary = None
        try:
            names = own_names(self.manifest)
            self.store.mkdir(parents=True, exist_ok=True)
            temporary = pathlib.Path(tempfile.mkdtemp(prefix=".keeping.", dir=self.store))
            for place in [pathlib.Path(profile) / name for profile in self.profiles for name in FOLDERS]:
                ignore = lambda _, files: [file for file in files if is_own(file, names)]  # noqa: E731
                shutil.copytree(self.folder / place, temporary / place, symlinks=True, ignore=ignore)
            temporary.chmod(0o755)
            temporary.rename(self.entry)
        except (OSError, ValueError, KeyError, subprocess.CalledProcessError) as error:
            # Somebody else was faster, the disk is full, cargo does not answer.
            return f"not kept: {error}"
        finally:
            if temporary:
                shutil.rmtree(temporary, ignore_errors=True)
        return "kept"

    def prune(self):
        """Removes the entries that nobody has used for longest, and what runs that were killed have left."""
        removed = 0
        with self.locked(fcntl.LOCK_EX):
            entries = sorted((path for path in self.store.iterdir() if path.is_dir()), key=changed)
            finished = [path for path in entries if not path.name.startswith(".")]
            stale = [path for path in entries if path.name.startswith(".") and changed(path) < time.time() - 86400]
            for path in finished[:-MOST] + stale:
                shutil.rmtree(path, ignore_errors=True)
                removed += 1
        return removed + prune_programs(self.store.parent)

    def locked(self, how):
        """Holds the lock of the store: nothing vanishes while somebody copies it."""
        lock = (self.store / "lock").open("w")
        fcntl.flock(lock, how)
        return lock
