"""Changes of keys that nobody watches."""

from __future__ import annotations

from collections.abc import Iterator

from ..load import Run
from ..results import Entry, Target
from ..stage import Side, Stage
from .scenario import Scenario, compare, entry_name

_WATCHERS = 1_000
_UNWATCHED = (1_000, 10_000)  # The first key, and how many.
_BATCH = 100
_CALLS_IN_FLIGHT = 4


class Unwatched(Scenario):
    name = "unwatched"
    summary = "changes that nobody watches, in batches of 100: cost per change and replica (P6)"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        sides = [stage.floor(), *(stage.gateway(bus, bus) for bus in stage.plan.buses)]
        for side in sides:
            side.connect(_WATCHERS)  # Of another key.

        def run(side: Side) -> Run:
            if side.name == "floor":
                return side.closed(stage.plan.seconds)
            return side.closed(stage.plan.seconds, keys=_UNWATCHED, bundle=_BATCH, batch=_BATCH,
                               in_flight=_CALLS_IN_FLIGHT)

        runs = stage.interleave(sides, run)
        for bus in stage.plan.buses:
            yield compare(self.name, entry_name(self.name, bus), runs["floor"], runs[bus],
                          cost=Run.us_per_change, bus=bus, target=Target("P6", 0.2))
