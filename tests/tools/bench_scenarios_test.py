"""What scenarios make of figures, given figures that nobody measured."""

import math
import unittest

import bench_path  # pylint: disable=unused-import
from harness import scenarios
from harness.echo import EchoCost
from harness.load import run_of_answer
from harness.results import Target
from harness.scenarios import broadcast, personal, scenario, soak, storm


def run(cpu_us=0, deliveries=1, changes=1, covered=None, latency_ms=1):
    return run_of_answer({
        "changes": changes, "calls": changes, "deliveries": deliveries,
        "covered": deliveries if covered is None else covered, "bytes": 0, "seconds": 2,
        "own_cpu_ns": 0, "latency": {"buckets": [[int(latency_ms * 1e6), deliveries]]},
        "pids": {"1": {"cpu_ns": int(cpu_us * 1e3), "user_ticks": 1, "system_ticks": 1}}},
        {"fetches": 3, "batch_items": 5})


class ScenariosTest(unittest.TestCase):

    def test_names_are_unique_and_only_soak_has_to_be_named(self):
        known = scenarios.all_scenarios()
        self.assertEqual(len({each.name for each in known}), len(known))
        self.assertEqual([each.name for each in known if not each.is_default], ["soak"])
        self.assertTrue(all(each.summary for each in known))

    def test_entries_over_nats_say_so(self):
        self.assertEqual(scenario.entry_name("bundle", "in_process"), "bundle")
        self.assertEqual(scenario.entry_name("bundle", "nats"), "bundle/nats")

    def test_ratios_are_of_the_same_repeat(self):
        entry = scenario.compare("broadcast", "broadcast_1000",
                                 [run(100, 10), run(200, 10)], [run(110, 10), run(260, 10)])
        self.assertEqual(list(entry.samples), [1.1, 1.3])
        self.assertEqual(entry.ratio_to_floor, entry.value)
        self.assertEqual(entry.details["floor_us"], 15)
        self.assertEqual(len(entry.repeats), 2)
        self.assertEqual(set(entry.repeats[0]), {"floor", "gateway"})

    def test_what_coalescing_saves_is_a_detail(self):
        entry = scenario.compare("broadcast", "broadcast_1000_16", [run(100, 10)],
                                 [run(100, 10, changes=4, covered=40)])
        self.assertEqual(entry.details["us_per_change_and_watcher"], 2.5)
        self.assertEqual(entry.details["fetches_per_change"], 2)
        self.assertEqual(entry.details["deliveries_per_second"], 5)

    def test_latency_is_held_against_the_floor_and_the_application(self):
        entry = broadcast.latency_entry("p99", Target("P8", 3), "in_process",
                                        [run(latency_ms=9)], [run(latency_ms=15)])
        self.assertEqual(list(entry.samples), [1.5])
        self.assertTrue(entry.is_met())

    def test_unary_is_held_against_an_echo_and_a_send(self):
        entry = personal.unary_entry("personal_unary", "in_process", [EchoCost(20, 25)],
                                     [run(50, 10)], [run(1_000, 10, changes=10)])
        self.assertEqual(list(entry.samples), [2])  # 100 us to 20 + 25 + 5.
        self.assertEqual(entry.ratio_to_floor, 20)

    def test_storm_is_held_against_the_floors(self):
        floor = storm.Outcome(per_second=20_000, connect_ns=20_000, calm=run(latency_ms=10),
                              stormy=run(latency_ms=11))
        gateway = storm.Outcome(per_second=10_000, connect_ns=50_000, calm=run(latency_ms=10),
                                stormy=run(latency_ms=30))
        rate, cpu, p99 = storm.entries([floor], [gateway])
        self.assertEqual((rate.value, rate.is_met()), (0.5, True))
        self.assertEqual((cpu.value, cpu.is_met()), (0.4, False))
        self.assertAlmostEqual(p99.value, 3)
        self.assertFalse(p99.is_met())


class GrowthTest(unittest.TestCase):

    def growth(self, *private):
        return soak.growth([{"private": each} for each in private])

    def test_flat_memory(self):
        self.assertEqual(self.growth(1, 2, 3, 4, 4, 4, 4, 4, 4), 1)

    def test_memory_that_grows(self):
        self.assertEqual(self.growth(1, 1, 2, 2, 3, 3), 1.5)

    def test_too_few_samples(self):
        self.assertTrue(math.isnan(self.growth(1, 2)))


if __name__ == "__main__":
    unittest.main()
