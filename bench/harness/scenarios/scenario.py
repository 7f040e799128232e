"""What a scenario is, and how most of them make an entry of what they measured."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .. import figures
from ..load import Run, user_share
from ..results import Entry, Target
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
    pairs = list(zip(floor, gateway))
    return Entry(
        name, scenario, is_floor_ratio=True,
        samples=[figures.ratio(cost(ours), theirs.us_per_delivery()) for theirs, ours in pairs],
        details=details_of(floor, gateway, cost),
        repeats=[{"floor": theirs.as_json(), "gateway": ours.as_json()} for theirs, ours in pairs],
        **fields)


def details_of(floor: Sequence[Run], gateway: Sequence[Run], cost: Cost) -> dict[str, Any]:
    """Medians in microseconds, and what else is worth knowing."""
    return {
        "floor_us": figures.median(each.us_per_delivery() for each in floor),
        "gateway_us": figures.median(cost(each) for each in gateway),
        "floor_user_share": user_share(floor),
        "gateway_user_share": user_share(gateway),
        "changes_per_second": figures.median(
            figures.ratio(each.changes, each.seconds) for each in gateway),
        "deliveries_per_second": figures.median(
            figures.ratio(each.deliveries, each.seconds) for each in gateway),
        "fetches_per_change": figures.median(
            figures.ratio(each.fetches, each.changes) for each in gateway),
    }


__all__ = ["Cost", "Scenario", "Target", "compare", "details_of", "entry_name"]
