"""A process full of viewers, told what to do on its standard input; see crowd.py."""

import asyncio
import json
import sys

from support.counters import Database
from support.descriptors import allow_descriptors
from support.viewer import Viewer


class Crowd:
    """Viewers of one key each, which it compares with the database itself."""

    def __init__(self, database):
        self._database = Database(database)
        self._viewers = []

    def start(self, first, count, addresses, keys, secrets):
        """Viewer number n watches key n % keys with secret n % secrets (0: none)."""
        allow_descriptors(count + 100)
        for number in range(first, first + count):
            secret = f"secret-{number % secrets}" if secrets else None
            self._viewers.append(Viewer(addresses, [("items", str(number % keys))], secret))

    def move(self, addresses):
        """Where all connect from the next time on."""
        for viewer in self._viewers:
            viewer.move(addresses)

    def status(self):
        """How many are connected, and how many of them were shown what the database has now."""
        numbers = [self._database.number(key) for key in range(self._database.keys)]
        is_open = [viewer for viewer in self._viewers if viewer.is_open]
        return {"open": len(is_open),
                "connects": sum(viewer.connects for viewer in self._viewers),
                "current": sum(1 for viewer in is_open if viewer.newest == {
                    key_id: numbers[int(key_id)] for _, key_id in viewer.keys}),
                "regressions": sum(len(viewer.regressions) for viewer in self._viewers)}


async def main():
    crowd = Crowd(sys.argv[1])
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        answer = getattr(crowd, order.pop("do"))(**order)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
