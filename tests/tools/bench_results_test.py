"""Entries, the JSON file, the table, and the comparison of two files."""

import json
import math
import pathlib
import tempfile
import unittest

import bench_path  # pylint: disable=unused-import
from harness import comparison, results, table
from harness.errors import BenchError
from harness.results import Entry, Results, Target

MACHINE = {"cpu": "a", "cores": 2, "memory_bytes": 1, "kernel": "k", "compiler": "c",
           "versions": {}}


def entry(name="broadcast_1000", samples=(1.0, 1.2, 1.1), **fields):
    return Entry(name, "broadcast", samples=samples, is_floor_ratio=True, **fields)


class EntryTest(unittest.TestCase):

    def test_value_is_the_median(self):
        self.assertEqual(entry().value, 1.1)

    def test_target_at_most_and_at_least(self):
        self.assertTrue(entry(target=Target("P1", 1.1)).is_met())
        self.assertFalse(entry(target=Target("P1", 1.05)).is_met())
        self.assertTrue(entry(target=Target("P10", 1.1, is_least=True)).is_met())
        self.assertFalse(entry(target=Target("P10", 1.8, is_least=True)).is_met())

    def test_no_target_and_no_value(self):
        self.assertIsNone(entry().is_met())
        self.assertIsNone(entry(samples=(), target=Target("P1", 1)).is_met())

    def test_json_has_what_readers_look_for(self):
        fields = entry(target=Target("P1", 1.15)).as_json()
        self.assertEqual(fields["name"], "broadcast_1000")
        self.assertEqual(fields["ratio_to_floor"], 1.1)
        self.assertEqual((fields["target_id"], fields["target"], fields["met"]),
                         ("P1", 1.15, True))

    def test_bytes_are_no_ratio_to_the_floor(self):
        fields = Entry("idle_memory_connection", "idle_memory", unit="bytes",
                       samples=[5000]).as_json()
        self.assertIsNone(fields["ratio_to_floor"])
        self.assertEqual(fields["value"], 5000)


class FileTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "results.json"

    def test_what_is_written_is_read(self):
        entries = [entry(target=Target("P1", 1.15), details={"floor_us": 8.5}, note="why"),
                   entry("broadcast_10000", samples=(), error="no gateway")]
        Results(MACHINE, {"quick": True}, entries).write(self.path)
        read = results.read(self.path)
        self.assertEqual([each.as_json() for each in read.entries][0], entries[0].as_json())
        self.assertEqual(read.entries[1].error, "no gateway")
        self.assertEqual((read.machine, read.how), (MACHINE, {"quick": True}))

    def test_numbers_that_json_does_not_have_are_null(self):
        Results(MACHINE, {}, [entry(samples=())]).write(self.path)
        fields = json.loads(self.path.read_text(encoding="utf-8"))["scenarios"][0]
        self.assertIsNone(fields["ratio_to_floor"])
        self.assertTrue(math.isnan(results.read(self.path).entries[0].value))

    def test_another_file_is_refused(self):
        for text in ("", "[]", "{}", '{"machine": {}, "how": {}, "scenarios": [{}]}'):
            self.path.write_text(text, encoding="utf-8")
            with self.assertRaisesRegex(BenchError, "is not a file that bench/run"):
                results.read(self.path)

    def test_file_that_cannot_be_written(self):
        with self.assertRaisesRegex(BenchError, "no_folder/a.json cannot be written: No such file"):
            Results(MACHINE, {}).write(self.path.parent / "no_folder" / "a.json")

    def test_no_file(self):
        with self.assertRaisesRegex(BenchError, "cannot read"):
            results.read(self.path)


class TableTest(unittest.TestCase):

    def test_numbers(self):
        for value, text in ((0.12345, "0.123"), (1.2345, "1.23"), (12.345, "12.3"), (0, "0"),
                            (1234.5, "1,234"), (math.nan, "-"), (None, "-"),
                            (0.000123, "0.000123"), (-2.5, "-2.50")):
            self.assertEqual(table.number(value), text)

    def test_columns_are_aligned(self):
        text = table.render(["", "value", "why"], [["a", "1", "x"], ["long", "100", ""]])
        self.assertEqual(text.splitlines(), ["      value  why", "a         1  x", "long    100"])

    def test_a_line_says_what_was_reached(self):
        entries = [entry(target=Target("P1", 1.15), details={"floor_us": 8, "gateway_us": 8.8}),
                   entry("broadcast_10000", target=Target("P1", 1)),
                   entry("bundle", samples=(), error="it broke\nhere")]
        lines = table.of_results(Results(MACHINE, {}, entries)).splitlines()
        self.assertRegex(lines[1], r"broadcast_1000 +1\.10 x +1\.00\.\.1\.20 +P1 <= 1\.15 +met +"
                                   r"8\.00 +8\.80")
        self.assertIn("MISSED", lines[2])
        self.assertRegex(lines[3], r"bundle +FAILED +it broke$")


class ComparisonTest(unittest.TestCase):

    def compare(self, before, after, **machine):
        return comparison.of_results(Results(MACHINE, {}, before),
                                     Results({**MACHINE, **machine}, {}, after))

    def test_spreads_that_overlap_are_no_difference(self):
        self.assertEqual(comparison.verdict(entry(samples=(1, 2, 3)), entry(samples=(3, 4, 5))), "")

    def test_spreads_that_do_not_overlap_are_one(self):
        self.assertEqual(comparison.verdict(entry(samples=(3, 4)), entry(samples=(1, 2))), "better")
        self.assertEqual(comparison.verdict(entry(samples=(1, 2)), entry(samples=(3, 4))), "worse")

    def test_more_may_be_better(self):
        old, new = (entry(samples=samples, lower_is_better=False) for samples in ((1, 2), (3, 4)))
        self.assertEqual(comparison.verdict(old, new), "better")

    def test_one_repeat_tells_nothing(self):
        self.assertEqual(comparison.verdict(entry(samples=(1,)), entry(samples=(3, 4))),
                         "not repeated")

    def test_table_has_the_entries_of_both(self):
        text = self.compare([entry(samples=(1, 1)), entry("bundle")],
                            [entry(samples=(2, 2)), entry("mixed", samples=(), error="broke")])
        self.assertRegex(text, r"(?m)^broadcast_1000 +1\.00 x +2\.00 x +2\.00 +worse$")
        self.assertRegex(text, r"(?m)^bundle +1\.10 x +- +only in A$")
        self.assertRegex(text, r"(?m)^mixed +- +FAILED +only in B$")

    def test_another_machine_is_named(self):
        self.assertIn("Not the same machine (kernel)", self.compare([], [], kernel="other"))
        self.assertNotIn("Not the same", self.compare([], []))


if __name__ == "__main__":
    unittest.main()
