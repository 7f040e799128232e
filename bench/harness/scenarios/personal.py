"""Keys with one watcher each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import figures
from ..echo import EchoCost
from ..load import Run
from ..results import Entry, Target
from ..stage import Side, Stage
from .scenario import Scenario, compare, details_of, entry_name, ratios, repeats_of

_CLIENTS = 1_000
_CALLS_IN_FLIGHT = 16
_BATCH = 100
_BATCHES_IN_FLIGHT = 2
_REQUESTS_IN_FLIGHT = 100  # On a stream.


class Personal(Scenario):
    """The floor sends one key to as many clients: what a send costs with so many connections."""

    name = "personal"
    summary = "one watcher per key: changes one by one (P3), by the hundred (P4), as a stream"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        gathers = stage.has_setting("fetch.batch")
        yield from _unary(stage, "personal_unary", {"fetch": {"batch": 1}} if gathers else {})
        if gathers:
            yield from _unary(stage, "personal_gathered", {})
        yield from _batched(stage)
        yield from _streamed(stage)


def _sides(stage: Stage, settings: dict[str, Any], streams: bool = False) -> list[Side]:
    """The floor, and a gateway for each bus."""
    floor = stage.floor()
    floor.connect(_CLIENTS)
    gateways = [stage.gateway(bus, bus, settings=settings, streams=streams)
                for bus in stage.plan.buses]
    for side in gateways:
        side.connect(_CLIENTS, pattern="own")
    return [floor, *gateways]


def _unary(stage: Stage, name: str, settings: dict[str, Any]) -> Iterator[Entry]:
    """What a change needs by itself is one call taken, one call made, and one send."""
    floor, *gateways = _sides(stage, settings)
    echo, costs = stage.echo(), []

    def run(side: Side) -> Run:
        if side is floor:
            costs.append(echo.measure(stage.plan.seconds, _CALLS_IN_FLIGHT))
            return side.closed(stage.plan.seconds)
        return _personal(side, stage.plan.seconds, in_flight=_CALLS_IN_FLIGHT)

    runs = stage.interleave([floor, *gateways], run)
    for side in gateways:
        yield unary_entry(name, side.name, costs, runs["floor"], runs[side.name])
    stage.close()


def unary_entry(name: str, bus: str, costs: list[EchoCost], floor: list[Run],
                gateway: list[Run]) -> Entry:
    """One line per repeat in all three lists."""
    needed = [echo.both_us + run.us_per_delivery() for echo, run in zip(costs, floor)]
    server, client = (figures.median(getattr(echo, half) for echo in costs)
                      for half in ("server_us", "client_us"))
    change = Run.us_per_change
    return Entry(
        entry_name(name, bus), Personal.name, bus=bus, target=Target("P3", 1.3),
        samples=ratios(map(change, gateway), needed),
        floor_ratios=ratios(map(change, gateway), map(Run.us_per_delivery, floor)),
        details=details_of(floor, gateway, change) | {"echo_server_us": server,
                                                      "echo_client_us": client},
        repeats=[{**each, "echo": vars(echo)} for each, echo in zip(
            repeats_of(floor=floor, gateway=gateway), costs)],
        note=f"to a gRPC echo ({server:.0f} us served + {client:.0f} us called) and a send")


def _batched(stage: Stage) -> Iterator[Entry]:
    yield from _changes(stage, "personal_batched", Target("P4", 2), bundle=_BATCH, batch=_BATCH,
                        in_flight=_BATCHES_IN_FLIGHT)


def _streamed(stage: Stage) -> Iterator[Entry]:
    """Single changes again, on the stream of a producer that waits for no answer before the next."""
    yield from _changes(stage, "personal_streamed", None, streams=True,
                        in_flight=_REQUESTS_IN_FLIGHT)


def _changes(stage: Stage, name: str, target: Target | None, streams: bool = False,
             **options: Any) -> Iterator[Entry]:
    """What a change costs at the gateways, in sends of the floor."""
    floor, *gateways = _sides(stage, {}, streams)

    def run(side: Side) -> Run:
        if side is floor:
            return side.closed(stage.plan.seconds)
        return _personal(side, stage.plan.seconds, **options)

    runs = stage.interleave([floor, *gateways], run)
    for side in gateways:
        yield compare(Personal.name, entry_name(name, side.name), runs["floor"], runs[side.name],
                      cost=Run.us_per_change, bus=side.name, target=target)
    stage.close()


def _personal(side: Side, seconds: float, **options: Any) -> Run:
    return side.closed(seconds, keys=(0, _CLIENTS), **options)
