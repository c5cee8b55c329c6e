"""What the scenes of a node read of objects that other programs write in their own time."""

import unittest

from tests.node import zombies


class Pods(unittest.TestCase):
    def test_a_pod_without_an_address_yet_is_waited_for_and_no_mistake(self):
        # A program may be caught before the kubelet has written anything of its pod, or the address at last.
        for pod in ({}, {"status": {}}, {"status": {"phase": "Pending"}}, {"status": {"podIP": ""}}):
            self.assertFalse(zombies.address_of(pod), pod)
        self.assertEqual(zombies.address_of({"status": {"podIP": "10.0.0.7"}}), "10.0.0.7")
