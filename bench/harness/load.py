"""The load program: clients, publisher and application in one process, told what to do by lines of
JSON. What they mean stands in ../load/commands.h."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

from . import figures
from .commanded import Commanded
from .histogram import Histogram, merge
from .processes import Program

# Seconds that a run may take beyond its length: what is under way is waited for.
_SETTLING = 60


@dataclasses.dataclass(frozen=True)
class Run:
    """What came of a run. `cpu_ns` and the ticks are sums over the processes under test; the ticks
    are the kernel's estimate of how the CPU time was divided, good over some seconds only."""

    changes: int
    calls: int
    deliveries: int
    covered: int  # Changes that the deliveries stand for: fewer deliveries if it was coalesced.
    bytes: int
    stale: int
    cpu_ns: int
    user_ticks: int
    system_ticks: int
    own_cpu_ns: int
    seconds: float
    fetches: int
    batches: int
    latency: Histogram

    def us_per_delivery(self) -> float:
        return figures.ratio(self.cpu_ns / 1e3, self.deliveries)

    def us_per_change(self) -> float:
        return figures.ratio(self.cpu_ns / 1e3, self.changes)

    def as_json(self) -> dict[str, Any]:
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        fields["latency"] = {"ms": self.latency.summary(), "buckets": self.latency.buckets()}
        return fields


def add(runs: Sequence[Run]) -> Run:
    """The parts of one run that several processes measured: each its own clients."""
    sums = {field.name: sum(getattr(each, field.name) for each in runs)
            for field in dataclasses.fields(Run) if field.name not in ("seconds", "latency")}
    return Run(**sums, seconds=max(each.seconds for each in runs),
               latency=merge(each.latency for each in runs))


def user_share(runs: Sequence[Run]) -> float:
    """Of their CPU time; of all of them together, because ticks are coarse."""
    user = sum(each.user_ticks for each in runs)
    return figures.ratio(user, user + sum(each.system_ticks for each in runs))


def run_of_answer(answer: dict[str, Any], fetched: dict[str, Any]) -> Run:
    """Of what `run` or `end`, and `fetches`, answered."""
    costs = answer["pids"].values()
    return Run(
        changes=answer.get("changes", 0), calls=answer.get("calls", 0),
        deliveries=answer["deliveries"], covered=answer["covered"],
        bytes=answer["bytes"], stale=answer.get("stale", 0),
        cpu_ns=sum(each["cpu_ns"] for each in costs),
        user_ticks=sum(each["user_ticks"] for each in costs),
        system_ticks=sum(each["system_ticks"] for each in costs),
        own_cpu_ns=answer["own_cpu_ns"], seconds=answer["seconds"],
        fetches=fetched.get("fetches", 0) + fetched.get("batch_items", 0),
        batches=fetched.get("batches", 0), latency=Histogram(answer["latency"]["buckets"]))


def faults_of(answer: dict[str, Any]) -> str:
    """What went wrong in a run, so that its figures mean nothing; "" if nothing did."""
    faults = [f"{count} {what}" for what, count in (
        ("connections were closed", answer["errors"]["closes"]),
        ("messages were no states", answer["errors"]["unexpected"]),
        ("notifies failed", answer.get("failed_notifies", 0)),
        ("subscriptions never got the last state", answer.get("stale", 0))) if count]
    if any(each.get("ended") for each in answer["pids"].values()):
        faults.append("a process under test ended")
    reason = answer.get("first_failure")
    return ", ".join(faults) + (f" ({reason})" if faults and reason else "")


class Load(Commanded):
    """A load program."""

    def __init__(self, program: Program, folder: pathlib.Path):
        super().__init__(program, folder)
        self._serves = False

    def serve(self, **options: Any) -> str:
        """Becomes the application; answers its address."""
        self._serves = True
        return f"127.0.0.1:{self.ask('serve', **options)['port']}"

    def publish_to(self, fronts: Sequence[str], stream: bool) -> None:
        self.ask("publish_to", targets=list(fronts), stream=stream)

    def publish_to_floor(self, controls: Sequence[str]) -> None:
        self.ask("publish_to", floor=list(controls))

    def connect(self, connections: int, targets: Sequence[str], **options: Any) -> dict[str, Any]:
        """All of them, or NotMeasured; answers what it took."""
        answer = self.ask("connect", patience=90, connections=connections, targets=list(targets),
                          **options)
        if answer["failed"]:
            raise self.failure(f"could not open {answer['failed']} of {connections} connections "
                               f"({answer['first_failure']})")
        return answer

    def run(self, pids: Sequence[int], warm_up: float = 0, **options: Any) -> Run:
        """`warm_up`: seconds of the same before the measurement."""
        if warm_up:
            self.ask("run", patience=warm_up + _SETTLING, **{**options, "seconds": warm_up})
        self.begin_run(pids, **options)
        return self.end_run(options["seconds"])

    def begin_run(self, pids: Sequence[int], **options: Any) -> None:
        """A run whose end_run() is wanted later."""
        self.fetches()
        self.tell("run", measure_pids=list(pids), **options)

    def end_run(self, seconds: float) -> Run:
        return self._checked(self.answer(seconds + _SETTLING))

    def begin(self, pids: Sequence[int] = ()) -> None:
        """Measures what arrives here while another process runs."""
        self.ask("begin", measure_pids=list(pids))

    def end(self) -> Run:
        return self._checked(self.ask("end"))

    def fetches(self) -> dict[str, Any]:
        """What the application was asked since this was called last."""
        return self.ask("fetches") if self._serves else {}

    def _checked(self, answer: dict[str, Any]) -> Run:
        faults = faults_of(answer)
        if faults:
            raise self.failure(f"cannot be believed: {faults}")
        return run_of_answer(answer, self.fetches())
