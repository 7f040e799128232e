"""The application server in Python that docs/APPLICATIONS.md shows, made the way it says."""

import asyncio
import os
import pathlib
import subprocess
import sys

from support import case

ROOT = pathlib.Path(__file__).resolve().parents[2]


class PythonServerTest(case.ProcessTest):

    def generate_stubs(self):
        protos = sorted((ROOT / "proto/entitysync/v1").glob("*.proto"))
        subprocess.run([sys.executable, "-m", "grpc_tools.protoc", "-I", ROOT / "proto",
                        f"--python_out={self.folder}", f"--grpc_python_out={self.folder}", *protos],
                       check=True)

    async def start_server(self, gateway):
        self.server = await asyncio.create_subprocess_exec(
            sys.executable, ROOT / "service/examples/python/server.py",
            "--listen", self.app_address, "--gateway", gateway.front_address,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(self.folder)})
        self.addAsyncCleanup(self.stop_server)
        self.assertIn(b"listening", await self.says())

    async def stop_server(self):
        if self.server.returncode is None:
            self.server.kill()
        await self.server.wait()

    async def says(self):
        return await asyncio.wait_for(self.server.stdout.readline(), case.PATIENCE)

    async def tell(self, command):
        self.server.stdin.write(command.encode() + b"\n")
        await self.server.stdin.drain()
        self.assertIn(b"notified", await self.says())

    async def test_change_in_the_application_reaches_the_client(self):
        self.generate_stubs()
        self.app_address = f"127.0.0.1:{case.free_port()}"
        gateway = await self.gateway(default_target="app", targets={
            "app": {"address": [self.app_address]}})
        await self.start_server(gateway)
        client = await self.watcher(gateway, ("items", "100"))
        await self.tell('set 100 {"a": 1}')
        self.assertEqual(await client.rows(), ['{"a": 1}'])
        await self.tell("delete 100")
        await self.tell('set 100 {"a": 2}')
        self.assertEqual(await client.rows(), ['{"a": 2}'])
        self.server.stdin.close()
        self.assertEqual(await asyncio.wait_for(self.server.wait(), case.PATIENCE), 0)

    def test_it_is_short(self):
        text = (ROOT / "service/examples/python/server.py").read_text()
        self.assertLess(len(text.splitlines()), 60)


if __name__ == "__main__":
    case.main()
