"""One key, many watchers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .. import figures
from ..load import Run
from ..results import Entry, Target
from ..stage import Side, Stage
from .scenario import Scenario, compare, entry_name

_FAN_OUT = Target("P1", 1.15)
_ANSWER_MS = 1.0
_LATENCY_TARGETS = {"p50": Target("P8", 1.5), "p99": Target("P8", 3)}


class Broadcast(Scenario):
    name = "broadcast"
    summary = "one key, 1,000 and 10,000 watchers: cost per delivery (P1) and latency (P8)"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        for watchers in (1_000, 10_000):
            yield from self._fan_out(stage, watchers)
            stage.close()
        yield from self._latency(stage)

    def _fan_out(self, stage: Stage, watchers: int) -> Iterator[Entry]:
        sides = [stage.floor(), *(stage.gateway(bus, bus) for bus in stage.plan.buses)]
        for side in sides:
            side.connect(watchers)
        few = (1, 16) if watchers == 1_000 else (1,)
        for in_flight in stage.plan.pick(f"changes in flight, {watchers:,} watchers", (1, 4, 16),
                                         few):
            runs = stage.interleave(sides, partial(
                Side.closed, seconds=stage.plan.seconds, in_flight=in_flight))
            suffix = "" if in_flight == 1 else f"_{in_flight}"
            for bus in stage.plan.buses:
                yield compare(self.name, entry_name(f"broadcast_{watchers}{suffix}", bus),
                              runs["floor"], runs[bus], bus=bus,
                              target=_FAN_OUT if in_flight == 1 else None)

    def _latency(self, stage: Stage) -> Iterator[Entry]:
        sides = [stage.floor()]
        for bus in stage.plan.buses:
            sides.append(stage.gateway(bus, bus, answer_after_us=int(_ANSWER_MS * 1e3)))
        for side in sides:
            side.connect(1_000)
        seconds = stage.plan.pick("seconds at 20 changes/s", 10.0, 1.0)
        runs = stage.interleave(sides, lambda side: side.open(seconds, 20))
        for bus in stage.plan.buses:
            for percentile, target in _LATENCY_TARGETS.items():
                yield latency_entry(percentile, target, bus, runs["floor"], runs[bus])


def latency_entry(percentile: str, target: Target, bus: str, floor: list[Run],
                  gateway: list[Run]) -> Entry:
    """The floor asks no application, so what that takes is added to its latency."""
    def milliseconds(run: Run) -> float:
        return run.latency.summary()[percentile]
    pairs = list(zip(floor, gateway))
    return Entry(
        entry_name(f"broadcast_latency_{percentile}", bus), Broadcast.name, is_floor_ratio=True,
        bus=bus, target=target,
        samples=[figures.ratio(milliseconds(ours), milliseconds(theirs) + _ANSWER_MS)
                 for theirs, ours in pairs],
        details={"floor_ms": figures.median(map(milliseconds, floor)),
                 "gateway_ms": figures.median(map(milliseconds, gateway))},
        repeats=[{"floor": theirs.as_json(), "gateway": ours.as_json()} for theirs, ours in pairs],
        note=f"floor {figures.median(map(milliseconds, floor)):.2f} + {_ANSWER_MS:.0f} ms, gateway "
             f"{figures.median(map(milliseconds, gateway)):.2f} ms")
