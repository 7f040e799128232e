"""What scripts/test says of failed tests, on reports as ctest writes them."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

COMMAND = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "lib" / "failed-tests"


def case(name, status, output=""):
    return (f'<testcase name="{name}" time="1.25" status="{status}">'
            f"<system-out>{output}</system-out></testcase>")


class FailedTestsTest(unittest.TestCase):

    def said(self, report):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "tests.xml"
            if report is not None:
                path.write_text(report, encoding="utf-8")
            return subprocess.run([sys.executable, COMMAND, path], capture_output=True, text=True,
                                  check=True).stdout

    def test_of_what_ctest_itself_writes(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "CTestTestfile.cmake").write_text(
                'add_test(good "true")\n'
                'add_test(bad "sh" "-c" "echo what went wrong; exit 1")\n'
                'add_test(slow "sleep" "60")\n'
                'set_tests_properties(slow PROPERTIES TIMEOUT 1)\n', encoding="utf-8")
            subprocess.run(["ctest", "--test-dir", folder, "--output-junit", path / "tests.xml"],
                           capture_output=True, check=False)
            said = self.said((path / "tests.xml").read_text(encoding="utf-8"))
        self.assertIn("failed: bad", said)
        self.assertIn("what went wrong\n", said)
        self.assertIn("failed: slow", said)
        self.assertNotIn("good", said)

    def said_of(self, *cases):
        return self.said(f"<testsuite>{''.join(cases)}</testsuite>")

    def test_the_failed_ones_and_no_others_are_named(self):
        said = self.said_of(case("good", "run"), case("process:bad", "fail", "what went wrong"))
        self.assertIn("failed: process:bad (1.2 s)", said)
        self.assertIn("what went wrong\n", said)
        self.assertNotIn("good", said)

    def test_nothing_is_said_when_all_passed_or_none_ran(self):
        self.assertEqual(self.said_of(case("good", "run"), case("left out", "notrun")), "")
        self.assertEqual(self.said(None), "")

    def test_of_long_outputs_the_end_is_shown(self):
        lines = [f"line {number} {'x' * 1000}" for number in range(500)]
        said = self.said_of(case("bad", "fail", "\n".join(lines)))
        self.assertIn("line 499", said)
        self.assertNotIn("line 400 ", said)
        self.assertLess(len(said), 30_000)

    def test_of_many_failures_the_rest_is_counted(self):
        said = self.said_of(*(case(f"bad {number}", "fail") for number in range(14)))
        self.assertIn("and 4 more", said)

    def test_a_broken_report_is_named(self):
        self.assertIn("cannot be read", self.said("<testsuite><testcase"))


if __name__ == "__main__":
    unittest.main()
