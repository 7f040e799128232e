"""Two replicas in place of one."""

from __future__ import annotations

from collections.abc import Iterator

from .. import figures
from ..load import Run
from ..results import Entry, Target
from ..stage import Stage
from .scenario import Cost, Scenario, ratios, repeats_of


class Replicas(Scenario):
    name = "replicas"
    summary = "two gateways over a nats-server, against one (P10)"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        watchers = stage.plan.pick("watchers", 10_000, 4_000)
        settings = {"workers": 1}  # So that two have twice the loops of one.
        sides = [stage.floor(), stage.gateway("one", "nats", settings=settings),
                 stage.gateway("two", "nats", replicas=2, settings=settings)]
        for side in sides:
            side.connect(watchers)
        runs = stage.interleave(sides, lambda side: side.closed(stage.plan.seconds))
        can_scale = stage.cores.server_count > 1
        yield _entry("replicas_rate", runs, lambda run: run.deliveries / run.seconds,
                     Target("P10", 1.8, is_least=True) if can_scale else None,
                     "deliveries per second, two / one")
        yield _entry("replicas_cpu", runs, Run.us_per_delivery,
                     None if can_scale else Target("P10", 1.1), "CPU per delivery, two / one")


def _entry(name: str, runs: dict[str, list[Run]], value: Cost, target: Target | None,
           note: str) -> Entry:
    return Entry(name, Replicas.name, bus="nats", target=target, note=note,
                 lower_is_better=name != "replicas_rate",
                 samples=ratios(map(value, runs["two"]), map(value, runs["one"])),
                 floor_ratios=ratios(map(value, runs["two"]), map(value, runs["floor"])),
                 details={side: figures.median(map(value, runs[side])) for side in runs},
                 repeats=repeats_of(**runs))
