"""In what order parts run, and what the exit code says of them."""

from textwrap import dedent

from tests.runner.tests.stubs import TestCase


class Lanes(TestCase):
    def test_lanes_run_at_once_and_parts_of_a_lane_one_after_the_other(self):
        # Each of the two waits for the other, so that they only end if they run at once.
        ended = self.play("""
            here = {name: threading.Event() for name in ("one", "two")}

            def meet(own, other):
                here[own].set()
                if not here[other].wait(20):
                    raise Failed("nobody came", 1)

            @part(WAIT)
            def one(runner):
                meet("one", "two")

            @part(COMPUTE)
            def two(runner):
                meet("two", "one")
                (FOLDER / "two").touch()

            @part(COMPUTE)
            def three(runner):
                if not (FOLDER / "two").exists():
                    raise Failed("two has not ended", 1)
        """)
        self.assertEqual(ended.parts, {"one": "passed", "two": "passed", "three": "passed"}, ended)
        self.assertEqual(ended.code, 0)

    def test_a_part_waits_for_those_that_it_comes_after(self):
        ended = self.play("""
            @part(WAIT)
            def slow(runner):
                time.sleep(0.3)
                (FOLDER / "slow").touch()

            @part(COMPUTE, after=["slow", "not asked for"])
            def later(runner):
                if not (FOLDER / "slow").exists():
                    raise Failed("slow has not ended", 1)
        """)
        self.assertEqual(ended.parts, {"slow": "passed", "later": "passed"}, ended)

    def test_only_the_parts_that_are_named_run(self):
        code = """
            @part(WAIT)
            def one(runner):
                runner.run("echo", "one is played")

            @part(COMPUTE)
            def two(runner):
                runner.run("echo", "two is played")
        """
        ended = self.play(code, "two")
        self.assertEqual((ended.code, ended.parts), (0, {"two": "passed"}), ended)
        self.assertEqual((self.logs / "two.log").read_text(), "\n==== two: echo two is played\ntwo is played\n")
        self.assertEqual(self.play(code, "three").code, 2)


class ExitCode(TestCase):
    def test_a_part_that_fails_fails_the_run_and_the_others_are_played(self):
        ended = self.play("""
            @part(COMPUTE)
            def wrong(runner):
                runner.run("sh", "-c", "echo it is wrong; exit 7")

            @part(COMPUTE)
            def right(runner):
                runner.run("true")
        """)
        self.assertEqual(ended.parts, {"wrong": "failed", "right": "passed"}, ended)
        self.assertEqual(ended.code, 1)
        self.assertIn("exit code 7", ended.last_line)

    def test_a_mistake_of_a_part_itself_is_a_failure(self):
        ended = self.play("""
            @part(COMPUTE)
            def mistaken(runner):
                raise KeyError("no such thing")
        """)
        self.assertEqual((ended.code, ended.parts), (1, {"mistaken": "failed"}), ended)
        self.assertIn("Traceback", (self.logs / "mistaken.log").read_text())

    def test_a_skip_is_a_failure_in_ci_only(self):
        code = """
            @part(COMPUTE)
            def unable(runner):
                raise Skipped("there is no moon")

            @part(COMPUTE)
            def able(runner):
                pass
        """
        ended = self.play(code)
        self.assertEqual((ended.code, ended.parts), (0, {"unable": "skipped", "able": "passed"}), ended)
        self.assertIn("SKIPPED: unable: there is no moon", ended.printed)
        self.assertEqual(self.play(code, CI="true").code, 1)

    def test_a_part_whose_needs_are_missing_is_skipped(self):
        ended = self.play("""
            def nothing_there():
                raise Skipped("the machine has nothing")

            @part(COMPUTE)
            def needy(runner):
                (FOLDER / "played").touch()

            PARTS["needy"].prepares = (nothing_there,)
        """)
        self.assertEqual((ended.code, ended.parts), (0, {"needy": "skipped"}), ended)
        self.assertFalse((self.folder / "played").exists())


class Outcomes(TestCase):
    """Every part has an outcome, whatever happens: one that is missing would look like success."""

    FOLLOWED = dedent("""
        @part(COMPUTE)
        def next(runner):
            runner.run("true")

        @part(WAIT, after=["unwritten"])
        def later(runner):
            runner.run("true")
    """)

    def check_unwritten(self, ended):
        self.assertEqual(ended.parts, {"unwritten": "failed", "next": "passed", "later": "passed"}, ended)
        self.assertEqual(ended.code, 1)
        self.assertIn("log cannot be written", ended.last_line)
        self.assertEqual(ended.errors.count("cannot be written"), 1, ended.errors)

    def test_a_log_that_cannot_be_written_fails_its_part_and_no_other(self):
        (self.logs / "unwritten.log").mkdir(parents=True)
        code = """
            @part(COMPUTE)
            def unwritten(runner):
                runner.run("echo", "something")
                runner.tell("something")
        """
        self.check_unwritten(self.play(dedent(code) + self.FOLLOWED))

    def test_a_disk_that_is_full_in_the_middle_of_a_command_leaves_nobody_waiting(self):
        code = """
            @part(COMPUTE)
            def unwritten(runner):
                log = machine.target() / "tests/unwritten.log"
                log.unlink()
                log.symlink_to("/dev/full")
                runner.run("sh", "-c", "echo one; echo two; touch $FOLDER/ended")
                # Who reads it never comes to its end.
                log.unlink()
        """
        self.check_unwritten(self.play(dedent(code) + self.FOLLOWED))
        self.assertTrue((self.folder / "ended").exists())

    def test_a_part_that_fails_without_a_log_fails(self):
        ended = self.play("""
            import shutil

            @part(COMPUTE)
            def cleaning(runner):
                shutil.rmtree(machine.target() / "tests")
                runner.run("false")

            @part(COMPUTE)
            def unable(runner):
                raise Skipped("there is no moon")
        """)
        self.assertEqual((ended.code, ended.parts), (1, {"cleaning": "failed", "unable": "failed"}), ended)

    def test_parts_that_never_ran_are_failures_and_nobody_waits_for_them(self):
        self.logs.mkdir(parents=True)
        (self.logs / "never.log").write_text("panicked at an earlier run\n")
        ended = self.play("""
            @part(COMPUTE)
            def broken(runner):
                raise SystemExit(0)

            @part(COMPUTE)
            def never(runner):
                pass

            @part(WAIT, after=["never"])
            def later(runner):
                pass
        """)
        self.assertEqual(ended.parts, {"broken": "failed", "later": "passed", "never": "failed"}, ended)
        self.assertEqual(ended.code, 1)
        self.assertNotIn("an earlier run", ended.printed)
