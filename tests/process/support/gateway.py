"""A real gateway replica."""

import json
import os
import re

import grpc

from . import http
from .notifier import CHANNEL_OPTIONS, Notifies
from .processes import Process
from .waiting import PATIENCE, eventually

_LISTENS = (r"replica (\S+) listens: websockets on (\S+), applications on (\S+), "
            r"admin on port (\d+)")


def merge(base, extra):
    """`extra` laid over `base`, folder by folder."""
    merged = dict(base)
    for name, value in extra.items():
        inner = merged.get(name)
        merged[name] = merge(inner, value) if isinstance(inner, dict) and isinstance(
            value, dict) else value
    return merged


class Gateway(Process, Notifies):
    """One replica with a configuration of its own; ports are free ones and stay the same when it
    is started again."""

    def __init__(self, name, folder, settings):
        super().__init__(name, folder)
        self.settings = merge({
            "workers": 2,
            "log": {"level": "debug"},  # So that whatever could be logged is.
            "websocket": {"listen": "127.0.0.1:0"},
            "front": {"listen": "127.0.0.1:0"},
            "admin": {"listen": "127.0.0.1:0"},
        }, settings)
        self.address = self.front_address = self.admin_address = None
        self.environment = {}
        self.tls = None  # A Certificate: how applications talk to the front.
        self._channel = None

    async def start(self, ready=True):
        starts = len(re.findall(_LISTENS, self.log()))
        self._spawn()
        await eventually(f"{self.name} listens", lambda: self._has_started(starts))
        await self._learn_addresses()
        if ready:
            await self.ready()

    def _spawn(self):
        config = self.log_file.with_suffix(".yaml")
        config.write_text(json.dumps(self.settings), encoding="utf-8")
        self.spawn([os.environ["ENTITYSYNC_GATEWAY"], f"--config={config}"], self.environment)

    def _has_started(self, starts_before):
        if not self.is_running():
            raise AssertionError(f"{self.name} ended with {self.exit_code()}")
        return len(re.findall(_LISTENS, self.log())) > starts_before

    async def _learn_addresses(self):
        found = await self.logs(_LISTENS)
        self._set_addresses(found.group(2), found.group(3), f"127.0.0.1:{found.group(4)}")

    async def start_without_log(self, ports):
        """Starts with an `output` other than the log: the ports cannot be learnt then."""
        self._set_addresses(*(f"127.0.0.1:{port}" for port in ports))
        self._spawn()
        await eventually(f"{self.name} answers", self._answers)
        await self.ready()

    async def _answers(self):
        try:
            return (await http.get(self.admin_address, "/healthz")).status == 200
        except OSError:
            assert self.is_running(), f"{self.name} ended with {self.exit_code()}"
            return False

    def _set_addresses(self, websocket, front, admin):
        self.address, self.front_address, self.admin_address = websocket, front, admin
        for name, address in (("websocket", self.address), ("front", self.front_address),
                              ("admin", self.admin_address)):
            self.settings[name]["listen"] = address
        if self._channel is None:  # Started again it keeps its address, and calls go on.
            self.open_channel()

    def open_channel(self):
        """To the front, by TLS if `tls` is set."""
        if self.tls is None:
            self._channel = grpc.aio.insecure_channel(self.front_address,
                                                      options=CHANNEL_OPTIONS)
        else:
            self._channel = grpc.aio.secure_channel(
                self.front_address, self.tls.channel_credentials(), options=CHANNEL_OPTIONS)

    async def close_channel(self):
        if self._channel is not None:
            await self._channel.close()
            self._channel = None

    @property
    def channel(self):
        return self._channel

    # What it says of itself.

    async def readiness(self):
        answer = await http.get(self.admin_address, "/readyz")
        return answer.status, json.loads(answer.body)

    async def is_ready(self):
        return (await self.readiness())[0] == 200

    async def ready(self):
        await eventually(f"{self.name} is ready", self.is_ready)

    async def not_ready(self, reason):
        """Until /readyz answers 503 with this reason."""
        async def says():
            status, body = await self.readiness()
            return status == 503 and any(reason in each for each in body["reasons"])
        await eventually(f"{self.name} is not ready: {reason}", says)

    async def metrics_page(self):
        return (await http.get(self.admin_address, "/metrics")).body.decode()

    async def metric(self, name, **labels):
        wanted = "entitysync_" + name
        if labels:
            wanted += "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"
        for line in (await self.metrics_page()).splitlines():
            found, _, value = line.rpartition(" ")
            if found == wanted:
                return float(value)
        raise AssertionError(f"no metric {wanted}")

    async def metric_becomes(self, name, wanted, timeout=PATIENCE, **labels):
        """Until the metric has this value; `wanted` may be a function of it."""
        is_right = wanted if callable(wanted) else lambda value: value == wanted
        async def has_value():
            return is_right(await self.metric(name, **labels))
        await eventually(f"{name} {labels} becomes {wanted}", has_value, timeout)

    async def watches(self, subscriptions):
        """Until so many subscriptions are in place: changes from now on reach them."""
        await self.metric_becomes("subscriptions", subscriptions)
