"""Nothing that was tried must not look like success, and with CI=true nothing from outside makes the tests fewer."""

import contextlib
import io
import os
import unittest.mock

from tests.runner import main
from tests.runner.tests.stubs import TestCase

# A program that answers as Rust's harness does.
PROGRAM = """
    program = FOLDER / "program"
    program.write_text('''#!/bin/sh
    case "$*" in *--list*) printf 'crds::all: test\\nrules::all: test\\n\\n2 tests, 0 benchmarks\\n'; exit ;; esac
    printf 'running %s tests\\n\\ntest result: ok. %s passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\\n' "$PASSED" "$PASSED"
    '''.replace("    ", ""))
    program.chmod(0o755)
    builds.tests = builds.Once(lambda runner: {"fast": program})

    @part(COMPUTE)
    def some(runner):
        parts.rust(runner, "fast", *os.environ.get("FILTERS", "").split(), what="fast")
"""
VARIABLES = ["SWEEP", "SWEEP_ONE", "SWEEP_ONLY", "FAULTS_ONLY", "LIFECYCLE_ONLY", "DEATHS", "FUZZ", "WRITE"]


class Filters(TestCase):
    def play_some(self, passed, filters=""):
        ended = self.play(PROGRAM, PASSED=passed, FILTERS=filters)
        self.assertEqual(ended.code, 0 if ended.parts == {"some": "passed"} else 1, ended)
        return ended

    def test_tests_that_pass_pass(self):
        self.assertEqual(self.play_some(2, "crds:: rules:: --nocapture").code, 0)
        self.assertEqual(self.play_some(1, "--skip nothing:: --nocapture").code, 0)

    def test_a_program_that_ran_no_test_fails(self):
        for filters in ("crds::", "--skip crds:: --skip rules::"):
            ended = self.play_some(0, filters)
            self.assertEqual((ended.code, ended.last_line), (1, "The first failure: some: fast: no test was run"), ended)

    def test_a_filter_that_matches_nothing_fails_beside_one_that_does(self):
        ended = self.play_some(1, "crds:: conformance::")
        self.assertEqual((ended.code, ended.last_line), (1, "The first failure: some: fast: no test is named conformance::"), ended)


class Variables(TestCase):
    CODE = """
        @part(COMPUTE)
        def some(runner):
            runner.run("sh", "-c", "env | grep '^TENURE_' | sort; true")
    """

    def play_with(self, *arguments, **more):
        return self.play(self.CODE, *arguments, **{f"TENURE_{name}": "7" for name in VARIABLES}, **more)

    def test_in_ci_what_narrows_the_tests_is_left_out_and_that_is_said(self):
        ended = self.play_with(CI="true", TENURE_SEED="8")
        self.assertEqual(ended.code, 0, ended)
        said = [line for line in ended.printed.splitlines() if line.startswith("CI=true")]
        self.assertEqual(len(said), 1, ended)
        for name in VARIABLES:
            self.assertNotIn(f"TENURE_{name}=", ended.printed)
            self.assertIn(f"TENURE_{name}", said[0])
        self.assertIn("\nTENURE_SEED=8\n", ended.printed)

    def test_elsewhere_it_counts(self):
        ended = self.play_with()
        for name in VARIABLES:
            self.assertIn(f"\nTENURE_{name}=7\n", ended.printed)
        self.assertNotIn("CI=true", self.play(self.CODE, CI="true").printed)

    def test_what_makes_them_more_is_not_from_outside(self):
        ended = self.play_with("--nightly", CI="true")
        self.assertIn("\nTENURE_SWEEP=full\n", ended.printed)
        self.assertIn("\nTENURE_DEATHS=50\n", ended.printed)

    def test_fuzzing_takes_some_seconds(self):
        ended = self.play(self.CODE, TENURE_FUZZ="0")
        self.assertEqual((ended.code, ended.printed), (2, ""))
        self.assertEqual(ended.errors, "tests/run: TENURE_FUZZ is '0'; it is a number of seconds, 1 at least\n")
        for seconds, is_one in [("-1", False), ("1.5", False), ("minute", False), ("", False), ("1", True), ("3600", True)]:
            with self.subTest(seconds), unittest.mock.patch.dict(os.environ, {"TENURE_FUZZ": seconds, "CI": ""}):
                refused = contextlib.nullcontext() if is_one else self.assertRaises(SystemExit)
                with refused, contextlib.redirect_stderr(io.StringIO()):
                    main.prepare_environment(is_nightly=False)
