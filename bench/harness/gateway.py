"""A gateway under test."""

from __future__ import annotations

import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from .errors import NotMeasured
from .processes import PATIENCE, Process, Program

_LISTENS = (r"listens: websockets on (?P<websocket>\S+), applications on (?P<front>\S+), "
            r"admin on port (?P<admin>\d+)")


class Gateway(Process):
    """One replica on free ports. `settings` are laid over what all measurements have in common:
    one worker per server core, and no limits on how fast clients come, since they come at once."""

    def __init__(self, program: Program, folder: pathlib.Path, workers: int,
                 settings: Mapping[str, Any]):
        config = folder / f"{program.name}.yaml"
        config.write_text(json.dumps(merge(_common(workers), settings), indent=1),
                          encoding="utf-8")
        program.arguments = [*program.arguments, f"--config={config}"]
        super().__init__(program, folder)
        found = self.log_match(_LISTENS)
        self.websocket_address = found["websocket"]
        self.front_address = found["front"]
        self._admin = f"http://127.0.0.1:{found['admin']}"
        self._until_ready()

    def subscriptions(self) -> int:
        return int(self.metric("subscriptions"))

    def metric(self, name: str) -> float:
        """The sum over all labels."""
        lines = self._get("/metrics")[1].splitlines()
        values = [line.rpartition(" ")[2] for line in lines
                  if line.startswith((f"entitysync_{name} ", f"entitysync_{name}{{"))]
        if not values:
            raise self.failure(f"has no metric {name}")
        return sum(map(float, values))

    def _until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._get("/readyz")[0] != 200:
            self.require_running()
            if time.monotonic() > deadline:
                raise self.failure(f"was not ready within {PATIENCE} s")
            time.sleep(0.01)

    def _get(self, path: str) -> tuple[int, str]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self._admin + path, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError as error:
            self.require_running(patience=1)
            raise self.failure(f"does not answer on its admin port: {error}") from None


def settings_known_to(program: pathlib.Path) -> set[str]:
    """The names of all settings that this gateway has, as "websocket.listen"."""
    result = subprocess.run([program, "--print-config"], capture_output=True, text=True,
                            timeout=PATIENCE, check=False)
    if result.returncode != 0:
        raise NotMeasured(f"{program} --print-config failed: {result.stderr.strip()}")
    return setting_names(result.stdout)


def setting_names(text: str) -> set[str]:
    """Of what --print-config prints: groups are indented by two spaces each."""
    names: set[str] = set()
    groups: list[str] = []
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        name, _, value = line.strip().partition(":")
        groups[indent // 2:] = [name]
        if value:
            names.add(".".join(groups))
    return names


def merge(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """`extra` laid over `base`, group by group."""
    merged = dict(base)
    for name, value in extra.items():
        inner = merged.get(name)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            merged[name] = merge(inner, value)
        else:
            merged[name] = value
    return merged


def _common(workers: int) -> dict[str, Any]:
    return {
        "workers": workers,
        "websocket": {"listen": "127.0.0.1:0", "max_accepts_per_second": 0,
                      "max_subscribes_per_second": 0},
        "front": {"listen": "127.0.0.1:0"},
        "admin": {"listen": "127.0.0.1:0"},
    }
