"""Runs the commands of docker-compose.yml without containers, and uses them as browsers do.

Environment: ENTITYSYNC_BINARIES, the two binaries, separated by ':'.
"""

import os
import pathlib
import shutil
import sys
import unittest

from compose_file import ComposeFile, environment_of
from running import Running, loopback_network, ports_taken_everywhere, succeeds
from shop_floor import Page

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORTS = [4222, 8080, 8081, 8082, 8090, 8222, 9090]


def programs():
    os.environ["PATH"] += ":/usr/sbin"  # Where Debian puts servers.
    found = {pathlib.Path(path).name: path
             for path in os.environ["ENTITYSYNC_BINARIES"].split(":")}
    found["http-ok"] = ROOT / "deploy" / "http-ok"
    for name in ("haproxy", "nats-server", "wget"):
        found[name] = shutil.which(name)
    return found


class ComposeTest(unittest.TestCase):

    def setUp(self):
        self.running = self.enterContext(Running())
        self.compose = ComposeFile(ROOT / "docker-compose.yml", loopback_network(), programs(),
                                   {"sample-data": self.running.folder})

    def start(self, service):
        for name in service.depends_on:
            self.wait_until_healthy(name)
        self.running.start(service.name, service.command, environment_of(service))

    def wait_until_healthy(self, name):
        check = self.compose.services[name].health_check
        self.running.wait_until(f"{name} is healthy", lambda: succeeds(check))

    def test_clients_behind_haproxy_get_changes_while_replicas_come_and_go(self):
        for service in self.compose.in_start_order():
            self.start(service)
        self.wait_until_healthy("haproxy")
        address = f"{self.compose.services['haproxy'].address}:8080"

        with Page(address) as one, Page(address) as other:
            one.edit_quantity(41)
            one.wait_for_quantity(41)
            other.wait_for_quantity(41)

        # A replica that stops lets go of its clients and exits cleanly; new ones find the other.
        self.assertEqual(self.running.stop("gateway-1"), 0)
        with Page(address) as one, Page(address) as other:
            one.edit_quantity(42)
            one.wait_for_quantity(42)
            other.wait_for_quantity(42)

        # It comes back, and then the other one goes.
        self.start(self.compose.services["gateway-1"])
        self.wait_until_healthy("gateway-1")
        self.assertEqual(self.running.stop("gateway-2"), 0)
        with Page(address) as page:
            page.edit_quantity(43)
            page.wait_for_quantity(43)


if __name__ == "__main__":
    taken = ports_taken_everywhere(PORTS)
    if taken:
        print(f"skipped: other programs hold ports {taken} on all addresses of this machine")
        sys.exit(77)
    unittest.main(failfast=True)
