"""What a scenario plays on: the programs it starts, each server with the load that is put on it."""

from __future__ import annotations

import dataclasses
import pathlib
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from .build import Programs
from .certificates import Certificate
from .commanded import Commanded
from .cores import Cores
from .echo import Echo
from .floor import Floor
from .gateway import Gateway, merge, settings_known_to
from .load import Load, Run
from .nats import NatsServer
from .plan import Plan
from .processes import PATIENCE, Process, Program
from .progress import Progress

T = TypeVar("T")

# Descriptors that a process needs for other things than connections.
_RESERVED_DESCRIPTORS = 1_000
_DEFAULT_ROW_BYTES = 128


@dataclasses.dataclass
class Side:
    """One of the systems that are compared: the servers under test, and their load.

    `load` publishes, answers fetches and has clients; `table` is how further loads join in.
    """

    name: str
    servers: Sequence[Floor | Gateway]
    load: Load
    table: pathlib.Path

    @property
    def pids(self) -> list[int]:
        return [each.pid for each in self.servers]

    def connect(self, connections: int, load: Load | None = None, **options: Any) -> dict[str, Any]:
        """So many clients, of `load` or of the side's own, with their subscriptions in place."""
        before = self.subscriptions()
        answer = (load or self.load).connect(
            connections, [each.websocket_address for each in self.servers], **options)
        self.await_subscriptions(before + connections * options.get("keys_each", 1))
        return answer

    def subscriptions(self) -> int:
        return sum(each.subscriptions() for each in self.servers)

    def await_subscriptions(self, wanted: int) -> None:
        """Classic acknowledges none, so whoever serves them is asked."""
        deadline = time.monotonic() + PATIENCE
        while self.subscriptions() != wanted:
            if time.monotonic() > deadline:
                raise self.servers[0].failure(
                    f"has {self.subscriptions()} subscriptions after {PATIENCE} s, not {wanted}")
            time.sleep(0.01)

    def closed(self, seconds: float, keys: tuple[int, int] = (0, 1), **options: Any) -> Run:
        """As fast as it goes: the next change follows when the one before has arrived. `keys` are
        the first one and how many there are."""
        return self.load.run(self.pids, warm_up=seconds / 5, mode="closed", seconds=seconds,
                             keys=keys, **options)

    def open(self, seconds: float, changes_per_second: float, keys: tuple[int, int] = (0, 1),
             **options: Any) -> Run:
        """At a pace of its own."""
        return self.load.run(self.pids, warm_up=seconds / 5, mode="open", seconds=seconds,
                             changes_per_second=changes_per_second, keys=keys, **options)

    def cpu_ns(self) -> int:
        return sum(each.cpu_ns() for each in self.servers)


class Stage:
    """Starts programs for one scenario; close() ends them all."""

    def __init__(self, plan: Plan, programs: Programs, cores: Cores, folder: pathlib.Path,
                 progress: Progress):
        self.plan = plan
        self.cores = cores
        self.folder = folder
        self.progress = progress
        self._programs = programs
        self._processes: list[Process] = []

    def close(self) -> None:
        for process in reversed(self._processes):
            process.kill()
        self._processes.clear()
        for table in self.folder.glob("*.table"):
            table.unlink()  # The next programs of these names begin with nothing.

    def most_connections(self) -> int:
        """That one process may have here."""
        return resource.getrlimit(resource.RLIMIT_NOFILE)[1] - _RESERVED_DESCRIPTORS

    def has_setting(self, name: str) -> bool:
        """Whether this gateway is new enough to have it."""
        return name in settings_known_to(self._programs.gateway)

    def floor(self, name: str = "floor", row_bytes: int = _DEFAULT_ROW_BYTES,
              tls: Certificate | None = None) -> Side:
        table = self.folder / f"{name}.table"
        load = self.load(f"{name}-load", table)
        arguments = [self._programs.floor, f"--row-bytes={row_bytes}"]
        if tls is not None:
            arguments += [f"--tls-cert={tls.cert}", f"--tls-key={tls.key}"]
        floor = self._keep(Floor(Program(name, arguments, self.cores.server), self.folder))
        load.publish_to_floor([floor.control_address])
        return Side(name, [floor], load, table)

    def gateway(self, name: str, bus: str = "in_process", replicas: int = 1,
                settings: Mapping[str, Any] | None = None, row_bytes: int = _DEFAULT_ROW_BYTES,
                answer_after_us: int = 0, streams: bool = False) -> Side:
        """So many replicas, with one application behind them; `streams`: it notifies over streams
        rather than by calls."""
        table = self.folder / f"{name}.table"
        load = self.load(f"{name}-load", table)
        application = load.serve(row_bytes=row_bytes, answer_after_us=answer_after_us)
        configuration = merge(self._bus(name, bus), {
            "targets": {"bench": {"address": [application]}}, "default_target": "bench"})
        configuration = merge(configuration, settings or {})
        gateways = [self._gateway(f"{name}-{number}" if replicas > 1 else name, configuration)
                    for number in range(1, replicas + 1)]
        load.publish_to([each.front_address for each in gateways], streams)
        return Side(name, gateways, load, table)

    def load(self, name: str, table: pathlib.Path, process: int = 0, yields: int = 0) -> Load:
        """A load generator; `process` tells those of one table apart."""
        program = Program(name, [self._programs.load, f"--table={table}", f"--process={process}",
                                 f"--threads={self.cores.client_count}"],
                          self.cores.client, yields=yields)
        return self._keep(Load(program, self.folder))

    def echo(self) -> Echo:
        """Its serving half where gateways run, its calling half where loads do."""
        server, caller = (Program(f"echo-{half}", [self._programs.echo], cores) for half, cores in (
            ("server", self.cores.server), ("caller", self.cores.client)))
        return Echo(self._keep(Commanded(server, self.folder)),
                    self._keep(Commanded(caller, self.folder)))

    def interleave(self, sides: Sequence[Side], measure: Callable[[Side], T]) -> dict[str, list[T]]:
        """Measures each side in turn, and all of them again, so that each repeat's ratio is of one
        moment. By the side's name."""
        found: dict[str, list[T]] = {side.name: [] for side in sides}
        repeats = self.plan.repeats
        for repeat in range(1, repeats + 1):
            for side in sides:
                self.progress.step(f"{side.name}, {repeat} of {repeats}")
                found[side.name].append(measure(side))
        return found

    def _gateway(self, name: str, settings: Mapping[str, Any]) -> Gateway:
        program = Program(name, [self._programs.gateway], self.cores.server)
        return self._keep(Gateway(program, self.folder, self.cores.server_count, settings))

    def _bus(self, name: str, bus: str) -> dict[str, Any]:
        if bus == "in_process":
            return {}
        server = self._keep(NatsServer(f"{name}-server", self.folder, self.cores.client))
        return {"bus": {"kind": "nats", "nats": {"urls": [server.url]}}}

    def _keep(self, process: Any) -> Any:
        self._processes.append(process)
        return process
