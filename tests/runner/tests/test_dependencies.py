"""Dependencies that are kept: with programs in the place of rustc and cargo, since nothing is compiled here."""

import json
import os
import unittest.mock

from tests.runner.dependencies import Dependencies
from tests.runner.tests.stubs import TestCase

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
        theirs = [".fingerprint", ".fingerprint/theirs-12", "build", "build/theirs-12", "deps", "deps/libtheirs-12.rlib", "deps/theirs-12.d"]
        self.assertEqual(self.files("two"), theirs)
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
