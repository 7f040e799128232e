"""What a change costs when ten times as much else is watched."""

from __future__ import annotations

from collections.abc import Iterator

from .. import figures
from ..load import Run
from ..results import Entry, Target
from ..stage import Stage
from .scenario import Scenario, entry_name, ratios, repeats_of

_FEW_CONNECTIONS = 1_000
_KEYS_EACH = 10
_BATCH = 100
_CALLS_IN_FLIGHT = 2


class ManyKeys(Scenario):
    name = "many_keys"
    summary = "cost per change with 10,000 and with 100,000 keys watched (P7)"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        for bus in stage.plan.buses:
            yield self._measure(stage, bus)
            stage.close()

    def _measure(self, stage: Stage, bus: str) -> Entry:
        floor, few, many = stage.floor(), stage.gateway("few", bus), stage.gateway("many", bus)
        for side in (floor, few, many):
            connections = _FEW_CONNECTIONS * (10 if side is many else 1)
            side.connect(connections, pattern="own", keys_each=_KEYS_EACH)
        # Always the keys of the first connections: what is different is what else there is.
        runs = stage.interleave([floor, few, many], lambda side: side.closed(
            stage.plan.seconds, keys=(0, _FEW_CONNECTIONS * _KEYS_EACH), bundle=_BATCH,
            batch=_BATCH, in_flight=_CALLS_IN_FLIGHT))
        cost = Run.us_per_change
        return Entry(
            entry_name(self.name, bus), self.name, bus=bus, target=Target("P7", 1.1),
            samples=ratios(map(cost, runs["many"]), map(cost, runs["few"])),
            floor_ratios=ratios(map(cost, runs["many"]), map(cost, runs["floor"])),
            details={f"{name}_us": figures.median(map(cost, runs[name])) for name in runs},
            repeats=repeats_of(**runs), note="10 x the keys")
