"""Processes that write, and ask, as much as they can: threads of one would wait for each other. They give way to the API server
and the programs, as whoever attacks from elsewhere takes no processor of theirs."""

import concurrent.futures
import multiprocessing
import os
import threading
import time

from tests.charts.api import Api
from tests.hostile.objects import long_spec
from tests.node.tenant import of, path

PROCESSES, AT_ONCE = 6, 10
# So long an edit waits for its version.
EDIT_SECONDS = 1
POLITE = 10
MINE = threading.local()


def pool():
    """The processes."""
    context = multiprocessing.get_context("spawn")
    return concurrent.futures.ProcessPoolExecutor(PROCESSES, context, initializer=os.nice, initargs=(POLITE,))


def api():
    """A connection of this thread's own."""
    if not hasattr(MINE, "api"):
        MINE.api = Api()
    return MINE.api


def create(among, namespace, who, make, numbers):
    """Creates what `make` makes of each number; the first error is raised."""
    numbers = list(numbers)
    parts = [numbers[first : first + AT_ONCE] for first in range(0, len(numbers), AT_ONCE)]
    for done in [among.submit(create_some, namespace, who, make, part) for part in parts]:
        done.result()


def create_some(namespace, who, make, numbers):
    for number in numbers:
        made = make(number)
        api().must(api().create(path(namespace, made["kind"]), made, who))


def edit(namespace, who, name, times):
    """Edits a Workflow so often, and lets the controller make a version of each edit, if it does so soon."""
    one = path(namespace, "Workflow", name)
    for number in range(times):
        generation = api().must(api().patch(one, {"spec": long_spec(number)}, who))["metadata"]["generation"]
        end = time.monotonic() + EDIT_SECONDS
        while api().must(api().call("GET", one, None, who)).get("status", {}).get("observedGeneration") != generation and time.monotonic() < end:
            time.sleep(0.1)


def flood(namespace, who, connections, until):
    """As many requests as these connections can have open, each of which costs the API server much and leaves nothing, until that
    file is there; the codes of their answers."""
    codes, made = [], of("Workflow", "flood", spec=long_spec(0))

    def ask():
        own = Api()
        while not until.exists():
            codes.append(own.create(path(namespace, "Workflow") + "?dryRun=All", made, who).code)

    in_threads([ask] * connections)
    return codes


def dribble(namespace, who, connections, until):
    """Requests that are sent as slowly as the API server bears, each of which has a place from its first byte on, until that file is
    there; how many were open at the end."""

    def send():
        connection = Api().begin("POST", path(namespace, "Workflow"), who, 100_000)
        while not until.exists():
            connection.send(b" ")
            time.sleep(1)
        opened.append(True)

    opened = []
    in_threads([send] * connections)
    return len(opened)


def ask_each(questions, samples, seconds):
    """For each (path, who): how many seconds that GET took, until each was answered so often, or for so long."""
    end, took = time.monotonic() + seconds, [[] for _ in questions]

    def ask(index):
        own, (one, who) = Api(), questions[index]
        while time.monotonic() < end and min(len(each) for each in took) < samples:
            began = time.monotonic()
            answer = own.call("GET", one, None, who)
            # Who is asked to come again was not served.
            if answer.code != 429:
                own.must(answer)
                took[index].append(time.monotonic() - began)
            time.sleep(0.05)

    in_threads([lambda index=index: ask(index) for index in range(len(questions))])
    return took


def in_threads(works):
    errors = []

    def go(work):
        try:
            work()
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=go, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
