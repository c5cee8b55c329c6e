"""What is made once for several parts."""

from tests.runner.builds import Once
from tests.runner.tests.stubs import TestCase, lives


class Works(TestCase):
    def test_a_work_is_done_once_whatever_comes_of_it(self):
        for error in (KeyError("a mistake"), OSError("no such file"), ValueError("odd")):
            asked = []

            def work(runner, error=error, asked=asked):
                asked.append(runner)
                raise error

            once = Once(work)
            for runner in ("one", "two"):
                with self.assertRaises(type(error)):
                    once(runner)
            self.assertEqual(asked, ["one"])

    def test_the_others_get_what_the_first_has_made(self):
        once = Once(lambda runner: f"made by {runner}")
        self.assertEqual([once("one"), once("two")], ["made by one", "made by one"])


class ControlPlane(TestCase):
    def started(self):
        return [int(line) for line in (self.folder / "started").read_text().split()]

    def check_gone(self, count):
        self.assertEqual(len(self.started()), count)
        self.assertEqual([each for each in self.started() if lives(each)], [])

    def test_parts_share_one_and_it_ends_with_the_run(self):
        ended = self.play_on_plane("""
            up("echo /folder/kubeconfig; exec sleep 1000")
            using(WAIT, "one", lambda runner, env: runner.run("sh", "-c", "echo $KUBECONFIG $TENURE_CLUSTER $PATH", env=env))
            using(COMPUTE, "two", lambda runner, env: None)
        """)
        self.assertEqual((ended.code, ended.parts), (0, {"one": "passed", "two": "passed"}), ended)
        self.assertIn("/folder/kubeconfig /folder /binaries:", ended.printed)
        self.check_gone(1)

    def test_one_that_says_nothing_is_not_started_again(self):
        ended = self.play_on_plane("""
            up("echo it does not work >&2; exit 4")
            using(WAIT, "one", lambda runner, env: None)
            using(WAIT, "two", lambda runner, env: None)
        """)
        self.assertEqual((ended.code, ended.parts), (1, {"one": "failed", "two": "failed"}), ended)
        self.check_gone(1)

    def test_one_that_was_started_for_nothing_is_ended_and_not_started_again(self):
        # What it says is no text, and who reads it fails.
        ended = self.play_on_plane("""
            up(r"printf '\\377\\n'; exec sleep 1000")
            using(WAIT, "one", lambda runner, env: None)
            using(WAIT, "two", lambda runner, env: None)
        """)
        self.assertEqual((ended.code, ended.parts), (1, {"one": "failed", "two": "failed"}), ended)
        self.check_gone(1)
