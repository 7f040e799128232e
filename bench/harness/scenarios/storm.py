"""Clients that come all at once."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

from .. import figures
from ..load import Load, Run
from ..results import Entry, Target
from ..stage import Side, Stage
from .scenario import Scenario, ratios

_WATCHERS = 1_000
_CHANGES_PER_SECOND = 10
_FIRST_KEY = 1_000  # Of those who storm: nobody changes their keys.
# Those who storm leave their core to those who measure how long deliveries take.
_STORM_YIELDS = 10
_AT_ONCE = 1_000
_SHORTEST_RUN = 0.5


@dataclasses.dataclass(frozen=True)
class Outcome:
    """`connect_ns` is the server's CPU time per connection, with its handshake and its
    subscription; runs are of those who were there before."""

    per_second: float
    connect_ns: float
    calm: Run
    stormy: Run

    def as_json(self) -> dict[str, Any]:
        return {"per_second": self.per_second, "connect_ns": self.connect_ns,
                "calm": self.calm.as_json(), "stormy": self.stormy.as_json()}


class Storm(Scenario):
    name = "storm"
    summary = "connects with handshake and first subscription, and deliveries meanwhile"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        clients = stage.plan.pick("clients of the storm", 10_000, 3_000)
        sides = [stage.floor(), stage.gateway("in_process")]
        crowds = {}
        for side in sides:
            crowds[side.name] = stage.load(f"{side.name}-storm", side.table, process=1,
                                           yields=_STORM_YIELDS)
            side.connect(_WATCHERS)
        found = stage.interleave(sides, lambda side: _measure(side, crowds[side.name], clients))
        yield from entries(found["floor"], found["in_process"])


def _measure(side: Side, crowd: Load, clients: int) -> Outcome:
    before = side.cpu_ns()
    answer = _storm(side, crowd, clients)
    connect_ns = (side.cpu_ns() - before) / clients
    _calm_down(side, crowd)
    seconds = max(_SHORTEST_RUN, answer["seconds"])
    calm = side.open(seconds, _CHANGES_PER_SECOND)
    side.load.begin_run(side.pids, mode="open", seconds=seconds, keys=(0, 1),
                        changes_per_second=_CHANGES_PER_SECOND)
    time.sleep(seconds / 20)  # So that it has begun.
    _storm(side, crowd, clients)
    stormy = side.load.end_run(seconds)
    _calm_down(side, crowd)
    return Outcome(answer["per_second"], connect_ns, calm, stormy)


def _storm(side: Side, crowd: Load, clients: int) -> dict[str, Any]:
    return side.connect(clients, load=crowd, pattern="own", first_key=_FIRST_KEY, at_once=_AT_ONCE)


def _calm_down(side: Side, crowd: Load) -> None:
    crowd.ask("disconnect")
    side.await_subscriptions(_WATCHERS)


def entries(floor: list[Outcome], gateway: list[Outcome]) -> Iterator[Entry]:
    """Rates are better when they are higher: they are as many times the floor's."""
    raw = [{"floor": theirs.as_json(), "gateway": ours.as_json()}
           for theirs, ours in zip(floor, gateway)]

    def rate(storm: Outcome) -> float:
        return storm.per_second

    def thrift(storm: Outcome) -> float:
        return 1e9 / storm.connect_ns

    def disturbance(storm: Outcome) -> float:
        return figures.ratio(storm.stormy.latency.percentile(0.99),
                             storm.calm.latency.percentile(0.99))

    for name, value, what in (("storm_rate", rate, "connects per second"),
                              ("storm_cpu", thrift, "connects per CPU second")):
        ours, theirs = (figures.median(map(value, side)) for side in (gateway, floor))
        yield Entry(name, Storm.name, is_floor_ratio=True, lower_is_better=False,
                    target=Target("storm", 0.5, is_least=True), repeats=raw,
                    samples=ratios(map(value, gateway), map(value, floor)),
                    details={"floor": theirs, "gateway": ours},
                    note=f"{what}: floor {theirs:,.0f}, gateway {ours:,.0f}")
    yield Entry("storm_p99", Storm.name, samples=list(map(disturbance, gateway)),
                target=Target("storm", 2), repeats=raw,
                floor_ratios=ratios(map(disturbance, gateway), map(disturbance, floor)),
                details={"floor": figures.median(map(disturbance, floor))},
                note="p99 of running deliveries, with the storm / without; floor "
                     f"{figures.median(map(disturbance, floor)):.2f}")
