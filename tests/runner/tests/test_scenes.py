"""What the scenes of a node read of objects that other programs write in their own time."""

import types
import unittest

from tests import ledger
from tests.node import tenant, zombies


class Pods(unittest.TestCase):
    def test_a_pod_without_an_address_yet_is_waited_for_and_no_mistake(self):
        # A program may be caught before the kubelet has written anything of its pod, or the address at last.
        for pod in ({}, {"status": {}}, {"status": {"phase": "Pending"}}, {"status": {"podIP": ""}}):
            self.assertFalse(zombies.address_of(pod), pod)
        self.assertEqual(zombies.address_of({"status": {"podIP": "10.0.0.7"}}), "10.0.0.7")


class Objects:
    """An API server that has these objects of a tenant."""

    def __init__(self, rows, results):
        slices = [
            {"metadata": {"name": f"slice-{number}"}, "epoch": number, "workflow": workflow, "results": [result]}
            for number, (workflow, result) in enumerate(results, 1)
        ]
        # As older releases wrote the ledger, and as it is written.
        chunks = [{"entries": rows[:1]}, {"packed": [ledger.write(row) for row in rows[1:]]}]
        self.lists = {"tenantledgers/default": {"sealedEpoch": 9}, "runslices": slices, "occurrenceledgers": chunks}

    def call(self, _verb, where):
        found = next(found for name, found in self.lists.items() if where.endswith(name))
        return types.SimpleNamespace(code=200, body=found if isinstance(found, dict) else {"items": found})

    def must(self, answer):
        return answer.body


class Rows(unittest.TestCase):
    """A line of the ledger, as the programs write it."""

    LINE = "1 58 k s  group:a%20b%25 join joiner planned 2026-03-03T00:00:00Z 2026-03-10T00:00:01.250Z r  r-0     h 2"
    ROW = {
        "epoch": 58, "key": "k", "subject": "s", "attribute": "group:a b%", "workflow": "join", "category": "joiner", "state": "planned",
        "due": "2026-03-03T00:00:00Z", "at": "2026-03-10T00:00:01.250Z", "run": "r", "slice": "r-0", "hire": "h", "sequence": 2,
    }  # fmt: skip

    def test_both_forms_are_read_the_older_one_first(self):
        self.assertEqual(ledger.read(self.LINE), self.ROW)
        self.assertEqual(ledger.write(self.ROW), self.LINE)
        older = {"epoch": 57, "key": "k"}
        self.assertEqual(ledger.rows({"packed": [self.LINE], "entries": [older]}), [older, self.ROW])
        self.assertEqual(ledger.rows({"packed": [self.LINE], "entries": [{"epoch": 9007199254740991, "key": ""}]}), [self.ROW])
        self.assertEqual(ledger.rows({}), [])
        empty = {"key": "", "subject": "", "attribute": "", "workflow": ""}
        self.assertEqual(ledger.read("1 1                  3"), {"epoch": 1, "sequence": 3} | empty)
        self.assertEqual(ledger.read("1 1   %               ")["person"], "")

    def test_another_form_is_no_row(self):
        for line in ("", "1", self.LINE.replace("1 ", "2 ", 1), f"{self.LINE} ", self.LINE.replace(" h", "")):
            with self.assertRaises(ledger.NotRead):
                ledger.read(line)


class Judge(unittest.TestCase):
    """What is wrong with a joiner and a leaver of one person; the joiner's work may have been passed over."""

    def judged(self, states, joiners):
        rows = [{"key": "j", "workflow": "joiner", "epoch": epoch, "state": state, "subject": "s"} for epoch, state in enumerate(states, 1)]
        rows.append({"key": "l", "workflow": "leaver", "epoch": 9, "state": "planned", "subject": "s"})
        result = {"subject": "ann", "occurrence": "j"}
        results = [("joiner", result | words) for words in joiners]
        results.append(("leaver", {"subject": "ann", "occurrence": "l", "processingStatus": "completed"}))
        judge = tenant.Tenant(Objects(rows, results), "t")
        judge.occurrences = {("joiner", "ann"), ("leaver", "ann")}
        return judge.judge()

    def test_who_is_done_once_is_done_right(self):
        done = {"processingStatus": "completed"}
        passed_over = {"processingStatus": "canceled", "reason": "OffBoarded"}
        self.assertEqual(self.judged(["planned"], [done]), [])
        self.assertEqual(self.judged(["planned", "released"], [passed_over]), [])
        # The evaluation that released it had read the person before the leave date came.
        self.assertEqual(self.judged(["planned", "released", "planned", "released"], [passed_over, passed_over]), [])
        self.assertEqual(self.judged(["planned", "released", "planned"], [passed_over, {"processingStatus": "canceled", "reason": "Superseded"}]), [])

    def test_who_is_done_twice_or_let_go_for_nothing_is_not(self):
        done = {"processingStatus": "completed"}
        self.assertEqual(len(self.judged(["planned", "planned"], [done, done])), 2)
        self.assertEqual(len(self.judged(["planned", "released"], [done])), 1)
        self.assertEqual(len(self.judged(["planned"], [{"processingStatus": "failed", "reason": "TimedOut"}])), 1)
