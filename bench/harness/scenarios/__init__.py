"""What can be measured: one class each, in files by subject."""

from __future__ import annotations

from .broadcast import Broadcast
from .bundle import Bundle
from .scenario import Scenario


def all_scenarios() -> list[Scenario]:
    """In the order in which they run and are listed."""
    return [Broadcast(), Bundle()]
