"""One key, many watchers, in both dialects."""

from __future__ import annotations

from collections.abc import Iterator

from ..results import Entry
from ..stage import Stage
from .scenario import Scenario, compare, ratios, repeats_of


class V1(Scenario):
    name = "v1"
    summary = "broadcast to 1,000 and 10,000 who speak v1, in JSON, against classic"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        if not stage.has_setting("websocket.max_v1_message_bytes"):
            yield Entry(self.name, self.name, note="not supported by this gateway")
            return
        for watchers in (1_000, 10_000):
            floor, classic, v1 = (stage.floor(), stage.gateway("classic"), stage.gateway("v1"))
            for side in (floor, classic, v1):
                side.connect(watchers, dialect="v1" if side is v1 else "classic")
            runs = stage.interleave([floor, classic, v1],
                                    lambda side: side.closed(stage.plan.seconds))
            yield compare(self.name, f"v1_{watchers}", runs["floor"], runs["v1"],
                          note="to the floor, whose frames have no envelope")
            yield Entry(f"v1_{watchers}_cpu", self.name,
                        samples=ratios([run.us_per_delivery() for run in runs["v1"]],
                                       [run.us_per_delivery() for run in runs["classic"]]),
                        repeats=repeats_of(classic=runs["classic"], v1=runs["v1"]),
                        note="CPU per delivery, to classic")
            stage.close()
