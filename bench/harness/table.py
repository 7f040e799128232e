"""Tables of text for people, and how figures are written in them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .results import Entry, Results

_UNITS = {"ratio": "x", "bytes": "B", "microseconds": "us", "per_second": "/s"}


def render(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as they need to be; all but the first and the last are flush right."""
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    last = len(header) - 1
    return "\n".join("  ".join(
        cell.ljust(width) if column in (0, last) else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines)


def number(value: float | None) -> str:
    """Three significant digits, and no exponent."""
    if value is None or math.isnan(value):
        return "-"
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{value:.{digits}f}"


def quantity(value: float | None, unit: str) -> str:
    text = number(value)
    return text if text == "-" else f"{text} {_UNITS.get(unit, unit)}"


def of_results(results: Results) -> str:
    """One line per entry, with what it was to reach."""
    header = ["", "value", "spread", "target", "", "floor us", "gateway us", "remarks"]
    return render(header, [_line(entry) for entry in results.entries])


def _line(entry: Entry) -> list[str]:
    if entry.error:
        return [entry.name, "FAILED", "", "", "", "", "", entry.error.splitlines()[0]]
    least, most = min(entry.samples, default=math.nan), max(entry.samples, default=math.nan)
    floor, gateway = (entry.details.get(f"{name}_us") for name in ("floor", "gateway"))
    return [entry.name, quantity(entry.value, entry.unit),
            f"{number(least)}..{number(most)}" if len(entry.samples) > 1 else "",
            _target(entry), {True: "met", False: "MISSED", None: ""}[entry.is_met()],
            number(floor) if floor is not None else "",
            number(gateway) if gateway is not None else "", entry.note]


def _target(entry: Entry) -> str:
    if entry.target is None:
        return ""
    return f"{entry.target.id} {'>=' if entry.target.is_least else '<='} " + number(
        entry.target.number)
