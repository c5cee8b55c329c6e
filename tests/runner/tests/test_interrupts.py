"""Ctrl-C, a CI that has lost its patience, a terminal that is closed: nothing is started afterwards, and nothing is left."""

import signal

from tests.runner.processes import Interrupted, Processes
from tests.runner.tests.stubs import TestCase, lives

PARTS = """
    @part(WAIT)
    def long(runner):
        runner.run("sh", "-c", "sleep 1000 & echo $! $$ >$FOLDER/long; wait")

    @part(WAIT)
    def next(runner):
        runner.run("touch", FOLDER / "next")

    @part(COMPUTE)
    def short(runner):
        runner.run("sh", "-c", "echo $$ >$FOLDER/short; exec sleep 1000")
        runner.run("touch", FOLDER / "next")

    @part(COMPUTE, after=["next"])
    def last(runner):
        runner.run("touch", FOLDER / "next")

    @part(WAIT_TOO)
    def fine(runner):
        pass
"""


class Interrupts(TestCase):
    def interrupt(self, code, number, *files):
        """Sends the signal when the files are there; the run, and the processes that the files name."""
        process = self.start(code)
        started = [int(word) for name in files for word in self.await_file(name).split()]
        process.send_signal(number)
        ended = self.finish(process)
        self.assertEqual([each for each in started if lives(each)], [], ended)
        return ended

    def check(self, number):
        ended = self.interrupt(PARTS, number, "long", "short")
        self.assertFalse((self.folder / "next").exists(), ended)
        self.assertEqual(ended.code, 130, ended)
        self.assertIn("interrupted", ended.last_line)
        self.assertEqual(
            ended.parts, {"long": "interrupted", "short": "interrupted", "fine": "passed", "next": "not run", "last": "not run"}, ended
        )

    def test_ctrl_c_ends_all_and_starts_nothing(self):
        self.check(signal.SIGINT)

    def test_so_do_the_end_of_ci_and_of_the_terminal(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                self.check(number)
                for name in ("long", "short"):
                    (self.folder / name).unlink()

    def test_what_a_part_starts_without_a_log_is_ended_too(self):
        ended = self.interrupt(
            """
            def ready():
                command.PROCESSES.call(["sh", "-c", "echo $$ >$FOLDER/ready; exec sleep 1000"])

            @part(COMPUTE)
            def one(runner):
                (FOLDER / "next").touch()

            PARTS["one"].prepares = (ready,)
            """,
            signal.SIGINT, "ready",
        )  # fmt: skip
        self.assertFalse((self.folder / "next").exists(), ended)
        self.assertEqual((ended.code, ended.parts), (130, {"one": "not run"}), ended)

    def test_who_ignores_it_is_killed_with_all_that_it_has_started(self):
        ended = self.interrupt(
            """
            import tests.runner.processes
            tests.runner.processes.PATIENCE = 0.5

            @part(COMPUTE)
            def deaf(runner):
                runner.run("sh", "-c", "trap '' TERM; sleep 1000 & echo $! $$ >$FOLDER/deaf; while true; do sleep 1000; done")

            @part(WAIT)
            def careless(runner):
                # Its end leaves somebody behind, who has nothing to do with what is printed.
                runner.run("sh", "-c", "(trap '' TERM; exec sleep 1000 >/dev/null 2>&1) & echo $! $$ >$FOLDER/careless; sleep 1000")
            """,
            signal.SIGTERM, "deaf", "careless",
        )  # fmt: skip
        self.assertEqual(ended.code, 130, ended)

    def test_who_was_not_ready_for_the_first_signal_gets_another(self):
        ended = self.interrupt(
            """
            import tests.runner.processes
            tests.runner.processes.AGAIN = 0.2

            @part(COMPUTE)
            def starting(runner):
                script = "trap '' TERM; echo $$ >$FOLDER/pid; sleep 0.5; trap 'echo tidy; exit 0' TERM; while true; do sleep 0.1; done"
                runner.run("bash", "-c", script)
            """,
            signal.SIGINT, "pid",
        )  # fmt: skip
        self.assertEqual(ended.code, 130, ended)
        self.assertIn("\ntidy\n", ended.printed)

    def test_who_does_not_come_to_an_end_is_not_waited_for(self):
        ended = self.interrupt(
            """
            main.LONGEST = 0.2

            @part(COMPUTE)
            def copying(runner):
                (FOLDER / "copying").write_text("\\n")
                time.sleep(1000)
            """,
            signal.SIGINT, "copying",
        )  # fmt: skip
        self.assertEqual(ended.code, 130, ended)
        self.assertIn("interrupted", ended.last_line)

    def test_nothing_is_started_once_it_is_said(self):
        processes = Processes()
        processes.interrupt("SIGINT")
        with self.assertRaises(Interrupted):
            processes.start(["true"])
        self.assertTrue(processes.end())
