"""Many keys that change together."""

from __future__ import annotations

from collections.abc import Iterator

from ..results import Entry, Target
from ..stage import Stage
from .scenario import Scenario, compare, entry_name

_KEYS = 16
_WATCHERS = 1_000
_TARGET = Target("P2", 0.15)


class Bundle(Scenario):
    name = "bundle"
    summary = "16 keys changed in one NotifyChange, 1,000 clients watch all of them (P2)"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        sides = [stage.floor(), *(stage.gateway(bus, bus) for bus in stage.plan.buses)]
        for side in sides:
            side.connect(_WATCHERS, keys_each=_KEYS)
        runs = stage.interleave(sides, lambda side: side.closed(
            stage.plan.seconds, keys=(0, _KEYS), bundle=_KEYS, batch=_KEYS))
        for bus in stage.plan.buses:
            yield compare(self.name, entry_name(self.name, bus), runs["floor"], runs[bus], bus=bus,
                          target=_TARGET)
