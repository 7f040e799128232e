"""bench/run and bench/compare as a person calls them, as far as nothing is built or measured."""

import contextlib
import io
import json
import pathlib
import subprocess
import tempfile
import unittest

import bench_path
from harness import arguments
from harness.errors import BenchError
from harness.plan import Plan

NAMES = ["broadcast", "bundle", "soak"]
DEFAULT = NAMES[:2]


def parse(*given):
    return arguments.parse(given, NAMES, DEFAULT)


def call(command, *given):
    result = subprocess.run([bench_path.BENCH / command, *given], capture_output=True, text=True,
                            check=False, timeout=60)
    return result.returncode, result.stdout, result.stderr


class ArgumentsTest(unittest.TestCase):

    def test_all_but_the_long_ones_on_both_buses(self):
        parsed = parse()
        self.assertEqual(parsed.scenarios, DEFAULT)
        self.assertEqual(parsed.buses, ("in_process", "nats"))
        self.assertFalse(parsed.quick)

    def test_scenarios_run_in_their_own_order_and_once(self):
        parsed = parse("--scenario", "soak", "--scenario", "broadcast", "--scenario", "soak")
        self.assertEqual(parsed.scenarios, ["broadcast", "soak"])

    def test_quick_is_on_one_bus_unless_told_otherwise(self):
        self.assertEqual(parse("--quick").buses, ("in_process",))
        self.assertEqual(parse("--quick", "--bus", "both").buses, ("in_process", "nats"))
        self.assertEqual(parse("--bus", "nats").buses, ("nats",))

    def test_unknown_scenario_names_those_there_are(self):
        with self.assertRaisesRegex(BenchError, "no scenario 'fast'; there are: broadcast, bundle"):
            parse("--scenario", "fast")

    def test_minutes_that_are_none(self):
        for text in ("0", "-1", "soon", "1e9"):
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                parse("--minutes", text)


class PlanTest(unittest.TestCase):

    def test_full_run_shortens_nothing(self):
        plan = Plan(quick=False, buses=("in_process",))
        self.assertEqual(plan.pick("watchers", 10, 1), 10)
        self.assertEqual(plan.take_shortened(), {})

    def test_quick_run_says_what_it_shortened(self):
        plan = Plan(quick=True, buses=("in_process",))
        self.assertEqual(plan.pick("watchers", 10, 1), 1)
        self.assertEqual(plan.pick("keys", 5, 5), 5)
        self.assertEqual(plan.take_shortened(), {"watchers": "1 instead of 10"})
        self.assertEqual(plan.take_shortened(), {})

    def test_so_does_one_on_a_small_machine(self):
        plan = Plan(quick=False, buses=("in_process",))
        self.assertEqual(plan.at_most("clients", 19, 20, "descriptors"), 19)
        self.assertEqual(plan.at_most("clients", 19, 10, "descriptors"), 10)
        self.assertEqual(plan.take_shortened(), {"clients": "10 instead of 19: descriptors"})

    def test_late_quick_run_repeats_nothing(self):
        plan = Plan(quick=True, buses=("in_process",), patience=0)
        self.assertEqual(plan.repeats, 1)
        self.assertIn("repeats", plan.take_shortened())


class CommandsTest(unittest.TestCase):

    def test_list(self):
        code, output, _ = call("run", "--list")
        self.assertEqual(code, 0)
        for name in ("broadcast", "bundle", "personal", "unwatched", "idle_memory", "many_keys",
                     "stalled", "storm", "mixed", "replicas", "tls", "deflate", "v1"):
            self.assertRegex(output, rf"(?m)^{name} ")
        self.assertRegex(output, r"(?m)^soak .*only when named")

    def test_unknown_scenario_is_a_wrong_command_line(self):
        code, output, error = call("run", "--scenario", "fast")
        self.assertEqual((code, output), (2, ""))
        self.assertIn("there are: broadcast, bundle", error)

    def test_compare_prints_a_table(self):
        entry = {"name": "bundle", "scenario": "bundle", "bus": "in_process", "unit": "ratio",
                 "samples": [0.1, 0.12], "ratio_to_floor": 0.11, "is_floor_ratio": True,
                 "floor_ratios": [], "lower_is_better": True, "details": {}, "repeats": []}
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.json"
            path.write_text(json.dumps({"machine": {}, "how": {}, "scenarios": [entry]}),
                            encoding="utf-8")
            code, output, _ = call("compare", path, path)
        self.assertEqual(code, 0)
        self.assertRegex(output, r"(?m)^bundle +0\.110 x +0\.110 x +1\.00$")

    def test_compare_of_what_is_not_there(self):
        code, _, error = call("compare", "/no/such/a.json", "/no/such/b.json")
        self.assertEqual(code, 2)
        self.assertIn("cannot read /no/such/a.json", error)


if __name__ == "__main__":
    unittest.main()
