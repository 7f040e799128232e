"""A real nats-server."""

import os
import shutil

from .processes import Process


class NatsServer(Process):
    """A nats-server on a free port, which stays the same when it is started again."""

    def __init__(self, name, folder, port, trace=False):
        super().__init__(name, folder)
        self.port = port
        self._trace = trace

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    async def start(self):
        path = os.environ.get("PATH", "") + ":/usr/sbin"  # Where Debian puts servers.
        starts = self.log().count("Server is ready")
        program = shutil.which("nats-server", path=path)
        assert program, "nats-server is missing: scripts/install-packages test"
        self.spawn([program, "-a", "127.0.0.1", "-p", self.port, *(["-V"] if self._trace else [])])
        await self.logs(rf"(?s)(Server is ready.*){{{starts + 1}}}")
