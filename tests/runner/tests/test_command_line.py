"""The command line: the table of the last run, two runs in one tree, and what tests/run itself needs."""

import os
import shutil
import signal
import subprocess
import unittest.mock

from tests.runner import machine, parts
from tests.runner.command import Skipped
from tests.runner.tests.stubs import ROOT, TestCase

QUICK = """
    @part(COMPUTE)
    def quick(runner):
        runner.run("sleep", "1.2")
"""
LONG = """
    @part(COMPUTE)
    def long(runner):
        runner.run("sh", "-c", "echo $$ >$FOLDER/long; exec sleep 1000")
"""


class Table(TestCase):
    def table(self):
        ended = self.play(QUICK, "--table")
        self.assertNotIn("Traceback", ended.errors)
        return ended

    def test_before_any_run_it_says_that_there_was_none(self):
        for text in (None, "{torn"):
            if text:
                self.logs.mkdir(parents=True)
                (self.logs / "seconds.json").write_text(text)
            ended = self.table()
            self.assertEqual((ended.code, ended.printed), (1, ""))
            self.assertIn("no run has left its seconds", ended.errors)

    def test_after_a_run_it_has_its_commands(self):
        self.assertEqual(self.play(QUICK).code, 0)
        ended = self.table()
        self.assertEqual(ended.code, 0, ended)
        self.assertRegex("\n".join(ended.printed.splitlines()[2:]), r"\A\| quick \| compute \| \d+ \| 0 \| `sleep 1.2` \|\Z")

    def test_after_a_run_that_was_interrupted_or_killed_it_says_so(self):
        for number in (signal.SIGINT, signal.SIGKILL):
            # Nothing is left of a run that came to its end.
            self.assertEqual(self.play("@part(COMPUTE)\ndef nothing(runner): pass").code, 0)
            process = self.start(LONG)
            started = int(self.await_file("long"))
            process.send_signal(number)
            self.finish(process)
            if number == signal.SIGKILL:
                os.kill(started, number)
            (self.folder / "long").unlink()
            self.assertIn("has not come to its end", self.table().printed.splitlines()[-1], number)


class OneTree(TestCase):
    def test_the_second_run_says_who_is_at_work_and_changes_nothing(self):
        first = self.start(LONG, "long")
        self.await_file("long")
        second = self.play("@part(COMPUTE)\ndef long(runner): pass")
        self.assertEqual((second.code, second.printed), (1, ""), second)
        for told in (f"process {first.pid}", "tests/run long", "target/tests/lock"):
            self.assertIn(told, second.errors)
        self.assertIn("echo $$", (self.logs / "long.log").read_text())
        first.send_signal(signal.SIGTERM)
        self.assertEqual(self.finish(first).code, 130)
        self.assertEqual(self.play("@part(COMPUTE)\ndef long(runner): pass").code, 0)

    def test_a_tree_that_cannot_be_written_is_one_sentence(self):
        (self.folder / "target").write_text("a file")
        ended = self.play(QUICK)
        self.assertEqual((ended.code, ended.printed), (1, ""), ended)
        self.assertTrue(ended.errors.startswith("tests/run: "), ended)
        self.assertEqual(ended.errors.count("\n"), 1, ended)


class Heartbeat(TestCase):
    def test_it_tells_the_command_until_that_prints_something(self):
        ended = self.play("""
            from tests.runner import lanes
            lanes.HEARTBEAT = 0.1

            @part(WAIT)
            def silent(runner):
                runner.run("echo", "before")
                runner.run("sleep", "0.5")

            @part(COMPUTE)
            def telling(runner):
                runner.run("sh", "-c", "echo told; sleep 0.5")
        """)
        beats = "\n".join(line for line in ended.printed.splitlines() if line.startswith("... "))
        self.assertRegex(beats, r"silent for \d+ s \(sleep 0.5\)")
        self.assertRegex(beats, r"telling for \d+ s \(told\)")

    def test_the_compiler_tells_what_it_does(self):
        runner = unittest.mock.Mock(part="lints")
        with unittest.mock.patch.object(parts, "Dependencies"):
            parts.lints(runner)
        commands = [call.args for call in runner.run.call_args_list]
        self.assertEqual([words[1] for words in commands], ["fmt", "clippy"])
        self.assertNotIn("--quiet", commands[1])


class Needs(TestCase):
    def test_what_is_committed_is_asked_of_git(self):
        self.assertEqual(parts.PARTS["generated"].needs, {"git": "git"})

    def test_an_old_python_is_told_and_nothing_runs(self):
        programs = self.folder / "programs"
        programs.mkdir()
        # Whatever it is asked, a Python of another age fails at it.
        script = '[ "$1" = --version ] && echo Python 3.9.2 && exit\necho "too old for $*" >&2\nexit 1\n'
        (programs / "python3").write_text(f"#!/bin/sh\n{script}")
        (programs / "python3").chmod(0o755)
        environment = self.environment(PATH=f"{programs}:{os.environ['PATH']}")
        ended = subprocess.run([ROOT / "tests/run", "--help"], env=environment, capture_output=True, text=True)
        said = "tests/run: Python 3.10 or newer is needed; python3 is Python 3.9.2\n"
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (1, "", said))

    def test_the_one_that_is_here_will_do(self):
        ended = subprocess.run([ROOT / "tests/run", "--help"], env=self.environment(), capture_output=True, text=True)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        for name in parts.PARTS:
            self.assertIn(f"\n  {name} ", ended.stdout)

    def test_the_examples_are_skipped_where_no_python_can_read_them(self):
        asked = []
        call = unittest.mock.patch.object(machine.PROCESSES, "call", return_value=unittest.mock.Mock(returncode=1))
        quietly = unittest.mock.patch.object(machine, "quietly", lambda *words: asked.append(words) or 1)
        with call, quietly, unittest.mock.patch.object(shutil, "which", lambda name: name), self.assertRaisesRegex(Skipped, "Python 3.11"):
            machine.python_with_yaml()
        self.assertTrue(all("(3, 11)" in words[-1] and "yaml" in words[-1] for words in asked), asked)
