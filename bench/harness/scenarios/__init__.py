"""What can be measured: one class each, in files by subject."""

from __future__ import annotations

from .broadcast import Broadcast
from .bundle import Bundle
from .deflate import Deflate
from .idle_memory import IdleMemory
from .many_keys import ManyKeys
from .mixed import Mixed
from .personal import Personal
from .replicas import Replicas
from .scenario import Scenario
from .soak import Soak
from .stalled import Stalled
from .storm import Storm
from .tls import Tls
from .unwatched import Unwatched
from .v1 import V1


def all_scenarios() -> list[Scenario]:
    """In the order in which they run and are listed."""
    return [Broadcast(), Bundle(), Personal(), Unwatched(), IdleMemory(), ManyKeys(), Stalled(),
            Storm(), Mixed(), Replicas(), Tls(), Deflate(), V1(), Soak()]
