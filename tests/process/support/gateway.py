"""A real gateway replica."""

import json
import os
import re

import grpc

from . import http
from .notifier import CHANNEL_OPTIONS, Notifies
from .ports import free_port
from .processes import Process
from .waiting import PATIENCE, eventually

_LISTENS = re.compile(r"replica \S+ listens: websockets on ")


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
        self.address, self.front_address, self.admin_address = (
            f"127.0.0.1:{free_port()}" for _ in range(3))
        self.settings = merge({
            "workers": 2,
            "log": {"level": "debug"},  # So that whatever could be logged is.
            "websocket": {"listen": self.address},
            "front": {"listen": self.front_address},
            "admin": {"listen": self.admin_address},
        }, settings)
        self.environment = {}
        self.tls = None  # A Certificate: how applications talk to the front.
        self._channel = None

    async def start(self, ready=True):
        starts = len(_LISTENS.findall(self.log()))
        self._spawn()
        await eventually(f"{self.name} listens", lambda: self._has_started(starts))
        self._go_on_calling()
        if ready:
            await self.ready()

    def _spawn(self):
        config = self.log_file.with_suffix(".yaml")
        config.write_text(json.dumps(self.settings), encoding="utf-8")
        self.spawn([os.environ["ENTITYSYNC_GATEWAY"], f"--config={config}"], self.environment)

    def _has_started(self, starts_before):
        if not self.is_running():
            raise AssertionError(f"{self.name} ended with {self.exit_code()}")
        return len(_LISTENS.findall(self.log())) > starts_before

    async def start_without_log(self):
        """Starts with an `output` other than the log, which cannot tell then that it listens."""
        self._spawn()
        await eventually(f"{self.name} answers", self._answers)
        self._go_on_calling()
        await self.ready()

    async def _answers(self):
        try:
            return (await http.get(self.admin_address, "/healthz")).status == 200
        except OSError:
            assert self.is_running(), f"{self.name} ended with {self.exit_code()}"
            return False

    def _go_on_calling(self):
        """Started again, it is called as before."""
        if self._channel is None:
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
