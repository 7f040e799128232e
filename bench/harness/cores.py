"""Which cores the programs under test get, and which everything else."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable


@dataclasses.dataclass(frozen=True)
class Cores:
    """`server` for the programs under test, `client` for all others; in the form of taskset."""

    server: str
    client: str
    server_count: int
    client_count: int


def divide(cores: Iterable[int]) -> Cores:
    """The first half for servers, the second for clients; of a single core both have it."""
    ordered = sorted(cores)
    half = max(1, len(ordered) // 2)
    servers, clients = ordered[:half], ordered[half:] or ordered
    return Cores(_names(servers), _names(clients), len(servers), len(clients))


def of_this_machine() -> Cores:
    return divide(os.sched_getaffinity(0))


def _names(cores: list[int]) -> str:
    return ",".join(str(core) for core in cores)
