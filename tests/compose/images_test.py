"""The container images hold what the binaries need, as far as that shows without building them.

Environment: ENTITYSYNC_BINARIES, the two binaries, separated by ':'.
"""

import functools
import os
import pathlib
import re
import shlex
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = [pathlib.Path(path) for path in os.environ["ENTITYSYNC_BINARIES"].split(":")]

# Part of every Debian.
ESSENTIAL = {"libc6", "libgcc-s1", "libstdc++6"}


@functools.cache
def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def needed_libraries(binary):
    """File names of the libraries that the binary itself is linked against."""
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", str(binary)))


@functools.cache
def package_of(binary, library):
    found = re.search(rf"{re.escape(library)} => (\S+)", output("ldd", str(binary)))
    path = os.path.realpath(found.group(1))
    for candidate in (found.group(1), path, path.removeprefix("/usr")):
        result = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True,
                                check=False)
        if result.returncode == 0:
            return result.stdout.split(":")[0]
    raise AssertionError(f"{library} of {binary} comes from no package")


def runtime_packages():
    rows = (line.split() for line in
            (ROOT / "scripts/lib/packages.txt").read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#"))
    return {row[1] for row in rows if row[0] == "runtime"}


def dockerfile_instructions():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.split(None, 1) for line in text.splitlines() if line and line[0] != "#"]


class ImagesTest(unittest.TestCase):

    def test_runtime_image_has_the_libraries_of_the_binaries(self):
        packages = runtime_packages()
        for binary in BINARIES:
            needed = {package_of(binary, library) for library in needed_libraries(binary)
                      if not library.startswith("ld-")}
            with self.subTest(binary=binary.name):
                self.assertLessEqual(needed - ESSENTIAL, packages)

    def test_runtime_image_has_nothing_beyond_them(self):
        needed = {package_of(binary, library) for binary in BINARIES
                  for library in needed_libraries(binary) if not library.startswith("ld-")}
        self.assertLessEqual(runtime_packages(), needed)

    def test_what_is_copied_exists(self):
        for name, rest in dockerfile_instructions():
            words = shlex.split(rest)
            if name != "COPY" or words[0].startswith("--from"):
                continue
            for source in words[:-1]:
                with self.subTest(source=source):
                    self.assertTrue((ROOT / source).exists())

    def test_binaries_are_those_that_the_build_installs(self):
        copied = {pathlib.Path(shlex.split(rest)[1]).name
                  for name, rest in dockerfile_instructions()
                  if name == "COPY" and rest.startswith("--from=build")}
        self.assertEqual(copied, {binary.name for binary in BINARIES})

    def test_no_image_runs_as_root(self):
        user = None
        for name, rest in dockerfile_instructions():
            if name == "FROM":
                self.assertNotEqual(user, "root")
                user = None if rest.startswith("debian") else user
            elif name == "USER":
                user = rest
        self.assertEqual(user, "entity-sync")


if __name__ == "__main__":
    unittest.main()
