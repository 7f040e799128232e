"""What a unary gRPC call costs on this machine, without a gateway."""

from __future__ import annotations

import dataclasses
from typing import Any

from .commanded import Commanded


@dataclasses.dataclass(frozen=True)
class EchoCost:
    """CPU microseconds per call, of the half that serves and of the half that calls."""

    server_us: float
    client_us: float

    @property
    def both_us(self) -> float:
        return self.server_us + self.client_us


class Echo:
    """Both halves, each a process of its own."""

    def __init__(self, server: Commanded, caller: Commanded):
        self._server = server
        self._caller = caller
        self._target = f"127.0.0.1:{server.ask('serve')['port']}"

    def measure(self, seconds: float, in_flight: int) -> EchoCost:
        answer = self._caller.ask(
            "call", patience=seconds + 30, target=self._target, seconds=seconds,
            warm_up=seconds / 5, in_flight=in_flight, measure_pids=[self._server.pid])
        return EchoCost(*(_us_per_call(answer, pid)
                          for pid in (self._server.pid, answer["own_pid"])))


def _us_per_call(answer: dict[str, Any], pid: int) -> float:
    return answer["pids"][str(pid)]["cpu_ns"] / 1e3 / answer["calls"]
