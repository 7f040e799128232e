"""Two result files side by side."""

from __future__ import annotations

import math

from . import figures, table
from .results import Entry, Results

# What must be equal for figures, other than ratios, to be comparable.
_MACHINE = ("cpu", "cores", "memory_bytes", "kernel", "compiler", "versions")


def of_results(before: Results, after: Results) -> str:
    """A table of all entries of both, and what to know before believing it."""
    old = {entry.name: entry for entry in before.entries}
    new = {entry.name: entry for entry in after.entries}
    rows = [_row(name, old.get(name), new.get(name)) for name in [*old, *_only_in_second(old, new)]]
    lines = [table.render(["", "A", "B", "B/A", "difference"], rows)]
    differing = [name for name in _MACHINE if before.machine.get(name) != after.machine.get(name)]
    if differing:
        lines.append(f"Not the same machine ({', '.join(differing)}): compare ratios only.")
    if before.how != after.how:
        lines.append(f"Not the same run: A {before.how}, B {after.how}.")
    return "\n".join(lines)


def _only_in_second(old: dict[str, Entry], new: dict[str, Entry]) -> list[str]:
    """Names that only the second file has, in its order."""
    return [name for name in new if name not in old]


def verdict(old: Entry, new: Entry) -> str:
    """"better" or "worse" where no repeat of one file is within the spread of the other's."""
    if not old.samples or not new.samples:
        return ""
    if len(old.samples) < 2 or len(new.samples) < 2:
        return "not repeated"
    old_least, old_most = figures.spread(old.samples)
    new_least, new_most = figures.spread(new.samples)
    if new_least <= old_most and old_least <= new_most:
        return ""
    return "better" if (new_most < old_least) == new.lower_is_better else "worse"


def _row(name: str, old: Entry | None, new: Entry | None) -> list[str]:
    if old is None or new is None:
        return [name, _cell(old), _cell(new), "", "only in B" if old is None else "only in A"]
    change = figures.ratio(new.value, old.value)
    return [name, _cell(old), _cell(new), "" if math.isnan(change) else table.number(change),
            verdict(old, new)]


def _cell(entry: Entry | None) -> str:
    if entry is None:
        return "-"
    return "FAILED" if entry.error else table.quantity(entry.value, entry.unit)
