"""Thousands of viewers, in processes of their own: one has too few descriptors and one core."""

import asyncio
import collections
import json
import pathlib
import sys

from .waiting import PATIENCE

_FOLDER = pathlib.Path(__file__).resolve().parents[1]


class Crowd:
    """`processes` processes with viewers that watch one key of the database each."""

    def __init__(self, database, processes=2):
        self._database = database
        self._count = processes
        self._processes = []

    async def start(self, viewers, addresses, keys, secrets=0):
        """Viewer number n watches key n % keys with secret n % secrets (0: none)."""
        self._processes = [await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", "support.crowd_main",
            str(self._database.path), cwd=_FOLDER, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE) for _ in range(self._count)]
        share = viewers // self._count
        for number, process in enumerate(self._processes):
            await self._order(process, do="start", first=number * share, count=share,
                              addresses=addresses, keys=keys, secrets=secrets)

    async def move(self, addresses):
        """Where all connect from the next time on."""
        for process in self._processes:
            await self._order(process, do="move", addresses=addresses)

    async def stop(self):
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def status(self):
        """The sums of what the processes answer: see crowd_main.py."""
        sums = collections.Counter()
        for answer in await asyncio.gather(*(self._order(process, do="status")
                                             for process in self._processes)):
            sums.update(answer)
        return sums

    async def _order(self, process, **order):
        process.stdin.write(json.dumps(order).encode() + b"\n")
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        assert line, f"a crowd process ended with {await process.wait()}"
        return json.loads(line)
