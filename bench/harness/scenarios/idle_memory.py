"""What connections, subscriptions and watched keys cost in memory while nothing happens."""

from __future__ import annotations

from collections.abc import Iterator

from .. import memory
from ..results import Entry, Target
from ..stage import Side, Stage
from .scenario import Scenario

_KEYS_EACH = 10
_BATCH = 1_000


class IdleMemory(Scenario):
    """All figures are differences between two counts, both large, so that what a process has anyway
    does not show. Every client has received one state before memory is read."""

    name = "idle_memory"
    summary = "bytes per idle connection, further subscription (P5) and watched key"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        pick = stage.plan.pick
        first, more = pick("connections", (2_000, 8_000), (500, 2_000))
        repeats = pick("repeats of memory", 3, 1)
        found: dict[str, list[float]] = {}
        for repeat in range(1, repeats + 1):
            stage.progress.step(f"repeat {repeat} of {repeats}")
            for name, value in _measure(stage, first, more).items():
                found.setdefault(name, []).append(value)
            stage.close()
        floor = found.pop("floor")
        targets = {"connection": Target("P5", 5 * 1024), "subscription": Target("P5", 200)}
        notes = {"connection": "with its one subscription", "key": "watched by one, its state kept",
                 "subscription": "to a key that others watch"}
        for name, samples in found.items():
            yield Entry(f"idle_memory_{name}", self.name, unit="bytes", samples=samples,
                        floor_ratios=[ours / theirs for ours, theirs in zip(samples, floor)]
                        if name == "connection" else (), target=targets.get(name),
                        details={"floor": floor}, note=notes[name])


def _measure(stage: Stage, first: int, more: int) -> dict[str, float]:
    """Bytes by what costs them. What a client costs is subtracted where clients have more than one
    subscription, and what a subscription costs where nobody shares the key."""
    connection = _growth(stage.gateway("connection"), first, more) / more
    shared = _growth(stage.gateway("subscription"), first, more, keys_each=_KEYS_EACH) / more
    own = _growth(stage.gateway("key"), first, more, pattern="own", keys_each=_KEYS_EACH) / more
    return {"floor": _growth(stage.floor(), first, more) / more, "connection": connection,
            "subscription": (shared - connection) / (_KEYS_EACH - 1),
            "key": (own - shared) / _KEYS_EACH}


def _growth(side: Side, first: int, more: int, keys_each: int = 1, pattern: str = "all") -> int:
    """What the second lot of clients adds, after each has received a state of each key."""
    _connect(side, first, keys_each, 0, pattern)
    before = memory.of_process(side.servers[0].pid).private
    _connect(side, more, keys_each, first * keys_each if pattern == "own" else 0, pattern)
    return memory.of_process(side.servers[0].pid).private - before


def _connect(side: Side, connections: int, keys_each: int, first_key: int, pattern: str) -> None:
    side.connect(connections, keys_each=keys_each, first_key=first_key, pattern=pattern)
    keys = keys_each * (connections if pattern == "own" else 1)
    batch = min(keys, _BATCH)
    side.load.ask("run", patience=120, mode="closed", keys=(first_key, keys), bundle=batch,
                  batch=batch, rounds=-(-keys // batch))
