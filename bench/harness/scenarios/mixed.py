"""A load as a replica may have it in earnest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import memory
from ..load import Run
from ..results import Entry
from ..stage import Side, Stage
from .scenario import Scenario, compare, entry_name

_KEYS_EACH = 5
_KEYS = 5_000
_CHANGES_PER_SECOND = 2_000
_ZIPF = 1.0


class Mixed(Scenario):
    name = "mixed"
    summary = "19,000 connections, 5 keys each, 2,000 changes/s with a zipf distribution"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        connections = stage.plan.at_most(
            "connections", stage.plan.pick("connections", 19_000, 3_000), stage.most_connections(),
            "the limit of open descriptors")
        for bus in stage.plan.buses:
            sides = [stage.floor(), stage.gateway(bus, bus)]
            empty = memory.of_process(sides[1].servers[0].pid)
            for side in sides:
                stage.progress.step(f"{side.name}, connecting {connections:,} clients")
                side.connect(connections, pattern="spread", keys=_KEYS, keys_each=_KEYS_EACH)
            seconds = stage.plan.pick("seconds of a run", 10.0, 1.0)
            runs = stage.interleave(sides, lambda side: _run(side, seconds))
            yield compare(self.name, entry_name("mixed", bus), runs["floor"], runs[bus], bus=bus,
                          note=_remarks(runs[bus]))
            used = memory.of_process(sides[1].servers[0].pid)
            yield Entry(entry_name("mixed_memory", bus), self.name, unit="bytes", bus=bus,
                        samples=[(used.private - empty.private) / connections],
                        details={"rss": used.rss, "connections": connections},
                        note=f"private bytes per connection with its {_KEYS_EACH} subscriptions; "
                             f"RSS {used.rss / 2**20:.0f} MiB")
            stage.close()


def _run(side: Side, seconds: float) -> Run:
    return side.open(seconds, _CHANGES_PER_SECOND, keys=(0, _KEYS), zipf=_ZIPF)


def _remarks(runs: list[Run]) -> str:
    last: dict[str, Any] = runs[-1].latency.summary()
    fetches = sum(run.fetches for run in runs) / sum(run.changes for run in runs)
    cost = sum(run.cpu_ns for run in runs) / sum(run.changes for run in runs) / 1e3
    return (f"{cost:.0f} us and {fetches:.2f} fetches per change, p50 {last['p50']:.2f} ms, "
            f"p99 {last['p99']:.2f} ms, stale {sum(run.stale for run in runs)}")
