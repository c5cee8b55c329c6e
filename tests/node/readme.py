"""The commands of README's "Install on a cluster", as a reader types them."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEADING = "## Install on a cluster"


def commands():
    """The commands of the section, one string each; lines that end with a backslash go on."""
    text = (ROOT / "README.md").read_text()
    section = text.split(f"\n{HEADING}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S)
    assert blocks, f"README.md has no commands under {HEADING}"
    found = []
    for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
        line = re.sub(r"\s+#\s.*$|^#.*$", "", line).strip()
        if line:
            found.append(re.sub(r"\s{2,}", " ", line))
    return found


def run(command, timeout=300):
    """Runs a command as a shell does; gives what it printed, and ends the test if it fails."""
    print(f"$ {command}", flush=True)
    answer = subprocess.run(["bash", "-euc", command], cwd=ROOT, capture_output=True, text=True, timeout=timeout)
    shown = (answer.stdout + answer.stderr).strip()
    if shown:
        print("  " + "\n  ".join(shown.splitlines()[:40]), flush=True)
    assert answer.returncode == 0, f"{command}: exit code {answer.returncode}"
    return answer.stdout
