"""One client that reads nothing, among others that do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from .. import figures, memory
from ..load import Run
from ..results import Entry, Target
from ..stage import Side, Stage
from .scenario import Scenario, entry_name, ratios, repeats_of

_WATCHERS = 1_000
_CHANGES_PER_SECOND = 20
_ROW_BYTES = 4_096
_FLUSH_BYTES = 64 * 1024  # The default: what may have been handed to the stalled socket's queue.
_RECEIVE_BUFFER = 8_192   # So that what the kernel holds is soon full.


@dataclasses.dataclass(frozen=True)
class _Pair:
    """The same run with all clients reading, and with one stalled; bytes are the growth of private
    memory in each."""

    calm: Run
    stalled: Run
    calm_growth: int
    stalled_growth: int


class Stalled(Scenario):
    name = "stalled"
    summary = "one stalled client among 1,000: what the others notice, and memory (P9)"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        floor = stage.floor(row_bytes=_ROW_BYTES)
        gateways = [stage.gateway(bus, bus, row_bytes=_ROW_BYTES) for bus in stage.plan.buses]
        for side in (floor, *gateways):
            side.connect(1, receive_buffer=_RECEIVE_BUFFER)  # The first one is who will stall.
            side.connect(_WATCHERS - 1)
        seconds = stage.plan.pick("seconds at 20 changes/s", 8.0, 1.0)
        for side in gateways:
            side.open(seconds, _CHANGES_PER_SECOND)  # Until buffers have found their sizes.
        found = stage.interleave([floor, *gateways], lambda side: _measure(side, seconds))
        for side in gateways:
            yield from _entries(self.name, side.name, found["floor"], found[side.name])


def _measure(side: Side, seconds: float) -> _Pair:
    calm, calm_growth = _growth(side, seconds)
    if side.name == "floor":  # It queues nothing, so it would cut half a frame off.
        return _Pair(calm, calm, calm_growth, calm_growth)
    side.load.ask("stall", connections=1)
    stalled, stalled_growth = _growth(side, seconds)
    side.load.ask("resume", timeout_s=20, patience=30)
    return _Pair(calm, stalled, calm_growth, stalled_growth)


def _growth(side: Side, seconds: float) -> tuple[Run, int]:
    before = memory.of_process(side.servers[0].pid).private
    run = side.open(seconds, _CHANGES_PER_SECOND)
    return run, memory.of_process(side.servers[0].pid).private - before


def _entries(scenario: str, bus: str, floors: list[_Pair], pairs: list[_Pair]) -> Iterator[Entry]:
    calm, stalled = [pair.calm for pair in pairs], [pair.stalled for pair in pairs]
    floor = [pair.calm for pair in floors]

    def p99(run: Run) -> float:
        return run.latency.summary()["p99"]

    yield Entry(entry_name("stalled_p99", bus), scenario, bus=bus, target=Target("P9", 1.1),
                samples=ratios(map(p99, stalled), map(p99, calm)),
                floor_ratios=ratios(map(p99, stalled), map(p99, floor)),
                details={"floor_ms": figures.median(map(p99, floor)),
                         "calm_ms": figures.median(map(p99, calm)),
                         "stalled_ms": figures.median(map(p99, stalled))},
                repeats=repeats_of(floor=floor, calm=calm, stalled=stalled),
                note="p99 of the others, with the stalled one / without")
    growth = [{"calm": pair.calm_growth, "stalled": pair.stalled_growth} for pair in pairs]
    yield Entry(entry_name("stalled_memory", bus), scenario, unit="bytes", bus=bus,
                target=Target("P9", _FLUSH_BYTES + _ROW_BYTES),
                samples=[each["stalled"] - each["calm"] for each in growth], repeats=growth,
                note="what private memory grows more than without it")
