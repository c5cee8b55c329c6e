"""What the scenes of a node read of objects that other programs write in their own time."""

import types
import unittest

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
        self.lists = {"tenantledgers/default": {"sealedEpoch": 9}, "runslices": slices, "occurrenceledgers": [{"entries": rows}]}

    def call(self, _verb, where):
        found = next(found for name, found in self.lists.items() if where.endswith(name))
        return types.SimpleNamespace(code=200, body=found if isinstance(found, dict) else {"items": found})

    def must(self, answer):
        return answer.body


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
