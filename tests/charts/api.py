"""A small client of the Kubernetes API, which can speak as somebody else."""

import base64
import functools
import http.client
import json
import os
import ssl
import subprocess
import time
import urllib.parse

GROUP = "/apis/tenure.dev/v1alpha1"
IDLE_SECONDS = 30


@functools.cache
def kubeconfig(_file):
    """What kubectl would use; asked once of each process."""
    view = ["kubectl", "config", "view", "--raw", "--minify", "--output", "json"]
    return json.loads(subprocess.run(view, check=True, capture_output=True, text=True).stdout)


class Answer:
    """Code, body and headers of an answer."""

    def __init__(self, code, body, headers=None):
        self.code = code
        self.body = body
        self.headers = headers or {}

    def __str__(self):
        return f"{self.code} {self.body.get('message', '')}"


class Api:
    """One kept connection with the administrator's token; `who` is impersonated."""

    def __init__(self):
        config = kubeconfig(os.environ.get("KUBECONFIG"))
        cluster = config["clusters"][0]["cluster"]
        self.token = config["users"][0]["user"]["token"]
        self.server = urllib.parse.urlsplit(cluster["server"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.context = ssl.create_default_context(cadata=authority)
        self.connection = None
        self.used = 0.0

    def call(self, verb, path, body=None, who=None, kind="application/json"):
        """One request; `who` is (user, groups) or None for the administrator."""
        # A connection that nobody used for a while is closed by the server; then nothing was done.
        if self.connection is not None and time.monotonic() - self.used > IDLE_SECONDS:
            self.connection = None
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(self.server.hostname, self.server.port, context=self.context, timeout=60)
        try:
            return self.ask(verb, path, body, who, kind)
        except (OSError, http.client.HTTPException):
            self.connection = None
            raise

    def begin(self, verb, path, who, length):
        """A connection of its own with a request of which only the head was sent; so much is to follow."""
        connection = http.client.HTTPSConnection(self.server.hostname, self.server.port, context=self.context, timeout=60)
        connection.putrequest(verb, path)
        for name, value in {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Content-Length": str(length)}.items():
            connection.putheader(name, value)
        connection.putheader("Impersonate-User", who[0])
        for group in who[1]:
            connection.putheader("Impersonate-Group", group)
        connection.endheaders()
        return connection

    def ask(self, verb, path, body, who, kind):
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", "Content-Type": kind}
        text = None if body is None else json.dumps(body)
        self.connection.putrequest(verb, path)
        for name, value in headers.items():
            self.connection.putheader(name, value)
        if who is not None:
            self.connection.putheader("Impersonate-User", who[0])
            for group in who[1]:
                self.connection.putheader("Impersonate-Group", group)
        if text is not None:
            self.connection.putheader("Content-Length", str(len(text.encode())))
        self.connection.endheaders(None if text is None else text.encode())
        response = self.connection.getresponse()
        data = response.read()
        self.used = time.monotonic()
        try:
            return Answer(response.status, json.loads(data), response.headers)
        except ValueError:
            return Answer(response.status, {"message": data.decode(errors="replace")}, response.headers)

    def watch(self, path):
        """The objects as they change, by a connection of its own; ends when the server ends it."""
        return (event["object"] for event in self.events(path))

    def events(self, path):
        """The same with what became of each object: ADDED, MODIFIED, DELETED."""
        connection = http.client.HTTPSConnection(self.server.hostname, self.server.port, context=self.context)
        connection.request("GET", f"{path}?watch=true", headers={"Authorization": f"Bearer {self.token}"})
        for line in connection.getresponse():
            yield json.loads(line)

    def create(self, path, body, who=None):
        """POST."""
        return self.call("POST", path, body, who)

    def patch(self, path, body, who=None):
        """Merge PATCH."""
        return self.call("PATCH", path, body, who, "application/merge-patch+json")

    def must(self, answer):
        """The body of an answer that has to be a good one."""
        if answer.code >= 300:
            raise AssertionError(f"unexpected: {answer}")
        return answer.body

    def allowed(self, who, attributes):
        """Whether RBAC lets somebody do that."""
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": who[0], "groups": who[1], "resourceAttributes": attributes},
        }
        return self.must(self.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review))["status"]["allowed"]


class PatientApi(Api):
    """Asks again what an API server that has just started does not answer yet."""

    PATIENCE = 60

    def call(self, verb, path, body=None, who=None, kind="application/json"):
        end = time.monotonic() + self.PATIENCE
        while True:
            try:
                answer = super().call(verb, path, body, who, kind)
                # What is refused so has not been done; other codes of a write tell nothing.
                is_final = answer.code != 429 and (verb != "GET" or answer.code < 500 and answer.code not in (401, 403))
                if is_final or time.monotonic() > end:
                    return answer
            except (OSError, http.client.HTTPException):
                if verb != "GET" or time.monotonic() > end:
                    raise
            time.sleep(0.5)


def person(name):
    """Somebody who signed in."""
    return (name, ["system:authenticated"])


def service_account(namespace, name):
    """A program."""
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
    return (f"system:serviceaccount:{namespace}:{name}", groups)


def wait(what, condition, seconds=60):
    """Waits until `condition` gives something true, and gives it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")
