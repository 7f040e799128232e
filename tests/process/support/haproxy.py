"""A real haproxy with the configuration that is deployed."""

import os
import pathlib
import re
import shutil

from .http import get
from .processes import Process
from .waiting import eventually

_CONFIG = pathlib.Path(__file__).resolve().parents[3] / "deploy" / "haproxy.cfg"


class Haproxy(Process):
    """deploy/haproxy.cfg in front of the given gateways: `address` for clients, `front_address`
    for applications."""

    def __init__(self, name, folder, client_port, notify_port, gateways):
        super().__init__(name, folder)
        self.address = f"127.0.0.1:{client_port}"
        self.front_address = f"127.0.0.1:{notify_port}"
        self._ports = {"CLIENT_PORT": str(client_port), "NOTIFY_PORT": str(notify_port)}
        self._gateways = gateways

    async def start(self):
        path = os.environ.get("PATH", "") + ":/usr/sbin"  # Where Debian puts servers.
        program = shutil.which("haproxy", path=path)
        assert program, "haproxy is missing: scripts/install-packages demo"
        config = self.log_file.with_suffix(".cfg")
        config.write_text(self._config(), encoding="utf-8")
        self.spawn([program, "-W", "-db", "-f", config], {
            **self._ports, "LISTEN_HOST": "127.0.0.1", "SAMPLE": "127.0.0.1:1"})
        await eventually(f"{self.name} answers", self._answers)

    def _config(self):
        """With a server line for each gateway in place of those that are there."""
        text = re.sub(r"(?m)^  server gateway-(?!1 ).*\n", "", _CONFIG.read_text(encoding="utf-8"))
        for port, name in (("WEBSOCKET_PORT", "address"), ("FRONT_PORT", "front_address")):
            line = f'  server gateway-1 "${{GATEWAY_1}}:${{{port}}}" check port "${{ADMIN_PORT}}"'
            assert text.count(line) == 1, f"{_CONFIG} has no line for {port}"
            text = text.replace(line, "\n".join(
                f"  server {gateway.name} {getattr(gateway, name)}"
                f" check port {gateway.admin_address.rsplit(':', 1)[1]}"
                for gateway in self._gateways))
        return text

    async def _answers(self):
        try:
            return (await get(self.address, "/haproxy-alive")).status == 200
        except OSError:
            assert self.is_running(), f"{self.name} ended with {self.exit_code()}"
            return False
