"""Ports for servers under test."""

import contextlib
import secrets
import socket

_claims = []


def free_port():
    """A port that nothing holds, below those that the system gives to connections; of this process
    among tests until it ends, as tests/testing/free_port.cc has it. So it stays free while a server
    is restarted."""
    while True:
        port = 12_000 + secrets.randbelow(20_000)
        claim = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            claim.bind(f"\0entitysync-test-port-{port}")
            _claims.append(claim)
            return port
        claim.close()
