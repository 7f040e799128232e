"""What becomes of scenarios that work, fail, or are wrong; with scenarios that measure nothing."""

import io
import pathlib
import tempfile
import unittest
from unittest import mock

import bench_path  # pylint: disable=unused-import
from harness import cores
from harness.build import Programs
from harness.errors import NotMeasured
from harness.plan import Plan
from harness.progress import Progress
from harness.results import Entry
from harness.runner import Runner
from harness.scenarios.scenario import Scenario


class Fake(Scenario):
    """Yields entries of these names, then raises `error` if there is one."""

    summary = ""

    def __init__(self, name, entries, error=None):
        self.name = name
        self.folder = None
        self._entries = entries
        self._error = error

    def measure(self, stage):
        self.folder = stage.folder
        (stage.folder / "gateway.log").write_text("why", encoding="utf-8")
        for name in self._entries:
            stage.plan.pick("watchers", 10, 1)
            yield Entry(name, self.name, samples=[1.0])
        if self._error is not None:
            raise self._error


class RunnerTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        patch = mock.patch.object(tempfile, "tempdir", folder.name)
        patch.start()
        self.addCleanup(patch.stop)
        self.messages = io.StringIO()

    def run_all(self, *scenarios, quick=False):
        nothing = pathlib.Path("/nonexistent")
        runner = Runner(Plan(quick, ("in_process",)),
                        Programs(gateway=nothing, load=nothing, floor=nothing, echo=nothing),
                        cores.of_this_machine(), Progress(self.messages))
        return list(runner.run(scenarios))

    def test_entries_of_all_in_order(self):
        entries = self.run_all(Fake("a", ["a_1", "a_2"]), Fake("b", ["b"]))
        self.assertEqual([entry.name for entry in entries], ["a_1", "a_2", "b"])

    def test_one_that_cannot_be_measured_does_not_stop_the_others(self):
        failing = Fake("a", ["a_1"], NotMeasured("no gateway"))
        entries = self.run_all(failing, Fake("b", ["b"]))
        self.assertEqual([(entry.name, entry.error) for entry in entries],
                         [("a_1", ""), ("a", "no gateway"), ("b", "")])
        self.assertIn("a: no gateway", self.messages.getvalue())

    def test_failure_does_not_hide_an_entry_of_the_same_name(self):
        entries = self.run_all(Fake("a", ["a"], NotMeasured("no gateway")))
        self.assertEqual([entry.name for entry in entries], ["a", "a/failed"])

    def test_fault_of_a_scenario_is_shown_as_one(self):
        entries = self.run_all(Fake("a", [], KeyError("latency")), Fake("b", ["b"]))
        self.assertEqual([entry.error for entry in entries], ["'latency'", ""])
        self.assertIn("Traceback", self.messages.getvalue())

    def test_logs_are_kept_of_failures_only(self):
        good, bad = Fake("a", ["a"]), Fake("b", [], NotMeasured("no gateway"))
        self.run_all(good, bad)
        self.assertFalse(good.folder.exists())
        self.assertEqual((bad.folder / "gateway.log").read_text(encoding="utf-8"), "why")

    def test_what_a_quick_run_shortened_is_said_of_its_scenario_only(self):
        entries = self.run_all(Fake("a", ["a"]), Fake("b", []), Fake("c", ["c"]), quick=True)
        self.assertEqual([entry.shortened for entry in entries],
                         [{"watchers": "1 instead of 10"}] * 2)


if __name__ == "__main__":
    unittest.main()
