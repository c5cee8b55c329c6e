"""What the machine has to have: programs, from Debian if they are missing."""

import os
import pathlib
import shutil
import subprocess

from tests.runner.command import Skipped, say
from tests.runner.processes import PROCESSES

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HOME = pathlib.Path.home()
# Not every shell has read the profiles that the installers of Rust and Go change.
os.environ["PATH"] += f":{HOME}/.cargo/bin:/usr/local/go/bin"


def cache():
    """Where is kept what outlives a working tree."""
    return pathlib.Path(os.environ.get("TENURE_CACHE") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or HOME / ".cache") / "tenure")


def target():
    """Where cargo builds."""
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").absolute()


def quietly(*words):
    """The exit code of a command whose words are not of interest."""
    return PROCESSES.call(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def install(packages):
    """Installs Debian packages; whether that went well."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = [["apt-get", "-qq", "update"], ["apt-get", "-qq", "-y", "install", "--no-install-recommends", *packages]]
    return all(PROCESSES.call(words, env=environment, stdout=subprocess.DEVNULL).returncode == 0 for words in commands)


def need(wanted):
    """Has the programs, {name or path: Debian package}."""
    missing = [program for program in wanted if not shutil.which(program)]
    if not missing:
        return
    names, packages = ", ".join(missing), sorted({wanted[program] for program in missing})
    if os.geteuid() != 0:
        raise Skipped(f"{names} missing and only root can install it (Debian packages: {' '.join(packages)})")
    if not shutil.which("apt-get"):
        raise Skipped(f"{names} missing and there is no apt-get")
    say(f"installing {' '.join(packages)}")
    if not install(packages) or not all(shutil.which(program) for program in missing):
        raise Skipped(f"{names} missing and apt-get could not install {' '.join(packages)}")


def need_cargo():
    if not shutil.which("cargo"):
        raise Skipped("cargo is missing (https://rustup.rs installs it)")
    need({"cc": "build-essential", "python3": "python3"})


def need_lints():
    for component in ["fmt", "clippy"]:
        if quietly("cargo", component, "--version"):
            name = "rustfmt" if component == "fmt" else component
            if not shutil.which("rustup") or PROCESSES.call(["rustup", "component", "add", name]).returncode:
                raise Skipped(f"cargo {component} is missing and rustup could not add it")


def python_with_yaml():
    """A Python that can run tests/check_examples.py."""
    environment = cache() / "python"
    can = "import sys, yaml; sys.exit(sys.version_info < (3, 11))"
    candidates = ["python3", str(environment / "bin/python"), "/usr/bin/python3"]

    def found():
        return next((each for each in candidates if shutil.which(each) and quietly(each, "-c", can) == 0), None)

    if not found():
        made = [["python3", "-m", "venv", environment], [environment / "bin/pip", "install", "--quiet", "pyyaml"]]
        if any(PROCESSES.call(words).returncode for words in made) and os.geteuid() == 0 and shutil.which("apt-get"):
            install(["python3-yaml"])
    if python := found():
        return python
    raise Skipped("there is no Python 3.11 with PyYAML, and neither pip nor apt-get could install that")
