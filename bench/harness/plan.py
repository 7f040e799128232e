"""How much is measured: all of it, or what fits into a minute."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

BUSES = ("in_process", "nats")


@dataclasses.dataclass
class Plan:
    """`repeats` of each measurement, of about `seconds` each. `shortened` collects what the present
    scenario has less of because of `quick`; it ends up in the results. A quick run that is late,
    after `patience` seconds, repeats nothing any more."""

    quick: bool
    buses: tuple[str, ...]
    minutes: float = 5
    patience: float = 15
    shortened: dict[str, str] = dataclasses.field(default_factory=dict)
    begin: float = dataclasses.field(default_factory=time.monotonic)

    @property
    def repeats(self) -> int:
        is_late = time.monotonic() - self.begin >= self.patience
        return self.pick("repeats", 5, 1 if is_late else 2)

    @property
    def seconds(self) -> float:
        return self.pick("seconds", 2.0, 0.3)

    def pick(self, what: str, full: Any, quick: Any) -> Any:
        """One of the two; noted under the name `what` if it is the smaller one."""
        if not self.quick:
            return full
        if quick != full:
            self.shortened[what] = f"{quick} instead of {full}"
        return quick

    def at_most(self, what: str, wanted: int, possible: int, why: str) -> int:
        """As many as wanted, or as the machine can have."""
        if wanted > possible:
            self.shortened[what] = f"{possible} instead of {wanted}: {why}"
        return min(wanted, possible)

    def take_shortened(self) -> dict[str, str]:
        taken, self.shortened = self.shortened, {}
        return taken
