"""What a scenario is, and how most of them make an entry of what they measured."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .. import figures
from ..load import Run, user_share
from ..results import Entry
from ..stage import Stage

Cost = Callable[[Run], float]


class Scenario(abc.ABC):
    """`name` begins the name of all its entries; `summary` is what --list says of it."""

    name: str
    summary: str
    is_default = True

    @abc.abstractmethod
    def measure(self, stage: Stage) -> Iterator[Entry]:
        """Raises NotMeasured for what it cannot; what it has yielded before stays."""


def entry_name(name: str, bus: str) -> str:
    """Entries of the in-process bus have no suffix."""
    return name if bus == "in_process" else f"{name}/{bus}"


def compare(scenario: str, name: str, floor: Sequence[Run], gateway: Sequence[Run],
            cost: Cost = Run.us_per_delivery, **fields: Any) -> Entry:
    """The cost at the gateway in costs per delivery at the floor, repeat by repeat."""
    return Entry(
        name, scenario, is_floor_ratio=True,
        samples=ratios(map(cost, gateway), map(Run.us_per_delivery, floor)),
        details=details_of(floor, gateway, cost), repeats=repeats_of(floor=floor, gateway=gateway),
        **fields)


def ratios(values: Iterable[float], references: Iterable[float]) -> list[float]:
    return [figures.ratio(value, reference) for value, reference in zip(values, references)]


def repeats_of(**runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Of runs by side, one dictionary per repeat."""
    return [dict(zip(runs, (each.as_json() for each in repeat)))
            for repeat in zip(*runs.values())]


def details_of(floor: Sequence[Run], gateway: Sequence[Run], cost: Cost) -> dict[str, Any]:
    """Medians, times in microseconds, and what else is worth knowing."""
    details = {"floor_us": figures.median(map(Run.us_per_delivery, floor)),
               "gateway_us": figures.median(map(cost, gateway)),
               "floor_user_share": user_share(floor), "gateway_user_share": user_share(gateway)}
    rates = {"changes_per_second": (lambda run: run.changes, lambda run: run.seconds),
             "deliveries_per_second": (lambda run: run.deliveries, lambda run: run.seconds),
             "fetches_per_change": (lambda run: run.fetches, lambda run: run.changes),
             "us_per_change_and_watcher": (lambda run: run.cpu_ns / 1e3, lambda run: run.covered)}
    for name, (what, per) in rates.items():
        details[name] = figures.median(figures.ratio(what(run), per(run)) for run in gateway)
    return details
