"""Runs scripts/demo, uses it as a browser does, and sees that nothing is left when it ends.

Environment: ENTITYSYNC_BINARIES, the two binaries, separated by ':'.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import unittest

from running import Running, free_base_port
from shop_floor import Page

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = [pathlib.Path(path) for path in os.environ["ENTITYSYNC_BINARIES"].split(":")]


class DemoTest(unittest.TestCase):

    def setUp(self):
        self.running = self.enterContext(Running())
        for binary in BINARIES:
            shutil.copy(binary, self.running.folder)
        self.port = free_base_port(11)
        self.environment = {**os.environ, "DEMO_BIN_DIR": str(self.running.folder),
                            "DEMO_PORT": str(self.port), "DEMO_BASE_PORT": str(self.port + 1),
                            "DEMO_RUN_DIR": str(self.running.folder / "run")}

    def start_demo(self, *arguments):
        self.running.start("demo", [ROOT / "scripts/demo", "--no-build", *arguments],
                           self.environment)
        self.running.wait_until("the demo prints its address",
                                lambda: f"http://127.0.0.1:{self.port}/" in self.running.log("demo"))

    def processes(self):
        """Command line by process id of what has to do with this test's folder."""
        found = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue  # It ended meanwhile.
            line = b" ".join(arguments).decode(errors="replace")
            if str(self.running.folder) in line:
                found[int(entry.name)] = line
        return found

    def assert_edits_show(self, websocket_port):
        page = f"127.0.0.1:{self.port}"
        with Page(f"127.0.0.1:{websocket_port}", page) as one, \
                Page(f"127.0.0.1:{websocket_port}", page) as other:
            one.edit_quantity(41)
            one.wait_for_quantity(41)
            other.wait_for_quantity(41)

    def test_single_gateway(self):
        self.start_demo()
        self.assert_edits_show(self.port + 1)
        self.assertEqual(self.running.stop("demo", signal.SIGTERM), 0)
        self.assertEqual(self.processes(), {})

    def test_three_replicas(self):
        self.start_demo("--replicas", "3")
        self.assert_edits_show(self.port)
        self.assertEqual(self.running.stop("demo", signal.SIGINT), 0)
        self.assertEqual(self.processes(), {})

    def test_processes_end_with_a_killed_demo(self):
        self.start_demo()
        self.running.stop("demo", signal.SIGKILL)
        self.running.wait_until("all processes ended", lambda: not self.processes())

    def test_process_that_ends_by_itself_is_a_failure(self):
        self.start_demo()
        gateway = next(process for process, line in self.processes().items()
                       if "entity-sync-gateway" in line)
        os.kill(gateway, signal.SIGKILL)
        self.running.wait_until_ended("demo")
        self.assertEqual(self.running.stop("demo"), 1)
        self.assertIn("gateway ended by itself", self.running.log("demo"))
        self.assertEqual(self.processes(), {})

    def test_busy_port_is_named(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", self.port))
            holder.listen()
            result = subprocess.run([ROOT / "scripts/demo", "--no-build"], env=self.environment,
                                    capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"port {self.port} on 127.0.0.1 is busy", result.stderr)
        self.assertIn("--port", result.stderr)


if __name__ == "__main__":
    unittest.main()
