"""A nats-server for measurements."""

from __future__ import annotations

import pathlib

from . import machine
from .errors import NotMeasured
from .processes import Process, Program


class NatsServer(Process):
    """One on a port that it chooses itself."""

    def __init__(self, name: str, folder: pathlib.Path, cores: str):
        program = machine.nats_server()
        if program is None:
            raise NotMeasured("nats-server is missing: run scripts/install-packages demo")
        super().__init__(Program(name, [program, "-a", "127.0.0.1", "-p", "-1"], cores), folder)
        port = self.log_match(r"Listening for client connections on 127\.0\.0\.1:(\d+)").group(1)
        self.log_match("Server is ready")
        self.url = f"nats://127.0.0.1:{port}"
