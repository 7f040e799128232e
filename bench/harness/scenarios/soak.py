"""As many connections as a machine lets a process have, held for minutes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from .. import figures, memory
from ..errors import NotMeasured
from ..load import Load, Run, add
from ..results import Entry, Target
from ..stage import Side, Stage
from .scenario import Scenario

_KEYS_EACH = 5
_WATCHERS_PER_KEY = 15
_CHANGES_PER_SECOND = 1_000
_SAMPLE_SECONDS = 10
_SETTLE_SECONDS = 30


class Soak(Scenario):
    """Fails if a single client ends up without the last state of a key it watches."""

    name = "soak"
    summary = ("19,000 connections on one gateway, then 60,000 on four, held for --minutes with"
               " 1,000 changes/s: the last states, and memory")
    is_default = False

    def measure(self, stage: Stage) -> Iterator[Entry]:
        for replicas, wanted in ((1, 19_000), (4, 15_000)):
            what = f"connections of each of {replicas} gateways"
            each = stage.plan.at_most(what, stage.plan.pick(what, wanted, 2_000),
                                      stage.most_connections(), "the limit of open descriptors")
            yield _hold(stage, replicas, each)
            stage.close()


def _hold(stage: Stage, replicas: int, connections_each: int) -> Entry:
    side = stage.gateway("soak", "in_process" if replicas == 1 else "nats", replicas=replicas)
    loads = [side.load, *(stage.load(f"soak-load-{process}", side.table, process)
                          for process in range(1, replicas))]
    connections = replicas * connections_each
    keys = connections * _KEYS_EACH // _WATCHERS_PER_KEY
    for load in loads:
        stage.progress.step(f"connecting {connections_each:,} clients more")
        side.connect(connections_each, load=load, pattern="spread", keys=keys,
                     keys_each=_KEYS_EACH)
    seconds = stage.plan.pick("seconds", stage.plan.minutes * 60, 10)
    for load in loads[1:]:
        load.begin()
    side.load.begin_run(side.pids, mode="open", seconds=seconds, keys=(0, keys), zipf=1.0,
                        changes_per_second=_CHANGES_PER_SECOND)
    samples = _sample(stage, side, seconds)
    run = add([side.load.end_run(seconds), *map(_settled, loads[1:])])
    return _entry(connections, run, samples, "in_process" if replicas == 1 else "nats")


def _settled(load: Load) -> Run:
    stale = load.ask("settle", timeout_s=_SETTLE_SECONDS, patience=2 * _SETTLE_SECONDS)["stale"]
    if stale:
        raise NotMeasured(f"{load.name}: {stale} subscriptions never got the last state")
    return load.end()


def _sample(stage: Stage, side: Side, seconds: float) -> list[dict[str, Any]]:
    """Memory of all gateways together, every ten seconds."""
    begin = time.monotonic()
    samples = []
    while (passed := time.monotonic() - begin) < seconds:
        held = [memory.of_process(pid) for pid in side.pids]
        samples.append({"seconds": passed, "rss": sum(each.rss for each in held),
                        "private": sum(each.private for each in held)})
        stage.progress.step(f"{passed:.0f} of {seconds:.0f} s, RSS {samples[-1]['rss'] / 2**20:.0f}"
                            " MiB")
        time.sleep(min(_SAMPLE_SECONDS, max(0.1, seconds / 10)))
    return samples


def growth(samples: Sequence[dict[str, Any]]) -> float:
    """The mean of the last third of the samples, in those of the second one: in the first, buffers
    and tables still find their sizes."""
    third = len(samples) // 3
    if not third:
        return float("nan")
    held = [each["private"] for each in samples]
    return figures.ratio(sum(held[-third:]) / third, sum(held[third:2 * third]) / third)


def _entry(connections: int, run: Run, samples: list[dict[str, Any]], bus: str) -> Entry:
    latency = run.latency.summary()
    return Entry(
        f"soak_{connections}", Soak.name, bus=bus, samples=[growth(samples)],
        target=Target("flat", 1.02), repeats=[{"run": run.as_json(), "memory": samples}],
        details={"gateway_us": run.us_per_delivery(), "rss": samples[-1]["rss"],
                 "rss_per_connection": samples[-1]["rss"] / connections},
        note=f"memory's last third / second third; RSS {samples[-1]['rss'] / 2**20:.0f} MiB, "
             f"{run.changes:,} changes, {run.deliveries:,} deliveries, stale 0, "
             f"p99 {latency['p99']:.1f} ms")
