"""The base of tests on real processes."""

import asyncio
import contextlib
import os
import pathlib
import re
import secrets
import signal
import tempfile
import unittest

from .application import Application
from .counters import CounterApplication
from .descriptors import allow_descriptors
from .gateway import Gateway, merge
from .nats import NatsServer
from .ports import free_port
from .tcp_gate import TcpGate
from .v1 import JSON, V1Client
from .viewer import Viewer
from .waiting import PATIENCE, SANITIZED, eventually
from .websocket import Client

_SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer")


class ProcessTest(unittest.IsolatedAsyncioTestCase):
    """Starts gateways, NATS servers, applications and clients, and ends them all.

    At the end of each test the gateways that it did not stop must still run and then stop cleanly,
    no sanitizer may have complained, and no secret made with new_secret() may stand in a log or
    among the metrics.
    """

    maxDiff = 2000

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # Costs too much with thousands of clients.
        folder = tempfile.TemporaryDirectory(prefix="entitysync-process-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.processes = []
        self.gateways = []
        self.secrets = []
        self._pages = []
        # Cleanups run in reverse order: clients, applications, then this.
        self.addAsyncCleanup(self._end_processes)

    # What tests start.

    def new_secret(self, name="secret"):
        """A secret that must not show anywhere."""
        self.secrets.append(f"{name}-{secrets.token_hex(8)}")
        return self.secrets[-1]

    async def application(self, tls=None):
        application = Application()
        await application.start(tls)
        self.addAsyncCleanup(application.stop)
        return application

    async def counter_application(self, keys):
        """One in a process of its own, with a database of so many keys."""
        application = CounterApplication(f"application-{len(self.processes)}", self.folder,
                                         free_port(), keys)
        self.processes.append(application)
        await application.start()
        return application

    async def gate(self, upstream):
        """A TcpGate in front of an address."""
        gate = TcpGate(upstream, free_port())
        await gate.start()
        self.addAsyncCleanup(gate.stop)
        return gate

    async def nats(self, running=True, trace=False, config=None):
        server = NatsServer(f"nats-{len(self.processes)}", self.folder, free_port(), trace, config)
        self.processes.append(server)
        if running:
            await server.start()
        return server

    def viewer(self, addresses, keys, kind=Viewer, **options):
        """A client that watches the keys and comes back whenever its connection ends."""
        viewer = kind(addresses, keys, **options)
        self.addAsyncCleanup(viewer.stop)
        return viewer

    async def gateway(self, application=None, nats=None, ready=True, tls=None, **settings):
        """A gateway that asks the application for all types; `settings` go into its file. With a
        Certificate as `tls` the front is called by TLS."""
        gateway = self.new_gateway(application, nats, **settings)
        gateway.tls = tls
        await gateway.start(ready)
        return gateway

    def new_gateway(self, application=None, nats=None, **settings):
        """The same, not started yet."""
        # Without the audit: it fetches at moments of its own, and tests count fetches.
        base = {"fetch": {"audit_period": "0s"}}
        if application is not None:
            # Patient, so that no fetch is repeated because the machine is busy.
            base["targets"] = {"app": {"address": [application.address], "timeout": "60s"}}
            base["default_target"] = "app"
        if nats is not None:
            base["bus"] = {"kind": "nats", "nats": {"urls": [nats.url]}}
        gateway = Gateway(f"gateway-{len(self.gateways)}", self.folder, merge(base, settings))
        self.processes.append(gateway)
        self.gateways.append(gateway)
        return gateway

    async def client(self, gateway, *args, **options):
        client = await Client.connect(gateway.address, *args, **options)
        self.addAsyncCleanup(client.dispose)
        return client

    async def v1(self, gateway, form=JSON, **options):
        """A v1 client that was greeted."""
        client = await V1Client.connect(gateway.address, form, **options)
        self.addAsyncCleanup(client.socket.dispose)
        return client

    async def watcher(self, gateway, *keys):
        """A client that watches these keys, with the subscriptions in place."""
        before = await gateway.metric("subscriptions")
        client = await self.client(gateway)
        for entity, key_id in keys:
            client.subscribe(entity, key_id)
        await gateway.watches(before + len(keys))
        return client

    # What is true of every test.

    async def _end_processes(self):
        problems = []
        for gateway in self.gateways:
            problems += await self._end_gateway(gateway)
        for process in self.processes:
            process.kill()
        problems += self._look_for_faults()
        if problems or not self._outcome.success:
            self._show_logs()
        self.assertEqual(problems, [])

    async def _end_gateway(self, gateway):
        await gateway.close_channel()
        if not gateway.is_running():
            expected = gateway.exit_is_expected
            return [] if expected else [f"{gateway.name} ended with {gateway.exit_code()}"]
        if not self._outcome.success:
            gateway.kill()
            return []
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            self._pages.append((f"metrics of {gateway.name}", await gateway.metrics_page()))
        try:
            code = await gateway.stop(signal.SIGINT)
        except AssertionError as error:
            return [str(error)]
        return [] if code == 0 else [f"{gateway.name} stopped with exit code {code}"]

    def _look_for_faults(self):
        texts = self._pages + [(process.name, process.log()) for process in self.processes]
        problems = [f"a secret stands in {name}" for name, text in texts
                    if any(secret in text for secret in self.secrets)]
        return problems + [f"a sanitizer complains in {name}" for name, text in texts
                           if _SANITIZER_REPORT.search(text)]

    def _show_logs(self):
        lines = int(os.environ.get("ENTITYSYNC_LOG_LINES", "40"))
        for process in self.processes:
            print(f"--- the end of the log of {process.name}")
            print("\n".join(process.log().splitlines()[-lines:]), flush=True)


def main(descriptors=1_000):
    """Runs the tests of the file; `descriptors`: how many a process that they start may need."""
    allow_descriptors(descriptors)
    unittest.main(verbosity=2)


__all__ = ["PATIENCE", "SANITIZED", "ProcessTest", "eventually", "free_port", "main"]
