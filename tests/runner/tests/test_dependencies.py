"""Dependencies that are kept: with programs in the place of rustc and cargo, since nothing is compiled here."""

import json
import os
import time
import unittest.mock

from tests.runner import builds, dependencies
from tests.runner.dependencies import Dependencies
from tests.runner.tests.stubs import TestCase

DAY = 86400

MANIFEST = """
[package]
name = "our-own"
edition = "2024"

[dependencies]
theirs = "1"

[lints.rust]
unsafe_code = "forbid"
"""


class Kept(TestCase):
    def setUp(self):
        super().setUp()
        programs = self.folder / "programs"
        programs.mkdir()
        metadata = {"packages": [{"name": "our-own", "targets": [{"name": "our_tests"}]}]}
        for name, printed in [("rustc", "rustc 1.90.0\nhost: made-up"), ("cargo", json.dumps(metadata))]:
            (programs / name).write_text(f"#!/bin/sh\ncat <<'END'\n{printed}\nEND\n")
            (programs / name).chmod(0o755)
        environment = self.environment(PATH=f"{programs}:{os.environ['PATH']}")
        patch = unittest.mock.patch.dict(os.environ, environment, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        self.manifest("one", MANIFEST)

    def manifest(self, tree, text, lock="theirs 1.0.0"):
        (self.folder / tree).mkdir(exist_ok=True)
        (self.folder / tree / "Cargo.toml").write_text(text)
        (self.folder / tree / "Cargo.lock").write_text(lock)

    def dependencies(self, tree="one"):
        return Dependencies(self.folder / tree / "Cargo.toml", self.folder / tree / "target", "ci", ["ci"])

    def build(self, tree="one"):
        """What cargo would leave."""
        for name in [".fingerprint/theirs-12", ".fingerprint/our-own-12", "build/theirs-12"]:
            (self.folder / tree / "target/ci" / name).mkdir(parents=True)
        (self.folder / tree / "target/ci/deps").mkdir()
        for name in ["libtheirs-12.rlib", "theirs-12.d", "libour_own-12.rlib", "our_tests-12", "our_own-12.d"]:
            (self.folder / tree / "target/ci/deps" / name).write_text(name)

    def files(self, tree):
        return sorted(str(path.relative_to(self.folder / tree / "target/ci")) for path in (self.folder / tree / "target/ci").rglob("*"))

    def test_another_tree_gets_what_is_of_dependencies_with_its_times(self):
        self.assertEqual(self.dependencies().restore(), "none are kept")
        self.build()
        os.utime(self.folder / "one/target/ci/deps/libtheirs-12.rlib", (1000, 1000))
        self.assertEqual(self.dependencies().keep(), "kept, 0 older ones removed")
        self.manifest("two", MANIFEST)
        self.assertEqual(self.dependencies("two").restore(), "copied")
        theirs = [".fingerprint", ".fingerprint/theirs-12", "build", "build/theirs-12", "deps"]
        self.assertEqual(self.files("two"), [*theirs, "deps/libtheirs-12.rlib", "deps/theirs-12.d"])
        self.assertEqual((self.folder / "two/target/ci/deps/libtheirs-12.rlib").stat().st_mtime, 1000)
        self.assertEqual(self.dependencies("two").restore(), "there already")

    def test_an_entry_is_never_changed(self):
        self.build()
        kept = self.dependencies()
        kept.keep()
        (self.folder / "one/target/ci/deps/libmore-12.rlib").touch()
        self.assertTrue(self.dependencies().keep().startswith("kept already"))
        self.assertFalse((kept.entry / "ci/deps/libmore-12.rlib").exists())

    def test_other_dependencies_are_another_entry(self):
        self.build()
        self.dependencies().keep()
        self.manifest("locked", MANIFEST, lock="theirs 1.0.1")
        self.assertEqual(self.dependencies("locked").restore(), "none are kept")
        self.manifest("wanted", MANIFEST.replace('theirs = "1"', 'theirs = { version = "1", features = ["more"] }'))
        self.assertEqual(self.dependencies("wanted").restore(), "none are kept")

    def test_the_oldest_entries_go(self):
        self.build()
        kept = self.dependencies()
        for age in range(10):
            (kept.store / f"ci-{age}").mkdir(parents=True)
            os.utime(kept.store / f"ci-{age}", (10000 - age, 10000 - age))
        self.assertEqual(kept.keep(), "kept, 3 older ones removed")
        self.assertEqual(sorted(path.name for path in kept.store.glob("ci-?")), [f"ci-{age}" for age in range(7)])

    def test_what_decides_nothing_about_dependencies_throws_nothing_away(self):
        if dependencies.tomllib is None:
            self.skipTest("Python 3.11 is needed to read a manifest")
        self.build()
        self.dependencies().keep()
        for number, (before, after) in enumerate([
            ("[dependencies]", "# A comment.\n[dependencies]"), ('"forbid"', '"deny"'), ("[package]", '[package]\nversion = "2.0.0"'),
        ]):  # fmt: skip
            self.manifest(f"same-{number}", MANIFEST.replace(before, after))
            self.assertEqual(self.dependencies(f"same-{number}").restore(), "copied", after)
        for number, more in enumerate([
            '[build-dependencies]\ncc = "1"', '[dev-dependencies]\ncc = "1"', "[target.'cfg(unix)'.dependencies]\ncc = \"1\"",
            '[features]\nmore = ["theirs/more"]', "[profile.ci]\nopt-level = 1", '[patch.crates-io]\ntheirs = { path = "theirs" }',
        ]):  # fmt: skip
            self.manifest(f"other-{number}", MANIFEST + more)
            self.assertEqual(self.dependencies(f"other-{number}").restore(), "none are kept", more)
        self.manifest("edition", MANIFEST.replace('"2024"', '"2021"'))
        self.assertEqual(self.dependencies("edition").restore(), "none are kept")

    def test_a_manifest_that_nobody_can_read_counts_as_it_stands(self):
        with unittest.mock.patch.object(dependencies, "tomllib", None):
            self.build()
            self.dependencies().keep()
            self.manifest("commented", "# A comment.\n" + MANIFEST)
            self.assertEqual(self.dependencies("commented").restore(), "none are kept")
            self.manifest("same", MANIFEST)
            self.assertEqual(self.dependencies("same").restore(), "copied")
        self.manifest("torn", "[package")
        self.assertEqual(self.dependencies("torn").restore(), "none are kept")

    def with_dependencies(self):
        """What was built, and what was told."""
        told = []
        runner = unittest.mock.Mock(part="unit", tell=told.append)
        kept = self.dependencies()
        return builds.with_dependencies(runner, kept, lambda: self.build() or "built"), "\n".join(told)

    def test_a_good_build_does_not_fail_because_it_cannot_be_kept(self):
        (self.folder / "programs/cargo").write_text("#!/bin/sh\nexit 101\n")
        built, told = self.with_dependencies()
        self.assertEqual(built, "built")
        self.assertIn("not kept: ", told)
        self.assertEqual(list(self.dependencies().store.iterdir()) if self.dependencies().store.exists() else [], [])

    def test_nor_because_older_ones_cannot_be_removed(self):
        with unittest.mock.patch.object(Dependencies, "prune", side_effect=PermissionError("not yours")):
            built, told = self.with_dependencies()
        self.assertEqual(built, "built")
        self.assertIn("kept, but older ones not removed: not yours", told)
        self.assertEqual(self.dependencies("one").entry.is_dir(), True)

    def test_an_entry_that_vanishes_meanwhile_is_gone(self):
        self.build()
        kept = self.dependencies()
        for age in range(10):
            (kept.store / f"ci-{age}").mkdir(parents=True)
            os.utime(kept.store / f"ci-{age}", (10000 - age, 10000 - age))
        # As seen by whoever lists them before another takes them away.
        listed = [*kept.store.iterdir(), kept.entry, kept.store / "ci-gone", kept.store / ".keeping.gone"]
        # Listed as a folder, and gone when it is looked at again.
        is_there = lambda path: path.exists() or path in listed and path != kept.entry  # noqa: E731
        folders = unittest.mock.patch.object(type(kept.store), "is_dir", is_there)
        with folders, unittest.mock.patch.object(type(kept.store), "iterdir", lambda _: iter(listed)):
            self.assertTrue(kept.keep().startswith("kept, "))
        self.assertEqual(len(list(kept.store.glob("ci-*"))), dependencies.MOST)

    def test_programs_that_nobody_has_used_for_long_go_but_the_newest(self):
        cache = self.folder / "cache"
        for name, days in [
            ("control-plane-a", 100), ("control-plane-b", 31), ("control-plane-c", 29), ("control-plane-d", 28),
            ("helm-a", 50), ("helm-b", 40), ("kubeconform-a", 99), ("python", 99), ("helm-building.x", 60),
        ]:  # fmt: skip
            self.program(cache / name, days)
        (cache / "helm.lock").touch()
        self.build()
        self.dependencies().keep()
        left = sorted(path.name for path in cache.iterdir())
        self.assertEqual(left, ["control-plane-c", "control-plane-d", "dependencies", "helm-b", "helm.lock", "kubeconform-a", "python"])

    def program(self, folder, days):
        folder.mkdir(parents=True)
        (folder / "program").touch()
        for path in (folder / "program", folder):
            os.utime(path, (time.time() - days * DAY, time.time() - days * DAY))

    def test_a_program_that_a_run_uses_is_used(self):
        cache = self.folder / "cache"
        self.program(cache / "helm-a", 50)
        self.program(cache / "helm-b", 40)
        outside = self.folder / "outside"
        self.program(outside, 50)
        printed = {"tests/cluster/tool": cache / "helm-a/program", "tests/cluster/build": outside}
        runner = unittest.mock.Mock(run=lambda *words, **_: (0, f"building\n{printed[words[0]]}\n"))
        self.assertEqual(builds.build_tool("helm")(runner), str(cache / "helm-a/program"))
        self.assertEqual(builds.build_kubernetes(runner), str(outside))
        self.assertLess(outside.stat().st_mtime, time.time() - DAY, "not ours")
        # By another way, where only the program itself knows of it.
        self.program(cache / "helm-c", 40)
        os.utime(cache / "helm-c/program")
        self.build()
        self.dependencies().keep()
        self.assertEqual(sorted(path.name for path in cache.glob("helm-*")), ["helm-a", "helm-c"])
