"""The floor program: what everything is measured against."""

from __future__ import annotations

import json
import pathlib
import socket
import struct

from .processes import PATIENCE, Process, Program

# ../lib/floor_control.h: a count of 0 asks for the report, of which the first number is wanted.
_QUESTION = struct.pack("=I", 0)
_REPORT = struct.Struct("=4Q")


class Floor(Process):
    """Runs until it is killed, or the runner is."""

    def __init__(self, program: Program, folder: pathlib.Path):
        super().__init__(program, folder, talks=True)
        ports = json.loads(self.read_line())
        self.websocket_address = f"127.0.0.1:{ports['websocket']}"
        self.control_address = f"127.0.0.1:{ports['control']}"
        self._control = socket.create_connection(("127.0.0.1", ports["control"]), PATIENCE)

    def kill(self) -> None:
        self._control.close()
        super().kill()

    def subscriptions(self) -> int:
        try:
            self._control.sendall(_QUESTION)
            report = self._control.recv(_REPORT.size, socket.MSG_WAITALL)
            return _REPORT.unpack(report)[0]
        except (OSError, struct.error) as error:
            raise self.failure(f"does not answer on its control port: {error}") from None
