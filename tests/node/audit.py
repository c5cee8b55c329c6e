"""What the API server has noted of who wrote what (tests/cluster/up --node)."""

import json
import os
import pathlib

POD_NAME = "authentication.kubernetes.io/pod-name"


def file():
    return pathlib.Path(os.environ["TENURE_CLUSTER"], "audit.jsonl")


def position():
    """Where the next entry will stand."""
    return file().stat().st_size


class Write:
    """A request that would change something of Tenure's kinds, and what the API server answered."""

    def __init__(self, entry):
        target = entry.get("objectRef", {})
        self.what = "/".join(filter(None, [target.get("resource"), target.get("name"), target.get("subresource")]))
        self.code = entry.get("responseStatus", {}).get("code", 0)
        self.pod = next(iter(entry.get("user", {}).get("extra", {}).get(POD_NAME, [])), None)
        self.addresses = entry.get("sourceIPs", [])

    def is_of(self, pod, address):
        """Whether the pod asked for it. A token that is not accepted any more names nobody; then the address tells, which
        another pod with a good token may have by now."""
        return self.pod == pod or (self.pod is None and address in self.addresses)

    @property
    def was_done(self):
        return 200 <= self.code < 300


def writes(words, since=0):
    """Those that have one of the words in them, from that position on, in their order."""
    wanted = [word.encode() for word in words]
    with file().open("rb") as entries:
        entries.seek(since)
        # The last one may still be being written.
        whole = (line for line in entries if line.endswith(b"\n"))
        return [Write(json.loads(line)) for line in whole if any(word in line for word in wanted)]
