"""Changes under way all the time, and what was promised about them."""

import asyncio

import grpc

from .waiting import PATIENCE, eventually


class Writers:
    """One task per key: changes the row, notifies, notes what was answered OK, and again.

    Rows are "<id>: <number>" with growing numbers. `stop()` ends the tasks; `all_reached()` then
    says that each reader has, for each key, the last change that was answered OK or a later one.
    """

    def __init__(self, application, gateways, keys):
        self.answers = []  # Status codes, as they came.
        self.confirmed = {key: 0 for key in keys}
        self._application = application
        self._gateways = gateways
        self._running = True
        for key in keys:
            application.set(*key, f"{key[1]}: 0")
        self._tasks = [asyncio.create_task(self._write(number, key))
                       for number, key in enumerate(keys)]

    async def _write(self, turn, key):
        number = 0
        while self._running:
            number += 1
            self._application.set(*key, f"{key[1]}: {number}")
            gateway = self._gateways[(turn + number) % len(self._gateways)]
            code, _ = await gateway.notify_status(key)
            self.answers.append(code)
            if code == grpc.StatusCode.OK:
                self.confirmed[key] = number
            await asyncio.sleep(0.002)

    async def answered(self, code, times):
        """Until so many more calls were answered like this."""
        before = self.answers.count(code)
        await eventually(f"{times} calls are answered {code}",
                         lambda: self.answers.count(code) >= before + times)

    async def stop(self):
        self._running = False
        await asyncio.gather(*self._tasks)

    async def all_reached(self, readers):
        def missing():
            return [(key, number, reader.newest.get(key[1])) for reader in readers
                    for key, number in self.confirmed.items()
                    if reader.newest.get(key[1], 0) < number]
        try:
            await eventually("all has arrived", lambda: not missing(), PATIENCE)
        except AssertionError as error:
            raise AssertionError(
                f"{error}; (key, confirmed, seen): {missing()[:20]}") from None


class Reader:
    """Reads what a client gets while Writers write: the newest number by id."""

    def __init__(self, client):
        self.client = client
        self.newest = {}
        self._task = asyncio.create_task(self._read())

    async def _read(self):
        while True:
            key_id, number = (await self.client.next(timeout=None)).data.decode().split(": ")
            self.newest[key_id] = int(number)

    async def stop(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
