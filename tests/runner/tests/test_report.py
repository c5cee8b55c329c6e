"""What is said at the end: whoever reads only the last line knows what to look at."""

import unittest

from tests.runner.report import culprit
from tests.runner.tests.stubs import TestCase

RUST = """
==== unit: target/ci/deps/tenure-12
test one ... FAILED

==== unit: target/ci/deps/fast-12
running 3 tests
test rules::all ... ok <0.010s>
test mails::of_two ... FAILED <1.188s>
test mails::of_three ... FAILED <1.188s>

failures:

failures:
    mails::of_three
    mails::of_two

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.19s
"""
# Another test has printed in the middle of the line.
TORN = """
==== api: target/ci/deps/fast-12
test crds::all ... something else
FAILED <1.2s>

failures:

---- crds::all stdout ----
failures:

failures:
    crds::all

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.19s
"""
SCENES = """
==== node: tests/node.py stalled kills
  an indented line of something else
seconds: 50.1 stalled
stalled: 4, 0 wrong
kills: 50, 494 wrong
seconds: 3.0 zombies
  storm-00: released: joiner
  storm-01: released: joiner
zombies: 2, 1 wrong
  nobody came
"""
EMPTY = """
==== charts: tests/charts.py
attacks: 0, 0 wrong
"""
OWN = """
==== runner: python3 -m unittest
======================================================================
FAIL: test_that_it_works (tests.runner.tests.test_lanes.Lanes.test_that_it_works)
----------------------------------------------------------------------
"""


class Culprit(unittest.TestCase):
    def test_it_is_the_first_that_the_last_command_tells(self):
        for name, log, told in [
            ("unit", RUST, "test mails::of_two"),
            ("api", TORN, "test crds::all"),
            ("node", SCENES, "scene kills: storm-00: released: joiner"),
            ("charts", EMPTY, "scene attacks: it has looked at nothing"),
            ("runner", OWN, "test test_that_it_works (tests.runner.tests.test_lanes.Lanes.test_that_it_works)"),
            ("lints", "\n==== lints: cargo fmt --check\nDiff in src/main.rs\n", ""),
            ("lints", "", ""),
        ]:
            with self.subTest(name=name):
                self.assertEqual(culprit(name, log.splitlines()), told)


class LastLine(TestCase):
    def test_it_is_the_first_failure_with_part_command_and_test(self):
        ended = self.play("""
            @part(WAIT, after=["later"])
            def late(runner):
                runner.run("sh", "-c", "echo 'test late::one ... FAILED'; exit 5")

            @part(COMPUTE)
            def early(runner):
                runner.run("sh", "-c", "echo 'early: 3, 1 wrong'; echo '  it rains'; exit 6")

            @part(COMPUTE)
            def later(runner):
                runner.run("sh", "-c", "exit 7")
        """)
        self.assertEqual(ended.code, 1, ended)
        command = "sh -c echo 'early: 3, 1 wrong'; echo '  it rains'; exit 6"
        self.assertEqual(ended.last_line, f"The first failure: early: {command}: exit code 6: scene early: it rains")
        laments = [line.split()[1] for line in ended.printed.splitlines() if line.startswith("==== ") and " failed: " in line]
        self.assertEqual(laments, ["late", "later", "early"])

    def test_it_is_one_line(self):
        ended = self.play("""
            @part(WAIT)
            def wrong(runner):
                raise Failed("not committed: one\\ntwo")
        """)
        self.assertEqual(ended.last_line, "The first failure: wrong: not committed: one two")

    def test_in_ci_it_says_that_a_skip_is_a_failure_and_which(self):
        skipping = """
            @part(WAIT)
            def unable(runner):
                raise Skipped("there is no moon")

            @part(WAIT)
            def unable_too(runner):
                raise Skipped("there is no sun")
        """
        ended = self.play(skipping, CI="true")
        said = "With CI=true a skipped part is a failure: unable: there is no moon; unable-too: there is no sun"
        self.assertEqual((ended.code, ended.last_line), (1, said), ended)
        self.assertNotIn("With CI", self.play(skipping).printed)
        failing = """
            @part(COMPUTE)
            def wrong(runner):
                runner.run("false")
        """
        ended = self.play(skipping + failing, CI="true")
        self.assertEqual((ended.code, ended.last_line), (1, "The first failure: wrong: false: exit code 1"), ended)
        self.assertIn(said, ended.printed)

    def test_a_control_plane_that_ends_by_itself_is_the_first_failure_of_whoever_meets_that(self):
        # It takes a while to end; who asks it for something fails at once.
        ended = self.play_on_plane("""
            up("echo /folder/kubeconfig; echo etcd has died >&2; touch $FOLDER/dead; sleep 0.5")

            def meet(runner, env):
                while not (FOLDER / "dead").exists():
                    time.sleep(0.01)
                raise Failed("connection refused", 1)

            using(WAIT, "one", meet)
            def outlive(runner, env):
                while not builds.plane.died:
                    time.sleep(0.01)

            using(COMPUTE, "two", outlive)
        """)
        self.assertEqual(ended.parts, {"one": "failed", "two": "passed", "control-plane": "failed"}, ended)
        self.assertEqual(ended.code, 1)
        self.assertEqual(ended.last_line, "The first failure: control-plane: tests/cluster/up: it ended by itself with exit code 0")
        _, _, lament = ended.printed.partition("==== control-plane failed")
        self.assertIn("etcd has died", lament)

    def test_one_that_did_not_even_begin_is_told_by_the_part(self):
        ended = self.play_on_plane("""
            up("exit 4")
            using(WAIT, "one", lambda runner, env: None)
        """)
        self.assertEqual(ended.parts, {"one": "failed"}, ended)
        self.assertIn("control-plane.log: exit code 4", ended.last_line)
