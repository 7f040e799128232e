"""What memory a process holds, as the kernel counts it."""

from __future__ import annotations

import dataclasses
import pathlib
import re


@dataclasses.dataclass(frozen=True)
class Memory:
    """Bytes. `private`: pages that only this process has and wrote to, so heap, stacks and data:
    what one more connection costs shows here."""

    rss: int
    pss: int
    private: int


def of_process(pid: int) -> Memory:
    return parse(pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))


def parse(rollup: str) -> Memory:
    """What stands in a smaps_rollup file."""
    kib = {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB", rollup, re.M)}
    return Memory(*(1024 * kib[name] for name in ("Rss", "Pss", "Private_Dirty")))
