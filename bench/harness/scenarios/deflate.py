"""One key, many watchers, compressed."""

from __future__ import annotations

from collections.abc import Iterator

from .. import figures
from ..load import Run
from ..results import Entry
from ..stage import Stage
from .scenario import Scenario, compare, ratios, repeats_of

_WATCHERS = 1_000
_ROW_BYTES = (1_024, 4_096)
_SETTINGS = {"websocket": {"compression": True}}


class Deflate(Scenario):
    name = "deflate"
    summary = "broadcast of rows of 1 and 4 KiB with permessage-deflate, against without"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        if not stage.has_setting("websocket.compression"):
            yield Entry(self.name, self.name, note="not supported by this gateway")
            return
        for row_bytes in _ROW_BYTES:
            floor = stage.floor(row_bytes=row_bytes)
            plain = stage.gateway("plain", row_bytes=row_bytes)
            deflate = stage.gateway("deflate", settings=_SETTINGS, row_bytes=row_bytes)
            for side in (floor, plain, deflate):
                answer = side.connect(_WATCHERS, deflate=side is deflate)
                if side is deflate and answer["compressed"] != _WATCHERS:
                    raise side.servers[0].failure("agreed on permessage-deflate with "
                                                  f"{answer['compressed']} of {_WATCHERS} clients")
            runs = stage.interleave([floor, plain, deflate],
                                    lambda side: side.closed(stage.plan.seconds))
            yield compare(self.name, f"deflate_{row_bytes}", runs["floor"], runs["deflate"],
                          note="to the floor, which does not compress")
            yield from _to_plain(row_bytes, runs["plain"], runs["deflate"])
            stage.close()


def _to_plain(row_bytes: int, plain: list[Run], deflate: list[Run]) -> Iterator[Entry]:
    def size(run: Run) -> float:
        return figures.ratio(run.bytes, run.deliveries)

    for suffix, value, note in (("cpu", Run.us_per_delivery, "CPU per delivery"),
                                ("bytes", size, "bytes per delivery")):
        yield Entry(f"deflate_{row_bytes}_{suffix}", Deflate.name,
                    samples=ratios(map(value, deflate), map(value, plain)),
                    details={"plain": figures.median(map(value, plain)),
                             "deflate": figures.median(map(value, deflate))},
                    repeats=repeats_of(plain=plain, deflate=deflate),
                    note=f"{note}, to the gateway without compression")
