"""Medians, spreads and ratios of repeated measurements."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def median(values: Iterable[float]) -> float:
    """The middle one, or the mean of the two in the middle; of nothing: not a number."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The least and the most of them; of nothing: not a number, twice."""
    if not values:
        return math.nan, math.nan
    return min(values), max(values)


def ratio(value: float, reference: float) -> float:
    """value / reference, and not a number where nothing can be said."""
    if not reference or math.isnan(value) or math.isnan(reference):
        return math.nan
    return value / reference


def slope(points: Sequence[tuple[float, float]]) -> float:
    """How much y grows per x: the line of least squares. 0 for fewer than two different x."""
    if not points:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    width = sum((x - mean_x) ** 2 for x, _ in points)
    if not width:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / width
