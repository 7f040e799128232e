"""Latencies, counted in buckets: what can be merged across processes and repeats."""

from __future__ import annotations

import collections
import math
from collections.abc import Iterable, Sequence

# What is shown of a histogram: name and share of the values below it.
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}


class Histogram:
    """How many values lie in each bucket, by the bucket's upper bound in nanoseconds.

    Percentiles are upper bounds of buckets, so they are at most one bucket's width too high.
    """

    def __init__(self, buckets: Iterable[Sequence[int]] = ()):
        self._counts: collections.Counter[int] = collections.Counter()
        for upper, count in buckets:
            self._counts[upper] += count

    @property
    def count(self) -> int:
        return self._counts.total()

    def buckets(self) -> list[list[int]]:
        """Upper bounds and counts, in order; empty buckets are left out."""
        return [[upper, count] for upper, count in sorted(self._counts.items()) if count]

    def percentile(self, share: float) -> float:
        """The value that this share of all values does not exceed; of nothing: not a number."""
        rank = math.ceil(share * self.count)
        for upper, count in self.buckets():
            rank -= count
            if rank <= 0:
                return upper
        return math.nan

    def summary(self) -> dict[str, float]:
        """Milliseconds by name."""
        values = {name: self.percentile(share) for name, share in PERCENTILES.items()}
        values["max"] = self.percentile(1)
        return {name: value / 1e6 for name, value in values.items()}


def merge(histograms: Iterable[Histogram]) -> Histogram:
    """As if all had been counted in one: percentiles are never averaged."""
    return Histogram(bucket for each in histograms for bucket in each.buckets())
