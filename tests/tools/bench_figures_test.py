"""Medians, spreads, ratios, slopes and merged histograms."""

import math
import unittest

import bench_path  # pylint: disable=unused-import
from harness import figures
from harness.histogram import Histogram, merge


class FiguresTest(unittest.TestCase):

    def test_median_of_odd_and_even_counts(self):
        self.assertEqual(figures.median([3, 1, 2]), 2)
        self.assertEqual(figures.median([4, 1, 2, 3]), 2.5)
        self.assertEqual(figures.median([7]), 7)

    def test_median_of_nothing_is_no_number(self):
        self.assertTrue(math.isnan(figures.median([])))

    def test_spread(self):
        self.assertEqual(figures.spread([3, 1, 2]), (1, 3))

    def test_ratio_by_nothing_is_no_number(self):
        self.assertEqual(figures.ratio(3, 2), 1.5)
        self.assertTrue(math.isnan(figures.ratio(3, 0)))
        self.assertTrue(math.isnan(figures.ratio(math.nan, 2)))

    def test_slope_of_a_line_and_of_what_is_flat(self):
        self.assertAlmostEqual(figures.slope([(0, 5), (10, 25), (20, 45)]), 2)
        self.assertAlmostEqual(figures.slope([(0, 5), (10, 5), (20, 5)]), 0)

    def test_slope_of_too_little(self):
        self.assertEqual(figures.slope([]), 0)
        self.assertEqual(figures.slope([(1, 5), (1, 7)]), 0)


class HistogramTest(unittest.TestCase):

    def test_percentiles_are_upper_bounds(self):
        histogram = Histogram([[10, 50], [20, 40], [30, 9], [40, 1]])
        self.assertEqual(histogram.percentile(0.5), 10)
        self.assertEqual(histogram.percentile(0.9), 20)
        self.assertEqual(histogram.percentile(0.99), 30)
        self.assertEqual(histogram.percentile(0.999), 40)
        self.assertEqual(histogram.percentile(1), 40)

    def test_one_value_is_every_percentile(self):
        histogram = Histogram([[10, 1]])
        self.assertEqual(histogram.percentile(0.001), 10)
        self.assertEqual(histogram.percentile(1), 10)

    def test_of_nothing_is_no_number(self):
        self.assertTrue(math.isnan(Histogram().percentile(0.5)))

    def test_merging_is_not_averaging(self):
        # 99 fast ones in one process and 1 slow one in the other: the slow one is the p99.9 only.
        fast, slow = Histogram([[10, 99]]), Histogram([[1000, 1]])
        merged = merge([fast, slow])
        self.assertEqual(merged.count, 100)
        self.assertEqual(merged.percentile(0.99), 10)
        self.assertEqual(merged.percentile(0.999), 1000)
        self.assertEqual(merged.buckets(), [[10, 99], [1000, 1]])

    def test_equal_buckets_are_added(self):
        merged = merge([Histogram([[10, 2], [20, 1]]), Histogram([[10, 3]])])
        self.assertEqual(merged.buckets(), [[10, 5], [20, 1]])

    def test_summary_is_in_milliseconds(self):
        summary = Histogram([[2_000_000, 1]]).summary()
        self.assertEqual(summary, {"p50": 2, "p90": 2, "p99": 2, "p999": 2, "max": 2})


if __name__ == "__main__":
    unittest.main()
