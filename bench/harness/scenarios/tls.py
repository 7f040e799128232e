"""One key, many watchers, with TLS."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .. import certificates
from ..load import Run
from ..results import Entry
from ..stage import Side, Stage
from .scenario import Scenario, compare, ratios, repeats_of

_KEYS = 16


class Tls(Scenario):
    """Also with many keys at once: there it shows whether what goes to a client together is one
    record or many."""

    name = "tls"
    summary = "broadcast and bundle with TLS, against the floor with TLS and the gateway without"

    def measure(self, stage: Stage) -> Iterator[Entry]:
        certificate = certificates.make(stage.folder)
        settings = {"websocket": {"tls": certificate.settings()}}
        floor, plain, tls = (stage.floor(tls=certificate), stage.gateway("plain"),
                             stage.gateway("tls", settings=settings))
        watchers = stage.plan.pick("watchers", 1_000, 300)
        for side in (floor, plain, tls):
            side.connect(watchers, keys_each=_KEYS, tls=side is not plain)
        for suffix, keys in (("", 1), ("_bundle", _KEYS)):
            runs = stage.interleave([floor, plain, tls], partial(
                Side.closed, seconds=stage.plan.seconds, keys=(0, keys), bundle=keys, batch=keys))
            yield compare(self.name, f"tls{suffix}", runs["floor"], runs["tls"],
                          note="to the floor with TLS")
            yield _to_plain(f"tls{suffix}_to_plain", runs["plain"], runs["tls"])


def _to_plain(name: str, plain: list[Run], tls: list[Run]) -> Entry:
    cost = Run.us_per_delivery
    return Entry(name, Tls.name, samples=ratios(map(cost, tls), map(cost, plain)),
                 repeats=repeats_of(plain=plain, tls=tls), note="to the gateway without TLS")
