"""The real sample application."""

import json
import os

from . import http
from .processes import Process
from .waiting import eventually

WORKER, MANAGER = "worker-demo", "manager-demo"


class Sample(Process):
    """Started with the ports it is given, on a database file of its own that survives it."""

    def __init__(self, name, folder, http_port, service_port):
        super().__init__(name, folder)
        self.http_address = f"127.0.0.1:{http_port}"
        self.address = f"127.0.0.1:{service_port}"  # Where gateways ask.

    async def start(self, gateways):
        self.spawn([os.environ["ENTITYSYNC_SAMPLE"], f"--http-listen={self.http_address}",
                    f"--service-listen={self.address}", "--items=5",
                    f"--database={self.log_file.with_suffix('.db')}",
                    *(f"--gateway={gateway.front_address}" for gateway in gateways)])
        await eventually(f"{self.name} answers", self._answers)

    async def _answers(self):
        if not self.is_running():
            raise AssertionError(f"{self.name} ended with {self.exit_code()}")
        try:
            return (await http.get(self.http_address, "/healthz")).status == 200
        except OSError:
            return False

    async def post(self, path, body, secret=WORKER):
        data = json.dumps(body).encode()
        return (await http.exchange(self.http_address, (
            f"POST {path} HTTP/1.1\r\nHost: {self.http_address}\r\nConnection: close\r\n"
            f"Authorization: Bearer {secret}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n").encode() + data)).status

    async def edit_quantity(self, item, quantity):
        """What the page's form does."""
        status = await self.post(f"/api/items/{item}", {"field": "quantity", "value": quantity})
        assert status == 200, status
